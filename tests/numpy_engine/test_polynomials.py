"""Polynomials whose coefficients, arguments or roots are duals."""

import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.judge import complex_step
from tests.numpy_engine.test_calculus import differences
from tests.numpy_engine.truth import assert_bitwise, check, check_nested, flatten, seed

P = np.array([2.0, -1.0, 0.5, 3.0])
X = np.array([0.3, -1.2, 2.0, 0.9])

TABLE = {
    "polyval": lambda x: np.polyval(P, x),
    "polyval coefficients": lambda x: np.polyval(x, X),
    "polyval both": lambda x: np.polyval(x, x * x),
    "polyval list": lambda x: np.polyval([1.0, 2.0, 3.0], x),
    "polyadd": lambda x: np.polyadd(x, [1.0, 2.0]),
    "polyadd shorter": lambda x: np.polyadd(x[:2], P * x[0]),
    "polysub": lambda x: np.polysub([1.0], x),
    "polymul": lambda x: np.polymul(x, [1.0, 2.0, 3.0]),
    "polymul both": lambda x: np.polymul(x, x[:2]),
    "polymul zeros": lambda x: np.polymul([0.0, 0.0, 2.0], x),
    "polydiv": lambda x: np.polydiv(x, [2.0, 1.0]),
    "polydiv by": lambda x: np.polydiv(P, x[:2]),
    "polydiv both": lambda x: np.polydiv(np.append(x, P), x[1:]),
    "polydiv longer": lambda x: np.polydiv(x[:2], P),
    "polyder": lambda x: np.polyder(x),
    "polyder 2": lambda x: np.polyder(x, 2),
    "polyder 0": lambda x: np.polyder(x, 0),
    "polyint": lambda x: np.polyint(x),
    "polyint k": lambda x: np.polyint(x, 2, k=[x[0], 3.0]),
    "poly": lambda x: np.poly(x),
    "vander": lambda x: np.vander(x),
    "vander N": lambda x: np.vander(x, 3, increasing=True),
    "vander 1": lambda x: np.vander(x, 1),
}


@pytest.mark.parametrize("name", TABLE)
def test_polynomials(name):
    check(TABLE[name], X, rtol=1e-10)


@pytest.mark.parametrize("name", TABLE)
def test_polynomials_nest(name):
    check_nested(TABLE[name], X, rtol=1e-8)


def test_roots():
    for p in (np.array([1.0, -6.0, 11.0, -6.0]), np.array([2.0, 1.0, 3.0, 1.0, 0.0])):
        assert_bitwise(np.roots(seed(p)), np.roots(p))
        got = dd.jacobian(lambda p: flatten(np.roots(p)))(p)
        np.testing.assert_allclose(got, differences(lambda p: flatten(np.roots(p)), p, 1e-4), atol=1e-7)
        first = dd.jacobian(lambda p: flatten(np.roots(p)))
        np.testing.assert_allclose(dd.jacobian(first)(p), differences(first, p, 1e-4), rtol=1e-6, atol=1e-6)
    # the sum of the roots is -p1 / p0
    np.testing.assert_allclose(
        dd.gradient(lambda p: np.sum(np.real(np.roots(p))))(P), [P[1] / P[0] ** 2, -1 / P[0], 0, 0], atol=1e-14
    )
    with pytest.raises(dd.NotDifferentiableError, match="multiple root"):
        dd.jacobian(lambda p: flatten(np.roots(p)))(np.array([1.0, 0.0, 0.0]))


def test_polynomial_of_the_eigenvalues_of_a_matrix():
    a = np.array([[2.0, 1.0], [0.5, -1.0]])
    jac = dd.jacobian(lambda a: np.poly(a))(a)
    np.testing.assert_allclose(jac[1], -np.eye(2), atol=1e-14)
    np.testing.assert_allclose(jac[2], [[-1.0, -0.5], [-1.0, 2.0]], atol=1e-14)


def test_leading_zeros_that_have_a_derivative_are_refused():
    p = np.array([0.0, 1.0, 2.0])
    for call in (lambda p: np.polymul(p, [1.0, 2.0]), lambda p: np.roots(p)):
        with pytest.raises(dd.NotDifferentiableError, match="leading coefficient is zero"):
            dd.jacobian(call)(p)
    assert dd.jvp(lambda p: np.polymul(p, [1.0, 2.0]), p, np.array([0.0, 1.0, 0.0]))[1].tolist() == [1, 2, 0]


def test_objects_of_poly1d_are_refused():
    with pytest.raises(dd.NotDifferentiableError, match=r"p\.coeffs"):
        dd.derivative(lambda x: np.polyval(np.poly1d(P), x))(0.5)


class TestFits:
    t = np.linspace(-1.0, 2.0, 9)
    y = np.sin(t) + 0.1 * t**2
    w = np.linspace(0.5, 2.0, 9)

    def closed_form(self, t, y, w):
        """The normal equations in complex arithmetic: independent of the rule, exact by complex step."""
        a = np.stack([t**k for k in (3, 2, 1, 0)], 1) * w[:, None]
        return np.linalg.solve(a.T @ a, a.T @ (y * w))

    @pytest.mark.parametrize("argument", [0, 1, 2])
    def test_in_each_argument(self, argument):
        arguments = [self.t, self.y, self.w]

        def place(f):
            return lambda v: f(*arguments[:argument], v, *arguments[argument + 1 :])

        fit = place(lambda t, y, w: np.polyfit(t, y, 3, w=w))
        v = arguments[argument]
        assert_bitwise(fit(seed(v)), fit(v))
        np.testing.assert_allclose(dd.jacobian(fit)(v), complex_step(place(self.closed_form), v), rtol=1e-9, atol=1e-10)
        first = dd.jacobian(fit)
        np.testing.assert_allclose(dd.jacobian(first)(v), differences(first, v), rtol=1e-6, atol=1e-6)

    def test_several_right_hand_sides(self):
        y = np.stack([self.y, self.y**2], 1)
        jac = dd.jacobian(lambda y: np.polyfit(self.t, y, 2))(y)
        single = dd.jacobian(lambda y: np.polyfit(self.t, y, 2))(self.y)
        np.testing.assert_allclose(jac[:, 0, :, 0], single, rtol=1e-12)
        assert not jac[:, 0, :, 1].any()

    def test_full_and_cov(self):
        c, *rest = np.polyfit(self.t, seed(self.y), 2, full=True)
        assert isinstance(c, dd.Dual)
        assert len(rest) == 4
        with pytest.raises(dd.NotDifferentiableError, match="cov"):
            np.polyfit(self.t, seed(self.y), 2, cov=True)
