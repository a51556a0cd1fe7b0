"""The picture of the package holds: imports point down, and Numba's internals stand in one file.

Imports inside functions count too: loading late saves time, it does not turn the picture round.
"""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "dualdiff"
FLOORS = {
    "dualdiff.errors": 0,
    "dualdiff.rules": 0,
    "dualdiff.numbers": 1,
    "dualdiff.backends": 2,
    "dualdiff.modes": 3,
    "dualdiff.linalg": 3,
    "dualdiff.sparse": 3,
    "dualdiff.special": 3,
    "dualdiff.compare": 4,
    "dualdiff": 4,  # the public names
    "dualdiff.cli": 5,
    "dualdiff.__main__": 5,
}
BESIDE = "dualdiff.problems"
ENGINES = ("dualdiff.backends.numpy", "dualdiff.backends.numba")
INTERNALS = "dualdiff.backends.numba.internals"
PUBLIC_NUMBA = ("numba", "numba.errors", "numba.extending", "numba.types", "numba.typed")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}
TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in FILES.items()}


def imports(module: str) -> Iterator[str]:
    """Yield the dotted names of everything that the module imports, wherever in the file."""
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            base = ".".join([*up, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            target = node.args[0]
            assert isinstance(target, ast.Constant), f"{module} imports a computed name: name it"
            yield str(target.value)


def our_imports(module: str) -> set[str]:
    """Return the modules of ours that the module imports; ``from package import name`` may name either."""
    found = {name if name in FILES else name.rpartition(".")[0] for name in imports(module)}
    return {name for name in found if name == "dualdiff" or name.startswith("dualdiff.")}


def is_inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def floor(module: str) -> int:
    packages = [package for package in FLOORS if package != "dualdiff" and is_inside(module, package)]
    assert packages or module == "dualdiff", f"{module} stands on no floor: give it one in FLOORS"
    return FLOORS[packages[0] if packages else "dualdiff"]


@pytest.mark.parametrize("module", FILES)
def test_imports_point_down(module):
    for target in our_imports(module):
        if is_inside(module, BESIDE):
            assert is_inside(target, BESIDE), f"{module} imports {target}: the problems import nothing of ours"
        elif is_inside(target, BESIDE):
            assert floor(module) == 5, f"{module} imports {target}: only the command line may"
        else:
            assert floor(target) <= floor(module), f"{module} imports {target}, which stands above it"
            assert target != "dualdiff" or floor(module) == 5, f"{module} imports the top of the package"


def test_no_circles():
    """Inside a floor too, a file imports only what stands before it."""
    order = graphlib.TopologicalSorter({module: our_imports(module) - {module} for module in FILES})
    order.prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("module", [module for module in FILES if is_inside(module, "dualdiff.backends")])
def test_the_engines_do_not_know_each_other(module):
    for engine, other in (ENGINES, ENGINES[::-1]):
        if is_inside(module, engine):
            assert not [target for target in our_imports(module) if is_inside(target, other)]


@pytest.mark.parametrize("module", [module for module in FILES if module != INTERNALS])
def test_only_one_file_touches_the_internals_of_numba(module):
    for name in imports(module):
        assert not is_inside(name, "llvmlite"), f"{module} imports {name}: only {INTERNALS} may"
        if is_inside(name, "numba"):
            public = name in PUBLIC_NUMBA or name.rpartition(".")[0] in PUBLIC_NUMBA
            assert public, f"{module} imports {name}: only {INTERNALS} may"
            assert name.split(".")[1:2] not in (["core"], ["np"], ["cpython"], ["targets"])


TEXTS = [
    path for folder in ("dualdiff", "tests", "benchmarks") for path in sorted((ROOT.parent / folder).rglob("*.py"))
]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT.parent).as_posix())
def test_no_file_is_longer_than_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
