"""The status of every function: ruled, flat or refused; and the list of them for the documentation.

*Ruled* functions carry derivatives. *Flat* ones have the derivative zero wherever it is defined, and give plain
values. *Refused* ones raise an error that says why, and what to write instead.
``python -m dualdiff.backends.numpy.status`` writes the list to ``dualdiff/functions.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dualdiff import rules
from dualdiff.backends.numpy.functions.flat import FLAT_NAMES
from dualdiff.backends.numpy.propagation import BEHIND, name_of_ufunc
from dualdiff.backends.numpy.refusals import REFUSED_FUNCTIONS, REFUSED_SPECIAL, REFUSED_UFUNCS, Refusals
from dualdiff.backends.numpy.ufuncs import FLAT
from dualdiff.rules import special
from dualdiff.rules.declare import Rule, Unknown

# functions that arrive by __array_function__, those of all supported versions of NumPy
RULED_FUNCTIONS = """
    amax amin angle append apply_along_axis apply_over_axes arange array array_split asanyarray asarray
    ascontiguousarray asfortranarray astype atleast_1d atleast_2d atleast_3d average bincount block
    broadcast_arrays broadcast_to choose clip column_stack compress concatenate convolve copy copyto corrcoef
    correlate cov cross cumprod cumsum cumulative_prod cumulative_sum delete diag diagflat diagonal diff dot
    dsplit dstack ediff1d einsum empty empty_like expand_dims extract eye fft.fft fft.fft2 fft.fftn fft.fftshift
    fft.hfft fft.ifft fft.ifft2 fft.ifftn fft.ifftshift fft.ihfft fft.irfft fft.irfft2 fft.irfftn fft.rfft
    fft.rfft2 fft.rfftn fill_diagonal flip fliplr flipud full full_like geomspace gradient hsplit hstack i0
    identity imag inner insert interp intersect1d kron lib.scimath.arccos lib.scimath.arcsin lib.scimath.arctanh
    lib.scimath.log lib.scimath.log10 lib.scimath.log2 lib.scimath.logn lib.scimath.power lib.scimath.sqrt
    lib.stride_tricks.sliding_window_view linalg.cholesky linalg.cond linalg.cross linalg.det linalg.diagonal
    linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh linalg.inv linalg.lstsq linalg.matmul
    linalg.matrix_norm linalg.matrix_power linalg.matrix_transpose linalg.multi_dot linalg.norm linalg.outer
    linalg.pinv linalg.qr linalg.slogdet linalg.solve linalg.svd linalg.svdvals linalg.tensordot
    linalg.tensorinv linalg.tensorsolve linalg.trace linalg.vecdot linalg.vector_norm linspace logspace
    matrix_transpose max mean median meshgrid min moveaxis nan_to_num nancumprod nancumsum nanmax nanmean
    nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ones ones_like outer pad partition
    percentile piecewise place poly polyadd polyder polydiv polyfit polyint polymul polysub polyval prod ptp put
    put_along_axis putmask quantile ravel real real_if_close repeat reshape resize roll rollaxis roots rot90
    select setdiff1d setxor1d sinc sort sort_complex split squeeze stack std sum swapaxes take take_along_axis
    tensordot tile trace transpose trapezoid tri tril trim_zeros triu union1d unique unique_all unique_counts
    unique_inverse unique_values unstack unwrap vander var vdot vsplit vstack where zeros zeros_like
