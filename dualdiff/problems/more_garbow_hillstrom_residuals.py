"""The 22 residual functions of the Moré-Wild benchmark, in plain loops over plain buffers.

They are written as their Fortran originals are, with no thought of differentiation: ``np.zeros(m)`` is filled
element by element, from scalar code with ``math`` and ``np`` mixed. Each also compiles under ``numba.njit``.
Functions whose number of residuals is free take it as their second argument.

MGH: J. J. Moré, B. S. Garbow, K. E. Hillstrom (1981), Testing unconstrained optimization software, ACM TOMS 7.
MW: J. J. Moré, S. M. Wild (2009), Benchmarking derivative-free optimization algorithms, SIAM J. Optim. 20.
"""

import math

import numpy as np

from dualdiff.problems.problem import FloatArray

BARD_Y = np.array([0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39])
KOWALIK_T = np.array([4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])
KOWALIK_Y = np.array([0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246])
MEYER_Y = np.array(
    [34780.0, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872]
)
# fmt: off
OSBORNE_1_Y = np.array([
    844, 908, 932, 936, 925, 908, 881, 850, 818, 784, 751, 718, 685, 658, 628, 603, 580, 558, 538, 522, 506, 490, 478,
    467, 457, 448, 438, 431, 424, 420, 414, 411, 406,
]) / 1000
OSBORNE_2_Y = np.array([
    1366, 1191, 1112, 1013, 991, 885, 831, 847, 786, 725, 746, 679, 608, 655, 616, 606, 602, 626, 651, 724, 649, 649,
    694, 644, 624, 661, 612, 558, 533, 495, 500, 423, 395, 375, 372, 391, 396, 405, 428, 429, 523, 562, 607, 653, 672,
    708, 633, 668, 645, 632, 591, 559, 597, 625, 739, 710, 729, 720, 636, 581, 428, 292, 162, 98, 54,
]) / 1000
# fmt: on


def linear_full_rank(x: FloatArray, m: int) -> FloatArray:
    """Linear function, full rank (MGH 32)."""
    n = len(x)
    total = 0.0
    for j in range(n):
        total += x[j]
    temp = 2.0 * total / m + 1.0
    fvec = np.zeros(m)
    for i in range(m):
        fvec[i] = -temp
        if i < n:
            fvec[i] += x[i]
    return fvec


def linear_rank_1(x: FloatArray, m: int) -> FloatArray:
    """Linear function, rank 1 (MGH 33)."""
    total = 0.0
    for j in range(len(x)):
        total += (j + 1) * x[j]
    fvec = np.zeros(m)
    for i in range(m):
        fvec[i] = (i + 1) * total - 1.0
    return fvec


def linear_rank_1_with_zeros(x: FloatArray, m: int) -> FloatArray:
    """Linear function, rank 1 with zero columns and rows (MGH 34)."""
    total = 0.0
    for j in range(1, len(x) - 1):
        total += (j + 1) * x[j]
    fvec = np.zeros(m)
    for i in range(m - 1):
        fvec[i] = i * total - 1.0
    fvec[m - 1] = -1.0
    return fvec


def rosenbrock_residual(x: FloatArray) -> FloatArray:
    """Rosenbrock's function as two residuals (MGH 1)."""
    fvec = np.zeros(2)
    fvec[0] = 10.0 * (x[1] - x[0] * x[0])
    fvec[1] = 1.0 - x[0]
    return fvec


def helical_valley(x: FloatArray) -> FloatArray:
    """Helical valley (MGH 7)."""
    if x[0] > 0:
        theta = math.atan(x[1] / x[0]) / (2.0 * math.pi)
    elif x[0] < 0:
        theta = math.atan(x[1] / x[0]) / (2.0 * math.pi) + 0.5
    elif x[1] == 0:
        theta = 0.0
    else:
        theta = 0.25
    r = math.sqrt(x[0] * x[0] + x[1] * x[1])
    fvec = np.zeros(3)
    fvec[0] = 10.0 * (x[2] - 10.0 * theta)
    fvec[1] = 10.0 * (r - 1.0)
    fvec[2] = x[2]
    return fvec


