"""What the engine takes from inside Numba is there: a release that moves it is noticed here."""

import ast
from pathlib import Path

import pytest

from dualdiff.backends.numba import internals

PACKAGE = Path(internals.__file__).parent


@pytest.mark.parametrize("name", internals.__all__)
def test_every_name_exists(name):
    assert getattr(internals, name) is not None


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_the_other_files_take_only_what_is_declared(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == internals.__name__:
            assert {alias.name for alias in node.names} <= set(internals.__all__)
