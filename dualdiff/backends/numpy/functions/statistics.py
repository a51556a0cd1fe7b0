"""Covariances, correlations and weighted counts of dual arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualdiff.backends.numpy.dispatch import (
    NO,
    as_operand,
    check_dtype,
    composed,
    finish,
    implements,
    on_parts,
    plain_option,
)


def _observations(m: Any, y: Any, rowvar: bool) -> Any:
    """Return the variables as rows, those of ``y`` behind those of ``m``."""
    parts = []
    for x in (m, y):
        if x is not None:
            x = np.atleast_2d(as_operand(x) + 0.0)
            parts.append(x if rowvar or x.shape[0] == 1 else np.swapaxes(x, 0, 1))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@composed(np.cov)
def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    check_dtype(np.cov, dtype)
    x = _observations(m, y, rowvar)
    plain_option(np.cov, fweights)
    ddof = (0 if bias else 1) if ddof is None else ddof
    counts = np.ones(x.shape[1]) if fweights is None else np.asarray(fweights, float)
    weights = counts if aweights is None else counts * as_operand(aweights)
    total = np.sum(weights)
    centred = x - (np.sum(x * weights, axis=1) / total)[:, None]
    if aweights is None or ddof == 0:
        norm = total - ddof
    else:
        norm = total - ddof * np.sum(weights * as_operand(aweights)) / total
    product = np.matmul(centred, np.swapaxes(np.conj(centred * weights), 0, 1))
    return np.squeeze(product / norm)


@composed(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, bias: Any = NO, ddof: Any = NO, *, dtype: Any = None) -> Any:
    c = _cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    lengths = np.sqrt(np.real(np.diagonal(c)))
    return c / lengths[:, None] / lengths[None, :]


@implements(np.bincount)
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    plain_option(np.bincount, x)
    value = np.bincount(x, weights.value, minlength)
    bins = np.asarray(x)

    def count(t: Any) -> Any:
        flat = t.reshape(-1, t.shape[-1])
        places = (np.arange(len(flat))[:, None] * len(value) + bins).ravel()
        sums = np.bincount(places, flat.ravel(), len(flat) * len(value))
        return sums.reshape(*t.shape[:-1], len(value))

    return finish(value, on_parts(count, weights.partials), (), weights.tag)
