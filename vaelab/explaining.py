"""What was wrong and what would do, in one sentence. Imports no torch."""

from __future__ import annotations

import errno
from textwrap import shorten
from typing import Any

from pydantic import ValidationError

from vaelab.config import bounds_of

__all__ = ["explain"]


def explain(error: Exception) -> str:
    """Say in one sentence what was wrong and what would do.

    Parameters
    ----------
    error
        Any exception. Those that vaelab raises speak for themselves; pydantic's are taken apart; for lack of memory or
        room there are words of our own, and whatever else a library says is put into parentheses.

    Returns
    -------
    str
        One sentence a problem, without a traceback.
    """
    if isinstance(error, ValidationError):
        return " ".join(_explain_one(problem) for problem in error.errors())
    said = str(error)
    if type(error).__name__ == "OutOfMemoryError":  # torch's, which must not be imported for it
        return "The graphics card has too little memory for this: choose a smaller batch or network, or the device cpu."
    if isinstance(error, MemoryError) or "can't allocate memory" in said:
        return "There is not enough memory for this: close other programs, or take fewer or smaller images."
    if isinstance(error, OSError) and error.strerror is not None:
        return _explain_file(error)
    if said and _is_ours(error):
        return said
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return f"Something unexpected went wrong ({shorten(what, 300, placeholder=' …')})."


def _is_ours(error: Exception) -> bool:
    """Whether code of ours raised it, so that its words are ours, too."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    # One that was made and never raised has no trace.
    if trace is None:
        return True
    names = trace.tb_frame.f_globals
    # By the package first: a module that was run with -m is called __main__.
    module: str = names.get("__package__") or names.get("__name__", "")
    return module.partition(".")[0] in {"vaelab", "pages"}


def _explain_file(error: OSError) -> str:
    """Say what the operating system had to say about a file."""
    file = error.filename or "A file"
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk{f' that holds {file}' if error.filename else ''} is full: free some space."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{file} cannot be read or written: allow it, or choose another folder."
    if error.errno == errno.ENOENT:
        return f"{file} is not there."
    return f"{file} cannot be used ({error.strerror})."


#: What a value must be, by the kinds of pydantic's errors: it is said in our words.
_BOUNDS = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "literal_error": "one of {expected}",
    "too_short": "at least {min_length} long",
    "too_long": "at most {max_length} long",
}
_TYPES = {"int": "a whole number", "float": "a number", "bool": "true or false"}


def _explain_one(problem: object) -> str:
    assert isinstance(problem, dict)
    # A union's errors carry the branch's type in their location; only our field names help.
    fields = [part for part in problem["loc"] if isinstance(part, str) and part.isidentifier()]
    name = ".".join(f for f in fields if f not in {"int", "float", "str", "constrained"})
    context, kind, received = problem.get("ctx", {}), problem["type"], problem.get("input")
    if kind == "extra_forbidden":
        return f"There is no setting called {name}."
    if kind in _BOUNDS:
        return f"{name} was {received!r}; it must be {_BOUNDS[kind].format(**_tidied(context))}."
    if kind == "finite_number":
        return f"{name} was {received!r}; it must be a number{_range_of(name)}."
    reason = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    reason = _TYPES.get(kind.split("_")[0], reason)
    return f"{name} was {received!r}; it must be {reason}." if name else f"{reason}."


def _tidied(bounds: dict[str, Any]) -> dict[str, Any]:
    """Bounds as people write them: 1000 and not 1000.0."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in bounds.items()
    }


def _range_of(name: str) -> str:
    """Between what a setting must lie: ``" from 0 to 1000"``, or nothing where it has no two bounds."""
    bounds = _tidied(bounds_of(name))
    low = bounds.get("ge", bounds.get("gt"))
    if low is None or "le" not in bounds:
        return ""
    return f" from {low} to {bounds['le']}" if "ge" in bounds else f" above {low}, up to {bounds['le']}"
