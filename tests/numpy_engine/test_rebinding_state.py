"""Globals, closures and objects of a function that is rebound are the real ones; edits between two calls are seen."""

import functools
import math
import sys
import traceback

import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.test_rebinding import FIRST, MODEL, Model, X, fill, helped, is_right

CALLS = 0
FACTOR = 1.0
SETTERS = []


def counting(x):
    global CALLS
    CALLS += 1
    before = plainly_read()
    CALLS += before
    return helped(x)


@functools.lru_cache
def nothing():
    return None


def plainly_read():
    return eval("CALLS")  # looks at the globals itself, and so is not rebound


def test_assigned_globals_are_the_real_ones_at_once():
    global CALLS
    CALLS = 0
    dd.jacobian(counting, chunk=2)(X)
    assert CALLS == 2
    dd.jacobian(counting, chunk=1)(X)
    assert CALLS == 2 * (2 * (2 + 1) + 1)
    assert counting.__globals__ is globals()


def test_a_global_is_deleted():
    def f(x):
        global TEMPORARY
        TEMPORARY = x[0]
        y = TEMPORARY * x[1]
        del TEMPORARY
        with pytest.raises(NameError):
            TEMPORARY  # noqa: B018, F821
        return np.array([y, math.sin(x[0])])

    assert is_right(f)
    assert "TEMPORARY" not in globals()


def test_a_nested_function_assigns_a_global():
    def f(x):
        def count():
            global CALLS
            CALLS = CALLS + 10

        count()
        return helped(x)

    global CALLS
    CALLS = 1
    dd.jacobian(f)(X)
    assert CALLS == 11


def test_variables_of_closures_stay_shared():
    def make():
        calls, history, current = 0, [], None

        def note(x):
            nonlocal calls, current
            calls += 1
            current = x

        def f(x):
            note(x)
            history.append(calls)
            return fill(np.zeros(2), current)

        return f, lambda: (calls, history)

    f, state = make()
    jac = dd.jacobian(f, chunk=1)
    np.testing.assert_allclose(jac(X), FIRST, rtol=4e-15)
    assert state() == (2, [1, 2])
    f(X)
    jac(X)
    assert state() == (5, [1, 2, 3, 4, 5])


def test_objects_are_the_real_ones():
    model = Model(1.0)
    before = Model.made
    dd.jacobian(model.run, chunk=1)(X)
    assert model.history == [0, 1]
    assert Model.made == before + 2
    assert model.last == "product"
    assert type(model) is Model
    assert vars(model).keys() == {"scale", "base", "history", "last"}


def test_function_attributes():
    def f(x):
        f.calls += 1
        return helped(x)

    f.calls = 0
    dd.jacobian(f, chunk=1)(X)
    assert f.calls == 2


def test_functions_kept_in_objects_are_the_users():
    model = Model(1.0)

    def f(x):
        model.function = helped
        model.numpy = np
        return model.function(x)

    assert is_right(f)
    assert model.function is helped
    assert model.numpy is np


def test_nothing_global_is_changed():
    home = sys.modules[helped.__module__]
    names = {module: dict(vars(module)) for module in (np, math, np.linalg, home)}
    code, closure = helped.__code__, helped.__closure__
    assert is_right(helped)
    for module, before in names.items():
        assert vars(module).keys() == before.keys()
        assert all(vars(module)[name] is item for name, item in before.items())
    assert helped.__globals__ is vars(home)
    assert (helped.__code__, helped.__closure__) == (code, closure)


def test_errors_of_the_function_keep_their_lines():
    def f(x):
        y = np.zeros(2)
        y[5] = x[0]
        return y

    with pytest.raises(IndexError) as caught:
        dd.jacobian(f)(X)
    lines = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert (__file__, f.__code__.co_firstlineno + 2) in lines


def test_edited_globals_and_helpers_are_seen(monkeypatch):
    def f(x):
        return FACTOR * helped(x)

    jac = dd.jacobian(f)
    np.testing.assert_allclose(jac(X), FIRST, rtol=4e-15)
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    np.testing.assert_allclose(jac(X), 3 * FIRST, rtol=4e-15)
    monkeypatch.setitem(globals(), "helped", lambda x: 2 * fill(np.zeros(2), x))
    np.testing.assert_allclose(jac(X), 6 * FIRST, rtol=4e-15)
    monkeypatch.setattr(fill, "__code__", (lambda y, x: x[::-1] * np.ones(2)).__code__)
    np.testing.assert_array_equal(jac(X), [[0.0, 6.0], [6.0, 0.0]])


def test_edited_defaults_closures_and_methods_are_seen(monkeypatch):
    def make(factor):
        def f(x, shift=0.0):
            return factor * (shift + x)

        return f

    f = make(2.0)
    jac, value = dd.jacobian(f), dd.value_and_jacobian(f)
    assert jac(X)[0, 0] == 2.0
    f.__closure__[0].cell_contents = 5.0
    assert jac(X)[0, 0] == 5.0
    f.__defaults__ = (1.0,)
    assert value(X)[0][0] == 5.0 * 1.7
    jac = dd.jacobian(lambda x: MODEL.run(x))
    np.testing.assert_allclose(jac(X), FIRST, rtol=4e-15)
    monkeypatch.setattr(Model, "sine", staticmethod(lambda t: 2 * math.sin(t)))
    np.testing.assert_allclose(jac(X), FIRST * [[1], [2]], rtol=4e-15)


def test_a_closure_edited_during_the_call_is_refused():
    def make():
        helper = helped

        def f(x):
            SETTERS[0]()
            return helper(x)

        def edit():
            nonlocal helper
            helper = np.cos

        SETTERS[:] = [edit]
        return f

    with pytest.raises(dd.NotDifferentiableError, match="closure was assigned"):
        dd.jacobian(make())(X)
