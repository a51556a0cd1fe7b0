"""Scalar code over plain buffers, as it comes from textbooks and from Fortran."""

import math

import numpy as np

from tests.unmodified.at import at


@at(0.4, -1.2, 0.3, 2.0)
def horner(x):
    coefficients, t = x[:-1], x[-1]
    result = 0.0
    for c in coefficients:
        result = result * t + c
    return result


@at(4.0, 5.0, 6.0, 4.5, 1.0, -2.0, 0.5, 3.0)
def thomas(x):
    """Tridiagonal solve: the diagonal and the right-hand side vary."""
    n = len(x) // 2
    diagonal, rhs = x[:n], x[n:]
    below, above = -1.0, 1.5
    c = np.zeros(n)
    d = np.zeros(n)
    c[0] = above / diagonal[0]
    d[0] = rhs[0] / diagonal[0]
    for i in range(1, n):
        pivot = diagonal[i] - below * c[i - 1]
        c[i] = above / pivot
        d[i] = (rhs[i] - below * d[i - 1]) / pivot
    y = np.empty(n)
    y[n - 1] = d[n - 1]
    for i in range(n - 2, -1, -1):
        y[i] = d[i] - c[i] * y[i + 1]
    return y


def lotka_volterra(t, y, a, b):
    return np.array([a * y[0] - b * y[0] * y[1], -y[1] + 0.5 * y[0] * y[1]])


@at(1.2, 0.7, 2.0, 1.0)
def runge_kutta_trajectory(x):
    a, b = x[:2]
    steps, h = 8, 0.1
    y = np.zeros((steps + 1, 2))
    y[0] = x[2:]
    for i in range(steps):
        k1 = lotka_volterra(i * h, y[i], a, b)
        k2 = lotka_volterra(i * h + h / 2, y[i] + h / 2 * k1, a, b)
        k3 = lotka_volterra(i * h + h / 2, y[i] + h / 2 * k2, a, b)
        k4 = lotka_volterra(i * h + h, y[i] + h * k3, a, b)
        y[i + 1] = y[i] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


@at(0.3, 1.5)
def euler_with_lists(x):
    rate, capacity = x
    t = [0.0]
    y = [0.1]
    while t[-1] < 0.95:
        y.append(y[-1] + 0.1 * rate * y[-1] * (1 - y[-1] / capacity))
        t.append(t[-1] + 0.1)
    return np.array(y)


@at(1.0, 0.6, 0.2, 0.5, 1.1, 1.4)
def finite_volumes(u):
    """Burgers' equation: upwind fluxes through the faces, periodic."""
    n = len(u)
    for _ in range(3):
        flux = np.zeros(n + 1)
        for i in range(n + 1):
            left, right = u[i - 1], u[i % n]
            speed = 0.5 * (left + right)
            flux[i] = 0.5 * left**2 if speed > 0 else 0.5 * right**2
        u = u - 0.1 * (flux[1:] - flux[:-1])
    return u


@at(1.0, 2.0, 0.5)
def heat_equation(x):
    u = np.zeros(12)
    u[3:6] = x[0]
    u[7] = x[1]
    kappa = x[2]
    for _ in range(5):
        u[1:-1] += 0.2 * kappa * (u[2:] - 2 * u[1:-1] + u[:-2])
    return u


@at(0.8, 0.3)
def kepler(x):
    """Newton's iteration for the eccentric anomaly."""
    mean_anomaly, eccentricity = x[0], x[1]
    anomaly = mean_anomaly
    for _ in range(50):
        step = (anomaly - eccentricity * math.sin(anomaly) - mean_anomaly) / (1 - eccentricity * math.cos(anomaly))
        anomaly -= step
        if abs(step) < 1e-14:
            break
    return math.atan2(math.sqrt(1 - eccentricity**2) * math.sin(anomaly), math.cos(anomaly) - eccentricity)


@at(3.0, 2.0)
def babylonian_root(x):
    guess = x[0]
    while abs(guess * guess - x[1]) > 1e-13:
        guess = 0.5 * (guess + x[1] / guess)
    return guess


@at(4.0, 1.0, 0.5, 3.0, 0.2, 2.5)
def cholesky_by_loops(x):
    a = np.array([[x[0], x[1], x[2]], [x[1], x[3], x[4]], [x[2], x[4], x[5]]])
    n = a.shape[0]
    lower = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= lower[i, k] * lower[j, k]
            if i == j:
                lower[i, i] = math.sqrt(s)
            else:
                lower[i, j] = s / lower[j, j]
    return lower


@at(1.0, 0.3, -0.4, 2.0, 0.1, 1.5)
def gram_schmidt(x):
    a = x.reshape(3, 2)
    q = np.zeros(a.shape)
    for j in range(a.shape[1]):
        v = a[:, j].copy()
        for i in range(j):
            v -= (q[:, i] @ a[:, j]) * q[:, i]
        q[:, j] = v / np.linalg.norm(v)
    return q


