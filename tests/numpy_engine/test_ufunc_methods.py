"""The methods and options of ufuncs on duals, against the same function written out with plain operations."""

import numpy as np
import pytest

import dualdiff as dd
from dualdiff.rules import RULES

X = np.array([[1.3, -0.7, 2.1], [0.4, 1.9, -1.1]])
BINARY = [
    rule.ufunc
    for rule in RULES.values()
    if rule.arity == 2 and rule.outputs == 1 and rule.name not in ("ldexp", "nextafter", "heaviside", "floor_divide")
]
POSITIVE = ("power", "float_power")


def point(ufunc):
    return np.abs(X) + 0.1 if ufunc.__name__ in POSITIVE else X


def folded(ufunc, items):
    total = items[0]
    for item in items[1:]:
        total = ufunc(total, item)
    return total


def same(f, g, x, rtol=1e-13):
    value, jac = dd.value_and_jacobian(f)(x)
    assert np.array_equal(value, f(x), equal_nan=True)
    np.testing.assert_allclose(jac, dd.jacobian(g)(x), rtol=rtol, atol=1e-13)


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda u: u.__name__)
@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_reduce(ufunc, axis):
    x = point(ufunc)[:, :2] if ufunc.__name__ in POSITIVE else point(ufunc)
    if axis is None and ufunc.identity is None and ufunc.__name__ not in ("maximum", "minimum", "fmax", "fmin"):
        axis = 0
    same(
        lambda x: ufunc.reduce(x, axis=axis),
        lambda x: folded(ufunc, list(x.reshape(-1)) if axis is None else list(np.moveaxis(x, axis, 0))),
        x,
    )


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda u: u.__name__)
@pytest.mark.parametrize("axis", [0, 1])
def test_accumulate(ufunc, axis):
    def written_out(x):
        items = np.moveaxis(x, axis, 0)
        return np.stack([folded(ufunc, list(items[: i + 1])) for i in range(len(items))], axis)

    same(lambda x: ufunc.accumulate(x, axis=axis), written_out, point(ufunc))


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda u: u.__name__)
def test_outer(ufunc):
    x = point(ufunc)
    same(lambda x: ufunc.outer(x[0], x), lambda x: ufunc(x[0][:, None, None], x[None]), x)
    same(lambda x: ufunc.outer(x[0], [1.0, 2.0]), lambda x: ufunc(x[0][:, None], np.array([1.0, 2.0])), x)
    same(lambda x: ufunc.outer([1.0, 2.0], x[0]), lambda x: ufunc(np.array([1.0, 2.0])[:, None], x[0]), x)


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda u: u.__name__)
def test_reduceat(ufunc):
    x = point(ufunc).ravel()
    parts = [slice(0, 2), slice(4, 5), slice(1, 6)]
    same(
        lambda x: ufunc.reduceat(x, [0, 4, 1]),
        lambda x: np.stack([folded(ufunc, list(x[[0, 1, 2, 3]])), x[4], folded(ufunc, list(x[parts[2]]))]),
        x,
    )


@pytest.mark.parametrize("ufunc", [u for u in BINARY if u.__name__ not in POSITIVE], ids=lambda u: u.__name__)
@pytest.mark.parametrize("index", [[0, 2, 0], (slice(None), [1, 1])], ids=str)
def test_at(ufunc, index):
    x = X if isinstance(index, tuple) else X[0]

    def f(x):
        y = x.copy()
        ufunc.at(y, index, x[..., :1] + 0.5)
        return y

    def written_out(x):
        y = x.copy()
        numbers = np.arange(x.size).reshape(x.shape)[index]
        others = np.broadcast_to(x[..., :1] + 0.5, numbers.shape).reshape(-1)
        for number, other in zip(numbers.ravel(), others, strict=True):
            place = np.unravel_index(number, x.shape)
            y[place] = ufunc(y[place], other)
        return y

    same(f, written_out, x)


