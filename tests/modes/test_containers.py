"""Nested variables and results: the blocks of a Jacobian come back in the same nesting."""

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import optree
import pytest

import dualdiff as dd


class Pair(NamedTuple):
    left: np.ndarray
    right: float


@dataclass(frozen=True)
class Layer:
    weights: np.ndarray
    bias: np.ndarray

    def __post_init__(self):
        assert np.ndim(self.weights) == 2, "the operator must not run this on blocks of a Jacobian"


@dataclass
class Derived:
    x: float
    double: float = field(init=False, default=0.0)


W, B, X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([0.1, 0.2, 0.3]), np.array([0.5, -0.25])


def layer(p, x):
    return np.tanh(p.weights @ x + p.bias)


def test_a_dataclass_of_parameters():
    slope = 1 - np.tanh(W @ X + B) ** 2
    jac = dd.jacobian(layer)(Layer(W, B), X)
    assert type(jac) is Layer
    np.testing.assert_allclose(jac.bias, np.diag(slope), rtol=1e-13)
    np.testing.assert_allclose(jac.weights, np.einsum("i,ij,k->ijk", slope, np.eye(3), X), rtol=1e-13)


def test_several_variables_of_which_one_is_nested():
    inner, outer = dd.jacobian(layer, argnums=(0, 1))(Layer(W, B), X)
    assert inner.weights.shape == (3, 3, 2)
    np.testing.assert_allclose(outer, (1 - np.tanh(W @ X + B) ** 2)[:, None] * W, rtol=1e-13)


CONTAINERS = [
    {"a": 2.0, "b": 3.0},
    OrderedDict(b=2.0, a=3.0),
    defaultdict(float, a=2.0, b=3.0),
    [2.0, 3.0],
    (2.0, 3.0),
    Pair(2.0, 3.0),
]


def first_and_second(p):
    return p.values() if isinstance(p, dict) else p


@pytest.mark.parametrize("p", CONTAINERS, ids=lambda p: type(p).__name__)
def test_gradients_have_the_nesting_of_the_variable(p):
    def f(p):
        assert type(p) is type(original)
        u, v = first_and_second(p)
        return u**2 * v

    original = p
    value, slope = dd.value_and_gradient(f)(p)
    assert value == 12
    assert type(slope) is type(p)
    assert list(first_and_second(slope)) == [12, 4]
    if isinstance(p, dict):
        assert list(slope) == list(p), "the order of the keys is kept"


def test_outputs_of_every_kind():
    def f(x):
        return {"sum": x[0] + x[1], "parts": [x[:1], (x[1:], None)], "pair": Pair(x * x, x[0])}

    jac = dd.jacobian(f)(X)
    assert np.array_equal(jac["sum"], [1, 1])
    assert np.array_equal(jac["parts"][0], [[1, 0]])
    assert np.array_equal(jac["parts"][1][0], [[0, 1]])
    assert jac["parts"][1][1] is None
    assert np.array_equal(jac["pair"].left, np.diag(2 * X))
    assert np.array_equal(jac["pair"].right, [1, 0])


def test_nesting_of_the_output_outside_and_of_the_variable_inside():
    jac = dd.jacobian(lambda p: {"u": p[0] * p[1]["k"], "w": (p[0],)})([X, {"k": 2.0}])
    assert np.array_equal(jac["u"][0], 2 * np.eye(2))
    assert np.array_equal(jac["u"][1]["k"], X)
    assert np.array_equal(jac["w"][0][1]["k"], [0, 0])


def test_fields_that_the_constructor_does_not_take():
    slope = dd.gradient(lambda p: p.x * p.double)(Derived(3.0))
    assert (slope.x, slope.double) == (0.0, 3.0)


def test_what_the_user_registered_with_optree():
    class Box:
        def __init__(self, content):
            self.content = content

    optree.register_pytree_node(
        Box, lambda b: ((b.content,), None, ("content",)), lambda _, c: Box(*c), namespace="dualdiff"
    )
    try:
        slope = dd.gradient(lambda b: np.sum(b.content**2))(Box(X))
        assert type(slope) is Box
        assert np.array_equal(slope.content, 2 * X)
    finally:
        optree.unregister_pytree_node(Box, namespace="dualdiff")


def test_jvp_of_nested_primals():
    y, dy = dd.jvp(layer, (Layer(W, B), X), (Layer(np.ones_like(W), np.zeros(3)), np.zeros(2)))
    slope = 1 - np.tanh(W @ X + B) ** 2
    np.testing.assert_allclose(dy, slope * X.sum(), rtol=1e-13)
    assert np.array_equal(y, layer(Layer(W, B), X))
    with pytest.raises(dd.ShapeError, match="nesting of the primals"):
        dd.jvp(layer, (Layer(W, B), X), (W, X))


@pytest.mark.parametrize("chunk", [1, 2, 5, "auto"])
def test_chunks_across_the_leaves(chunk):
    jac = dd.jacobian(lambda p: np.outer(p["a"], p["b"]), chunk=chunk)({"a": X, "b": B})
    assert np.array_equal(jac["a"], np.einsum("ik,j->ijk", np.eye(2), B))
    assert np.array_equal(jac["b"], np.einsum("i,jk->ijk", X, np.eye(3)))


def test_inputs_are_not_modified():
    def f(p):
        p["a"] *= 2.0
        p["new"] = 1.0
        return p["a"]

    p = {"a": X.copy()}
    dd.jacobian(f)(p)
    assert list(p) == ["a"]
    assert np.array_equal(p["a"], X)


def test_second_derivatives_in_a_dict():
    hessian = dd.jacobian(dd.gradient(lambda p: p["a"] ** 2 * p["b"]))({"a": 3.0, "b": 5.0})
    assert hessian["a"]["a"] == 10
    assert hessian["a"]["b"] == hessian["b"]["a"] == 6
    assert hessian["b"]["b"] == 0
