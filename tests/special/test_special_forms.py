"""The special functions of SciPy that are Python functions, on duals."""

import mpmath
import numpy as np
import pytest
import scipy.special as sp
from mpmath import mp

import dualdiff as dd
from dualdiff import special

INF = np.inf
X = np.array([[0.3, -1.2, 4.0], [1.0, 1.0, -700.0]])
WEIGHTS = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
CALLS = [
    *((special.logsumexp, (X,), {"axis": axis, "keepdims": keep}) for axis in (None, 0, 1, (0, 1)) for keep in (0, 1)),
    (special.logsumexp, (X,), {"b": WEIGHTS, "axis": 1, "return_sign": True}),
    (special.logsumexp, (X,), {"b": 2.0}),
    *((f, (X,), {"axis": axis}) for f in (special.softmax, special.log_softmax) for axis in (None, 0, 1)),
    (special.multigammaln, (np.array([3.5, 7.0]), 3), {}),
    *((special.polygamma, (n, np.array([0.3, 2.0, -0.5])), {}) for n in (0, 1, 3)),
    (special.factorial, (np.array([0.5, 3.0]),), {}),
    (special.comb, (np.array([5.0, 1.5]), 2), {}),
    (special.comb, (np.array([5.0, 1.5]), 2), {"repetition": True}),
    (special.perm, (np.array([5.0, 1.5]), 2), {}),
    (special.diric, (np.array([0.0, 0.5, 2.0]), 4), {}),
]


def shares(x):
    """Return the softmax of numbers with 60 digits."""
    with mpmath.workdps(60):
        terms = [mp.exp(mp.mpf(v)) if v > -INF else mp.mpf(0) for v in x]
        return [t / mp.fsum(terms) for t in terms]


@pytest.mark.parametrize(("form", "args", "options"), CALLS)
def test_the_value_is_bitwise_that_of_scipy(form, args, options):
    plain = getattr(sp, form.__name__)(*args, **options)
    place = 1 if form is special.polygamma else 0
    for dual in (dd.Dual(args[place], np.ones_like(args[place])),):
        got = form(*args[:place], dual, *args[place + 1 :], **options)
        for value, want in zip(
            got if isinstance(got, tuple) else [got], plain if isinstance(plain, tuple) else [plain], strict=True
        ):
            value = getattr(value, "value", value)
            np.testing.assert_array_equal(value, want, strict=isinstance(want, np.ndarray))
    np.testing.assert_array_equal(form(*args, **options), plain)


@pytest.mark.parametrize(("form", "args", "options"), CALLS)
def test_second_derivatives_nest(form, args, options):
    place = 1 if form is special.polygamma else 0

    def along(t):
        x = args[place] + t * np.linspace(0.5, 1.0, args[place].size).reshape(args[place].shape)
        y = form(*args[:place], x, *args[place + 1 :], **options)
        return y[0] if isinstance(y, tuple) else y

    first, h = dd.derivative(along), 1e-5
    got = dd.derivative(first)(0.0)
    np.testing.assert_allclose(got, (first(h) - first(-h)) / (2 * h), rtol=1e-6, atol=1e-6 * np.abs(got).max())


EXTREMES = [
    *([0.0, 0.0, -INF], [1000.0, 1000.5, -1000.0], [-1e4, -1e4 - 40.0, 3.0 - 1e4], [40.0, 0.0, -3.0], [-INF, 2.0, -INF])
]


@pytest.mark.parametrize("x", EXTREMES)
def test_gradients_of_extreme_entries(x):
    exact = shares(x)
    x = np.array(x)
    gradient = dd.gradient(special.logsumexp)(x)
    p = dd.jacobian(special.softmax)(x)
    log_p = dd.jacobian(special.log_softmax)(x)
    for i, s in enumerate(exact):
        assert abs(gradient[i] - s) <= 4e-16 * s + 1e-300
        for j, t in enumerate(exact):
            with mpmath.workdps(60):
                want = s * ((i == j) - t)
                # 1 - s of the largest is a sum of the others
                assert abs(p[i, j] - want) <= 1e-15 * abs(want) + 1e-300, (i, j)
                if np.isfinite(x[i]):
                    assert abs(log_p[i, j] - ((i == j) - t)) <= 1e-15 * abs((i == j) - t) + 1e-300, (i, j)


def test_the_hessian_of_logsumexp():
    x = np.array([0.3, -1.2, 4.0, -INF])
    p = np.array([float(s) for s in shares(x)])
    got = dd.jacobian(dd.gradient(special.logsumexp))(x)
    np.testing.assert_allclose(got, np.diag(p) - np.outer(p, p), rtol=1e-12, atol=1e-17)


