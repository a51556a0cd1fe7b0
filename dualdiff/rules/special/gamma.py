"""Rules of the gamma function and its family."""

from dualdiff.rules.special.shared import PI, binary, cos_pi, divided_difference, flat, horner, sin_pi, unary

# the asymptotic series of psi(1/p) - log(1/p) and of its derivative, in powers of p (DLMF 5.11.2, 5.15.8)
PSI_SERIES = (
    *(0.0, -1 / 2, -1 / 12, 0.0, 1 / 120, 0.0, -1 / 252, 0.0),
    *(1 / 240, 0.0, -1 / 132, 0.0, 691 / 32760, 0.0, -1 / 12, 0.0, 3617 / 8160),
)
TRIGAMMA_SERIES = (
    *(0.0, 1.0, 1 / 2, 1 / 6, 0.0, -1 / 30, 0.0, 1 / 42, 0.0),
    *(-1 / 30, 0.0, 5 / 66, 0.0, -691 / 2730, 0.0, 7 / 6, 0.0, -3617 / 510),
)
SHIFT = 10


def trigamma(m, x):
    """Return the derivative of psi; by reflection for negative arguments (DLMF 5.15.6)."""
    right = x > 0.0
    z = m.zeta(2.0, m.where(right, x, 1.0 - x))
    s = sin_pi(m, m.where(right, 0.5, x))
    return m.where(right, z, (PI / s) * (PI / s) - z)


def tetragamma(m, x):
    """Return the second derivative of psi; by reflection for negative arguments."""
    right = x > 0.0
    z = 2.0 * m.zeta(3.0, m.where(right, x, 1.0 - x))
    left = m.where(right, 0.5, x)
    s = PI / sin_pi(m, left)
    return m.where(right, -z, -2.0 * s * s * s * cos_pi(m, left) - z)


def complex_trigamma(m, z, y):
    """Return the derivative of psi at complex arguments: recurrence, then the asymptotic series."""
    right = z.real > 0.0
    w = m.where(right, z, 1.0 - z)
    total = sum(1.0 / ((w + k) * (w + k)) for k in range(SHIFT + 2)) + horner(TRIGAMMA_SERIES, 1.0 / (w + (SHIFT + 2)))
    left = m.where(right, 0.5, z)
    s = PI / m.sin(PI * (left - m.rint(left.real)))
    return m.where(right, total, s * s - total)


def psi_step(m, a, h):
    """Return ``psi(a + h) - psi(a)``, accurate for a small step too."""
    both = (a > 0.0) & (a + h > 0.0)
    mirrored = (a <= 0.0) & (a + h <= 0.0)
    start = m.where(both, a, m.where(mirrored, 1.0 - a, 1.0))
    step = m.where(both, h, m.where(mirrored, -h, 0.0))
    change = positive_psi_step(m, start, step)
    turns = sin_pi(m, h)
    product = sin_pi(m, a) * sin_pi(m, a + h)
    at_pole = product == 0.0
    jump = m.where(at_pole, 0.0, PI * turns / m.where(at_pole, 1.0, product))
    across = m.psi(m.where(both, 1.0, a + h)) - m.psi(m.where(both, 1.0, a))
    return m.where(both, change, m.where(mirrored, change + jump, across))


def positive_psi_step(m, a, h):
    """Return ``psi(a + h) - psi(a)`` for positive ``a`` and ``a + h``: all terms have the sign of ``h``."""
    b = a + h
    total = sum(h / (a + k) / (b + k) for k in reversed(range(SHIFT)))
    far, end = a + SHIFT, b + SHIFT
    is_small = abs(h) < 0.5 * far
    logarithm = m.where(is_small, m.log1p(m.where(is_small, h / far, 0.0)), m.log(end / far))
    series = -h / far / end * divided_difference(PSI_SERIES, 1.0 / far, 1.0 / end)
    return logarithm + series + total


def trigamma_step(m, a, h):
    """Return ``trigamma(a + h) - trigamma(a)``, accurate for a small step too."""
    both = (a > 0.0) & (a + h > 0.0)
    start, step = m.where(both, a, 1.0), m.where(both, h, 0.0)
    b = start + step
    total = sum(step / (start + k) / (b + k) * (1.0 / (start + k) + 1.0 / (b + k)) for k in reversed(range(SHIFT)))
    far, end = start + SHIFT, b + SHIFT
    change = -step / far / end * divided_difference(TRIGAMMA_SERIES, 1.0 / far, 1.0 / end) - total
    return m.where(both, change, trigamma(m, m.where(both, 1.0, a + h)) - trigamma(m, m.where(both, 1.0, a)))


def rgamma_d1(m, x, y):
    """Return ``-psi(x) / gamma(x)``; near the poles of psi, where it is finite, by reflection (DLMF 5.5.3)."""
    reflected = (x < 0.5) & (abs(x - m.rint(x)) < 0.25)
    z = 1.0 - m.where(reflected, x, 0.0)
    near = m.gamma(z) * (cos_pi(m, x) - m.psi(z) * sin_pi(m, x) / PI)
    return m.where(reflected, near, -y * m.psi(m.where(reflected | (y == 0.0), 1.0, x)))


