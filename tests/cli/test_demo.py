"""``python -m dualdiff demo``: the numbers it prints are right."""

import json
import re
from pathlib import Path

import pytest

from dualdiff.cli import demo
from dualdiff.cli.main import main


@pytest.fixture(scope="module")
def result():
    return demo.measure()


def test_both_engines_are_right(result):
    names = [row["name"] for row in result["jacobians"]]
    assert names == ["hand-written", "dualdiff, Numba", "dualdiff, NumPy"]
    for row in result["jacobians"]:
        assert row["difference_from"]["hand_written"] <= 1e-12
        assert row["difference_from"]["complex_step"] <= 1e-12
        assert row["difference_from"]["central_differences"] <= 1e-7
        assert row["microseconds"] > 0


def test_the_integration_reaches_the_published_solution(result):
    ours, differences = result["integration"]["runs"]
    assert ours["success"]
    assert differences["success"]
    assert ours["error"] <= 1e-8
    assert ours["evaluations_of_f"] < differences["evaluations_of_f"]


def test_the_text_shows_every_row(result):
    text = demo.as_text(result)
    for row in [*result["jacobians"], *result["integration"]["runs"]]:
        assert row.get("name", row.get("jacobian")) in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_readme_shows_this_output(result):
    def without_numbers(text):
        return re.sub(r"[\d.e+-]*\d[\d.e+-]*|-+", "", text).split()

    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```text\n(.*?)```", readme, re.DOTALL)
    assert without_numbers(shown[1]) == without_numbers(demo.as_text(result))


def test_json_is_alone_on_stdout_and_progress_on_stderr(monkeypatch, capsys, result):
    monkeypatch.setattr(demo, "interleaved_medians", lambda calls: dict.fromkeys(calls, 1.0))
    monkeypatch.setattr(demo, "INTEGRATIONS", 1)
    assert main(["demo", "--json"]) == 0
    captured = capsys.readouterr()
    printed = json.loads(captured.out)
    assert printed.keys() == result.keys()
    assert printed["shape"] == [20, 20]
    assert "compiling the Jacobian for dual numbers ... " in captured.err
