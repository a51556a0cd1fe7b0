"""The models themselves: published end points, minimisers and roots."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dualdiff.problems import (
    PROBLEMS,
    broyden_tridiagonal,
    brusselator,
    hires,
    lorenz,
    pollution,
    robertson,
    rosenbrock,
)


@pytest.mark.parametrize(
    ("make", "rtol", "atol"),
    [(pollution, 1e-10, 1e-22), (hires, 1e-10, 1e-14), (robertson, 1e-10, 1e-24)],
    ids=["pollution", "hires", "robertson"],
)
def test_radau_reproduces_the_published_end_point(make, rtol, atol):
    p = make()
    solver = {"method": "Radau", "jac": lambda t, y: p.jacobian(y), "rtol": rtol, "atol": atol}
    sol = solve_ivp(lambda t, y: p.f(y), (0.0, p.t_end), p.y0, **solver)
    assert sol.success
    np.testing.assert_allclose(sol.y[:, -1], p.y_end, rtol=1e-8)


@pytest.mark.parametrize("make", [pollution, hires, robertson])
def test_start_and_end_are_given_together(make):
    p = make()
    assert p.y0.shape == p.y_end.shape == p.x.shape


@pytest.mark.parametrize("name", sorted(set(PROBLEMS) - {"pollution", "hires", "robertson"}))
def test_no_published_trajectory(name):
    p = PROBLEMS[name]()
    assert p.y0 is None
    assert p.t_end is None
    assert p.y_end is None


def test_robertson_conserves_mass():
    p = robertson()
    assert np.abs(p.jacobian(p.x).sum(axis=0)).max() <= 1e-12


def test_lorenz_rests_at_its_fixed_points():
    p = lorenz()
    _, rho, beta = p.args
    side = np.sqrt(beta * (rho - 1.0))
    for fixed in (np.zeros(3), np.array([side, side, rho - 1.0]), np.array([-side, -side, rho - 1.0])):
        np.testing.assert_allclose(p.f(fixed, *p.args), 0.0, atol=1e-13)


@pytest.mark.parametrize("n", [2, 3, 10])
def test_rosenbrock_at_its_minimiser(n):
    p = rosenbrock(n)
    ones = np.ones(n)
    assert p.f(ones) == 0.0
    assert np.array_equal(p.jacobian(ones), np.zeros(n))


def test_rosenbrock_of_two_variables_at_the_standard_start():
    p = rosenbrock(2)  # f = 24.2, gradient (-215.6, -88): Moré, Garbow, Hillstrom, problem 1
    np.testing.assert_allclose(p.f(p.x), 24.2, rtol=1e-14)
    np.testing.assert_allclose(p.jacobian(p.x), [-215.6, -88.0], rtol=1e-14)


def test_newton_with_the_jacobian_finds_broydens_root():
    p = broyden_tridiagonal(30)
    x = p.x
    for _ in range(6):
        x = x - np.linalg.solve(p.jacobian(x), p.f(x))
    np.testing.assert_allclose(p.f(x), 0.0, atol=1e-14)
    # far from both ends all unknowns are equal: 3x - 2x^2 - 3x + 1 = 0
    np.testing.assert_allclose(x[10:15], -np.sqrt(0.5), atol=1e-4)


def test_brusselator_rests_at_the_uniform_state():
    p = brusselator(4)
    n, a, b, _ = p.args
    w = np.concatenate((np.full(n * n, a), np.full(n * n, b / a)))
    np.testing.assert_allclose(p.f(w, *p.args), 0.0, atol=1e-13)


def test_brusselator_is_periodic():
    p = brusselator(4)
    rolled = np.roll(p.x.reshape(2, 4, 4), (1, 2), axis=(1, 2)).ravel()
    want = np.roll(p.f(p.x, *p.args).reshape(2, 4, 4), (1, 2), axis=(1, 2)).ravel()
    np.testing.assert_allclose(p.f(rolled, *p.args), want, rtol=1e-12, atol=1e-13)


def test_diffusion_of_the_brusselator_is_second_order():
    """A Fourier mode is an eigenfunction of the Laplacian: -(2 pi)^2 in the limit."""
    errors = []
    for n in (8, 16):
        s = (np.arange(n) + 0.5) / n
        mode = np.cos(2 * np.pi * s)[:, None] * np.ones(n)
        w = np.concatenate((np.zeros(n * n), mode.ravel()))  # u = 0: no reaction in v
        p = brusselator(n)
        dv = p.f(w, *p.args)[n * n :]
        errors.append(np.abs(dv + 0.1 * (2 * np.pi) ** 2 * mode.ravel()).max())
    assert 3.7 < errors[0] / errors[1] < 4.3
