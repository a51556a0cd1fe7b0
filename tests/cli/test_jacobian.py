"""``python -m dualdiff jacobian``: right answers, and one clear line for everything that can go wrong."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import mmread

from dualdiff.cli.main import main

ROOT = Path(__file__).resolve().parents[2]

MODEL = """\
import numpy as np
from helper import WEIGHT

print("loading")
NUMBER = 3.0

def f(x):
    return np.stack([WEIGHT * x[0] * x[1], np.exp(x[2])])

def total(x):
    return np.sum(x * x)

def outer(x):
    return x[:, None] * x[None, :]

def curve(t):
    return np.stack([np.cos(t), np.sin(t)])

def fails(x):
    raise ValueError("the pressure\\nis negative")

def leaves(x):
    import sys
    sys.exit(3)

def waits(x):
    raise KeyboardInterrupt

def several(x):
    return x[0] * x[1], [x * x, 1.0]

def alike(x):
    return [x, 2.0 * x]

class Box:
    @staticmethod
    def f(x):
        return x * 2.0
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "helper.py").write_text("WEIGHT = 10.0\n")
    monkeypatch.chdir(tmp_path)
    yield "model.py"
    sys.modules.pop("helper", None)


def jacobian(*arguments):
    return main(["jacobian", *arguments])


def test_prints_all_digits(model, capsys):
    assert jacobian("model.py:f", "--at", "1,0,0.5", "--engine", "numpy") == 0
    out = capsys.readouterr().out
    assert repr(float(np.exp(0.5))) in out
    assert out.count("\n") == 3  # "loading", then one line for each row


@pytest.mark.parametrize(
    "point",
    [["--at", "-1,2,0"], ["--at=-1,2,0"], ["--at", "[-1, 2, 0]"], ["--at", "(-1,2, 0)"], ["--at", " -1 2  0 "]],
)
def test_points(model, capsys, point):
    path = "J.npy"
    assert jacobian("model.py:f", *point, "--output", path) == 0
    assert np.load(path).tolist() == [[20.0, -10.0, 0.0], [0.0, 0.0, 1.0]]


@pytest.mark.parametrize("kind", [float, int, np.float32])
def test_point_from_a_file(model, kind):
    np.save("x.npy", np.array([-1, 2, 0], dtype=kind))
    assert jacobian("model.py:f", "--at", "x.npy", "--output", "J.npy") == 0
    assert np.load("J.npy").tolist() == [[20.0, -10.0, 0.0], [0.0, 0.0, 1.0]]


def test_numbers_and_arrays_with_one_entry(model):
    assert jacobian("model.py:curve", "--at", "0.5", "--output", "J.npy") == 0
    assert np.load("J.npy").shape == (2,)
    assert jacobian("model.py:outer", "--at", "3,", "--output", "J.npy") == 0
    assert np.load("J.npy").tolist() == [[[6.0]]]


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        ("f", "1,2,0", [[20.0, 10.0, 0.0], [0.0, 0.0, 1.0]]),
        ("total", "0.1,2", [[0.2, 4.0]]),  # a gradient is one row
        ("curve", "0", [[0.0], [1.0]]),  # the derivative of a curve is one column
    ],
)
def test_csv_and_mtx_hold_a_matrix(model, function, at, expected):
    for name, read in (("J.csv", lambda p: np.loadtxt(p, delimiter=",", ndmin=2)), ("J.mtx", mmread)):
        assert jacobian(f"model.py:{function}", "--at", at, "--output", name) == 0
        assert read(name).tolist() == expected


def test_a_dotted_name_and_a_file_in_another_folder(model, tmp_path, monkeypatch, capsys):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    path_before = list(sys.path)
    assert jacobian("../model.py:Box.f", "--at", "1,1") == 0
    assert capsys.readouterr().out == "loading\n[[2. 0.]\n [0. 2.]]\n"
    assert sys.path == path_before


COMPILED = """\
import numpy as np
from numba import njit

@njit
def last(x):
    return x[2] * x[0]

@njit
def f(x):
    y = np.zeros(2)
    y[0] = last(x)
    return y

@njit
def fails(x):
    if x[0] < 0:
        raise ValueError("negative pressure")
    return x
"""


