"""Sorted values, medians, quantiles and sets of values."""

import numpy as np
import pytest

import dualdiff as dd
from tests.numpy_engine.truth import assert_bitwise, check, check_nested, seed

RNG = np.random.default_rng(13)
X = (RNG.permutation(15).reshape(3, 5) - 6.3) / 4
HOLES = np.where(RNG.uniform(size=X.shape) < 0.3, np.nan, 0.0)
HOLES[0] = 0.0
METHODS = (
    "linear lower higher nearest midpoint inverted_cdf averaged_inverted_cdf closest_observation"
    " interpolated_inverted_cdf hazen weibull median_unbiased normal_unbiased"
)

SORTED = {
    "sort": lambda x: np.sort(x),
    "sort axis": lambda x: np.sort(x, axis=0, kind="stable"),
    "sort flat": lambda x: np.sort(x, axis=None),
    "median": lambda x: np.median(x),
    "median even": lambda x: np.median(x[:, :4], axis=1),
    "median axes": lambda x: np.median(x[None], axis=(0, -1), keepdims=True),
    "nanmedian": lambda x: np.nanmedian(x + HOLES, axis=1),
    "nanmedian flat": lambda x: np.nanmedian(x + HOLES),
    "percentile": lambda x: np.percentile(x, 30),
    "percentile several": lambda x: np.percentile(x, [[10, 99.5], [0, 100]], axis=1),
    "percentile keepdims": lambda x: np.percentile(x, 42.0, axis=(0, 1), keepdims=True),
    "quantile": lambda x: np.quantile(x, 0.37, axis=-1),
    "quantile several": lambda x: np.quantile(x, np.linspace(0, 1, 7), axis=0),
    "nanpercentile": lambda x: np.nanpercentile(x + HOLES, [12, 77], axis=1),
    "nanquantile": lambda x: np.nanquantile(x + HOLES, 0.6, axis=1, keepdims=True),
    "unique": lambda x: np.unique(x),
    "unique axis": lambda x: np.unique(x, axis=0),
    "unique axis 1": lambda x: np.unique(np.concatenate([x, x], 1), axis=1),
    "unique_values": lambda x: np.sort(np.unique_values(x)),
    "union1d": lambda x: np.union1d(x[0], x[1]),
    "intersect1d": lambda x: np.intersect1d(x[0], x[0, 1:]),
    "setdiff1d": lambda x: np.setdiff1d(x[0], x[0, 1:]),
    "setxor1d": lambda x: np.setxor1d(x[0], x[1]),
}


@pytest.mark.parametrize("name", SORTED)
def test_sorted_values(name):
    check(SORTED[name], X)


@pytest.mark.parametrize("name", SORTED)
def test_sorted_values_nest(name):
    check_nested(SORTED[name], X / 7 + 0.5)


@pytest.mark.parametrize("method", METHODS.split())
def test_methods_of_quantiles(method):
    for n in (1, 2, 5, 6):
        for q in (0.0, 0.123, 0.5, 0.81, 1.0):
            check(lambda x: np.quantile(x, q, axis=0, method=method), X.ravel()[:n])  # noqa: B023


def test_partition_moves_each_tangent_with_its_value():
    x = seed(X)
    for kth, axis in ((2, -1), ([1, 3], 1), (1, 0), (7, None)):
        y = np.partition(x, kth, axis=axis)
        assert_bitwise(y, np.partition(X, kth, axis=axis))
        for value, tangent in zip(y.value.ravel(), y.partials.reshape(3, -1).T, strict=True):
            origin = np.argwhere(value == X)[0]
            np.testing.assert_array_equal(tangent, x.partials[:, *origin])
    z = seed(X)
    z.partition(2, axis=1)
    np.testing.assert_array_equal(z.partials, np.partition(x, 2, axis=1).partials)


def test_ties_share_equally():
    x = np.array([2.0, 1.0, 2.0, 3.0])
    assert dd.jacobian(np.sort)(x).tolist() == [[0, 1, 0, 0], [0.5, 0, 0.5, 0], [0.5, 0, 0.5, 0], [0, 0, 0, 1]]
    assert dd.jacobian(lambda x: np.partition(x, 0))(x)[0].tolist() == [0, 1, 0, 0]
    assert dd.gradient(np.median)(x).tolist() == [0.5, 0, 0.5, 0]
    np.testing.assert_array_equal(dd.gradient(np.median)(np.ones(3)), np.full(3, 1 / 3))
    assert dd.gradient(lambda x: np.quantile(x, 1.0))(np.array([1.0, 1.0])).tolist() == [0.5, 0.5]
    assert dd.jacobian(np.unique)(x).tolist() == [[0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 0, 0, 1]]
    rows = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 5.0]])
    jac = dd.jacobian(lambda x: np.unique(x, axis=0))(rows)
    assert jac[1, 0, :, 0].tolist() == [0.5, 0.5, 0]
    # second derivatives through a tie: of x0**2 / 2 + x1**2 / 2 here
    hessian = dd.jacobian(dd.gradient(lambda x: np.sort(x * x)[0]))(np.array([1.0, 1.0]))
    assert hessian.tolist() == [[1, 0], [0, 1]]


def test_undefined_entries():
    x = np.array([1.0, np.nan, 3.0])
    assert dd.jacobian(np.sort)(x).tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert np.isnan(np.median(seed(x)).partials).all()
    assert dd.gradient(np.nanmedian)(x).tolist() == [0.5, 0, 0.5]


def test_results_of_unique():
    x = seed(np.array([2.0, 1.0, 2.0]))
    values, index, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    assert isinstance(values, dd.Dual)
    assert [v.tolist() for v in (index, inverse, counts)] == [[1, 0], [1, 0, 1], [1, 2]]
    everything = np.unique_all(x)
    assert isinstance(everything.values, dd.Dual)
    assert everything.counts.tolist() == [1, 2]
    assert np.unique_counts(x).counts.tolist() == [1, 2]
    assert np.unique_inverse(x).inverse_indices.tolist() == [1, 0, 1]
    both, first, second = np.intersect1d(x, [1.0, 5.0], return_indices=True)
    assert isinstance(both, dd.Dual)
    assert (first.tolist(), second.tolist()) == ([1], [0])
    assert isinstance(np.setdiff1d(np.ones(2), x), np.ndarray)


def test_order_statistics_refuse_what_they_cannot():
    x = seed(X)
    with pytest.raises(dd.NotDifferentiableError, match=r"np\.quantile with a dual number as its q"):
        np.quantile(X, x[0, 0])
    with pytest.raises(dd.NotDifferentiableError, match="with weights"):
        np.quantile(x, 0.5, weights=np.ones(X.shape), method="inverted_cdf")


def test_the_input_is_not_sorted_in_place():
    x = seed(X)
    np.median(x, overwrite_input=True)
    np.percentile(x, 20, overwrite_input=True)
    np.testing.assert_array_equal(x.value, X)
