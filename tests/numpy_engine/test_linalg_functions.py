"""First and second derivatives of np.linalg against extrapolated differences; what has a gauge, by identities."""

import numpy as np
import pytest

from tests.numpy_engine.directional import as_tuple, differences, pushed, pushed_twice, random

LA = np.linalg
ORDERS = (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)


def adjoint(a):
    return np.conj(np.swapaxes(a, -1, -2))


def hermitian(a):
    return a + adjoint(a)


def definite(a):
    return np.matmul(a, adjoint(a)) + np.eye(a.shape[-1])


def eig_with_steady_signs(a):
    """LAPACK leaves the sign of real vectors open, and it jumps with rounding."""
    w, v = LA.eig(a)
    i = np.arange(a.shape[-1])
    return w, v * np.sign(np.real(v[..., i, i]))[..., None, :]


# functions whose result does not depend on a choice of signs or phases
FREE = {
    "inv": (LA.inv, (4, 4)),
    "inv of one": (LA.inv, (1, 1)),
    "pinv of one": (LA.pinv, (1, 1)),
    "det of one": (LA.det, (1, 1)),
    "eigvals of one": (LA.eigvals, (1, 1)),
    "svdvals of a row": (LA.svdvals, (1, 3)),
    "cholesky of one": (lambda a: LA.cholesky(definite(a)), (1, 1)),
    "nuclear norm of one": (lambda a: LA.norm(a, "nuc", axis=(-2, -1)), (1, 1)),
    "det": (LA.det, (4, 4)),
    "slogdet": (lambda a: tuple(LA.slogdet(a)), (4, 4)),
    "pinv tall": (LA.pinv, (5, 3)),
    "pinv wide": (LA.pinv, (3, 5)),
    "pinv truncated": (lambda a: LA.pinv(a, rcond=0.4), (5, 4)),
    "pinv truncated wide": (lambda a: LA.pinv(a, rtol=0.4), (4, 5)),
    "pinv hermitian": (lambda a: LA.pinv(a, hermitian=True), (4, 4)),
    "cholesky": (lambda a: LA.cholesky(definite(a)), (4, 4)),
    "cholesky upper": (lambda a: LA.cholesky(definite(a), upper=True), (4, 4)),
    "qr tall": (LA.qr, (5, 3)),
    "qr wide": (LA.qr, (3, 5)),
    "qr square": (LA.qr, (4, 4)),
    "qr one": (LA.qr, (1, 1)),
    "qr row": (LA.qr, (1, 3)),
    "qr column": (LA.qr, (3, 1)),
    "qr complete column": (lambda a: LA.qr(a, mode="complete"), (3, 1)),
    "qr raw row": (lambda a: LA.qr(a, mode="raw"), (1, 3)),
    "qr r": (lambda a: LA.qr(a, mode="r"), (5, 3)),
    "qr complete": (lambda a: LA.qr(a, mode="complete"), (5, 3)),
    "qr complete wide": (lambda a: LA.qr(a, mode="complete"), (3, 5)),
    "qr raw tall": (lambda a: LA.qr(a, mode="raw"), (5, 3)),
    "qr raw wide": (lambda a: LA.qr(a, mode="raw"), (3, 5)),
    "qr raw square": (lambda a: LA.qr(a, mode="raw"), (4, 4)),
    "svdvals": (LA.svdvals, (5, 3)),
    "svd values": (lambda a: LA.svd(a, compute_uv=False), (3, 5)),
    "svd values hermitian": (lambda a: LA.svd(hermitian(a), compute_uv=False, hermitian=True), (4, 4)),
    "eigvalsh": (LA.eigvalsh, (4, 4)),
    "eigvalsh upper": (lambda a: LA.eigvalsh(a, "U"), (4, 4)),
    "eig": (eig_with_steady_signs, (4, 4)),
    "eigvals": (LA.eigvals, (4, 4)),
    "matrix_power 0": (lambda a: LA.matrix_power(a, 0), (4, 4)),
    "matrix_power 1": (lambda a: LA.matrix_power(a, 1), (4, 4)),
    "matrix_power 3": (lambda a: LA.matrix_power(a, 3), (4, 4)),
    "matrix_power 6": (lambda a: LA.matrix_power(a, 6), (4, 4)),
    "matrix_power -3": (lambda a: LA.matrix_power(a, -3), (4, 4)),
    **{f"norm {o}": (lambda a, o=o: LA.norm(a, o, axis=(-2, -1)), (4, 3)) for o in ORDERS},
    **{f"matrix_norm {o}": (lambda a, o=o: LA.matrix_norm(a, ord=o, keepdims=True), (3, 4)) for o in ORDERS[1:]},
    **{f"vector {o}": (lambda a, o=o: LA.norm(a, o, axis=-2), (4, 3)) for o in (None, 1, -1, 2, -2, np.inf, -np.inf)},
    **{f"vector_norm {o}": (lambda a, o=o: LA.vector_norm(a + 3, ord=o, axis=(-1, -2)), (4, 3)) for o in (2, 3, 0.5)},
    "vector_norm of all": (LA.vector_norm, (4, 3)),
    "norm of all": (LA.norm, (4, 3)),
    **{f"cond {o}": (lambda a, o=o: LA.cond(a, o), (4, 4)) for o in (None, 1, -1, 2, -2, np.inf, -np.inf, "fro")},
}
REAL_ONLY = {
    "eigh": (LA.eigh, (4, 4)),
    "eigh upper": (lambda a: LA.eigh(a, UPLO="U"), (4, 4)),
    "svd": (LA.svd, (4, 4)),
    "svd tall": (lambda a: LA.svd(a, full_matrices=False), (5, 3)),
    "svd wide": (lambda a: LA.svd(a, full_matrices=False), (3, 5)),
    "svd full": (LA.svd, (4, 3)),
    "svd full wide": (LA.svd, (3, 4)),
    "svd hermitian": (lambda a: LA.svd(hermitian(a), hermitian=True), (4, 4)),
}
CASES = [(name, kind) for name in (*FREE, *REAL_ONLY) for kind in ("real", "complex") if name in FREE or kind == "real"]


