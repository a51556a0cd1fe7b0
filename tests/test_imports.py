"""``import dualdiff`` is light: what is heavy is loaded by whoever needs it."""

import subprocess
import sys

import pytest


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("heavy", ["numba", "llvmlite", "scipy", "matplotlib", "argparse"])
def test_import_does_not_load(heavy):
    assert heavy not in modules_after("import dualdiff") - modules_after("import numpy")


def test_the_numpy_engine_does_not_load_numba():
    statement = "import dualdiff as dd, numpy as np\ndd.jacobian(lambda x: x * x)(np.ones(2))"
    assert not {"numba", "scipy"} & modules_after(statement)
