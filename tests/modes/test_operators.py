"""What the operators return: shapes, structures, dtypes, values, chunks, untouched inputs."""

import functools
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dualdiff as dd
from dualdiff.backends.numpy import operators

FINITE = st.floats(-3, 3, allow_subnormal=False)
VECTORS = hnp.arrays(float, 4, elements=FINITE)
A = np.random.default_rng(5).normal(size=(3, 4))


def lorenz(u, s=10.0, r=28.0, b=8 / 3):
    x, y, z = u
    return np.stack([s * (y - x), x * (r - z) - y, x * y - b * z])


def smooth(x):
    return A @ np.sin(x) * x[0] + np.exp(-(x[1:] ** 2))


def test_lorenz():
    jac = dd.jacobian(lorenz)(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(jac, [[-10, 10, 0], [25, -1, -1], [2, 1, -8 / 3]], rtol=1e-15)
    assert jac.flags.c_contiguous


@pytest.mark.parametrize("x_shape", [(), (1,), (3,), (2, 3), (0,), (2, 0), (1, 1, 2)])
@pytest.mark.parametrize("y_shape", [(), (1,), (2,), (3, 2), (0,)])
def test_the_shape_is_that_of_the_output_then_that_of_the_variable(x_shape, y_shape):
    x = np.ones(x_shape)

    def f(x):
        return np.sum(x) * np.full(y_shape, 2.0)

    value, jac = dd.value_and_jacobian(f)(x)
    assert np.shape(value) == y_shape
    assert jac.shape == y_shape + x_shape
    assert np.all(jac == 2.0)


def test_scalars_give_numpy_scalars():
    assert isinstance(dd.derivative(np.sin)(1.0), np.float64)
    assert isinstance(dd.jacobian(np.sin)(np.float32(1.0)), np.float32)
    assert isinstance(dd.value_and_derivative(np.sin)(1.0)[0], np.float64)
    assert dd.derivative(lambda t: np.stack([t, t * t]))(3.0).tolist() == [1, 6]
    assert dd.derivative(np.sin)(np.array(1.0)) == np.cos(1.0)


def test_argnums_and_other_arguments():
    def f(a, x, p, *, scale=1.0, table=None):
        assert table == {"key": "untouched"}
        return a * x * p[0] * scale

    x, options = np.array([1.0, 2.0]), {"scale": 3.0, "table": {"key": "untouched"}}
    p = [2.0, "text"]
    assert dd.jacobian(f, argnums=1)(5.0, x, p, **options).tolist() == [[30, 0], [0, 30]]
    by_tuple = dd.jacobian(f, argnums=(1, 0))(5.0, x, p, **options)
    assert isinstance(by_tuple, tuple)
    assert by_tuple[0].tolist() == [[30, 0], [0, 30]]
    assert by_tuple[1].tolist() == [6, 12]
    assert isinstance(dd.jacobian(f, argnums=(1,))(5.0, x, p, **options), tuple)
    for chunk in (1, 2, 3):
        for a, b in zip(dd.jacobian(f, argnums=(1, 0), chunk=chunk)(5.0, x, p, **options), by_tuple, strict=True):
            assert np.array_equal(a, b)


def test_variables_may_be_given_by_name():
    def f(t, y, k=2.0):
        return t * y**k

    assert dd.jacobian(f, argnums=1)(3.0, y=np.array([2.0])).tolist() == [[12.0]]
    assert dd.derivative(f)(t=3.0, y=2.0) == 4.0
    assert dd.derivative(f, argnums=(0, 2))(3.0, y=1.0, k=2.0) == (1.0, 0.0)
    assert dd.derivative(functools.partial(f, 3.0))(y=2.0) == 12.0


def test_the_structure_of_the_output_is_kept():
    Pair = namedtuple("Pair", "first second")
    x = np.array([1.0, 2.0])
    value, jac = dd.value_and_jacobian(lambda x: (x[0], [x * x, 7], Pair(x.sum(), np.ones(2))))(x)
    assert value[1][1] == 7
    assert jac[0].tolist() == [1, 0]
    assert jac[1][0].tolist() == [[2, 0], [0, 4]]
    assert jac[1][1].tolist() == [0, 0]
    assert isinstance(jac[2], Pair)
    assert jac[2].first.tolist() == [1, 1]
    assert jac[2].second.tolist() == [[0, 0], [0, 0]]
    both = dd.jacobian(lambda x, y: [x * y, y], argnums=(0, 1))(2.0, 3.0)
    assert both == ([3.0, 0.0], [2.0, 1.0])
    assert dd.jvp(lambda x: (x, 1.0), 2.0, 1.0) == ((2.0, 1.0), (1.0, 0.0))
    assert dd.jacobian(lambda x: ())(x) == ()


@pytest.mark.parametrize("constant", [3.0, 3, True, np.float32(2), np.arange(3), np.ones((2, 2)), np.ones(2, bool)])
def test_a_constant_output_has_zero_derivative(constant):
    x = np.array([1.0, 2.0])
    value, jac = dd.value_and_jacobian(lambda x: constant)(x)
    assert value is constant
    assert jac.shape == (*np.shape(constant), 2)
    assert jac.dtype.kind == "f"
    assert not jac.any()


def test_the_value_is_bitwise_that_of_f():
    x = np.random.default_rng(2).normal(size=50)

    def f(x):
        y = x * 1.1 + np.exp(-(x**2)) / (3 + np.tanh(x))
        return np.cumsum(y**3 - np.roll(y, 1)) / y.std()

    assert dd.value_and_jacobian(f)(x)[0].tobytes() == f(x).tobytes()
    assert dd.jvp(f, x, x)[0].tobytes() == f(x).tobytes()
    assert dd.value_and_gradient(lambda x: f(x).sum())(x)[0] == f(x).sum()


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.T,
        lambda x: x[::-1, ::-1],
        lambda x: x[::2, ::3],
        lambda x: x[:, 3],
        lambda x: x[3, 1:],
        lambda x: x[:0],
    ],
)
def test_the_value_is_bitwise_that_of_f_on_views(view):
    x = view(np.random.default_rng(0).normal(size=(61, 34)))
    kept = x.copy()
    for f in (lambda x: np.exp(x) * np.tanh(x), lambda x: x.sum(axis=0), np.sum, lambda x: x.reshape(-1) ** 1.5):
        with np.errstate(invalid="ignore"):
            value, tangent = dd.jvp(f, x, np.ones(x.shape))
            np.testing.assert_array_equal(value, f(x))
            assert np.shape(tangent) == np.shape(value)
    dd.jvp(lambda x: x.fill(0.0) or x, x, x)
    np.testing.assert_array_equal(x, kept)


