"""What Python itself offers: recursion, closures, classes, dictionaries, built-in functions."""

import functools
import math
from dataclasses import dataclass

import numpy as np

from tests.unmodified.at import at

RATES = {"forward": 0.8, "backward": 0.3}
TABLE = np.array([1.0, 0.5, 0.25])


@at(0.3, 1.7)
def recursion(x):
    def simpson(f, a, b, depth):
        m = 0.5 * (a + b)
        if depth == 0:
            return (b - a) / 6 * (f(a) + 4 * f(m) + f(b))
        return simpson(f, a, m, depth - 1) + simpson(f, m, b, depth - 1)

    return simpson(lambda t: math.exp(-t * t), x[0], x[1], 4)


def chebyshev(n, t):
    if n == 0:
        return 1.0
    if n == 1:
        return t
    return 2 * t * chebyshev(n - 1, t) - chebyshev(n - 2, t)


@at(0.3, 0.6)
def recursive_helper(x):
    return np.array([chebyshev(n, t) for n in range(5) for t in x])


@at(1.0, 0.5)
def parameters_in_a_dictionary(x):
    reaction = RATES["forward"] * x[0] - RATES["backward"] * x[1]
    change = {"a": -reaction, "b": reaction}
    return np.array(list(change.values()))


@dataclass(frozen=True)
class Pendulum:
    length: float = 1.5
    damping: float = 0.1

    def acceleration(self, angle, velocity):
        return -9.81 / self.length * math.sin(angle) - self.damping * velocity

    def simulate(self, angle, velocity, steps=10, h=0.05):
        path = np.zeros((steps, 2))
        for i in range(steps):
            velocity += h * self.acceleration(angle, velocity)
            angle += h * velocity
            path[i] = angle, velocity
        return path


@at(0.6, 0.1)
def method_of_a_dataclass(x):
    return Pendulum(damping=0.2).simulate(*x)


class Network:
    def __init__(self, weights):
        self.weights = weights
        self.history = []

    def __call__(self, x):
        for w in self.weights:
            x = np.tanh(w @ x)
            self.history.append(x)
        out = np.zeros(len(self.history))
        for i, layer in enumerate(self.history):
            out[i] = layer.sum()
        return out


@at(0.4, -0.2)
def callable_object(x):
    return Network([np.array([[1.0, 0.5], [0.2, -0.3]]), np.array([[0.7, 0.1]])])(x)


def make_residual(data):
    n = len(data)

    def residual(x):
        r = np.zeros(n)
        for i in range(n):
            r[i] = data[i] - x[0] * math.exp(-x[1] * i)
        return r

    return residual


closure = at(1.0, 0.5)(make_residual([1.0, 0.7, 0.2]))


def decay(amount, rate, times=(0.0, 0.5, 1.0)):
    return np.array([amount * math.exp(-rate * t) for t in times])


@at(2.0, 0.4)
def default_arguments(x):
    return decay(*x)


@at(2.0, 0.4)
def partial_application(x):
    later = functools.partial(decay, times=(3.0, 4.0))
    return later(x[0], rate=x[1])


def kernel(r, kind):
    if kind == "gauss":
        return np.exp(-(r**2))
    if kind == "matern":
        return (1 + math.sqrt(3) * r) * math.exp(-math.sqrt(3) * r)
    raise ValueError(f"unknown kernel {kind!r}")


@at(0.4, 0.9)
def branches_on_strings(x):
    return kernel(x[0], kind="gauss") + kernel(x[1], "matern")


def linear_basis(t):
    row = np.zeros(2)
    row[0] = 1.0
    row[1] = t
    return row


def trigonometric_basis(t):
    return np.array([math.cos(t), math.sin(t)])


BASES = {"linear": linear_basis, "trigonometric": trigonometric_basis}


@at(0.4, 0.9)
def table_of_functions(x):
    return np.concatenate([BASES[name](t) for name, t in zip(("linear", "trigonometric"), x, strict=True)])


def as_list(t):
    return [t] if isinstance(t, (int, float)) else list(t)


@at(0.4, 0.9)
def scalar_or_sequence(x):
    return np.array([math.exp(t) for t in as_list(x[0]) + as_list(x)])


@at(0.4, 0.9)
def match_statement(x):
    total = 0.0
    for shape in ("circle", x[0]), ("square", x[1]):
        match shape:
            case ("circle", radius):
                total += math.pi * radius**2
            case ("square", side):
                total += side**2
    return total


@at(0.4, -0.9, 1.4)
def vectorized_scalar_function(x):
    def saturation(t):
        if t < 0:
            return 0.1 * t
        return math.sin(t) if t < 1 else math.sin(1.0)

    return np.vectorize(saturation)(x)


@at(0.4, 0.9, 1.4)
def built_in_functions(x):
    return sum(x) * max(x) - min(x[0], 0.5) + abs(x[1] - 2) + pow(x[2], 3) + sum(t * t for t in x) + sorted(x)[1]


def partial_sums(x):
    total = 0.0
    for t in x:
        total += math.sqrt(t)
        yield total


@at(0.4, 0.9, 1.4)
def generator(x):
    return np.array(list(partial_sums(x)))


@at(0.4, 0.9, 1.4)
def array_from_iterator(x):
    return np.fromiter((math.log(t) for t in x), dtype=float)


@at(0.4, 0.9, 1.4)
def map_and_zip(x):
    return np.array([w * f(t) for w, f, t in zip(TABLE, (math.sin, math.cos, np.tan), x, strict=True)])


@at(0.4, 0.9, 1.4)
def enumerate_and_unpack(x):
    first, *rest = x
    total = first
    for power, t in enumerate(rest, start=2):
        total += t**power
    return [total, first * rest[-1]]


def logged(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        message = f"{f.__name__} of {args}"
        result = f(*args, **kwargs)
        assert message
        return result

    return wrapper


@logged
def norm_by_loop(x):
    squares = np.zeros(1)
    for t in x:
        squares[0] += t * t
    return np.sqrt(squares[0])


@at(0.4, 0.9, 1.4)
def decorated_helper(x):
    with np.errstate(divide="ignore"):
        return x / norm_by_loop(x)


@at(0.4, 0.9, 1.4)
def comparisons_and_exceptions(x):
    out = np.full(len(x), 0.0)
    for i in range(len(x)):
        try:
            if x[i] > 0.8 and not x[i] >= 1.3:
                raise OverflowError
            out[i] = math.exp(x[i])
        except OverflowError:
            out[i] = -x[i]
    return out


@at(0.4, 0.9, 1.4)
def mathematics_of_three(x):
    return [math.hypot(*x), math.fsum(x), math.prod(x), math.dist(x, (1.0, 1.0, 1.0)), math.pow(x[0], x[1])]


@at(0.4, 0.9)
def more_of_math(x):
    a, b = x
    values = [math.log2(a), math.log10(b), math.log1p(a), math.expm1(b), math.tanh(a), math.acos(b), math.cosh(a)]
    values += [math.log(a, 3), math.gamma(a), math.lgamma(b), math.erfc(a), math.degrees(b), math.fabs(-a)]
    return np.array([*values, math.copysign(a, -1.0), math.floor(a) * b, math.cbrt(b), math.exp2(a), math.atan(b)])
