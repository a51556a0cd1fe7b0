"""Array programming: masks, fancy indices, broadcasting, linear algebra, transforms."""

import numpy as np

from tests.unmodified.at import at


@at(0.5, -1.0, 2.0, -0.3)
def masked_update(x):
    y = x.copy()
    y[x > 0] *= 2
    y[x < -0.5] = -1.0
    return y


@at(0.5, -1.0, 2.0, -0.3)
def piecewise_by_where(x):
    return np.where(x > 0, np.log1p(np.abs(x)), x**2)


@at(1.0, 2.0, 3.0)
def scatter_add(x):
    bins = np.zeros(4)
    np.add.at(bins, [0, 2, 0], x**2)
    return bins


@at(1.0, 3.0, 2.0, 4.0)
def running_maximum(x):
    return np.maximum.accumulate(x) ** 2


@at(1.0, 3.0, 2.0, 4.5)
def draw_down(x):
    peak = np.maximum.accumulate(np.cumsum(x - 2.2))
    return np.max(peak - np.cumsum(x - 2.2))


@at(0.2, -0.4, 1.0)
def softmax_cross_entropy(x):
    e = np.exp(x - np.max(x))
    p = e / e.sum()
    return -np.log(p[1])


@at(3.0, 1.0, 2.0, 0.5)
def gini(x):
    ordered = np.sort(x)
    n = len(x)
    cumulative = np.cumsum(ordered)
    return (n + 1 - 2 * np.sum(cumulative) / cumulative[-1]) / n


@at(0.1, 0.5, -0.2, 0.8, 0.3, -0.6, 0.9, 0.0)
def power_spectrum(x):
    window = np.hanning(len(x))
    return np.abs(np.fft.rfft(window * x)) ** 2


@at(0.35, 1.7, 2.2)
def table_look_up(x):
    knots = np.linspace(0.0, 3.0, 7)
    return np.interp(x, knots, np.sin(knots))


@at(1.0, 0.5, 2.0, -1.0)
def interpolated_values(values):
    return np.interp([0.3, 1.5, 2.9], np.arange(4.0), values)


@at(0.35, 1.7, 2.2)
def search_in_a_table(x):
    knots = np.array([0.0, 1.0, 2.0, 3.0])
    values = np.array([0.0, 2.0, 1.0, 5.0])
    i = np.searchsorted(knots, x) - 1
    t = (x - knots[i]) / (knots[i + 1] - knots[i])
    return values[i] * (1 - t) + values[i + 1] * t


@at(0.1, 0.2, 1.3, 0.4, 0.9, 1.6)
def lennard_jones(x):
    p = x.reshape(-1, 2)
    difference = p[:, np.newaxis, :] - p[np.newaxis, :, :]
    i, j = np.triu_indices(len(p), k=1)
    r2 = np.sum(difference**2, axis=-1)[i, j]
    return np.sum(r2**-6 - r2**-3)


@at(0.3, 0.7, 0.2, 0.5)
def einsum_of_three(x):
    a = x.reshape(2, 2)
    b = np.arange(8.0).reshape(2, 2, 2)
    return np.einsum("ij,jkl,lm->ikm", a, b, a.T)


@at(1.0, 0.5, 0.3, 0.1)
def kalman_step(x):
    state, noise = x[:2], x[2:]
    f = np.array([[1.0, 0.1], [0.0, 1.0]])
    h = np.array([[1.0, 0.0]])
    covariance = np.eye(2)
    state = f @ state
    covariance = f @ covariance @ f.T + noise[0] * np.eye(2)
    s = h @ covariance @ h.T + noise[1]
    gain = covariance @ h.T @ np.linalg.inv(s)
    state = state + gain @ (np.array([1.2]) - h @ state)
    covariance = (np.eye(2) - gain @ h) @ covariance
    return np.concatenate([state, covariance.ravel()])


@at(1.0, 2.0, 0.5)
def projection(x):
    v = np.atleast_2d(x)
    p = v.T @ v / (v @ v.T)
    return p @ np.array([1.0, -1.0, 0.5])


