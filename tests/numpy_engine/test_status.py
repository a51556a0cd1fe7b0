"""Every function of NumPy and of scipy.special has exactly one status, and behaves as it says."""

import inspect
import io

import numpy as np
import pytest
import scipy.special
from numpy.testing.overrides import get_overridable_numpy_array_functions, get_overridable_numpy_ufuncs

import dualdiff as dd
from dualdiff.backends.numpy import status
from dualdiff.backends.numpy.dispatch import CREATORS, HANDLERS, name_of
from dualdiff.backends.numpy.functions.flat import find
from dualdiff.backends.numpy.refusals import REFUSED_FUNCTIONS, refusal
from tests.numpy_engine import (
    test_calculus,
    test_complex_parts,
    test_fourier,
    test_polynomials,
    test_reductions,
    test_sorting,
    test_structural_moves,
)
from tests.numpy_engine.truth import seed

UFUNCS, FUNCTIONS, SPECIAL = status.statuses()
PUBLIC = ("np", "np.linalg", "np.fft", "np.lib.scimath", "np.lib.stride_tricks", "np.lib.recfunctions")


def dispatching():
    """The functions of the public namespaces that dispatch, by name; some are listed twice, with and without like=."""
    names = {name_of(f) for f in get_overridable_numpy_array_functions()}
    return sorted(name.removeprefix("np.") for name in names if name.rpartition(".")[0] in PUBLIC)


def takes_numbers(ufunc):
    """Whether the ufunc has a loop for floating-point or complex numbers."""
    return any(set(types.split("->")[0]) & set("efdgFDG") for types in ufunc.types)


@pytest.mark.parametrize("kind", status.statuses(), ids=lambda kind: kind.title)
def test_the_partition_is_disjoint(kind):
    assert not kind.ruled & kind.flat
    assert not kind.ruled & set(kind.refused)
    assert not kind.flat & set(kind.refused)
    for reason, way_out in kind.refused.values():
        assert reason
        assert not reason.endswith(".")
        assert way_out.endswith(".")


def test_every_function_of_numpy_that_dispatches_has_a_status():
    assert [
        name for name in dispatching() if name not in FUNCTIONS.ruled | FUNCTIONS.flat | set(FUNCTIONS.refused)
    ] == []


def test_no_status_is_of_a_function_that_does_not_exist():
    newest = np.lib.NumpyVersion(np.__version__) >= "2.3.0"
    known = set(dispatching()) | {name_of(f).removeprefix("np.") for f in (*HANDLERS, *CREATORS)}
    left = (FUNCTIONS.ruled | FUNCTIONS.flat | set(FUNCTIONS.refused)) - known
    assert not newest or left <= {"in1d"}  # gone since NumPy 2.4


def test_every_ufunc_of_numpy_that_takes_numbers_has_a_status():
    names = {u.__name__ for u in get_overridable_numpy_ufuncs() if takes_numbers(u)}
    names = {name for name in names if not name.startswith("_")}
    assert sorted(names - UFUNCS.ruled - UFUNCS.flat - set(UFUNCS.refused)) == []


def test_every_special_ufunc_has_a_status():
    found = {u for u in vars(scipy.special).values() if isinstance(u, np.ufunc)}
    names = {u.__name__ for u in found if getattr(np, u.__name__, None) is not u}  # digamma is psi
    assert sorted(names - SPECIAL.ruled - SPECIAL.flat - set(SPECIAL.refused)) == []


def test_ruled_and_flat_functions_are_those_that_are_handled():
    handled = {name_of(f).removeprefix("np.") for f in (*HANDLERS, *CREATORS)}
    assert handled <= FUNCTIONS.ruled | FUNCTIONS.flat
    installed = {name for name in FUNCTIONS.ruled | FUNCTIONS.flat if name in dispatching()}
    assert installed <= handled


@pytest.mark.parametrize("name", sorted(REFUSED_FUNCTIONS))
def test_refused_functions_raise_by_name(name):
    function = find(name)
    if function is None or function in CREATORS:
        return
    x = dd.Dual(np.ones(3), np.ones(3))
    with pytest.raises(dd.NotDifferentiableError) as caught:
        x.__array_function__(function, (dd.Dual,), (x,), {})
    reason, way_out = refusal(f"np.{name}")
    for part in (name_of(function), reason, way_out, "test_status.py:"):
        assert part in str(caught.value)


def test_files_are_refused():
    x = dd.Dual(np.ones(3), np.ones(3))
    with pytest.raises(dd.NotDifferentiableError, match=r"np\.save of a dual number: a file carries no derivative"):
        np.save(io.BytesIO(), x)
    assert "np.exp" in refusal("np.something")[1]