"""
# ufuncs that are ruled, but not by a rule of the table
OTHER_UFUNCS = "clip conjugate matmul matvec vecdot vecmat"
FILE = Path(__file__).parents[2] / "functions.md"


@dataclass
class Statuses:
    """The functions of one kind.

    Attributes
    ----------
    title, prefix : str
        The heading in the documentation, and what stands before a name in code.
    ruled, flat : set of str
        Names of the functions with a derivative, and of those with the derivative zero.
    refused : dict
        For each function without a derivative the reason and the way out.
    unknown : dict
        For each ruled function the arguments, if any, in which it has no derivative, with the reasons.

    Examples
    --------
    >>> [kind] = [kind for kind in statuses() if kind.title == "NumPy's functions"]
    >>> kind.of("concatenate"), kind.of("argsort"), kind.of("histogram")
    ('ruled', 'flat', 'refused')
    """

    title: str
    prefix: str
    ruled: set[str]
    flat: set[str]
    refused: Refusals
    unknown: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """Return the status of a function, or raise KeyError."""
        for status in ("ruled", "flat", "refused"):
            if name in getattr(self, status):
                return status
        raise KeyError(name)


def _rules_of(module: str) -> dict[str, Rule]:
    """Return the rules of the ufuncs of a module, wherever they are stated."""
    every = {rule.name: rule for rule in special.RULES if rule.module == module and rule.name not in BEHIND}
    return every | {name: rule for name, rule in rules.RULES.items() if rule.module == module}


def _unknown(rule: Rule) -> dict[str, str]:
    """Return the arguments in which a function has no derivative, each with the reason."""
    names = rule.arguments or tuple(str(i) for i in range(rule.arity))
    return {name: d.reason for name, d in zip(names, rule.first, strict=True) if isinstance(d, Unknown)}


def _of_rules(title: str, prefix: str, module: str, others: str, steps: Iterable[str], refused: Refusals) -> Statuses:
    table = _rules_of(module)
    flat = {name for name, rule in table.items() if rule.is_flat} | set(steps)
    unknown = {name: arguments for name, rule in table.items() if (arguments := _unknown(rule))}
    return Statuses(title, prefix, (set(table) | set(others.split())) - flat, flat, refused, unknown)


def statuses() -> list[Statuses]:
    """Return the status of every function, kind by kind."""
    steps = {ufunc.__name__ for ufunc in FLAT if name_of_ufunc(ufunc).startswith("np.")}
    ufuncs = ("NumPy's universal functions", "np.", "numpy", OTHER_UFUNCS, steps, REFUSED_UFUNCS)
    ruled, flat = set(RULED_FUNCTIONS.split()), set(FLAT_NAMES.split())
    others = " ".join((*special.SAME_AS_NUMPY, *BEHIND.values()))
    special_functions = ("SciPy's special functions", "scipy.special.", "scipy.special", others, (), REFUSED_SPECIAL)
    return [
        _of_rules(*ufuncs),
        Statuses("NumPy's functions", "np.", ruled, flat, REFUSED_FUNCTIONS),
        _of_rules(*special_functions),
    ]


def _names(kind: Statuses, names: Iterable[str]) -> str:
    return ", ".join(f"`{kind.prefix}{name}`" for name in sorted(names)) or "none"


def markdown() -> str:
    """Return the list of all functions as a page of Markdown."""
    lines = [
        "# What is differentiated",
        "",
        "Each function is *ruled* (it carries derivatives), *flat* (its derivative is zero wherever it is defined,",
        "so it returns plain values) or *refused* (it raises an error that says what to write instead). Ties in",
        "`max`, `sort`, `median`, `unique` and their kin share the derivative equally; `interp` at a knot and",
        "`clip` at a bound take the mean of both sides. Written by `python -m dualdiff.backends.numpy.status`.",
    ]
    for kind in statuses():
        lines += ["", f"## {kind.title}", "", f"**Ruled**: {_names(kind, kind.ruled)}", ""]
        lines += [f"**Flat**: {_names(kind, kind.flat)}", ""]
        if kind.unknown:
            lines += ["**Refused in some arguments only**", "", "| function | argument | reason |", "|---|---|---|"]
            for name, arguments in sorted(kind.unknown.items()):
                lines += [f"| `{kind.prefix}{name}` | `{a}` | {reason} |" for a, reason in arguments.items()]
            lines += [""]
        if kind.refused:
            lines += ["**Refused**", "", "| function | reason | way out |", "|---|---|---|"]
            for name, (reason, way_out) in sorted(kind.refused.items()):
                lines.append(f"| `{kind.prefix}{name}` | {reason} | {way_out} |")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    FILE.write_text(markdown(), encoding="utf-8")
