"""Files in zip and tar archives."""

from __future__ import annotations

import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from gzip import GzipFile
from pathlib import Path
from typing import Any, BinaryIO, cast

from vaelab.importing.encoded import Encoded
from vaelab.importing.limits import MAX_FILES, Unpacking
from vaelab.importing.places.base import (
    LEADS_OUT,
    MAX_MEMBER_BYTES,
    Listing,
    Reader,
    checked_member,
    is_clutter,
    leads_out,
)
from vaelab.importing.report import ImportStopped, Skipped

__all__ = ["Tar", "Zip", "zip_index_bytes"]

#: Bytes of a zip's table of contents: as much as half a million files take.
MAX_ZIP_INDEX_BYTES = 2**26


class Zip:
    """A zip archive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._infos: dict[str, zipfile.ZipInfo] = {}

    def listing(self) -> Listing:
        """Find all files but hidden ones in its table of contents."""
        skipped: list[Skipped] = []
        with self._opened() as archive:
            for info in archive.infolist():
                if info.is_dir() or any(map(is_clutter, info.filename.split("/"))):
                    continue
                if why := self._refuse(info):
                    skipped.append(Skipped(info.filename, why))
                else:
                    self._infos[info.filename] = info
        return Listing(sorted(self._infos), skipped)

    @staticmethod
    def _refuse(info: zipfile.ZipInfo) -> str:
        if leads_out(info.filename) or info.orig_filename != info.filename:
            return LEADS_OUT
        if stat.S_ISLNK(info.external_attr >> 16):
            return "It is a link, and links in archives are not followed."
        if info.flag_bits & 1:
            return "It is encrypted: unpack the archive with its password first."
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            return "It is packed by a method that is not read: pack it as an ordinary zip."
        return ""

    def read(self, names: Collection[str]) -> Iterator[tuple[str, Encoded | Skipped]]:
        """Read files one after the other."""
        with self._opened() as archive:
            for name in names:
                yield name, self._read(archive, name)

    def _read(self, archive: zipfile.ZipFile, name: str) -> Encoded | Skipped:
        try:
            with self._member(archive, name) as stream:
                content: bytes = stream.read(MAX_MEMBER_BYTES + 1)
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error):
            return Skipped(name, "It is damaged or cut off.")
        except (ValueError, NotImplementedError, RuntimeError) as error:
            return Skipped(name, str(error))
        return checked_member(name, content)

    @contextmanager
    def _member(self, archive: zipfile.ZipFile, name: str) -> Iterator[Unpacking]:
        info = self._infos[name]
        with archive.open(info) as stream:
            # The table of contents may lie about how much is packed, but not beyond the archive's size.
            yield Unpacking(stream, min(info.compress_size, self.path.stat().st_size))  # type: ignore[arg-type]

    @contextmanager
    def open(self, name: str) -> Iterator[Any]:
        """Open one file."""
        with self._opened() as archive, self._member(archive, name) as stream:
            yield stream

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with self.path.open("rb") as file:
                num_bytes = zip_index_bytes(file)
            if num_bytes > MAX_ZIP_INDEX_BYTES:
                raise ValueError(f"{self.path.name} has more than {MAX_FILES:,} files: give a part of them.")
            archive = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError, struct.error, NotImplementedError) as error:
            raise ValueError(f"{self.path.name} is not a zip archive, or is damaged or cut off.") from error
        with archive:
            yield archive


def zip_index_bytes(file: BinaryIO) -> int:
    """Find how many bytes of table of contents a zip's last record promises, which is how many are read.

    Parameters
    ----------
    file
        The archive.

    Returns
    -------
    int
        0 where there is no such record.
    """
    file.seek(max(0, file.seek(0, 2) - 2**16 - 100))
    tail = file.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0:
        return 0
    (num_bytes,) = struct.unpack_from("<L", tail, end + 12)
    locator = tail[end - 20 : end] if end >= 20 else b""
    if locator.startswith(b"PK\6\7"):  # zip64: the size is in another record
        file.seek(struct.unpack_from("<Q", locator, 8)[0])
        num_bytes = max(num_bytes % 0xFFFFFFFF, struct.unpack_from("<Q", file.read(56), 40)[0])
    return int(num_bytes)


class Tar:
    """A tar archive, also packed with gzip; read from its beginning each time, since it has no table of contents."""

    def __init__(self, path: Path, should_stop: Callable[[], bool]) -> None:
        self.path = path
        self.should_stop = should_stop

    def listing(self) -> Listing:
        """Find all files but hidden ones."""
        names: set[str] = set()
        skipped = []
        for info, _ in self._members():
            name = info.name.removeprefix("./")
            if info.isdir() or any(map(is_clutter, name.split("/"))):
                continue
            if leads_out(name):
                skipped.append(Skipped(name, LEADS_OUT))
            elif info.issym() or info.islnk():
                skipped.append(Skipped(name, "It is a link, and links in archives are not followed."))
            elif not info.isreg():
                skipped.append(Skipped(name, "It is not a file that can be read to its end."))
            else:
                names.add(name)
            if len(names) + len(skipped) > MAX_FILES:
                raise ValueError(f"{self.path.name} has more than {MAX_FILES:,} files: give a part of them.")
        return Listing(sorted(names), skipped)

    def read(self, names: Collection[str]) -> Iterator[tuple[str, Encoded | Skipped]]:
        """Read files in the archive's order."""
        wanted = set(names)
        for info, stream in self._members():
            name = info.name.removeprefix("./")
            if name in wanted:
                wanted.remove(name)
                yield name, checked_member(name, stream(MAX_MEMBER_BYTES + 1))

    @contextmanager
    def open(self, name: str) -> Iterator[Any]:
        """Open one file."""
        for info, stream in self._members():
            if info.name.removeprefix("./") == name:
                yield Reader(stream)
                return

    def _members(self) -> Iterator[tuple[tarfile.TarInfo, Callable[[int], bytes]]]:
        packed = self.path.name.lower().endswith("gz")
        with self.path.open("rb") as file, closing(GzipFile(fileobj=file) if packed else file) as unpacked:
            try:
                # As a stream: nothing is sought, so that all that is unpacked is counted.
                counted: Any = Unpacking(cast(BinaryIO, unpacked), file)
                archive: Any
                with tarfile.open(fileobj=counted, mode="r|") as archive:
                    for info in archive:
                        if self.should_stop():
                            raise ImportStopped("Stopped; nothing was kept.")
                        member = archive.extractfile(info) if info.isreg() else None
                        yield info, member.read if member else lambda num_bytes: b""
                        archive.members = []  # it keeps all that it has seen
            except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
                raise ValueError(f"{self.path.name} is not a tar archive, or is damaged or cut off.") from error
            except ValueError as error:
                raise ValueError(f"{self.path.name}: {str(error)[0].lower()}{str(error)[1:]}") from error
