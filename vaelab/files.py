"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes, durable: bool = True) -> None:
    """Write a file beside its place, and rename it into it.

    A reader, or a kill at any instant, meets the old file or the new one.

    Parameters
    ----------
    path
        The file, in a folder that is there.
    content
        All of it.
    durable
        Whether to wait until it is on the disk, so that a power cut cannot take it back.

    Raises
    ------
    OSError
        If it cannot be written; what was there is untouched.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
