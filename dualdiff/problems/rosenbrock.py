"""The chained Rosenbrock function: a scalar of n variables, its curved valley ends at (1, ..., 1)."""

import numpy as np

from dualdiff.problems.problem import FloatArray, Problem

SOURCE = (
    "H. H. Rosenbrock (1960), An automatic method for finding the greatest or least value of a function, "
    "Comput. J. 3; here in its chained form for n variables"
)


def rosenbrock_value(x: FloatArray) -> float:
    """Return the sum over i of ``100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2``, a scalar.

    Examples
    --------
    >>> float(rosenbrock_value(np.array([0.0, 1.0])))
    101.0
    """
    total = 0.0
    for i in range(len(x) - 1):
        a = x[i + 1] - x[i] * x[i]
        b = 1.0 - x[i]
        total += 100.0 * a * a + b * b
    return total


def rosenbrock_gradient(x: FloatArray) -> FloatArray:
    """Return the gradient of `rosenbrock_value`, shape ``(n,)``.

    Examples
    --------
    >>> rosenbrock_gradient(np.array([2.0, 1.0])).tolist()
    [2402.0, -600.0]
    """
    grad = np.zeros(len(x))
    for i in range(len(x) - 1):
        a = 200.0 * (x[i + 1] - x[i] * x[i])
        grad[i] -= 2.0 * (a * x[i] + 1.0 - x[i])
        grad[i + 1] += a
    return grad


def rosenbrock(n: int = 6) -> Problem:
    """Return the chained Rosenbrock function of ``n >= 2`` variables at (-1.2, 1, -1.2, 1, ...).

    Examples
    --------
    >>> rosenbrock(3).x.tolist()
    [-1.2, 1.0, -1.2]
    """
    if n < 2:
        raise ValueError(f"rosenbrock: got n={n}, the sum needs n >= 2 variables. Write rosenbrock(2).")
    x = np.ones(n)
    x[::2] = -1.2
    return Problem(name="rosenbrock", f=rosenbrock_value, jacobian=rosenbrock_gradient, x=x, source=SOURCE)
