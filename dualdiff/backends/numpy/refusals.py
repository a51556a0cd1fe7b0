"""What has no derivative rule: for each function the reason and the way out.

The errors at run time and the list of functions in the documentation read these tables. Keys are names
as after ``np.``, for the functions of SciPy those after ``scipy.special.``.
"""

from __future__ import annotations

Refusals = dict[str, tuple[str, str]]

COUNTS = "it counts the values of an array, and a count has no derivative"
INTEGERS = "it is a function of integers"
BITS = "it works on the bits of integers"
DATES = "it is a function of dates"
FIELDS = "it works on the fields of structured arrays, which carry no derivative"
FILES = "a file carries no derivative"
TEXT = "it reads a text or a buffer, which carries no derivative"
SMOOTH_COUNT = "Use a smooth density, e.g. np.exp(-((edges[:, None] - x) / width) ** 2).sum(1)."
OWN_ARGUMENT = "Pass the integer to the function as an argument of its own."
RETURN_FIRST = "Return the array from the function, and write the result of the operator."
READ_FIRST = "Read the data outside of the function, and pass it as an argument."
PLAIN_ARRAYS = "Use one plain array for each field."

RECORD_FUNCTIONS = """
    append_fields apply_along_fields assign_fields_by_name drop_fields find_duplicates join_by merge_arrays
    rec_append_fields rec_drop_fields rec_join recursive_fill_fields rename_fields repack_fields require_fields
    stack_arrays structured_to_unstructured unstructured_to_structured
"""

REFUSED_FUNCTIONS: Refusals = {
    **dict.fromkeys(("histogram", "histogram2d", "histogramdd"), (COUNTS, SMOOTH_COUNT)),
    "histogram_bin_edges": (
        "the number of bins depends on the values",
        "Use np.linspace(x.min(), x.max(), bins + 1).",
    ),
    **dict.fromkeys(
        ("ix_", "ravel_multi_index", "unravel_index"),
        ("an index carries no derivative", "Make the index of plain numbers, e.g. of x.shape."),
    ),
    **dict.fromkeys(("packbits", "unpackbits"), (BITS, OWN_ARGUMENT)),
    **dict.fromkeys(("busday_count", "busday_offset", "datetime_as_string", "is_busday"), (DATES, OWN_ARGUMENT)),
    **dict.fromkeys(("save", "savetxt", "savez", "savez_compressed"), (FILES, RETURN_FIRST)),
    **dict.fromkeys(("frombuffer", "fromfile", "fromstring", "genfromtxt", "loadtxt"), (TEXT, READ_FIRST)),
    "fromfunction": ("like= is not supported there", "Call the function on np.indices(shape)."),
    "fromiter": ("it makes a plain array item by item", "Use np.stack(list(items))."),
    "require": ("its requirements are about memory", "Use x.copy()."),
    **{f"lib.recfunctions.{name}": (FIELDS, PLAIN_ARRAYS) for name in RECORD_FUNCTIONS.split()},
}

REFUSED_UFUNCS: Refusals = {}

REFUSED_SPECIAL: Refusals = {}

SPECIAL = "scipy.special."
UNKNOWN = (
    "it has no derivative rule",
    "Write it with functions that have a rule (np.exp, np.sqrt, +, *, ...), see dualdiff/functions.md.",
)


def refusal(name: str) -> tuple[str, str]:
    """Return why a function has no derivative rule, and what to write instead.

    Examples
    --------
    >>> refusal("np.packbits")
    ('it works on the bits of integers', 'Pass the integer to the function as an argument of its own.')
    """
    if name.startswith(SPECIAL):
        return REFUSED_SPECIAL.get(name.removeprefix(SPECIAL), UNKNOWN)
    name = name.removeprefix("np.")
    return REFUSED_FUNCTIONS.get(name) or REFUSED_UFUNCS.get(name) or UNKNOWN
