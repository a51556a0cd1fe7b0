"""Sums, products, extremes, means and variances along axes, with all their options."""

import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.truth import check, check_nested, leaves, seed

RNG = np.random.default_rng(12)
X = RNG.normal(size=(3, 4)) + 0.1
W = RNG.uniform(0.5, 2.0, size=(3, 4))
MASK = np.array([[True, False, True, True], [True, True, False, True], [False, True, True, False]])
HOLES = np.where(MASK, 0.0, np.nan)

LINEAR = {
    "sum": lambda x: np.sum(x),
    "sum axis": lambda x: np.sum(x, axis=-1),
    "sum axes": lambda x: x[None].sum(axis=(0, -1)),
    "sum no axes": lambda x: np.sum(x, axis=()),
    "sum keepdims": lambda x: np.sum(x, 1, keepdims=True),
    "sum where": lambda x: np.sum(x, axis=0, where=MASK),
    "sum where of a row": lambda x: np.sum(x, axis=0, where=MASK[0]),
    "sum initial": lambda x: np.sum(x, axis=0, initial=3.0),
    "sum active initial": lambda x: np.sum(x, axis=0, initial=x[0, 0]),
    "add.reduce": lambda x: np.add.reduce(x, axis=1, keepdims=True),
    "trace": lambda x: np.trace(x, 1),
    "trace axes": lambda x: np.trace(x.reshape(2, 3, 2), -1, 1, 2),
    "mean": lambda x: np.mean(x),
    "mean axes": lambda x: np.mean(x[None], axis=(0, 2), keepdims=True),
    "mean where": lambda x: np.mean(x, axis=1, where=MASK),
    "average": lambda x: np.average(x, axis=0),
    "average weights": lambda x: np.average(x, axis=1, weights=W[0]),
    "average weights along 0": lambda x: np.average(x, axis=0, weights=W[:, 0], keepdims=True),
    "average returned": lambda x: np.average(x, axis=1, weights=W, returned=True),
    "cumsum": lambda x: np.cumsum(x),
    "cumsum axis": lambda x: x.cumsum(axis=-2),
    "add.accumulate": lambda x: np.add.accumulate(x, axis=1),
    "nansum": lambda x: np.nansum(x + HOLES, axis=1),
    "nansum where": lambda x: np.nansum(x + HOLES, where=MASK[:, :1], initial=1.0),
    "nanmean": lambda x: np.nanmean(x + HOLES, axis=0),
    "nanmean keepdims": lambda x: np.nanmean(x + HOLES, axis=(0, 1), keepdims=True),
    "nancumsum": lambda x: np.nancumsum(x + HOLES, axis=1),
}
NONLINEAR = {
    "prod": lambda x: np.prod(x),
    "prod axis": lambda x: x.prod(axis=0),
    "prod axes": lambda x: np.prod(x.reshape(2, 3, 2), axis=(0, -1), keepdims=True),
    "prod where": lambda x: np.prod(x, axis=1, where=MASK),
    "prod initial": lambda x: np.prod(x, axis=1, initial=2.5),
    "prod active initial": lambda x: np.prod(x, axis=1, initial=x[0, 0]),
    "multiply.reduce": lambda x: np.multiply.reduce(x),
    "average active weights": lambda x: np.average(W, axis=0, weights=x * x),
    "average of both": lambda x: np.average(x, axis=(0, 1), weights=x * x + 1, returned=True),
    "average of weights along 1": lambda x: np.average(W, axis=1, weights=x[0] ** 2),
    "var": lambda x: np.var(x),
    "var axis": lambda x: x.var(axis=0, ddof=1),
    "var axes": lambda x: np.var(x[None], axis=(0, -1), keepdims=True),
    "var correction": lambda x: np.var(x, axis=1, correction=1),
    "var where": lambda x: np.var(x, axis=1, where=MASK),
    "var mean": lambda x: np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)),
    "var of another mean": lambda x: np.var(x, axis=1, mean=x[:, :1] * 2),
    "std": lambda x: np.std(x, axis=1, ddof=1.5),
    "std method": lambda x: x.std(),
    "nanprod": lambda x: np.nanprod(x + HOLES, axis=1),
    "nanvar": lambda x: np.nanvar(x + HOLES, axis=1, ddof=1),
    "nanstd": lambda x: np.nanstd(x + HOLES),
    "cumprod": lambda x: np.cumprod(x),
    "cumprod axis": lambda x: x.cumprod(axis=1),
    "multiply.accumulate": lambda x: np.multiply.accumulate(x),
    "nancumprod": lambda x: np.nancumprod(x + HOLES, axis=-1),
    "ptp": lambda x: np.ptp(x, axis=0),
    "ptp keepdims": lambda x: np.ptp(x, axis=1, keepdims=True),
}
EXTREME = {
    "max": lambda x: np.max(x),
    "max axis": lambda x: x.max(axis=-1, keepdims=True),
    "amax": lambda x: np.amax(x, axis=(0, 1)),
    "max where": lambda x: np.max(x, axis=1, where=MASK, initial=-9.0),
    "max initial": lambda x: np.max(x, axis=1, initial=0.3),
    "max active initial": lambda x: np.max(x, axis=1, initial=x[0, 0]),
    "min": lambda x: np.min(x, axis=0),
    "amin": lambda x: np.amin(x),
    "maximum.reduce": lambda x: np.maximum.reduce(x),
    "minimum.reduce": lambda x: np.minimum.reduce(x, axis=-1),
    "nanmax": lambda x: np.nanmax(x + HOLES, axis=0),
    "nanmin": lambda x: np.nanmin(x + HOLES, axis=1, keepdims=True),
    "clip": lambda x: np.clip(x, -0.5, 0.5),
    "clip low": lambda x: x.clip(0.0),
    "clip high": lambda x: np.clip(x, None, 0.2),
    "clip active": lambda x: np.clip(x, x[0] - 0.2, a_max=x[:, :1] + 0.3),
    "clip plain by active": lambda x: np.clip(W, None, x),
}
if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    EXTREME["clip min="] = lambda x: np.clip(x, min=-0.1)
    LINEAR["cumulative_sum"] = lambda x: np.cumulative_sum(x, axis=1)
    LINEAR["cumulative_sum initial"] = lambda x: np.cumulative_sum(x, axis=0, include_initial=True)
    NONLINEAR["cumulative_prod"] = lambda x: np.cumulative_prod(x[0])
    NONLINEAR["cumulative_prod initial"] = lambda x: np.cumulative_prod(x, axis=1, include_initial=True)
