"""``python -m dualdiff jacobian``: the Jacobian of anybody's function."""

import argparse
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import dualdiff as dd
from dualdiff.cli.failure import CommandError
from dualdiff.cli.target import load_function, read_point
from dualdiff.errors import DualdiffError
from dualdiff.modes.engines import Engine


def run(options: argparse.Namespace) -> None:
    """Compute, write and print the Jacobian that the options ask for."""
    if options.output:
        check_suffix(options.output)
    x = read_point(options.at)
    with load_function(options.target) as (f, path):
        jac = compute(f, x, options.engine, options.target, path)
    if options.output:
        write(options.output, jac, x)
    print(as_text(jac))


def compute(f: Callable[..., Any], x: Any, engine: Engine, target: str, path: Path) -> npt.NDArray[Any]:
    """Return the Jacobian of ``f`` at ``x``; what the function raises is told in one line."""
    try:
        with bounds_checked(engine):
            return np.asarray(dd.jacobian(f, engine=engine)(x))
    except DualdiffError:
        raise
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        place = f", line {lines[-1]}" if lines else ""
        hint = " The point is one number; for an array with one entry write --at '2,'." if np.ndim(x) == 0 else ""
        raise CommandError(
            f"{target} raised {type(error).__name__}{place}: {error} (the point has shape {np.shape(x)}).{hint}"
        ) from error


@contextmanager
def bounds_checked(engine: Engine) -> Iterator[None]:
    """Make compiled code check its indices: a point that is too short must raise, not read what lies beyond it."""
    if engine != "numba" and "numba" not in sys.modules:  # nothing compiled can be on the way
        yield
        return
    import numba

    before = numba.config.BOUNDSCHECK
    numba.config.BOUNDSCHECK = 1
    try:
        yield
    finally:
        numba.config.BOUNDSCHECK = before


def as_text(jac: npt.NDArray[Any]) -> str:
    """Return every entry with all its digits, one row a line."""
    return np.array2string(jac, floatmode="unique", threshold=sys.maxsize, max_line_width=sys.maxsize)


def check_suffix(path: Path) -> None:
    """Refuse a file that we do not know how to write, before anything is computed."""
    if path.suffix not in WRITERS:
        raise CommandError(
            f"--output {path}: cannot write {path.suffix or 'a file without suffix'}. Use one of {', '.join(WRITERS)}."
        )


def write(path: Path, jac: npt.NDArray[Any], x: Any) -> None:
    """Write the Jacobian in the format that the suffix names."""
    try:
        WRITERS[path.suffix](path, jac, x)
    except OSError as error:
        raise CommandError(f"--output {path}: cannot write it: {error.strerror or error}.") from error
    print(f"wrote {path}", file=sys.stderr)


def as_matrix(path: Path, jac: npt.NDArray[Any], x: Any) -> npt.NDArray[Any]:
    """Return one row for each entry of ``f(x)``, one column for each of ``x``; a gradient is one row."""
    if np.ndim(x) > 1 or jac.ndim - np.ndim(x) > 1:
        raise CommandError(
            f"--output {path}: the Jacobian has shape {jac.shape}, {path.suffix} holds a matrix. "
            "Write it to an .npy file."
        )
    return jac.reshape(-1, np.size(x))


def write_npy(path: Path, jac: npt.NDArray[Any], x: Any) -> None:
    """Write NumPy's own format, any shape."""
    np.save(path, jac)


def write_csv(path: Path, jac: npt.NDArray[Any], x: Any) -> None:
    """Write comma-separated values with all their digits."""
    np.savetxt(path, as_matrix(path, jac, x), fmt="%.17g", delimiter=",")


def write_mtx(path: Path, jac: npt.NDArray[Any], x: Any) -> None:
    """Write the dense Matrix Market format."""
    from scipy.io import mmwrite

    mmwrite(path, as_matrix(path, jac, x), precision=17, symmetry="general")


WRITERS = {".npy": write_npy, ".csv": write_csv, ".mtx": write_mtx}
