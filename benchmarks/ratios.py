"""Print how many times longer each tool takes than the hand-written Jacobian: ``python -m benchmarks.ratios``."""

import argparse
import sys

from benchmarks.grid import PROBLEMS, TOOLS, prepare
from dualdiff.cli.table import table
from dualdiff.compare import interleaved_medians


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ratios", description=__doc__)
    parser.add_argument("problems", nargs="*", metavar="PROBLEM", help=f"default: all of {', '.join(PROBLEMS)}")
    parser.add_argument("--rounds", type=int, default=21, help="times each tool is timed; default: 21")
    options = parser.parse_args()
    if unknown := set(options.problems) - set(PROBLEMS):
        parser.error(f"no problem {', '.join(sorted(unknown))}. There are {', '.join(PROBLEMS)}")
    rows = []
    for name in options.problems or PROBLEMS:
        print(f"{name} ...", file=sys.stderr)
        problem = PROBLEMS[name]()
        calls = {tool: prepare(tool, problem) for tool in TOOLS}
        seconds = interleaved_medians(calls, rounds=options.rounds)
        ratios = [f"{seconds[tool] / seconds['by hand']:.1f}" for tool in list(TOOLS)[1:]]
        rows.append([name, f"{1e6 * seconds['by hand']:.2f}", *ratios])
    print(table(["problem", "by hand, µs", *list(TOOLS)[1:]], rows))
    print(f"\nMedians of {options.rounds} rounds, one call from Python; tools: times the hand-written Jacobian.")


if __name__ == "__main__":
    main()
