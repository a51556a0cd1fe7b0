"""Air pollution: 25 reactions among 20 species, in numbers of ten decades (problem POLLU).

The species are, in this order: NO2, NO, O3P, O3, HO2, OH, HCHO, CO, ALD, MEO2, C2O3, CO2,
PAN, CH3O, HNO3, O1D, SO2, SO4, NO3, N2O5.
"""

import numpy as np

from dualdiff.problems.problem import FloatArray, Problem

SOURCE = (
    "J. G. Verwer (1994), Gauss-Seidel iteration for stiff ODEs from chemical kinetics, "
    "SIAM J. Sci. Comput. 15; Test Set for IVP Solvers, problem POLLU"
)

# Rate constants of the 25 reactions.
K = (
    0.35,
    26.6,
    12300.0,
    0.00086,
    0.00082,
    15000.0,
    0.00013,
    24000.0,
    16500.0,
    9000.0,
    0.022,
    12000.0,
    1.88,
    16300.0,
    4.8e6,
    0.00035,
    0.0175,
    1e8,
    4.44e11,
    1240.0,
    2.1,
    5.78,
    0.0474,
    1780.0,
    3.12,
)


def pollution_rhs(y: FloatArray) -> FloatArray:
    """Return the right-hand side, shape ``(20,)``.

    Examples
    --------
    >>> pollution_rhs(np.full(20, 1e-3))[[11, 16]].round(6).tolist()
    [0.0165, -0.00124]
    """
    r1 = K[0] * y[0]
    r2 = K[1] * y[1] * y[3]
    r3 = K[2] * y[4] * y[1]
    r4 = K[3] * y[6]
    r5 = K[4] * y[6]
    r6 = K[5] * y[6] * y[5]
    r7 = K[6] * y[8]
    r8 = K[7] * y[8] * y[5]
    r9 = K[8] * y[10] * y[1]
    r10 = K[9] * y[10] * y[0]
    r11 = K[10] * y[12]
    r12 = K[11] * y[9] * y[1]
    r13 = K[12] * y[13]
    r14 = K[13] * y[0] * y[5]
    r15 = K[14] * y[2]
    r16 = K[15] * y[3]
    r17 = K[16] * y[3]
    r18 = K[17] * y[15]
    r19 = K[18] * y[15]
    r20 = K[19] * y[16] * y[5]
    r21 = K[20] * y[18]
    r22 = K[21] * y[18]
    r23 = K[22] * y[0] * y[3]
    r24 = K[23] * y[18] * y[0]
    r25 = K[24] * y[19]
    dy = np.empty_like(y)
    dy[0] = -r1 - r10 - r14 - r23 - r24 + r2 + r3 + r9 + r11 + r12 + r22 + r25
    dy[1] = -r2 - r3 - r9 - r12 + r1 + r21
    dy[2] = -r15 + r1 + r17 + r19 + r22
    dy[3] = -r2 - r16 - r17 - r23 + r15
    dy[4] = -r3 + 2 * r4 + r6 + r7 + r13 + r20
    dy[5] = -r6 - r8 - r14 - r20 + r3 + 2 * r18
    dy[6] = -r4 - r5 - r6 + r13
    dy[7] = r4 + r5 + r6 + r7
    dy[8] = -r7 - r8
    dy[9] = -r12 + r7 + r9
    dy[10] = -r9 - r10 + r8 + r11
    dy[11] = r9
    dy[12] = -r11 + r10
    dy[13] = -r13 + r12
    dy[14] = r14
    dy[15] = -r18 - r19 + r16
    dy[16] = -r20
    dy[17] = r20
    dy[18] = -r21 - r22 - r24 + r23 + r25
    dy[19] = -r25 + r24
    return dy


