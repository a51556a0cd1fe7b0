"""The 53 Moré-Wild problems at two points each, against BenDFO's values and Jacobians, by both engines.

The functions fill plain buffers, ``fvec = np.zeros(m)``, from scalar code: no library but this one differentiates
them as they stand. All 106 golden Jacobians hold: the two engines and BenDFO's generated code agree.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numba import njit

import dualdiff as dd
from dualdiff.problems.more_garbow_hillstrom import MORE_GARBOW_HILLSTROM, more_garbow_hillstrom

GOLDEN = json.loads((Path(__file__).parents[1] / "reference" / "bendfo_jac.json").read_text(encoding="utf-8"))
PROBLEMS = list(more_garbow_hillstrom())
CASES = [
    pytest.param(problem, GOLDEN[2 * i + point], id=f"{problem.name}-{problem.x.size}-{i}-{point}")
    for i, problem in enumerate(PROBLEMS)
    for point in (0, 1)
]
over_cases = pytest.mark.parametrize(("problem", "golden"), CASES)
compiled = cache(njit)


def assert_jacobian(got, golden):
    want = np.array(golden)
    scale = np.max(np.abs(want), axis=1, keepdims=True)
    assert got.shape == want.shape
    assert np.all(np.abs(got - want) <= 1e-13 * scale)


@pytest.mark.parametrize(("problem", "start"), list(zip(PROBLEMS, GOLDEN[::2], strict=True)))
def test_the_instances_are_bendfos(problem, start):
    size = problem.nprob, problem.x.size, problem.f(problem.x, *problem.args).size
    assert size == (start["nprob"], start["n"], start["m"])
    np.testing.assert_array_equal(problem.x, start["x"])


@over_cases
def test_residuals_agree_with_bendfo(problem, golden):
    got = problem.f(np.array(golden["x"]), *problem.args)
    np.testing.assert_allclose(got, golden["F"], rtol=1e-14, atol=1e-15 * np.max(np.abs(golden["F"])))


@over_cases
def test_the_numpy_engine_agrees_with_bendfo(problem, golden):
    x = np.array(golden["x"])
    value, jac = dd.value_and_jacobian(problem.f, engine="numpy")(x, *problem.args)
    assert_jacobian(jac, golden["J"])
    np.testing.assert_array_equal(value, problem.f(x, *problem.args))


@pytest.mark.slow
@pytest.mark.parametrize("nprob", MORE_GARBOW_HILLSTROM)
def test_the_numba_engine_agrees_with_bendfo(nprob):
    jacobian = dd.jacobian(compiled(MORE_GARBOW_HILLSTROM[nprob]))
    for problem, golden in (case.values for case in CASES):
        if problem.nprob == nprob:
            assert_jacobian(jacobian(np.array(golden["x"]), *problem.args), golden["J"])
