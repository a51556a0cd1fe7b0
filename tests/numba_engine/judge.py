"""The checks that every test of compiled derivatives shares."""

import numpy as np

import dualdiff as dd


def parts(result):
    """Return the arrays of a result, whether it is one or a tuple."""
    return [np.asarray(part) for part in result] if isinstance(result, tuple) else [np.asarray(result)]


def assert_same_bits(got, plain):
    """Check values, shapes and dtypes; NaN equals itself, and zeros have a sign."""
    for a, b in zip(parts(got), parts(plain), strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(np.signbit(a), np.signbit(b))


def judged(f, exact, *args, argnums=0, rtol=1e-13, **keywords):
    """Check a compiled function against its exact Jacobian and its own value; return the operator.

    The arguments must come out as they went in, whatever the function writes.
    """
    before = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
    plain = f(*[a.copy(order="K") if isinstance(a, np.ndarray) else a for a in args], **keywords)
    operator = dd.value_and_jacobian(f, argnums=argnums)
    value, jac = operator(*args, **keywords)
    assert_same_bits(value, plain)
    for got, expected in zip(parts(jac), parts(exact), strict=True):
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol)
    for argument, saved in zip(args, before, strict=True):
        if isinstance(argument, np.ndarray):
            np.testing.assert_array_equal(argument, saved)
    return operator
