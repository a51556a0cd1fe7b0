"""Products, norms and linear systems of dual arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dualdiff.backends.numpy.dual import Dual, align, top_tag
from dualdiff.backends.numpy.messages import refused
from dualdiff.backends.numpy.structural import implements, name_of
from dualdiff.backends.numpy.ufuncs import (
    METHODS,
    WAY_OUT,
    TangentAlgebra,
    all_finite,
    finish,
    is_zero,
    refuse_options,
    reserve,
)

Product = Callable[[Any, Any], Any]


def _product(value: Product, left: Product, right: Product, a: Any, b: Any) -> Any:
    """Return a bilinear product; ``left(ta, b)`` and ``right(a, tb)`` multiply partials, direction axis in front."""
    tag = top_tag((a, b))
    is_active = [isinstance(x, Dual) and x.tag is tag for x in (a, b)]
    pa, pb = (
        x.value if active else (x if isinstance(x, Dual) else np.asarray(x))
        for x, active in zip((a, b), is_active, strict=True)
    )
    terms = []
    y = value(pa, pb)
    reserve(tag, len(next(x for x in (a, b) if isinstance(x, Dual) and x.tag is tag).partials), y)
    with np.errstate(all="ignore"):
        if is_active[0]:
            terms.append(_zero_stays_zero(left, a.partials, pb))
        if is_active[1]:
            terms.append(_zero_stays_zero(lambda t, p: right(p, t), b.partials, pa))
    return finish(y, terms[0] if len(terms) == 1 else np.add(*terms), (), tag)


def _zero_stays_zero(multiply: Product, t: Any, p: Any) -> Any:
    """Return ``multiply(t, p)`` where an exact zero in ``t`` also silences infinite factors in ``p``."""
    product = multiply(t, p)
    if all_finite(p):
        return product
    is_finite = np.isfinite(p)
    meets_infinite = multiply((~is_zero(t)).astype(float), (~is_finite).astype(float)) > 0
    return np.where(meets_infinite, product, multiply(t, np.where(is_finite, p, 0.0)))


def _matmul_partials(ta: Any, b: Any, a_ndim: int, b_ndim: int, t_is_left: bool) -> Any:
    """Multiply partials by a plain operand from either side, for operands of any number of axes."""
    if t_is_left and a_ndim <= 2 and b_ndim <= 2:
        return np.matmul(ta, b)
    if not t_is_left and b_ndim == 1 and a_ndim <= 2:
        return np.matmul(ta, b.T)
    if not t_is_left and a_ndim <= 2 and b_ndim == 2:
        return np.matmul(b, ta)
    left, right = (ta, b) if t_is_left else (b, ta)
    left = left if a_ndim > 1 else left[..., None, :]
    right = right if b_ndim > 1 else right[..., :, None]
    ndim = max(a_ndim, b_ndim, 2)
    product = np.matmul(align(left, ndim), right) if t_is_left else np.matmul(left, align(right, ndim))
    axes = tuple(axis for axis, n in ((-2, a_ndim), (-1, b_ndim)) if n == 1)
    return np.squeeze(product, axis=axes) if axes else product


@implements(np.matmul)
def matmul(a: Any, b: Any, value: Product = np.matmul, **options: Any) -> Any:
    """Return the matrix product; its partials are matrix products too, so they run in BLAS."""
    refuse_options("np.matmul", options)
    na, nb = np.ndim(a), np.ndim(b)
    return _product(
        value,
        lambda t, p: _matmul_partials(t, p, na, nb, True),
        lambda p, t: _matmul_partials(t, p, na, nb, False),
        a,
        b,
    )


METHODS[np.matmul, "__call__"] = matmul


def _in_place(a: Dual, b: Any) -> Dual:
    a[...] = matmul(a, b)
    return a


for _name, _function in {"matmul": matmul, "rmatmul": lambda b, a: matmul(a, b), "imatmul": _in_place}.items():
    setattr(Dual, f"__{_name}__", _function)


def _bilinear(func: Callable[..., Any], a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
    """Return ``func(a, b)`` for a bilinear function, with one call per direction."""

    def multiply(x: Any, y: Any) -> Any:
        return func(x, y, *args, **kwargs)

    return _product(
        multiply,
        lambda t, p: np.stack([multiply(d, p) for d in t]),
        lambda p, t: np.stack([multiply(p, d) for d in t]),
        a,
        b,
    )


def _register_bilinear(func: Callable[..., Any]) -> None:
    @implements(func)
    def handler(a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
        refuse_options(name_of(func), {"out": kwargs.pop("out", None)})
        return _bilinear(func, a, b, *args, **kwargs)


for _func in (np.inner, np.outer, np.vdot, np.kron, np.cross, np.tensordot, np.convolve, np.correlate):
    _register_bilinear(_func)
for _name in ("vecdot", "matvec", "vecmat"):
    if hasattr(np, _name):  # the last two came with NumPy 2.2
        METHODS[getattr(np, _name), "__call__"] = partial(_bilinear, getattr(np, _name))


@implements(np.dot)
def _dot(a: Any, b: Any, out: Any = None) -> Any:
    refuse_options("np.dot", {"out": out})
    if 1 <= np.ndim(a) <= 2 and 1 <= np.ndim(b) <= 2:
        return matmul(a, b, value=np.dot)
    return _bilinear(np.dot, a, b)


@implements(np.einsum)
def _einsum(subscripts: Any, *operands: Any, out: Any = None, **options: Any) -> Any:
    refuse_options("np.einsum", {"out": out})
    if not isinstance(subscripts, str):
        raise refused(
            "np.einsum with lists of axes", "it is not supported for dual numbers", "Pass subscripts 'ij,j->i'."
        )
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    if not arrow:
        letters = inputs.replace(",", "").replace(".", "")
        output = "..." * ("..." in inputs) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    tag = top_tag(operands)
    values = [x.value if isinstance(x, Dual) and x.tag is tag else x for x in operands]
    k = next(c for c in "zyxwvutsrqponmlkjihgfedcbaZ" if c not in subscripts)
    terms = inputs.split(",")
    total: Any = None
    for i, x in enumerate(operands):
        if isinstance(x, Dual) and x.tag is tag:
            if not all(all_finite(v) for j, v in enumerate(values) if j != i):
                raise refused("np.einsum with infinite operands", "zero tangents would not stay zero", WAY_OUT)
            spec = ",".join(k + term if j == i else term for j, term in enumerate(terms)) + f"->{k}{output}"
            moved = np.einsum(spec, *values[:i], x.partials, *values[i + 1 :], **options)
            total = moved if total is None else total + moved
    return finish(np.einsum(subscripts, *values, **options), total, (), tag)


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the Euclidean, Frobenius, sum or maximum norm; the slope at zero is zero."""
    is_vector = isinstance(axis, int) or (axis is None and x.ndim <= 1)
    value = np.linalg.norm(x.value, ord=ord, axis=axis, keepdims=keepdims)
    if ord is None or (ord == 2 and is_vector) or (ord == "fro" and not is_vector):
        length = np.linalg.norm(x.value, ord=ord, axis=axis, keepdims=True)
        is_null = np.equal(length, 0.0)
        slope = np.where(is_null, 0.0, x.value / np.where(is_null, 1.0, length))
        axes = tuple(range(1, x.ndim + 1)) if axis is None else _shift(axis, x.ndim)
        with np.errstate(all="ignore"):
            total = np.sum(TangentAlgebra.scale(slope, x.partials), axis=axes, keepdims=keepdims)
        return finish(value, total, (), x.tag)
    if is_vector and ord in (1, np.inf):
        reduce = np.sum if ord == 1 else np.max
        return finish(value, reduce(np.abs(x), axis=axis, keepdims=keepdims).partials, (), x.tag)
    raise refused(f"np.linalg.norm with ord={ord!r} of a dual number", "it has no derivative rule", "Use the 2-norm.")


