"""Every hand-written Jacobian against complex steps, against 60-digit differences, and compiled."""

import ast
from functools import cache
from pathlib import Path

import mpmath
import numba
import numpy as np
import pytest

import dualdiff.problems
from dualdiff.problems import (
    PROBLEMS,
    Problem,
    broyden_tridiagonal,
    brusselator,
    rosenbrock,
)
from tests.numpy_engine.judge import complex_step

EPS = np.finfo(float).eps

CASES = {name: make() for name, make in PROBLEMS.items()}
CASES |= {f"brusselator({n})": brusselator(n) for n in (1, 2, 3, 5)}
CASES |= {f"broyden_tridiagonal({n})": broyden_tridiagonal(n) for n in (1, 2)}
CASES |= {"rosenbrock(2)": rosenbrock(2)}

over_cases = pytest.mark.parametrize("p", CASES.values(), ids=CASES)
# its f calls sin and cos, which mpf numbers in a NumPy array have not; its own tests use expm
over_polynomials = pytest.mark.parametrize(
    "p", [pytest.param(p, id=case) for case, p in CASES.items() if p.name != "bundle_adjustment"]
)


def points(p: Problem):
    """The problem's own point and two near it: constant points would hide a swapped index."""
    rng = np.random.default_rng(20)
    yield p.x
    for _ in range(2):
        yield p.x * rng.uniform(0.5, 1.5, p.x.shape)


def central_differences(p: Problem, x):
    """Exact to about 40 digits, rounded to float64."""
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -20
        columns = []
        for j in range(x.size):
            up, down = (np.array([mpmath.mpf(v) for v in x], dtype=object) for _ in range(2))
            up[j] += h
            down[j] -= h
            columns.append((p.f(up, *p.args) - p.f(down, *p.args)) / (2 * h))
        return np.stack([np.asarray(c, dtype=float) for c in columns], axis=-1)


def row_error(got, want):
    """The largest error, relative to the largest entry of its row."""
    return np.max(np.abs(got - want) / np.max(np.abs(want), axis=-1, keepdims=True))


@cache
def compiled(function):
    return numba.njit(function)


@over_cases
def test_shapes_and_no_zero_in_x(p):
    y = p.f(p.x, *p.args)
    jac = p.jacobian(p.x, *p.args)
    assert p.x.dtype == np.float64
    assert np.all(p.x != 0)
    assert np.shape(y) + p.x.shape == jac.shape
    assert jac.dtype == np.float64
    assert p.source


@over_cases
def test_agrees_with_complex_step(p):
    for x in points(p):
        assert row_error(p.jacobian(x, *p.args), complex_step(lambda z: p.f(z, *p.args), x)) <= 1e-13


@over_polynomials
def test_agrees_with_60_digit_differences(p):
    for x in points(p):
        assert row_error(p.jacobian(x, *p.args), central_differences(p, x)) <= 8 * EPS


@over_cases
def test_compiles_as_it_stands_and_agrees(p):
    for x in points(p):
        # compiled code may contract a * b + c to one rounding, hence not bitwise
        scale = np.max(np.abs(p.jacobian(x, *p.args)) @ np.abs(x))
        got = compiled(p.f)(x, *p.args)
        np.testing.assert_allclose(got, p.f(x, *p.args), rtol=8 * EPS, atol=8 * EPS * scale)
        assert row_error(compiled(p.jacobian)(x, *p.args), p.jacobian(x, *p.args)) <= 1e-14


@over_cases
def test_inputs_are_left_alone(p):
    x = p.x.copy()
    p.f(x, *p.args)
    p.jacobian(x, *p.args)
    assert np.array_equal(x, p.x)


@pytest.mark.parametrize("name", PROBLEMS)
def test_names_match_and_every_call_returns_fresh_arrays(name):
    first, second = PROBLEMS[name](), PROBLEMS[name]()
    assert first.name == name
    assert not np.shares_memory(first.x, second.x)
    assert first.f is second.f  # so that a compiled f can be reused


@pytest.mark.parametrize(
    ("make", "n", "hint"),
    [
        (rosenbrock, 1, "rosenbrock(2)"),
        (broyden_tridiagonal, 0, "broyden_tridiagonal(10)"),
        (brusselator, 0, "brusselator(4)"),
    ],
)
def test_a_bad_size_is_refused_with_the_call_to_write(make, n, hint):
    with pytest.raises(ValueError, match=f"got n={n}") as error:
        make(n)
    assert hint in str(error.value)


def test_the_models_import_only_numpy_and_math():
    allowed = {"math", "numpy", "numpy.typing", "collections.abc", "dataclasses", "typing"}
    for path in Path(dualdiff.problems.__path__[0]).glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree))
        names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        foreign = {n for n in names - allowed if not n.startswith("dualdiff.problems")}
        assert not foreign, f"{path.name} imports {foreign}"
