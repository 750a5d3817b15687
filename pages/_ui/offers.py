"""What a page fetches for itself, once it wants it: models, and the images of maps.

Sent along with a chart they would hold that up over a slow line; asked for by a rerun they would have what a
person presses meanwhile wait.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from secrets import token_hex
from threading import Lock

__all__ = ["PREFIX", "offer", "offer_to_make", "offered"]

#: What addresses of files begin with, below that of the app.
PREFIX = "/offered/"

#: Bytes that are kept: a page fetches what it is offered within seconds, and at each rerun it is offered again.
MOST_BYTES = 128_000_000

#: Files that are to be made once a page wants them, at the most: those of some forty histories.
MOST_TO_MAKE = 1_000

_files: OrderedDict[str, bytes] = OrderedDict()
_to_make: OrderedDict[str, Callable[[], bytes]] = OrderedDict()
_lock = Lock()
#: So that nobody can tell the address of a file from what it is of.
_SECRET = token_hex()


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
    _hold(digest, file)
    return f".{PREFIX}{digest}"


def offer_to_make(name: str, make: Callable[[], bytes]) -> str:
    """Offer a file that is made only once a page wants it.

    Parameters
    ----------
    name
        What tells it from all others: the same name is the same file.
    make
        Makes it, in a thread of the server's.

    Returns
    -------
    str
        Its address, as ``offer`` gives it.
    """
    digest = sha256(f"{_SECRET} {name}".encode()).hexdigest()
    with _lock:
        _to_make[digest] = make
        _to_make.move_to_end(digest)
        while len(_to_make) > MOST_TO_MAKE:
            _to_make.popitem(last=False)
    return f".{PREFIX}{digest}"


def offered(digest: str) -> bytes | None:
    """The file at an address, made now if it must be, or None where it was not offered or is held no longer."""
    with _lock:
        file, make = _files.get(digest), _to_make.get(digest)
    if file is None and make is not None:
        file = make()
        _hold(digest, file)
    return file


def _hold(digest: str, file: bytes) -> None:
    """Keep a file as long as there is room for it."""
    with _lock:
        _files[digest] = file
        _files.move_to_end(digest)
        held = sum(map(len, _files.values()))
        while held > MOST_BYTES and len(_files) > 1:
            held -= len(_files.popitem(last=False)[1])
