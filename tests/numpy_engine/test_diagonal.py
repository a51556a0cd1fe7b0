"""Diagonal partials give what dense ones give, whatever is done with the variable."""

import numpy as np
import pytest

import dualdiff as dd
from dualdiff.backends.numpy import diagonal
from dualdiff.backends.numpy.seeding import one_hot
from dualdiff.numbers.tags import Tag
from tests.unmodified import arrays, language, loops  # noqa: F401  # each fills CASES
from tests.unmodified.at import CASES

N = 12
X = np.linspace(0.2, 1.7, N)
A = np.random.default_rng(0).standard_normal((5, N))


def write_into_the_variable(x):
    y = x * x
    x[2] = x[3] * y[0]
    x[5:7] *= 2.0
    return x * y


def write_into_a_result(x):
    y = np.exp(x)
    v = y[2:5]
    v[1] = x[0]
    y += x[::-1]
    return y, v


def write_through_a_view(x):
    y = x + 1.0
    z = y.reshape(3, 4)
    z[1] = x[:4] ** 2
    return y * x


FUNCTIONS = {
    "elementwise": lambda x: np.exp(-x) * np.sin(x) / (1 + x * x) ** 1.5 + 3 - x,
    "identity": lambda x: x,
    "copy": lambda x: x.copy(),
    "dense and diagonal": lambda x: np.roll(x, 1) * x + np.cumsum(x) / np.exp(x) - x,
    "three arguments": lambda x: np.where(x > 1, x * x, np.roll(x, 2)),
    "broadcast": lambda x: x[:, None] * x + np.exp(x),
    "broadcast up": lambda x: x * np.ones((3, 1)),
    "matrix from the left": lambda x: A @ (x**3),
    "matrix from the right": lambda x: (x**3) @ A.T,
    "dot": lambda x: np.dot(A[0], np.sin(x)) + np.dot(np.sin(x), A[1]) + np.vdot(x, x),
    "np.dot": lambda x: np.dot(A, np.sin(x)),
    "quadratic form": lambda x: x @ (A.T @ (A @ x)),
    "integer matrix": lambda x: np.arange(5 * N).reshape(5, N) @ x,
    "sums": lambda x: np.stack([np.sum(x**2), x.sum(), np.mean(np.exp(x)), np.max(x), np.add.reduce(x), x.prod()]),
    "sum along an axis": lambda x: np.sum(x**2, axis=0) + np.sum(x, axis=-1, keepdims=True),
    "steps": lambda x: np.maximum(x, 1.0) + np.abs(x - 1) + np.floor(x) * x,
    "constant": lambda x: x * 0.0 + 2.0,
    "out": lambda x: np.multiply(x, x, out=np.exp(x)),
    "two outputs": lambda x: np.modf(3 * x)[0] * np.divmod(x, 0.7)[1],
    "complex": lambda x: np.exp(1j * x) * x,
    "write into the variable": write_into_the_variable,
    "write into a result": write_into_a_result,
    "write through a view": write_through_a_view,
    "sort": lambda x: np.sort(np.cos(5 * x)),
    "tuple": lambda x: (x, x * x, x[3]),
    "list": lambda x: np.array([x[0] * 2, np.exp(x)[1], 3.0]),
    "nested": lambda x: dd.gradient(lambda y: np.sum(np.exp(y) * x * y))(x) * x,
    "closure": lambda x: dd.derivative(lambda t: np.sum(np.sin(t * x) * x))(0.7) * x,
    "norm": lambda x: x / np.linalg.norm(x**2),
    "add.at": lambda x: (lambda y: (np.add.at(y, [0, 0], x[:2]), y)[1])(x**2),
}


def parts(y):
    return y if isinstance(y, tuple) else (y,)


def same(f, x, monkeypatch, **options):
    monkeypatch.setattr(diagonal, "SMALLEST", np.inf)
    value, dense = dd.value_and_jacobian(f, **options)(x)
    monkeypatch.setattr(diagonal, "SMALLEST", 0)
    again, got = dd.value_and_jacobian(f, **options)(x)
    for left, right in zip(parts(got), parts(dense), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-14, atol=1e-15 * np.max(np.abs(right), initial=1.0))
        assert left.dtype == right.dtype
    for left, right in zip(parts(again), parts(value), strict=True):
        assert np.array_equal(left, right)


