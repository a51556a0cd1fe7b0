"""Plain compiled code is left alone by the engine: it compiles, and gives what NumPy gives."""

import numba
import numpy as np
import pytest

import dualdiff as dd


@pytest.fixture(autouse=True, scope="module")
def engine_in_use():
    """Compile a derivative first: whatever the engine registers is registered by then."""
    assert dd.derivative(numba.njit(lambda x: x * x))(3.0) == 6.0


def add(y, w):
    y += w
    y[1:] += w
    y[0] += 1
    return y


def subtract(y, w):
    y -= w
    y[1:] -= y[:1]
    return y


def multiply(y, w):
    y *= w
    y[:-1] *= w
    return y


def divide(y, w):
    y /= w
    y[1:] /= w
    return y


def floor_divide(y, w):
    y //= w
    y[:1] //= w
    return y


def power(y, w):
    y **= w
    y[1:] **= w
    return y


def remainder(y, w):
    y %= w
    return y


FLOATS = np.array([1.5, 2.25, 3.0])


OPERATORS = {
    "f": [add, subtract, multiply, divide, floor_divide, power, remainder],
    "i": [add, subtract, multiply, floor_divide, power, remainder],  # NumPy refuses to divide integers in place
    "c": [add, subtract, multiply, divide, power],
}


@pytest.mark.parametrize(
    ("y", "w"),
    [
        (FLOATS, 2.0),
        (FLOATS, 2),
        (FLOATS.astype(np.float32), np.float32(2)),
        (np.array([3, 4, 5]), 2),
        (FLOATS * 1j, 2.0),
    ],
    ids=["float", "int literal", "float32", "int", "complex"],
)
def test_in_place_operators(y, w):
    for f in OPERATORS[y.dtype.kind]:
        expected, got = f(y.copy(), w), numba.njit(f)(y.copy(), w)
        assert got.dtype == expected.dtype, f.__name__
        np.testing.assert_allclose(got, expected, rtol=1e-6 if y.dtype == np.float32 else 1e-15, err_msg=f.__name__)


def test_in_place_operators_of_arrays_numbers_and_containers():
    def f(a, b, z):
        a += b
        a[:, 1:] -= b[:, :1]
        a *= b[0]
        i = 7
        i //= 2
        i **= 2
        i += 1
        s = 1.5
        s -= 2
        s /= 4
        s *= a[0, 0]
        z *= 1j
        z += 2
        c = 1j
        c *= 2.0
        items = [1.0]
        items += [2.0]
        word = "a"
        word += "b"
        return a, i, s, z, c, items[1], word

    a, b, z = np.arange(4.0).reshape(2, 2), np.full((2, 2), 2.5), np.array([1.0 + 0j, 2j])
    for got, expected in zip(numba.njit(f)(a.copy(), b, z.copy()), f(a.copy(), b, z.copy()), strict=True):
        assert np.array_equal(got, expected)
        assert np.ndim(expected) == 0 or got.dtype == expected.dtype


def test_functions_and_methods():
    def f(a, v):
        s = str(v.size)
        print(s)
        return (
            (np.sum(a), np.mean(a), np.max(a), np.prod(a), np.dot(a, a), np.linalg.norm(a), a.sum(), a.mean(), a.max()),
            (np.where(a > 1, a, 0.0), np.cumsum(a), np.array([a[0], 1.0]), np.array([1, 2]), np.sort(a), a.copy()),
            (max(1, 2.0), min(a[0], a[1]), max(1, 2, 3.5), min(2.0, 1, a[0]), max(a[0], a[1], 1, 2), min(4, 3, 2, 1)),
            (np.linalg.norm(v), a.astype(np.float32), np.sum(v, 0), a.view(np.int64), a.itemsize),
        )

    a = np.array([0.5, 1.5, 2.5])
    v = np.arange(6.0).reshape(2, 3)
    got, expected = numba.njit(f)(a, v), f(a, v)
    for group, others in zip(got, expected, strict=True):
        for p, q in zip(group, others, strict=True):
            assert np.ndim(q) == 0 or p.dtype == q.dtype
            np.testing.assert_allclose(p, q, rtol=1e-15)
    assert numba.njit(lambda i: str(i) + "a")(12) == "12a"


def test_whole_integers_float32_and_complex():
    def f(i, g, c):
        return (
            np.sum(i),
            np.max(i),
            np.dot(g, g),
            np.mean(g),
            np.sum(c),
            np.prod(c),
            max(i[0], 2),
            np.where(i > 1, i, 0),
        )

    arguments = np.array([1, 2, 3]), np.array([1.5, 2.5], np.float32), np.array([1j, 2.0])
    for got, expected in zip(numba.njit(f)(*arguments), f(*arguments), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-6)