def test_inputs_are_never_modified():
    def f(x, t):
        x *= 2.0
        x[0] = 7.0
        t += 1.0
        return x * t

    x, t = np.array([1.0, 2.0]), np.array(3.0)
    for run in (
        lambda: dd.jacobian(f, argnums=(0, 1), chunk=1)(x, t),
        lambda: dd.jacobian(f, argnums=(0, 1))(x, t),
        lambda: dd.jvp(f, (x, t), (x, t)),
    ):
        run()
        assert x.tolist() == [1, 2]
        assert t == 3.0
    dd.jacobian(lambda x: x.fill(0) or x)(np.empty(0))
    value, jac = dd.value_and_jacobian(lambda x: x)(x)
    value[0] = 9.0
    assert x[0] == 1.0
    np.testing.assert_array_equal(jac, np.eye(2))


@pytest.mark.parametrize("chunk", [1, 2, 3, 8, 11, 40, "auto"])
def test_the_result_does_not_depend_on_the_chunk(chunk):
    a = np.random.default_rng(1).normal(size=(11, 11))

    def f(x):
        return (a @ np.sin(x)) * x / (1 + np.linalg.norm(x)) + np.prod(np.cos(x))

    x = np.random.default_rng(3).normal(size=11)
    full = dd.jacobian(f, chunk=11)(x)
    jac = dd.jacobian(f, chunk=chunk)(x)
    assert np.all(np.abs(jac - full) <= 2 * np.spacing(np.abs(full).max()))


@pytest.mark.parametrize("chunk", [1, 2, 8])
def test_elementwise_functions_have_the_same_bits_for_every_chunk(chunk):
    x = np.random.default_rng(3).normal(size=9)

    def g(x):
        return np.sin(x) * np.exp(x)[::-1] / (1 + x**2)

    np.testing.assert_array_equal(dd.jacobian(g, chunk=chunk)(x), dd.jacobian(g)(x))


