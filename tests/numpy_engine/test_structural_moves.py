"""Functions that give views or move, join and select elements, with their options."""

import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.truth import assert_bitwise, check, check_nested, leaves, seed

RNG = np.random.default_rng(11)
X = RNG.normal(size=(3, 4)) + 0.1
W = RNG.normal(size=(3, 4))
MASK = W > 0
ORDER = np.argsort(W, axis=1)

VIEWS = {
    "reshape": lambda x: np.reshape(x, (2, -1)),
    "reshape F": lambda x: np.reshape(x, (4, 3), order="F"),
    "reshape A": lambda x: np.reshape(x.T, (2, 6), order="A"),
    "reshape method": lambda x: x.reshape(4, -1),
    "reshape of T": lambda x: x.T.reshape(-1),
    "ravel": lambda x: np.ravel(x),
    "ravel F": lambda x: x.ravel("F"),
    "ravel K": lambda x: np.ravel(x.T, order="K"),
    "ravel K of 3 axes": lambda x: np.ravel(np.transpose(x.reshape(3, 2, 2), (1, 0, 2)), order="K"),
    "ravel A": lambda x: np.ravel(x.T, order="A"),
    "transpose": lambda x: np.transpose(x),
    "transpose axes": lambda x: np.transpose(x[None], (2, 0, -2)),
    "permute_dims": lambda x: np.permute_dims(x, (1, 0)),
    "matrix_transpose": lambda x: np.matrix_transpose(x[None]),
    "swapaxes": lambda x: np.swapaxes(x[None], axis1=0, axis2=-1),
    "moveaxis": lambda x: np.moveaxis(x[None], (0, -1), (2, 0)),
    "moveaxis list": lambda x: np.moveaxis(x[None], source=[0], destination=[-1]),
    "rollaxis": lambda x: np.rollaxis(x[None], 2, 1),
    "rollaxis negative": lambda x: np.rollaxis(x[None], -1, -2),
    "squeeze": lambda x: np.squeeze(x[:, None, :, None], axis=(1, -1)),
    "squeeze all": lambda x: np.squeeze(x[:1, :, None]),
    "expand_dims": lambda x: np.expand_dims(x, axis=(0, -1)),
    "atleast_1d": lambda x: np.atleast_1d(x[0], x),
    "atleast_2d": lambda x: np.atleast_2d(x[0]),
    "atleast_3d": lambda x: np.atleast_3d(x[0], x, 1.0),
    "broadcast_to": lambda x: np.broadcast_to(x[:, :1], (2, 3, 4)),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x[:, :1], x[:1], 2.0),
    "flip": lambda x: np.flip(x),
    "flip axes": lambda x: np.flip(x, axis=(0, -1)),
    "flipud": lambda x: np.flipud(x),
    "fliplr": lambda x: np.fliplr(x),
    "rot90": lambda x: np.rot90(x),
    "rot90 k": lambda x: np.rot90(x[None], k=-1, axes=(2, 0)),
    "rot90 2": lambda x: np.rot90(x, 2),
    "diagonal": lambda x: np.diagonal(x, 1),
    "diagonal axes": lambda x: np.diagonal(x.reshape(2, 3, 2), offset=-1, axis1=1, axis2=-1),
    "diag of a matrix": lambda x: np.diag(x, k=-1),
    "split": lambda x: np.split(x, 2, axis=1),
    "split at": lambda x: np.split(x, [1, 3], axis=-1),
    "array_split": lambda x: np.array_split(x, 3, axis=1),
    "hsplit": lambda x: np.hsplit(x, 2),
    "hsplit of a vector": lambda x: np.hsplit(x[0], [1]),
    "vsplit": lambda x: np.vsplit(x, 3),
    "dsplit": lambda x: np.dsplit(x.reshape(3, 2, 2), 2),
    "sliding_window_view": lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 3)),
    "sliding_window_view axis": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=-1),
    "real": lambda x: np.real(x),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "fftshift": lambda x: np.fft.fftshift(x)[1:],
}
if hasattr(np, "unstack"):
    VIEWS["unstack"] = lambda x: np.unstack(x, axis=1)
