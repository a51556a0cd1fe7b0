"""Products of duals against extrapolated differences: any operand active, real and complex, all shapes."""

import itertools

import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.directional import as_tuple, differences, pushed, random

LA = np.linalg
PRODUCTS = {}


def add(name, f, *shapes):
    for a, b in shapes:
        PRODUCTS[f"{name} {a} {b}"] = (f, a, b)


V, M, T = (3,), (3, 4), (5, 2, 3)
add("dot", np.dot, ((), ()), ((), V), (V, ()), (V, V), ((2, 3), V), (V, M), ((2, 3), M), ((2, 3), ()), (T, V))
add("dot", np.dot, (V, (5, 3, 2)), (T, M), ((2, 3), (5, 3, 4)), (T, (4, 3, 2)))
add("matmul", np.matmul, (V, V), ((2, 3), V), (V, M), ((2, 3), M), (T, V), (V, (5, 3, 2)), (T, M), ((2, 3), (5, 3, 4)))
add("matmul", np.matmul, (T, (5, 3, 2)), ((5, 1, 2, 3), (4, 3, 2)), ((2, 3), (3, 1)), ((2, 30), (30, 12)))
add("linalg.matmul", LA.matmul, ((2, 3), M), (T, M))
add("inner", np.inner, ((), ()), ((), V), (V, ()), (V, V), ((2, 3), V), ((2, 3), (4, 3)), (T, (4, 3)))
add("vdot", np.vdot, (V, V), ((2, 3), (3, 2)))
add("outer", np.outer, (V, (4,)), ((3, 2), (4,)))
add("linalg.outer", LA.outer, (V, (4,)))
add("kron", np.kron, (V, (4,)), ((2, 3), (4,)), (V, (2, 2)), ((2, 3), (3, 2)), ((), (2,)), ((2, 3), (2, 2, 2)))
for axes, a, b in [
    (2, (4, 2, 3), (2, 3, 5)),
    (1, (2, 3), M),
    (0, (2,), V),
    (([1, 0], [0, 2]), (2, 3), (3, 4, 2)),
    ((-1, 0), (2, 3), M),
    ((1, -1), (2, 3), (4, 3)),
]:
    for function in (np.tensordot, LA.tensordot):
        add(f"{function.__module__}.tensordot {axes}", lambda a, b, f=function, axes=axes: f(a, b, axes=axes), (a, b))
add("cross", np.cross, (V, V), ((4, 3), V), (V, (4, 3)))
add("cross axes", lambda a, b: np.cross(a, b, axisa=0, axisb=1, axisc=0), ((3, 4), (4, 3)))
add("cross axis", lambda a, b: np.cross(a, b, axis=1), ((4, 3, 2), (4, 3, 2)))
add("linalg.cross", lambda a, b: LA.cross(a, b, axis=0), ((3, 4), (3, 4)))
for mode in ("full", "same", "valid"):
    pairs = [((m,), (n,)) for m, n in itertools.product((1, 2, 3, 4, 5, 40), (1, 2, 3, 4, 41))]
    add(f"convolve {mode}", lambda a, b, mode=mode: np.convolve(a, b, mode), *pairs)
    add(f"correlate {mode}", lambda a, b, mode=mode: np.correlate(a, b, mode), *pairs)
add("vecdot", np.vecdot, ((4, 3), (4, 3)), (V, (4, 3)), ((4, 3), V))
add("vecdot 0", lambda a, b: np.vecdot(a, b, axis=0), ((4, 3), (4, 3)))
add("vecdot -2", lambda a, b: np.vecdot(a, b, axis=-2), ((2, 4, 3), (4, 3)))
add("linalg.vecdot", lambda a, b: LA.vecdot(a, b, axis=-1), ((4, 3), (4, 3)))
if hasattr(np, "matvec"):
    add("matvec", np.matvec, ((2, 3), V), (T, V), ((2, 3), (5, 3)))
    add("vecmat", np.vecmat, ((2,), (2, 3)), ((2,), T), ((5, 2), (2, 3)))
for spec, a, b in [
    ("ij,jk", (2, 3), M),
    ("ij,jk->ki", (2, 3), M),
    ("...ij,...jk->...ik", T, M),
    ("i,i", V, V),
    ("ij,ji->", (2, 3), (3, 2)),
    ("ii,ij->j", (3, 3), (3, 2)),
    ("i...,i", (3, 2), V),
    ("ij,jk->ik", (70, 60), (60, 2)),
]:
    for optimize in (False, True, "optimal"):
        add(f"einsum {spec} {optimize}", lambda a, b, s=spec, o=optimize: np.einsum(s, a, b, optimize=o), (a, b))
add("einsum of lists", lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), ((2, 3), M))
add("einsum of lists, implicit", lambda a, b: np.einsum(a, [1, 0], b, [1, 2]), ((2, 3), (2, 4)))
add("einsum of lists, ellipsis", lambda a, b: np.einsum(a, [0, Ellipsis], b, [0, Ellipsis]), ((2, 3), (2, 3)))
add("einsum of three", lambda a, b: np.einsum("ij,jk,kl->il", a, b, a), ((2, 3), (3, 2)))
PATH = ["einsum_path", (0, 1), (0, 1)]
add("einsum with a path", lambda a, b: np.einsum("ij,jk,kl->il", a, b, a, optimize=PATH), ((2, 3), (3, 2)))
add("multi_dot", lambda a, b: LA.multi_dot([a, b, a, b]), ((2, 3), (3, 2)))
add("multi_dot of vectors", lambda a, b: LA.multi_dot([a, b, a]), (V, (3, 3)))
add("multi_dot vector first", lambda a, b: LA.multi_dot([a, b, b, b]), (V, (3, 3)))
add("multi_dot vector last", lambda a, b: LA.multi_dot([b, b, a]), (V, (3, 3)))
add("linalg.trace", lambda a, b: LA.trace(a, offset=1) * b, ((2, 3, 4), ()))
add("linalg.diagonal", lambda a, b: LA.diagonal(a, offset=-1) * b, ((2, 3, 4), ()))
add("linalg.matrix_transpose", lambda a, b: LA.matrix_transpose(a) * b, ((2, 3, 4), ()))


