"""What the engine cannot do right, it refuses: the culprit is named, and the user's own line."""

import functools
import math
from pathlib import Path

import numba
import numpy as np
import pytest

import dualdiff as dd

X = np.array([0.7, 1.3])
HERE = Path(__file__).name


@numba.njit
def square(x):
    return x * x


@numba.njit
def part(y):
    return y[1:]


def as_bits(x):
    return x * x.view(np.int64)[0]  # culprit


def from_buffer(x):
    return x * np.frombuffer(x, np.float64)[0]  # culprit


def item_size(x):
    return x * x.itemsize  # culprit


def size_in_bytes(x):
    return x * x.nbytes  # culprit


def steps(x):
    return x * x.strides[0]  # culprit


def text(x):
    return x * len(str(x[0]))


def in_order(x):
    return np.sort(x)  # culprit


def in_order_in_place(x):
    y = x * 2.0
    y.sort()  # culprit
    return y


def among_integers(x):
    y = np.zeros(2, np.int64)
    for i in range(2):
        y[i] = i
    y[1] = x[0] * 2.0  # culprit
    return y


def view_of_helper(x):
    y = np.zeros(3)
    part(y)[0] = x[0]  # culprit
    return y


def flipped(x):
    y = np.zeros(3)
    z = np.flip(y)  # culprit
    z[0] = x[0]
    return y


def unique(x):
    s = {x[0], x[1]}
    return x * len(s)


def at_home(x):
    import cmath

    return x * cmath.pi


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (as_bits, "view"),
        (from_buffer, "frombuffer"),
        (item_size, "itemsize"),
        (size_in_bytes, "nbytes"),
        (steps, "strides"),
        (in_order, "sort"),
        (in_order_in_place, "sort"),
        (among_integers, r"stored into the .*int64.*use one of floats"),
        (view_of_helper, r"np\.zeros or np\.empty in the function that writes it"),
        (flipped, r"np\.zeros or np\.empty in the function that writes it"),
    ],
    ids=lambda p: getattr(p, "__name__", ""),
)
def test_the_culprit_and_the_line_of_the_user_are_named(f, message):
    with pytest.raises(dd.CompilationError, match=message) as caught:
        dd.jacobian(numba.njit(f))(X)
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    first = f.__code__.co_firstlineno
    culprit = next(k + 1 for k in range(first, len(lines)) if lines[k].endswith("# culprit"))
    assert f"{HERE}:{culprit}" in str(caught.value)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (text, r"would lose its derivative in str\(\)"),
        (unique, "cannot compile unique"),
        (at_home, "IMPORT_NAME|import"),
    ],
    ids=lambda p: getattr(p, "__name__", ""),
)
def test_where_no_line_is_known_the_function_is_named(f, message):
    with pytest.raises(dd.CompilationError, match=message) as caught:
        dd.jacobian(numba.njit(f))(X)
    assert f"{HERE}:{f.__code__.co_firstlineno}" in str(caught.value)


UNSUITABLE = [
    (np.array(1.5), "rank 0"),
    (X.astype(np.float16), "float16"),
    (X.astype(np.longdouble), "longdouble|float128|float80|float64"),
    (X.astype(">f8"), ">f8|byte order"),
    (np.ma.MaskedArray(X, [True, False]), "MaskedArray|masked"),
    (X.view(np.matrix), "matrix"),
]


@pytest.mark.parametrize("is_warm", [False, True])
@pytest.mark.parametrize(("x", "message"), UNSUITABLE, ids=lambda p: type(p).__name__ + str(getattr(p, "dtype", "")))
def test_arrays_of_other_kinds(x, message, is_warm):
    operator = dd.jacobian(numba.njit(lambda x: x * x) if not is_warm else square)
    if is_warm:
        operator(X)
        operator(X[:1])
    with pytest.raises(dd.InputError, match=message):
        operator(x)


def test_the_derivative_of_an_array_after_a_number():
    operator = dd.derivative(square)
    for x in (3.0, np.float64(3.0)):
        assert operator(x) == 6.0
        for array in (np.ones(1), np.ones(2)):
            with pytest.raises(dd.ShapeError, match="derivative wants a number"):
                operator(array)


@pytest.mark.parametrize(
    ("f", "x"), [(np.sin, X), (math.sin, 1.0), (functools.partial(math.pow, 2.0), 1.0), (len, X)], ids=str
)
def test_what_is_no_python_function_cannot_be_compiled(f, x):
    for make in (dd.jacobian, dd.derivative, dd.gradient):
        with pytest.raises(dd.InputError, match=r"compiles Python functions.*lambda x"):
            make(f, engine="numba")(x)
    with pytest.raises(dd.InputError, match="compiles Python functions"):
        dd.jvp(f, x, x, engine="numba")


