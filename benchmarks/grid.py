"""The grid: tools on one side, problems on the other."""

import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import scipy.optimize

import dualdiff as dd
from benchmarks.functional import MODELS
from dualdiff.compare import largest_relative_difference
from dualdiff.problems import Problem, broyden_tridiagonal, brusselator, lorenz, pollution, rosenbrock

Jacobian = Callable[[], Any]

PROBLEMS: dict[str, Callable[[], Problem]] = {
    "lorenz": lorenz,
    "pollution": pollution,
    "rosenbrock 10": lambda: rosenbrock(10),
    "rosenbrock 100": lambda: rosenbrock(100),
    "brusselator 32": lambda: brusselator(4),
    "brusselator 128": lambda: brusselator(8),
    "broyden 20": lambda: broyden_tridiagonal(20),
    "broyden 200": lambda: broyden_tridiagonal(200),
}


def by_hand(problem: Problem) -> Jacobian:
    jac, x, args = numba.njit(problem.jacobian), problem.x, problem.args
    return lambda: jac(x, *args)


def dualdiff_numba(problem: Problem) -> Jacobian:
    jac, x, args = dd.jacobian(numba.njit(problem.f), engine="numba"), problem.x, problem.args
    return lambda: jac(x, *args)


def dualdiff_numpy(problem: Problem) -> Jacobian:
    jac, x, args = dd.jacobian(problem.f, engine="numpy"), problem.x, problem.args
    return lambda: jac(x, *args)


def differences_njit(problem: Problem) -> Jacobian:
    f, x, args = numba.njit(problem.f), problem.x, problem.args
    is_scalar = np.ndim(problem.f(x, *args)) == 0
    relative_step = np.cbrt(np.finfo(np.float64).eps)

    @numba.njit
    def gradient(x, *args):
        result, point = np.empty(x.size), x.copy()
        for j in range(x.size):
            h = relative_step * (abs(x[j]) or 1.0)
            point[j] = x[j] + h
            above = f(point, *args)
            point[j] = x[j] - h
            result[j] = (above - f(point, *args)) / (2 * h)
            point[j] = x[j]
        return result

    @numba.njit
    def jacobian(x, *args):
        result, point = np.empty((x.size, x.size)), x.copy()
        for j in range(x.size):
            h = relative_step * (abs(x[j]) or 1.0)
            point[j] = x[j] + h
            above = f(point, *args)
            point[j] = x[j] - h
            below = f(point, *args)
            for i in range(x.size):
                result[i, j] = (above[i] - below[i]) / (2 * h)
            point[j] = x[j]
        return result

    jac = gradient if is_scalar else jacobian
    return lambda: jac(x, *args)


def scipy_differences(problem: Problem) -> Jacobian:
    f, x, args = numba.njit(problem.f), problem.x, problem.args
    steps = np.sqrt(np.finfo(np.float64).eps) * np.abs(x)
    return lambda: scipy.optimize.approx_fprime(x, f, steps, *args)


def jax(problem: Problem) -> Jacobian:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def f(y):
        return MODELS[problem.name](jnp, y, *problem.args)

    jac = jax.jit((jax.jacfwd if np.ndim(f(problem.x)) else jax.grad)(f))
    return lambda: np.asarray(jac(problem.x))


def autograd(problem: Problem) -> Jacobian:
    import autograd
    import autograd.numpy as anp

    jac = autograd.jacobian(lambda y: MODELS[problem.name](anp, y, *problem.args))
    return lambda: jac(problem.x)


def torch(problem: Problem) -> Jacobian:
    import torch

    torch.set_num_threads(1)  # its idle threads would slow the tools that are timed after it

    def f(y):
        return MODELS[problem.name](torch, y, *problem.args)

    jac = (torch.func.jacfwd if f(torch.from_numpy(problem.x)).ndim else torch.func.grad)(f)
    return lambda: jac(torch.from_numpy(problem.x)).numpy()


EXACT, FORWARD_DIFFERENCES = 1e-12, 1e-4
TOOLS: dict[str, tuple[Callable[[Problem], Jacobian], float]] = {
    "by hand": (by_hand, EXACT),
    "dualdiff numba": (dualdiff_numba, EXACT),
    "dualdiff numpy": (dualdiff_numpy, EXACT),
    "differences njit": (differences_njit, 1e-6),
    "scipy": (scipy_differences, FORWARD_DIFFERENCES),
}
PEERS = {"jax": jax, "autograd": autograd, "torch": torch}
TOOLS |= {name: (build, EXACT) for name, build in PEERS.items() if importlib.util.find_spec(name)}


def prepare(tool: str, problem: Problem) -> Jacobian:
    """Return the tool's Jacobian of the problem, compiled, and with its answer checked."""
    build, tolerance = TOOLS[tool]
    call = build(problem)
    difference = largest_relative_difference(call(), problem.jacobian(problem.x, *problem.args))
    if not difference <= tolerance:
        sys.exit(f"{tool} on {problem.name}: the answer is wrong by {difference:.1e}, allowed {tolerance:.0e}")
    return call
