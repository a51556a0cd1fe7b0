"""The files beside the code say the same as the code."""

import re
import tomllib
from pathlib import Path

import dualdiff.problems
from dualdiff.rules import RULES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_lower_bounds_are_the_versions_that_are_tried():
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    lines = (ROOT / ".ci" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    tried = dict(line.split("==") for line in lines if "==" in line)
    assert {name: bound.removesuffix(".0") for name, bound in tried.items()} == dict(
        dependency.split(">=") for dependency in dependencies
    )


def test_the_readme_has_the_two_commands_that_ci_runs():
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("-m dualdiff demo")
    assert "-m pytest" in commands[1]


def test_the_readme_lists_every_rule_and_every_problem():
    words = set(re.findall(r"`(\w+)`", README))
    assert not [rule for rule in RULES if rule not in words], "write it into the README's list of functions"
    assert not [problem for problem in dualdiff.problems.PROBLEMS if problem not in words]