def test_at_with_one_argument_and_with_constants():
    def f(x):
        y = x.copy()
        np.exp.at(y, [0, 0])
        np.add.at(y, [1, 1], 2.0)
        return y

    value, jac = dd.value_and_jacobian(f)(X[0])
    assert np.array_equal(value, f(X[0]))
    e = np.exp(X[0, 0])
    np.testing.assert_allclose(jac, np.diag([np.exp(e) * e, 1, 1]), rtol=1e-15)


def test_at_into_a_plain_array_is_no_silent_loss():
    with pytest.raises(dd.DroppedDerivativeError, match=r"np\.add\.at"):
        dd.jacobian(lambda x: np.add.at(np.zeros(2), [0], x), rebind=False)(np.ones(1))


def test_initial_and_keepdims():
    same(
        lambda x: np.subtract.reduce(x[0], initial=x[1, 0]),
        lambda x: ((x[1, 0] - x[0, 0]) - x[0, 1]) - x[0, 2],
        X,
    )
    assert dd.jacobian(lambda x: np.hypot.reduce(x, axis=1, keepdims=True))(X).shape == (2, 1, 2, 3)


def test_where_and_out():
    def f(x):
        out = np.zeros_like(x)
        np.log(x, out=out, where=x > 0)
        return out

    value, jac = dd.value_and_jacobian(f)(X[0])
    assert np.array_equal(value, f(X[0]))
    np.testing.assert_allclose(jac, np.diag([1 / 1.3, 0, 1 / 2.1]), rtol=1e-15)
    with pytest.raises(dd.NotDifferentiableError, match="where= but without out="):
        dd.jacobian(lambda x: np.log(x, where=x > 0))(X[0])


def test_two_outputs_with_out():
    def f(x):
        whole, rest = np.zeros_like(x), np.zeros_like(x)
        np.divmod(x, 0.5, out=(whole, rest))
        return whole, rest

    whole, rest = dd.jacobian(f)(X[0])
    assert not whole.any()
    assert np.array_equal(rest, np.eye(3))


@pytest.mark.parametrize("f", [np.modf, np.frexp, lambda x: np.divmod(x, 0.37), lambda x: np.divmod(3.0, x)])
def test_functions_with_two_outputs(f):
    step = 1e-7
    values, jacs = dd.value_and_jacobian(f)(X[0])
    for value, plain, jac, above, below in zip(values, f(X[0]), jacs, f(X[0] + step), f(X[0] - step), strict=True):
        assert np.array_equal(value, plain)
        np.testing.assert_allclose(jac, np.diag((above - below) / (2 * step)), rtol=1e-6, atol=1e-7)


def test_dtype_is_honoured():
    value, jac = dd.value_and_jacobian(lambda x: np.add(x, x, dtype=np.float32))(X[0])
    assert value.dtype == jac.dtype == np.float32
    with pytest.raises(dd.NotDifferentiableError, match="int"):
        dd.jacobian(lambda x: np.add(x, 1.0, dtype=int, casting="unsafe"))(X[0])


def test_in_place_operators_and_augmented_slices():
    def f(x):
        y = x.copy()
        y += x
        y[1:] *= x[:-1]
        y[0] **= 2
        y /= 3.0
        y -= x[::-1]
        np.multiply(y, y, out=y)
        return y

    def written_out(x):
        y = [2 * x[0], 2 * x[1] * x[0], 2 * x[2] * x[1]]
        y[0] = y[0] ** 2
        return np.stack([(y[i] / 3.0 - x[2 - i]) ** 2 for i in range(3)])

    same(f, written_out, X[0])


@pytest.mark.parametrize("name", ["copysign", "fmax", "fmin", "logaddexp", "logaddexp2", "ldexp", "heaviside"])
def test_values_of_binary_ufuncs_with_special_numbers(name):
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 5e-324])
    second = np.arange(-4, 4) if name == "ldexp" else special[::-1].copy()
    ufunc = getattr(np, name)
    with np.errstate(all="ignore"):
        value, _ = dd.value_and_jacobian(lambda x: ufunc(x, second))(special)
        assert np.array_equal(value, ufunc(special, second), equal_nan=True)
        assert np.array_equal(np.signbit(value), np.signbit(ufunc(special, second)))
