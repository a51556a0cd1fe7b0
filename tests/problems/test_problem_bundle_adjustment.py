"""Bundle adjustment against ADBench's values and against exp([w]x) at 60 digits."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pytest

from dualdiff.problems import bundle_adjustment

GOLDEN = json.loads((Path(__file__).parents[1] / "reference" / "adbench_ba.json").read_text(encoding="utf-8"))


# on both sides of the switch between series and closed form at 0.5; half and whole turns
ANGLES = (0.0, 1e-160, 1e-8, 1e-3, 0.1, 0.4999999, 0.5, 0.5000001, 1.0, 2.0, 3.1, np.pi, 6.2, 2 * np.pi, 9.0)


def exact(x, feature):
    """Reprojection error with the rotation as a matrix exponential: no Rodrigues, no branch."""
    w, centre, focal, principal = x[:3], x[3:6], x[6], x[7:9]
    distortion, point, weight = x[9:11], x[11:14], x[14]
    rotation = mpmath.expm(mpmath.matrix([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]]))
    q = rotation * mpmath.matrix([a - b for a, b in zip(point, centre, strict=True)])
    u = [q[0] / q[2], q[1] / q[2]]
    r = u[0] ** 2 + u[1] ** 2
    lens = 1 + distortion[0] * r + distortion[1] * r**2
    return [weight * (focal * lens * u[i] + principal[i] - feature[i]) for i in range(2)]


def exact_value_and_jacobian(x, feature):
    with mpmath.workdps(60):
        x = [mpmath.mpf(v) for v in x]
        feature = [mpmath.mpf(v) for v in feature]
        h = mpmath.mpf(10) ** -20
        jac = np.empty((2, 15))
        for j in range(15):
            up, down = list(x), list(x)
            up[j] += h
            down[j] -= h
            column = zip(exact(up, feature), exact(down, feature), strict=True)
            jac[:, j] = [float((a - b) / (2 * h)) for a, b in column]
        return np.array([float(v) for v in exact(x, feature)]), jac


def test_the_point_is_adbenchs():
    p = bundle_adjustment()
    assert p.x.tolist() == [*GOLDEN["camera"], *GOLDEN["point"], GOLDEN["weight"]]
    assert p.args[0].tolist() == GOLDEN["feature"]


def test_residuals_agree_with_adbench():
    p = bundle_adjustment()
    np.testing.assert_allclose(p.f(p.x, *p.args), GOLDEN["reprojection_error_per_observation"], rtol=1e-10)
    assert 1 - p.x[14] ** 2 == pytest.approx(GOLDEN["weight_error"], rel=1e-12)


def test_jacobian_agrees_with_adbench_in_every_observation():
    p = bundle_adjustment()
    jac = p.jacobian(p.x, *p.args)
    observations = np.reshape(GOLDEN["J_values"][:-10], (10, 2, 15))
    for golden in observations:
        np.testing.assert_allclose(jac, golden, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("angle", ANGLES)
def test_value_and_jacobian_at_any_rotation_angle(angle):
    p = bundle_adjustment()
    x = p.x.copy()
    axis = x[:3] / np.linalg.norm(x[:3])
    # look along the axis of rotation, so that no angle brings the point near the camera's plane
    x[3:6] = x[11:14] - 10.0 * axis + np.array([0.5, -0.4, 0.3])
    x[:3] = angle * axis
    value, jac = exact_value_and_jacobian(x, *p.args)
    got = p.f(x, *p.args)
    assert np.all(np.abs(got - value) <= 1e-15 * (np.abs(jac) @ np.abs(x)))
    got = p.jacobian(x, *p.args)
    assert np.max(np.abs(got - jac) / np.max(np.abs(jac), axis=1, keepdims=True)) <= 1e-14


def test_zero_rotation_is_the_plain_camera():
    p = bundle_adjustment()
    x = p.x.copy()
    x[:3] = 0.0
    x[9:11] = 0.0
    q = x[11:14] - x[3:6]
    want = x[14] * (x[6] * q[:2] / q[2] + x[7:9] - p.args[0])
    np.testing.assert_allclose(p.f(x, *p.args), want, rtol=1e-15)
    # turning about the optical axis by a small angle moves (u, v) along (-v, u)
    u, v = q[:2] / q[2]
    np.testing.assert_allclose(p.jacobian(x, *p.args)[:, 2], x[14] * x[6] * np.array([-v, u]), rtol=1e-15)
