"""The judges are judged against formulas, and against the hand-written Jacobians."""

import numpy as np
import pytest

from dualdiff.compare import (
    central_difference_jacobian,
    complex_step_jacobian,
    interleaved_medians,
    largest_relative_difference,
)
from dualdiff.errors import ShapeError
from dualdiff.problems import PROBLEMS

JUDGES = [(complex_step_jacobian, 1e-15), (central_difference_jacobian, 1e-8)]
# needs f to be analytic: no absolute value, no comparison of complex numbers
MODELS = ["pollution", "robertson", "hires", "lorenz", "rosenbrock", "brusselator", "broyden_tridiagonal"]


@pytest.mark.parametrize(("judge", "tolerance"), JUDGES)
@pytest.mark.parametrize("scale", [1.0, 1e-18, 1e12])
def test_judges_against_a_formula_at_every_size_of_x(judge, tolerance, scale):
    x = scale * np.array([1.0, -2.0, 0.5])
    jac = judge(lambda x: np.stack([x[0] * x[1], x[2] ** 2, x[0] + x[1]]), x)
    exact = np.array([[x[1], x[0], 0], [0, 0, 2 * x[2]], [1, 1, 0]])
    assert largest_relative_difference(jac, exact) <= tolerance


@pytest.mark.parametrize(("judge", "tolerance"), JUDGES)
def test_shapes(judge, tolerance):
    x = np.arange(6.0).reshape(2, 3)
    assert judge(lambda x: x.sum(), x).shape == (2, 3)
    assert judge(lambda x: x.T @ x, x).shape == (3, 3, 2, 3)
    assert judge(np.sin, 0.5) == pytest.approx(np.cos(0.5), rel=tolerance)
    assert judge(lambda x, a, b: a * x + b, np.zeros(2), 3.0, 1.0) == pytest.approx(3 * np.eye(2))


def test_the_point_is_not_modified():
    x = np.array([1.0, 2.0])

    def spoils(x):
        x *= 2
        return x

    central_difference_jacobian(spoils, x)
    complex_step_jacobian(spoils, x)
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("judge", "tolerance"), [(complex_step_jacobian, 1e-14), (central_difference_jacobian, 1e-7)])
@pytest.mark.parametrize("name", MODELS)
def test_judges_against_the_hand_written_jacobians(judge, tolerance, name):
    problem = PROBLEMS[name]()
    jac = judge(problem.f, problem.x, *problem.args)
    assert largest_relative_difference(jac, problem.jacobian(problem.x, *problem.args)) <= tolerance


def test_the_difference_is_relative_to_the_row():
    reference = np.array([[1e9, 1.0], [1e-4, 0.0]])
    wrong = reference.copy()
    wrong[1, 1] = 1e-5
    assert largest_relative_difference(wrong, reference) == pytest.approx(0.1)
    assert largest_relative_difference(reference, reference) == 0


def test_rows_of_zeros_and_nan_never_pass_in_silence():
    zero = np.zeros((2, 2))
    assert largest_relative_difference(zero, zero) == 0
    assert largest_relative_difference(zero + 1e-300, zero) == np.inf
    assert np.isnan(largest_relative_difference(zero + np.nan, zero + 1))
    assert np.isnan(largest_relative_difference(zero + 1, zero + np.nan))
    assert largest_relative_difference(2.0, 1.0) == 1
    assert largest_relative_difference(np.zeros((0, 3)), np.zeros((0, 3))) == 0


def test_shapes_that_differ_are_refused():
    with pytest.raises(ShapeError, match=r"shape \(2,\), the reference \(3,\)"):
        largest_relative_difference(np.zeros(2), np.zeros(3))


def test_the_clock_tells_slow_from_fast():
    calls = {"fast": lambda: sum(range(10)), "slow": lambda: sum(range(10_000))}
    seconds = interleaved_medians(calls, rounds=5, loop_seconds=1e-3)
    assert list(seconds) == ["fast", "slow"]
    assert seconds["slow"] > 10 * seconds["fast"]
