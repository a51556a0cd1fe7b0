"""Rules of the exponentially scaled Bessel and Airy functions.

Their derivatives are small differences of large terms, ``k0e' = k0e - k1e``: at x = 1e8 the difference has eight
digits left, at 1e16 none. Far out they come from a continued fraction (K, Hankel, Ai), from the asymptotic series
(I, Bi) or from Kummer's function (i0e, i1e), which lose nothing.

With ``g(z) = exp(w) K[v](w)``, ``w = z``, both give ``z g' = -(1/2 + d) g`` and ``z**2 g'' = (3/4 + e) g``, the
same for ``w = -1j z`` (H1), ``w = 1j z`` (H2) and, in the asymptotic sense, ``w = -abs(z)`` (I).
"""

from dualdiff.rules.declare import Unknown, binary, unary
from dualdiff.rules.special.bessel import ORDER, regular, singular

NOT_ANALYTIC = Unknown("its scaling exp(-abs(...)) is not analytic in a complex argument")
STEPS = 48
TERMS = 26
ROOT_3 = 1.7320508075688772


def steed(m, v, w):
    """Return ``d`` and ``e`` by Steed's continued fraction. Source: Temme (1975); Numerical Recipes 6.7.35-37."""
    t = 0.0
    t = [t := ((n + 0.5) ** 2 - v * v) / (2.0 * (n + 1.0 + w) - t) for n in range(STEPS, 0, -1)][-1]
    d = (v * v - 0.25) / (2.0 + 2.0 * w - t)
    return d, d * (3.0 - t)


def asymptotic(m, v, w):
    """Return ``d`` and ``e`` by the asymptotic series in ``1/w``. Source: DLMF 10.17.1, 10.40.1-2, term by term."""
    factors = [(4.0 * v * v - (2.0 * k - 1.0) ** 2) / (8.0 * k * w) for k in range(1, TERMS)]
    term = 1.0
    terms = [term := term * factor for factor in factors]
    total = 1.0 + sum(terms)
    weighted = [(k * t, (k + 2.0) * k * t) for k, t in enumerate(terms, 1)]
    return sum([a for a, _ in weighted]) / total, sum([b for _, b in weighted]) / total


def turned(factor):
    """Return the map ``z -> factor * z``, the argument ``w``, and where the continued fraction has converged."""
    reach = 1.0 + abs(factor - 1.0)

    # complex numbers compare by their real parts: near the negative axis of w the fraction does not converge
    return lambda m, z: factor, lambda m, v: reach + v * v / 24.0, lambda m, w: m.greater(w, -1.0)


def kummer(m, x, a, b):
    """Return Kummer's function at ``-2 abs(x)``; at the largest x it is 0."""
    return m.hyp1f1(a, b, -2.0 * m.minimum(m.absolute(x), 1e300))


def first_kind(m, v, w):
    """Return ``d`` and ``e`` of I, where ``w = -abs(z)``: up to its reach by Kummer's functions, then asymptotically.

    ``exp(-z) I[v](z) = c z**v M(v + 1/2, 2 v + 1, -2 z)`` (DLMF 10.39.5, 13.3.15).
    """
    reach = 25.0 + 0.5 * v * v
    is_far = -w > reach
    d, e = asymptotic(m, v, m.where(is_far, w, -reach))
    is_between = (v >= 0.0) & (v <= 20.0) & (-w <= reach)
    v, z = m.where(is_between, v, 1.0), m.where(is_between, -w, 2.0)
    base = kummer(m, z, v + 0.5, 2.0 * v + 1.0)
    slope = z * kummer(m, z, v + 1.5, 2.0 * v + 2.0) / base
    bend = z * z * ((v + 1.5) / (v + 1.0)) * kummer(m, z, v + 2.5, 2.0 * v + 3.0) / base
    return m.where(is_far, d, slope - v - 0.5), m.where(is_far, e, v * (v - 1.0) - 2.0 * v * slope + bend - 0.75)


def scaled(kind, name, lower, higher, path, tail):
    """Return both derivatives of ``exp(rotation z) f[v](z)``; ``kind(name, lower, higher)`` are those of ``f[v]``.

    ``path`` holds the rotation as a function of ``z``, the size ``reach(m, v)`` of ``z`` up to which the terms are
    subtracted, and where ``w`` may be given to the ``tail``, which has the difference itself.
    """
    rotation, reach, usable = path
    plain_d1, plain_d2 = kind(name, lower, higher)

    def split(m, v, z):
        size = reach(m, v)
        is_far = (m.absolute(z) > size) & usable(m, rotation(m, z) * z)
        return is_far, m.where(is_far, z, size)

    def d1(m, v, z, y):
        is_far, far = split(m, v, z)
        d, _ = tail(m, v, rotation(m, far) * far)
        return m.where(is_far, -y * (0.5 + d) / far, plain_d1(m, v, z, y) + rotation(m, z) * y)

    def d2(m, v, z, y):
        is_far, far = split(m, v, z)
        _, e = tail(m, v, rotation(m, far) * far)
        turn = rotation(m, z)
        near = plain_d2(m, v, z, y) + 2.0 * turn * plain_d1(m, v, z, y) + turn * turn * y
        return m.where(is_far, y * (0.75 + e) / far / far, near)

    return d1, d2