def rgamma_d2(m, x, y):
    """Return ``(psi**2 - psi') / gamma``; by reflection left of 1/2."""
    reflected = x < 0.5
    z = 1.0 - m.where(reflected, x, 0.0)
    p = m.psi(z)
    near = (p * p + trigamma(m, z) - PI * PI) * sin_pi(m, x) / PI - 2.0 * p * cos_pi(m, x)
    x = m.where(reflected, 1.0, x)
    return m.where(reflected, m.gamma(z) * near, y * (m.psi(x) * m.psi(x) - trigamma(m, x)))


def complex_rgamma_d1(m, z, y):
    """Return ``-psi(z) / gamma(z)``; near the poles of psi by reflection."""
    n = m.rint(z.real)
    near = (n < 0.5) & (abs(z - n) < 0.25)
    w = 1.0 - m.where(near, z, 0.0)
    turn = PI * (z - n)
    reflected = m.gamma(w) * cos_pi(m, n) * (m.cos(turn) - m.psi(w) * m.sin(turn) / PI)
    return m.where(near, reflected, -y * m.psi(m.where(near, 1.0, z)))


def poch_dah(m, a, h, y):
    """Return ``poch ((psi(b) - psi(a)) psi(b) + psi'(b))`` with ``b = a + h``, without what cancels right of 0."""
    b = a + h
    both = (a > 0.0) & (b > 0.0)
    p, q, r = m.where(both, a, 1.0), m.where(both, b, 1.0), m.where(both, h, 0.0)
    step, end = psi_step(m, p + 1.0, r), m.psi(q + 1.0)
    near = (p - r) / p / q / q + r / p / q * end + step * (end - 1.0 / q) + trigamma(m, q + 1.0)
    return y * m.where(both, near, psi_step(m, a, h) * m.psi(b) + trigamma(m, b))


def is_pole(m, x):
    """Whether the gamma function has a pole at ``x``."""
    return (x <= 0.0) & (x == m.rint(x))


def poch_da(m, a, h, y):
    """Return ``poch (psi(a + h) - psi(a))``, and its limit where ``1 / gamma(a)`` is 0."""
    lost = (y == 0.0) & is_pole(m, a)
    b = m.where(lost, a + h, 1.0)
    limit = y * m.psi(b) + m.gamma(b) * rgamma_d1(m, m.where(lost, a, 1.0), 1.0)
    return m.where(lost, limit, y * psi_step(m, m.where(lost, 1.0, a), h))


def poch_dh(m, a, h, y):
    """Return ``poch psi(a + h)``."""
    b = a + h
    lost = (y == 0.0) & is_pole(m, b)
    return m.where(lost, 0.0, y * m.psi(m.where(lost, 1.0, b)))


def poch_daa(m, a, h, y):
    """Return ``poch ((psi(a + h) - psi(a))**2 + psi'(a + h) - psi'(a))``."""
    s = psi_step(m, a, h)
    return y * (s * s + trigamma_step(m, a, h))


def binom_dn(m, n, k, y):
    """Return ``binom (psi(n + 1) - psi(n - k + 1))``, and its limit where ``1 / gamma(n - k + 1)`` is 0."""
    rest = n - k + 1.0
    lost = (y == 0.0) & is_pole(m, rest)
    top = m.where(lost, n + 1.0, 1.0)
    limit = y * m.psi(top) + m.gamma(top) * m.rgamma(k + 1.0) * rgamma_d1(m, m.where(lost, rest, 1.0), 1.0)
    return m.where(lost, limit, y * psi_step(m, m.where(lost, 1.0, rest), k))


def binom_dk(m, n, k, y):
    """Return ``binom (psi(n - k + 1) - psi(k + 1))``, and its limits where the reciprocal of a gamma function is 0."""
    rest, low = n - k + 1.0, k + 1.0
    lost = (y == 0.0) & (is_pole(m, rest) | is_pole(m, low))
    inside = y * psi_step(m, m.where(lost, 1.0, low), m.where(lost, 0.0, n - 2.0 * k))
    rest, low = m.where(lost, rest, 1.0), m.where(lost, low, 1.0)
    one, other = m.rgamma(low), m.rgamma(rest)
    limit = m.gamma(n + 1.0) * (rgamma_d1(m, low, one) * other - one * rgamma_d1(m, rest, other))
    return m.where(lost, limit, inside)


def binom_dnn(m, n, k, y):
    """Return the second derivative in ``n``."""
    s = psi_step(m, n - k + 1.0, k)
    return y * (s * s + trigamma_step(m, n - k + 1.0, k))


def binom_dnk(m, n, k, y):
    """Return the mixed second derivative."""
    return y * (psi_step(m, n - k + 1.0, k) * psi_step(m, k + 1.0, n - 2.0 * k) + trigamma(m, n - k + 1.0))


def binom_dkk(m, n, k, y):
    """Return the second derivative in ``k``."""
    s = psi_step(m, k + 1.0, n - 2.0 * k)
    return y * (s * s - trigamma(m, n - k + 1.0) - trigamma(m, k + 1.0))


