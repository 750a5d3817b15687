"""Files from the network: each from the first mirror that has it, with its hash checked."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pooch

from vaelab.datasets.source import Progress

__all__ = ["Archive", "download", "is_reachable"]

#: Seconds that a server may take to answer, and that a download may stand still: not so long that
#: a run on another machine, which says nothing meanwhile, would be taken for dead.
ANSWER_SECONDS = 5.0
STALL_SECONDS = 30.0
#: Seconds between two reports of a download's progress.
REPORT_SECONDS = 0.2
#: Bytes that arrive between two looks at the clock.
CHUNK_BYTES = 16_384


class Archive(NamedTuple):
    """A file to download."""

    path: Path  # where to put it, below a folder
    md5: str
    urls: tuple[str, ...]


def is_reachable(archive: Archive) -> bool:
    """Find out within seconds whether a server is there, by requesting the file's headers."""
    return any(_answers(url) for url in archive.urls)


def download(archives: Sequence[Archive], folder: Path, num_bytes: int, progress: Progress | None) -> None:
    """Download files one after the other.

    Parameters
    ----------
    archives
        Which.
    folder
        Where to put them.
    num_bytes
        How large they are together, nearly.
    progress
        Called in this thread with the fraction that has arrived, 0 to 0.99, a few times a second
        while anything arrives. What it raises ends the download.

    Raises
    ------
    OSError
        If a file cannot be written, or no mirror has it as it should be.
    """
    pooch.get_logger().setLevel("WARNING")  # it prints what it logs
    before = 0
    for archive in archives:
        _fetch(archive, folder / archive.path, _ProgressBar(progress, before, num_bytes))
        before += (folder / archive.path).stat().st_size


class _ProgressBar:
    """What pooch takes for a progress bar: reports how much of all archives has arrived.

    Parameters
    ----------
    progress
        Called with the fraction a few times a second; what it raises ends the download.
    before, num_bytes
        Bytes of the archives before this one, and of all archives.
    """

    def __init__(self, progress: Progress | None, before: int, num_bytes: int) -> None:
        self.progress = progress
        self.before = before
        self.num_bytes = num_bytes
        self.arrived = 0
        self.total = 0  # of this archive; pooch sets it, to 0 where the server does not say
        self.cancelled = False
        self._reported = -math.inf

    def update(self, num_bytes: int) -> None:
        """Count bytes; the last chunk may be counted for more than it has."""
        self.arrived = min(self.arrived + num_bytes, self.total or self.num_bytes)
        if self.progress is None or time.monotonic() - self._reported < REPORT_SECONDS:
            return
        self._reported = time.monotonic()
        try:
            # Unpacking comes after this, so it does not reach 1.
            self.progress(min((self.before + self.arrived) / self.num_bytes, 0.99))
        except BaseException:
            self.cancelled = True
            raise

    def reset(self) -> None:
        """Keep the count, since pooch only resets it to count the whole archive once more."""

    def close(self) -> None:
        """Leave nothing open."""


def _answers(url: str) -> bool:
    try:
        # Also where it has no such file: another mirror may.
        pooch.HTTPDownloader(timeout=ANSWER_SECONDS)(url, "", None, check_only=True)
    except OSError:
        return False
    return True


def _fetch(archive: Archive, path: Path, bar: _ProgressBar) -> None:
    """Download an archive from the first mirror that has it with the right hash."""
    downloader = pooch.HTTPDownloader(bar, CHUNK_BYTES, timeout=(ANSWER_SECONDS, STALL_SECONDS))
    failure: OSError = ConnectionError()
    for url in archive.urls:
        bar.arrived = 0
        try:
            pooch.retrieve(url, f"md5:{archive.md5}", path.name, path.parent, downloader=downloader)
        except (OSError, ValueError) as error:  # pooch raises ValueError where the hash differs
            if bar.cancelled:
                raise
            failure = error if isinstance(error, OSError) else ConnectionError(str(error))
        else:
            return
    raise failure
