"""The copy of a function that runs in its place: it does what the function does, and changes nothing else."""

import copy
import functools
import math
import sys
import types

import numpy as np
import pytest

import dualdiff as dd

X = np.array([0.7, 1.3])
FIRST = np.array([[1.3, 0.7], [np.cos(0.7), 0.0]])


def fill(y, x):
    """Write x0 x1 and sin(x0), with a plain buffer of its own."""
    y[0] = x[0] * x[1]
    y[1] = math.sin(x[0])
    return y


def helped(x):
    return fill(np.zeros(2), x)


def scaled(factor, x, shift):
    return factor * fill(np.zeros(2), x) + shift


def is_right(f, x=X, first=FIRST):
    value, jacobian = dd.value_and_jacobian(f)(x)
    np.testing.assert_array_equal(value, np.asarray(f(x)))
    np.testing.assert_allclose(jacobian, first, rtol=4e-15)
    return True


def decorated(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs)

    return wrapper


@decorated
def through_a_decorator(x):
    return fill(np.zeros(2), x)


def through_an_import(x):
    import math as m

    import numpy as np_again
    from numpy import zeros as make

    y = make(2)
    y[0], y[1] = np_again.prod(x), m.sin(x[0])
    return y


def through_a_recursion(x, i=0, y=None):
    y = np.zeros(2) if y is None else y
    if i == 2:
        return y
    y[i] = (x[0] * x[1], math.sin(x[0]))[i]
    return through_a_recursion(x, i + 1, y)


def through_a_generator(x):
    def items():
        y = np.zeros(1)
        for item in (x[0] * x[1], math.sin(x[0])):
            y[0] = item
            yield y[0]

    return np.array(list(items()))


def through_a_default(x, g=helped):
    return g(x)


def through_a_keyword_default(x, *, g=helped, sin=math.sin):
    return np.array([g(x)[0], sin(x[0])])


def through_a_comprehension(x):
    return np.array([g(x)[i] for i, g in enumerate([helped, lambda x: fill(np.zeros(2), x)])])


def through_map(x):
    return np.array([*map(math.prod, [x]), *map(math.sin, x[:1])])


def through_a_local_partial(x):
    return functools.partial(fill, np.zeros(2))(x)


@np.vectorize
def sine(t):
    y = np.zeros(1)
    y[0] = math.sin(t)
    return y[0]


def through_vectorize(x):
    return np.array([x[0] * x[1], sine(x)[0]])


class Model:
    """Writes into arrays that it makes, as objects of the user do."""

    made = 0

    def __init__(self, scale):
        self.scale = scale
        self.base = np.zeros(2)
        self.history = []

    def __call__(self, x):
        return self.run(x)

    def run(self, x):
        self.history.append(len(self.history))
        Model.made += 1
        y = self.base.copy()
        y[0] = self.product(x)
        y[1] = self.sine(x[0])
        return self.finish(y)

    def product(self, x):
        self.last = "product"
        return x[0] * x[1]

    @staticmethod
    def sine(t):
        return math.sin(t)

    @property
    def shift(self):
        shift = np.zeros(2)
        shift[0] = self.scale
        return shift

    def finish(self, y):
        return self.scale * y


class Shifted(Model):
    def finish(self, y):
        return super().finish(y) + self.shift - self.shift


MODEL = Model(1.0)
PATHS = {
    "helper": helped,
    "lambda": lambda x: fill(np.zeros(2), x),
    "partial": functools.partial(scaled, 1.0, shift=0.0),
    "bound method": MODEL.run,
    "callable object": MODEL,
    "global object": lambda x: MODEL.run(x),
    "super": Shifted(1.0),
    "class": lambda x: Shifted(1.0)(x),
    "unbound method": lambda x: Model.run(MODEL, x),
    "table": lambda x, table={"f": helped}: table["f"](x),
    "list": lambda x, functions=[helped]: functions[0](x),
    "tuple": lambda x, functions=(helped, 1): functions[0](x),
    **{name[8:]: function for name, function in list(globals().items()) if name.startswith("through_")},
}


@pytest.mark.parametrize("name", PATHS)
def test_every_path_to_a_function(name):
    f = PATHS[name]
    value, jacobian = dd.value_and_jacobian(f)(X)
    np.testing.assert_array_equal(value, np.asarray(copy.deepcopy(f)(X)))
    np.testing.assert_allclose(jacobian, FIRST, rtol=4e-15)
    second = dd.jacobian(dd.jacobian(f))(X)
    np.testing.assert_allclose(second[0], [[0.0, 1.0], [1.0, 0.0]], rtol=1e-14)
    np.testing.assert_allclose(second[1], [[-np.sin(0.7), 0.0], [0.0, 0.0]], rtol=1e-14)


def test_a_closure():
    def make():
        table, helper, arrays = np.eye(2), fill, np

        def f(x):
            y = table.copy()
            y[0, 0] = helper(arrays.zeros(2), x)[0]
            y[1, 1] = math.sin(x[0])
            return y.sum(axis=1)

        return f

    assert is_right(make())


def test_functions_given_as_arguments():
    def f(x, g, out, scale=1.0):
        return g(out, x) * scale

    out = np.zeros(2)
    np.testing.assert_allclose(dd.jacobian(f)(X, fill, out, scale=2.0), 2 * FIRST, rtol=4e-15)
    assert out.tolist() == [0.0, 0.0]  # inputs are never modified


MODULE = """
import numpy as np

calls = 0

def run(x):
    global calls
    calls += 1
    return fill(np.zeros(2), x)
"""
SCRIPT = """
from numpy import *

def f(x):
    y = zeros(2)
    y[0] = x[0] * x[1]
    y[1] = sin(x[0])
    return y
"""


def test_a_module_of_the_user():
    module = types.ModuleType("users_model")
    module.fill = fill
    exec(MODULE, module.__dict__)
    sys.modules["users_model"] = module
    try:
        assert is_right(lambda x: module.run(x))

        def by_import(x):
            import users_model
            from users_model import run

            users_model.calls = 100
            return run(x)

        assert is_right(by_import)
        assert module.calls == 101
    finally:
        del sys.modules["users_model"]


def test_a_function_without_a_module():
    namespace = {}
    exec(SCRIPT, namespace)
    assert is_right(namespace["f"])
