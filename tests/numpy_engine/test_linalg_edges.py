"""Linear algebra where it is delicate: singular matrices, repeated values, zero tangents, ties, float32, refusals."""

from fractions import Fraction

import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.directional import pushed

LA = np.linalg


def exact_det(rows):
    """The determinant of rational numbers, expanded by the first row."""
    if not rows:
        return 1
    rest = [row[1:] for row in rows]
    return sum((-1) ** i * row[0] * exact_det(rest[:i] + rest[i + 1 :]) for i, row in enumerate(rows) if row[0])


def cofactors(a):
    exact = [[Fraction(x) for x in row] for row in a.tolist()]
    n = range(len(a))
    return np.array(
        [
            [
                (-1) ** (i + j) * float(exact_det([row[:j] + row[j + 1 :] for row in exact[:i] + exact[i + 1 :]]))
                for j in n
            ]
            for i in n
        ]
    )


RNG = np.random.default_rng(0)
SINGULAR = {
    "zero": np.zeros((3, 3)),
    "rank 1 of 2": np.array([[1.0, 2.0], [2.0, 4.0]]),
    "rank 2 of 3": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),
    "rank 1 of 3": np.ones((3, 3)),
    "a zero row": np.diag([2.0, 0.0, 3.0]),
    "rank 4 of 5": RNG.standard_normal((5, 4)) @ RNG.standard_normal((4, 5)),
    "ill-conditioned": 1 / (1.0 + np.add.outer(np.arange(7), np.arange(7))),
    "regular": RNG.standard_normal((5, 5)),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_det_has_its_true_derivative_everywhere(name):
    a = SINGULAR[name]
    want = cofactors(a)
    scale = np.abs(a).max() ** (len(a) - 1) + (np.abs(a).max() == 0)
    assert np.allclose(dd.gradient(LA.det)(a), want, rtol=1e-12, atol=1e-13 * scale)


@pytest.mark.parametrize("name", ["zero", "rank 1 of 2", "rank 2 of 3", "rank 1 of 3", "a zero row"])
def test_det_has_its_true_second_derivative_at_singular_matrices(name):
    a = SINGULAR[name]
    got = dd.jacobian(dd.gradient(LA.det))(a)
    n = len(a)
    for i, j in np.ndindex(n, n):  # the cofactors are of degree n - 1 <= 2: central differences are exact
        e = np.zeros((n, n))
        e[i, j] = 0.5
        assert np.allclose(got[:, :, i, j], cofactors(a + e) - cofactors(a - e), atol=1e-12)


def test_det_beyond_the_range_of_floats():
    assert np.allclose(
        dd.gradient(LA.det)(np.diag([1e-200, 1e-200, 1.0])), np.diag([1e-200, 1e-200, 0]), rtol=1e-13, atol=0
    )
    assert np.allclose(dd.gradient(LA.det)(1e-110 * np.eye(3)), 1e-220 * np.eye(3), rtol=1e-13, atol=0)
    assert dd.gradient(LA.det)(np.zeros((1, 1))).tolist() == [[1.0]]


def test_det_of_stacked_matrices_some_singular():
    a = np.stack([SINGULAR["rank 2 of 3"], np.eye(3), SINGULAR["zero"]])
    got = dd.jacobian(LA.det)(a)
    for i in range(3):
        assert np.allclose(got[i, i], cofactors(a[i]), atol=1e-13)
        assert not np.any(np.delete(got[i], i, 0))


def test_a_large_singular_matrix():
    n = 60
    u, v = (LA.qr(RNG.standard_normal((n, n)))[0] for _ in range(2))
    s = np.append(np.linspace(1.5, 0.6, n - 1), 0.0)
    want = LA.det(u) * LA.det(v) * np.prod(s[:-1]) * np.outer(u[:, -1], v[:, -1])
    assert np.allclose(dd.gradient(LA.det)((u * s) @ v.T), want, rtol=1e-10, atol=1e-12 * np.abs(want).max())


# ---- repeated eigenvalues and singular values ------------------------------------------------------------------------