K_SCALED = scaled(singular, "kve", -1.0, -1.0, turned(1.0), steed)
I_PATH = (
    lambda m, z: -m.sign(z),
    lambda m, v: m.where((v >= 0.0) & (v <= 20.0), 1.0, 25.0 + 0.5 * v * v),
    lambda m, w: w < 0.0,
)
I_SCALED = scaled(regular, "ive", 1.0, 1.0, I_PATH, first_kind)


def i0e_d1(m, x, y):
    """Return ``i1e - sign(x) i0e`` as one function of Kummer: ``i0e(x) = M(1/2, 1, -2 abs(x))``."""
    return -m.sign(x) * kummer(m, x, 1.5, 2.0)


def i1e_d1(m, x, y):
    """Return ``i0e - i1e/x - sign(x) i1e``, the first and the last term as one function of Kummer."""
    is_near = m.absolute(x) < 1.0
    far = m.where(is_near, 1.0, x)
    return m.where(is_near, 0.5 * (m.i0e(x) + m.ive(2.0, x)) - m.sign(x) * y, kummer(m, far, 1.5, 2.0) - y / far)


def i1e_d2(m, x, y):
    """Return the derivative of `i1e_d1`; at 0 the mean of its two sides."""
    is_near = m.absolute(x) < 1.0
    far = m.where(is_near, 1.0, x)
    turn = m.sign(x)
    near = 1.75 * y + 0.25 * m.ive(3.0, x) - turn * (m.i0e(x) + m.ive(2.0, x))
    return m.where(
        is_near,
        near,
        -1.5 * m.sign(far) * kummer(m, far, 2.5, 3.0) - kummer(m, far, 1.5, 2.0) / far + 2.0 * y / far / far,
    )


def zeta(m, x):
    """Return ``2/3 x**(3/2)``, and 0 for negative numbers."""
    return m.maximum(x, 0.0) * m.sqrt(m.maximum(x, 0.0)) / 1.5


def power_of_zeta(power, tail):
    """Return the factors of ``f x**-1`` and ``f x**-2`` in both derivatives of ``f = x**power g(zeta(x))``."""
    d, e = tail
    constant = power * (power - 2.5) + 1.3125
    return power - 0.75 - 1.5 * d, constant - (3.0 * power + 0.75) * d + 2.25 * e


def airye_ai(m, x, y):
    """Return both derivatives of the scaled Ai and Ai': ``c sqrt(x) kve(1/3, zeta)``, ``c x kve(2/3, zeta)``."""
    a, ap, _, _ = y
    root = m.sqrt(m.maximum(x, 0.0))
    half = 0.5 / m.where(x > 0.0, root, 1.0)
    is_far = zeta(m, x) > 1.0
    far = m.where(is_far, x, 9.0)
    first, second = power_of_zeta(0.5, steed(m, 1.0 / 3.0, zeta(m, far)))
    first_p, second_p = power_of_zeta(1.0, steed(m, 2.0 / 3.0, zeta(m, far)))
    return (
        m.where(is_far, a * first / far, ap + root * a),
        m.where(is_far, ap * first_p / far, x * a + root * ap),
        m.where(is_far, a * second / far / far, (x + root * root + half) * a + 2.0 * root * ap),
        m.where(is_far, ap * second_p / far / far, (1.0 + 2.0 * root * x) * a + (x + root * root + half) * ap),
    )


def airye_bi(m, x, y, ai):
    """Return both derivatives of the scaled Bi and Bi'.

    ``eBi = c sqrt(x) ive(1/3, zeta) + sqrt(3) exp(-2 zeta) eAi``, ``eBip = c x ive(2/3, zeta) - sqrt(3) exp(-2 zeta)
    eAip`` (DLMF 9.6.4-5, 10.27.2). Below 0 the scaling is 1.
    """
    a, ap, b, bp = y
    root = m.sqrt(m.maximum(x, 0.0))
    half = m.where(x > 0.0, 0.5 / m.where(x > 0.0, root, 1.0), 0.0)
    is_far = zeta(m, x) > 1.0
    far = m.where(is_far, x, 9.0)
    low = ROOT_3 * m.exp(-2.0 * zeta(m, far))
    first, second = power_of_zeta(0.5, first_kind(m, 1.0 / 3.0, -zeta(m, far)))
    first_p, second_p = power_of_zeta(1.0, first_kind(m, 2.0 / 3.0, -zeta(m, far)))
    side, side_p = b - low * a, bp + low * ap
    turn, bend = 2.0 * m.sqrt(far), 4.0 * far - 1.0 / m.sqrt(far)
    return (
        m.where(is_far, side * first / far + low * (ai[0] - turn * a), bp - root * b),
        m.where(is_far, side_p * first_p / far - low * (ai[1] - turn * ap), x * b - root * bp),
        m.where(
            is_far,
            side * second / far / far + low * (ai[2] - 2.0 * turn * ai[0] + bend * a),
            (x + root * root - half) * b - 2.0 * root * bp,
        ),
        m.where(
            is_far,
            side_p * second_p / far / far - low * (ai[3] - 2.0 * turn * ai[1] + bend * ap),
            (1.0 - 2.0 * root * x) * b + (x + root * root - half) * bp,
        ),
    )


