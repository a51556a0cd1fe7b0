"""Expressions that several rules of special functions share."""


def over(m, value, x, limit):
    """Return ``value / x``, and the limit at 0."""
    is_zero = x == 0.0
    return m.where(is_zero, limit, value / m.where(is_zero, 1.0, x))
