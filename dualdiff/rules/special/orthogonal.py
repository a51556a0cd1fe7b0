"""Rules of the classical orthogonal polynomials and of the associated Legendre functions.

A derivative in ``x`` is a polynomial of lower degree with raised parameters: unlike the textbook formula it divides
by no ``1 - x**2`` and holds at the ends of the interval.
"""

from dualdiff.rules.declare import Unknown, several

DEGREE = Unknown("its derivative in the degree has no closed form")
PARAMETER = Unknown("its derivative in a parameter of the polynomial has no closed form")


def lowered(m, name, n, steps, *rest):
    """Return the polynomial of degree ``n - steps``.

    SciPy evaluates integer degrees by a stable recurrence only where their type is an integer; ``n`` may have
    become a float on the way, so the exponent of a power of two makes an integer of it.
    """
    f = getattr(m, name)
    _, degree = m.frexp(m.exp2(n - (steps + 0.5)))
    is_whole = degree == n - steps
    whole = m.where(degree < 0, 0.0, f(m.maximum(degree, 0), *rest))
    return m.where(is_whole, whole, f(m.where(is_whole, 0.5, n - 1.0 * steps), *rest))


def lowered_integer(m, name, n, steps, x):
    """Return the polynomial of degree ``n - steps``, or of degree 0, of a function that takes integers only."""
    _, degree = m.frexp(m.exp2(m.maximum(n, 1.0 * steps) - (steps + 0.5)))
    return getattr(m, name)(degree, x)


def rising(a, steps):
    """Return ``a`` or ``a (a + 1)``."""
    return a * (a + 1.0 * (steps - 1)) ** (steps - 1)


def falling(n, steps):
    """Return ``n`` or ``n (n - 1)``."""
    return n * (n - 1.0 * (steps - 1)) ** (steps - 1)


def jacobi(m, n, a, b, x, k):
    """Return the derivative of order ``k`` (DLMF 18.9.15)."""
    factor = rising(n + a + b + 1.0, k) * 0.5**k
    return factor * lowered(m, "eval_jacobi", n, k, a + 1.0 * k, b + 1.0 * k, x)


def sh_jacobi(m, n, p, q, x, k):
    """Return the derivative of order ``k``; the polynomial is monic."""
    return falling(n, k) * lowered(m, "eval_sh_jacobi", n, k, p + 2.0 * k, q + 1.0 * k, x)


def legendre(m, n, x, k):
    """Return the derivative of order ``k``; the degrees ``n`` and ``-1 - n`` are the same polynomial."""
    return jacobi(m, m.maximum(n, -1.0 - n), 0.0, 0.0, x, k)


def gegenbauer(m, n, a, x, k):
    """Return the derivative of order ``k`` (DLMF 18.9.19)."""
    return rising(a, k) * 2.0**k * lowered(m, "eval_gegenbauer", n, k, a + 1.0 * k, x)


def chebyu(m, n, x, k):
    """Return the derivative of order ``k`` of ``U[n] = C[n](1; x) = -U[-2-n]``."""
    return m.sign(n + 1.0) * gegenbauer(m, m.absolute(n + 1.0) - 1.0, 1.0, x, k)


def chebyt(m, n, x, k):
    """Return the derivative of order ``k`` of ``T[n] = T[-n]``: that of order ``k - 1`` of ``n U[n-1]``."""
    n = m.absolute(n)
    return n * 2.0 ** (k - 1) * lowered(m, "eval_gegenbauer", n, k, 1.0 * k, x)


def genlaguerre(m, n, a, x, k):
    """Return the derivative of order ``k`` (DLMF 18.9.23)."""
    return (-1.0) ** k * lowered(m, "eval_genlaguerre", n, k, a + 1.0 * k, x)


def hermite(m, n, x, k):
    """Return the derivative of order ``k`` (DLMF 18.9.25)."""
    return falling(n, k) * 2.0**k * lowered_integer(m, "eval_hermite", n, k, x)


def hermitenorm(m, n, x, k):
    """Return the derivative of order ``k`` (DLMF 18.9.27)."""
    return falling(n, k) * lowered_integer(m, "eval_hermitenorm", n, k, x)


def on_half(derivative):
    """Return the derivatives of ``f(x/2)``, without those factors of f that DLMF 18.1.3 includes."""
    return lambda m, n, x, k: derivative(m, n, 0.5 * x, k) * 0.5**k


def shifted(derivative):
    """Return the derivatives of ``f(2 x - 1)``."""
    return lambda m, n, x, k: derivative(m, n, 2.0 * x - 1.0, k) * 2.0**k


