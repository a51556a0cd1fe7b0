"""The Gaussian mixture of ADBench: log posterior of points under k Gaussians with a Wishart prior."""

import math

import numpy as np

from dualdiff.problems.problem import FloatArray

SOURCE = (
    "F. Srajer, Z. Kukelova, A. Fitzgibbon (2018), A benchmark of selected algorithmic differentiation tools "
    "on some problems in computer vision and machine learning; microsoft/ADBench, problem GMM"
)


def log_sum_exp(a: FloatArray) -> FloatArray:
    """Return ``log(sum(exp(a)))`` over the last axis, without overflow.

    Examples
    --------
    >>> float(log_sum_exp(np.array([1000.0, 1000.0])).round(12))
    1000.69314718056
    """
    largest = a.max(axis=-1, keepdims=True)
    result: FloatArray = np.log(np.exp(a - largest).sum(axis=-1)) + largest[..., 0]
    return result


def gaussian_mixture(
    alpha: FloatArray, mu: FloatArray, q: FloatArray, lower: FloatArray, x: FloatArray, gamma: float, m: int
) -> float:
    """Return the log posterior, a scalar.

    Component ``k`` has the weight ``softmax(alpha)[k]``, the mean ``mu[k]`` and the inverse covariance
    ``L.T @ L``, where L has ``exp(q[k])`` on its diagonal and ``lower[k]`` below it, column by column.
    The points are the rows of ``x``; ``gamma`` and ``m`` are the scale and the excess degrees of freedom of the
    Wishart prior.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> float(gaussian_mixture(np.ones(1), one, 0 * one, np.ones((1, 0)), one, 1.0, 0).round(12))  # one standard normal
    -2.112085713765
    """
    n, d = x.shape
    k = len(alpha)
    factor = np.zeros((k, d, d))
    column, row = np.triu_indices(d, 1)
    factor[:, row, column] = lower
    factor[:, np.arange(d), np.arange(d)] = np.exp(q)

    whitened = np.einsum("kij,nkj->nki", factor, x[:, None, :] - mu)
    log_density = q.sum(axis=1) - 0.5 * (whitened**2).sum(axis=2) - 0.5 * d * math.log(2.0 * math.pi)
    posterior: float = log_sum_exp(alpha + log_density).sum() - n * log_sum_exp(alpha)

    freedom = d + m + 1
    log_gamma = 0.25 * d * (d - 1) * math.log(math.pi)
    for j in range(d):
        log_gamma += math.lgamma(0.5 * (freedom - j))
    constant = freedom * d * (math.log(gamma) - 0.5 * math.log(2.0)) - log_gamma
    posterior += k * constant - 0.5 * gamma**2 * (factor**2).sum() + m * q.sum()
    return posterior
