"""Modules for the browser, put together from the files under ``assets``.

A module that is handed to the browser as text, as a component's is or that of an exported file, cannot import its
neighbours: what it imports is put in front of it here. Editors, the type checker and node read the files as they are.
"""

from __future__ import annotations

import re
from pathlib import Path

from vaelab.installed import APP_FOLDER

__all__ = ["ASSETS", "join", "read"]

#: What the browser is given.
ASSETS = APP_FOLDER / "assets"

_IMPORT = re.compile(r'^import \{([^{}]+)\} from "(\.{1,2}/[^"]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async |const |let |function |class ))", re.MULTILINE)
#: ``import(…)`` and ``import.meta`` are expressions.
_OTHER_IMPORT = re.compile(r"^import\b(?! *[.(]).*", re.MULTILINE)
_OTHER_EXPORT = re.compile(r"^export\b.*", re.MULTILINE)
_FROM_ELSEWHERE = re.compile(r"^export\b[^;]*\bfrom\b.*", re.MULTILINE)


def read(*names: str) -> str:
    """Read files under ``assets``, style sheets for instance, as one text.

    Parameters
    ----------
    *names
        Their paths there.

    Returns
    -------
    str
        One after another.
    """
    return "\n".join((ASSETS / name).read_text("utf-8") for name in names)


def join(entry: str | Path) -> str:
    """Put a module and all that it imports together as one.

    Each module comes once, after those that it imports. All share one scope, so that no name may be
    defined at the top of two of them.

    Parameters
    ----------
    entry
        The module, under ``assets`` if it is not an absolute path. What it exports is exported.

    Returns
    -------
    str
        A module that imports nothing.

    Raises
    ------
    ValueError
        If a file is missing, modules import each other in a circle, or one is imported or exported
        in a way that cannot be joined.
    """
    texts: dict[Path, str] = {}
    _add((ASSETS / entry).resolve(), texts, ())
    return "\n".join(texts.values())


def _add(module: Path, texts: dict[Path, str], importers: tuple[Path, ...]) -> None:
    """Add a module's text after those of what it imports."""
    if module in importers:
        circle = [*importers[importers.index(module) :], module]
        names = " imports ".join(_name(one) for one in circle)
        raise ValueError(f"These modules import each other in a circle: {names}.")
    if module in texts:
        return
    if not module.is_file():
        wanted = f", which {_name(importers[-1])} imports" if importers else ""
        raise ValueError(f"There is no module {_name(module)}{wanted}.")
    text = module.read_text("utf-8")
    for names, address in _IMPORT.findall(text):
        if " as " in names:
            _refuse(module, f"import {{{names}}}")
        _add((module.parent / address).resolve(), texts, (*importers, module))
    text = _IMPORT.sub("", text)
    if importers:
        text = _EXPORT.sub("", text)
    unknown = (
        _OTHER_IMPORT.search(text)
        or _FROM_ELSEWHERE.search(text)
        or (_OTHER_EXPORT.search(text) if importers else None)
    )
    if unknown:
        _refuse(module, unknown[0])
    texts[module] = text


def _refuse(module: Path, statement: str) -> None:
    raise ValueError(
        f'{_name(module)} has “{statement}”: only `import {{ names }} from "./file.js";` and '
        "`export` before a definition can be joined."
    )


def _name(module: Path) -> str:
    """A module's path within the repository."""
    root = ASSETS.parent
    return str(module.relative_to(root) if module.is_relative_to(root) else module)
