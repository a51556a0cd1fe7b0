"""The values of num-dual's own tests: its scalar dual numbers, and its vectors of two partials.

The file gives 15 digits; where num-dual's test only says that a number is nearly zero, it is 0.0 in the file.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import special

import dualdiff as dd

GOLDEN = json.loads((Path(__file__).parent / "reference" / "numdual_values.json").read_text(encoding="utf-8"))

FUNCTIONS = {
    "recip": np.reciprocal,
    "exp": np.exp,
    "exp_m1": np.expm1,
    "exp2": np.exp2,
    "ln": np.log,
    "log": lambda x, base: np.log(x) / math.log(base),
    "ln_1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "powf": lambda x, exponent: x**exponent,
    "powi": lambda x: x**6,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sph_j0": lambda x: np.sin(x) / x,
    "sph_j1": lambda x: (np.sin(x) - x * np.cos(x)) / x**2,
    "sph_j2": lambda x: ((3 - x**2) * np.sin(x) - 3 * x * np.cos(x)) / x**3,
    "bessel_j0": special.j0,
    "bessel_j1": special.j1,
    "bessel_j2": lambda x: special.jv(2, x),
}


def function(name):
    """The function that a test of num-dual is about: its name less the number of the point."""
    if name.startswith("powi_"):
        return lambda x: x ** int(name[5:])
    return FUNCTIONS.get(name) or FUNCTIONS[name.rpartition("_")[0]]


def assert_close(got, want):
    assert got == pytest.approx(want, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize(("name", "golden"), GOLDEN["dual"].items(), ids=GOLDEN["dual"])
def test_one_partial(name, golden):
    x, *constants = golden["args"]
    value, slope = dd.value_and_derivative(lambda x: function(name)(x, *constants))(x)
    assert_close(value, golden["value"])
    assert_close([slope], golden["derivatives"])


@pytest.mark.parametrize(("name", "golden"), GOLDEN["dual_vec"].items(), ids=GOLDEN["dual_vec"])
def test_two_partials(name, golden):
    x, *constants = golden["args"]

    def f(u):
        return function(name)(u[0] + u[1], *constants)

    value, gradient = dd.value_and_gradient(f)(np.array([x, 0.0]))
    assert_close(value, golden["value"])
    assert_close(gradient, golden["derivatives"])


def test_every_function_of_the_file_is_tried():
    assert len(GOLDEN["dual"]) == len(GOLDEN["dual_vec"]) == 57
    assert {function(name) for name in GOLDEN["dual"]} >= set(FUNCTIONS.values())