def point(shape, batch, is_complex):
    """A matrix well away from singular and from equal eigenvalues, so that differences converge."""
    rng = np.random.default_rng(5)
    size = max(shape)
    base = np.diag(1.5 * np.arange(2.0, size + 2))[: shape[0], : shape[1]]
    return base + 0.4 * random(rng, (*batch, *shape), is_complex), rng


@pytest.mark.parametrize("batch", [(), (2,)], ids=["one", "stacked"])
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_first_and_second_derivatives(name, kind, batch):
    f, shape = {**FREE, **REAL_ONLY}[name]
    a, rng = point(shape, batch, kind == "complex")
    t, u = (random(rng, (2, *a.shape), kind == "complex") for _ in range(2))
    values, partials = pushed(f, (a,), (t,))
    for value, plain in zip(values, as_tuple(f(a)), strict=True):
        assert np.array_equal(value, plain)
        assert value.dtype == plain.dtype
    for got, want in zip(partials, differences(f, (a,), (t,)), strict=True):
        assert np.allclose(0.0 if got is None else got, want, rtol=1e-10, atol=1e-9)

    def first(x):
        return tuple(p for p in pushed(f, (x,), (t,))[1] if p is not None)

    for got, want in zip(pushed_twice(f, (a,), (t,), (u,)), differences(first, (a,), (u,)), strict=True):
        assert np.allclose(0.0 if got is None else got, want, rtol=1e-9, atol=1e-8)


TWO = {
    "solve vector": (LA.solve, (3, 3), (3,)),
    "solve": (LA.solve, (3, 3), (3, 2)),
    "solve stacked, vector": (LA.solve, (2, 3, 3), (3,)),
    "solve stacked": (LA.solve, (2, 3, 3), (3, 4)),
    "solve one with many": (LA.solve, (3, 3), (2, 3, 4)),
    "solve broadcast": (LA.solve, (5, 1, 3, 3), (2, 3, 4)),
    "lstsq tall": (lambda a, b: LA.lstsq(a, b)[:2] + LA.lstsq(a, b)[3:], (5, 3), (5,)),
    "lstsq tall, columns": (lambda a, b: LA.lstsq(a, b)[:2] + LA.lstsq(a, b)[3:], (5, 3), (5, 2)),
    "lstsq wide": (lambda a, b: LA.lstsq(a, b)[0], (3, 5), (3, 2)),
    "lstsq square": (lambda a, b: LA.lstsq(a, b)[0], (4, 4), (4,)),
    "lstsq truncated": (lambda a, b: LA.lstsq(a, b, rcond=0.4)[0], (5, 4), (5, 2)),
    "tensorsolve": (lambda a, b: LA.tensorsolve(np.reshape(a, (2, 3, 6)), b), (6, 6), (2, 3)),
    "tensorsolve axes": (lambda a, b: LA.tensorsolve(np.reshape(a, (3, 6, 2)), b, axes=(0, 2)), (6, 6), (6,)),
    "tensorinv": (lambda a, b: LA.tensorinv(np.reshape(a, (2, 3, 6)), ind=2) * b, (6, 6), (6, 2, 3)),
}


