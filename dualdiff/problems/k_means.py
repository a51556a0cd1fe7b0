"""The k-means clustering cost: piecewise quadratic in the centroids."""

import numpy as np

from dualdiff.problems.problem import FloatArray

SOURCE = "S. P. Lloyd (1982), Least squares quantization in PCM; gradbench, problem kmeans"


def k_means(centroids: FloatArray, points: FloatArray) -> float:
    """Return the sum over the points of the squared distance to the nearest centroid, a scalar.

    Examples
    --------
    >>> float(k_means(np.array([[0.0], [10.0]]), np.array([[1.0], [2.0], [9.0]])))
    6.0
    """
    squared = ((points[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2)
    cost: float = np.min(squared, axis=1).sum()
    return cost