def _shift(axis: Any, ndim: int) -> tuple[int, ...]:
    return tuple(i % ndim + 1 for i in (axis if isinstance(axis, tuple) else (axis,)))


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """Return the solution of ``a y = b``; ``dy = solve(a, db - da y)``, see Giles (2008), section 2.3.1."""
    if np.ndim(a) != 2 or np.ndim(b) not in (1, 2):
        raise refused("np.linalg.solve of stacked systems", "it is not supported for dual numbers", "Loop over them.")
    tag = top_tag((a, b))
    pa, pb = (x.value if isinstance(x, Dual) and x.tag is tag else x for x in (a, b))
    y = np.linalg.solve(pa, pb)
    right: Any = 0.0
    if isinstance(b, Dual) and b.tag is tag:
        right = b.partials
    if isinstance(a, Dual) and a.tag is tag:
        right = right - np.matmul(a.partials, y)
    if y.ndim == 1:
        return finish(y, np.linalg.solve(pa, right.T).T, (), tag)
    # all directions at once: one factorization, k * p right-hand sides
    k, n, p = right.shape
    columns = np.transpose(right, (1, 0, 2)).reshape(n, k * p)
    return finish(y, np.transpose(np.linalg.solve(pa, columns).reshape(n, k, p), (1, 0, 2)), (), tag)


@implements(np.linalg.inv)
def inv(a: Any) -> Any:
    """Return the inverse; ``dy = -y da y``, see Giles (2008), section 2.2.3."""
    y = np.linalg.inv(a.value)
    if a.ndim != 2:
        raise refused("np.linalg.inv of stacked matrices", "it is not supported for dual numbers", "Loop over them.")
    return finish(y, -np.matmul(np.matmul(y, a.partials), y), (), a.tag)
