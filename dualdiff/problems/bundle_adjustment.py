"""Bundle adjustment: the weighted reprojection error of one observation, 15 variables, 2 residuals.

The variables are, in this order: rotation vector (3), camera centre (3), focal length (1),
principal point (2), radial distortion (2), point (3), weight (1).
"""

import numpy as np

from dualdiff.problems.problem import FloatArray, Problem

SOURCE = (
    "F. Srajer, Z. Kukelova, A. Fitzgibbon (2018), A benchmark of selected algorithmic differentiation tools "
    "on some problems in computer vision and machine learning; microsoft/ADBench, problem BA"
)


def reprojection_error(x: FloatArray, feature: FloatArray) -> FloatArray:
    """Return ``weight * (projection of the point - feature)``, shape ``(2,)``, for ``x`` of shape ``(15,)``.

    The rotation by w is Rodrigues' formula ``R p = p + A w*p + B w*(w*p)`` (``*``: cross product) with
    ``A = sin(t)/t = 2ck``, ``B = (1 - cos(t))/t^2 = 2k^2``, ``t = |w|``, ``c = cos(t/2)``,
    ``k = sin(t/2)/t``. For small t, k is its power series in ``t^2``: smooth at zero, no cancellation.

    Examples
    --------
    >>> x = np.array([0.0, 0, 0, 0, 0, 0, 100, 5, 6, 0, 0, 1, 2, 4, 1])
    >>> reprojection_error(x, np.array([30.0, 50.0])).tolist()
    [0.0, 6.0]
    """
    w0 = x[0]
    w1 = x[1]
    w2 = x[2]
    p0 = x[11] - x[3]
    p1 = x[12] - x[4]
    p2 = x[13] - x[5]

    s = w0 * w0 + w1 * w1 + w2 * w2
    if s < 0.25:
        k = 0.5 - s / 48 * (1 - s / 80 * (1 - s / 168 * (1 - s / 288 * (1 - s / 440))))
        c = np.sqrt(1 - s * k * k)
    else:
        t = np.sqrt(s)
        k = np.sin(0.5 * t) / t
        c = np.cos(0.5 * t)
    a = 2.0 * c * k
    b = 2.0 * k * k
    d = b * (w0 * p0 + w1 * p1 + w2 * p2)
    e = 1.0 - b * s
    q0 = e * p0 + a * (w1 * p2 - w2 * p1) + d * w0
    q1 = e * p1 + a * (w2 * p0 - w0 * p2) + d * w1
    q2 = e * p2 + a * (w0 * p1 - w1 * p0) + d * w2

    u = q0 / q2
    v = q1 / q2
    r = u * u + v * v
    scale = x[6] * (1.0 + r * (x[9] + r * x[10]))
    err = np.empty_like(x[:2])
    err[0] = x[14] * (scale * u + x[7] - feature[0])
    err[1] = x[14] * (scale * v + x[8] - feature[1])
    return err