ALL = {**LINEAR, **NONLINEAR, **EXTREME}


@pytest.mark.parametrize("name", ALL)
def test_reductions(name):
    check(ALL[name], X)


@pytest.mark.parametrize("name", ALL)
def test_reductions_nest(name):
    check_nested(ALL[name], X)


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble, complex])
def test_dtype_is_honoured(dtype):
    for func in (np.sum, np.mean, np.prod, np.cumsum, np.cumprod, np.nansum, np.var, np.trace):
        x = seed(X[:, :3])
        y = func(x, dtype=dtype)
        plain = func(X[:, :3], dtype=dtype)
        assert y.dtype == y.partials.dtype == plain.dtype
        np.testing.assert_array_equal(y.value, plain)
        np.testing.assert_allclose(y.partials, func(x).partials, rtol=1e-5)
    with pytest.raises(dd.DroppedDerivativeError, match=r"np\.sum with dtype=int64"):
        np.sum(seed(X), dtype=int)


@pytest.mark.parametrize("zeros", [[], [1], [1, 3], [0, 1, 2, 3, 4]])
def test_products_with_zero_factors_divide_by_none(zeros):
    x = np.array([2.0, 3.0, 4.0, 5.0, 7.0])
    x[zeros] = 0.0
    others = [np.prod(np.delete(x, i)) for i in range(5)]
    assert dd.gradient(np.prod)(x).tolist() == others
    jac = dd.jacobian(np.cumprod)(x)
    for j in range(5):
        expected = [np.prod(np.delete(x[: j + 1], i)) if i <= j else 0.0 for i in range(5)]
        assert jac[j].tolist() == expected
    hessian = dd.jacobian(dd.gradient(np.prod))(x)
    for i in range(5):
        assert hessian[i].tolist() == [0.0 if i == j else np.prod(np.delete(x, [i, j])) for j in range(5)]