@at(0.5, 1.5)
def moving_grid(x):
    grid = np.linspace(x[0], x[1], 6)
    return np.trapezoid(np.exp(-(grid**2)), grid)


@at(0.5, 1.5, 0.7)
def gaussian_on_a_mesh(x):
    u, v = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 4))
    return np.exp(-(((u - x[0]) ** 2) + (v - x[1]) ** 2) / (2 * x[2] ** 2)).sum(axis=1)


@at(2.0, 3.0, 4.0)
def filled_diagonal(x):
    a = np.ones((3, 3))
    np.fill_diagonal(a, x)
    return np.linalg.det(a)


@at(2.0, 3.0, 4.0)
def diagonal_of_a_copy(x):
    a = np.zeros((3, 3))
    i = np.arange(3)
    a[i, i] = x
    a[0, 1:] = x[1:] ** 2
    return a @ a


@at(1.0, 4.0, 2.0, 3.0, 5.0)
def smoothing(x):
    kernel = np.array([0.25, 0.5, 0.25])
    return np.convolve(x, kernel, mode="valid") + np.gradient(x)[1:-1]


@at(0.0, 0.3, 1.0, 1.2, 2.0, 0.4)
def arc_length(x):
    points = x.reshape(-1, 2)
    return np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1)).sum()


@at(4.0, 1.0, 3.0)
def power_iteration(x):
    a = np.array([[x[0], x[1]], [x[1], x[2]]])
    v = np.ones(2)
    for _ in range(200):
        v = a @ v
        v /= np.linalg.norm(v)
    return v @ a @ v


@at(0.5, -0.5, 1.5)
def padded_by_index_tricks(x):
    return np.r_[0.0, x**2, 1.0] * np.c_[x, 2 * x].sum()


@at(0.5, 1.5)
def stacked(x):
    return np.vstack([np.hstack([x, 1.0]), np.full(3, x[0]), np.ones(3) * x[1]])


@at(0.2, 0.4, 0.1)
def converted_argument(x):
    x = np.asarray(x, dtype=float)
    if x.ndim != 1 or not np.all(np.isfinite(x)) or np.any(x < 0):
        raise ValueError("x must be one-dimensional, finite and not negative")
    return np.array(x, dtype=np.float64) ** 2 / np.atleast_1d(x).sum()


@at(3.0, 1.0, 2.0)
def argument_changed_in_place(x):
    x -= x.mean()
    x /= x.std()
    return x**3


@at(1.0, 2.0, 4.0, 3.0)
def least_squares_line(y):
    t = np.arange(len(y))
    design = np.column_stack([np.ones(len(y)), t])
    coefficients, *_ = np.linalg.lstsq(design, y, rcond=None)
    return coefficients


@at(1.0, 2.0, 4.0, 3.0)
def fitted_polynomial(y):
    return np.polyval(np.polyfit(np.arange(4.0), y, 2), 1.5)


@at(2.0, 0.5, 1.0)
def largest_eigenvalue(x):
    a = np.diag(x) + 0.3
    return np.linalg.eigvalsh(a)[-1]


@at(0.3, 1.2, -0.8)
def clipped(x):
    return np.clip(x, -0.5, 1.0) + np.minimum(x, 0.5) * np.sign(x) + np.maximum(0, x)


@at(1.0, 5.0, 2.0, 4.0, 3.5)
def robust_statistics(x):
    centre = np.median(x)
    return (x.mean() - centre) / (np.percentile(x, 75) - np.percentile(x, 25)) + x.var(ddof=1)


@at(1.0, 2.0, 3.0)
def out_argument(x):
    result = np.empty(3)
    np.multiply(x, x, out=result)
    np.exp(-result, out=result)
    return result


@at(1.0, 2.0, 3.0)
def flattened(x):
    a = np.zeros((2, 3))
    a.flat[::2] = x
    a[1] += x[::-1]
    return a.T.ravel()