def test_logsumexp_without_a_finite_entry():
    assert dd.gradient(special.logsumexp)(np.array([-INF, -INF])).tolist() == [0.0, 0.0]
    assert dd.gradient(special.logsumexp)(np.array([INF, 1.0, INF])).tolist() == [0.5, 0.0, 0.5]
    rows = dd.jacobian(lambda x: special.logsumexp(x, axis=1))(np.array([[-INF, -INF], [0.0, -INF]]))
    assert rows.tolist() == [[[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]]


def test_logsumexp_in_its_weights():
    a, b = np.array([0.5, -1.0, 2.0]), np.array([1.0, -2.0, 0.0])
    total = np.sum(b * np.exp(a))
    got = dd.gradient(lambda b: special.logsumexp(a, b=b, return_sign=True)[0])(b)
    np.testing.assert_allclose(got, np.exp(a) / total, rtol=1e-14)
    got = dd.gradient(lambda a: special.logsumexp(a, b=b, return_sign=True)[0])(a)
    np.testing.assert_allclose(got, b * np.exp(a) / total, rtol=1e-14)
    assert special.logsumexp(dd.Dual([1.0, 2.0], [1.0, 0.0]), b=[-3.0, 1.0], return_sign=True)[1] == -1.0
    got = dd.gradient(lambda a: special.logsumexp(a, b=np.array([0.0, 1.0])))(np.array([INF, 1.0]))
    assert got.tolist() == [0.0, 1.0]


def test_logsumexp_of_complex_numbers():
    slope = dd.derivative(lambda t: special.logsumexp(np.stack([1j * t, t * t + 0j])))(0.7)
    total = np.exp(0.7j) + np.exp(0.49)
    assert slope == pytest.approx((1j * np.exp(0.7j) + 1.4 * np.exp(0.49)) / total, rel=1e-14)
    with pytest.raises(dd.NotDifferentiableError, match="return_sign"):
        special.logsumexp(dd.Dual([1.0, 2.0], [1.0, 0.0]) * 1j, return_sign=True)


def test_the_functions_of_one_number_against_mpmath():
    with mpmath.workdps(40):
        for f, exact, x in (
            (lambda x: special.polygamma(2, x), lambda x: mp.polygamma(2, x), 1.7),
            (lambda x: special.polygamma(0, x), mp.digamma, 0.4),
            (lambda x: special.polygamma(1, x), lambda x: mp.polygamma(1, x), -0.4),
            (lambda a: special.multigammaln(a, 2), lambda a: mp.loggamma(a) + mp.loggamma(a - 0.5), 3.3),
            (special.factorial, mp.factorial, 2.5),
            (lambda n: special.comb(n, 3), lambda n: mp.binomial(n, 3), 6.0),
            (lambda k: special.comb(6, k), lambda k: mp.binomial(6, k), 2.5),
            (lambda n: special.comb(n, 3, repetition=True), lambda n: mp.binomial(n + 2, 3), 6.0),
            (lambda n: special.perm(n, 3), lambda n: mp.rf(n - 2, 3), 6.0),
            (lambda x: special.diric(x, 5), lambda x: mp.sin(5 * x / 2) / (5 * mp.sin(x / 2)), 0.9),
        ):
            assert dd.derivative(f)(x) == pytest.approx(float(mp.diff(exact, x)), rel=5e-15)
            assert dd.derivative(dd.derivative(f))(x) == pytest.approx(float(mp.diff(exact, x, 2)), rel=2e-13)


def test_outside_of_their_support_they_are_flat():
    assert special.comb(dd.Dual(2.0, 1.0), 3).partials == 0.0
    assert special.factorial(dd.Dual(-1.5, 1.0)).partials == 0.0
    np.testing.assert_array_equal(dd.derivative(lambda x: special.diric(x, 4))(0.0), 0.0)


def test_unmodified_code_calls_scipy():
    x = np.array([0.5, -1.0, 2.0])
    p = np.array([float(s) for s in shares(x)])
    np.testing.assert_allclose(dd.gradient(lambda x: sp.logsumexp(x))(x), p, rtol=1e-15)
    np.testing.assert_allclose(dd.gradient(lambda x: sp.softmax(x)[0])(x), p[0] * (np.eye(3)[0] - p), rtol=1e-14)
    assert dd.derivative(lambda x: sp.zeta(x, 2.0))(3.0) == pytest.approx(float(mp.zeta(3, 2, 1)), rel=1e-14)
    assert dd.derivative(lambda x: sp.polygamma(1, x))(2.0) == pytest.approx(sp.polygamma(2, 2.0), rel=1e-14)


def test_orders_and_counts_are_refused_by_name():
    with pytest.raises(dd.NotDifferentiableError, match="argument n"):
        dd.derivative(lambda n: special.polygamma(n, 2.0))(1.0)
    with pytest.raises(dd.DualdiffError, match="multigammaln"):
        dd.derivative(lambda d: special.multigammaln(5.0, d))(2.0)
    with pytest.raises(dd.DualdiffError, match="diric"):
        dd.derivative(lambda n: special.diric(1.0, n))(2.0)


def test_lists_of_duals_and_dtypes():
    t = dd.Dual(np.float32(0.5), np.float32(1.0))
    got = special.logsumexp([t, 2 * t])
    assert got.partials == pytest.approx((np.exp(0.5) + 2 * np.exp(1.0)) / (np.exp(0.5) + np.exp(1.0)), rel=1e-6)
    x = np.array([1.0, 2.0], np.float32)
    assert dd.gradient(special.logsumexp)(x).dtype == dd.jacobian(special.softmax)(x).dtype == np.float32


def test_every_form_takes_the_place_of_scipys():
    forms = special.replacements()
    assert all(getattr(sp, form.__name__) is function for function, form in forms.items())
    assert {form.__name__ for form in forms.values()} <= set(special.__all__)
