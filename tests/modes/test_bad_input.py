"""Each wrong input raises an error that says what came, what was wanted, what to write."""

import re

import numpy as np
import pytest

import dualdiff as dd
from dualdiff.backends import arguments

OPERATORS = [
    dd.derivative,
    dd.gradient,
    dd.jacobian,
    dd.value_and_derivative,
    dd.value_and_gradient,
    dd.value_and_jacobian,
]

VARIABLES = [
    (np.array([1, 2]), "an int64 array", "astype(float)"),
    (np.array([True]), "a bool array", "astype(float)"),
    (np.int32(3), "an int32 scalar", "astype(float)"),
    (3, "an int", "Pass float("),
    (True, "a bool", "Pass float("),
    (np.array([1j]), "a complex128 array", "holomorphic=True"),
    (1j, "a complex", "holomorphic=True"),
    ("text", "a str", "argnums"),
    (None, "None", "argnums"),
    (np.array([1.0, None], object), "an object array", "np.array("),
    (np.array(["a"]), "a <U1 array", "np.array("),
    (np.array(["2020-01-01"], "M8[D]"), "datetime64[D] array", "np.array("),
    (np.ma.array([1.0]), "a MaskedArray", "masked"),
]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("x", "got", "write"), VARIABLES, ids=lambda v: str(v)[:20])
def test_variables_that_are_not_floats(operator, x, got, write):
    with pytest.raises(dd.InputError) as caught:
        operator(lambda x: x)(x)
    message = str(caught.value)
    assert got.replace("an int64", f"an {np.array([1]).dtype}") in message
    assert write in message
    assert message.startswith(f"{operator.__name__}: the differentiation variable x is ")
    assert "wanted a float" in message
    with pytest.raises(dd.InputError, match="differentiation variable"):
        dd.jvp(lambda *a: 1.0, [x], [x])


CONTAINERS = [
    ([1.0, 2], r"x\[1\] is an int"),
    ({"a": {"b": np.array([1])}}, r"x\['a'\]\['b'\] is an int64 array"),
    ((1.0, "text"), r"x\[1\] is a str"),
    ([], "holds no numbers"),
    ({"a": None}, "holds no numbers"),
]


@pytest.mark.parametrize(("x", "message"), CONTAINERS, ids=lambda v: str(v)[:20])
def test_containers_of_what_is_not_a_float(x, message):
    for operator in OPERATORS:
        with pytest.raises(dd.InputError, match=message):
            operator(lambda x: x)(x)


def test_messages_have_the_right_article():
    with pytest.raises(dd.InputError, match="is a uint8 array"):
        dd.jacobian(np.sin)(np.zeros(2, np.uint8))


@pytest.mark.parametrize("argnums", [-1, 1.0, "x", None, (), (0, 0), (0, -1), [0], True, (0, "a")])
@pytest.mark.parametrize("operator", OPERATORS, ids=lambda f: f.__name__)
def test_argnums(operator, argnums):
    with pytest.raises(dd.InputError, match="tuple of distinct positions"):
        operator(np.multiply, argnums=argnums)


def test_argnums_beyond_the_arguments():
    def f(a, b, *, c=1.0):
        return a

    with pytest.raises(
        dd.InputError, match=r"asks for argument 1 \('b'\) of f, which was called with 1 positional arg"
    ):
        dd.jacobian(f, argnums=1)(1.0)
    with pytest.raises(
        dd.InputError, match="asks for argument 2 of f, which was called with 2 positional arguments and c"
    ):
        dd.jacobian(f, argnums=2)(1.0, 2.0, c=3.0)
    with pytest.raises(dd.InputError, match="called with 0 positional arguments"):
        dd.jacobian(f)()
    with pytest.raises(dd.InputError, match="asks for argument 5 of add"):
        dd.jacobian(np.add, argnums=5)(1.0, 2.0)


@pytest.mark.parametrize("chunk", [0, -3, 2.0, "all", None, True])
def test_chunk(chunk):
    with pytest.raises(dd.InputError, match=re.escape(f"chunk is {chunk!r}. Pass 'auto' or a number")):
        dd.jacobian(np.sin, chunk=chunk)


