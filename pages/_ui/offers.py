"""What a page fetches for itself, once it wants it: models, and the images of maps.

Sent along with a chart they would hold that up over a slow line; asked for by a rerun they would have what a
person presses meanwhile wait.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from threading import Lock

__all__ = ["PREFIX", "offer", "offered"]

#: What addresses of files begin with, below that of the app.
PREFIX = "/offered/"

#: Bytes that are kept: a page fetches what it is offered within seconds, and at each rerun it is offered again.
MOST_BYTES = 128_000_000

_files: OrderedDict[str, bytes] = OrderedDict()
_lock = Lock()


def offer(file: bytes) -> str:
    """Hold a file ready for pages.

    Parameters
    ----------
    file
        Anyone who can open the app, and knows what is in it, can fetch it.

    Returns
    -------
    str
        Its address, as seen from any page of the app. Another file has another one.
    """
    digest = sha256(file).hexdigest()
    with _lock:
        _files[digest] = file
        _files.move_to_end(digest)
        held = sum(map(len, _files.values()))
        while held > MOST_BYTES and len(_files) > 1:
            held -= len(_files.popitem(last=False)[1])
    return f".{PREFIX}{digest}"


def offered(digest: str) -> bytes | None:
    """The file with this SHA-256, or None where it was not offered or is held no longer."""
    with _lock:
        return _files.get(digest)