def test_results_without_a_derivative():
    with pytest.raises(dd.OutputError):
        dd.jacobian(numba.njit(lambda x: ()))(X)
    for f in (square, numba.njit(lambda x: (x[0], x))):
        with pytest.raises(dd.ShapeError, match="not a scalar; use jacobian"):
            dd.gradient(f)(X)
        with pytest.raises(dd.ShapeError, match="not a scalar; use jacobian"):
            dd.value_and_gradient(f)(X)


def test_errors_of_the_function_come_through_unchanged():
    @numba.njit
    def f(x, kind):
        if kind == 1:
            raise ValueError("x must be negative")
        if kind == 2:
            raise TypeError("cannot determine what numba is for: No implementation of function")
        if kind == 3:
            raise RuntimeError("a dual number is stored")
        return x * x[kind + 5]

    jac = dd.jacobian(f)
    into = jac.into
    cases = (
        (1, ValueError, "x must be negative"),
        (2, TypeError, "cannot determine what numba is for: No implementation of function"),
        (3, RuntimeError, "a dual number is stored"),
    )
    for kind, error, message in cases:
        for call in (lambda: jac(X, kind), lambda: into(np.empty((2, 2)), X, kind)):  # noqa: B023
            with pytest.raises(error) as caught:
                call()
            assert type(caught.value) is error
            assert str(caught.value) == message
    for call in (lambda: jac(X, 0), lambda: into(np.empty((2, 2)), X, 0), lambda: jac(X, -8)):
        with pytest.raises(IndexError):
            call()
    for chunk in (1, 2):
        with pytest.raises(IndexError):
            dd.value_and_jacobian(f, chunk=chunk)(X, 0)


def test_an_index_out_of_bounds_raises_in_helpers_and_stores_too():
    @numba.njit
    def read(x, i):
        return x[i] * x[0]

    @numba.njit
    def f(x, i, j):
        y = np.zeros(2)
        y[j] = read(x, i)
        return y

    jac = dd.jacobian(f)
    assert jac(X, 1, 0).tolist() == [[X[1], X[0]], [0, 0]]
    for i, j in ((2, 0), (0, 2), (-3, 0), (0, -3)):
        with pytest.raises(IndexError):
            jac(X, i, j)
    with pytest.raises(IndexError):
        dd.jvp(numba.njit(lambda x: x[5]), X, X)


class TestInPlace:
    """What the in-place form takes as its array."""

    def test_it_returns_what_it_was_given(self):
        out = np.empty((2, 2))
        assert dd.jacobian(square).into(out, X) is out
        assert out.tolist() == np.diag(2 * X).tolist()
        out[:] = 0
        value, filled = dd.value_and_jacobian(square).into(out, X)
        assert filled is out
        assert value.tolist() == (X * X).tolist()
        assert out.tolist() == np.diag(2 * X).tolist()

    @pytest.mark.parametrize("make", [dd.jacobian, dd.value_and_jacobian])
    def test_unsuitable_arrays(self, make):
        into = make(square).into
        fixed = np.zeros((2, 2))
        fixed.flags.writeable = False
        wrong = [
            fixed,
            np.zeros((2, 2), np.float32),
            np.zeros((2, 2), int),
            [[0.0, 0.0], [0.0, 0.0]],
            np.zeros((2, 2), order="F"),
            np.zeros((2, 2), complex),
            np.zeros((3, 2)),
            np.zeros(4),
            None,
            np.ma.zeros((2, 2)),
        ]
        for _ in range(2):
            for out in wrong:
                with pytest.raises((dd.ShapeError, dd.InputError), match=r"(?i)out|shape|in-place"):
                    into(out, X)
            into(np.zeros((2, 2)), X)  # the second round is a warm one
        assert not fixed.any()

    def test_an_array_that_overlaps_the_variable(self):
        total = numba.njit(lambda x: (x * x).sum())
        x = np.ones(4)
        into = dd.gradient(total, chunk=2).into
        for out in (x, x[:], x.reshape(2, 2).ravel()):
            with pytest.raises((dd.ShapeError, dd.InputError), match=r"(?i)overlap|share|memory"):
                into(out, x)
        whole = np.ones(6)
        with pytest.raises((dd.ShapeError, dd.InputError), match=r"(?i)overlap|share|memory"):
            into(whole[2:], whole[:4])
        assert x.tolist() == [1.0] * 4
        apart = np.ones(8)
        assert into(apart[4:], apart[:4]).tolist() == [2.0] * 4