def beta_da(m, a, b, y):
    """Return ``beta (psi(a) - psi(a + b))``."""
    return -y * psi_step(m, a, b)


def beta_daa(m, a, b, y):
    """Return ``beta ((psi(a) - psi(a + b))**2 + psi'(a) - psi'(a + b))``."""
    s = psi_step(m, a, b)
    return y * (s * s - trigamma_step(m, a, b))


def beta_dab(m, a, b, y):
    """Return the mixed second derivative, right of 0 without the ``1 / (a + b)**2`` that cancels there.

    For small ``a`` and ``b`` the error is 4 ulp of ``beta``, which is larger than the derivative.
    """
    both = (a > 0.0) & (b > 0.0)
    s = m.where(both, a + b, 1.0)
    p, q = m.where(both, a, 1.0), m.where(both, b, 1.0)
    da, db = psi_step(m, p + 1.0, q), psi_step(m, q + 1.0, p)
    near = (q / p * db + p / q * da) / s + (da * db - trigamma(m, s + 1.0))
    return y * m.where(both, near, psi_step(m, a, b) * psi_step(m, b, a) - trigamma(m, a + b))


def gamma_d2(m, x, y):
    """Return ``gamma (psi**2 + psi')``."""
    p = m.psi(x)
    return y * (p * p + trigamma(m, x))


AWAY = (-0.7, -2.3, 0.3, 1.4616321449683622, 1.5)

RULES = (
    unary(
        "gamma",
        lambda m, x, y: y * m.psi(x),
        gamma_d2,
        domain=(1e-3, 170.0),
        points=AWAY,
        source="DLMF 5.2.2",
    ),
    unary(
        "gammaln",
        lambda m, x, y: m.psi(x),
        lambda m, x, y: trigamma(m, x),
        domain=(1e-3, 1e10),
        points=AWAY,
        source="DLMF 5.2.2",
    ),
    unary(
        "loggamma",
        lambda m, x, y: m.psi(x),
        lambda m, x, y: trigamma(m, x),
        domain=(1e-3, 1e10),
        points=(1.4616321449683622, 1.0, 2.0),
        source="DLMF 5.2.2",
    ),
    unary(
        "rgamma",
        rgamma_d1,
        rgamma_d2,
        domain=(0.5, 160.0),
        points=(0.0, -1.0, -2.0, -5.0, -4.999999, -1.5, -1.7, 0.25, 0.2499, 0.4999, 1e-10, -1e-10),
        complex_first=(complex_rgamma_d1,),
        source="DLMF 5.2.2 and 5.5.3",
    ),
    unary(
        "psi",
        lambda m, x, y: trigamma(m, x),
        lambda m, x, y: tetragamma(m, x),
        domain=(1e-3, 1e10),
        points=(-0.7, -2.3, -10.01, 0.3, 1.4616321449683622),
        complex_first=(complex_trigamma,),
        source="DLMF 5.15.1 and 5.15.6",
    ),
    binary(
        "poch",
        (poch_da, poch_dh),
        (
            poch_daa,
            poch_dah,
            lambda m, a, h, y: y * (m.psi(a + h) * m.psi(a + h) + trigamma(m, a + h)),
        ),
        arguments=("z", "m"),
        domain=((1e-2, 30.0), (1e-2, 30.0)),
        points=((-2.5, 1.25), (-2.5, -1.25), (-0.5, 3.25), (7.0, 2.0)),
        source="DLMF 5.2.5",
    ),
    binary(
        "beta",
        (beta_da, lambda m, a, b, y: beta_da(m, b, a, y)),
        (
            beta_daa,
            beta_dab,
            lambda m, a, b, y: beta_daa(m, b, a, y),
        ),
        arguments=("a", "b"),
        domain=((1e-2, 50.0), (1e-2, 50.0)),
        points=((0.5, 0.5), (1.0, 1.0), (1e-3, 1e-3)),
        source="DLMF 5.12.1",
    ),
    binary(
        "betaln",
        (lambda m, a, b, y: -psi_step(m, a, b), lambda m, a, b, y: -psi_step(m, b, a)),
        (
            lambda m, a, b, y: -trigamma_step(m, a, b),
            lambda m, a, b, y: -trigamma(m, a + b),
            lambda m, a, b, y: -trigamma_step(m, b, a),
        ),
        arguments=("a", "b"),
        domain=((1e-3, 1e6), (1e-3, 1e6)),
        points=((0.5, 0.5), (1e5, 1e-5)),
        source="DLMF 5.12.1",
    ),
    binary(
        "binom",
        (binom_dn, binom_dk),
        (binom_dnn, binom_dnk, binom_dkk),
        arguments=("x", "y"),
        domain=((8.0, 50.0), (1e-1, 7.0)),
        points=((5.0, 2.0), (5.5, 2.25), (10.0, 5.0)),
        source="DLMF 1.2.6 and 5.2.2",
    ),
    flat("gammasgn"),
)
