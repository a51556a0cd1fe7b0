"""Rebinding among threads, arrays made outside, compiled libraries and classes."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
import pytest

import dualdiff as dd
from dualdiff.backends.numpy.rebinding import third_party
from dualdiff.backends.numpy.rebinding.functions import Rebinding
from tests.numpy_engine.test_rebinding import FIRST, MODEL, Model, Shifted, X, fill, helped, is_right

TABLE = np.array([[1.0, 2.0], [3.0, 4.0]])
FACTOR = 1.0


def test_threads_do_not_meet():
    jac = dd.jacobian(lambda x: Shifted(1.0)(x) + MODEL.run(x) + helped(x))
    points = [X + 0.1 * i for i in range(8)]
    alone = [jac(x) for x in points]

    def work(i):
        return [jac(points[i]) for _ in range(200)]

    with ThreadPoolExecutor(8) as pool:
        for expected, results in zip(alone, pool.map(work, range(8)), strict=True):
            assert all(np.array_equal(result, expected) for result in results)


def test_a_copy_does_not_keep_the_function_alive():
    jac = dd.jacobian(lambda x, g: g(x))

    def make(scale):
        return lambda x: scale * helped(x)

    g = make(2.0)
    jac(X, g)
    gone = weakref.ref(g)
    del g
    gc.collect()
    assert gone() is None
    assert len(jac._run_as.copies) <= 3


def test_global_arrays_are_copied_and_read_but_not_written():
    def copies(x):
        a = TABLE.copy()
        a[0, 0] = x[0]
        b = 2 * TABLE
        b[1, 1] = x[1]
        return np.array([a.sum(), (a @ b)[0, 0], TABLE[1, 0] * x[1]])

    # sum = x0 + 9; (a b)_00 = 2 x0 + 2 * 6
    np.testing.assert_array_equal(dd.jacobian(copies)(X), [[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]])
    assert TABLE.tolist() == [[1.0, 2.0], [3.0, 4.0]]

    def writes(x):
        TABLE[0, 0] = x[0]
        return TABLE

    with pytest.raises(dd.DroppedDerivativeError, match="made outside") as caught:
        dd.jacobian(writes)(X)
    assert "TABLE[0, 0] = x[0]" in str(caught.value)
    assert "y.copy()" in str(caught.value)


def test_plain_numbers_written_into_global_arrays_arrive():
    buffer = np.zeros(2)

    def f(x):
        buffer[0] += 1.0
        return helped(x)

    dd.jacobian(f, chunk=1)(X)
    assert buffer.tolist() == [2.0, 0.0]


def test_off_with_one_keyword():
    with pytest.raises(dd.DroppedDerivativeError, match=r"y\[0\] = x\[0\] \* x\[1\]"):
        dd.jacobian(helped, rebind=False)(X)


@pytest.mark.parametrize("kind", ["class body", "eval"])
def test_what_cannot_be_rebound_says_where(kind):
    def with_a_class(x):
        class Inner:
            scale = FACTOR

        y = np.zeros(2)
        y[0] = x[0] * Inner.scale
        return y

    def with_eval(x):
        y = eval("np.zeros(2)")
        y[0] = x[0]
        return y

    f = with_a_class if kind == "class body" else with_eval
    with pytest.raises(dd.DroppedDerivativeError, match=r"y\[0\] = x\[0\]"):
        dd.jacobian(f)(X)


def test_isinstance_sees_what_the_value_is():
    def f(x):
        assert isinstance(x, np.ndarray)
        assert isinstance(np.zeros(2), np.ndarray)
        assert isinstance(x[0], float)
        assert isinstance(x[0], (int, np.floating))
        assert not isinstance(x[0], int)
        assert isinstance(MODEL, Model)
        assert isinstance(Shifted(1.0), Model)
        assert np.isscalar(x[0])
        return helped(x)

    assert is_right(f)


def test_compiled_code_gets_plain_arrays():
    import numba

    @numba.njit
    def total(a):
        s = 0.0
        for i in range(a.size):
            s += a[i]
        return s

    def f(x):
        weights = np.ones(3)
        y = np.zeros(2)
        y[:] = x * total(weights)
        return y

    np.testing.assert_array_equal(dd.jacobian(f)(X), 3 * np.eye(2))
    with pytest.raises(dd.NotDifferentiableError, match="py_func"):
        dd.jacobian(lambda x: total(np.array([x[0], x[1]])))(X)


def test_scipy_gets_plain_arrays():
    from scipy import interpolate

    def f(x):
        knots = np.linspace(0.0, 1.0, 5)
        spline = interpolate.CubicSpline(knots, knots**2)
        knots[0] = x[0]
        return knots[:2] * float(spline(0.5)) * 4

    np.testing.assert_allclose(dd.jacobian(f)(X), [[1.0, 0.0], [0.0, 0.0]], rtol=1e-15)


def test_operators_inside():
    def f(x):
        inner = dd.jacobian(lambda t: fill(np.zeros(2), np.array([t[0], x[1]])))
        return inner(np.array([x[0]]))[:, 0]  # x1, cos(x0)

    np.testing.assert_allclose(dd.jacobian(f)(X), [[0.0, 1.0], [-np.sin(0.7), 0.0]], rtol=4e-15)


def test_rebinding_by_itself():
    f = Rebinding(helped)
    np.testing.assert_array_equal(f(X), helped(X))
    assert type(f(X)) is np.ndarray
    np.testing.assert_array_equal(f(dd.Dual(X, [1.0, 0.0])).partials[0], FIRST[:, 0])


class Registered(Model):
    """A class that knows its subclasses, has slots below it, and compares by its class."""

    known: ClassVar[list[str]] = []

    def __init_subclass__(cls):
        Registered.known.append(cls.__name__)


class Slotted(Registered):
    __slots__ = ("extra",)

    def finish(self, y):
        self.extra = np.zeros(2)
        self.extra[0] = y[0]
        return super().finish(y) + self.extra - self.extra


def test_classes_with_slots_and_registries():
    Registered.known[:] = []
    assert is_right(lambda x: Slotted(1.0)(x))
    assert is_right(lambda x: Registered(1.0)(x))
    assert Registered.known == []


def test_objects_that_are_returned_have_the_users_class():
    def f(x):
        model = Model(1.0)
        return model(x), model

    _, aux = dd.jacobian(f, has_aux=True)(X)
    assert type(aux) is Model


def test_class_attributes_assigned_elsewhere_are_seen(monkeypatch):
    jac = dd.jacobian(lambda x: Model.factor * x)
    monkeypatch.setattr(Model, "factor", 2.0, raising=False)
    assert jac(X)[0, 0] == 2.0
    monkeypatch.setattr(Model, "factor", 3.0)
    assert jac(X)[0, 0] == 3.0


def test_functions_of_scipy_that_are_replaced(monkeypatch):
    from scipy import linalg
    from scipy.linalg import det

    def product_of_diagonal(a):
        assert isinstance(a, (np.ndarray, dd.Dual))
        return np.prod(np.diagonal(a))

    monkeypatch.setattr(third_party, "_providers", [])
    third_party.replace_functions(lambda: {linalg.det: product_of_diagonal})
    try:
        f = lambda x: np.array([det([[x[0], 0.0], [0.0, x[1]]]), linalg.det(np.diag(x)), det(np.eye(2))])  # noqa: E731
        np.testing.assert_allclose(dd.jacobian(f)(X), [[1.3, 0.7], [1.3, 0.7], [0.0, 0.0]], rtol=1e-15)
    finally:
        third_party._replacements.cache_clear()
