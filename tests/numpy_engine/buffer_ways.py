"""Functions that write into an array of their own in every way; all return the same two numbers."""

import numpy as np

from dualdiff.backends.numpy.buffers import zeros

X = np.array([0.7, 1.3])
# every function of the tables returns these two numbers, or an array that begins with them
VALUE = np.array([0.7 * 1.3, np.sin(0.7)])
FIRST = np.array([[1.3, 0.7], [np.cos(0.7), 0.0]])
SECOND = np.array([[[0.0, 1.0], [1.0, 0.0]], [[-np.sin(0.7), 0.0], [0.0, 0.0]]])


def numbers(x):
    return x[0] * x[1], np.sin(x[0])


def both(x):
    return np.stack(numbers(x))


def by_index(x):
    y = np.zeros(2)
    y[0], y[1] = numbers(x)
    return y


def by_negative_index(x):
    y = np.empty(2)
    y[-1] = numbers(x)[1]
    y[-2] = numbers(x)[0]
    return y


def by_slice(x):
    y = np.zeros(4)
    y[1:3] = both(x)
    return y[1:3]


def by_step(x):
    y = np.ones(5)
    y[::-3] = both(x)[::-1]
    return y[1::3]


def by_list(x):
    y = np.zeros(2)
    y[:] = list(numbers(x))
    return y


def by_tuple_of_mixed(x):
    y = np.zeros(3)
    y[:] = (*numbers(x), 1.0)
    return y[:2]


def by_mask(x):
    y = np.zeros(3)
    y[np.array([True, False, True])] = both(x)
    return y[[0, 2]]


def by_fancy_index(x):
    y = np.full(4, 7.0)
    y[[3, 1]] = both(x)
    return y[[3, 1]]


def by_two_axes(x):
    y = np.zeros((2, 3))
    y[1, 2], y[0, 0] = numbers(x)
    return np.array([y[1, 2], y[0, 0]])


def by_ellipsis(x):
    y = np.zeros((2, 1))
    y[..., 0] = both(x)
    return y[:, 0]


def by_row_taken_before(x):
    y = np.zeros((3, 2))
    row = y[1]
    y[0, 0] = x[0]  # now y carries derivatives, and so must the row
    row[:] = both(x)
    return y[1]


def by_array_below_a_row(x):
    y = np.zeros((3, 2))
    row = y[1]
    row[:] = both(x)
    return y.sum(axis=0)


def by_view_of_a_view(x):
    y = np.zeros((3, 4))
    part = y.T[1:3][:, 2]
    part[0], part[1] = numbers(x)
    return y[2, 1:3]


def by_reshaped_view(x):
    y = np.zeros(6)
    table = y.reshape(2, 3)
    table[1, 1], table[1, 2] = numbers(x)
    return y[4:]


def by_ravel_taken_before(x):
    y = np.zeros((2, 2))
    flat = np.ravel(y)
    y[0] = both(x)
    return flat[:2]


def by_diagonal(x):
    y = np.zeros((2, 2))
    np.fill_diagonal(y, both(x))
    return np.diag(y)


def by_flat(x):
    y = np.zeros((2, 2))
    y.flat[1], y.flat[2] = numbers(x)
    return np.array([y[0, 1], y[1, 0]])


def by_flat_slice(x):
    y = np.zeros((2, 2))
    y.flat[1:3] = both(x)
    return y.ravel()[1:3]


def by_fill(x):
    a, b = np.zeros(1), np.zeros(1)
    a.fill(numbers(x)[0])
    b.fill(numbers(x)[1])
    return np.concatenate([a, b])


def by_in_place_sum(x):
    y = np.zeros(2)
    y += both(x)
    return y


def by_in_place_operators(x):
    y = np.ones(2)
    y *= both(x)
    y /= 4.0
    y -= both(x) / 2
    y **= 1
    y += both(x) / 4
    y += both(x)
    return y


def by_indexed_sum(x):
    y = np.zeros(2)
    for _ in range(4):
        y[0] += numbers(x)[0] / 4
    y[1:] += numbers(x)[1]
    return y


def by_masked_product(x):
    y = np.ones(3)
    y[np.array([True, True, False])] *= both(x)
    return y[:2]


