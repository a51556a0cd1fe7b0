"""expm, logm and sqrtm against 40-digit derivatives: the corner of the function of a block triangular matrix."""

import mpmath
import numpy as np
import pytest
import scipy.linalg

import dualdiff as dd
from dualdiff import linalg
from tests.numpy_engine.directional import pushed

RNG = np.random.default_rng(3)
JORDAN = 2.0 * np.eye(3) + np.eye(3, k=1)
MATRICES = {
    "scalar": np.array([[1.7]]),
    "general": RNG.standard_normal((4, 4)) + np.diag([3.0, 5.0, 7.0, 9.0]),
    "defective": JORDAN,
    "symmetric, repeated": np.diag([1.0, 1.0, 4.0]),
    "complex": np.diag([2.0, 3.0, 5.0]) + 0.5 * (RNG.standard_normal((3, 3)) + 1j * RNG.standard_normal((3, 3))),
    "near one": np.eye(3) + 1e-9 * RNG.standard_normal((3, 3)),
    "spread": np.diag([1e-3, 1.0, 30.0]) + np.triu(RNG.standard_normal((3, 3)), 1),
}


def frechet(name, a, t):
    """The derivative in the direction ``t``, to about 40 digits."""
    n = len(a)
    with mpmath.workdps(60):
        block = mpmath.matrix(np.block([[a, t], [np.zeros_like(a), a]]).tolist())
        # mpmath takes its roots by iterations that need a spectrum away from the negative axis, as here
        result = getattr(mpmath, name)(block)
        corner = result[:n, n:]
        values = [[complex(corner[i, j]) for j in range(n)] for i in range(n)]
    return np.array(values)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("name", ["expm", "logm", "sqrtm"])
def test_first_derivatives(name, matrix):
    a = MATRICES[matrix]
    t = np.random.default_rng(1).standard_normal((2, *a.shape)) * (1j if a.dtype.kind == "c" else 1)
    (value,), (partials,) = pushed(getattr(linalg, name), (a,), (t,))
    plain = getattr(scipy.linalg, name)(a)
    assert np.array_equal(value, plain)
    assert value.dtype == plain.dtype
    for got, move in zip(partials, t, strict=True):
        want = frechet(name, a, move)
        assert np.allclose(got, want, rtol=0, atol=3e-14 * np.abs(want).max() * (20 if matrix == "spread" else 1))


@pytest.mark.parametrize("scale", [1e-12, 0.3, 4.7, 4.8, 40.0])
def test_the_exponential_at_every_number_of_squarings(scale):
    a = scale * np.array([[0.2, 1.0], [-0.7, 0.1]])
    t = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    want = frechet("expm", a, t[0])
    assert np.allclose(pushed(linalg.expm, (a,), (t,))[1][0][0], want, rtol=0, atol=2e-14 * np.abs(want).max())


def test_second_derivatives_of_a_scalar_argument():
    a = MATRICES["general"] / 4
    for name, function in {"expm": np.exp, "logm": np.log, "sqrtm": np.sqrt}.items():
        w, v = np.linalg.eig(a)
        form = getattr(linalg, name)
        got = dd.derivative(dd.derivative(lambda t, form=form: form(t * a)))(1.3)
        slope = {np.exp: w**2 * np.exp(1.3 * w), np.log: 0 * w - 1 / 1.3**2, np.sqrt: -np.sqrt(w) / 4 / 1.3**1.5}[
            function
        ]
        assert np.allclose(got, ((v * slope) @ np.linalg.inv(v)).real, atol=1e-12)


def test_the_jacobians_of_inverse_functions_are_inverse():
    a = MATRICES["general"] / 4
    for there, back in ((linalg.logm, linalg.expm), (linalg.sqrtm, lambda x: x @ x)):
        first = dd.jacobian(there)(a).reshape(16, 16)
        second = dd.jacobian(back)(np.real(there(a))).reshape(16, 16)  # older versions of SciPy give a complex root
        assert np.allclose(first @ second, np.eye(16), atol=1e-12)


@pytest.mark.parametrize("name", ["expm", "logm", "sqrtm"])
def test_stacked_matrices(name):
    form = getattr(linalg, name)
    a = np.stack([MATRICES["defective"], MATRICES["symmetric, repeated"]])
    value = pushed(form, (a,), (a[None],))[0][0]
    assert np.array_equal(value, np.stack([getattr(scipy.linalg, name)(x) for x in a]))
    got = dd.jacobian(form)(a)
    for i in range(2):
        assert np.allclose(got[i, :, :, i], dd.jacobian(form)(a[i]), rtol=1e-14)
        assert not np.any(got[i, :, :, 1 - i])


def test_a_real_matrix_with_a_complex_root():
    a = np.diag([-4.0, 9.0]) + np.triu(np.ones((2, 2)), 1)
    t = np.array([[[1.0, 0.0], [0.0, 0.0]]])
    root = pushed(linalg.sqrtm, (a,), (t,))
    x, dx = root[0][0], root[1][0][0]
    assert np.allclose(x @ dx + dx @ x, t[0], atol=1e-14)
    logarithm = pushed(linalg.logm, (a,), (t,))[1][0][0]
    assert np.allclose(np.trace(logarithm), -0.25, atol=1e-14)


@pytest.mark.filterwarnings("ignore:Matrix is singular")
def test_singular_roots_are_refused():
    a = np.diag([0.0, 1.0])
    with pytest.raises(dd.NotDifferentiableError, match="eigenvalue is zero"):
        dd.jacobian(linalg.sqrtm)(a)
    assert not np.any(pushed(linalg.sqrtm, (a,), (np.zeros((2, 2, 2)),))[1][0])


def test_sylvester_is_solved_for_all_directions_at_once():
    a, b = MATRICES["general"], MATRICES["defective"]
    q = RNG.standard_normal((4, 3))
    got = dd.jacobian(lambda q: linalg.solve_sylvester(a, b, q))(q).reshape(12, 12)
    assert np.allclose(got, np.linalg.inv(np.kron(a, np.eye(3)) + np.kron(np.eye(4), b.T)), atol=1e-14)
