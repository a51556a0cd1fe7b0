"""NumPy's hook for ufuncs: every call that meets a dual comes here and is read from the rule table."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from dualdiff.backends.numpy.algebra import TangentAlgebra, all_finite, is_zero
from dualdiff.backends.numpy.dual import Dual, Settling, primal, top_tag
from dualdiff.backends.numpy.kinks import report_equality, report_kinks
from dualdiff.backends.numpy.messages import dropped, refused
from dualdiff.backends.numpy.propagation import apply, check_known, finish, name_of_ufunc, reserve
from dualdiff.backends.numpy.refusals import refusal
from dualdiff.rules import RULES
from dualdiff.rules.declare import Rule

__all__ = [
    "METHODS",
    "WAY_OUT",
    "TangentAlgebra",
    "all_finite",
    "apply",
    "check_known",
    "finish",
    "is_zero",
    "refuse_options",
    "reserve",
]

RULED: dict[np.ufunc, Rule] = {}
COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
STEPS: dict[np.ufunc, Rule] = {}  # flat, but for the places where they jump
FLAT: set[np.ufunc] = {
    *COMPARISONS,
    *(np.isfinite, np.isinf, np.isnan, np.signbit),
    *(np.logical_and, np.logical_or, np.logical_not, np.logical_xor),
}
WAY_OUT = "Write it with functions that have a rule (np.exp, np.sqrt, +, *, ...), see dualdiff.rules."

# ufuncs that are no elementwise functions of the table, and methods of ufuncs; other files fill them in
METHODS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {}
# methods of any ufunc, such as "reduce"
GENERIC: dict[str, Callable[..., Any]] = {}


def register(ufunc: np.ufunc, rule: Rule) -> None:
    """Let a ufunc be differentiated by a rule."""
    if rule.is_flat:
        FLAT.add(ufunc)
        if rule.kink is not None:
            STEPS[ufunc] = rule
    else:
        RULED[ufunc] = rule


for _rule in RULES.values():
    if _rule.module == "numpy":
        register(_rule.ufunc, _rule)


def find_rule(ufunc: np.ufunc) -> Rule | None:
    """Return the rule of a ufunc; those of scipy.special join the table when the first of them is met."""
    rule = RULED.get(ufunc)
    if rule is None and ufunc not in FLAT:
        name = ufunc.__name__
        found = special_rules().get(name)
        if found is not None and (name_of_ufunc(ufunc) == f"scipy.special.{name}" or found.ufunc is ufunc):
            register(ufunc, found)
            rule = RULED.get(ufunc)
    return rule


@functools.cache
def special_rules() -> dict[str, Rule]:
    """Return the rules of the ufuncs of scipy.special by name, some of which are NumPy's functions over again."""
    from dualdiff.rules import special

    same = {name: RULES[name] for name in special.SAME_AS_NUMPY}
    return same | {rule.name: rule for rule in special.RULES}


