"""What custom_jvp refuses: missing rules, wrong results of rules, things that are no functions."""

import numpy as np
import pytest

import dualdiff as dd
from tests.modes.test_custom_jvp import derivative


def test_without_a_rule_it_is_refused_by_name():
    f = dd.custom_jvp(lambda rho, T: rho * T)
    f.label = "pressure"
    assert f(2.0, 3.0) == 6.0
    with pytest.raises(dd.NotDifferentiableError, match=r"(?s)pressure with .* argument T.*Write @pressure.defjvp"):
        derivative(f, 1)(2.0, 3.0)


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        (lambda p, t: t[0], dd.OutputError, r"the rule of twice returned a ndarray, wanted a pair"),
        (lambda p, t: None, dd.OutputError, "returned None, wanted a pair"),
        (lambda p, t: (p[0], t[0][:1]), dd.ShapeError, r"dy that is an array of shape \(1,\), wanted \(2,\)"),
        (lambda p, t: (p[0], None), dd.ShapeError, "dy that is None, wanted an array"),
        (lambda p, t: (p[0], (t[0], t[0])), dd.ShapeError, r"dy that is an array of shape \(2, 2\), wanted \(2,\)"),
        (lambda p, t: (p[0], 1j * t[0]), dd.OutputError, "a tangent dy of complex128 for a value of float64"),
        (lambda p, t: (p[0], np.array(["a", "b"])), dd.OutputError, "a tangent dy of <U1"),
    ],
)
def test_wrong_results_of_a_rule(rule, error, message):
    def twice(x):
        return 2 * x

    f = dd.custom_jvp(twice)
    f.defjvp(rule)
    with pytest.raises(error, match=message):
        dd.jacobian(f)(np.ones(2))


def test_wrong_nesting_of_a_tangent():
    f = dd.custom_jvp(lambda x: (x, {"a": x}))
    for dy in (1.0, (1.0,), (1.0, 1.0), (1.0, {"b": 1.0}), (1.0, None)):
        f.defjvp(lambda p, t, dy=dy: (f(*p), dy))
        with pytest.raises(dd.ShapeError, match="the rule of <lambda> returned a tangent dy"):
            dd.jacobian(f)(1.0)


def test_a_derivative_of_what_is_no_float_is_not_dropped():
    f = dd.custom_jvp(lambda x: 3)
    f.defjvp(lambda p, t: (3, t[0]))
    with pytest.raises(dd.DroppedDerivativeError, match="the result an int"):
        derivative(lambda x: f(x) * x)(1.0)
    f.defjvp(lambda p, t: (3, 0 * t[0]))
    assert derivative(lambda x: f(x) * x)(1.0) == 3.0


def test_functions_that_write_into_their_arguments():
    @dd.custom_jvp
    def into(x, out):
        out[...] = x
        return out

    into.defjvp(lambda p, t: (into(*p), t[0]))
    x = np.ones(2)
    for f in (lambda x: into(x, np.zeros(2)), lambda x: into(np.ones(2), x * 3.0), lambda x: into(3.0, x)):
        with pytest.raises(dd.DroppedDerivativeError, match="into writes into its argument out"):
            dd.jacobian(f)(x)
    assert x.tolist() == [1, 1]


def test_a_dual_that_can_only_be_given_by_name():
    f = dd.custom_jvp(lambda x, *, scale: x * scale)
    f.defjvp(lambda p, t, scale: (f(*p, scale=scale), scale * t[0]))
    assert derivative(lambda x: f(x, scale=2.0))(1.0) == 2.0
    with pytest.raises(dd.NotDifferentiableError, match=r"(?s)argument scale.*as a positional parameter"):
        derivative(lambda x: f(x, scale=x))(1.0)


@pytest.mark.parametrize("make", [dd.custom_jvp, dd.define_rule, dd.custom_jvp(abs).defjvp])
def test_things_that_are_no_functions(make):
    with pytest.raises(dd.InputError, match=r"the first argument is an int\. Pass a function"):
        make(3)
