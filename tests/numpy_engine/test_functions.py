"""NumPy's functions and array methods on duals: value bitwise, Jacobian against an independent judge."""

import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.judge import complex_step, differences

RNG = np.random.default_rng(7)
W = RNG.normal(size=(3, 4))
S = RNG.normal(size=(4, 4)) + 4 * np.eye(4)
C = np.array([0.5, -1.0, 2.0, 0.25])
Q = np.array([True, False, True, True])

LINEAR_AND_SMOOTH = {
    "sum": lambda x: np.sum(x),
    "sum axis": lambda x: x.sum(axis=0),
    "sum axes": lambda x: np.sum(x, axis=(0, -1)),
    "sum keepdims": lambda x: x.sum(-1, keepdims=True),
    "add.reduce": lambda x: np.add.reduce(x),
    "mean": lambda x: x.mean(),
    "mean axis": lambda x: np.mean(x, axis=1, keepdims=True),
    "cumsum": lambda x: np.cumsum(x),
    "cumsum axis": lambda x: x.cumsum(axis=0),
    "prod": lambda x: np.prod(x),
    "prod axis": lambda x: np.prod(x, axis=1),
    "prod keepdims": lambda x: x.prod(axis=0, keepdims=True),
    "var": lambda x: (x - x.mean()).ravel() @ (x - x.mean()).ravel(),
    "diff": lambda x: np.diff(x, axis=0),
    "diff 2": lambda x: np.diff(x, n=2),
    "roll": lambda x: np.roll(x, 2),
    "roll axis": lambda x: np.roll(x, -1, axis=1),
    "roll axes": lambda x: np.roll(x, (1, 2), axis=(0, 1)),
    "reshape": lambda x: np.reshape(x, (2, 6)) * 2,
    "reshape F": lambda x: x.reshape((2, -1), order="F"),
    "reshape method": lambda x: x.reshape(4, 3),
    "ravel": lambda x: x.ravel() ** 2,
    "flatten": lambda x: x.flatten(),
    "transpose": lambda x: x.T @ W,
    "transpose axes": lambda x: np.transpose(x[None], (2, 0, 1)),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(x[:, :, None], 0, -1),
    "squeeze": lambda x: np.squeeze(x[:, None]),
    "expand_dims": lambda x: np.expand_dims(x, (0, -1)),
    "atleast": lambda x: np.atleast_2d(x[0]),
    "atleast scalar": lambda x: np.atleast_1d(x[0, 0]),
    "broadcast_to": lambda x: np.broadcast_to(x[0], (2, 4)) * x[1],
    "broadcast_arrays": lambda x: np.broadcast_arrays(x[:, :1], x[:1])[0],
    "flip": lambda x: np.flip(x, 1) * x,
    "flipud": lambda x: np.flipud(x),
    "concatenate": lambda x: np.concatenate([x, W, x * 2], axis=0),
    "concatenate axis": lambda x: np.concatenate((W, x), axis=-1),
    "concatenate flat": lambda x: np.concatenate((W, x), axis=None),
    "stack": lambda x: np.stack([x[0] * x[1], C, x[2]], axis=1),
    "stack scalars": lambda x: np.stack([x[0, 0] * x[1, 1], 3.0, x[2, 2]]),
    "hstack": lambda x: np.hstack([x[0], C, x[0, 0]]),
    "vstack": lambda x: np.vstack([x, C]),
    "column_stack": lambda x: np.column_stack([x[0], C, x[1]]),
    "append": lambda x: np.append(x, 1.0),
    "split": lambda x: np.split(x, 2, axis=1)[1] ** 2,
    "array_split": lambda x: np.array_split(x, [1, 2])[1],
    "where": lambda x: np.where(W > 0, x, 2.0),
    "where broadcast": lambda x: np.where(Q, x[:, :1] * x[0], x * x),
    "take": lambda x: np.take(x, [2, 0], axis=0),
    "take flat": lambda x: x.take([5, 0, 5]),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "tile": lambda x: np.tile(x, (2, 1)),
    "diag": lambda x: np.diag(x),
    "trace": lambda x: np.trace(x),
    "tril": lambda x: np.tril(x),
    "trapezoid": lambda x: np.trapezoid(x, dx=0.5),
    "gradient": lambda x: np.gradient(x, 0.5, axis=0),
    "average": lambda x: np.average(x, axis=1, weights=C),
    "matmul left": lambda x: x @ S,
    "matmul right": lambda x: S[:, :3] @ x,
    "matmul both": lambda x: x @ x.T,
    "matvec": lambda x: x @ C,
    "vecmat": lambda x: C[:3] @ x,
    "matmul plain vector": lambda x: W.T @ x[:, 0],
    "vector matmul": lambda x: x[0] @ S,
    "vector matmul both": lambda x: x[0] @ (x.T @ x),
    "dot 1d": lambda x: np.dot(x[0], x[1]),
    "dot method": lambda x: x.dot(C),
    "dot scalar": lambda x: np.dot(x, 2.0),
    "matmul stacked": lambda x: np.stack([S, S.T]) @ x.T,
    "matmul stacked both": lambda x: np.stack([x, x * x]) @ x.T,
    "matmul stacked vector": lambda x: np.stack([x, W]) @ x[0],
    "vector matmul stacked": lambda x: x[:, 0] @ np.stack([x, W]),
    "vdot": lambda x: np.vdot(C, x[0]) if np.isrealobj(x) else C @ x[0],
    "inner": lambda x: np.inner(x, W),
    "outer": lambda x: np.outer(x[0], x[1]),
    "kron": lambda x: np.kron(x[0], C),
    "cross": lambda x: np.cross(x[:, 0], W[:, 1]),
    "tensordot": lambda x: np.tensordot(x, W, axes=([0], [0])),
    "convolve": lambda x: np.convolve(x[0], x[1], mode="same"),
    "einsum": lambda x: np.einsum("ij,jk->ki", x, S),
    "einsum trilinear": lambda x: np.einsum("ij,ij,j", x, x, C),
    "einsum implicit": lambda x: np.einsum("ij,kj", x, x),
    "solve matrix": lambda x: np.linalg.solve(S + x.T @ x, C),
    "solve both": lambda x: np.linalg.solve(S + x.T @ x, x.T),
    "solve vector": lambda x: np.linalg.solve(S, x[0]),
    "inv": lambda x: np.linalg.inv(S + x.T @ x),
    "copy": lambda x: np.copy(x) * x.copy(),
}
KINKED_OR_REAL = {
    "max": lambda x: np.max(x),
    "max axis": lambda x: x.max(axis=1),
    "min": lambda x: x.min(axis=(0, 1), keepdims=True),
    "maximum.reduce": lambda x: np.maximum.reduce(x),
    "clip": lambda x: np.clip(x, -0.5, 0.5),
    "clip method": lambda x: x.clip(min=0.0),
    "norm": lambda x: np.linalg.norm(x),
    "norm axis": lambda x: np.linalg.norm(x, axis=1, keepdims=True),
    "norm 1": lambda x: np.linalg.norm(x[0], 1),
    "norm inf": lambda x: np.linalg.norm(x[0], np.inf),
    "var": lambda x: np.var(x, axis=0, ddof=1),
    "std": lambda x: x.std(),
}