@pytest.mark.parametrize(
    ("function", "at", "message"),
    [("f", "1,2", "raised IndexError"), ("fails", "-1,2", "raised ValueError, line 17: negative pressure")],
)
def test_compiled_code_that_raises(tmp_path, monkeypatch, capsys, function, at, message):
    """Without the check of bounds a point that is too short gives numbers from beyond its end."""
    (tmp_path / "compiled.py").write_text(COMPILED)
    monkeypatch.chdir(tmp_path)
    assert jacobian(f"compiled.py:{function}", "--at", at) == 2
    assert message in capsys.readouterr().err
    assert jacobian("compiled.py:f", "--at", "1,2,3") == 0
    assert capsys.readouterr().out == "[[3. 0. 1.]\n [0. 0. 0.]]\n"


BAD = {
    "no function named": (["model.py", "--at", "1"], "names no function. Write FILE.py:FUNCTION"),
    "missing file": (["nowhere.py:f", "--at", "1"], "nowhere.py: there is no such file"),
    "no Python file": (["model.txt:f", "--at", "1"], "is no Python file"),
    "missing function": (
        ["model.py:g", "--at", "1"],
        "has no g. It has: Box, alike, curve, f, fails, leaves, outer, several, total, waits",
    ),
    "not a function": (["model.py:NUMBER", "--at", "1"], "NUMBER is no function, it is of type float"),
    "fails to import": (["broken.py:f", "--at", "1"], "broken.py: failed to import, ZeroDivisionError: division"),
    "wrong syntax": (["syntax.py:f", "--at", "1"], "syntax.py: failed to import, SyntaxError"),
    "leaves Python": (["leaves.py:f", "--at", "1"], "leaves.py: left Python on import"),
    "bad point": (["model.py:f", "--at", "1,a"], "--at 1,a: is no point. Write numbers as in --at 1,0,0.5"),
    "empty point": (["model.py:f", "--at", ""], "--at '': the point is empty. Write numbers as in --at 1,0,0.5"),
    "empty brackets": (["model.py:f", "--at", "[]"], "--at '[]': the point is empty"),
    "empty entry": (["model.py:f", "--at", "1,,2"], "is no point"),
    "unbalanced point": (["model.py:f", "--at", "[1,2"], "is no point"),
    "nested point": (["model.py:f", "--at", "[[1,2]]"], "arrays of more dimensions go in an .npy file"),
    "missing point file": (["model.py:f", "--at", "no.npy"], "--at no.npy: there is no such file"),
    "not an npy file": (
        ["model.py:f", "--at", "text.npy"],
        "--at text.npy: is not in the .npy format. Write it with np.save(",
    ),
    "empty npy file": (["model.py:f", "--at", "empty.npy"], "--at empty.npy: is empty. Write it with np.save("),
    "damaged npy file": (["model.py:f", "--at", "damaged.npy"], "--at damaged.npy: is damaged: "),
    "pickled objects": (["model.py:f", "--at", "objects.npy"], "holds Python objects, wanted an array of real"),
    "folder as a point": (["model.py:f", "--at", "folder.npy"], "--at folder.npy: cannot read it: Is a directory"),
    "complex point": (["model.py:f", "--at", "complex.npy"], "holds complex128, wanted an array of real numbers"),
    "short point": (
        ["model.py:f", "--at", "1,2", "--engine", "numpy"],
        "model.py:f raised IndexError, line 8: index 2",
    ),
    "number for array": (
        ["model.py:f", "--at", "1", "--engine", "numpy"],
        "for an array with one entry write --at '2,'",
    ),
    "raises": (["model.py:fails", "--at", "1,2"], "raised ValueError, line 20: the pressure is negative"),
    "leaves Python later": (["model.py:leaves", "--at", "1,"], "left Python by sys.exit(3), line 24. Return instead."),
    "suffix": (["model.py:f", "--at", "1,2,3", "--output", "J.xls"], "cannot write .xls. Use one of .npy, .csv, .mtx"),
    "no suffix": (["model.py:f", "--at", "1,2,3", "--output", "J"], "cannot write a file without suffix"),
    "no folder": (["model.py:f", "--at", "1,2,3", "--output", "no/J.npy"], "no/J.npy: cannot write it: No such file"),
    "no folder for csv": (["model.py:f", "--at", "1,2,3", "--output", "no/J.csv"], "cannot write it: No such file"),
    "no folder for mtx": (["model.py:f", "--at", "1,2,3", "--output", "no/J.mtx"], "cannot write it: No such file"),
    "folder as a file": (["model.py:f", "--at", "1,2,3", "--output", "folder.npy"], "cannot write it: Is a directory"),
    "several outputs in a file": (
        ["model.py:alike", "--at", "1,2", "--output", "J.npy"],
        "model.py:alike returns a list, which has a Jacobian for each entry; a file holds one. Return one array",
    ),
    "not a matrix": (
        ["model.py:outer", "--at", "1,2", "--output", "J.mtx"],
        "has shape (2, 2, 2), .mtx holds a matrix",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_exit_code_2(model, tmp_path, capsys, name):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "syntax.py").write_text("def f(:\n")
    (tmp_path / "leaves.py").write_text("raise SystemExit(0)\n")
    (tmp_path / "model.txt").write_text("")
    (tmp_path / "text.npy").write_text("1 2 3")
    np.save("complex.npy", np.array([1j]))
    np.save("objects.npy", np.array([None]))
    (tmp_path / "empty.npy").write_text("")
    (tmp_path / "damaged.npy").write_bytes((tmp_path / "complex.npy").read_bytes()[:-1])
    (tmp_path / "folder.npy").mkdir()
    arguments, message = BAD[name]
    assert jacobian(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("dualdiff: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert captured.out in ("", "loading\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("at", ["1,2,0", ",".join(["1"] * 100)])  # the second is more than the buffer of stdout holds
def test_output_that_cannot_be_written(model, at):
    command = [sys.executable, "-m", "dualdiff", "jacobian", "model.py:outer", "--at", at]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert done.returncode == 2
    assert done.stderr.startswith("dualdiff: ")
    assert "No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_refused_shape_leaves_the_file_alone(model, tmp_path):
    (tmp_path / "J.csv").write_text("precious")
    assert jacobian("model.py:outer", "--at", "1,2", "--output", "J.csv") == 2
    assert (tmp_path / "J.csv").read_text() == "precious"


def test_several_outputs_are_printed_each(model, capsys):
    assert jacobian("model.py:several", "--at", "2,3") == 0
    assert capsys.readouterr().out == (
        "loading\noutput[0]:\n[3. 2.]\noutput[1][0]:\n[[4. 0.]\n [0. 6.]]\noutput[1][1]:\n[0. 0.]\n"
    )
    assert jacobian("model.py:alike", "--at", "2,") == 0
    assert capsys.readouterr().out == "loading\noutput[0]:\n[[1.]]\noutput[1]:\n[[2.]]\n"


def test_interrupted(model, capsys):
    assert jacobian("model.py:waits", "--at", "1") == 130
    assert capsys.readouterr().err == "dualdiff: interrupted\n"
    assert jacobian("model.py:waits", "--at", "1", "--traceback") == 130
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_traceback_on_demand(model, capsys):
    assert jacobian("model.py:fails", "--at", "1", "--traceback") == 2
    err = capsys.readouterr().err
    assert "Traceback (most recent call last)" in err
    assert err.splitlines()[-1].startswith("dualdiff: model.py:fails raised ValueError")


@pytest.mark.parametrize(
    "arguments", [[], ["jacobian"], ["jacobian", "m.py:f", "--at", "1", "--engine", "x"], ["dance"]]
)
def test_usage_errors_are_one_line_and_exit_code_2(capsys, arguments):
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("dualdiff: ")
    assert err.endswith(" --help\n")
    assert err.count("\n") == 1


def test_help_and_version(capsys):
    assert main(["--help"]) == main(["jacobian", "--help"]) == main(["--version"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("dualdiff 0.")


def test_as_a_program(model, run_python):
    good = run_python("-m", "dualdiff", "jacobian", "model.py:total", "--at", "-1,2")
    assert (good.returncode, good.stdout, good.stderr) == (0, "loading\n[-2.  4.]\n", "")
    bad = run_python("-m", "dualdiff", "jacobian", "model.py:nothing", "--at", "-1,2")
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr
