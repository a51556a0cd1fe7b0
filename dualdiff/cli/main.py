"""Read the command line, run the command, turn errors into one line."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import dualdiff as dd
from dualdiff.cli import demo, jacobian
from dualdiff.cli.failure import CommandError
from dualdiff.errors import DualdiffError

TRACEBACK_HELP = "show the traceback of an error, not only its message"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0, 2 after an error, 130 after Ctrl-C."""
    parser = build_parser()
    try:
        options = parser.parse_args(_keep_negative_points(sys.argv[1:] if argv is None else argv))
    except SystemExit as stop:  # argparse has printed its message, or the help
        return int(stop.code or 0)
    code = _run(options)
    try:
        sys.stdout.flush()
    except OSError as error:  # a full disk, or a reader that has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python would try again, and complain
        if code == 0:
            print(f"dualdiff: cannot write the output: {error.strerror or error}.", file=sys.stderr)
        return 2
    return code


def _run(options: argparse.Namespace) -> int:
    """Run the command that the options name and return the exit code."""
    try:
        options.run(options)
    except KeyboardInterrupt:
        if options.traceback:
            traceback.print_exc()
        print("dualdiff: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if options.traceback:
            traceback.print_exc()
        known = isinstance(error, CommandError | DualdiffError)
        message = str(error) if known else f"{type(error).__name__}: {error} (--traceback shows where)"
        print("dualdiff:", " ".join(message.split()), file=sys.stderr)
        return 2
    return 0


class Parser(argparse.ArgumentParser):
    """A parser that tells what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the message, without the usage, and exit."""
        print(f"dualdiff: {' '.join(message.split())}; see {self.prog} --help", file=sys.stderr)
        self.exit(2)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``python -m dualdiff``."""
    parser = Parser(prog="python -m dualdiff", description="Exact Jacobians by forward mode.")
    parser.add_argument("--version", action="version", version=f"dualdiff {dd.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    show = commands.add_parser("demo", help="a stiff model of air pollution: both engines beside the hand-written code")
    show.add_argument("--json", action="store_true", help="print the numbers as JSON")
    show.set_defaults(run=demo.run)

    compute = commands.add_parser("jacobian", help="print the Jacobian of a function of yours")
    compute.add_argument(
        "target", metavar="FILE.py:FUNCTION", help="the function to differentiate in its first argument"
    )
    compute.add_argument(
        "--at",
        required=True,
        metavar="POINT",
        help="1,0,0.5 or x.npy; a single number is a number, '2,' is an array with one entry",
    )
    compute.add_argument("--engine", choices=("auto", "numpy", "numba"), default="auto", help="default: auto")
    compute.add_argument("--output", type=Path, metavar="J.npy|J.csv|J.mtx", help="write the Jacobian to a file too")
    compute.set_defaults(run=jacobian.run)

    for command in (show, compute):
        command.add_argument("--traceback", action="store_true", help=TRACEBACK_HELP)
    return parser


def _keep_negative_points(argv: Sequence[str]) -> list[str]:
    """Join ``--at -1,2`` to ``--at=-1,2``: argparse would take ``-1,2`` for an option."""
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1] == "--at":
            joined[-1] = f"--at={word}"
        else:
            joined.append(word)
    return joined
