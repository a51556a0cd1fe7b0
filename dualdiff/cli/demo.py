"""``python -m dualdiff demo``: both engines beside a hand-written Jacobian, on a real model."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np

import dualdiff as dd
from dualdiff.cli.table import table
from dualdiff.compare import (
    central_difference_jacobian,
    complex_step_jacobian,
    interleaved_medians,
    largest_relative_difference,
)
from dualdiff.problems import Problem, pollution

RTOL, ATOL = 1e-9, 1e-20  # the smallest concentration of the model ends at 4e-18
INTEGRATIONS = 3


def run(options: argparse.Namespace) -> None:
    """Measure, then print as text or as JSON."""
    result = measure()
    print(json.dumps(result, indent=2) if options.json else as_text(result))


def measure() -> dict[str, Any]:
    """Return everything that the demo shows: accuracy and time of the Jacobians, then a stiff integration."""
    with stage("loading Numba and SciPy"):
        import numba
        import scipy.integrate  # noqa: F401  (here, not in the middle of a measurement)
    problem = pollution()
    with stage("compiling the model and its hand-written Jacobian"):
        f, by_hand = numba.njit(problem.f), numba.njit(problem.jacobian)
        f(problem.x)
        reference = by_hand(problem.x)
    jacobians = {
        "hand-written": by_hand,
        "dualdiff, Numba": dd.jacobian(f, engine="numba"),
        "dualdiff, NumPy": dd.jacobian(problem.f, engine="numpy"),
    }
    with stage("compiling the Jacobian for dual numbers"):
        jacobians["dualdiff, Numba"](problem.x)
    with stage("timing the Jacobians"):
        rows, seconds_of_f = compare_jacobians(problem, f, jacobians, reference)
    with stage("integrating to t = 60"):
        integrations = integrate(problem, f, jacobians["dualdiff, Numba"])
    return {
        "model": problem.name,
        "source": problem.source,
        "shape": list(reference.shape),
        "microseconds_of_f": {name: 1e6 * seconds for name, seconds in seconds_of_f.items()},
        "jacobians": rows,
        "integration": {"method": "Radau", "t_end": problem.t_end, "rtol": RTOL, "atol": ATOL, "runs": integrations},
    }


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Tell on stderr what takes so long, and how long it took."""
    print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
    start = perf_counter()
    try:
        yield
    finally:
        print(f"{perf_counter() - start:.1f} s", file=sys.stderr, flush=True)


def compare_jacobians(
    problem: Problem, f: Callable[..., Any], jacobians: dict[str, Callable[..., Any]], reference: Any
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Return one row for each Jacobian, and the seconds of f compiled and in plain Python."""
    x = problem.x
    judges = {
        "hand_written": reference,
        "complex_step": complex_step_jacobian(problem.f, x),
        "central_differences": central_difference_jacobian(problem.f, x),
    }
    values = {name: jac(x) for name, jac in jacobians.items()}
    calls = {name: lambda jac=jac: jac(x) for name, jac in jacobians.items()}
    seconds = interleaved_medians({"f compiled": lambda: f(x), "f in Python": lambda: problem.f(x), **calls})
    rows = []
    for name, value in values.items():
        of_f = seconds["f in Python" if name == "dualdiff, NumPy" else "f compiled"]
        rows.append(
            {
                "name": name,
                "difference_from": {judge: largest_relative_difference(value, jac) for judge, jac in judges.items()},
                "microseconds": 1e6 * seconds[name],
                "ratio_to_f": seconds[name] / of_f,
                "ratio_to_hand_written": seconds[name] / seconds["hand-written"],
            }
        )
    return rows, {"compiled": seconds["f compiled"], "in_python": seconds["f in Python"]}


def integrate(problem: Problem, f: Callable[..., Any], jac: Callable[..., Any]) -> list[dict[str, Any]]:
    """Return one row for each way to get the Jacobian inside SciPy's Radau; times are the best of a few runs."""
    ways = {"dualdiff, Numba": lambda t, y: jac(y), "SciPy's differences": None}
    best: dict[str, dict[str, Any]] = {}
    for _ in range(INTEGRATIONS):
        for name, jacobian in ways.items():
            row = {"jacobian": name, **_integrate_once(problem, f, jacobian)}
            if name not in best or row["seconds"] < best[name]["seconds"]:
                best[name] = row
    return list(best.values())


def _integrate_once(problem: Problem, f: Callable[..., Any], jac: Callable[..., Any] | None) -> dict[str, Any]:
    from scipy.integrate import solve_ivp

    evaluations = 0

    def rhs(t: float, y: Any) -> Any:  # counts what SciPy spends on differences too; its own nfev leaves them out
        nonlocal evaluations
        evaluations += 1
        return f(y)

    options = {} if jac is None else {"jac": jac}
    start = perf_counter()
    solution = solve_ivp(rhs, (0.0, problem.t_end), problem.y0, method="Radau", rtol=RTOL, atol=ATOL, **options)
    seconds = perf_counter() - start
    assert problem.y_end is not None
    return {
        "success": bool(solution.success),
        "evaluations_of_f": evaluations,
        "jacobians": int(solution.njev),
        "steps": len(solution.t) - 1,
        "seconds": seconds,
        "error": float(np.max(np.abs(solution.y[:, -1] / problem.y_end - 1))),
    }


def as_text(result: dict[str, Any]) -> str:
    """Return the two tables with the words that explain them."""
    rows, columns = result["shape"]
    integration = result["integration"]
    of_f = result["microseconds_of_f"]
    accuracy = table(
        ["Jacobian", "from hand-written", "complex step", "differences", "µs", "x f", "x hand-written"],
        [
            [
                row["name"],
                *(f"{difference:.1e}" for difference in row["difference_from"].values()),
                *(f"{row[key]:.1f}" for key in ("microseconds", "ratio_to_f", "ratio_to_hand_written")),
            ]
            for row in result["jacobians"]
        ],
    )
    runs = table(
        ["Jacobian", "evaluations of f", "Jacobians", "steps", "ms", "error at the end"],
        [
            [
                run["jacobian"],
                *(str(run[key]) for key in ("evaluations_of_f", "jacobians", "steps")),
                f"{1e3 * run['seconds']:.0f}",
                f"{run['error']:.1e}" if run["success"] else "failed",
            ]
            for run in integration["runs"]
        ],
    )
    return f"""\
Air pollution: {columns} species, 25 reactions. Its {rows} x {columns} Jacobian at the end point:

{accuracy}

Differences: the largest, relative to the row, from the hand-written Jacobian, from the complex step
and from central differences. Times: median of a call from Python. "x f": in evaluations of f as the
engine gets it, {of_f["compiled"]:.2f} µs compiled, {of_f["in_python"]:.1f} µs in plain Python for the NumPy engine.

Integrated to t = {integration["t_end"]:g} with SciPy's {integration["method"]}, \
rtol = {integration["rtol"]:g}, atol = {integration["atol"]:g}:

{runs}

Evaluations of f include those for differences. The error is the largest relative one of the
{columns} concentrations, against the published solution."""
