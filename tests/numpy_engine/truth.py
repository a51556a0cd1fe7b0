"""Truth for functions of arrays: the value of plain NumPy, the derivative by differences in extended precision.

A table maps a name to a function of one array and the array; `check` compares everything there is to compare.
"""

import numpy as np

import dualdiff as dd

# five points, fourth order: in 64 bits of mantissa about 1e-14 for functions of order one
STENCIL = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))


def flatten(y):
    """Return all real and imaginary parts of a nested output as one vector."""
    if isinstance(y, (tuple, list)):
        return np.concatenate([flatten(part) for part in y])
    y = y if isinstance(y, dd.Dual) else np.asarray(y)
    if y.dtype.kind == "c":
        return np.concatenate([np.ravel(np.real(y)), np.ravel(np.imag(y))])
    return np.ravel(y)


def slopes(f, x, step=1e-4):
    """Return the Jacobian of ``flatten(f(x))`` by differences in extended precision."""
    x = x.astype(np.longdouble)
    columns = []
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape, np.longdouble)
        e[i] = step
        columns.append(sum(w * flatten(f(x + k * e)) for k, w in STENCIL) / np.longdouble(step))
    return np.stack(columns, -1).reshape(-1, *x.shape).astype(float)


def leaves(y):
    return [leaf for part in y for leaf in leaves(part)] if isinstance(y, (tuple, list)) else [y]


def assert_bitwise(got, plain):
    """The structure, the types and the bits of the value are those of plain NumPy."""
    assert isinstance(got, (tuple, list)) == isinstance(plain, (tuple, list))
    for a, b in zip(leaves(got), leaves(plain), strict=True):
        a = a.value if isinstance(a, dd.Dual) else a
        assert isinstance(a, np.ndarray) == isinstance(b, np.ndarray)
        a, b = np.asarray(a), np.asarray(b)
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_array_equal(a, b)


def seed(x, directions=3):
    rng = np.random.default_rng(5)
    return dd.Dual(x, rng.normal(size=(directions, *x.shape)).astype(x.dtype))


def check(f, x, rtol=1e-11):
    """The value is bitwise NumPy's; the Jacobian is true, for every chunk; the argument stays as it was."""
    before = x.copy()
    assert_bitwise(f(seed(x)), f(x.copy()))
    jac = dd.jacobian(lambda x: flatten(f(x)))(x)
    np.testing.assert_array_equal(x, before)
    truth = slopes(f, x)
    scale = max(1.0, np.abs(truth).max(initial=0.0))
    np.testing.assert_allclose(jac, truth, rtol=rtol, atol=rtol * scale)
    for chunk in (1, 5):
        other = dd.jacobian(lambda x: flatten(f(x)), chunk=chunk)(x)
        np.testing.assert_allclose(other, jac, rtol=4e-16, atol=4e-16 * scale)
    single = f(seed(x.astype(np.float32)))
    plain = f(x.astype(np.float32))
    for a, b in zip(leaves(single), leaves(plain), strict=True):
        if isinstance(a, dd.Dual):
            assert a.partials.dtype == a.value.dtype == b.dtype


def check_nested(f, x, rtol=1e-9):
    """The second derivative of ``f(x * x)`` by nesting is true: differences of the first one in extended precision."""

    def first(x):
        return dd.jacobian(lambda x: flatten(f(x * x)))(x)

    got = dd.jacobian(first)(x)
    truth = slopes(first, x).reshape(got.shape)
    np.testing.assert_allclose(got, truth, rtol=rtol, atol=rtol * max(1.0, np.abs(truth).max(initial=0.0)))