def test_passes_are_counted():
    calls = []

    def f(x):
        calls.append(1)
        return x * x

    for n, chunk, passes in ((10, 3, 4), (10, 10, 1), (10, "auto", 1), (0, 3, 1), (10, 1, 10)):
        calls.clear()
        dd.jacobian(f, chunk=chunk)(np.ones(n))
        assert len(calls) == passes
    calls.clear()
    dd.jvp(f, np.ones(10), np.ones(10))
    assert len(calls) == 1


def test_automatic_chunks_bound_the_memory(monkeypatch):
    widths, x = [], np.linspace(0.1, 1, 40)

    def f(x):
        widths.append(len(x.partials))
        return (x[:, None] * x[None, :]).sum(1) + np.outer(x, x) @ np.ones(40)

    full = dd.jacobian(f)(x)
    assert widths == [40]
    monkeypatch.setattr(operators, "CHUNK_BYTES", 40 * 8 * 16)
    np.testing.assert_allclose(dd.jacobian(f)(x), full, rtol=1e-14)
    assert widths[1:] == [16, 16, 8]
    widths.clear()
    monkeypatch.setattr(operators, "INTERMEDIATE_BYTES", 40 * 40 * 8 * 12)
    np.testing.assert_allclose(dd.jacobian(f)(x), full, rtol=1e-14)
    assert widths == [16, 12, 12, 12, 4]
    widths.clear()
    assert dd.jacobian(f, chunk=40)(x).shape == (40, 40)
    assert widths == [40]


def test_into_fills_the_given_array():
    out, x = np.full((3, 3), np.nan), np.array([1.0, 2.0, 3.0])
    assert dd.jacobian(lorenz).into(out, x) is out
    np.testing.assert_array_equal(out, dd.jacobian(lorenz)(x))
    value, same = dd.value_and_jacobian(lorenz).into(out, x)
    assert same is out
    np.testing.assert_array_equal(value, lorenz(x))
    a, b = np.empty(()), np.empty(())
    dd.derivative(np.multiply, argnums=(0, 1)).into((a, b), 2.0, 3.0)
    assert (a, b) == (3.0, 2.0)


def test_an_out_that_cannot_be_filled_is_refused():
    x, read_only = np.array([1.0, 2.0, 3.0]), np.empty((3, 3))
    read_only.flags.writeable = False
    for out, error, got in (
        (np.empty((3, 2)), dd.ShapeError, r"out is a float64 array of shape \(3, 2\)"),
        (np.empty((3, 3), int), dd.InputError, r"out holds int\d+"),
        ([[0.0]], dd.InputError, "out is a list"),
        (None, dd.InputError, "out is None"),
        (read_only, dd.InputError, "out is read-only"),
    ):
        with pytest.raises(error, match=rf"jacobian\.into: {got}, the result a .* Pass np\.empty\(\(3, 3\), 'float64'"):
            dd.jacobian(lorenz).into(out, x)
    with pytest.raises(dd.ShapeError, match="tuple of 2"):
        dd.derivative(np.multiply, argnums=(0, 1)).into(np.empty(()), 2.0, 3.0)


def test_the_operator_object_is_readable():
    jac = dd.jacobian(lorenz)
    assert repr(jac) == "<jacobian of lorenz, NumPy engine, argnums 0>"
    assert repr(dd.value_and_gradient(lorenz, (0, 1))) == "<value and gradient of lorenz, NumPy engine, argnums (0, 1)>"
    assert jac.__name__ == "jacobian(lorenz)"
    assert dd.value_and_derivative(np.sin).__name__ == "value_and_derivative(sin)"
    assert jac.__wrapped__ is lorenz

    def documented(x):
        """My words."""
        return x

    assert dd.jacobian(documented).__doc__ == "My words."
    assert dd.gradient(functools.partial(lorenz, s=1.0)).__name__ == "gradient(lorenz)"


def test_half_precision_is_kept():
    jac = dd.jacobian(lambda x: np.sin(x) * 2.0 + x**2)(np.array([1.0, 2.0], np.float16))
    assert jac.dtype == np.float16


def test_nan_and_infinite_entries_are_no_error():
    jac = dd.jacobian(lambda x: x * 2)(np.array([np.nan, np.inf, 1.0]))
    np.testing.assert_array_equal(jac, 2 * np.eye(3))


