"""A right derivative raises no alarm, a wrong one is found and named."""

import numba
import numpy as np
import pytest

import dualdiff as dd
from dualdiff.problems import PROBLEMS

check = dd.check_derivative
X = np.array([0.7, -1.3, 2.1])

RIGHT = {
    "smooth": (lambda x: x * np.sin(x) + x[0] * x[1], X),
    "scalar": (lambda x: np.exp(-(x**2)), 0.4),
    "a number": (lambda x: np.sum(x**3), X),
    "of all sizes": (lambda x: np.exp(x / np.array([1e-9, 1.0, 1e12])), X * np.array([1e-9, 1.0, 1e12])),
    "zeros": (lambda x: x * x[::-1], np.zeros(3)),
    "kink at the point": (np.abs, np.array([0.0, 1.0])),
    "kink nearby": (lambda x: np.abs(x - 1 - 1e-9), np.array([1.0, 2.0])),
    "branch at the point": (lambda x: np.where(x >= 0, x, 0.0), np.array([0.0, 1.0])),
    "tie": (lambda x: np.maximum(x, x[::-1]) + np.max(x), np.array([1.0, 1.0])),
    "norm at the origin": (np.linalg.norm, np.zeros(3)),
    "stairs": (lambda x: np.floor(1000 * x) + x, np.array([0.3, 1.01])),
    "fast oscillation": (lambda x: np.sin(1e6 * x), np.array([0.3, 1.01])),
    "cancellation": (lambda x: (1e9 + x) - 1e9, X),
    "large cancellation": (lambda x: 1e8 * x - (1e8 * x - x * x), X),
    "vertical tangent": (np.cbrt, np.array([0.0, 1.0])),
    "border of the domain": (np.sqrt, np.array([0.0, 1.0])),
    "domain left by the steps": (np.arcsin, np.array([1.0 - 1e-12, 0.5])),
    "complex result": (lambda x: np.exp(1j * x), X),
    "float32": (lambda x: np.sin(x) / x, X.astype(np.float32)),
    "float32 inside": (lambda x: x.astype(np.float32) ** 2, X),
    "abs of a complex step": (lambda x: np.abs(x) * x, X),
    "linear algebra": (lambda x: np.linalg.solve(np.diag(x) + 1.0, x), X),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_derivatives_raise_no_alarm(name):
    f, x = RIGHT[name]
    result = check(f, x)
    assert result, result
    result.raise_if_wrong()
    result = check(f, dd.jacobian(f), x)
    assert result, result


@pytest.mark.parametrize("name", ["smooth", "scalar", "a number", "of all sizes", "complex result", "linear algebra"])
@pytest.mark.parametrize("factor", [1 + 1e-4, 1 - 1e-6, -1.0, 0.0])
def test_a_wrong_factor_is_found(name, factor):
    f, x = RIGHT[name]
    result = check(f, lambda x: factor * np.asarray(dd.jacobian(f)(x)), x)
    assert not result
    assert result.resolution < 1e-7
    with pytest.raises(dd.WrongDerivativeError, match="got"):
        result.raise_if_wrong()


def random_function(rng):
    """Compose functions at random, with kinks, steps and scales among them."""
    parts = [
        *(np.sin, np.exp, np.tanh, np.square, np.arctan, np.abs, np.sinh, np.sort, np.cumsum),
        *(lambda x: 1 / (1 + x * x), lambda x: np.log(np.abs(x) + 0.1), lambda x: x * np.roll(x, 1)),
        *(
            lambda x: np.maximum(x, 0.3),
            lambda x: np.where(np.abs(x) < 99, np.floor(99 * x), x),
            lambda x: np.sin(50 * x),
        ),
        *(
            lambda x: np.sin(50 * x),
            lambda x: x * 1e6,
            lambda x: x * 1e-8,
            lambda x: x - np.mean(x),
            lambda x: np.linalg.norm(x) * x,
        ),
    ]
    chosen = [parts[i] for i in rng.integers(0, len(parts), rng.integers(1, 5))]

    def f(x):
        for part in chosen:
            x = part(x)
        return x

    return f


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_random_functions_no_alarm_and_no_miss(seed):
    rng = np.random.default_rng(seed)
    checked = 0
    while checked < (40 if seed == 0 else 400):
        f = random_function(rng)
        x = rng.normal(size=rng.integers(1, 4)) * 10.0 ** rng.integers(-3, 2)
        with np.errstate(all="ignore"):
            jac = dd.jacobian(f)(x)
            if not np.all(np.isfinite(jac)):
                continue
        checked += 1
        try:
            result = check(f, x)
        except dd.InputError:  # the function is nothing but noise or steps
            continue
        assert result, (result, x)
        place = np.unravel_index(np.argmax(np.abs(jac)), jac.shape)
        if jac[place] == 0.0 or result.resolution > 3e-5 or result.undecided:
            continue

        def claimed(x, f=f, place=place):
            jac = dd.jacobian(f)(x)
            jac[place] *= 1 + 1e-4
            return jac

        assert not check(f, claimed, x), (f, x, place)


def test_the_worst_entry_is_named():
    def rate(T, k):
        return {"heat": np.stack([T[0] * k, T[1] ** 2]), "name": "A"}

    def claimed(T, k):
        return {"heat": np.array([[k, 0.0], [0.0, 3 * T[1]]]), "name": np.zeros(2)}

    result = check(rate, claimed, np.array([1.0, 4.0]), 2.0, points=1)
    assert (result.checked, result.wrong, result.points, result.undecided) == (4, 1, 1, 0)
    worst = result.worst
    assert (worst.output, worst.variable, worst.point, worst.got) == ("f['heat'][1]", "T[1]", 0, 12.0)
    np.testing.assert_allclose(worst.expected, 8.0, rtol=1e-9)
    assert str(result).startswith(
        "WRONG: 1 of 4 derivatives of rate at 1 point\n  the worst: d f['heat'][1] / d T[1] at"
    )
    assert "1.5 times as much" in str(result)
    assert repr(result) == f"<{result}>"
    right = check(np.sin, 1.0)
    assert str(right).startswith("right: 3 derivatives of sin at 3 points, errors above")


def test_custom_rules_on_both_engines():
    @dd.custom_jvp
    @numba.njit
    def f(a, b):
        return a * a * b

    @f.defjvp
    def _(primals, tangents):
        (a, b), (da, db) = primals, tangents
        return f(a, b), 2 * a * b * da + a * a * db

    assert check(f, 1.5, -2.0).checked == 6
    assert check(lambda a, b: f(a, b), 1.5, -2.0, engine="numba")
    f.defjvp(lambda p, t: (f(*p), 2 * p[0] * p[1] * t[0] + p[0] * p[1] * t[1]))
    result = check(f, 1.5, -2.0)
    assert result.worst.variable == "b"
    assert not result
    assert not check(numba.njit(lambda a: f(a, 2 * a)), 1.5)


def test_variables_are_the_float_arguments():
    def f(x, n, table, label, rates):
        return x**n * table[0] * rates["a"]

    arguments = (2.0, 3, np.arange(3), "label", {"a": 5.0})
    result = check(f, *arguments, points=1)
    assert result.checked == 2
    assert check(f, *arguments, argnums=0, points=1).checked == 1
    assert check(f, *arguments, argnums=4, points=1, claimed=lambda *args: {"a": np.zeros(())})


def test_many_variables():
    def f(x):
        return np.sum(x[1:] * x[:-1] ** 2)

    def claimed(x):
        jac = dd.gradient(f)(x)
        jac[7] *= 1.001
        return jac

    x = np.linspace(1, 2, 300)
    assert check(f, x, directions=3).checked == 9
    result = check(f, claimed, x, points=1)
    assert result.worst.variable == "x[7]"
    assert result.wrong == 1


@pytest.mark.parametrize("name", ["pollution", "robertson", "hires", "lorenz", "rosenbrock"])
def test_hand_written_jacobians_of_models(name):
    problem = PROBLEMS[name]()
    result = check(lambda x: problem.f(x, *problem.args), lambda x: problem.jacobian(x, *problem.args), problem.x)
    assert result, result


def test_points_outside_of_the_domain_are_passed_over():
    def f(x):
        if x > 1.0:
            raise ValueError("too large")
        return np.log(x)

    result = check(f, 1.0 - 1e-3, points=9)
    assert result
    assert 2 <= result.points < 9
    assert check(f, lambda x: 1 / x, 0.5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: check(3.0), dd.InputError, "the first argument is a float. Pass a function"),
        (lambda: check(np.sin), dd.InputError, "no variable to check sin in: got nothing"),
        (lambda: check(np.sin, 3), dd.InputError, "got an int, argnums .*Pass floats"),
        (lambda: check(np.sin, 3.0, argnums=1), dd.InputError, "no variable"),
        (lambda: check(np.sin, 3.0, engine="jax"), dd.InputError, "engine is 'jax'"),
        (lambda: check(lambda x: "text", 3.0), dd.OutputError, "returned a str, which holds no floats"),
        (lambda: check(lambda x: 0.0 / (x - x), claimed=np.sin), dd.InputError, "no variable"),
        (lambda: check(np.log, np.sin, -1.0), dd.InputError, "no derivative of log could be judged"),
        (lambda: check(np.sin, np.cos, X), dd.ShapeError, r"has shape \(3,\), wanted \(3, 3\)"),
        (lambda: check(np.sin, lambda x: (x, x), X), dd.ShapeError, "consists of 2 arrays, wanted 1"),
    ],
)
def test_bad_input(call, error, message):
    with np.errstate(all="ignore"), pytest.raises(error, match=message):
        call()


def test_errors_of_the_function_at_the_given_point_pass_through():
    def f(x):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        check(f, 1.0)


def test_arguments_are_not_modified():
    def spoils(x, table):
        y = x * table
        x *= 2
        table += 1
        return y

    x, table = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    assert check(spoils, x, table)
    assert (x.tolist(), table.tolist()) == ([1, 2], [3, 4])
