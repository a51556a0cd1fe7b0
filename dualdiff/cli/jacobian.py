"""``python -m dualdiff jacobian``: the Jacobian of anybody's function."""

import argparse
import io
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

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
        result = compute(f, x, options.engine, options.target, path)
    if options.output:
        if isinstance(result, (tuple, list)):
            raise CommandError(
                f"--output {options.output}: {options.target} returns a {type(result).__name__}, which has a Jacobian "
                "for each entry; a file holds one. Return one array, e.g. np.concatenate([...]), or leave --output out."
            )
        write(options.output, result, x)
    print_jacobians(result)


def compute(f: Callable[..., Any], x: Any, engine: Engine, target: str, path: Path) -> Any:
    """Return the Jacobian of ``f`` at ``x``, or a tuple or list of them; what ``f`` raises is told in one line."""
    try:
        with bounds_checked(engine):
            return dd.jacobian(f, engine=engine)(x)
    except DualdiffError:
        raise
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        place = f", line {lines[-1]}" if lines else ""
        if isinstance(error, SystemExit):
            raise CommandError(f"{target} left Python by sys.exit({error.code!r}){place}. Return instead.") from error
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


def print_jacobians(result: Any, place: str = "") -> None:
    """Print the Jacobian; of a function that returns a tuple or list, each under its place in the output."""
    if not isinstance(result, (tuple, list)):
        print(as_text(np.asarray(result)))
        return
    for i, part in enumerate(result):
        here = f"{place}[{i}]"
        if not isinstance(part, (tuple, list)):
            print(f"output{here}:")
        print_jacobians(part, here)


def as_text(jac: npt.NDArray[Any]) -> str:
    """Return every entry with all its digits, one row a line."""
    return np.array2string(jac, floatmode="unique", threshold=sys.maxsize, max_line_width=sys.maxsize)


def check_suffix(path: Path) -> None:
    """Refuse a file that we do not know how to write, before anything is computed."""
    if path.suffix not in WRITERS:
        raise CommandError(
            f"--output {path}: cannot write {path.suffix or 'a file without suffix'}. Use one of {', '.join(WRITERS)}."
        )


def write(path: Path, result: Any, x: Any) -> None:
    """Write the Jacobian in the format that the suffix names."""
    jac, content = np.asarray(result), io.BytesIO()
    if path.suffix != ".npy":
        jac = as_matrix(path, jac, x)
    WRITERS[path.suffix](content, jac)
    try:
        path.write_bytes(content.getvalue())  # not by the writer: SciPy's keeps silent where it cannot open a file
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


def write_csv(file: BinaryIO, matrix: npt.NDArray[Any]) -> None:
    """Write comma-separated values with all their digits."""
    np.savetxt(file, matrix, fmt="%.17g", delimiter=",")


def write_mtx(file: BinaryIO, matrix: npt.NDArray[Any]) -> None:
    """Write the dense Matrix Market format."""
    from scipy.io import mmwrite

    mmwrite(file, matrix, precision=17, symmetry="general")


WRITERS: dict[str, Callable[..., None]] = {".npy": np.save, ".csv": write_csv, ".mtx": write_mtx}