def test_gradient():
    np.testing.assert_array_equal(dd.gradient(lambda x: (x**2).sum())(np.ones((2, 3))), np.full((2, 3), 2.0))
    assert dd.gradient(lambda x: 3.0)(np.ones(2)).tolist() == [0, 0]
    assert dd.gradient(np.sin)(0.0) == 1.0
    value, (a, b) = dd.value_and_gradient(lambda x, y: x @ y, argnums=(0, 1))(
        np.array([1.0, 2.0]), np.array([3.0, 4.0])
    )
    assert (value, a.tolist(), b.tolist()) == (11.0, [3, 4], [1, 2])


def test_plain_python_functions_run_unmodified():
    def newton_sqrt(a):
        x = a
        while abs(x * x - a) > 1e-14 * abs(a):
            x = (x + a / x) / 2
        return x

    assert dd.derivative(newton_sqrt)(2.0) == pytest.approx(0.5 / np.sqrt(2.0), rel=1e-12)

    def loops(x):
        y = np.zeros_like(x)
        for i in range(len(x)):
            for j in range(len(x)):
                if x[i] < x[j]:
                    y[i] += np.sin(x[i] - x[j])
        return y

    x = np.array([0.1, 0.7, 0.4])
    h = 1e-6
    differences = np.stack([(loops(x + h * e) - loops(x - h * e)) / (2 * h) for e in np.eye(3)], -1)
    np.testing.assert_allclose(dd.jacobian(loops)(x), differences, atol=1e-9)


def test_operators_go_into_scipy():
    from scipy import optimize

    def f(x):
        return np.stack([x[0] + 0.5 * (x[0] - x[1]) ** 3 - 1.0, 0.5 * (x[1] - x[0]) ** 3 + x[1]])

    assert optimize.root(f, np.zeros(2), jac=dd.jacobian(f)).success
    result = optimize.minimize(dd.value_and_gradient(lambda x: ((x - 1) ** 2).sum()), np.zeros(3), jac=True)
    np.testing.assert_allclose(result.x, 1.0)


def test_one_operator_in_many_threads():
    jac, points = dd.jacobian(smooth, chunk=2), np.random.default_rng(0).normal(size=(200, 4))
    expected = [jac(x) for x in points]
    with ThreadPoolExecutor(4) as pool:
        for got, exact in zip(pool.map(jac, points), expected, strict=True):
            np.testing.assert_array_equal(got, exact)


class TestJvp:
    def test_it_is_the_jacobian_times_the_tangent(self):
        x, v = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])
        y, dy = dd.jvp(lorenz, (x,), (v,))
        np.testing.assert_array_equal(y, lorenz(x))
        np.testing.assert_allclose(dy, dd.jacobian(lorenz)(x) @ v, rtol=1e-15)
        np.testing.assert_array_equal(dd.jvp(lorenz, x, v)[1], dy)

    def test_several_primals(self):
        y, dy = dd.jvp(lambda a, b: a * b, (2.0, np.ones(2)), (1.0, np.array([3, 0])))
        assert y.tolist() == [2, 2]
        assert dy.tolist() == [7, 1]

    def test_dtype(self):
        y, dy = dd.jvp(lambda x: x * x, np.ones(2, np.float32), np.ones(2))
        assert y.dtype == dy.dtype == np.float32

    def test_constant(self):
        assert dd.jvp(lambda x: np.ones(2), 1.0, 1.0)[1].tolist() == [0, 0]


@settings(max_examples=50, deadline=None)
@given(VECTORS, VECTORS)
def test_chain_rule(x, v):
    def inner(x):
        return np.sin(A @ x) + x[:3] * x[1:]

    def outer(y):
        return np.exp(0.1 * y) * y[::-1]

    _, dy = dd.jvp(lambda x: outer(inner(x)), x, v)
    y, di = dd.jvp(inner, x, v)
    np.testing.assert_allclose(dy, dd.jacobian(outer)(y) @ di, rtol=1e-12, atol=1e-12)


@settings(max_examples=50, deadline=None)
@given(VECTORS, VECTORS, VECTORS, FINITE)
def test_the_tangent_is_linear(x, v, w, a):
    def f(x):
        return np.tanh(A @ x) * np.hypot(x[0], 2.0) + np.arctan2(x[1:], 3.0)

    _, combined = dd.jvp(f, x, v + a * w)
    np.testing.assert_allclose(combined, dd.jvp(f, x, v)[1] + a * dd.jvp(f, x, w)[1], rtol=1e-11, atol=1e-11)
