"""A page that is one file: all that it needs is packed in it, and it asks nothing of any server."""

from __future__ import annotations

import gzip
import html
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from string import Template

from vaelab.export.modules import ASSETS, read

__all__ = ["one_file_page"]

#: What an element's attribute or a text may not be mistaken for.
_PART_NAME = re.compile(r"[a-z]+(-\d+)?")


def one_file_page(
    title: str,
    body: str,
    first: Mapping[str, bytes | str],
    later: Mapping[str, bytes | str],
    css: str = "",
    compiles: bool = False,
) -> str:
    """Put a page together that opens from a disk, a mail or a learning platform.

    Its policy (``Content-Security-Policy``) forbids it every request, and every script but its own: that of
    ``assets/explorer/boot.js``, told by its hash, and what that starts of the page's parts.

    Parameters
    ----------
    title
        As people read it.
    body
        HTML.
    first, later
        By name, such as ``"model-0"``: what is unpacked in the page, before and after all of the file has been read.
        ``code``, of the first, is a module without imports, whose default export is called with a function that gives
        each part's bytes.
    css
        Its style.
    compiles
        Whether a script makes functions of text, as Plotly does for WebGL: the policy then allows it that.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    ValueError
        If a part's name is no word with a number.
    """
    boot = read("explorer/boot.js")
    digest = b64encode(sha256(boot.encode()).digest()).decode()
    scripts = [f"'sha256-{digest}'", "blob:", "'wasm-unsafe-eval'"]
    policy = {
        "default-src": "'none'",
        "script-src": " ".join([*scripts, "'unsafe-eval'"] if compiles else scripts),
        "worker-src": "blob:",
        "style-src": "'unsafe-inline'",
        "img-src": "data: blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    icon = b64encode((ASSETS / "frame" / "icon.png").read_bytes()).decode()
    return Template(read("explorer/page.html")).substitute(
        policy="; ".join(f"{name} {sources}" for name, sources in policy.items()),
        icon=f"data:image/png;base64,{icon}",
        title=html.escape(title),
        style=css,
        body=body,
        first=_packed(first),
        boot=boot,
        later=_packed(later),
    )


def _packed(parts: Mapping[str, bytes | str]) -> str:
    """Parts as scripts of a kind that no browser runs: their letters are neither parsed nor laid out."""
    return "\n".join(
        f'<script type="text/plain" data-part="{_checked(name)}">{_letters(part)}</script>'
        for name, part in parts.items()
    )


def _letters(part: bytes | str) -> str:
    raw = part.encode() if isinstance(part, str) else part
    return b64encode(gzip.compress(raw, 9, mtime=0)).decode()


def _checked(name: str) -> str:
    if not _PART_NAME.fullmatch(name):
        raise ValueError(f"A part of a page cannot be called {name!r}: take a word, or a word, - and a number.")
    return name
