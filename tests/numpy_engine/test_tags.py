"""Perturbations never mix: nested invocations, closures, leaked numbers, threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dualdiff as dd
from dualdiff.numbers.tags import Tag

D = dd.derivative


def test_the_classical_confusion():
    assert D(lambda x: x * D(lambda y: x + y)(1.0))(1.0) == 1.0
    assert D(lambda x: x * D(lambda y: x * y)(2.0))(3.0) == 6.0
    assert D(lambda x: D(lambda y: x)(1.0))(1.0) == 0.0
    assert D(lambda x: D(lambda y: x * x)(1.0) + x)(5.0) == 1.0


def test_higher_derivatives_by_nesting():
    f = np.exp
    for _ in range(4):
        f = D(f)
    assert f(1.0) == pytest.approx(np.e, rel=1e-15)
    assert D(D(np.sin))(0.3) == -np.sin(0.3)
    assert D(D(D(lambda x: x**5)))(2.0) == 240.0
    assert D(D(lambda x: np.sqrt(x) / x**1.5))(2.0) == pytest.approx(2 / 8)


@pytest.mark.parametrize("f", [np.hypot, np.arctan2, np.multiply, np.power, np.maximum, np.divide])
def test_functions_of_arguments_with_different_tags(f):
    """d2f/dadb by nesting in both orders, against differences of the first derivative."""
    a, b = 1.25, 0.75
    ab = D(lambda a: D(lambda b: f(a, b))(b))(a)
    ba = D(lambda b: D(lambda a: f(a, b))(a))(b)
    h = 1e-5
    step = (D(f, argnums=1)(a + h, b) - D(f, argnums=1)(a - h, b)) / (2 * h)
    assert ab == pytest.approx(ba, rel=1e-14)
    assert ab == pytest.approx(step, abs=1e-9)


def test_three_tags_meet_in_one_function():
    def g(x):
        return D(lambda y: D(lambda z: np.where(z > 0, x * y * z, 0.0) + np.hypot(x * y, z))(3.0))(2.0)

    h = 1e-4
    assert D(g)(1.5) == pytest.approx((g(1.5 + h) - g(1.5 - h)) / (2 * h), rel=1e-6)


def test_hessians_by_nesting():
    def f(x):
        y = np.empty_like(x)
        for i in range(3):
            y[i] = x[i] * x[i - 1] ** 2
        y[1] += np.sin(x[0])
        return np.sum(y * y[::-1])

    x = np.array([0.3, -0.7, 1.1])
    hessian = dd.jacobian(dd.gradient(f))(x)
    h = 1e-6
    g = dd.gradient(f)
    differences = np.stack([(g(x + h * e) - g(x - h * e)) / (2 * h) for e in np.eye(3)], -1)
    np.testing.assert_allclose(hessian, differences, atol=1e-8)
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-15)
    for chunk in (1, 2, 3):
        np.testing.assert_allclose(dd.jacobian(dd.gradient(f, chunk=chunk), chunk=chunk)(x), hessian, rtol=1e-15)


def test_a_closure_over_an_outer_array():
    def f(a):
        return dd.jacobian(lambda x: x * a + np.sum(a * a))(np.ones(2)).sum()

    np.testing.assert_allclose(dd.gradient(f)(np.array([2.0, 3.0])), [1.0, 1.0])


def test_storing_an_outer_number_is_right_or_raises():
    def inner(x, a, like):
        y = np.empty_like(like(x, a))
        y[0] = x[0] * a
        y[1] = a * a
        return y

    def outer(a, like):
        return np.sum(dd.jacobian(lambda x: inner(x, a, like))(np.array([1.0, 2.0])))

    assert D(lambda a: outer(a, lambda x, a: x * a))(3.0) == 1.0
    with pytest.raises(dd.DroppedDerivativeError, match=r"np.empty_like\(x \* a\)"):
        D(lambda a: outer(a, lambda x, a: x))(3.0)


def test_storing_an_inner_number_in_an_outer_array_raises():
    def f(x):
        y = np.zeros_like(x)

        def g(z):
            y[0] = z
            return z

        return x * D(g)(1.0)

    with pytest.raises(dd.DroppedDerivativeError, match="storing a value of the derivative of g in an array"):
        dd.jacobian(f)(np.ones(2))


def test_jvp_of_a_jvp():
    def f(x):
        return np.sin(x) * x[::-1]

    x, v, w = np.array([0.2, 0.7]), np.array([1.0, 2.0]), np.array([-1.0, 0.5])
    _, second = dd.jvp(lambda x: dd.jvp(f, x, v)[1], x, w)
    hessian = dd.jacobian(dd.jacobian(f))(x)
    np.testing.assert_allclose(second, hessian @ w @ v, rtol=1e-14)
    _, linear = dd.jvp(lambda v: dd.jvp(f, x, v)[1], v, w)
    np.testing.assert_allclose(linear, dd.jvp(f, x, w)[1], rtol=1e-14)


def test_a_kept_number_is_detected_in_any_operation():
    kept = []

    def f(x):
        kept.append(x)
        return x * 2

    dd.jacobian(f)(np.ones(2))
    (x,) = kept
    uses = [
        lambda: x + 1,
        lambda: 1 - x,
        lambda: np.sin(x),
        lambda: x < 1,
        lambda: x[0],
        lambda: np.sum(x),
        lambda: x @ x,
        lambda: np.where(x.value > 0, x, 1),
        lambda: np.stack([x, x]),
        lambda: x.__setitem__(0, 1.0),
        lambda: x.reshape(2, 1),
        lambda: x.copy(),
        lambda: x**2,
        lambda: -x,
        lambda: np.floor(x),
        lambda: np.linalg.norm(x),
        lambda: np.zeros_like(x),
        lambda: x.T,
        lambda: x.astype(np.float32),
        lambda: list(x),
        lambda: np.argmax(x),
    ]
    for use in uses:
        with pytest.raises(dd.LeakedDualError, match="made by the jacobian of f is used after that call has ended"):
            use()


def test_returning_a_number_of_an_earlier_call_is_detected():
    first = []

    def f(x):
        first.append(x)
        return first[0]

    with pytest.raises(dd.LeakedDualError, match="jacobian of f"):
        dd.jacobian(f, chunk=1)(np.ones(2))


def test_passes_of_one_call_do_not_share_numbers():
    cache = {}

    def f(x):
        return x * cache.setdefault("scale", x[0])

    with pytest.raises(dd.LeakedDualError):
        dd.jacobian(f, chunk=1)(np.ones(3))


def test_memoized_functions_are_refused():
    from functools import lru_cache

    f = lru_cache(lambda x: x * x)
    with pytest.raises(dd.NotDifferentiableError, match="Remove the cache"):
        D(f)(2.0)


def test_a_tag_closes_when_f_raises():
    kept = []

    def f(x):
        kept.append(x)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        D(f)(1.0)
    with pytest.raises(dd.LeakedDualError):
        _ = kept[0] + 1


def test_tags_have_distinct_levels_across_threads():
    levels = []

    def work():
        levels.extend(Tag("t").level for _ in range(500))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(set(levels)) == 2000


def test_threads_do_not_disturb_each_other():
    def f(x, a):
        return np.stack([x[0] * D(lambda y: y * x[1] + a * y**2)(2.0), np.sin(a * x[0])])

    jac = dd.jacobian(f)
    x = np.array([0.5, 2.0])

    def work(i):
        a = float(i)
        return jac(x, a), np.array([[2.0 + 4 * a, 0.5], [a * np.cos(a * 0.5), 0.0]])

    with ThreadPoolExecutor(4) as pool:
        for got, expected in pool.map(work, range(400)):
            np.testing.assert_allclose(got, expected, rtol=1e-14)