@pytest.mark.parametrize("name", LINEAR_AND_SMOOTH)
def test_smooth_functions(name):
    f = LINEAR_AND_SMOOTH[name]
    x = RNG.normal(size=(3, 4))
    value, jac = dd.value_and_jacobian(f)(x)
    plain = f(x)
    assert np.shape(value) == np.shape(plain)
    assert isinstance(value, np.ndarray) == isinstance(plain, np.ndarray)
    if name in ("tensordot", "matmul both", "vector matmul both"):  # BLAS may order sums by memory layout
        np.testing.assert_array_max_ulp(value, plain, 2)
    else:
        np.testing.assert_array_equal(value, plain)
    np.testing.assert_allclose(jac, complex_step(f, x), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", KINKED_OR_REAL)
def test_functions_of_real_values(name):
    f = KINKED_OR_REAL[name]
    x = RNG.normal(size=(3, 4))
    value, jac = dd.value_and_jacobian(f)(x)
    np.testing.assert_array_equal(value, f(x))
    np.testing.assert_allclose(jac, differences(f, x), atol=1e-8)


@pytest.mark.parametrize("name", [*LINEAR_AND_SMOOTH, *KINKED_OR_REAL])
def test_functions_nest(name):
    """A Hessian by nesting, against differences of the gradient."""
    f = {**LINEAR_AND_SMOOTH, **KINKED_OR_REAL}[name]
    x = RNG.normal(size=(3, 4))

    def scalar(x):
        return np.sum(f(x * x * x) ** 2)

    hessian = dd.jacobian(dd.gradient(scalar))(x)
    np.testing.assert_allclose(
        hessian, differences(dd.gradient(scalar), x), rtol=1e-5, atol=1e-4 * np.abs(hessian).max()
    )


@pytest.mark.parametrize("zeros", [[], [1], [1, 3]])
def test_prod_with_zero_factors(zeros):
    x = np.array([2.0, 3.0, 4.0, 5.0])
    x[zeros] = 0.0
    expected = [np.prod(np.delete(x, i)) for i in range(4)]
    assert dd.gradient(np.prod)(x).tolist() == expected


@pytest.mark.parametrize(
    ("f", "g"),
    [
        (lambda x: (x[:, None] * x[None, :]).sum(1), lambda x: np.diag(np.full(4, x.sum())) + x[:, None]),
        (lambda x: (x[:3, None] + C).sum(), lambda x: np.array([4.0, 4, 4, 0])),
        (lambda x: (W * x).sum(0), lambda x: np.diag(W.sum(0))),
        (lambda x: x[0] * W.sum() + (x[1] * np.ones((2, 3))).sum(), lambda x: np.array([W.sum(), 6, 0, 0])),
        (
            lambda x: np.hypot(x[:, None], x[None, :2]).sum(),
            lambda x: differences(lambda x: np.hypot(x[:, None], x[None, :2]).sum(), x),
        ),
    ],
)
def test_broadcasting(f, g):
    x = np.array([1.0, -2.0, 0.5, 3.0])
    np.testing.assert_allclose(dd.jacobian(f)(x), g(x), atol=1e-8)


def test_partials_are_always_of_full_shape_and_own_memory():
    x = dd.Dual(np.ones((3, 1)), np.ones((2, 3, 1)))
    for y in (x + np.ones((3, 4)), x * np.ones(4), x - 1.0, +x, 1.0 * x, np.where(True, x, x), np.maximum(x, 0)):
        assert y.partials.shape == (2, *y.shape)
        assert y.partials.flags.writeable
        assert not np.shares_memory(y.partials, x.partials)
        assert not np.shares_memory(y.value, x.value)


def test_new_arrays_like_a_dual():
    x = dd.Dual([1.0, 2.0], [[1.0, 0.0], [0.0, 1.0]])
    for make, value in ((np.zeros_like, 0), (np.ones_like, 1), (lambda x: np.full_like(x, 7.0), 7)):
        assert make(x).value.tolist() == [value, value]
        assert not make(x).partials.any()
    assert np.full_like(x, x[1]).partials.tolist() == [[0, 0], [1, 1]]
    assert np.empty_like(x, shape=(4, 2)).partials.shape == (2, 4, 2)
    assert np.zeros_like(x, dtype=np.float32).partials.dtype == np.float32
    assert isinstance(np.zeros_like(x, dtype=int), np.ndarray)
    x.fill(3.0)
    assert x.value.tolist() == [3, 3]
    assert not x.partials.any()


def test_functions_of_the_value_alone():
    x = dd.Dual([3.0, 1.0, 2.0], np.ones(3))
    assert np.shape(x) == x.shape == (3,)
    assert np.ndim(x) == x.ndim == 1
    assert np.size(x) == x.size == 3
    assert x.argmax() == np.argmax(x) == 0
    assert x.argsort().tolist() == [1, 2, 0]
    assert np.array_equal(x, [3.0, 1.0, 2.0])
    assert np.allclose(x, x)
    assert np.any(x > 2)
    assert np.isclose(x, 1.0).tolist() == [False, True, False]
    assert np.round(x * 0.3).tolist() == [1, 0, 1]
    assert np.result_type(x, np.float32) == np.dtype(float)
    assert not np.iscomplexobj(x)
    assert x.nbytes == 24
    assert x.real is x
    assert not np.any(x.imag)


def test_astype_and_tolist():
    x = dd.Dual([1.0, 2.0], [3.0, 4.0])
    y = x.astype(np.float32)
    assert y.dtype == y.partials.dtype == np.float32
    assert [v.partials.tolist() for v in x.tolist()] == [[3.0], [4.0]]


def test_float32_stays_float32():
    x = np.array([1.0, 2.0], np.float32)
    for f in (
        lambda x: 2 * x + 1.5,
        lambda x: np.sin(x) / 3,
        lambda x: x**2 + x**0.3,
        lambda x: np.where(x > 1, x, 0.0),
        lambda x: np.mean(x) * x.max(),
        lambda x: np.linalg.norm(x),
        lambda x: np.abs(x) + np.maximum(x, 0.0),
    ):
        value, jac = dd.value_and_jacobian(f)(x)
        assert value.dtype == jac.dtype == np.float32
    mixed = dd.jacobian(lambda x: x + np.ones(2))(x)
    assert mixed.dtype == np.float64


def test_python_s_max_and_min_are_branches():
    """They return one of two equal numbers as it is; NumPy's functions, and both in compiled code, share the tie."""
    x = np.ones(2)
    assert dd.gradient(lambda x: max(x[0], x[1]))(x).tolist() == [1.0, 0.0]
    assert dd.gradient(lambda x: min(x[0], x[1]))(x).tolist() == [1.0, 0.0]
    assert dd.gradient(lambda x: np.maximum(x[0], x[1]))(x).tolist() == [0.5, 0.5]
    assert dd.gradient(lambda x: np.minimum(x[0], x[1]))(x).tolist() == [0.5, 0.5]
