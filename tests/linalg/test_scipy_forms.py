"""The forms of SciPy's functions: SciPy's value bitwise; first and second derivatives by extrapolated differences."""

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg

import dualdiff as dd
from dualdiff import linalg
from tests.numpy_engine.directional import as_tuple, differences, pushed, pushed_twice, random

ONE, MANY = (4,), (4, 3)
SQUARE, BASE = (4, 4), np.diag([4.0, 6.0, 9.0, 13.0])
CASES = {}  # name: function of a module and arrays, and the shapes of the arrays


def add(name, call, *shapes):
    CASES[name] = (call, shapes)


for lower in (False, True):
    for b in (ONE, MANY):
        for trans in (0, 1, 2) if b == MANY else (0,):
            for unit in (False, True):
                add(
                    f"solve_triangular lower={lower} trans={trans} unit={unit} {b}",
                    lambda m, a, b, o=(trans, lower, unit): m.solve_triangular(a + BASE, b, *o),
                    SQUARE,
                    b,
                )

        def cholesky(m, a, b, lower=lower):
            c, lower = m.cho_factor(a + BASE, lower=lower)
            return c, m.cho_solve((c, lower), b)

        add(f"cho_factor, cho_solve lower={lower} {b}", cholesky, SQUARE, b)
        for assume in ("gen", "sym", "her", "pos"):
            add(
                f"solve {assume} lower={lower} {b}",
                lambda m, a, b, o={"assume_a": assume, "lower": lower}: m.solve(a + BASE, b, **o),
                SQUARE,
                b,
            )
    add(f"cholesky lower={lower}", lambda m, a, lower=lower: m.cholesky(a + BASE, lower=lower), SQUARE)
    add(f"eigvalsh lower={lower}", lambda m, a, lower=lower: m.eigvalsh(a + BASE, lower=lower), SQUARE)
    add(f"eigh lower={lower}", lambda m, a, o=lower: m.eigh(a + BASE, lower=o, eigvals_only=True), SQUARE)
for shape in ((4, 4), (5, 3), (3, 5)):
    add(f"lu_factor {shape}", lambda m, a: m.lu_factor(a)[0], shape)
    for mode in ("full", "economic", "r"):
        for pivoting in (False, True):
            add(
                f"qr {mode} pivoting={pivoting} {shape}",
                lambda m, a, o={"mode": mode, "pivoting": pivoting}: m.qr(a + 6 * np.eye(*a.shape), **o)[
                    : 1 if o["mode"] == "r" else 2
                ],
                shape,
            )
for trans in (0, 1, 2):
    for b in (ONE, MANY):
        add(f"lu_solve {trans} {b}", lambda m, a, b, t=trans: m.lu_solve(m.lu_factor(a + BASE), b, trans=t), SQUARE, b)
add("solve_sylvester", lambda m, a, b, q: m.solve_sylvester(a + BASE, b + BASE[:3, :3], q), SQUARE, (3, 3), MANY)
BANDS = np.array([0.0, 0.0, 6.0, 0.0])[:, None]
add("solve_banded", lambda m, a, b: m.solve_banded((1, 2), a + BANDS, b), (4, 6), (6,))
add("solve_banded, columns", lambda m, a, b: m.solve_banded((1, 2), a + BANDS, b), (4, 6), (6, 2))
add("inv", lambda m, a: m.inv(a + BASE), SQUARE)
add("det", lambda m, a: m.det(a), SQUARE)
add("pinv", lambda m, a: m.pinv(a), (5, 3))
add("pinv, rank", lambda m, a: m.pinv(a, rtol=0.3, return_rank=True)[0], (5, 4))
add("svd values", lambda m, a: m.svd(a, compute_uv=False), (5, 3))
add("svdvals", lambda m, a: m.svdvals(a), (3, 5))
add("eigvals", lambda m, a: m.eigvals(a + BASE), SQUARE)
add("eig", lambda m, a: m.eig(a + BASE)[0], SQUARE)
add("eig, values only", lambda m, a: m.eig(a + BASE, right=False), SQUARE)
add("eigh of a pencil", lambda m, a, b: m.eigvalsh(a, b + BASE), SQUARE, SQUARE)
for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf):
    add(f"norm {order}", lambda m, a, o=order: m.norm(a, o), MANY)