def airye_d1(m, x, y):
    """Return the first derivatives of all four outputs."""
    ai = airye_ai(m, x, y)
    bi = airye_bi(m, x, y, ai)
    return ai[0], ai[1], bi[0], bi[1]


def airye_d2(m, x, y):
    """Return the second derivatives of all four outputs; just above 0 they are infinite like that of the scaling."""
    ai = airye_ai(m, x, y)
    bi = airye_bi(m, x, y, ai)
    return ai[2], ai[3], bi[2], bi[3]


def of_order(name, derivatives, domain, **names):
    """Declare a scaled function of an order and an argument."""
    d1, d2 = derivatives
    return binary(
        name,
        (ORDER, d1),
        (ORDER, ORDER, d2),
        domain=domain,
        module="scipy.special",
        arguments=("v", "z"),
        **names,
    )


ORDERS = (-3.5, 20.0)
SIDES = ((0.0, 1.9), (0.0, 2.1), (1.0, 1e8), (5.0, 1e15), (2.5, 30.0), (2.5, 28.0), (40.5, 100.0), (40.5, 50.0))

RULES = (
    unary(
        "i0e",
        i0e_d1,
        lambda m, x, y: 1.5 * kummer(m, x, 2.5, 3.0),
        domain=(-1e8, 1e8),
        points=(1e-300, 8.0, 8.000000000000002, 1e15, -1e15),
        kink=lambda m, x: x == 0.0,
        module="scipy.special",
        source="DLMF 10.39.5, 13.3.15",
    ),
    unary(
        "i1e",
        i1e_d1,
        i1e_d2,
        domain=(-1e8, 1e8),
        points=(1e-300, 1.0, 0.9999999999999999, 8.0, 1e15, -1e15),
        module="scipy.special",
        source="DLMF 10.39.5, 13.3.15",
    ),
    unary(
        "k0e",
        lambda m, x, y: K_SCALED[0](m, 0.0, x, y),
        lambda m, x, y: K_SCALED[1](m, 0.0, x, y),
        domain=(1e-8, 1e8),
        points=(2.0, 2.0000000000000004, 1e15),
        module="scipy.special",
        source="Temme (1975)",
    ),
    unary(
        "k1e",
        lambda m, x, y: K_SCALED[0](m, 1.0, x, y),
        lambda m, x, y: K_SCALED[1](m, 1.0, x, y),
        domain=(1e-8, 1e8),
        points=(2.0, 2.05, 1e15),
        module="scipy.special",
        source="Temme (1975)",
    ),
    of_order(
        "ive",
        I_SCALED,
        ((0.0, 20.0), (1e-8, 1e8)),
        points=((*SIDES, (0.0, -30.0), (3.0, -1e6), (1.0, 0.0), (2.0, 0.0), (3.0, -0.5))),
        complex_first=(ORDER, NOT_ANALYTIC),
        kink=lambda m, v, z: (z == 0.0) & (v == 0.0),
        source="DLMF 10.29.1, 10.40.1",
    ),
    of_order("kve", K_SCALED, (ORDERS, (1e-8, 1e8)), points=SIDES, source="DLMF 10.29.1; Temme (1975)"),
    of_order(
        "jve",
        regular("jve", 1.0, -1.0),
        (ORDERS, (1e-8, 1e3)),
        points=((0.0, 0.0), (1.0, 0.0)),
        complex_first=(ORDER, NOT_ANALYTIC),
        source="DLMF 10.6.1",
    ),
    of_order(
        "yve",
        singular("yve", 1.0, -1.0),
        (ORDERS, (1e-8, 1e3)),
        complex_first=(ORDER, NOT_ANALYTIC),
        source="DLMF 10.6.1",
    ),
    of_order(
        "hankel1e",
        scaled(singular, "hankel1e", 1.0, -1.0, turned(-1j), steed),
        (ORDERS, (1e-8, 1e8)),
        points=SIDES,
        source="DLMF 10.6.1; Temme (1975)",
    ),
    of_order(
        "hankel2e",
        scaled(singular, "hankel2e", 1.0, -1.0, turned(1j), steed),
        (ORDERS, (1e-8, 1e8)),
        points=SIDES,
        source="DLMF 10.6.1; Temme (1975)",
    ),
    unary(
        "airye",
        airye_d1,
        airye_d2,
        domain=(1e-8, 1e8),
        points=(3.0, 11.0, 12.0, 1e15),
        complex_first=(NOT_ANALYTIC,),
        module="scipy.special",
        arguments=("z",),
        outputs=4,
        source="DLMF 9.6.2-3, 9.2.1",
    ),
)
