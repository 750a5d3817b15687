"""What people wrote, put into markdown."""

from __future__ import annotations

import re

from vaelab.config import explain

__all__ = ["explained", "plain"]


def plain(text: str) -> str:
    """What people wrote, as markdown that shows it letter by letter."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>:$~&.-])", r"\\\1", text)


def explained(error: Exception) -> str:
    """What was wrong, in a sentence for markdown: it may name a run, a folder or a class."""
    return plain(explain(error))