Q = LA.qr(RNG.standard_normal((3, 3)))[0]
DOUBLE = Q @ np.diag([1.0, 1.0, 2.0]) @ Q.T
DOUBLE = (DOUBLE + DOUBLE.T) / 2
LOW_RANK = RNG.standard_normal((5, 2)) @ RNG.standard_normal((2, 4))
REFUSED = {
    "np.linalg.eigh": (lambda x: LA.eigh(x)[1], DOUBLE, "repeated eigenvalues"),
    "np.linalg.eigvalsh": (LA.eigvalsh, np.eye(2), "repeated eigenvalues"),
    "np.linalg.eig ": (lambda x: LA.eig(x)[0], np.array([[1.0, 1.0], [0.0, 1.0]]), "repeated eigenvalues"),
    "np.linalg.eig of": (lambda x: LA.eig(x)[1], np.eye(3), "repeated eigenvalues"),
    "np.linalg.eigvals": (LA.eigvals, np.eye(3) + np.eye(3, k=1), "repeated eigenvalues"),
    "np.linalg.svd": (lambda x: LA.svd(x)[0], np.eye(2), "repeated singular values"),
    "np.linalg.svd of a matrix of lower rank": (lambda x: LA.svd(x)[0], LOW_RANK, "rank"),
    "np.linalg.svdvals": (LA.svdvals, DOUBLE, "repeated singular values"),
    "np.linalg.qr": (lambda x: LA.qr(x)[1], np.ones((3, 2)), "linearly dependent columns"),
    "np.linalg.qr with mode='raw'": (lambda x: LA.qr(x, mode="raw")[1], np.eye(3), "zero below the diagonal"),
    "np.linalg.slogdet": (lambda x: LA.slogdet(x)[1], np.ones((2, 2)), "singular"),
    "np.linalg.cond": (lambda x: LA.cond(x, 1), np.zeros((2, 2)), "singular"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_derivative_is_refused(name):
    f, x, reason = REFUSED[name]
    with pytest.raises(dd.NotDifferentiableError, match=reason) as caught:
        dd.jacobian(f)(x)
    message = str(caught.value)
    assert name.strip() in message
    assert "test_linalg_edges.py" in message
    assert len(message.splitlines()) == 3


UNSPLIT = {
    "eigvalsh": (lambda t: LA.eigvalsh(t * DOUBLE), [1.0, 1.0, 2.0]),
    "eigh": (lambda t: LA.eigh(DOUBLE + t * np.eye(3))[0], [1.0, 1.0, 1.0]),
    "eigenvectors": (lambda t: LA.eigh(t * DOUBLE)[1], np.zeros((3, 3))),
    "eigvals": (lambda t: LA.eigvals(t * np.eye(3)), [1.0, 1.0, 1.0]),
    "svdvals": (lambda t: LA.svdvals(t * DOUBLE), [2.0, 1.0, 1.0]),
    "svd": (lambda t: LA.svd(t * LOW_RANK)[1], LA.svdvals(LOW_RANK)),
}


@pytest.mark.parametrize("name", UNSPLIT)
def test_directions_that_do_not_split_repeated_values_are_differentiated(name):
    f, want = UNSPLIT[name]
    assert np.allclose(dd.jacobian(f)(np.array(1.5)), want, atol=1e-13)


def test_other_vectors_stay_differentiable_beside_repeated_values():
    """The projector on the vector of the simple eigenvalue 2 moves where only that one is coupled."""
    v = LA.eigh(DOUBLE)[1]
    move = np.outer(v[:, 2], v[:, 0]) + np.outer(v[:, 0], v[:, 2])
    moved = dd.jvp(lambda x: LA.eigh(x)[1][:, 2], (DOUBLE,), (move,))[1]
    assert np.allclose(moved, v[:, 0], atol=1e-12)


def test_least_squares_does_not_suffer_from_repeated_singular_values():
    q = LA.qr(RNG.standard_normal((5, 3)))[0]
    got = dd.jacobian(lambda b: LA.lstsq(q, b)[0])(np.ones(5))
    assert np.allclose(got, q.T, atol=1e-13)
    whole = dd.jacobian(lambda x: LA.lstsq(x, np.ones(5))[0])(q)
    assert np.all(np.isfinite(whole))
    assert np.all(np.isnan(dd.jacobian(lambda x: LA.lstsq(x, np.ones(5))[3])(q)[0, 0]))


# ---- zero tangents, infinities ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [LA.inv, LA.det, LA.pinv, lambda x: LA.solve(x, np.ones((2, 2)))], ids=range(4))
def test_an_undefined_matrix_does_not_disturb_the_others(f):
    a = np.stack([np.diag([1.0, 2.0]), np.diag([np.inf, 1.0])])
    moved = np.stack([np.ones((2, 2)), np.zeros((2, 2))])
    if f is LA.pinv:
        a[1] = [[1e308, 1e308], [0, 1e308]]
    with np.errstate(all="ignore"):
        tangent = dd.jvp(f, (a,), (moved,))[1]
        alone = dd.jvp(f, (a[:1],), (moved[:1],))[1]
    assert np.allclose(tangent[0], alone[0], rtol=1e-14)
    assert not np.any(tangent[1])


def test_directions_that_do_not_move_a_singular_matrix_stay_zero():
    for f in (lambda x: LA.slogdet(x)[1], lambda x: LA.qr(x)[1], LA.eigvalsh, lambda x: LA.svd(x)[2]):
        partials = pushed(f, (np.ones((2, 2)),), (np.zeros((3, 2, 2)),))[1][0]
        assert not np.any(partials)


# ---- norms -----------------------------------------------------------------------------------------------------------

NORMS = {
    "zero vector": (lambda x: LA.norm(x), np.zeros(3), [0, 0, 0]),
    "square of the norm at zero": (lambda x: LA.norm(x) ** 2, np.zeros(3), [0, 0, 0]),
    "zero vector, 3": (lambda x: LA.norm(x, 3), np.zeros(2), [0, 0]),
    "one zero, 3": (lambda x: LA.norm(x, 3), np.array([0.0, -2.0]), [0, -1]),
    "one zero, 1": (lambda x: LA.norm(x, 1), np.array([0.0, -2.0]), [0, -1]),
    "one zero, 1/2": (lambda x: LA.norm(x, 0.5), np.array([4.0, 0.0]), [1, 0]),
    "1/2": (lambda x: LA.norm(x, 0.5), np.array([4.0, -9.0]), [2.5, -5 / 3]),
    "tie of inf": (lambda x: LA.norm(x, np.inf), np.array([2.0, -2.0, 1.0]), [0.5, -0.5, 0]),
    "tie of -inf": (lambda x: LA.norm(x, -np.inf), np.array([3.0, -2.0, 2.0]), [0, -0.5, 0.5]),
    "count": (lambda x: LA.norm(x, 0) + 0 * x[0], np.array([3.0, 0.0]), [0, 0]),
    "tie of columns": (lambda x: LA.norm(x, 1), np.array([[1.0, -2.0], [2.0, 1.0]]), [[0.5, -0.5], [0.5, 0.5]]),
    "tie of rows": (lambda x: LA.norm(x, np.inf), np.array([[1.0, -2.0], [2.0, 1.0]]), [[0.5, -0.5], [0.5, 0.5]]),
    "equal singular values": (lambda x: LA.norm(x, 2), np.eye(2), [[0.5, 0], [0, 0.5]]),
    "smallest of equal ones": (lambda x: LA.norm(x, -2), np.eye(2), [[0.5, 0], [0, 0.5]]),
    "smallest is zero": (lambda x: LA.norm(x, -2), np.diag([1.0, 0.0]), np.zeros((2, 2))),
    "nuclear of equal ones": (lambda x: LA.norm(x, "nuc"), np.eye(2), np.eye(2)),
    "nuclear of rank 1": (lambda x: LA.norm(x, "nuc"), np.diag([2.0, 0.0]), np.diag([1.0, 0.0])),
    "zero matrix": (lambda x: LA.norm(x, "nuc") + LA.norm(x, 2) + LA.norm(x), np.zeros((2, 2)), np.zeros((2, 2))),
    "tiny": (LA.norm, np.array([3e-200, 4e-200]), [0.6, 0.8]),
    "huge": (LA.norm, np.array([3e200, 4e200]), [0.6, 0.8]),
}


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.parametrize("name", NORMS)
def test_norms_at_kinks_and_ties(name):
    f, x, want = NORMS[name]
    assert np.allclose(dd.gradient(f)(x), want, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("f", "x", "places"),
    [
        (LA.norm, np.zeros(2), "flat indices 0, 1"),
        (lambda x: LA.norm(x, axis=1), np.array([[1.0, 2.0], [0.0, 0.0]]), "flat indices 2, 3"),
        (lambda x: LA.norm(x, 1), np.array([1.0, 0.0]), "flat index 1"),
        (lambda x: LA.norm(x, np.inf), np.array([1.0, -1.0]), "kink"),
        (lambda x: LA.norm(x, 2), np.eye(2), "kink"),
        (lambda x: LA.norm(x, "nuc", axis=(0, 2)), np.zeros((2, 1, 2)), "kink"),
    ],
)
def test_kinks_of_norms_are_reported(f, x, places):
    with pytest.raises(dd.KinkError, match=places):
        dd.jacobian(f, kinks="raise")(x)


def test_the_hessian_of_a_norm():
    x = np.array([1.0, -2.0, 2.0])
    want = np.eye(3) / 3 - np.outer(x, x) / 27
    assert np.allclose(dd.jacobian(dd.gradient(LA.norm))(x), want, atol=1e-15)
    assert np.allclose(dd.jacobian(dd.gradient(lambda x: LA.norm(x[None], axis=1)[0]))(x), want, atol=1e-15)


# ---- types, empty arrays, errors of NumPy ----------------------------------------------------------------------------

FUNCTIONS = {
    "inv": LA.inv,
    "det": LA.det,
    "solve": lambda x: LA.solve(x, x[0]),
    "pinv": LA.pinv,
    "pinv truncated": lambda x: LA.pinv(x, rcond=0.7),
    "lstsq": lambda x: LA.lstsq(x[:, :2], x[0])[0],
    "cholesky": lambda x: LA.cholesky(x + x.T),
    "qr": lambda x: LA.qr(x)[0],
    "qr complete": lambda x: LA.qr(x[:, :2], mode="complete")[0],
    "qr raw": lambda x: LA.qr(x[:, :2], mode="raw")[0],
    "svd": lambda x: LA.svd(x[:, :2])[0],
    "eigh": lambda x: LA.eigh(x)[1],
    "eig": lambda x: LA.eig(x)[1],
    "eigvals": LA.eigvals,
    "slogdet": lambda x: LA.slogdet(x)[1],
    "norm": LA.norm,
    "norm nuc": lambda x: LA.norm(x, "nuc"),
    "norm 3": lambda x: LA.norm(x, 3, axis=0),
    "cond": LA.cond,
    "cond 1": lambda x: LA.cond(x, 1),
    "matrix_power": lambda x: LA.matrix_power(x, 5),
    "einsum": lambda x: np.einsum("ij,jk", x, x),
    "cross": lambda x: np.cross(x[0], x[1]),
    "convolve": lambda x: np.convolve(x[0], x[1]),
    "kron": lambda x: np.kron(x, x),
}
SINGLE = (RNG.standard_normal((3, 3)) / 2 + np.diag([4.0, 6.0, 9.0])).astype(np.float32)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_stays_and_agrees_with_float64(name):
    f = FUNCTIONS[name]
    got, want = dd.jacobian(f)(SINGLE), dd.jacobian(f)(SINGLE.astype(float))
    assert got.dtype == np.float32
    assert np.allclose(got, want, rtol=2e-5, atol=2e-5 * np.abs(want).max())


EMPTY = {
    "inv": (LA.inv, (0, 0)),
    "stacked inv": (LA.inv, (0, 3, 3)),
    "det": (LA.det, (0, 0)),
    "stacked det": (LA.det, (0, 3, 3)),
    "solve": (lambda x: LA.solve(x, np.zeros((0, 2))), (0, 0)),
    "pinv": (LA.pinv, (0, 3)),
    "cholesky": (LA.cholesky, (0, 0)),
    "qr": (lambda x: LA.qr(x)[0], (3, 0)),
    "svd": (lambda x: LA.svd(x)[1], (0, 3)),
    "svdvals": (LA.svdvals, (0, 2)),
    "eigh": (lambda x: LA.eigh(x)[0], (0, 0)),
    "eig": (lambda x: LA.eig(x)[0], (0, 0)),
    "slogdet": (lambda x: LA.slogdet(x)[1], (0, 0)),
    "norm": (lambda x: LA.norm(x, axis=1), (3, 0)),
    "matmul": (lambda x: x @ np.ones((0, 2)), (3, 0)),
    "matrix_power": (lambda x: LA.matrix_power(x, 3), (0, 0)),
}


@pytest.mark.parametrize("name", EMPTY)
def test_empty_matrices(name):
    f, shape = EMPTY[name]
    (value,), (partials,) = pushed(f, (np.zeros(shape),), (np.zeros((2, *shape)),))
    assert partials.shape == (2, *value.shape)
    assert np.array_equal(value, f(np.zeros(shape)))


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (LA.inv, np.ones((2, 2)), "Singular matrix"),
        (lambda x: LA.solve(x, x), np.ones((2, 2)), "Singular matrix"),
        (LA.cholesky, -np.eye(2), "not positive definite"),
        (LA.det, np.ones((2, 3)), "square"),
        (lambda x: LA.matrix_power(x, 2), np.ones((2, 3)), "square"),
    ],
)
def test_errors_of_numpy_pass_through(f, x, message):
    with pytest.raises(LA.LinAlgError, match=message):
        dd.jacobian(f)(x)