COPIES = {
    "reshape that copies": lambda x: x.T.reshape(2, 6),
    "tile": lambda x: np.tile(x, 2),
    "tile longer": lambda x: np.tile(x[0], (2, 1, 3)),
    "tile shorter": lambda x: np.tile(x[None], (2,)),
    "repeat": lambda x: np.repeat(x, 2),
    "repeat counts": lambda x: np.repeat(x, [1, 0, 3, 2], axis=1),
    "repeat method": lambda x: x.repeat(2, axis=-1),
    "roll": lambda x: np.roll(x, 5),
    "roll axis": lambda x: np.roll(x, -1, axis=-1),
    "roll axes": lambda x: np.roll(x, (1, 2), axis=(0, 1)),
    "roll shifts": lambda x: np.roll(x, (1, 2)),
    "meshgrid": lambda x: np.meshgrid(x[0], W[0], x[:, 1]),
    "meshgrid ij": lambda x: np.meshgrid(x[0], x[:, 1], indexing="ij"),
    "meshgrid sparse": lambda x: np.meshgrid(x[0], x[:, 1], sparse=True, copy=False),
    "meshgrid one": lambda x: np.meshgrid(x[0]),
    "tril": lambda x: np.tril(x, -1),
    "triu": lambda x: np.triu(x[None], k=1),
    "triu of a vector": lambda x: np.triu(x[0]),
    "diag of a vector": lambda x: np.diag(x[0], 1),
    "diagflat": lambda x: np.diagflat(x, -1),
    "take": lambda x: np.take(x, [[5, 0], [-1, 5]]),
    "take axis": lambda x: np.take(x, [2, 0, 2], axis=-1),
    "take scalar": lambda x: np.take(x, 1, axis=1),
    "take wrap": lambda x: np.take(x, [14, -15], mode="wrap"),
    "take clip": lambda x: x.take([14, 2], axis=0, mode="clip"),
    "take_along_axis": lambda x: np.take_along_axis(x, ORDER, axis=1),
    "take_along_axis flat": lambda x: np.take_along_axis(x, np.array([3, 3, 1]), axis=None),
    "take_along_axis wide": lambda x: np.take_along_axis(x, ORDER[:1], axis=1),
    "compress": lambda x: np.compress([True, False, True], x, axis=0),
    "compress flat": lambda x: x.compress([False, True, True]),
    "extract": lambda x: np.extract(MASK, x),
    "trim_zeros": lambda x: np.trim_zeros(np.concatenate([np.zeros(2), x[0], np.zeros(1)])),
    "trim_zeros front": lambda x: np.trim_zeros(np.concatenate([np.zeros(2), x[0], np.zeros(1)]), "f"),
    "resize": lambda x: np.resize(x, (5, 3)),
    "delete": lambda x: np.delete(x, [0, 2], axis=1),
    "delete slice": lambda x: np.delete(x, slice(1, 7, 2)),
    "concatenate": lambda x: np.concatenate([x, W, x * 2], axis=-1),
    "concatenate flat": lambda x: np.concatenate((W, x), axis=None),
    "stack": lambda x: np.stack([x, W], axis=-1),
    "stack scalars": lambda x: np.stack([x[0, 0], 3.0, x[1, 2]]),
    "stack rows": lambda x: np.stack(x),
    "hstack": lambda x: np.hstack([x, W, x]),
    "hstack mixed": lambda x: np.hstack([x[0], 1.0, x[0, 1]]),
    "vstack": lambda x: np.vstack([x, W[0]]),
    "dstack": lambda x: np.dstack([x, W]),
    "column_stack": lambda x: np.column_stack([x[0], W.T, x[1]]),
    "block": lambda x: np.block([[x, W], [x[:, ::-1], np.zeros((3, 4))]]),
    "block scalars": lambda x: np.block([x[0], 1.0, x[1, 1]]),
    "append": lambda x: np.append(x, W[0]),
    "append axis": lambda x: np.append(W, x, axis=0),
    "insert": lambda x: np.insert(x, 1, 7.0),
    "insert active": lambda x: np.insert(x, [0, 2], x[:, :2] * 3, axis=1),
    "insert into plain": lambda x: np.insert(W, 1, x[0], axis=0),
    "where": lambda x: np.where(MASK, x, 2.0),
    "where both": lambda x: np.where(MASK, x[:1], x[:, :1]),
    "where broadcast": lambda x: np.where(MASK[None], x[0], 1.0),
    "where scalar": lambda x: np.where(True, x[0, 0], x[1]),
    "select": lambda x: np.select([MASK, x > 0.2], [x, 2 * x], default=x[0, 0]),
    "select plain": lambda x: np.select([MASK], [x]),
    "choose": lambda x: np.choose([0, 1, 1, 0], [x[0], W[1]]),
    "choose wrap": lambda x: np.choose([0, 4, -1, 3], [x[0], x[1] * 2], mode="wrap"),
    "pad": lambda x: np.pad(x, 2),
    "pad constant": lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=3.0),
    "pad active constant": lambda x: np.pad(x, 1, constant_values=x[0, 0]),
    "pad active constants": lambda x: np.pad(x, 1, constant_values=(x[0, 0], x[1, 1])),
    "pad edge": lambda x: np.pad(x, (1, 2), "edge"),
    "pad reflect": lambda x: np.pad(x, 2, mode="reflect"),
    "pad reflect odd": lambda x: np.pad(x, 2, mode="reflect", reflect_type="odd"),
    "pad symmetric": lambda x: np.pad(x, ((0, 1), (2, 0)), "symmetric"),
    "pad wrap": lambda x: np.pad(x, 2, "wrap"),
    "pad linear_ramp": lambda x: np.pad(x, 2, "linear_ramp", end_values=1.0),
    "pad mean": lambda x: np.pad(x, 1, "mean"),
    "pad mean of some": lambda x: np.pad(x, 1, "mean", stat_length=2),
    "pad maximum": lambda x: np.pad(x, ((1, 2), (0, 1)), "maximum"),
    "pad minimum of some": lambda x: np.pad(x, 1, "minimum", stat_length=((1, 2), (2, 3))),
    "pad median": lambda x: np.pad(x, 1, "median"),
    "copy": lambda x: np.copy(x),
    "copy F": lambda x: np.copy(x, order="F"),
    "flatten": lambda x: x.flatten("F"),
    "linspace": lambda x: np.linspace(x[0], x[1], 5),
    "linspace open": lambda x: np.linspace(x[0, 0], 2.0, 4, endpoint=False),
    "linspace axis": lambda x: np.linspace(1.0, x, 3, axis=-1),
    "linspace step": lambda x: np.linspace(x[0], x[1, 0], 3, retstep=True),
    "linspace one": lambda x: np.linspace(x[0], x[1], 1),
    "astype": lambda x: x.astype(x.dtype),
}


