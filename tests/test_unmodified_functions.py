"""Ordinary NumPy functions, written without any AD library in mind, differentiated as they stand.

They are in ``tests/unmodified``; the truth is Richardson's extrapolation of differences of the plain function.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dualdiff as dd
from tests.unmodified import arrays, language, loops  # noqa: F401  # each fills CASES
from tests.unmodified.at import CASES


def richardson(f, x, first_step=1e-2, levels=6):
    """Central differences with steps halved and extrapolated: about 11 digits of a smooth function."""
    columns = []
    for j in range(x.size):
        table = []
        for level in range(levels):
            step = first_step * max(1.0, abs(x[j])) / 2**level
            up, down = x.copy(), x.copy()
            up[j] += step
            down[j] -= step
            row = [(np.asarray(f(up.copy())) - np.asarray(f(down.copy()))) / (up[j] - down[j])]
            for k, older in enumerate(table[-1] if table else (), start=1):
                row.append(row[-1] + (row[-1] - older) / (4**k - 1))
            table.append(row)
        columns.append(table[-1][-1])
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("name", CASES)
def test_an_unmodified_function_is_differentiated(name):
    f, x = CASES[name]
    before = x.copy()
    value, jac = dd.value_and_jacobian(f, engine="numpy")(x)
    np.testing.assert_array_equal(x, before)
    plain = np.asarray(f(x.copy()))
    want = richardson(f, x)
    np.testing.assert_array_equal(np.asarray(value), plain)
    np.testing.assert_allclose(np.asarray(jac), want, rtol=0, atol=1e-9 * max(1.0, np.max(np.abs(want))))


@pytest.mark.parametrize("name", CASES)
def test_its_second_derivatives_by_nesting(name):
    f, x = CASES[name]

    def jacobian(x):
        return np.asarray(dd.jacobian(f, engine="numpy")(x))

    want = richardson(jacobian, x)
    got = dd.jacobian(dd.jacobian(f, engine="numpy"), engine="numpy")(x)
    np.testing.assert_allclose(np.asarray(got), want, rtol=0, atol=1e-9 * max(1.0, np.max(np.abs(want))))


@pytest.mark.parametrize("name", CASES)
def test_the_chunk_changes_nothing(name):
    f, x = CASES[name]
    whole = np.asarray(dd.jacobian(f, engine="numpy")(x))
    for chunk in (1, 3):
        parts = np.asarray(dd.jacobian(f, engine="numpy", chunk=chunk)(x))
        np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-14 * max(1.0, np.max(np.abs(whole))))


def test_threads_do_not_disturb_one_another():
    def run(name):
        f, x = CASES[name]
        return [np.asarray(dd.jacobian(f, engine="numpy")(x)) for _ in range(5)]

    alone = {name: run(name)[0] for name in CASES}
    with ThreadPoolExecutor(4) as pool:
        for name, several in zip(CASES, pool.map(run, CASES), strict=True):
            for one in several:
                np.testing.assert_array_equal(one, alone[name], err_msg=name)