def powell_singular(x: FloatArray) -> FloatArray:
    """Powell's singular function (MGH 13)."""
    fvec = np.zeros(4)
    fvec[0] = x[0] + 10.0 * x[1]
    fvec[1] = math.sqrt(5.0) * (x[2] - x[3])
    fvec[2] = (x[1] - 2.0 * x[2]) ** 2
    fvec[3] = math.sqrt(10.0) * (x[0] - x[3]) ** 2
    return fvec


def freudenstein_roth(x: FloatArray) -> FloatArray:
    """Freudenstein and Roth (MGH 2)."""
    fvec = np.zeros(2)
    fvec[0] = -13.0 + x[0] + ((5.0 - x[1]) * x[1] - 2.0) * x[1]
    fvec[1] = -29.0 + x[0] + ((1.0 + x[1]) * x[1] - 14.0) * x[1]
    return fvec


def bard(x: FloatArray) -> FloatArray:
    """Bard (MGH 8)."""
    fvec = np.zeros(15)
    for i in range(15):
        u = i + 1
        v = 15 - i
        w = min(u, v)
        fvec[i] = BARD_Y[i] - (x[0] + u / (x[1] * v + x[2] * w))
    return fvec


def kowalik_osborne(x: FloatArray) -> FloatArray:
    """Kowalik and Osborne (MGH 15)."""
    fvec = np.zeros(11)
    for i in range(11):
        t = KOWALIK_T[i]
        fvec[i] = KOWALIK_Y[i] - x[0] * (t * (t + x[1])) / (t * (t + x[2]) + x[3])
    return fvec


def meyer(x: FloatArray) -> FloatArray:
    """Meyer (MGH 10)."""
    fvec = np.zeros(16)
    for i in range(16):
        t = 45.0 + 5.0 * (i + 1)
        fvec[i] = x[0] * math.exp(x[1] / (t + x[2])) - MEYER_Y[i]
    return fvec


def watson(x: FloatArray) -> FloatArray:
    """Watson (MGH 20)."""
    n = len(x)
    fvec = np.zeros(31)
    for i in range(29):
        t = (i + 1) / 29.0
        slope = 0.0
        power = 1.0
        for j in range(1, n):
            slope += j * power * x[j]
            power *= t
        value = 0.0
        power = 1.0
        for j in range(n):
            value += power * x[j]
            power *= t
        fvec[i] = slope - value * value - 1.0
    fvec[29] = x[0]
    fvec[30] = x[1] - x[0] * x[0] - 1.0
    return fvec


def box_3d(x: FloatArray, m: int) -> FloatArray:
    """Box's three-dimensional function (MGH 12)."""
    fvec = np.zeros(m)
    for i in range(m):
        t = (i + 1) / 10.0
        fvec[i] = math.exp(-t * x[0]) - math.exp(-t * x[1]) + (math.exp(-(i + 1.0)) - math.exp(-t)) * x[2]
    return fvec


def jennrich_sampson(x: FloatArray, m: int) -> FloatArray:
    """Jennrich and Sampson (MGH 6)."""
    fvec = np.zeros(m)
    for i in range(m):
        k = i + 1.0
        fvec[i] = 2.0 + 2.0 * k - np.exp(k * x[0]) - np.exp(k * x[1])
    return fvec


def brown_dennis(x: FloatArray, m: int) -> FloatArray:
    """Brown and Dennis (MGH 16)."""
    fvec = np.zeros(m)
    for i in range(m):
        t = (i + 1) / 5.0
        a = x[0] + t * x[1] - np.exp(t)
        b = x[2] + np.sin(t) * x[3] - np.cos(t)
        fvec[i] = a * a + b * b
    return fvec


def chebyquad(x: FloatArray, m: int) -> FloatArray:
    """Chebyquad (MGH 35)."""
    n = len(x)
    fvec = np.zeros(m)
    for j in range(n):
        older = 1.0
        old = 2.0 * x[j] - 1.0
        twice = 2.0 * old
        for i in range(m):
            fvec[i] += old
            new = twice * old - older
            older = old
            old = new
    for i in range(m):
        fvec[i] /= n
        if i % 2 == 1:
            fvec[i] += 1.0 / ((i + 1) ** 2 - 1)
    return fvec