@pytest.mark.parametrize("engine", ["jax", None, 1])
def test_engine(engine):
    with pytest.raises(dd.InputError, match="Pass 'auto', 'numpy' or 'numba'"):
        dd.jacobian(np.sin, engine=engine)
    with pytest.raises(dd.InputError, match="Pass 'auto', 'numpy' or 'numba'"):
        dd.jvp(np.sin, 1.0, 1.0, engine=engine)


@pytest.mark.parametrize("operator", [*OPERATORS, lambda f: dd.jvp(f, 1.0, 1.0)])
def test_something_that_is_not_a_function(operator):
    with pytest.raises(dd.InputError, match=r"not a function\. Write \w+\(f\)\(x\), not"):
        operator(3.0)


OUTPUTS = [
    (None, "returned None. Has it a return statement?"),
    ("text", "returned str 'text'"),
    ({"a": "text"}, "returned str 'text'"),
    (np.array([None]), "np.stack"),
    (np.array(["a"]), "an array of <U1"),
    ((1.0, object), "returned type"),
    (object, "returned type"),
]


@pytest.mark.parametrize(("output", "message"), OUTPUTS, ids=lambda v: str(v)[:20])
def test_outputs_without_a_derivative(output, message):
    def model(x):
        return output

    for run in (dd.jacobian(model), dd.gradient(model), lambda x: dd.jvp(model, x, x), dd.derivative(model)):
        with pytest.raises(dd.OutputError) as caught:
            run(1.0)
        assert "model" in str(caught.value)
        assert message in str(caught.value)


def test_object_arrays_of_duals():
    def f(x):
        y = np.empty(2, object)
        y[0] = y[1] = x[0]
        return y

    with pytest.raises(dd.DualdiffError, match=r"np\.stack"):
        dd.jacobian(f)(np.ones(2))


def test_gradient_of_something_that_is_no_scalar():
    def model(x):
        return x * 2

    with pytest.raises(dd.ShapeError, match=r"model returned an array of shape \(3,\), wanted a scalar. Use jacobian"):
        dd.gradient(model)(np.ones(3))
    with pytest.raises(dd.ShapeError, match="returned a tuple"):
        dd.gradient(lambda x: (x[0], x[1]))(np.ones(3))


def test_derivative_in_something_that_is_no_scalar():
    with pytest.raises(dd.ShapeError, match=r"shape \(2,\), wanted a scalar. Use gradient\(f\)"):
        dd.derivative(np.sin)(np.ones(2))


def test_tangents():
    with pytest.raises(dd.ShapeError, match=r"the tangent has shape \(3,\), the primal \(2,\)"):
        dd.jvp(np.sin, np.ones(2), np.ones(3))
    with pytest.raises(dd.InputError, match="2 primals and 1 tangents"):
        dd.jvp(np.add, (1.0, 2.0), (1.0,))
    with pytest.raises(dd.InputError, match="both as a tuple or both as one array"):
        dd.jvp(np.sin, (1.0,), 1.0)
    for bad in (1j, "a", None):
        with pytest.raises(dd.InputError, match=r"tangents\[0\]"):
            dd.jvp(np.sin, 1.0, bad)


def test_an_output_that_changes_its_shape():
    lengths = iter((2, 3))
    with pytest.raises(dd.ShapeError, match="the same shape every time"):
        dd.jacobian(lambda x: x[0] * np.ones(next(lengths)), chunk=1)(np.ones(2))


def test_an_output_that_changes_its_structure():
    counts = iter((1, 2))
    with pytest.raises(dd.ShapeError, match="the same shape every time"):
        dd.jacobian(lambda x: [x[0]] * next(counts), chunk=1)(np.ones(2))


def test_errors_are_children_of_the_python_errors_one_expects():
    assert issubclass(dd.InputError, TypeError)
    assert issubclass(dd.ShapeError, ValueError)
    for name in dd.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(dd, name), dd.DualdiffError)


def test_names_in_messages():
    class Model:
        def __call__(self, x):
            return None

    with pytest.raises(dd.OutputError, match="Model returned None"):
        dd.derivative(Model())(1.0)
    assert arguments.name_of(lambda: 0) == "<lambda>"
