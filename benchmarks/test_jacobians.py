"""Absolute times, by pytest-benchmark: ``python -m pytest benchmarks``."""

import pytest

from benchmarks.grid import PROBLEMS, TOOLS, prepare


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_jacobian(benchmark, problem, tool):
    benchmark.group = problem
    benchmark(prepare(tool, PROBLEMS[problem]()))
