"""Both engines on every model, against its hand-written Jacobian and against published derivatives."""

import json
from pathlib import Path

import numpy as np
import pytest
from numba import njit

import dualdiff as dd
from dualdiff.compare import largest_relative_difference
from dualdiff.problems import PROBLEMS

GOLDEN = json.loads((Path(__file__).parent / "reference" / "adbench_ba.json").read_text(encoding="utf-8"))
ENGINES = {"numpy": lambda f: f, "numba": njit}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_jacobian_is_the_hand_written_one(name, engine):
    problem = PROBLEMS[name]()
    f = ENGINES[engine](problem.f)
    value, jac = dd.value_and_jacobian(f, engine=engine)(problem.x, *problem.args)
    assert largest_relative_difference(jac, problem.jacobian(problem.x, *problem.args)) <= 1e-12
    np.testing.assert_array_equal(value, f(problem.x, *problem.args))


@pytest.mark.parametrize("engine", ENGINES)
def test_bundle_adjustment_agrees_with_adbench(engine):
    problem = PROBLEMS["bundle_adjustment"]()
    jac = dd.jacobian(ENGINES[engine](problem.f), engine=engine)(problem.x, *problem.args)
    observations, weights = np.split(np.array(GOLDEN["J_values"]), [300])  # ten equal observations
    for golden in observations.reshape(10, 2, 15):
        np.testing.assert_allclose(jac, golden, rtol=1e-10, atol=1e-10)
    weight_residual = ENGINES[engine](lambda w: 1.0 - w**2)
    slope = dd.derivative(weight_residual, engine=engine)(problem.x[14])
    np.testing.assert_allclose(weights, np.full(10, slope), rtol=1e-10)