def test_inputs_are_not_modified():
    for f in FUNCTIONS.values():
        x = SINGLE.astype(float)
        dd.jacobian(f)(x)
        assert np.array_equal(x, SINGLE.astype(float))


def test_one_triangle_is_read():
    """NumPy reads the lower triangle only: the derivative in the entries above is zero."""
    a = np.array([[4.0, 7.0], [1.0, 3.0]])
    for f in (LA.cholesky, LA.eigvalsh, lambda x: LA.eigh(x)[1]):
        assert not np.any(dd.jacobian(f)(a)[..., 0, 1])
    assert not np.any(dd.jacobian(lambda x: LA.eigvalsh(x, "U"))(a)[..., 1, 0])


def test_results_do_not_depend_on_the_chunk():
    a = SINGLE.astype(float)
    for name, f in FUNCTIONS.items():
        whole = dd.jacobian(f)(a)
        for chunk in (1, 2, 4):
            assert np.allclose(dd.jacobian(f, chunk=chunk)(a), whole, rtol=1e-13, atol=1e-14 * np.abs(whole).max()), (
                name
            )


@pytest.mark.parametrize("f", [LA.inv, LA.det, LA.eigvals, lambda x: LA.matrix_power(x, 3), lambda x: x @ x])
def test_holomorphic_functions(f):
    """A complex tangent of a holomorphic function: the same as by real and imaginary parts."""
    rng = np.random.default_rng(2)
    a = rng.standard_normal((3, 3)) + 1j * rng.standard_normal((3, 3)) + np.diag([1, 3, 5])
    t = rng.standard_normal((1, 3, 3))
    along, across = (pushed(f, (a,), (factor * t,))[1][0] for factor in (1, 1j))
    assert np.allclose(across, 1j * along, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("f", [LA.norm, LA.pinv, LA.qr, LA.eigh, LA.cholesky, LA.svd, LA.slogdet, LA.cond])
def test_functions_that_conjugate_are_refused_in_holomorphic_derivatives(f):
    a = np.array([[5.0 + 0j, 1j], [-1j, 3.0]])
    with pytest.raises(dd.NotDifferentiableError, match="not holomorphic"):
        dd.jacobian(lambda x: f(x), holomorphic=True)(a)