@pytest.mark.parametrize("name", [*VIEWS, *COPIES])
def test_elements_and_their_partials_move_alike(name):
    check({**VIEWS, **COPIES}[name], X)


@pytest.mark.parametrize("name", [*VIEWS, *COPIES])
def test_they_nest(name):
    check_nested({**VIEWS, **COPIES}[name], X[:3, :4])


def shares(a, b):
    return np.shares_memory(a, b)


@pytest.mark.parametrize("name", [*VIEWS, *COPIES])
def test_value_and_partials_are_views_exactly_where_numpy_s_result_is_one(name):
    f = {**VIEWS, **COPIES}[name]
    plain, x = X.copy(), seed(X)
    if name.startswith(("broadcast", "meshgrid")) or "insert into" in name:
        return  # partly of other operands
    for a, b in zip(leaves(f(x)), leaves(f(plain)), strict=True):
        if isinstance(a, dd.Dual) and isinstance(b, np.ndarray):
            is_view = shares(b, plain)
            assert shares(a.value, x.value) == is_view
            assert shares(a.partials, x.partials) == is_view


def test_views_write_through():
    for f in VIEWS.values():
        x = seed(X)
        for view in leaves(f(x)):
            if isinstance(view, dd.Dual) and view.value.flags.writeable and shares(view.value, x.value):
                view[...] = 7.5
                assert (view.partials == 0).all()
                assert not x.partials[:, x.value == 7.5].any()