@pytest.mark.parametrize("is_complex", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("name", TWO)
def test_systems(name, is_complex):
    f, *shapes = TWO[name]
    a, rng = point(shapes[0][-2:], shapes[0][:-2], is_complex)
    b = random(rng, shapes[1], is_complex)
    moves = [random(rng, (3, *x.shape), is_complex) for x in (a, b)]
    for move in moves:
        move[1] = 0.0
    for active in ((True, True), (True, False), (False, True)):
        tangents = [t if is_active else None for t, is_active in zip(moves, active, strict=True)]
        values, partials = pushed(f, (a, b), tangents)
        for value, plain in zip(values, as_tuple(f(a, b)), strict=True):
            assert np.array_equal(value, plain)
        for got, want in zip(partials, differences(f, (a, b), tangents), strict=True):
            got = np.zeros_like(want) if got is None else got
            assert np.allclose(got, want, rtol=1e-10, atol=1e-10)
            assert not np.any(got[1])

        def first(x, y, tangents=tangents):
            return tuple(p for p in pushed(f, (x, y), tangents)[1] if p is not None)

        seconds = [None if t is None else t[:1] for t in tangents]
        second = pushed_twice(f, (a, b), tangents, seconds)
        for got, want in zip(second, differences(first, (a, b), seconds), strict=True):
            assert np.allclose(0.0 if got is None else got, want, rtol=1e-9, atol=1e-9)


# ---- identities: the derivative of A = Q R etc., and the gauge -------------------------------------------------------

SHAPES = [
    ((1, 1), ()),
    ((1, 3), (2,)),
    ((3, 1), ()),
    ((4, 4), ()),
    ((5, 3), ()),
    ((3, 5), ()),
    ((4, 4), (2,)),
    ((6, 3), (2,)),
    ((3, 6), (2,)),
]


@pytest.mark.parametrize("is_complex", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize(("shape", "batch"), SHAPES)
@pytest.mark.parametrize("full", [False, True])
def test_the_singular_value_decomposition_of_every_shape(shape, batch, is_complex, full):
    a, rng = point(shape, batch, is_complex)
    t = random(rng, (3, *a.shape), is_complex)
    (u, s, vh), (du, ds, dvh) = pushed(lambda x: LA.svd(x, full_matrices=full), (a,), (t,))
    k = s.shape[-1]
    u1, vh1, du1, dvh1 = u[..., :k], vh[..., :k, :], du[..., :k], dvh[..., :k, :]
    s = s[..., None, :]
    product = np.matmul(du1 * s, vh1) + np.matmul(u1 * ds[..., None, :], vh1) + np.matmul(u1 * s, dvh1)
    assert np.allclose(product, t, atol=1e-12)
    for q, dq in ((u, du), (adjoint(vh), adjoint(dvh))):
        turn = np.matmul(adjoint(q), dq)
        assert np.allclose(turn, -adjoint(turn), atol=1e-12)
    both = np.matmul(adjoint(u1), du1) + np.matmul(vh1, adjoint(dvh1))
    assert np.allclose(np.diagonal(both, axis1=-2, axis2=-1), 0.0, atol=1e-12)
    rest = np.matmul(adjoint(u[..., k:]), du[..., k:])
    assert np.allclose(rest, 0.0, atol=1e-12)


@pytest.mark.parametrize("is_complex", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_eigenvectors_of_hermitian_matrices(batch, is_complex):
    a, rng = point((4, 4), batch, is_complex)
    a, t = hermitian(a), hermitian(random(rng, (3, *a.shape), is_complex))
    (w, v), (dw, dv) = pushed(LA.eigh, (a,), (t,))
    left = np.matmul(t, v) + np.matmul(a, dv)
    assert np.allclose(left, dv * w[..., None, :] + v * dw[..., None, :], atol=1e-12)
    assert np.isrealobj(dw)
    turn = np.matmul(adjoint(v), dv)
    assert np.allclose(turn, -adjoint(turn), atol=1e-12)
    assert np.allclose(np.diagonal(turn, axis1=-2, axis2=-1), 0.0, atol=1e-13)


@pytest.mark.parametrize("is_complex", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_qr_factors(shape, is_complex, mode):
    a, rng = point(shape, (2,), is_complex)
    t = random(rng, (3, *a.shape), is_complex)
    (q, r), (dq, dr) = pushed(lambda x: LA.qr(x, mode), (a,), (t,))
    assert np.allclose(np.matmul(dq, r) + np.matmul(q, dr), t, atol=1e-12)
    turn = np.matmul(adjoint(q), dq)
    assert np.allclose(turn, -adjoint(turn), atol=1e-12)
    assert np.array_equal(dr, np.triu(dr))
    assert not np.any(np.imag(np.diagonal(dr, axis1=-2, axis2=-1)))