def pollution_jacobian(y: FloatArray) -> FloatArray:
    """Return the Jacobian of `pollution_rhs`, shape ``(20, 20)``.

    Examples
    --------
    >>> jac = pollution_jacobian(np.ones(20))
    >>> jac[16, [5, 16]].tolist(), int(np.count_nonzero(jac))
    ([-1240.0, -1240.0], 82)
    """
    # r<i>_<j>: derivative of the rate of reaction i with respect to species j, both counted from 1
    r2_2 = K[1] * y[3]
    r2_4 = K[1] * y[1]
    r3_5 = K[2] * y[1]
    r3_2 = K[2] * y[4]
    r6_7 = K[5] * y[5]
    r6_6 = K[5] * y[6]
    r8_9 = K[7] * y[5]
    r8_6 = K[7] * y[8]
    r9_11 = K[8] * y[1]
    r9_2 = K[8] * y[10]
    r10_11 = K[9] * y[0]
    r10_1 = K[9] * y[10]
    r12_10 = K[11] * y[1]
    r12_2 = K[11] * y[9]
    r14_1 = K[13] * y[5]
    r14_6 = K[13] * y[0]
    r20_17 = K[19] * y[5]
    r20_6 = K[19] * y[16]
    r23_1 = K[22] * y[3]
    r23_4 = K[22] * y[0]
    r24_19 = K[23] * y[0]
    r24_1 = K[23] * y[18]
    jac = np.zeros((20, 20))
    jac[0, 0] = -K[0] - r10_1 - r14_1 - r23_1 - r24_1
    jac[0, 1] = r2_2 + r3_2 + r9_2 + r12_2
    jac[0, 3] = r2_4 - r23_4
    jac[0, 4] = r3_5
    jac[0, 5] = -r14_6
    jac[0, 9] = r12_10
    jac[0, 10] = r9_11 - r10_11
    jac[0, 12] = K[10]
    jac[0, 18] = K[21] - r24_19
    jac[0, 19] = K[24]
    jac[1, 0] = K[0]
    jac[1, 1] = -r2_2 - r3_2 - r9_2 - r12_2
    jac[1, 3] = -r2_4
    jac[1, 4] = -r3_5
    jac[1, 9] = -r12_10
    jac[1, 10] = -r9_11
    jac[1, 18] = K[20]
    jac[2, 0] = K[0]
    jac[2, 2] = -K[14]
    jac[2, 3] = K[16]
    jac[2, 15] = K[18]
    jac[2, 18] = K[21]
    jac[3, 0] = -r23_1
    jac[3, 1] = -r2_2
    jac[3, 2] = K[14]
    jac[3, 3] = -r2_4 - K[15] - K[16] - r23_4
    jac[4, 1] = -r3_2
    jac[4, 4] = -r3_5
    jac[4, 5] = r6_6 + r20_6
    jac[4, 6] = 2 * K[3] + r6_7
    jac[4, 8] = K[6]
    jac[4, 13] = K[12]
    jac[4, 16] = r20_17
    jac[5, 0] = -r14_1
    jac[5, 1] = r3_2
    jac[5, 4] = r3_5
    jac[5, 5] = -r6_6 - r8_6 - r14_6 - r20_6
    jac[5, 6] = -r6_7
    jac[5, 8] = -r8_9
    jac[5, 15] = 2 * K[17]
    jac[5, 16] = -r20_17
    jac[6, 5] = -r6_6
    jac[6, 6] = -K[3] - K[4] - r6_7
    jac[6, 13] = K[12]
    jac[7, 5] = r6_6
    jac[7, 6] = K[3] + K[4] + r6_7
    jac[7, 8] = K[6]
    jac[8, 5] = -r8_6
    jac[8, 8] = -K[6] - r8_9
    jac[9, 1] = r9_2 - r12_2
    jac[9, 8] = K[6]
    jac[9, 9] = -r12_10
    jac[9, 10] = r9_11
    jac[10, 0] = -r10_1
    jac[10, 1] = -r9_2
    jac[10, 5] = r8_6
    jac[10, 8] = r8_9
    jac[10, 10] = -r9_11 - r10_11
    jac[10, 12] = K[10]
    jac[11, 1] = r9_2
    jac[11, 10] = r9_11
    jac[12, 0] = r10_1
    jac[12, 10] = r10_11
    jac[12, 12] = -K[10]
    jac[13, 1] = r12_2
    jac[13, 9] = r12_10
    jac[13, 13] = -K[12]
    jac[14, 0] = r14_1
    jac[14, 5] = r14_6
    jac[15, 3] = K[15]
    jac[15, 15] = -K[17] - K[18]
    jac[16, 5] = -r20_6
    jac[16, 16] = -r20_17
    jac[17, 5] = r20_6
    jac[17, 16] = r20_17
    jac[18, 0] = r23_1 - r24_1
    jac[18, 3] = r23_4
    jac[18, 18] = -K[20] - K[21] - r24_19
    jac[18, 19] = K[24]
    jac[19, 0] = r24_1
    jac[19, 18] = r24_19
    jac[19, 19] = -K[24]
    return jac


def pollution() -> Problem:
    """Return the air-pollution problem; ``x`` is the published end point.

    Examples
    --------
    >>> pollution().t_end
    60.0
    """
    y0 = np.zeros(20)
    y0[[1, 3, 6, 7, 8, 16]] = [0.2, 0.04, 0.1, 0.3, 0.01, 0.007]
    y_end = np.array(
        [
            0.05646255480022769,
            0.1342484130422339,
            4.139734331099427e-09,
            0.005523140207484359,
            2.018977262302196e-07,
            1.464541863493966e-07,
            0.07784249118997964,
            0.3245075353396018,
            0.007494013383880406,
            1.622293157301561e-08,
            1.135863833257075e-08,
            0.002230505975721359,
            0.000208716288279863,
            1.396921016840158e-05,
            0.008964884856898295,
            4.352846369330103e-18,
            0.006899219696263405,
            0.0001007803037365946,
            1.772146513969984e-06,
            5.682943292316392e-05,
        ]
    )
    return Problem(
        name="pollution",
        f=pollution_rhs,
        jacobian=pollution_jacobian,
        x=y_end.copy(),
        source=SOURCE,
        y0=y0,
        t_end=60.0,
        y_end=y_end,
    )
