"""Arrays made inside a function take dual numbers: every way of writing, viewing and reading them."""

import copy
import pickle

import numpy as np
import pytest

import dualdiff as dd
from dualdiff.backends.numpy.buffers import Buffer, zeros
from dualdiff.backends.numpy.nested_sequences import settle
from tests.numpy_engine.buffer_ways import FIRST, SECOND, VALUE, WAYS, X, by_index


@pytest.mark.parametrize("name", WAYS)
def test_every_way_of_writing(name):
    f = WAYS[name]
    value, jacobian = dd.value_and_jacobian(f)(X)
    assert type(value) is type(jacobian) is np.ndarray
    np.testing.assert_array_max_ulp(value, VALUE, 4)
    np.testing.assert_allclose(jacobian, FIRST, rtol=4e-15, atol=1e-15)
    np.testing.assert_array_equal(dd.jacobian(f, chunk=1)(X), jacobian)


@pytest.mark.parametrize("name", WAYS)
def test_every_way_of_writing_nested(name):
    second = dd.jacobian(dd.jacobian(WAYS[name]))(X)
    np.testing.assert_allclose(second, SECOND, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("name", WAYS)
def test_the_value_is_bitwise_the_plain_one(name):
    if name == "dd_zeros":
        return
    plain = {"complex_items": by_index}.get(name, WAYS[name])(X)
    np.testing.assert_array_equal(dd.value_and_jacobian(WAYS[name])(X)[0], plain)


def test_two_levels_meet_in_one_buffer():
    """The inner number is stored first, the outer one later, with views taken before each."""

    def f(a):
        def g(b):
            y = np.zeros((2, 2))
            row, column = y[0], y[:, 1]
            row[0] = b * b
            corner = y[:1, :1]
            column[1] = a * a * b
            return np.sum(y) * corner[0, 0] + y[1, 1] * a

        return dd.derivative(g)(3.0) * a

    # g = (b^2 + a^2 b) b^2 + a^3 b, g' = 4 b^3 + 3 a^2 b^2 + a^3; f = g' a
    a, b = 2.0, 3.0
    assert f(a) == (4 * b**3 + 3 * a**2 * b**2 + a**3) * a
    assert dd.derivative(f)(a) == 4 * b**3 + 9 * a**2 * b**2 + 4 * a**3
    assert dd.derivative(dd.derivative(f))(a) == 18 * a * b**2 + 12 * a**2


def test_the_outer_number_first():
    def f(a):
        def g(b):
            y = np.zeros(3)
            tail = y[1:]
            y[0] = a
            y[1] = b * y[0]
            tail[1] = tail[0] * b
            return tail[1]  # a b^2

        return dd.derivative(g)(5.0)  # 10 a

    assert dd.derivative(f)(2.0) == 10.0


def test_shares_memory_exactly_as_the_plain_array():
    y = zeros((2, 3))
    plain = y.settle()
    for view in (y[1], y.T, y.reshape(3, 2), y[:, ::2], np.ravel(y), np.swapaxes(y, 0, 1), *np.split(y, 3, axis=1)):
        assert isinstance(view, Buffer)
        assert np.shares_memory(view.settle(), plain)
    for other in (y.copy(), y[[0, 1]], y + 1, y.flatten(), copy.copy(y), copy.deepcopy(y), abs(y)):
        assert isinstance(other, Buffer)
        assert not np.shares_memory(other.settle(), plain)
    y[0, 0] = dd.Dual(2.0, 1.0)
    assert plain[0, 0] == 2.0
    assert y.settle().value is plain
    assert np.shares_memory(y.T.settle().partials, y.settle().partials)


def test_a_plain_buffer_is_a_plain_array():
    y = zeros(3)
    y[1] = 4
    assert repr(y) == "array([0., 4., 0.])"
    assert str(y) == "[0. 4. 0.]"
    assert type(y[1]) is np.float64
    assert (len(y), y.shape, y.ndim, y.size, y.dtype, y.nbytes) == (3, (3,), 1, 3, np.float64, 24)
    assert float(y[1:2].sum()) == 4.0
    assert 4.0 in y
    assert 5.0 not in y
    assert y.tolist() == list(y) == [0.0, 4.0, 0.0]
    assert y.argmax() == 1
    assert type(y > 1) is np.ndarray
    assert type(y.astype(int)) is np.ndarray
    assert np.asarray(y).base is not None
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(y)), [0, 4, 0])
    np.testing.assert_array_equal(np.linalg.norm(y), 4.0)
    assert f"{y[1]:.2f}" == "4.00"
    assert divmod(y, 3)[0].tolist() == [0.0, 1.0, 0.0]
    assert (2 - y).tolist() == [2.0, -2.0, 2.0]
    assert (np.ones(3) @ y, y @ y, y.dot(y)) == (4.0, 16.0, 16.0)
    with pytest.raises(TypeError):
        hash(np.zeros(1)) and hash(y)


