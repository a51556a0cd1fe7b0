"""Nothing is dropped in silence: each way to lose a derivative raises, and says where and what to write."""

import copy
import math
import pickle
import re
import sys

import numpy as np
import pytest
import scipy.integrate
import scipy.interpolate
import scipy.ndimage
import scipy.optimize

import dualdiff as dd

DROPS = {
    "float": lambda x: float(x[0]),
    "int": lambda x: int(x[0]),
    "complex": lambda x: complex(x[0]),
    "math.sin": lambda x: math.sin(x[0]),
    "math.floor": lambda x: math.floor(x[0]),
    "math.ceil": lambda x: math.ceil(x[0]),
    "math.trunc": lambda x: math.trunc(x[0]),
    "round": lambda x: round(x[0]),
    "range": lambda x: range(x[0]),
    "index": lambda x: [1, 2, 3][x[0]],
    "array index": lambda x: np.arange(3.0)[x[0]],
    "dual index": lambda x: x[x[0]],
    "item": lambda x: x[0].item(),
    "np.array": lambda x: np.array([x[0], x[1]]),
    "np.array mixed": lambda x: np.array([x[0] * 2, 3.0]),
    "np.array nested": lambda x: np.array([[x[0], 1.0], [0.0, 1.0]]),
    "np.array of array": lambda x: np.array(x),
    "np.asarray": lambda x: np.asarray(x, float),
    "np.asarray scalar": lambda x: np.asarray(x[0], dtype=float),
    "np.float64": lambda x: np.float64(x[0]),
    "np.array object": lambda x: np.array([x[0]], dtype=object),
    "np.fromiter": lambda x: np.fromiter(x, float),
    "np.full": lambda x: np.full(3, x[0]),
    "setitem": lambda x: np.zeros(3).__setitem__(0, x[0]),
    "setitem numpy scalar": lambda x: np.zeros((2, 2)).__setitem__((0, 1), x[0]),
    "setitem slice": lambda x: np.zeros(3).__setitem__(slice(None), x),
    "setitem slice scalar": lambda x: np.zeros(3).__setitem__(slice(0, 2), x[0]),
    "setitem list": lambda x: np.zeros(2).__setitem__(slice(None), [x[0], x[1]]),
    "setitem fancy": lambda x: np.zeros(3).__setitem__([0, 1], x[:2]),
    "setitem mask": lambda x: np.zeros(3).__setitem__(np.array([True, False, False]), x[:1]),
    "fill": lambda x: np.zeros(3).fill(x[0]),
    "copyto": lambda x: np.copyto(np.zeros(3), x),
    "+=": lambda x: np.zeros(3).__iadd__(x),
    "out": lambda x: np.sin(x, out=np.zeros(3)),
    "astype": lambda x: x.astype(int),
    "pickle": lambda x: pickle.dumps(x),
    "format": lambda x: float(f"{x[0]:.17g}"),
    "format()": lambda x: float(format(x[0], ".17g")),
    "percent": lambda x: float("%.17g" % x[0]),  # noqa: UP031
    "str.format": lambda x: float("{:.17g}".format(x[0])),  # noqa: UP032
    "flat": lambda x: np.zeros(3).flat.__setitem__(0, x[0]),
    "flat slice": lambda x: np.zeros(3).flat.__setitem__(slice(0, 2), x[:2]),
    "brentq": lambda x: scipy.optimize.brentq(lambda t: t - x[0], 0, 5),
    "quad": lambda x: scipy.integrate.quad(lambda t: t * x[0], 0, 5)[0],
    "put": lambda x: np.put(np.zeros(3), [0], x[0]),
}


@pytest.mark.parametrize("name", DROPS)
def test_inside_an_operator_dropping_raises_ours(name):
    with pytest.raises(dd.DualdiffError) as caught:
        dd.jacobian(DROPS[name], rebind=False)(np.ones(3))
    assert "test_refusals.py:" in str(caught.value)
    assert DROPS[name].__code__.co_filename in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", DROPS)
def test_outside_of_an_operator_too(name):
    with pytest.raises((dd.DualdiffError, ValueError, SystemError)) as caught:
        DROPS[name](dd.Dual(np.ones(3), np.ones(3)))
    error = caught.value
    assert (
        isinstance(error, dd.DualdiffError)
        or "single item" in str(error)
        or isinstance(error.__cause__, dd.DualdiffError)
    )


