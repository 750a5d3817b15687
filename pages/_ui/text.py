"""Words: what people wrote, put into markdown, and what is said in more than one place."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vaelab.explaining import explain
from vaelab.runs.facts import licence_in_words

__all__ = ["counted", "explained", "licence_of", "plain", "suggest_name"]

#: What Streamlit replaces in text after markdown was read, so that no backslash keeps it: icons, its logo, arrows.
_REPLACED = re.compile(r":(?=material[/_]\w+:|streamlit:)|(?<!\S)[-<>~](?=(?:->|[->=])(?!\S))")
#: Shows nothing, and keeps two characters apart.
_JOINER = "\u2060"


def plain(text: str) -> str:
    """What people wrote, as markdown that shows it letter by letter."""
    text = _REPLACED.sub(rf"\g<0>{_JOINER}", text)
    return re.sub(r"([\\`*_{}\[\]()#+!|<>:$~&.-])", r"\\\1", text)


def explained(error: Exception) -> str:
    """What was wrong, in a sentence for markdown: it may name a run, a folder or a class."""
    return plain(explain(error))


def counted(number: int, what: str) -> str:
    """A number and what there is so often: ``"1 image"``, ``"1,797 images"``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def licence_of(licence: str) -> str:
    """A licence as a sentence for markdown; empty where nobody gave one, as of one's own images."""
    return plain(licence_in_words(licence))


def suggest_name(text: str, taken: Iterable[str] = ()) -> str:
    """Make a dataset's name of a file's, one that is not taken.

    Examples
    --------
    >>> suggest_name("My leaves (2024).zip", taken=["My leaves 2024"])
    'My leaves 2024 2'
    """
    stem = re.sub(r"(\.tar)?\.\w{1,7}$", "", text)
    name = re.sub(r"\s+", " ", re.sub(r"[^\w -]+", " ", stem))[:50].strip(" -") or "images"
    others, number, result = set(taken), 1, name
    while result in others:
        number += 1
        result = f"{name} {number}"
    return result