def polynomial(name, derivative, domain, points, parameters=()):
    """Declare a polynomial of a degree, of parameters and of ``x``; ``derivative(m, n, ..., x, order)``."""
    unknown = (DEGREE,) + (PARAMETER,) * len(parameters)
    count = len(unknown)
    return several(
        name,
        (*unknown, lambda m, *x: derivative(m, *x[:-1], 1)),
        ((PARAMETER,) * ((count + 1) * (count + 2) // 2 - 1) + (lambda m, *x: derivative(m, *x[:-1], 2),)),
        domain=domain,
        points=points,
        module="scipy.special",
        arguments=("n", *parameters, "x"),
        source="DLMF 18.9",
    )


def with_degrees(*parameters, low, high, degrees=(0, 1, 2, 3, 7, 20), inner=(0.3, 0.9)):
    """Return test points: several degrees at both ends and within."""
    return tuple([(n, *parameters, x) for n in degrees for x in (low, high, *[low + (high - low) * u for u in inner])])


def lpmv_at_one(m, order, v, q):
    """Return the first and the second derivative at ``x = 1``, where ``q = 1 - x**2`` is 0, for orders up to 4.

    Those of odd orders are powers of q (DLMF 14.8.1-2); beyond 4 both are 0.
    """
    root = m.sqrt(q)
    a = v * (v + 1.0)
    b = a * (v - 1.0) * (v + 2.0) / 8.0
    c = b * (v - 2.0) * (v + 3.0) / 6.0
    d = c * (v - 3.0) * (v + 4.0) / 8.0
    none = root / root
    terms = (
        (0, 0.5 * a, b),
        (1, 0.5 * a / root, none),
        (2, -2.0 * b, -2.0 * b - 4.0 * c),
        (3, 3.0 * c * root, none),
        (4, 0.0, 8.0 * d),
        (-1, -0.5 / root, none),
        (-2, -0.25, 0.25 - a / 12.0),
        (-3, -0.0625 * root, none),
        (-4, 0.0, 1.0 / 48.0),
    )
    first = second = 0.0
    [(first := m.where(order == mu, f, first), second := m.where(order == mu, s, second)) for mu, f, s in terms]
    return first, second


def lpmv_d1(m, order, v, x, y):
    """Return ``-order x y / (1 - x**2) - P[v]**(order+1) / sqrt(1 - x**2)`` (DLMF 14.10.1), or its limit at the ends.

    At -1 the parity of ``v + order`` decides, or for a broken degree the logarithm there.
    """
    q = (1.0 - x) * (1.0 + x)
    is_end = q == 0.0
    safe = m.where(is_end, 1.0, q)
    inner = -(order * x * y / safe + m.lpmv(order + 1.0, v, x) / m.sqrt(safe))
    first, second = lpmv_at_one(m, order, v, m.where(is_end, q, 0.0))
    at_one = first + (m.absolute(x) - 1.0) * m.where(m.isnan(second), 0.0, second)  # 0 here, but not differentiated
    pole = m.divide(1.0, m.where(is_end, q, 1.0))
    broken = m.where(order == 0.0, m.sin(PI * v) * pole, pole - pole)
    at_minus_one = m.where(m.floor(v) == v, -m.cos(PI * (v + order)) * at_one, broken)
    return m.where(is_end, m.where(x > 0.0, at_one, at_minus_one), inner)


def lpmv_d2(m, order, v, x, y):
    """Return `lpmv_d1` once more, or its limit at the ends where it is finite."""
    q = (1.0 - x) * (1.0 + x)
    is_end = q == 0.0
    safe = m.where(is_end, 1.0, q)
    outer = order * ((order - 2.0) * (x * x / safe) - 1.0) * y + m.lpmv(order + 2.0, v, x)
    inner = (outer + 2.0 * order * x * m.lpmv(order + 1.0, v, x) / m.sqrt(safe)) / safe
    _, second = lpmv_at_one(m, order, v, m.where(is_end, q, 0.0))
    parity = m.where(m.floor(v) == v, m.cos(PI * (v + order)), m.sqrt(-1.0 - 0.0 * x))
    return m.where(is_end, m.where(x > 0.0, second, parity * second), inner)


def ladder(m, order, n, theta, f):
    """Return half the difference of the ladder operators on ``f(order)``; nothing is divided by the sine."""

    def step(by):
        weight = m.sqrt(m.maximum((n - by * order) * (n + by * order + 1.0), 0.0))
        inside = m.where(weight == 0.0, order, order + by)  # there is no neighbour where the weight is 0
        return weight * f(inside) * m.exp(-1j * by * theta)

    return 0.5 * (step(1.0) - step(-1.0))


def harmonic(m, order, n, theta, phi):
    """Return the derivative of the spherical harmonic in the polar angle ``phi``."""
    return ladder(m, order, n, theta, lambda order: m.sph_harm(order, n, theta, phi))


def harmonic_twice(m, order, n, theta, phi, y):
    """Return the second derivative in the polar angle: the ladder operators twice."""
    return ladder(m, order, n, theta, lambda order: harmonic(m, order, n, theta, phi))


PI = 3.141592653589793
UNIT = (-0.9999999999999999, 0.9999999999999999)
DEGREES = (1.3, 5.0)
IN_UNIT = with_degrees(low=-1.0, high=1.0)
IN_HALF = with_degrees(low=0.0, high=1.0)
INTEGER = (3.0, 3.0)

RULES = (
    polynomial("eval_legendre", legendre, (DEGREES, UNIT), (*IN_UNIT, (-2, 0.5), (-1, 0.5), (-4, 0.5))),
    polynomial("eval_chebyt", chebyt, (DEGREES, UNIT), (*IN_UNIT, (-2, 0.5))),
    polynomial("eval_chebyu", chebyu, (DEGREES, UNIT), (*IN_UNIT, (-2, 0.5), (-1, 0.5), (-5, 0.5))),
    polynomial("eval_chebyc", lambda *a: 2.0 * on_half(chebyt)(*a), (DEGREES, (-1.9, 1.9)), IN_UNIT),
    polynomial("eval_chebys", on_half(chebyu), (DEGREES, (-1.9, 1.9)), IN_UNIT),
    polynomial("eval_sh_legendre", shifted(legendre), (DEGREES, (0.05, 0.95)), IN_HALF),
    polynomial("eval_sh_chebyt", shifted(chebyt), (DEGREES, (0.05, 0.95)), IN_HALF),
    polynomial("eval_sh_chebyu", shifted(chebyu), (DEGREES, (0.05, 0.95)), IN_HALF),
    polynomial("eval_laguerre", lambda m, n, x, k: genlaguerre(m, n, 0.0, x, k), (DEGREES, (1e-3, 10.0)), IN_HALF),
    polynomial("eval_hermite", hermite, (INTEGER, (-10.0, 10.0)), IN_UNIT),
    polynomial("eval_hermitenorm", hermitenorm, (INTEGER, (-10.0, 10.0)), IN_UNIT),
    polynomial(
        "eval_gegenbauer",
        gegenbauer,
        (DEGREES, (0.5, 3.0), UNIT),
        with_degrees(1.5, low=-1.0, high=1.0),
        ("alpha",),
    ),
    polynomial(
        "eval_genlaguerre",
        genlaguerre,
        (DEGREES, (0.5, 3.0), (1e-3, 10.0)),
        with_degrees(1.5, low=0.0, high=5.0),
        ("alpha",),
    ),
    polynomial(
        "eval_jacobi",
        jacobi,
        (DEGREES, (0.5, 3.0), (-0.5, 2.0), UNIT),
        with_degrees(1.5, -0.5, low=-1.0, high=1.0),
        ("alpha", "beta"),
    ),
    polynomial(
        "eval_sh_jacobi",
        sh_jacobi,
        (DEGREES, (2.5, 4.0), (0.5, 2.0), (0.05, 0.95)),
        with_degrees(3.5, 1.5, low=0.0, high=1.0),
        ("p", "q"),
    ),
    several(
        "lpmv",
        (DEGREE, DEGREE, lpmv_d1),
        (DEGREE, DEGREE, DEGREE, DEGREE, DEGREE, lpmv_d2),
        domain=((1.0, 1.0), (1.5, 6.0), (-0.5, 0.999)),
        points=(
            *with_degrees(2, low=-0.6, high=0.99, degrees=(0, 1, 2, 3)),
            *(
                (0, 2.5, 1.0),
                (2, 3, 1.0),
                (2, 3, -1.0),
                (4, 5, 1.0),
                (6, 7, 1.0),
                (-2, 3, 1.0),
                (0, 3, -1.0),
                (0, 4, -1.0),
                (-1, 3, 0.5),
            ),
        ),
        module="scipy.special",
        arguments=("m", "v", "x"),
        source="DLMF 14.10.1, 14.2.2",
    ),
    several(  # of SciPy before 1.17
        "sph_harm",
        (
            DEGREE,
            DEGREE,
            lambda m, order, n, theta, phi, y: 1j * order * y,
            lambda m, order, n, theta, phi, y: harmonic(m, order, n, theta, phi),
        ),
        (
            *(DEGREE,) * 7,
            lambda m, order, n, theta, phi, y: -order * order * y,
            lambda m, order, n, theta, phi, y: 1j * order * harmonic(m, order, n, theta, phi),
            harmonic_twice,
        ),
        domain=((1.0, 1.0), (3.0, 3.0), (-3.0, 3.0), (0.1, 3.0)),
        points=((0.0, 2.0, 0.5, 0.0), (1.0, 1.0, 0.5, 0.0), (-2.0, 3.0, 0.5, 1.0)),
        module="scipy.special",
        arguments=("m", "n", "theta", "phi"),
        source="DLMF 14.30.13, 14.10.1",
    ),
)