def test_the_message_names_the_line_and_the_way_out():
    def f(x):
        y = np.zeros(3)
        y[0] = x[0]  # this line
        return y

    with pytest.raises(dd.DroppedDerivativeError) as caught:
        dd.jacobian(f, rebind=False)(np.ones(3))
    message = str(caught.value)
    assert "y[0] = x[0]  # this line" in message
    assert f"test_refusals.py:{f.__code__.co_firstlineno + 2}" in message
    assert "np.empty_like(x) instead of np.empty(n)" in message
    with pytest.raises(dd.DroppedDerivativeError, match=r"np\.sin etc\. instead of math\.sin"):
        dd.derivative(math.sin, rebind=False)(1.0)


def test_the_message_of_flat_names_the_line():
    def f(x):
        y = np.zeros(3)
        y.flat[0] = x[0]  # this line
        return y

    with pytest.raises(dd.DroppedDerivativeError, match=r"y\.flat\[0\] = x\[0\]  # this line"):
        dd.jacobian(f, rebind=False)(np.ones(3))


def test_both_readings_of_a_float_are_told():
    with pytest.raises(dd.DroppedDerivativeError) as caught:
        dd.jacobian(DROPS["setitem"], rebind=False)(np.ones(3))
    lines = str(caught.value).splitlines()
    assert lines[0] == "turning a dual number into a float, or storing it in a plain array, would drop its derivative."
    assert "np.empty_like(x) instead of np.empty(n)" in lines[2]
    assert "np.sin etc. instead of math.sin" in lines[3]


@pytest.mark.parametrize("name", ["int", "index", "range", "math.floor"])
def test_the_advice_for_integers_works_for_plain_numbers_too(name):
    with pytest.raises(dd.DroppedDerivativeError, match="as an argument of its own"):
        dd.jacobian(DROPS[name], rebind=False)(np.ones(3))
    table = np.array([0.0, 1.0, 2.0])

    def f(x, n):
        return table[np.searchsorted(table, x[0])] * x[1] ** n

    assert f(np.array([0.5, 2.0]), 3) == 8.0
    assert dd.gradient(f)(np.array([0.5, 2.0]), 3).tolist() == [0.0, 12.0]


def test_a_wrong_number_of_arguments_and_a_wrong_index_are_the_function_s_own():
    with pytest.raises(TypeError, match="positional argument") as caught:
        dd.derivative(lambda x: x)(1.0, 2.0)
    assert not isinstance(caught.value, dd.DualdiffError)
    with pytest.raises(IndexError, match="out of bounds"):
        dd.jacobian(lambda x: x[3])(np.ones(2))


def test_a_system_error_that_is_not_ours_is_left_alone():
    def f(x):
        raise SystemError("of another package")

    with pytest.raises(SystemError, match="of another package"):
        dd.derivative(f)(1.0)


def test_errors_of_the_function_itself_are_left_alone():
    def f(x):
        try:
            float(x)
        except TypeError as error:
            raise ValueError("my own") from error

    with pytest.raises(ValueError, match="my own"):
        dd.derivative(f)(1.0)


