"""Indexing, views and assignment of dual arrays."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dualdiff as dd
from tests.numpy_engine.judge import complex_step

SHAPE = (4, 3, 2)
INDICES = [
    0,
    -1,
    np.int64(2),
    (1, 2),
    (1, 2, 0),
    (..., 0),
    (slice(1, 3), ..., None),
    slice(None, None, -2),
    (slice(None), 1),
    [0, 2, 2],
    np.array([[0, 1], [3, 2]]),
    ([0, 1], [2, 0]),
    (0, slice(None), [0, 1, 1]),  # the axes of separated advanced indices go to the front
    ([0, 3], slice(None), [1, 0]),
    (..., [1, 0]),
    np.arange(4) > 1,
    np.ones(SHAPE, bool),
    (np.arange(4) > 1, slice(None), 0),
    True,
    (),
    Ellipsis,
]


def seeded():
    rng = np.random.default_rng(3)
    return dd.Dual(rng.normal(size=SHAPE), rng.normal(size=(5, *SHAPE)))


def assert_same(x, value, partials):
    np.testing.assert_array_equal(x.value, value)
    assert np.shape(x.value) == np.shape(value)
    assert type(x.value) is type(value)
    np.testing.assert_array_equal(x.partials, np.stack(partials))


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_an_index_selects_from_value_and_partials_alike(index):
    x = seeded()
    y = x[index]
    assert_same(y, x.value[index], [p[index] for p in x.partials])
    is_view = isinstance(x.value[index], np.ndarray) and np.shares_memory(x.value[index], x.value)
    assert np.shares_memory(y.partials, x.partials) == is_view


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_an_assignment_writes_value_and_partials_alike(index):
    x, source = seeded(), seeded()[::-1]
    for item in (source[index] * 2, source[0, 0, 0], 4.0, np.float64(2)):
        y = x.copy()
        value, partials = x.value.copy(), x.partials.copy()
        is_dual = isinstance(item, dd.Dual)
        value[index] = item.value if is_dual else item
        for k in range(5):
            partials[k][index] = item.partials[k] if is_dual else 0.0
        y[index] = item
        assert_same(y, value, partials)


def test_views_write_through():
    x = seeded()
    for view in (x[1:3], x.T, x.reshape(24), x[..., None], np.flip(x), x.swapaxes(0, 1), np.split(x, 2)[0]):
        view[(0,) * view.ndim] = 7.5
    assert np.sum(x.value == 7.5) >= 3
    assert not x.partials[:, x.value == 7.5].any()


def test_scalars_are_no_views():
    x = seeded()
    first = x[0, 0, 0]
    kept = first.partials.copy()
    x[...] = 0.0
    assert first.partials.tolist() == kept.tolist()
    row = x[0, 0, ..., 0, None][0]
    assert row.ndim == 0


def test_in_place_operators_write_into_the_same_buffer():
    x = seeded()
    view = x[1:]
    reference = x * 1.0
    for name, item in (("add", 2.0), ("mul", x[0].copy()), ("sub", reference), ("truediv", 3.0), ("pow", 2)):
        expected = getattr(x, f"__{name}__")(item)
        same = x
        same = getattr(same, f"__i{name}__")(item)
        assert same is x
        assert_same(x, expected.value, expected.partials)
        assert_same(view, x.value[1:], x.partials[:, 1:])
    y = x
    y += 1.0
    assert y is x


def test_in_place_operators_on_scalars_make_new_numbers():
    s = start = dd.Dual(1.0, 2.0)
    s += 1.0
    s *= s
    assert (start.value, s.value, s.partials.tolist()) == (1.0, 4.0, [8.0])


def test_overlapping_assignment():
    x = dd.Dual(np.arange(5.0), np.arange(5.0) * 10)
    x[1:] = x[:-1]
    assert x.value.tolist() == [0, 0, 1, 2, 3]
    assert x.partials.tolist() == [[0, 0, 10, 20, 30]]


def test_failed_assignment_says_so():
    x = seeded()
    with pytest.raises(ValueError, match="broadcast"):
        x[0] = np.ones(5)
    with pytest.raises(IndexError):
        x[9]
    with pytest.raises(dd.ShapeError, match="1 and 5 directions"):
        x[0, 0, 0] = dd.Dual(1.0, 1.0)


def test_out_may_be_a_dual():
    x = seeded()
    y = np.empty_like(x)
    assert np.multiply(x, 2.0, out=y) is y
    assert_same(y, 2 * x.value, 2 * x.partials)
    np.copyto(y, 1.0)
    assert not y.partials.any()
    np.copyto(y, x, where=x > 0)
    np.testing.assert_array_equal(y.value, np.where(x.value > 0, x.value, 1.0))


def test_iteration_and_length():
    x = seeded()
    assert len(x) == 4
    assert [row.shape for row in x] == [(3, 2)] * 4
    a, b = dd.Dual([1.0, 2.0], [3.0, 4.0])
    assert (a.value, b.partials.tolist()) == (1.0, [4.0])
    with pytest.raises(TypeError, match="0-d"):
        iter(a)
    with pytest.raises(TypeError):
        len(a)
    assert 2.0 in dd.Dual([1.0, 2.0], [3.0, 4.0])


def test_copies_are_independent():
    x = seeded()
    for y in (x.copy(), copy.copy(x), copy.deepcopy(x), np.copy(x), x.flatten()):
        y[...] = 0.0
        assert y.tag is x.tag
    assert x.value.all()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_index_gives_the_same_on_value_and_partials(data):
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=4))
    x = dd.Dual(
        np.arange(np.prod(shape), dtype=float).reshape(shape), np.random.default_rng(1).normal(size=(2, *shape))
    )
    index = data.draw(
        st.one_of(
            hnp.basic_indices(shape, allow_newaxis=True),
            hnp.integer_array_indices(shape),
            hnp.arrays(bool, shape),
        )
    )
    assert_same(x[index], x.value[index], [p[index] for p in x.partials])
    y = x.copy()
    y[index] = x[index] * 3.0
    for k in range(2):
        p = x.partials[k].copy()
        p[index] = x.partials[k][index] * 3.0
        np.testing.assert_array_equal(y.partials[k], p)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "arrange", [lambda x: x, lambda x: x.T, lambda x: x[::-1], lambda x: x[:, 1:], lambda x: x + x.T.T]
)
@pytest.mark.parametrize(
    "reshape",
    [
        lambda x: x.reshape(-1),
        lambda x: x.ravel(),
        lambda x: x.reshape(-1, order="F"),
        lambda x: x.reshape((2, -1), order="F"),
        lambda x: x[None].squeeze(),
        lambda x: np.atleast_2d(x),
        lambda x: x.T.reshape(-1),
    ],
)
def test_reshaped_arrays_are_views_or_copies_just_like_the_plain_ones(order, arrange, reshape):
    def f(x):
        x = arrange(x)
        y = reshape(x)
        y[0] = 3.0 * y[-1]
        y *= 2.0
        return np.concatenate([x.ravel(), y.ravel()])

    x = np.asarray(np.random.default_rng(0).normal(size=(4, 4)), order=order)
    value, jac = dd.value_and_jacobian(f)(x)
    np.testing.assert_array_equal(value, f(x.copy("K")))
    np.testing.assert_allclose(jac, complex_step(f, x), rtol=1e-15)


def test_arrays_made_of_a_scalar_do_not_share_its_partials():
    s = dd.Dual(1.0, 2.0)
    for y in (np.atleast_1d(s), s.reshape(1, 1), s[...], s[None], np.expand_dims(s, 0), np.copy(s), np.stack([s])):
        y[...] = 5.0
        assert s.partials.tolist() == [2.0]


def test_in_place_on_an_array_without_axes():
    x = dd.Dual([1.0, 2.0], [3.0, 4.0])
    y = x[0, ...]
    y *= 2.0
    assert x.value.tolist() == [2, 2]
    assert x.partials.tolist() == [[6, 4]]
