"""The rules of the gamma, error, probability, entropy and integral families against mpmath."""

import numpy as np
import pytest
import scipy.special
from mpmath import mp

from dualdiff.rules.declare import Unknown
from dualdiff.rules.special import (
    cumulative,
    distributions,
    error,
    gamma,
    incomplete,
    integrals,
    normal,
    transforms,
    zeta,
)
from tests.special import oracle


def ufunc_of(rule):
    return getattr(scipy.special._ufuncs if rule.name.startswith("_") else scipy.special, rule.name, None)


MODULES = (gamma, error, normal, incomplete, cumulative, distributions, transforms, integrals, zeta)
# older versions of SciPy do not have all
RULES = {rule.name: rule for module in MODULES for rule in module.RULES if ufunc_of(rule) is not None}
JUDGED = [rule for rule in RULES.values() if rule.name in {**oracle.VALUES, **oracle.INVERSES}]
EPS = 2.0**-52
SLOW = {"owens_t", *oracle.NONCENTRAL}
# a derivative of these passes through 0, or is a difference of larger terms: there 64 ulp of the value
CROSSING = {
    *("gamma", "gammaln", "loggamma", "rgamma", "poch", "beta", "entr", "rel_entr", "nrdtrimn", "nrdtrisd", "wofz"),
    *("voigt_profile", "fdtr", "fdtrc", "smirnov", "smirnovi", "wright_bessel", "log_wright_bessel"),
}
TOLERANCES = dict.fromkeys(CROSSING, 16 * EPS) | dict.fromkeys(oracle.NONCENTRAL, 1e-12)
SAMPLES = 11


def sensitivity(d, m, x, y):
    """Return the change of an expression relative to that of the value it is given."""
    step = 1e-11
    low, high = (complex(d(m, *x, y * (1 + s))) for s in (-step, step))
    size = abs(low + high) * step
    return abs(high - low) / size if size else 1.0


def whole_numbers(rule, x):
    """Return the arguments, the whole numbers among them as integers."""
    kinds = [isinstance(d, Unknown) and "whole" in d.reason for d in rule.first]
    return [int(v) if is_whole else np.float64(v) for v, is_whole in zip(x, kinds, strict=True)]


def usual_size(rule, x, y, orders):
    """Return the size that a partial derivative has where it does not vanish."""
    if rule.name == "voigt_profile":
        return 2.0 * abs(y) / x[1] ** sum(orders)
    if rule.name == "wofz":
        return abs(y) * (1.0 + abs(x[0]) ** 2)
    if rule.name == "log_wright_bessel":
        return 1.0 + abs(y)
    value = max(abs(complex(v)) for v in oracle.tuple_of(y))
    size = value if 0 < value < np.inf else 1.0
    return 4.0 * size / np.prod([abs(v or 1.0) ** o for v, o in zip(x, orders, strict=True)])


def failures(rule, x):
    """Yield what is farther from the truth than 4 ulp and than 4 times the error of SciPy's values."""
    with np.errstate(all="ignore"):
        arguments = [np.float64(v) for v in x]
        y = ufunc_of(rule)(*whole_numbers(rule, x))
        for d, orders in oracle.partials_of(rule):
            m = oracle.Recorder()
            got = oracle.tuple_of(d(m, *arguments, y))
            exact = oracle.exact(rule.name, x, orders, y)
            size = usual_size(rule, arguments, y, orders)
            for g, e in zip(got, exact, strict=True):
                error = abs(mp.mpmathify(complex(g)) - e) if np.isfinite(g) else mp.inf
                allowed = max(4 * EPS * abs(e), 1e-307, size * TOLERANCES.get(rule.name, 1e-30))
                if error <= allowed or abs(e) > 1.7e308:
                    continue
                own = oracle.relative_error(rule.name, x, y)
                if rule.name in oracle.INVERSES:
                    own *= max(1.0, sensitivity(d, m, arguments, y))
                entered = max([own, *(oracle.relative_error(*call) for call in m.calls)])
                if not error <= 4 * entered * abs(e):
                    yield (
                        x,
                        orders,
                        complex(g),
                        complex(e),
                        float(error / abs(e or 1) / EPS),
                        entered / EPS,
                    )


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(rule, id=rule.name, marks=[pytest.mark.slow] if rule.name in ("ncfdtrinc", "nctdtrinc") else [])
        for rule in JUDGED
    ],
)
def test_derivatives_are_as_accurate_as_the_values(rule):
    count = 1 if rule.name in SLOW else SAMPLES
    bad = [failure for x in rule.samples(count) for failure in failures(rule, x)]
    assert not bad, "\n".join(map(str, bad))
