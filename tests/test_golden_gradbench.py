"""The hand-written derivatives of gradbench's tool "manual": objectives in plain NumPy, values and gradients."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import special

import dualdiff as dd
from dualdiff.problems.gaussian_mixture import gaussian_mixture
from dualdiff.problems.k_means import k_means
from dualdiff.problems.lstm import lstm_loss

GOLDEN = json.loads((Path(__file__).parent / "reference" / "gradbench_manual.json").read_text(encoding="utf-8"))


def over(problem):
    return pytest.mark.parametrize("golden", GOLDEN[problem].values(), ids=GOLDEN[problem])


def assert_close(got, want):
    """To 1e-10 of the largest entry, as entries of a gradient cancel."""
    want = np.asarray(want)
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10 * np.max(np.abs(want)))


def inputs(golden, *names):
    return [np.array(golden["input"][name]) for name in names]


# --- det: of a matrix given row by row ---


def det_by_lapack(a):
    ell = math.isqrt(len(a))
    return np.linalg.det(a.reshape(ell, ell))


def det_by_log(a):
    ell = math.isqrt(len(a))
    sign, log = np.linalg.slogdet(a.reshape(ell, ell))
    return sign * np.exp(log)


def det_by_minors(a):
    def det(matrix):
        if len(matrix) == 1:
            return matrix[0, 0]
        total = 0.0
        for j in range(len(matrix)):
            total += (-1) ** j * matrix[0, j] * det(np.delete(matrix[1:], j, axis=1))
        return total

    ell = math.isqrt(len(a))
    return det(a.reshape(ell, ell))


def det_by_elimination(a):
    """Gaussian elimination with row exchanges, in place, on a copy."""
    ell = math.isqrt(len(a))
    u = a.reshape(ell, ell).copy()
    det = 1.0
    for j in range(ell):
        pivot = j + np.argmax(np.abs(u[j:, j]))
        if pivot != j:
            u[[j, pivot]] = u[[pivot, j]]
            det = -det
        det *= u[j, j]
        u[j + 1 :] -= np.outer(u[j + 1 :, j] / u[j, j], u[j])
    return det


@over("det")
@pytest.mark.parametrize("det", [det_by_lapack, det_by_log, det_by_minors, det_by_elimination])
def test_determinant(golden, det):
    value, gradient = dd.value_and_gradient(det)(*inputs(golden, "A"))
    assert_close(value, golden["value"])
    assert_close(gradient, golden["gradient"])


# --- lse: log(sum(exp(x))) ---


def lse_by_shift(x):
    largest = np.max(x)
    return np.log(np.sum(np.exp(x - largest))) + largest


@over("lse")
@pytest.mark.parametrize("lse", [lse_by_shift, np.logaddexp.reduce, special.logsumexp])
def test_log_sum_exp(golden, lse):
    value, gradient = dd.value_and_gradient(lambda x: lse(x))(*inputs(golden, "x"))
    assert_close(value, golden["value"])
    assert_close(gradient, golden["gradient"])


# --- llsq: fit of a polynomial to the sign function at n points of [-1, 1] ---


def polynomial_fit(x, n):
    t = np.linspace(-1.0, 1.0, n)
    return 0.5 * np.sum((np.sign(t) - np.vander(t, len(x), increasing=True) @ x) ** 2)


@over("llsq")
def test_linear_least_squares(golden):
    value, gradient = dd.value_and_gradient(polynomial_fit)(*inputs(golden, "x"), golden["input"]["n"])
    assert_close(value, golden["value"])
    assert_close(gradient, golden["gradient"])


# --- ode: y_0' = x_0, y_i' = x_i y_(i-1) from 0 to t = 2 in s steps ---


def ode_rhs(x, y):
    dy = np.zeros(len(x))
    dy[0] = x[0]
    dy[1:] = x[1:] * y[:-1]
    return dy


def runge_kutta(x, s):
    h = 2.0 / s
    y = np.zeros(len(x))
    for _ in range(s):
        k1 = ode_rhs(x, y)
        k2 = ode_rhs(x, y + h / 2 * k1)
        k3 = ode_rhs(x, y + h / 2 * k2)
        k4 = ode_rhs(x, y + h * k3)
        y += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


def taylor_steps(x, s):
    """Steps of a Taylor series with as many terms as unknowns: exact, since y_i is a polynomial in t."""
    h = 2.0 / s
    y = np.zeros(len(x))
    for _ in range(s):
        term = h * ode_rhs(x, y)
        y = y + term
        for order in range(2, len(x) + 1):
            shifted = np.zeros(len(x))
            shifted[1:] = x[1:] * term[:-1]
            term = h / order * shifted
            y = y + term
    return y


@over("ode")
def test_runge_kutta(golden):
    x, s = *inputs(golden, "x"), golden["input"]["s"]
    value, jac = dd.value_and_jacobian(runge_kutta)(x, s)
    np.testing.assert_allclose(value, golden["value"], rtol=1e-13)
    # y_i is a polynomial in x, homogeneous of degree one in each of x_0, ..., x_i: Euler's identity, column by column
    np.testing.assert_allclose(jac * x, np.tril(np.outer(value, np.ones(len(x)))), rtol=1e-12, atol=0)


@over("ode")
def test_the_gradient_of_the_exact_solution_of_the_ode(golden):
    """The golden gradient is that of the exact y at t = 2, not that of the Runge-Kutta steps beside it."""
    x, s = *inputs(golden, "x"), golden["input"]["s"]
    gradient = dd.jacobian(taylor_steps)(x, s)[-1]
    np.testing.assert_allclose(gradient, golden["gradient"], rtol=1e-10)
    if s == 1 and len(x) == 3:  # polynomials of degree 3: Runge-Kutta is exact
        np.testing.assert_allclose(dd.jacobian(runge_kutta)(x, s)[-1], golden["gradient"], rtol=1e-10)


# --- kmeans: the golden direction is the Newton step, gradient over the diagonal of the Hessian ---


@over("kmeans")
def test_k_means(golden):
    points, centroids = inputs(golden, "points", "centroids")
    value, gradient = dd.value_and_gradient(k_means)(centroids, points)
    assert_close(value, golden["value"])

    def slope(c):
        return dd.gradient(k_means)(c, points)

    # the Hessian is diagonal: times a vector of ones it is its diagonal
    at, diagonal = dd.jvp(slope, (centroids,), (np.ones_like(centroids),))
    np.testing.assert_array_equal(at, gradient)
    assert_close(gradient / diagonal, golden["direction"])


# --- gmm: gradient with respect to weights, means and factors of the inverse covariances ---


@over("gmm")
def test_gaussian_mixture(golden):
    parts = inputs(golden, "alpha", "mu", "q", "l")
    ends = np.cumsum([part.size for part in parts])[:-1]
    x, gamma, m = *inputs(golden, "x"), golden["input"]["gamma"], golden["input"]["m"]

    def objective(u):
        pieces = [piece.reshape(part.shape) for piece, part in zip(np.split(u, ends), parts, strict=True)]
        return gaussian_mixture(*pieces, x, gamma, m)

    value, gradient = dd.value_and_gradient(objective)(np.concatenate([part.ravel() for part in parts]))
    assert_close(value, golden["value"])
    assert_close(gradient, np.concatenate([np.ravel(golden["gradient"][name]) for name in ("alpha", "mu", "q", "l")]))


# --- lstm: gradient with respect to the main and the extra parameters ---


@over("lstm")
def test_lstm(golden):
    main, extra, state, sequence = inputs(golden, "main_params", "extra_params", "state", "sequence")

    def loss(u):
        return lstm_loss(u[: main.size].reshape(main.shape), u[main.size :].reshape(extra.shape), state, sequence)

    value, gradient = dd.value_and_gradient(loss)(np.concatenate([main.ravel(), extra.ravel()]))
    assert_close(value, golden["value"])
    assert_close(gradient, golden["gradient"])
