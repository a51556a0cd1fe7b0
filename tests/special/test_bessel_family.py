"""The rules of the Bessel, elliptic, hypergeometric and orthogonal families against mpmath."""

import math

import mpmath
import numpy as np
import pytest
import scipy.special

from dualdiff.rules.declare import Unknown
from dualdiff.rules.special import (
    airy,
    bessel,
    bessel_scaled,
    carlson,
    cylinder,
    elliptic,
    hypergeometric,
    kelvin,
    orthogonal,
    struve,
)
from tests.special import oracle_bessel as oracle
from tests.special.oracle import partials_of

MODULES = (bessel, bessel_scaled, airy, struve, kelvin, carlson, elliptic, orthogonal, hypergeometric, cylinder)
RULES = {rule.name: rule for module in MODULES for rule in module.RULES if hasattr(scipy.special, rule.name)}
JUDGED = [rule for rule in RULES.values() if rule.name in oracle.VALUES or rule.name in oracle.PAIRS]
SAMPLES = 9
ULP = 2.0**-52
ZERO = 1e-40  # differences of mpmath give this for 0
# the factor between the errors of the values and those of the derivative, where it is more than 4, with the reason
LOSS = {
    "ive": 30,  # z f'/f = v - z M'/M cancels beside the maximum at z = v**2
    "airye": 100,  # the scaling is subtracted up to zeta = 1, twice in the second derivative
    "hankel1e": 8,  # so is it up to abs(z) = 2.4
    "hankel2e": 8,
    "i1e": 6,  # its second derivative is the small sum of three terms
    "struve": 12,  # three terms cancel to a twelfth in the second derivative
    "ellipj": 64,  # the second derivative in m passes through 0 beside terms of another size
    "keip": 10,  # near 0 the logarithms of ker and keip/x cancel
    "hyperu": 6,  # the shift rounds the parameters
    "elliprd": 12,  # its second derivatives are divided differences twice
    "elliprc": 6,  # the mixed derivative is the difference of two
}
# mpmath takes seconds for a value of these
SLOW = {
    "kve": 5,
    "pbwa": 2,
    "elliprj": 4,
    "kelvin": 4,
    "iti0k0": 5,
    "y0": 6,
    "y1": 6,
    "k0": 7,
    "k1": 7,
    "elliprg": 7,
    "elliprd": 8,
    "keip": 6,
}


class Recorder:
    """The namespace of the rules; it keeps the calls of special functions."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        function = getattr(np, name, None)
        if isinstance(function, np.ufunc):
            return function
        function = getattr(scipy.special, name)

        def call(*x):
            y = function(*x)
            self.calls.append((name, x, y))
            return y

        return call

    where = staticmethod(np.where)


def outputs_of(value):
    return list(value) if isinstance(value, tuple) else [value]


def error_of_scipy(calls):
    """Return the largest relative error of the values that entered; of oscillating ones relative to the amplitude."""
    worst = 0.0
    for name, x, y in calls:
        if name not in oracle.VALUES and name not in oracle.PAIRS:
            continue
        x = tuple(float(v) for v in x)
        zero = (0,) * len(x)
        for k, (got, exact) in enumerate(zip(outputs_of(y), oracle.partial(name, x, zero), strict=True)):
            partners = [oracle.partial(p, x, zero)[k] for p in oracle.PARTNERS.get(name, ())]
            if len(x) == 2 and abs(x[1]) <= abs(x[0]):  # below the turning point nothing oscillates
                partners = []
            if name == "airy" and x[0] < 0:
                values = oracle.partial(name, x, zero)
                partners = [values[k % 2], values[k % 2 + 2]]
            size = mpmath.sqrt(sum(abs(v) ** 2 for v in partners or [exact]))
            got = complex(got)
            if size and mpmath.isfinite(size) and math.isfinite(abs(got)):
                worst = max(worst, float(abs(mpmath.mpc(got) - exact) / size))
    return worst


OSCILLATING = {
    *oracle.PARTNERS,
    "airy",
    "itj0y0",
    "it2j0y0",
    "itairy",
    "i1e",
    "ive",
    "besselpoly",
    "struve",
    "itstruve0",
    "it2struve0",
    *oracle.PAIRS,
}
OSCILLATING |= {name for name in RULES if name.startswith("eval_")} | {"lpmv", "hyp0f1", "hyp1f1", "hyp2f1", "hyperu"}


def amplitude(rule, x, orders, output, exact):
    """Return what the error is relative to: for oscillating functions the amplitude, by the derivatives beside it."""
    main = max(i for i, d in enumerate(rule.first) if not isinstance(d, Unknown))
    if rule.name not in OSCILLATING or not orders[main]:
        return abs(exact)
    beside = [tuple(o + shift * (i == main) for i, o in enumerate(orders)) for shift in (-1, 1)]
    below, above = [oracle.partial(rule.name, x, o)[output] for o in beside]
    return mpmath.sqrt(abs(exact) ** 2 + abs(below * above))


def failures(rule, x):
    arguments = [np.float64(v) for v in x]
    plain = [int(v) if v == int(v) and i < rule.arity - 1 else v for i, v in enumerate(x)]
    with np.errstate(all="ignore"):
        y = rule.ufunc(*plain)
        if not np.all(np.isfinite(y)):
            return
        for d, orders in partials_of(rule):
            m = Recorder()
            got = outputs_of(d(m, *arguments, y))
            m.calls.append((rule.name, x, y))
            exact = oracle.partial(rule.name, x, orders)
            for output, (g, e) in enumerate(zip(got, exact, strict=True)):
                g = complex(g)
                if not mpmath.isfinite(e) or abs(e) > 1e300 or (g == 0 and abs(e) < ZERO):
                    continue
                error = abs(mpmath.mpc(g) - e) if np.isfinite(g) else mpmath.inf
                if error <= 4 * ULP * abs(e):
                    continue
                size = amplitude(rule, x, orders, output, e)
                if error <= 4 * ULP * size:
                    continue
                entered = error_of_scipy(m.calls)
                if not error <= LOSS.get(rule.name, 4) * max(entered, ULP) * size:
                    yield orders, output, g, complex(e), float(error / size / ULP), entered / ULP


@pytest.mark.parametrize("rule", JUDGED, ids=lambda rule: rule.name)
def test_derivatives_are_as_accurate_as_the_values(rule):
    bad = [(x, *failure) for x in rule.samples(SLOW.get(rule.name, SAMPLES)) for failure in failures(rule, x)]
    assert not bad, "\n".join(map(str, bad))
