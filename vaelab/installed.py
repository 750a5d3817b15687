"""Where the app is: around the package in a clone, within it where it was installed."""

from __future__ import annotations

from pathlib import Path

__all__ = ["APP_FOLDER", "APP_PACKAGE", "EXAMPLES"]

#: What ``setup.py`` calls the folder within an installed package.
APP_PACKAGE = "_app"

_within = Path(__file__).parent / APP_PACKAGE
#: The folder of ``app.py``, ``pages`` and ``assets``.
APP_FOLDER = _within if _within.is_dir() else Path(__file__).parents[1]
#: The runs that the app opens with.
EXAMPLES = APP_FOLDER / "assets" / "checkpoints"
