"""The dual number of the NumPy engine: a value array and its partials, with the direction axis in front."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from dualdiff.backends.numpy.indexing import keep_last_axis, normalize
from dualdiff.backends.numpy.messages import converted, dropped, leaked, refused
from dualdiff.errors import InputError, ShapeError
from dualdiff.numbers.tags import MANUAL, Tag

KEEP_ARRAYS = (
    "Write np.stack([...]) instead of np.array([...]), np.empty_like(x) instead of np.empty(n), and leave out "
    "np.asarray(x). For an array that others make: np.zeros_like(x), dualdiff.zeros(n), or engine='numba'."
)
KEEP_NUMBERS = "use np.sin etc. instead of math.sin, and leave out float(x)."
COUNT = (
    "If it is stored in integers: make that array with dtype=float. If a number is meant: np.floor(x) or np.trunc(x). "
    "If a count or an index: pass it as an argument of its own, or find it by np.searchsorted(table, x)."
)


class Settling:
    """Base of what turns itself into a plain array or a dual before any operation; duals leave the operation to it."""

    __slots__ = ()

    def settle(self) -> Any:
        """Return the plain array or the dual."""
        raise NotImplementedError


class Dual:
    """An array (or a scalar) together with its derivatives in ``k`` directions.

    Parameters
    ----------
    value : float or array_like of float
        The value; integers become float.
    partials : float or array_like of float
        The derivatives, of shape ``(k,) + value.shape``, or of the value's shape for one direction.
    tag : Tag
        The operator invocation that made the number. Numbers made by hand share one tag.

    Notes
    -----
    A dual number goes through unmodified NumPy code (by ``__array_ufunc__`` and
    ``__array_function__``); the value part is bitwise what the plain code computes.
    In nested derivatives value and partials are themselves duals of a lower tag.
    Comparisons look at the value only. What would drop the derivative, such as
    ``float(d)``, raises `DroppedDerivativeError`.

    Examples
    --------
    >>> import numpy as np
    >>> from dualdiff import Dual
    >>> np.sin(Dual(0.0, 1.0)) * 3.0
    Dual(0., partials=[3.])
    """

    __slots__ = ("partials", "tag", "value")
    __array_priority__ = 1000.0

    value: Any
    partials: Any
    tag: Tag

    if TYPE_CHECKING:  # ufuncs.py and linalg.py install the operators
        __array_function__: Any
        __array_ufunc__: Any
        T: Any
        mT: Any

        def __neg__(self) -> Any: ...
        def __pos__(self) -> Any: ...
        def __abs__(self) -> Any: ...
        def _operator(self, other: Any, /) -> Any: ...

        __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __matmul__ = _operator
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rmatmul__ = _operator
        __lt__ = __le__ = __gt__ = __ge__ = __divmod__ = __rdivmod__ = _operator

    def __init__(self, value: Any, partials: Any, tag: Tag = MANUAL) -> None:
        self.value = _as_part(value, tag)
        partials = _as_part(partials, tag)
        if isinstance(self.value, Dual) and not isinstance(partials, Dual):
            partials = match(partials, self.value)
        elif isinstance(partials, Dual) and not isinstance(self.value, Dual):
            self.value = match(self.value, partials)
        if partials.shape == self.value.shape:
            partials = partials[None]
        if partials.shape[1:] != self.value.shape:
            raise ShapeError(
                f"Dual: the partials have shape {partials.shape}, the value {self.value.shape}. "
                "Pass partials of shape (k,) + value.shape, or of the value's shape for one direction."
            )
        dtype = np.result_type(self.value.dtype, partials.dtype) if partials.dtype.kind == "c" else self.value.dtype
        self.value = self.value.astype(dtype)
        self.partials = partials.astype(dtype)
        self.tag = tag

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """Number of axes of the value."""
        return self.value.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """Number of elements of the value."""
        return self.value.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the value's elements."""
        return self.value.dtype  # type: ignore[no-any-return]

    @property
    def itemsize(self) -> int:
        """Bytes of one element of the value."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of the value, without the partials."""
        return self.size * self.itemsize

    @property
    def real(self) -> Any:
        """The real part, as a view; the number itself where it is real."""
        return np.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part, as a view; plain zeros where the number is real."""
        return np.imag(self)

    def __repr__(self) -> str:
        nested = isinstance(self.value, Dual)
        value = repr(self.value) if nested else np.array2string(np.asarray(self.value), separator=", ")
        partials = repr(self.partials) if nested else np.array2string(self.partials, separator=", ")
        origin = "" if self.tag is MANUAL else f", {self.tag.name}"
        return f"Dual({value}, partials={partials}{origin})"

    def __format__(self, spec: str) -> str:
        if spec:
            raise dropped(
                f"formatting a dual number by {spec!r}",
                "To show it, write {x} without a format, or take the value of a dual number: {d.value}.",
            )
        return repr(self)

    # ---- indexing -------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d dual number")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Dual:
        check_open(self.tag)
        if type(index) is slice:
            return make(self.value[index], self.partials[:, index], self.tag)
        index, is_basic = normalize(index)
        value = self.value[index]
        if is_basic:
            partials = self.partials[(slice(None), *index)]
        else:
            partials = np.moveaxis(np.moveaxis(self.partials, 0, -1)[keep_last_axis(index)], -1, 0)
        # a scalar shares no memory with an array: its partials must not do so either
        is_copy = is_basic and (is_scalar(value) or is_scalar(self.value))
        return make(value, partials.copy() if is_copy else partials, self.tag)

    def __setitem__(self, index: Any, item: Any) -> None:
        index, is_basic = normalize(index)
        if isinstance(item, Settling):
            item = item.settle()
        tag = top_tag((self, item))
        if tag is not self.tag:
            raise dropped(
                f"storing a value of the {tag.name} in an array of the {self.tag.name}",
                "Make the array from all the variables, e.g. np.empty_like(x * a), or use np.stack([...]).",
            )
        if isinstance(item, Dual) and item.tag is self.tag:
            value, partials = item.value, item.partials
        else:
            value, partials = item, None
        if value.__class__ is not float and getattr(value, "dtype", None) is not None and value.dtype.kind == "c":
            self._check_complex()
        if isinstance(value, Dual) and not isinstance(self.value, Dual):
            raise dropped(
                f"storing a value of the {value.tag.name} in an array that does not carry it",
                "Make the array from all the variables, e.g. np.empty_like(x * a), or use np.stack([...]).",
            )
        self.value[index] = value
        target = self.partials if is_basic else np.moveaxis(self.partials, 0, -1)
        place = (slice(None), *index) if is_basic else keep_last_axis(index)
        if partials is None:
            target[place] = 0.0
        elif is_basic:
            ndim = target[place].ndim - 1
            target[place] = align(partials, ndim)
        else:
            target[place] = np.moveaxis(partials, 0, -1)

    def _check_complex(self) -> None:
        """Refuse to store complex numbers in a real array: NumPy would throw the imaginary part away."""
        if self.dtype.kind != "c":
            raise dropped(
                f"storing complex values in an array of {self.dtype}",
                "Make the array complex, e.g. np.zeros(n, complex), or store x.real.",
            )

    # ---- what would drop the derivative ---------------------------------------------------------------------------

    def __bool__(self) -> bool:
        return bool(primal(self))

    def __float__(self) -> NoReturn:
        raise converted(
            "turning a dual number into a float, or storing it in a plain array,",
            f"For an array: {KEEP_ARRAYS[0].lower()}{KEEP_ARRAYS[1:]}\n  For a number: {KEEP_NUMBERS}",
        )

    def __int__(self) -> NoReturn:
        raise dropped("turning a dual number into an int", COUNT)

    def __index__(self) -> NoReturn:
        raise dropped("using a dual number as an index or an integer", COUNT)

    def __complex__(self) -> NoReturn:
        raise dropped("turning a dual number into a complex", "Leave out complex(x), or write x + 0j.")

    def __round__(self, digits: int | None = None) -> NoReturn:
        raise dropped("round() of a dual number", "Use np.rint(x), whose derivative is zero.")

    __trunc__ = __floor__ = __ceil__ = __int__

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        raise converted("turning a dual number into a plain array (or storing it in one)", KEEP_ARRAYS)

    def item(self, *index: Any) -> NoReturn:
        """Refuse: a Python float carries no derivative."""
        raise dropped("item() of a dual number", "Index it instead: x[0], or x[()] for a scalar.")

    def tolist(self) -> Any:
        """Return a nested list of scalar duals."""
        return self if self.ndim == 0 else [item.tolist() for item in self]

    def __hash__(self) -> int:
        raise refused(
            "hash of a dual number",
            "a cache keyed on values would return the derivative of an earlier call",
            "Remove the cache (lru_cache, dict, set) from the function.",
        )

    def __reduce__(self) -> NoReturn:
        raise dropped("pickling a dual number", "Call the operator inside the worker process instead.")

    def copy(self, order: Any = "C") -> Dual:
        """Return a copy of value and partials."""
        check_open(self.tag)
        value = self.value.copy(order)
        return make(value, lay_out(self.partials.copy(), value), self.tag)

    def __copy__(self) -> Dual:
        return self.copy("K")

    def __deepcopy__(self, memo: Any) -> Dual:
        return self.copy("K")

    @property
    def _numba_type_(self) -> NoReturn:
        raise refused(
            "an @njit function was called with a dual number on the NumPy engine",
            "compiled code cannot carry it",
            "Differentiate with engine='numba', or call its plain Python form: g.py_func(x).",
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"'Dual' object has no attribute {name!r}")
        way_out = "Use a function of NumPy that has a rule, or state the rule of one of yours by dualdiff.custom_jvp."
        raise refused(f"the array method or attribute .{name}", "it has no derivative rule", way_out)


def make(value: Any, partials: Any, tag: Tag) -> Dual:
    """Make a dual of parts that already fit."""
    dual = object.__new__(Dual)
    dual.value = value
    dual.partials = partials
    dual.tag = tag
    return dual


def primal(x: Any) -> Any:
    """Return the plain value below all levels of nesting; other things come back as they are."""
    while isinstance(x, Dual):
        check_open(x.tag)
        x = x.value
    return x


def check_open(tag: Tag) -> None:
    """Refuse a dual number whose operator has returned."""
    if not tag.is_open:
        raise leaked(tag)


def top_tag(operands: Any) -> Tag:
    """Return the highest tag among the operands, of which at least one is a dual."""
    top = None
    for x in operands:
        if isinstance(x, Dual) and (top is None or x.tag.level > top.level):
            top = x.tag
    assert top is not None
    check_open(top)
    if top is MANUAL:  # an operator gives all its duals the same directions
        counts = {len(x.partials) for x in operands if isinstance(x, Dual)}
        if len(counts) > 1:
            raise ShapeError(
                f"dual numbers with {' and '.join(map(str, sorted(counts)))} directions met. "
                "Make all of them with the same number of partials."
            )
    return top


def is_scalar(value: Any) -> bool:
    """Whether the value is a scalar, not an array of no axes."""
    while isinstance(value, Dual):
        value = value.value
    return isinstance(value, np.generic)


def align(partials: Any, ndim: int) -> Any:
    """Insert or remove axes of length 1 behind the direction axis, so that the rest broadcasts to ``ndim`` axes."""
    missing = ndim + 1 - partials.ndim
    if missing == 0:
        return partials
    shape = partials.shape
    if missing > 0:
        return partials.reshape(shape[:1] + (1,) * missing + shape[1:])
    return partials.reshape(shape[:1] + shape[1 - missing :])


def lay_out(partials: Any, value: Any) -> Any:
    """Give the partials of each direction the value's order in memory.

    Then NumPy makes a reshaped value and its reshaped partials both views, or both copies.
    """
    if not isinstance(value, np.ndarray) or value.ndim < 2 or not isinstance(partials, np.ndarray):
        return partials
    if value.flags.c_contiguous:
        return np.ascontiguousarray(partials)
    axes = np.argsort([-abs(stride) for stride in value.strides], kind="stable")
    ordered = np.ascontiguousarray(partials.transpose(0, *(axes + 1)))
    return ordered.transpose(0, *(np.argsort(axes) + 1))


def match(x: Any, template: Any) -> Any:
    """Give ``x`` the levels of nesting that ``template`` has, with zero partials.

    Value and partials always have the same levels; so a dual can be stored in place of another.
    """
    if not isinstance(template, Dual):
        return x
    if isinstance(x, Dual) and x.tag is template.tag:
        if not isinstance(template.value, Dual):
            return x
        return make(match(x.value, template.value), match(x.partials, template.value), x.tag)
    if isinstance(x, Dual) and x.tag.level > template.tag.level:
        return make(match(x.value, template), match(x.partials, template), x.tag)
    value = match(x, template.value)
    zeros = np.zeros((len(template.partials), *x.shape), x.dtype)
    return make(value, match(zeros, template.value), template.tag)


def _as_part(x: Any, tag: Tag) -> Any:
    """Copy a value or partials given by hand into a float array, or a scalar."""
    if isinstance(x, Dual):
        if x.tag.level >= tag.level:
            raise InputError("Dual: a part that is a dual must have a lower tag. Make the dual of plain numbers.")
        return x
    array = np.array(x)
    if array.dtype.kind in "iub":
        array = array.astype(float)
    if array.dtype.kind not in "fc":
        raise InputError(f"Dual: the parts must be numbers, not {array.dtype}. Pass floats.")
    return array[()]
