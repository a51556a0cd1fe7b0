"""``import dualdiff`` is light: what is heavy is loaded by whoever needs it."""

import pytest


@pytest.fixture(scope="module")
def modules_after(run_python):
    def modules(statement: str) -> set[str]:
        run = run_python("-c", f"{statement}\nimport sys\nprint(*sys.modules)")
        assert run.returncode == 0, run.stderr
        return set(run.stdout.split())

    return modules


@pytest.mark.parametrize("heavy", ["numba", "llvmlite", "scipy", "matplotlib", "argparse"])
def test_import_does_not_load(modules_after, heavy):
    assert heavy not in modules_after("import dualdiff") - modules_after("import numpy")


def test_the_numpy_engine_does_not_load_numba(modules_after):
    statement = "import dualdiff as dd, numpy as np\ndd.jacobian(lambda x: x * x)(np.ones(2))"
    assert not {"numba", "scipy"} & modules_after(statement)
