"""Modules for the browser, put together from the files under ``assets``."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ASSETS", "NETWORK", "join"]

ASSETS = Path(__file__).parents[2] / "assets"

#: A model's encoder and decoder, which any module may begin with.
NETWORK = "network/network.js"


def join(*names: str) -> str:
    """Read files under ``assets`` as one text.

    A component's module is handed to the browser as text, so that it cannot import its neighbour:
    what two components share stands at the head of both.
    """
    return "\n".join((ASSETS / name).read_text("utf-8") for name in names)