def brown_almost_linear(x: FloatArray) -> FloatArray:
    """Brown's almost-linear function (MGH 27)."""
    n = len(x)
    total = -(n + 1.0)
    product = 1.0
    for j in range(n):
        total += x[j]
        product *= x[j]
    fvec = np.zeros(n)
    for i in range(n - 1):
        fvec[i] = x[i] + total
    fvec[n - 1] = product - 1.0
    return fvec


def osborne_1(x: FloatArray) -> FloatArray:
    """Osborne 1: two exponentials (MGH 17)."""
    fvec = np.zeros(33)
    for i in range(33):
        t = 10.0 * i
        fvec[i] = OSBORNE_1_Y[i] - (x[0] + x[1] * math.exp(-x[3] * t) + x[2] * math.exp(-x[4] * t))
    return fvec


def osborne_2(x: FloatArray) -> FloatArray:
    """Osborne 2: an exponential and three Gaussians (MGH 19)."""
    fvec = np.zeros(65)
    for i in range(65):
        t = i / 10.0
        model = x[0] * math.exp(-x[4] * t)
        for k in range(1, 4):
            model += x[k] * math.exp(-x[4 + k] * (t - x[7 + k]) ** 2)
        fvec[i] = OSBORNE_2_Y[i] - model
    return fvec


def bdqrtic(x: FloatArray) -> FloatArray:
    """Bdqrtic of CUTEr (MW 19)."""
    n = len(x)
    fvec = np.zeros(2 * (n - 4))
    for i in range(n - 4):
        fvec[i] = -4.0 * x[i] + 3.0
        fvec[n - 4 + i] = x[i] ** 2 + 2 * x[i + 1] ** 2 + 3 * x[i + 2] ** 2 + 4 * x[i + 3] ** 2 + 5 * x[n - 1] ** 2
    return fvec


def cube(x: FloatArray) -> FloatArray:
    """Cube of CUTEr (MW 20)."""
    n = len(x)
    fvec = np.zeros(n)
    fvec[0] = x[0] - 1.0
    for i in range(1, n):
        fvec[i] = 10.0 * (x[i] - x[i - 1] ** 3)
    return fvec


def mancino(x: FloatArray) -> FloatArray:
    """Mancino of CUTEr (MW 21)."""
    n = len(x)
    fvec = np.zeros(n)
    for i in range(n):
        total = 0.0
        for j in range(n):
            v = np.sqrt(x[i] ** 2 + (i + 1) / (j + 1))
            total += v * (np.sin(np.log(v)) ** 5 + np.cos(np.log(v)) ** 5)
        fvec[i] = 1400.0 * x[i] + (i - 49) ** 3 + total
    return fvec


def heart_8(x: FloatArray) -> FloatArray:
    """Heart dipole, eight unknowns: heart8ls of CUTEr (MW 22)."""
    a, b, c, d = x[0], x[1], x[2], x[3]
    t, u, v, w = x[4], x[5], x[6], x[7]
    fvec = np.zeros(8)
    fvec[0] = a + b + 0.69
    fvec[1] = c + d + 0.044
    fvec[2] = t * a + u * b - v * c - w * d + 1.57
    fvec[3] = v * a + w * b + t * c + u * d + 1.31
    fvec[4] = a * (t**2 - v**2) - 2 * c * t * v + b * (u**2 - w**2) - 2 * d * u * w + 2.65
    fvec[5] = c * (t**2 - v**2) + 2 * a * t * v + d * (u**2 - w**2) + 2 * b * u * w - 2.0
    fvec[6] = a * t * (t**2 - 3 * v**2) + c * v * (v**2 - 3 * t**2)
    fvec[6] += b * u * (u**2 - 3 * w**2) + d * w * (w**2 - 3 * u**2) + 12.6
    fvec[7] = c * t * (t**2 - 3 * v**2) - a * v * (v**2 - 3 * t**2)
    fvec[7] += d * u * (u**2 - 3 * w**2) - b * w * (w**2 - 3 * u**2) - 9.48
    return fvec