add("norm 3", lambda m, a: m.norm(a, 3, axis=1), MANY)
add("lstsq", lambda m, a, b: m.lstsq(a, b)[:2] + m.lstsq(a, b)[3:], (5, 3), (5,))
add("lstsq, columns", lambda m, a, b: m.lstsq(a, b)[:2] + m.lstsq(a, b)[3:], (5, 3), (5, 2))
add("lstsq wide", lambda m, a, b: m.lstsq(a, b)[0], (3, 5), (3,))
add("lstsq gelsy", lambda m, a, b: m.lstsq(a, b, lapack_driver="gelsy")[0], (5, 3), (5,))


@pytest.mark.parametrize("is_complex", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("name", CASES)
def test_values_and_derivatives(name, is_complex):
    call, shapes = CASES[name]
    rng = np.random.default_rng(7)
    points = [random(rng, shape, is_complex) for shape in shapes]
    moves = [random(rng, (2, *shape), is_complex) for shape in shapes]
    kept = [x.copy() for x in points]

    def ours(*arrays):
        return call(linalg, *arrays)

    def plain(*arrays):
        return call(scipy.linalg, *arrays)

    every = [True] * len(shapes)
    for active in [every] if len(shapes) == 1 else [every, [True, *[False] * (len(shapes) - 1)], [False, *every[1:]]]:
        tangents = [t if is_active else None for t, is_active in zip(moves, active, strict=True)]
        values, partials = pushed(ours, points, tangents)
        for value, want in zip(values, as_tuple(plain(*points)), strict=True):
            assert np.array_equal(value, want)
            assert np.asarray(value).dtype == np.asarray(want).dtype
        for got, want in zip(partials, differences(plain, points, tangents, step=0.01), strict=True):
            assert np.allclose(0.0 if got is None else got, want, rtol=1e-9, atol=1e-9)

    assert all(np.array_equal(x, y) for x, y in zip(points, kept, strict=True))


@pytest.mark.parametrize("is_complex", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("name", CASES)
def test_second_derivatives(name, is_complex):
    call, shapes = CASES[name]
    rng = np.random.default_rng(7)
    points = [random(rng, shape, is_complex) for shape in shapes]
    tangents, seconds = ([random(rng, (k, *shape), is_complex) for shape in shapes] for k in (2, 1))

    def ours(*arrays):
        return call(linalg, *arrays)

    def first(*arrays):
        return tuple(p for p in pushed(ours, arrays, tangents)[1] if p is not None)

    second = pushed_twice(ours, points, tangents, seconds)
    for got, want in zip(second, differences(first, points, seconds, step=0.01, levels=5), strict=True):
        assert np.allclose(0.0 if got is None else got, want, rtol=1e-8, atol=1e-8)


def test_eigenvectors_of_a_pencil():
    rng = np.random.default_rng(0)
    for is_complex in (False, True):
        a, b, ta, tb = (random(rng, SQUARE, is_complex) for _ in range(4))
        a, b, ta, tb = (x + x.conj().T for x in (a, b + BASE, ta, tb))
        (w, v), (dw, dv) = pushed(linalg.eigh, (a, b), (ta[None], tb[None]))
        dw, dv = dw[0], dv[0]
        assert np.allclose(ta @ v + a @ dv, tb @ v * w + b @ dv * w + b @ v * dw, atol=1e-11)
        metric = v.conj().T @ b @ dv
        assert np.allclose(metric + metric.conj().T + v.conj().T @ tb @ v, 0.0, atol=1e-12)
        assert np.allclose(np.imag(np.diagonal(metric)), 0.0, atol=1e-13)


@pytest.mark.parametrize("is_complex", [False, True], ids=["real", "complex"])
def test_singular_and_eigenvectors(is_complex):
    rng = np.random.default_rng(1)
    a, t = random(rng, MANY, is_complex), random(rng, (2, *MANY), is_complex)
    (u, s, vh), (du, ds, dvh) = pushed(lambda x: linalg.svd(x, full_matrices=False), (a,), (t,))
    assert np.allclose(du * s @ vh + u * ds[:, None] @ vh + u * s @ dvh, t, atol=1e-12)
    a, t = random(rng, SQUARE, is_complex), random(rng, (2, *SQUARE), is_complex)
    (w, v), (dw, dv) = pushed(linalg.eig, (a,), (t,))
    assert np.allclose(t @ v + a @ dv, dv * w + v * dw[:, None], atol=1e-11)
    assert np.allclose(np.real(np.sum(v.conj() * dv, axis=1)), 0.0, atol=1e-12)


# ---- sparse systems --------------------------------------------------------------------------------------------------

_DENSE = np.random.default_rng(0).standard_normal((6, 6))
SPARSE = scipy.sparse.csr_array(np.where(np.abs(_DENSE) < 0.5, _DENSE, 0.0) + 5 * np.eye(6))


@pytest.mark.parametrize("columns", [(6,), (6, 2), (6, 1)])
@pytest.mark.parametrize("kind", ["csr", "csc", "coo"])
@pytest.mark.parametrize("is_complex", [False, True], ids=["real", "complex"])
@pytest.mark.filterwarnings("ignore::scipy.sparse.SparseEfficiencyWarning")
def test_spsolve(kind, columns, is_complex):
    A = SPARSE.asformat(kind)
    rng = np.random.default_rng(2)
    data = A.data + 0.1 * random(rng, A.data.shape, is_complex)
    b = random(rng, columns, is_complex)
    moves = [random(rng, (2, *x.shape), is_complex) for x in (data, b)]

    def ours(data, b):
        return linalg.spsolve(A, b, data=data)

    def plain(data, b):
        copy = A.astype(data.dtype)
        copy.data = data.copy()
        return scipy.sparse.linalg.spsolve(copy, b)

    for active in ((True, True), (True, False), (False, True)):
        tangents = [t if is_active else None for t, is_active in zip(moves, active, strict=True)]
        values, partials = pushed(ours, (data, b), tangents)
        assert np.array_equal(values[0], plain(data, b))
        want = differences(plain, (data, b), tangents, step=0.1)[0]
        assert np.allclose(partials[0], want, rtol=1e-10, atol=1e-11)
    second = pushed_twice(ours, (data, b), moves, moves)[0]
    want = differences(lambda d, b: pushed(ours, (d, b), moves)[1][0], (data, b), moves, step=0.1)[0]
    assert np.allclose(second, want, rtol=1e-10, atol=1e-11)


def test_spsolve_with_a_plain_matrix_of_any_format():
    A = SPARSE.tolil()
    got = dd.jacobian(lambda b: linalg.spsolve(A.tocsr(), b))(np.ones(6))
    assert np.allclose(got, np.linalg.inv(SPARSE.toarray()), atol=1e-14)
    assert np.array_equal(
        linalg.spsolve(SPARSE.tocsc(), np.ones(6)), scipy.sparse.linalg.spsolve(SPARSE.tocsc(), np.ones(6))
    )
    with pytest.raises(dd.InputError, match="csr, csc or coo"):
        linalg.spsolve(A, np.ones(6), data=np.ones(3))
    with pytest.raises(dd.ShapeError, match=r"data has shape \(3,\)"):
        linalg.spsolve(SPARSE.tocsr(), np.ones(6), data=np.ones(3))


# ---- refusals, the table of replacements -----------------------------------------------------------------------------

REFUSED = {
    "left=": lambda x: linalg.eig(x, left=True, right=False),
    "subset": lambda x: linalg.eigh(x, subset_by_index=[0, 1]),
    "mode='raw'": lambda x: linalg.qr(x, mode="raw"),
    "scipy.linalg.eigvals with b=": lambda x: linalg.eigvals(x, np.eye(3)),
    "scipy.linalg.eigh of a matrix with repeated eigenvalues": lambda x: linalg.eigh(x)[1],
    "zero pivot": lambda x: linalg.lu_factor(0 * x + x * np.diag([1.0, 0.0, 1.0]))[0],
}


@pytest.mark.filterwarnings("ignore:Diagonal number")
@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name):
    with pytest.raises(dd.NotDifferentiableError, match=name) as caught:
        dd.jacobian(REFUSED[name])(np.eye(3))
    assert len(str(caught.value).splitlines()) == 3


def test_replacements_are_complete():
    table = linalg.replacements()
    assert {form.__name__ for form in table.values()} == set(linalg.__all__) - {"replacements"}
    assert all(function.__name__ == form.__name__ for function, form in table.items())


def test_plain_arguments_give_what_scipy_gives():
    a = BASE + np.ones(SQUARE)
    for name in ("inv", "det", "expm", "cholesky", "norm", "svdvals"):
        got, want = getattr(linalg, name)(a), getattr(scipy.linalg, name)(a)
        assert np.array_equal(got, want)