def test_a_plain_array_given_away_is_the_memory():
    y = zeros(3)
    given = np.asarray(y)
    given[1] = 5.0
    assert y[1] == 5.0


def test_no_dual_is_stored_while_a_plain_view_is_in_use():
    y = zeros(3)
    given = np.asarray(y)[1:]
    with pytest.raises(dd.DroppedDerivativeError, match="plain view"):
        y[1] = dd.Dual(1.0, 1.0)
    del given
    y[1] = dd.Dual(1.0, 1.0)
    np.testing.assert_array_equal(y.settle().partials, [[0.0, 1.0, 0.0]])
    with pytest.raises(dd.DroppedDerivativeError):
        np.asarray(y)


def test_what_cannot_be_stored():
    y = zeros(2)
    with pytest.raises(dd.DroppedDerivativeError, match="complex"):
        y[0] = dd.Dual(1j, 1.0)
    y.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        y[0] = dd.Dual(1.0, 1.0)
    with pytest.raises(dd.InputError, match="dtype=float"):
        zeros(2, int)
    z = zeros((2, 2))
    z[0, 0] = dd.Dual(1.0, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        z.diagonal()[0] = 1.0


def test_the_dtype_is_kept():
    y = zeros(2, np.float32)
    y[0] = dd.Dual(0.1, 0.3)
    assert y.settle().dtype == y.settle().partials.dtype == np.float32
    assert y.settle().value[0] == np.float32(0.1)
    assert settle([y, (y[0],), {"a": 1}])[0] is y.settle()


def test_a_buffer_of_an_earlier_call_has_leaked():
    kept = []

    def f(x):
        y = np.zeros(2)
        y[0] = x
        kept.append(y)
        return y[0]

    assert dd.derivative(f)(1.0) == 1.0
    with pytest.raises(dd.LeakedDualError):
        kept[0] * 2
    with pytest.raises(dd.LeakedDualError):
        dd.derivative(lambda x: kept[0][0] * x)(1.0)


def test_a_dual_in_front_settles_the_buffer():
    d = dd.Dual([1.0, 2.0], [3.0, 4.0])
    y = zeros(2)
    y[0] = d[1]
    for got in (d * y, np.multiply(d, y), y * d):
        np.testing.assert_array_equal(got.value, [2.0, 0.0])
        np.testing.assert_array_equal(got.partials, [[2 * 3.0 + 1 * 4.0, 0.0]])
    whole, part = d.copy(), d.copy()
    view = whole[:1]
    view += y[:1]
    part[:1] += y[:1].settle()
    np.testing.assert_array_equal(whole.partials, part.partials)
    whole[:] = y
    np.testing.assert_array_equal(whole.partials, [[4.0, 0.0]])
    assert (y == d).tolist() == (d == y).tolist() == [False, False]
    assert (d > y).tolist() == [False, True]
    np.testing.assert_array_equal((np.ones((2, 2)) @ y).partials, [[4.0, 4.0]])
    np.testing.assert_array_equal((d @ y).partials, [10.0])