def test_ties_share_equally():
    x = np.array([[2.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
    jac = dd.jacobian(lambda x: np.max(x, axis=1))(x)
    assert jac[0, 0].tolist() == [0.5, 0.0, 0.5]
    np.testing.assert_array_equal(jac[1, 1], np.full(3, 1 / 3))
    assert dd.gradient(lambda x: np.max(x, initial=2.0))(x[0]).tolist() == [1 / 3, 0, 1 / 3]
    assert dd.gradient(lambda x: np.min(x, initial=-1.0))(x[0]).tolist() == [0, 0, 0]
    assert dd.gradient(lambda x: np.max(x))(np.array([-0.0, 0.0])).tolist() == [0.5, 0.5]
    assert dd.derivative(lambda x: np.clip(x, 1.0, 3.0))(1.0) == 0.5
    assert dd.derivative(lambda x: np.clip(2.0, x, 3.0))(2.0) == 0.5
    assert dd.gradient(np.ptp)(np.ones(4)).tolist() == [0, 0, 0, 0]


def test_zero_deviations_have_the_slope_zero():
    assert dd.gradient(np.std)(np.ones(4)).tolist() == [0, 0, 0, 0]
    assert dd.gradient(np.nanstd)(np.ones(4)).tolist() == [0, 0, 0, 0]


def test_infinite_and_undefined_entries_leave_zero_tangents_zero():
    x = np.array([1.0, np.inf, 2.0])
    assert dd.gradient(np.max)(x).tolist() == [0, 1, 0]
    assert dd.gradient(np.min)(x).tolist() == [1, 0, 0]
    assert dd.gradient(np.sum)(x).tolist() == [1, 1, 1]
    with np.errstate(invalid="ignore"):
        assert dd.gradient(np.prod)(np.array([0.0, np.inf, 2.0]))[0] == np.inf
    holed = np.array([1.0, np.nan, 2.0])
    assert dd.gradient(np.max)(holed).tolist() == [0, 1, 0]
    assert dd.gradient(np.nanmax)(holed).tolist() == [0, 0, 1]
    assert dd.gradient(np.nansum)(holed).tolist() == [1, 0, 1]
    assert dd.gradient(np.nanmean)(holed).tolist() == [0.5, 0, 0.5]
    assert dd.gradient(np.nanprod)(holed).tolist() == [2, 0, 1]
    x = dd.Dual([1.0, 2.0, 3.0], [[np.inf, 0.0, 0.0], [0.0, np.nan, 0.0], [1.0, 1.0, 1.0]])
    assert np.max(x).partials.tolist() == [0, 0, 1]
    assert np.nanmax(x).partials.tolist() == [0, 0, 1]
    assert np.median(x).partials[0] == 0


def test_slices_without_a_defined_entry_warn_as_plain_ones_do():
    x = np.array([[np.nan, np.nan], [1.0, 2.0]])
    for func in (np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmedian):
        with pytest.warns(RuntimeWarning) as plain:
            func(x, axis=1)
        with pytest.warns(RuntimeWarning) as caught:
            y = func(seed(x), axis=1)
        assert [str(w.message) for w in caught] == [str(w.message) for w in plain]
        assert np.isfinite(y.partials[:, 1]).all()


def test_complex_numbers_reduce():
    z = dd.Dual(X + 1j * W, RNG.normal(size=(2, 3, 4)) + 1j * RNG.normal(size=(2, 3, 4)))
    step = 1e-6
    for func in (np.sum, np.mean, np.prod, np.cumsum, np.cumprod, np.var, np.std, np.diff, np.nansum, np.nanvar):
        y = func(z, axis=1)
        for k in range(2):
            ahead, behind = (func(z.value + s * step * z.partials[k], axis=1) for s in (1, -1))
            np.testing.assert_allclose(y.partials[k], (ahead - behind) / (2 * step), rtol=1e-8, atol=1e-8)
        np.testing.assert_array_equal(y.value, func(z.value, axis=1))
        assert y.partials.dtype == y.value.dtype


def test_kinks_are_reported():
    with pytest.warns(dd.errors.KinkWarning, match=r"np\.max has a kink"):
        dd.gradient(np.max, kinks="warn")(np.ones(3))


def test_results_are_scalars_where_numpy_s_are():
    for f in ALL.values():
        for a, b in zip(leaves(f(seed(X))), leaves(f(X)), strict=True):
            assert np.shape(a) == np.shape(b)