def by_out(x):
    y = np.zeros(2)
    np.add(both(x), 0.0, out=y)
    return y


def by_positional_out(x):
    y = np.zeros(2)
    np.multiply(both(x), 1.0, y)
    return y


def by_out_of_a_sum(x):
    y = np.zeros(2)
    np.sum(np.stack([both(x), both(x)]) / 2, axis=0, out=y)
    return y


def by_add_at(x):
    y = np.zeros(2)
    np.add.at(y, [0, 1, 1], np.stack([numbers(x)[0], numbers(x)[1] / 2, numbers(x)[1] / 2]))
    return y


def by_copyto(x):
    y = np.zeros(2)
    np.copyto(y, both(x))
    return y


def by_put(x):
    y = np.zeros(3)
    np.put(y, [2, 0], both(x))
    return y[[2, 0]]


def by_put_method(x):
    y = np.zeros(3)
    y.put([2, 0], both(x))
    return y[[2, 0]]


def by_place(x):
    y = np.zeros(3)
    np.place(y, np.array([True, False, True]), both(x))
    return y[::2]


def by_putmask(x):
    y = np.zeros(2)
    np.putmask(y, np.array([True, True]), both(x))
    return y


def by_put_along_axis(x):
    y = np.zeros((2, 2))
    np.put_along_axis(y, np.array([[0], [1]]), both(x)[:, None], axis=1)
    return np.diag(y)


def by_assigning_the_shape(x):
    y = np.zeros(4)
    y.shape = (2, 2)
    y[1] = both(x)
    return y[1]


def by_another_buffer(x):
    y, z = np.zeros(2), np.zeros(2)
    y[:] = both(x)
    z[...] = y
    return z


def by_broadcast_item(x):
    y = np.zeros((2, 2))
    y[0] = numbers(x)[0]
    y[:, 1] = numbers(x)[1]
    return y[0]


def by_derived_array(x):
    y = 2 * np.ones(2) - 2
    y[0] = numbers(x)[0]
    z = y.copy()
    z[1] = numbers(x)[1]
    return z


def by_copy_of_a_row(x):
    table = np.arange(6.0).reshape(2, 3)
    row = table[1].copy()
    row[:2] = both(x)
    table[:] = 0.0
    return row[:2]


def by_iterating(x):
    y = np.zeros((2, 1))
    for row, number in zip(y, numbers(x), strict=True):
        row[0] = number
    return y[:, 0]


def by_iterated_items(x):
    y = np.zeros(2)
    y[:] = both(x)
    return np.array([item for item in y])  # noqa: C416


def by_attribute(x):
    y = np.zeros(2, complex)
    y.real = both(x)
    return y.real


def by_imaginary_part(x):
    y = np.zeros(2, complex)
    y.imag[:] = both(x)
    return y.imag


def by_complex_items(x):
    y = np.zeros(2, dtype=complex)
    y[:] = both(x) * 1j
    return (-1j * y).real


def by_sorting(x):
    y = np.zeros(2)
    y[0], y[1] = numbers(x)
    y[:] = y[::-1].copy()
    y.sort()
    return y[::-1]


def by_nested_lists(x):
    return np.array([[numbers(x)[0], 1.0], [2, numbers(x)[1]]])[[0, 1], [0, 1]]


def by_array_of_arrays(x):
    return np.array([both(x), [1.0, 2.0], np.zeros(2)])[0]


def by_array_with_a_buffer(x):
    y = np.zeros(1)
    y[0] = numbers(x)[0]
    return np.array([y[0], numbers(x)[1]])


def by_asarray(x):
    return np.asarray([*numbers(x)], dtype=float)


def by_linspace(x):
    y = np.linspace(0.0, 1.0, 3)
    y[0], y[-1] = numbers(x)
    return y[::2]


def by_zeros_like(x):
    y = np.zeros_like(np.ones(2))
    y[:] = both(x)
    return y


def by_dd_zeros(x):
    y = zeros(2)
    y[:] = both(x)
    return y


WAYS = {name[3:]: function for name, function in list(globals().items()) if name.startswith("by_")}