@pytest.mark.parametrize("is_complex", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name, is_complex):
    f, *shapes = PRODUCTS[name]
    rng = np.random.default_rng(1)
    points = [np.asarray(random(rng, shape, is_complex)) for shape in shapes]
    moves = [random(rng, (3, *shape), is_complex) for shape in shapes]
    for move in moves:
        move[1] = 0.0
    for active in ((True, True), (True, False), (False, True)):
        tangents = [t if is_active else None for t, is_active in zip(moves, active, strict=True)]
        values, partials = pushed(f, points, tangents)
        for value, plain in zip(values, as_tuple(f(*points)), strict=True):
            if is_complex and "cross" in name:  # of copies, NumPy 2.0 itself gives other last bits
                assert np.allclose(value, plain, rtol=1e-15, atol=1e-15)
            else:
                assert np.array_equal(value, plain)
        for got, want in zip(partials, differences(f, points, tangents), strict=True):
            assert np.allclose(got, want, rtol=1e-10, atol=1e-10)
            assert not np.any(got[1])


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors:DeprecationWarning")
@pytest.mark.parametrize("shapes", [((4, 2), (2,)), ((4, 2), (3,)), ((3,), (4, 2))])
def test_cross_products_of_two_components(shapes):
    rng = np.random.default_rng(1)
    points, tangents = [rng.standard_normal(s) for s in shapes], [rng.standard_normal((2, *s)) for s in shapes]
    got = pushed(np.cross, points, tangents)[1][0]
    assert np.allclose(got, differences(np.cross, points, tangents)[0], atol=1e-11)


INFINITE = {
    "matmul": lambda x: np.array([[np.inf, 1.0], [2.0, 3.0]]) @ x,
    "dot": lambda x: np.dot(x, np.array([[np.inf, 2.0], [1.0, 3.0]])),
    "inner": lambda x: np.inner(np.array([[np.inf, 1.0], [2.0, 3.0]]), x),
    "tensordot": lambda x: np.tensordot(x, np.array([[np.inf, 2.0], [1.0, 3.0]]), 1),
    "einsum": lambda x: np.einsum("ij,j", np.array([[np.inf, 1.0], [2.0, 3.0]]), x),
    "einsum of three": lambda x: np.einsum("ij,j,->i", np.array([[np.inf, 1.0], [2.0, 3.0]]), x, np.array(1.0)),
    "multi_dot": lambda x: np.linalg.multi_dot([np.eye(2), np.array([[np.inf, 1.0], [2.0, 3.0]]), x]),
}


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize("name", INFINITE)
def test_a_zero_tangent_stays_zero_beside_an_infinite_factor(name):
    want = [[np.inf, 1.0], [2.0, 3.0]] if name != "multi_dot" else [[np.inf, 1.0], [np.nan, 3.0]]
    got = dd.jacobian(INFINITE[name])(np.array([1.0, 2.0]))
    assert np.array_equal(got[:, 1], np.array(want)[:, 1])
    assert got[0, 0] == np.inf


def test_the_partials_of_a_matrix_times_a_vector_are_one_product(monkeypatch):
    from dualdiff.backends.numpy.functions import products

    calls = []
    original = products.matmul_partials
    monkeypatch.setattr(products, "matmul_partials", lambda *args: calls.append(args[0].shape) or original(*args))
    w, n = np.random.default_rng(0).standard_normal((7, 5)), 5
    assert np.array_equal(dd.jacobian(lambda x: w @ x)(np.ones(n)), w)
    assert calls == [(5, 5)]


def test_einsum_path_looks_at_the_shapes_only():
    path = dd.value_and_jacobian(lambda x: x * len(np.einsum_path("i,ij->j", x, np.eye(3))[0]))(np.ones(3))[0]
    assert path[0] == len(np.einsum_path("i,ij->j", np.ones(3), np.eye(3))[0])


def test_diagonals_are_views():
    x = np.arange(9.0).reshape(3, 3)
    (value,), (partials,) = pushed(np.linalg.diagonal, (x,), (np.ones((2, 3, 3)),))
    assert np.shares_memory(value, x)
    assert partials.base is not None


@pytest.mark.parametrize("shape", [(4,), (2, 4)])
def test_a_sparse_matrix_on_the_right(shape):
    from scipy.sparse import csc_matrix, csr_array

    dense = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0], [0.0, 0.0]])
    x = np.random.default_rng(0).standard_normal(shape)
    for kind in (csr_array, csc_matrix):
        sparse = kind(dense)
        got = dd.value_and_jacobian(lambda x, sparse=sparse: x @ sparse)(x)
        assert np.array_equal(got[0], x @ sparse)
        assert np.array_equal(got[1], dd.jacobian(lambda x: x @ dense)(x))
        second = dd.jacobian(dd.jacobian(lambda x, sparse=sparse: (x * x) @ sparse))(x)
        assert np.array_equal(second, dd.jacobian(dd.jacobian(lambda x: (x * x) @ dense))(x))
