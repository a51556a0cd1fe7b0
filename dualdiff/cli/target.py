"""Find the function and the point that the command line names."""

import importlib.util
import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dualdiff.cli.failure import CommandError

NPY_MAGIC = b"\x93NUMPY"


@contextmanager
def load_function(target: str) -> Iterator[tuple[Callable[..., Any], Path]]:
    """Import ``FILE.py`` and give its ``FUNCTION``; inside, the file's folder is on the module path."""
    file, colon, name = target.rpartition(":")
    if not colon or not name:
        raise CommandError(f"{target}: names no function. Write FILE.py:FUNCTION, for example model.py:f.")
    path = Path(file).resolve()
    if path.suffix != ".py":
        raise CommandError(f"{file}: is no Python file. Write FILE.py:FUNCTION.")
    if not path.is_file():
        raise CommandError(f"{file}: there is no such file.")
    sys.path.insert(0, str(path.parent))
    try:
        yield _find(_import(path, file), name, file), path
    finally:
        sys.path.remove(str(path.parent))


def _import(path: Path, file: str) -> Any:
    # a name of its own: a file called random.py must not replace the random of the standard library
    name = f"_dualdiff_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SystemExit as stop:
        raise CommandError(f'{file}: left Python on import. Put its script under if __name__ == "__main__".') from stop
    except Exception as error:
        raise CommandError(f"{file}: failed to import, {type(error).__name__}: {error}") from error
    return module


def _find(module: Any, name: str, file: str) -> Callable[..., Any]:
    found = module
    for part in name.split("."):
        if not hasattr(found, part):
            public = sorted(k for k, v in vars(module).items() if callable(v) and not k.startswith("_"))
            raise CommandError(f"{file}: has no {name}. It has: {', '.join(public) or 'no functions'}.")
        found = getattr(found, part)
    if not callable(found):
        raise CommandError(f"{file}: {name} is no function, it is of type {type(found).__name__}.")
    return found  # type: ignore[no-any-return]


def read_point(text: str) -> Any:
    """Return the point: an array, or a float for a single number without comma and brackets.

    Examples
    --------
    >>> read_point("[1, 0, .5]"), read_point("2,"), read_point("2")
    (array([1. , 0. , 0.5]), array([2.]), 2.0)
    """
    if text.strip().endswith(".npy"):
        return _load_point(text.strip())
    body = text.strip()
    if not body.strip("[](), "):
        raise CommandError(
            f"--at {text!r}: the point is empty. Write numbers as in --at 1,0,0.5, or name an .npy file."
        )
    bracketed = re.fullmatch(r"\[([^][()]*)\]|\(([^][()]*)\)", body)
    if bracketed:
        body = (bracketed[1] or bracketed[2] or "").strip()
    is_array = bool(bracketed) or "," in body or " " in body
    body = body.removesuffix(",")
    try:
        entries = [float(entry) for entry in re.split(r"\s*,\s*|\s+", body.strip())]
    except ValueError:
        raise CommandError(
            f"--at {text}: is no point. Write numbers as in --at 1,0,0.5, or name an .npy file; "
            "arrays of more dimensions go in an .npy file."
        ) from None
    return np.array(entries) if is_array else entries[0]


def _load_point(file: str) -> Any:
    try:
        content = Path(file).read_bytes()
    except FileNotFoundError:
        raise CommandError(f"--at {file}: there is no such file.") from None
    except OSError as error:
        raise CommandError(f"--at {file}: cannot read it: {error.strerror or error}.") from error
    if not content.startswith(NPY_MAGIC):
        what = "is not in the .npy format" if content else "is empty"
        raise CommandError(
            f"--at {file}: {what}. Write it with np.save({file!r}, x), or give the numbers: --at 1,0,0.5."
        )
    try:
        x = np.load(io.BytesIO(content), allow_pickle=False)
    except (EOFError, ValueError) as error:
        if "allow_pickle" in str(error):  # that is no way out: a point of objects has no derivative
            raise CommandError(f"--at {file}: holds Python objects, wanted an array of real numbers.") from error
        raise CommandError(f"--at {file}: is damaged: {error}. Write it again with np.save({file!r}, x).") from error
    if x.dtype.kind not in "iuf":
        raise CommandError(f"--at {file}: holds {x.dtype}, wanted an array of real numbers.")
    return x.astype(np.float64) if x.dtype.kind in "iu" else x
