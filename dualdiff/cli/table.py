"""Plain text tables."""

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return lines with aligned columns: the first to the left, the numbers to the right.

    Examples
    --------
    >>> print(table(["tool", "µs"], [["by hand", "1.5"], ["ours", "12.0"]]))
    tool       µs
    -------  ----
    by hand   1.5
    ours     12.0
    """
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        numbers = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "  ".join([cells[0].ljust(widths[0]), *numbers])

    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)])