ASSIGNMENTS = {
    "copyto": lambda y, x: np.copyto(y, x),
    "copyto where": lambda y, x: np.copyto(y, x[:1] * 2, where=MASK),
    "copyto number": lambda y, x: np.copyto(y, 3.0, where=MASK),
    "fill_diagonal": lambda y, x: np.fill_diagonal(y, x[0, :3]),
    "fill_diagonal number": lambda y, x: np.fill_diagonal(y, 2.0),
    "fill_diagonal wrap": lambda y, x: np.fill_diagonal(y[:, :2], x[0, 0], wrap=True),
    "put": lambda y, x: np.put(y, [0, 5, -1], x[0, :2]),
    "put clip": lambda y, x: np.put(y, [0, 50], [1.0, x[0, 1]], mode="clip"),
    "put method": lambda y, x: y.put([3], x[1, 1]),
    "put_along_axis": lambda y, x: np.put_along_axis(y, ORDER[:, :1], x[:, :1] * 5, axis=1),
    "place": lambda y, x: np.place(y, MASK, x[0]),
    "putmask": lambda y, x: np.putmask(y, MASK, x * x),
    "nan_to_num": lambda y, x: np.nan_to_num(y, copy=False),
    "fill": lambda y, x: y.fill(x[0, 0]),
    "out": lambda y, x: np.sum(x[None], axis=0, out=y),
    "out positional": lambda y, x: np.take(x, [2, 1, 0], 0, y),
    "out concatenate": lambda y, x: np.concatenate([x[:1], x[1:]], 0, y),
    "sort": lambda y, x: y.sort(axis=0),
}


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_assignments_write_value_and_partials(name):
    def f(x):
        y = x * x if isinstance(x, dd.Dual) else np.array(x * x)
        ASSIGNMENTS[name](y, x)
        return y

    check(f, X)
    check_nested(f, X)


@pytest.mark.parametrize("name", [n for n in ASSIGNMENTS if n not in ("nan_to_num", "sort", "fill")])
def test_assignments_to_plain_arrays_are_refused(name):
    if "number" in name:
        return
    plain = np.zeros((3, 4))
    with pytest.raises(dd.DroppedDerivativeError):
        ASSIGNMENTS[name](plain, seed(X))
    assert not plain.any()


def test_out_must_have_the_shape_and_type_of_the_result():
    x = seed(X)
    with pytest.raises(ValueError, match="out has shape"):
        np.sum(x, axis=0, out=np.zeros_like(x))
    with pytest.raises(dd.NotDifferentiableError, match="out of type float32"):
        np.sum(x[None], axis=0, out=x.astype(np.float32))


def test_a_dual_where_an_integer_belongs_is_refused():
    calls = {
        "np.repeat": lambda x: np.repeat(x, x[0]),
        "np.roll": lambda x: np.roll(x, x[0, 0]),
        "np.take": lambda x: np.take(x, x[0, 0]),
        "np.delete": lambda x: np.delete(x, x[0, 0]),
        "np.insert": lambda x: np.insert(W, x[0, 0], 1.0),
        "np.reshape": lambda x: np.reshape(x, (x[0, 0], 2)),
        "np.choose": lambda x: np.choose(x, [W]),
        "np.split": lambda x: np.split(x, [x[0, 0]]),
    }
    for name, call in calls.items():
        with pytest.raises(dd.DroppedDerivativeError) as caught:
            dd.jacobian(call)(X)
        assert name in str(caught.value) or "index" in str(caught.value)
        assert "test_structural_moves.py:" in str(caught.value)