def reprojection_jacobian(x: FloatArray, feature: FloatArray) -> FloatArray:
    """Return the Jacobian of `reprojection_error` with respect to ``x``, shape ``(2, 15)``.

    Examples
    --------
    >>> x = np.array([0.0, 0, 0, 0, 0, 0, 100, 5, 6, 0, 0, 1, 2, 4, 1])
    >>> reprojection_jacobian(x, np.array([30.0, 50.0]))[0, 11:].tolist()
    [25.0, 0.0, -6.25, 0.0]
    """
    w0 = x[0]
    w1 = x[1]
    w2 = x[2]
    p0 = x[11] - x[3]
    p1 = x[12] - x[4]
    p2 = x[13] - x[5]

    # dk = dk/ds: its closed form loses digits like 1/s, hence the series
    s = w0 * w0 + w1 * w1 + w2 * w2
    if s < 0.25:
        k = 0.5 - s / 48 * (1 - s / 80 * (1 - s / 168 * (1 - s / 288 * (1 - s / 440))))
        c = np.sqrt(1 - s * k * k)
        dk = -(1 - s / 40 * (1 - s / 112 * (1 - s / 216 * (1 - s / 352 * (1 - s / 520))))) / 48
    else:
        t = np.sqrt(s)
        k = np.sin(0.5 * t) / t
        c = np.cos(0.5 * t)
        dk = (0.25 * c - 0.5 * k) / s
    a = 2.0 * c * k
    b = 2.0 * k * k
    da = 2.0 * c * dk - 0.5 * k * k
    db = 4.0 * k * dk
    c0 = w1 * p2 - w2 * p1
    c1 = w2 * p0 - w0 * p2
    c2 = w0 * p1 - w1 * p0
    wp = w0 * p0 + w1 * p1 + w2 * p2
    e = 1.0 - b * s
    q0 = e * p0 + a * c0 + b * wp * w0
    q1 = e * p1 + a * c1 + b * wp * w1
    q2 = e * p2 + a * c2 + b * wp * w2

    u = q0 / q2
    v = q1 / q2
    r = u * u + v * v
    lens = 1.0 + r * (x[9] + r * x[10])
    dlens = 2.0 * (x[9] + 2.0 * r * x[10])
    weight = x[14]
    scale = weight * x[6]
    jac = np.zeros((2, 15))
    for i in range(2):
        # (g0, g1, g2): gradient of residual i with respect to the rotated point q
        z = u if i == 0 else v
        g0 = scale * z * dlens * u / q2
        g1 = scale * z * dlens * v / q2
        if i == 0:
            g0 += scale * lens / q2
        else:
            g1 += scale * lens / q2
        g2 = -(u * g0 + v * g1)

        gc = g0 * c0 + g1 * c1 + g2 * c2
        gw = g0 * w0 + g1 * w1 + g2 * w2
        gp = g0 * p0 + g1 * p1 + g2 * p2
        h = 2.0 * (da * gc + db * (wp * gw - s * gp) - b * gp)
        jac[i, 0] = h * w0 + a * (p1 * g2 - p2 * g1) + b * (g0 * wp + gw * p0)
        jac[i, 1] = h * w1 + a * (p2 * g0 - p0 * g2) + b * (g1 * wp + gw * p1)
        jac[i, 2] = h * w2 + a * (p0 * g1 - p1 * g0) + b * (g2 * wp + gw * p2)
        jac[i, 11] = e * g0 + a * (g1 * w2 - g2 * w1) + b * gw * w0
        jac[i, 12] = e * g1 + a * (g2 * w0 - g0 * w2) + b * gw * w1
        jac[i, 13] = e * g2 + a * (g0 * w1 - g1 * w0) + b * gw * w2
        jac[i, 3] = -jac[i, 11]
        jac[i, 4] = -jac[i, 12]
        jac[i, 5] = -jac[i, 13]
        jac[i, 6] = weight * lens * z
        jac[i, 7 + i] = weight
        jac[i, 9] = scale * z * r
        jac[i, 10] = scale * z * r * r
        jac[i, 14] = x[6] * lens * z + x[7 + i] - feature[i]
    return jac


def bundle_adjustment() -> Problem:
    """Return the observation of ADBench's own test; ``args`` is the feature, shape ``(2,)``.

    Examples
    --------
    >>> p = bundle_adjustment()
    >>> p.f(p.x, *p.args).round(6).tolist()
    [-0.269049, 0.259945]
    """
    rotation = [1.797201, 0.590697, -0.635786]
    centre = [90.85955, 29.361415, 28.777534]
    focal = [211.628116]
    principal = [-0.284531, -14.762924]
    distortion = [0.058931, 0.069976]
    point = [4.173048, 5.586898, 1.403869]
    weight = [0.417022]
    return Problem(
        name="bundle_adjustment",
        f=reprojection_error,
        jacobian=reprojection_jacobian,
        x=np.array(rotation + centre + focal + principal + distortion + point + weight),
        args=(np.array([-525.672849, 161.811929]),),
        source=SOURCE,
    )