def array_ufunc(self: Dual, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NumPy's hook: every ufunc that meets a dual comes here."""
    if not kwargs and method == "__call__" and ufunc in RULED:
        for x in inputs:
            if isinstance(x, Settling):
                return NotImplemented
        special = METHODS.get((ufunc, method))
        return apply(ufunc, RULED[ufunc], inputs) if special is None else special(*inputs)
    out = kwargs.pop("out", None)
    if any(isinstance(x, Settling) for x in (*inputs, *(out or ()), kwargs.get("where"))):
        return NotImplemented
    result = _compute(ufunc, method, inputs, kwargs, out)
    if out is None or result is None:
        return result
    name = name_of_ufunc(ufunc) + ("" if method == "__call__" else f".{method}")
    if not isinstance(result, tuple):
        return store(name, out[0], result, kwargs.get("where"))
    return tuple(r if o is None else store(name, o, r, kwargs.get("where")) for o, r in zip(out, result, strict=True))


def _compute(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Return the result of a ufunc or of one of its methods, without storing it in ``out``."""
    if not any(isinstance(x, Dual) for x in inputs):
        return getattr(ufunc, method)(*inputs, **{k: primal(x) for k, x in kwargs.items()})
    special = METHODS.get((ufunc, method))
    if special is not None:
        return special(*inputs, **kwargs)
    rule = find_rule(ufunc)
    if method == "__call__" and rule is not None:
        return apply(ufunc, rule, inputs, _with_options(ufunc, kwargs, out) if kwargs else None)
    if method == "__call__" and ufunc in FLAT:
        return flat(ufunc, inputs, **kwargs)
    if method in GENERIC and (rule is not None or ufunc in FLAT):
        return GENERIC[method](ufunc, *inputs, **kwargs)
    where = [i for i, x in enumerate(inputs) if isinstance(x, Dual)]
    name = name_of_ufunc(ufunc)
    full_name = name + ("" if method == "__call__" else f".{method}")
    raise refused(f"{full_name} of a dual number (argument {where[0]})", *refusal(name))


def flat(ufunc: np.ufunc, inputs: tuple[Any, ...], plain: Any = None, **options: Any) -> Any:
    """Return the plain value of a function without derivative; report where it jumps, if that is asked for."""
    primals = [primal(x) for x in inputs]
    tag = top_tag(inputs)
    if tag.kinks is not None:
        if ufunc in COMPARISONS:
            report_equality(tag, ufunc.__name__, *primals)
        elif ufunc in STEPS:
            report_kinks(tag, name_of_ufunc(ufunc), STEPS[ufunc].kink, *primals)
    return (plain or ufunc)(*primals, **{k: primal(x) for k, x in options.items()})


def _with_options(ufunc: np.ufunc, options: dict[str, Any], out: Any) -> Callable[..., Any]:
    """Return the ufunc as it computes the value under the options ``dtype``, ``casting``, ``order`` and ``where``."""
    name = name_of_ufunc(ufunc)
    refuse_options(name, {k: v for k, v in options.items() if k not in ("dtype", "casting", "order", "subok", "where")})
    where = options.get("where")
    if where is None or where is True:
        return lambda *primals: ufunc(*primals, **options)
    if out is None or out[0] is None:
        raise refused(
            f"{name} with where= but without out=",
            "the elements left out would be random numbers",
            "Pass out=np.zeros_like(x), or use np.where(condition, a, b).",
        )
    options = {**options, "where": primal(where)}
    # the elements left out keep what is there; NumPy must not compute them, it would warn
    return lambda *primals: ufunc(*primals, **options, out=_room(out[0], ufunc, primals))


def _room(out: Any, ufunc: np.ufunc, primals: Any) -> Any:
    plain = np.array(primal(out))
    nested = next((p for p in primals if isinstance(p, Dual)), None)
    return plain if nested is None else np.zeros_like(nested, shape=plain.shape) + plain


def store(name: str, out: Any, result: Any, where: Any = None) -> Any:
    """Write a result into the array the user gave by ``out=`` or an in-place operator."""
    if isinstance(result, Dual) and not isinstance(out, Dual):
        raise dropped(
            f"writing the result of {name} into a plain {type(out).__name__} by out= or an in-place operator",
            "Write y = y + x instead of y += x, and np.zeros_like(x) instead of np.zeros(n).",
        )
    if where is None or where is True:
        out[...] = result
    else:
        mask = np.broadcast_to(primal(where), out.shape)
        out[mask] = np.broadcast_to(result, out.shape)[mask]
    return out


def refuse_options(name: str, options: dict[str, Any]) -> None:
    """Refuse keyword arguments whose effect on the derivative is not defined."""
    for option, setting in options.items():
        if setting is not None and setting is not np._NoValue:
            raise refused(
                f"the option {option}= of {name}",
                "it is not supported for dual numbers",
                f"Leave {option} away; for where= use np.where(condition, a, b).",
            )


Dual.__array_ufunc__ = array_ufunc