@pytest.mark.parametrize("chunk", ["auto", 1, 5])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_jacobian_is_that_of_dense_partials(name, chunk, monkeypatch):
    same(FUNCTIONS[name], X, monkeypatch, chunk=chunk)


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble])
@pytest.mark.parametrize("name", ["elementwise", "matrix from the left", "sums", "complex", "write into the variable"])
def test_other_dtypes(name, dtype, monkeypatch):
    def f(x):
        y = FUNCTIONS[name](x)
        return y

    x = X.astype(dtype)
    monkeypatch.setattr(diagonal, "SMALLEST", np.inf)
    dense = dd.jacobian(f)(x)
    monkeypatch.setattr(diagonal, "SMALLEST", 0)
    got = dd.jacobian(f)(x)
    assert got.dtype == dense.dtype
    np.testing.assert_allclose(got, dense, rtol=4 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_matrix_as_variable(order, monkeypatch):
    x = np.asarray(X.reshape(3, 4), order=order)
    same(lambda x: (np.exp(x) * x)[::2, 1:], x, monkeypatch)
    same(lambda x: np.exp(x).ravel() * x.reshape(-1) + x.T.ravel(), x, monkeypatch)
    same(lambda x: (x * x + x.T.copy().T) @ np.ones(4), x, monkeypatch)
    same(lambda x: np.einsum("ij,ij->i", np.sin(x), x + 1), x, monkeypatch, chunk=5)


def test_several_variables(monkeypatch):
    def f(a, b):
        return np.sin(a) * b[:5] + np.sum(b * b), a @ A, A @ (b * 2)

    monkeypatch.setattr(diagonal, "SMALLEST", np.inf)
    dense = dd.jacobian(f, argnums=(0, 1))(X[:5], X)
    monkeypatch.setattr(diagonal, "SMALLEST", 0)
    for chunk in ("auto", 3, 7):
        got = dd.jacobian(f, argnums=(0, 1), chunk=chunk)(X[:5], X)
        for left, right in zip([*got[0], *got[1]], [*dense[0], *dense[1]], strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-14)


def test_an_infinite_slope_moves_its_own_element_only(monkeypatch):
    monkeypatch.setattr(diagonal, "SMALLEST", 0)
    x = np.array([0.0, 4.0])
    jac = dd.jacobian(lambda x: np.stack([np.sqrt(x)[0], np.sqrt(x)[1] + np.sum(np.sqrt(x)[1:])]))(x)
    assert np.array_equal(jac, [[np.inf, 0], [0, 0.5]])
    slope = dd.gradient(lambda x: np.array([1.0, 2.0]) @ np.sqrt(x))(x)
    assert np.array_equal(slope, [np.inf, 0.5])


def test_what_stays_diagonal_and_what_does_not():
    with Tag("test") as tag:
        x = one_hot(np.linspace(1.0, 2.0, 100), 0, 100, tag)
        assert diagonal.is_diagonal(x)
        assert diagonal.is_diagonal(np.exp(-x) / (1 + x * x) ** 2)
        assert not diagonal.is_diagonal(x[1:])
        assert not diagonal.is_diagonal(x), "a view shares the partials, so they were made"
        assert np.array_equal(x.partials, np.eye(100))


@pytest.mark.parametrize("name", CASES)
def test_unmodified_functions(name, monkeypatch):
    f, x = CASES[name]
    monkeypatch.setattr(diagonal, "SMALLEST", np.inf)
    dense = np.asarray(dd.jacobian(f, engine="numpy")(x))
    monkeypatch.setattr(diagonal, "SMALLEST", 0)
    got = np.asarray(dd.jacobian(f, engine="numpy")(x))
    np.testing.assert_allclose(got, dense, rtol=0, atol=1e-13 * max(1.0, np.max(np.abs(dense))))