def test_creation_like_a_dual():
    x = seed(X)
    for call in (
        lambda: np.zeros(3, like=x),
        lambda: np.ones((2, 2), like=x),
        lambda: np.full(3, 2.0, like=x),
        lambda: np.eye(3, like=x),
        lambda: np.identity(2, like=x),
        lambda: np.tri(3, like=x),
        lambda: np.arange(3.0, like=x),
        lambda: np.asarray([1.0, 2.0], like=x),
        lambda: np.asanyarray([1.0, 2.0], like=x),
        lambda: np.ascontiguousarray([1.0, 2.0], like=x),
        lambda: np.asfortranarray([[1.0, 2.0]], like=x),
    ):
        y = call()
        assert isinstance(y, dd.Dual)
        assert y.partials.shape == (3, *y.shape)
        assert not y.partials.any()
    assert isinstance(np.arange(3, like=x), np.ndarray)
    y = np.array([x[0, 0] * 2, 3.0], like=x)
    np.testing.assert_array_equal(y.partials, np.stack([2 * x.partials[:, 0, 0], np.zeros(3)], 1))
    assert np.asarray(x, like=x) is x
    assert np.asfortranarray(x, like=x).value.flags.f_contiguous
    if hasattr(np, "astype"):  # NumPy 2.1
        assert np.astype(x, np.float32).partials.dtype == np.float32
    assert not shares(np.array(x, like=x).value, x.value)
    y = np.full(2, x[0, 0], like=x)
    np.testing.assert_array_equal(y.partials[:, 1], x.partials[:, 0, 0])
    buffer = np.empty(2, like=x)
    buffer[:] = x[0, :2]
    np.testing.assert_array_equal(buffer.partials, x.partials[:, 0, :2])


def test_functions_that_call_the_user_s():
    table = {
        "apply_along_axis": lambda x: np.apply_along_axis(lambda r: r[0] * r, 0, x),
        "apply_along_axis to scalars": lambda x: np.apply_along_axis(lambda r, k: np.sum(r**k), -1, x, 3),
        "apply_along_axis to matrices": lambda x: np.apply_along_axis(lambda r: np.outer(r, r), 1, x),
        "apply_over_axes": lambda x: np.apply_over_axes(np.sum, x[None], [0, -1]),
        "piecewise": lambda x: np.piecewise(x, [x < 0, x > 0.5], [lambda t: t * t, 2.0, lambda t: t**3]),
        "piecewise one": lambda x: np.piecewise(x[0], x[0] < 0, [lambda t: -t, lambda t: 2 * t]),
        "piecewise scalar": lambda x: np.piecewise(x[0, 0], [x[0, 0] > 9], [1.0, lambda t: t * 2]),
    }
    for f in table.values():
        check(f, X)
        check_nested(f, X + 0.03)


def test_mixed_levels_join():
    """A derivative in an inner variable of what is joined with an outer one."""

    def outer(a):
        return dd.jacobian(lambda b: np.concatenate([a * b, np.stack([b, a])[0] * a, np.insert(b, 1, a[0])]))(a * 2)

    a = np.array([1.0, 2.0])
    got = dd.jacobian(outer)(a)
    assert got.shape == (7, 2, 2)
    expected = np.zeros((7, 2, 2))
    for i in (0, 1):
        expected[i, i, i] = expected[2 + i, i, i] = 1.0
    np.testing.assert_array_equal(got, expected)
    assert_bitwise(seed(a), a)
