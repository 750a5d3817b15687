"""What the columns of a table say of images: classes, known factors, groups."""

from __future__ import annotations

from typing import Any

from vaelab.importing.csv_files import number_in
from vaelab.importing.intake import MAX_CLASSES, NO_CLASS, Known
from vaelab.importing.numbers import as_text

__all__ = ["LABEL_COLUMNS", "known_from"]

#: What people call the column with the class, the surest first.
LABEL_COLUMNS = ("label", "class", "category", "target", "y", "labels", "classes", "species")


def known_from(
    columns: dict[str, list[Any]], group: str | None = None, orders: dict[str, tuple[str, ...]] | None = None
) -> Known:
    """Make the class, known factors and groups of a table's columns.

    The class is the column that is called so, or else the first of few different texts. Columns of numbers are known
    factors.

    Parameters
    ----------
    columns
        By name, a value for each image: texts or numbers.
    group
        The column whose equal values are to be on one side of the split.
    orders
        The names of classes in their order, for columns of which the source knows it.

    Returns
    -------
    Known
        With a sentence for each column that is not taken.

    Raises
    ------
    ValueError
        If there is no column for the groups.
    """
    known = Known()
    if group is not None:
        if group not in columns:
            raise ValueError(f"There is no column called {group!r}: choose one of {', '.join(columns) or '(none)'}.")
        known.groups = [str(value) for value in columns[group]]
        known.notes.append(
            f"Images of one {group} stay on the same side of the split ({len(set(known.groups)):,} of them)."
        )
    rest = {name: values for name, values in columns.items() if name != group}
    label = _label_column(rest, orders or {})
    if label is not None:
        known.labels = [as_text(_tidy(value)) or NO_CLASS for value in rest.pop(label)]
        known.label_names = (orders or {}).get(label)
        known.notes.append(f"Took the classes from the column {label}.")
    for name, values in rest.items():
        numbers = [number_in(str(value)) for value in values]
        if all(number is not None for number in numbers) and numbers and name:
            known.factors[name] = [number for number in numbers if number is not None]
        elif name:
            why = (
                "has gaps"
                if any(number is not None for number in numbers)
                else "holds text, and the classes come from elsewhere"
            )
            known.notes.append(f"Left out the column {name}, which {why}.")
    if known.factors:
        known.notes.append(f"Took as known factors: {', '.join(known.factors)}.")
    return known


def _tidy(value: Any) -> Any:
    """A whole number in a text as such (3.0 is class 3), and nothing as an empty text."""
    if value is None or value != value:  # noqa: PLR0124 - NaN alone is unequal to itself
        return ""
    number = number_in(value) if isinstance(value, str) and "." in value else None
    return value if number is None else number


def _label_column(columns: dict[str, list[Any]], orders: dict[str, tuple[str, ...]]) -> str | None:
    by_name = {name.lower(): name for name in columns}
    candidates = [by_name[name] for name in LABEL_COLUMNS if name in by_name] or [*orders]
    for name in candidates:
        if len(set(columns[name])) <= MAX_CLASSES:
            return name
    for name, values in columns.items():
        texts = [value for value in values if isinstance(value, str) and number_in(value) is None]
        if len(texts) == len(values) and 1 <= len(set(values)) <= min(200, max(2, len(values) // 2)):
            return name
    return None