REFUSED = {
    "np.histogram": lambda x: np.histogram(x),
    "np.unravel_index": lambda x: np.unravel_index(x, (3, 3)),
    "np.quantile": lambda x: np.quantile(x, x[0]),
    "the option where= of np.sin": lambda x: np.sin(x, where=np.ones(3, bool)),
    ".tobytes": lambda x: x.tobytes(),
    "of a dual number and a matrix": lambda x: x * np.matrix([1.0, 2.0, 3.0]),
    "of a dual number and a MaskedArray": lambda x: np.multiply(x, np.ma.array([1.0, 2.0, 3.0])),
    "type object": lambda x: x * np.array([1, 2, 3], object),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_rule_is_refused_by_name(name):
    with pytest.raises(dd.NotDifferentiableError) as caught:
        dd.jacobian(REFUSED[name])(np.ones(3))
    message = str(caught.value)
    assert name in message
    assert "test_refusals.py:" in message
    assert len(message.splitlines()) >= 3


def test_a_dual_is_not_hashable():
    with pytest.raises(dd.NotDifferentiableError, match="cache keyed on values"):
        hash(dd.Dual(1.0, 1.0))


def test_unknown_attributes_stay_attribute_errors():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = dd.Dual(1.0, 1.0).nonsense
    assert not hasattr(dd.Dual(1.0, 1.0), "__array_interface__")


def test_foreign_types_get_a_type_error():
    with pytest.raises(TypeError, match="unsupported operand"):
        dd.Dual(1.0, 1.0) + object()
    with pytest.raises(TypeError):
        _ = dd.Dual(1.0, 1.0) < "a"


class TestMadeByHand:
    def test_integers_become_floats(self):
        d = dd.Dual(2, 1)
        assert d.value == 2.0
        assert d.dtype == float
        assert d.partials.tolist() == [1.0]

    def test_shapes(self):
        assert dd.Dual([1, 2], [[1, 0], [0, 1], [1, 1]]).partials.shape == (3, 2)
        assert dd.Dual(1.0, [1.0, 2.0]).partials.shape == (2,)
        with pytest.raises(dd.ShapeError, match=r"\(3,\), the value \(2,\)"):
            dd.Dual([1.0, 2.0], [1.0, 2.0, 3.0])

    def test_other_types_are_refused(self):
        for value in ("a", None, [None]):
            with pytest.raises(dd.InputError, match="must be numbers"):
                dd.Dual(value, 1.0)
        with pytest.raises(dd.InputError, match="lower tag"):
            dd.Dual(dd.Dual(1.0, 1.0), 1.0)

    def test_different_numbers_of_directions_do_not_mix(self):
        with pytest.raises(dd.ShapeError, match="1 and 2 directions"):
            dd.Dual(1.0, 1.0) * dd.Dual(1.0, [1.0, 2.0])
        with pytest.raises(dd.ShapeError, match="directions"):
            np.stack([dd.Dual(1.0, 1.0), dd.Dual(1.0, [1.0, 2.0])])
        with pytest.raises(dd.ShapeError, match="directions"):
            dd.Dual([1.0], [1.0]) @ dd.Dual([1.0], [[1.0], [2.0]])
        with pytest.raises(dd.ShapeError, match="directions"):
            np.where(True, dd.Dual(1.0, 1.0), dd.Dual(1.0, [1.0, 2.0]))

    def test_repr(self):
        assert repr(dd.Dual([1.0, 2.0], [3.0, 4.5])) == "Dual([1., 2.], partials=[[3. , 4.5]])"
        texts = []
        dd.derivative(dd.derivative(lambda x: texts.append(repr(x)) or x))(1.0)
        assert texts[0].count("Dual(") == 3
        assert f"{dd.Dual(1.5, 1.0)}" == format(dd.Dual(1.5, 1.0)) == "Dual(1.5, partials=[1.])"
        assert f"{dd.Dual(1.5, 1.0).value:.3f}" == "1.500"

    def test_the_value_is_copied(self):
        a = np.ones(2)
        d = dd.Dual(a, a)
        d[0] = 5.0
        assert a.tolist() == [1, 1]
        assert copy.copy(d).value.tolist() == [5, 1]


def test_numba_functions_say_what_to_do():
    import numba

    @numba.njit
    def g(x):
        return x * 2.0

    for call in (lambda: dd.derivative(lambda x: g(x))(1.0), lambda: g(dd.Dual(1.0, 1.0))):
        with pytest.raises(dd.NotDifferentiableError, match=r"engine='numba'.*g\.py_func") as caught:
            call()
        assert "test_refusals.py" in str(caught.value)
    assert "numba" in sys.modules


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: scipy.ndimage.gaussian_filter(x, 1), "scipy.ndimage.gaussian_filter"),
        (lambda x: scipy.optimize.brentq(lambda t: t**3 - x[0], 0, 5), "scipy.optimize.brentq"),
        (lambda x: scipy.integrate.quad(lambda t: t * x[0], 0, 1)[0], "scipy.integrate.quad"),
        (lambda x: scipy.interpolate.CubicSpline([0.0, 1.0, 2.0], [1.0, 2.0, 0.0])(x), "scipy.interpolate.CubicSpline"),
    ],
)
def test_a_library_that_takes_plain_numbers_is_named(f, name):
    with pytest.raises(dd.DroppedDerivativeError, match=rf"(?s)^{re.escape(name)} .*test_refusals.py.*custom_jvp"):
        dd.jacobian(f)(np.ones(3))


@pytest.mark.parametrize("keys", [tuple, list])
def test_lexsort_sees_the_values(keys):
    x = np.array([3.0, 1.0, 2.0])
    got = dd.jacobian(lambda x: x[np.lexsort(keys([x, x]))])(x)
    np.testing.assert_array_equal(got, np.eye(3)[[1, 2, 0]])


@pytest.mark.parametrize(
    ("f", "place"),
    [
        (lambda x: np.take(x, x), "argument indices of np.take"),
        (lambda x: np.partition(x, x[0]), "argument kth of np.partition"),
        (lambda x: np.roll(x, shift=x[0]), "argument shift of np.roll"),
        (lambda x: np.reshape(x, (x[0], 1)), "shape of np.reshape"),  # newshape until NumPy 2.1
    ],
)
def test_an_argument_that_counts_or_selects_is_named(f, place):
    with pytest.raises(dd.DroppedDerivativeError, match=f"{re.escape(place)} would drop"):
        dd.jacobian(f)(np.array([1.0, 2.0]))