CALLS = {
    "allclose": lambda f, x: f(x, x),
    "array2string": lambda f, x: f(x),
    "array_equal": lambda f, x: f(x, x),
    "array_equiv": lambda f, x: f(x, x),
    "argpartition": lambda f, x: f(x, 1),
    "can_cast": lambda f, x: f(x.dtype, float) if not isinstance(x, dd.Dual) else f(x.value.dtype, float),
    "digitize": lambda f, x: f(x, [0.0, 1.0]),
    "einsum_path": lambda f, x: f("i,i->", x, x),
    "in1d": lambda f, x: f(x, [1.0]),
    "isclose": lambda f, x: f(x, 1.0),
    "isin": lambda f, x: f(x, [1.0]),
    "may_share_memory": lambda f, x: f(x, x),
    "diag_indices_from": lambda f, x: f(x[:, None] * x[None, :]),
    "tril_indices_from": lambda f, x: f(x[:, None] * x[None, :]),
    "triu_indices_from": lambda f, x: f(x[:, None] * x[None, :]),
    "searchsorted": lambda f, x: f([0.0, 1.5], x),
    "shares_memory": lambda f, x: f(x, x),
    "linalg.matrix_rank": lambda f, x: f(x[:, None] * x[None, :]),
    "lexsort": lambda f, x: f((x, x)),
    "result_type": lambda f, x: f(x, 1.0),
    "common_type": lambda f, x: f(x),
    "array_repr": lambda f, x: f(x),
    "array_str": lambda f, x: f(x),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", sorted(FUNCTIONS.flat))
def test_flat_functions_give_the_plain_values(name):
    function = find(name)
    if function is None:
        return
    call = CALLS.get(name, lambda f, x: f(x))
    x = np.array([0.3, 2.0, 1.0])
    d = dd.Dual(x, np.ones(3))
    got, plain = call(function, d), call(function, x)
    if name in ("array2string", "array_repr", "array_str"):
        assert got == repr(d)
        return
    assert type(got) is type(plain)
    is_tuple = isinstance(plain, tuple) and name not in ("shape", "einsum_path")
    for a, b in zip(got, plain, strict=True) if is_tuple else [(got, plain)]:
        if name == "einsum_path":
            assert a == b
            continue
        assert not isinstance(a, dd.Dual)
        np.testing.assert_array_equal(a, b)


# tables of calls, each checked against differences in its own file, with the array they are made for
TABLES = [
    (test_structural_moves.VIEWS, test_structural_moves.X),
    (test_structural_moves.COPIES, test_structural_moves.X),
    (test_reductions.ALL, test_reductions.X),
    (test_sorting.SORTED, test_sorting.X),
    (test_fourier.TRANSFORMS, test_fourier.X),
    (test_calculus.SMOOTH, test_calculus.X),
    (test_polynomials.TABLE, test_polynomials.X),
    (test_complex_parts.TABLE, test_complex_parts.X),
]
# checked by tests of their own in these files
ELSEWHERE = """
    apply_along_axis apply_over_axes arange array asanyarray asarray ascontiguousarray asfortranarray astype bincount
    empty empty_like eye full full_like i0 identity interp ones ones_like partition piecewise polyfit roots sinc tri
    unique_all unique_counts unique_inverse zeros zeros_like
"""
PRODUCTS = "convolve correlate cross dot einsum inner kron outer tensordot vdot"  # with linear algebra


def test_every_ruled_function_is_in_a_table_of_checked_calls(monkeypatch):
    called = set()
    original = dd.Dual.__array_function__

    def recording(self, func, types, args, kwargs):
        called.add(name_of(func).removeprefix("np."))
        return original(self, func, types, args, kwargs)

    monkeypatch.setattr(dd.Dual, "__array_function__", recording)
    for table, x in TABLES:
        for call in table.values():
            call(seed(x))
    for call in test_structural_moves.ASSIGNMENTS.values():
        call(seed(test_structural_moves.X), seed(test_structural_moves.X))
    left = {name for name in FUNCTIONS.ruled if name in dispatching() and not name.startswith("linalg.")}
    assert sorted(left - called - {*ELSEWHERE.split(), *PRODUCTS.split()}) == []


def test_forms_for_duals_take_all_arguments_of_the_functions():
    """A caller may give every argument by its name."""
    for function, handler in HANDLERS.items():
        try:
            parameters = inspect.signature(function).parameters.values()
            accepted = inspect.signature(handler)
        except ValueError:
            continue
        if any(p.kind is p.VAR_POSITIONAL for p in accepted.parameters.values()):
            continue  # passed on as they are
        positional = [p for p in parameters if p.kind is p.POSITIONAL_ONLY]
        named = {p.name: 0 for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        try:
            accepted.bind(*positional, **named)
        except TypeError as error:
            raise AssertionError(f"{name_of(function)}: {error}") from None


def test_the_page_of_the_documentation_is_up_to_date():
    assert status.FILE.read_text(encoding="utf-8") == status.markdown(), "run python -m dualdiff.backends.numpy.status"


def test_errors_and_documentation_tell_the_same():
    page = status.markdown()
    for name, (reason, way_out) in REFUSED_FUNCTIONS.items():
        assert f"| `np.{name}` | {reason} | {way_out} |" in page