@at(0.0, 0.0, 0.0, 1.0, 0.2, 0.1, 0.3, 1.5, -0.4)
def gravity(x):
    """Accelerations of three bodies."""
    masses = [1.0, 0.5, 2.0]
    position = x.reshape(3, 3)
    acceleration = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            if i != j:
                r = position[j] - position[i]
                acceleration[i] += masses[j] * r / np.sqrt(r.dot(r)) ** 3
    return acceleration


@at(0.05, 0.1, 0.8)
def garch_likelihood(x):
    omega, alpha, beta = x
    returns = np.array([0.1, -0.3, 0.2, 0.5, -0.1, 0.05])
    variance = np.empty(len(returns))
    variance[0] = np.var(returns)
    for t in range(1, len(returns)):
        variance[t] = omega + alpha * returns[t - 1] ** 2 + beta * variance[t - 1]
    return 0.5 * np.sum(np.log(2 * np.pi * variance) + returns**2 / variance)


@at(0.7, 0.2, 0.6, 0.9)
def hidden_markov(x):
    transition = np.array([[x[0], 1 - x[0]], [x[1], 1 - x[1]]])
    emission = np.array([[x[2], 1 - x[2]], [1 - x[3], x[3]]])
    observed = [0, 1, 1, 0, 1]
    forward = np.zeros((len(observed), 2))
    scale = np.zeros(len(observed))
    for t, symbol in enumerate(observed):
        forward[t] = [0.5, 0.5] if t == 0 else forward[t - 1] @ transition
        forward[t] *= emission[:, symbol]
        scale[t] = forward[t].sum()
        forward[t] /= scale[t]
    return np.log(scale).sum()


@at(100.0, 95.0, 0.5, 0.02, 0.3)
def black_scholes(x):
    spot, strike, maturity, rate, sigma = x
    d1 = (math.log(spot / strike) + (rate + sigma**2 / 2) * maturity) / (sigma * math.sqrt(maturity))
    d2 = d1 - sigma * math.sqrt(maturity)

    def normal(d):
        return 0.5 * (1 + math.erf(d / math.sqrt(2)))

    return spot * normal(d1) - strike * math.exp(-rate * maturity) * normal(d2)


@at(48.2, 16.4, 40.7, -74.0)
def great_circle(x):
    lat1, lon1, lat2, lon2 = map(math.radians, x)
    a = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(a))


@at(0.7, 0.1, -0.3, 0.4, 1.0, 2.0, 3.0)
def quaternion_rotation(x):
    w, a, b, c = x[:4] / np.sqrt(np.sum(x[:4] ** 2))
    rotation = np.array(
        [
            [1 - 2 * (b * b + c * c), 2 * (a * b - c * w), 2 * (a * c + b * w)],
            [2 * (a * b + c * w), 1 - 2 * (a * a + c * c), 2 * (b * c - a * w)],
            [2 * (a * c - b * w), 2 * (b * c + a * w), 1 - 2 * (a * a + b * b)],
        ]
    )
    return rotation @ x[4:]


@at(2.0, 0.5, 1.0, 3.0)
def matrix_product_of_lists(x):
    n = 2
    a = [[x[0], x[1]], [x[2], x[3]]]
    product = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            for k in range(n):
                product[i][j] += a[i][k] * a[k][j]
    return np.array(product)


@at(2.0, 1.5, 3.0)
def finite_elements(stiffness):
    """Springs in a row, the left end held, a force on the right end."""
    n = len(stiffness)
    k = np.zeros((n + 1, n + 1))
    for e in range(n):
        k[e : e + 2, e : e + 2] += stiffness[e] * np.array([[1.0, -1.0], [-1.0, 1.0]])
    force = np.zeros(n + 1)
    force[-1] = 1.0
    displacement = np.zeros(n + 1)
    displacement[1:] = np.linalg.solve(k[1:, 1:], force[1:])
    return displacement


@at(3.5, 0.4)
def logistic_map(x):
    orbit = np.empty(6)
    orbit[0] = x[1]
    for i in range(5):
        orbit[i + 1] = x[0] * orbit[i] * (1 - orbit[i])
    return orbit


@at(1.3, 0.2)
def start_from_a_constant_state(x):
    state = np.array([1.0, 0.0, 0.0])
    new = state.copy()
    new[1] = x[0] * state[0]
    new[2] = new[1] * x[1]
    return new


@at(0.5, 1.5, -0.7)
def columns_of_a_table(x):
    table = np.ones((len(x), 3))
    table[:, 1] = x
    table[:, 2] = x**2
    return table.sum(axis=0) * table.prod()
