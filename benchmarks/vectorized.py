"""Vectorised functions on the NumPy engine beside JAX, autograd and PyTorch: ``python -m benchmarks.vectorized``.

The same source for every tool, over its own namespace; every answer is checked against ours first.
"""

import argparse
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import dualdiff as dd
from dualdiff.cli.table import table
from dualdiff.compare import interleaved_medians, largest_relative_difference

Call = Callable[[], Any]
WEIGHTS = np.random.default_rng(0).standard_normal((200, 200))


def dense(xp: Any, weights: Any) -> Callable[[Any], Any]:
    """Return a function of 200 variables with a dense Jacobian."""
    return lambda x: (weights @ (x / (1 + x * x))) * xp.exp(-x) + xp.sin(x * xp.roll(x, -1))


def rosenbrock(xp: Any, weights: Any) -> Callable[[Any], Any]:
    """Return Rosenbrock's function, written with slices."""
    return lambda x: xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


PROBLEMS = {
    "dense, n = 200": (dense, np.random.default_rng(1).random(200)),
    "Rosenbrock, n = 10": (rosenbrock, np.linspace(0.5, 1.5, 10)),
    "Rosenbrock, n = 1000": (rosenbrock, np.linspace(0.5, 1.5, 1000)),
}


def ours(build: Any, x: Any) -> Call:
    jac = dd.jacobian(build(np, WEIGHTS))
    return lambda: jac(x)


def jax(build: Any, x: Any) -> Call:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    f, point = build(jnp, jnp.array(WEIGHTS)), jnp.array(x)
    jac = jax.jit((jax.jacfwd if f(point).ndim else jax.grad)(f))
    return lambda: np.asarray(jac(point))


def autograd(build: Any, x: Any) -> Call:
    import autograd
    import autograd.numpy as anp

    jac = autograd.jacobian(build(anp, WEIGHTS))
    return lambda: jac(x)


def torch(build: Any, x: Any) -> Call:
    import torch

    torch.set_num_threads(1)
    f, point = build(torch, torch.from_numpy(WEIGHTS)), torch.from_numpy(x)
    jac = (torch.func.jacfwd if f(point).ndim else torch.func.grad)(f)
    return lambda: jac(point).numpy()


TOOLS = {"dualdiff": ours}
TOOLS |= {
    name: f for name, f in {"jax": jax, "autograd": autograd, "torch": torch}.items() if importlib.util.find_spec(name)
}


def prepare(tool: str, problem: str) -> Call:
    """Return the tool's derivative of the problem, compiled, and with its answer checked."""
    call, expected = TOOLS[tool](*PROBLEMS[problem]), ours(*PROBLEMS[problem])()
    difference = largest_relative_difference(call(), expected)
    if not difference <= 1e-12:
        sys.exit(f"{tool} on {problem}: the answers differ by {difference:.1e}")
    return call


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vectorized", description=__doc__)
    parser.add_argument("--rounds", type=int, default=51, help="times each tool is timed; default: 51")
    options = parser.parse_args()
    rows = []
    for problem in PROBLEMS:
        seconds = interleaved_medians({tool: prepare(tool, problem) for tool in TOOLS}, rounds=options.rounds)
        ratios = [f"{seconds[tool] / seconds['dualdiff']:.2f}" for tool in list(TOOLS)[1:]]
        rows.append([problem, f"{1e6 * seconds['dualdiff']:.0f}", *ratios])
    print(table(["problem", "dualdiff, µs", *list(TOOLS)[1:]], rows))
    print(f"\nMedians of {options.rounds} rounds, one call from Python; the other tools: times ours.")


if __name__ == "__main__":
    main()
