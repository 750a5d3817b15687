"""Where files lie: folders, single files, zip and tar archives. Nothing is ever unpacked to the disk."""

from __future__ import annotations

import os
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from gzip import GzipFile
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol, cast

from vaelab.importing.decoding import Encoded
from vaelab.importing.limits import MAX_FILE_BYTES, MAX_FILES, Unpacking
from vaelab.importing.report import ImportStopped, Skipped

__all__ = ["ARCHIVES", "Folder", "Place", "SingleFile", "Tar", "Zip", "binary", "place_of", "zip_index_bytes"]

#: What ends the names of archives, those that are not read included.
ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar", ".tbz2", ".bz2", ".txz", ".xz", ".zst", ".lz4")
#: What systems leave in folders, which nobody means.
CLUTTER = {"thumbs.db", "desktop.ini", "__macosx"}
#: Bytes of a zip's table of contents: as much as half a million files take.
MAX_ZIP_INDEX_BYTES = 2**26
#: Bytes of one image in an archive, which is read as a whole.
MAX_MEMBER_BYTES = 2**26


class Listing(NamedTuple):
    """What lies in a place: the names of files, with ``/`` between folders; and what was not taken."""

    names: list[str]
    skipped: list[Skipped]


class Place(Protocol):
    """Somewhere with files."""

    path: Path

    def listing(self) -> Listing:
        """Find all files but hidden ones, without reading them."""

    def read(self, names: Collection[str]) -> Iterator[tuple[str, Encoded | Skipped]]:
        """Hand over the files of these names, in the order that is quickest."""

    def open(self, name: str) -> Any:
        """Open one file as a context that gives a stream with ``read(num_bytes)``."""


def place_of(path: Path, should_stop: Callable[[], bool]) -> Place:
    """Find out what a path is.

    Parameters
    ----------
    path
        As a person gave it.
    should_stop
        Asked while long archives are read.

    Returns
    -------
    Place
        For a file that is no archive, one with that file alone.

    Raises
    ------
    ValueError
        If there is nothing, or an archive of a kind that is not read.
    """
    if not path.exists():
        raise ValueError(f"There is no file or folder {str(path)!r}.")
    if path.is_dir():
        return Folder(path)
    name = path.name.lower()
    if name.endswith(".zip"):
        return Zip(path)
    if name.endswith((".tar", ".tar.gz", ".tgz")):
        return Tar(path, should_stop)
    if name.endswith(ARCHIVES):
        raise ValueError(f"{path.name} is packed in a way that cannot be read: use zip, tar or tar.gz.")
    return SingleFile(path)


class Folder:
    """A folder with all that is below it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def listing(self) -> Listing:
        """Find all files but hidden ones, without reading them."""
        names: list[str] = []
        skipped: list[Skipped] = []
        self._walk(self.path.resolve(), "", names, skipped)
        names.sort()
        return Listing(names, skipped)

    def _walk(self, root: Path, below: str, names: list[str], skipped: list[Skipped]) -> None:
        try:
            with os.scandir(root / below) as entries:
                for entry in entries:
                    name = below + entry.name
                    if _is_clutter(entry.name):
                        continue
                    if entry.is_file(follow_symlinks=False):
                        names.append(name)
                    elif entry.is_dir(follow_symlinks=False):
                        self._walk(root, f"{name}/", names, skipped)
                    else:
                        self._follow(root, name, names, skipped)
                    if len(names) > MAX_FILES:
                        raise ValueError(f"{self.path.name} has more than {MAX_FILES:,} files: give a part of them.")
        except OSError as error:
            skipped.append(Skipped(below or ".", f"It cannot be read: {error.strerror}."))

    @staticmethod
    def _follow(root: Path, name: str, names: list[str], skipped: list[Skipped]) -> None:
        path = root / name
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):
            skipped.append(Skipped(name, "It is a link that leads nowhere."))
            return
        if not real.is_relative_to(root):
            skipped.append(Skipped(name, "It is a link that leads out of the folder."))
        elif real.is_dir():
            skipped.append(Skipped(name, "It is a link to a folder."))
        elif real.is_file():
            names.append(name)
        else:
            skipped.append(Skipped(name, "It is not a file that can be read to its end."))

    def read(self, names: Collection[str]) -> Iterator[tuple[str, Encoded | Skipped]]:
        """Hand over paths: whoever decodes them opens them."""
        root = str(self.path.resolve())
        for name in names:
            yield name, f"{root}/{name}"

    def open(self, name: str) -> Any:
        """Open one file."""
        return (self.path.resolve() / name).open("rb")


class SingleFile:
    """One file, as a place of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def listing(self) -> Listing:
        """Name the file."""
        if not self.path.is_file():
            return Listing([], [Skipped(self.path.name, "It is not a file that can be read to its end.")])
        return Listing([self.path.name], [])

    def read(self, names: Collection[str]) -> Iterator[tuple[str, Encoded | Skipped]]:
        """Hand over its path."""
        for name in names:
            yield name, str(self.path.resolve())

    def open(self, name: str) -> Any:
        """Open it."""
        return self.path.open("rb")


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
                if info.is_dir() or any(map(_is_clutter, info.filename.split("/"))):
                    continue
                if why := self._refuse(info):
                    skipped.append(Skipped(info.filename, why))
                else:
                    self._infos[info.filename] = info
        return Listing(sorted(self._infos), skipped)

    @staticmethod
    def _refuse(info: zipfile.ZipInfo) -> str:
        if _leads_out(info.filename) or info.orig_filename != info.filename:
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
        return _checked(name, content)

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
            if info.isdir() or any(map(_is_clutter, name.split("/"))):
                continue
            if _leads_out(name):
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
                yield name, _checked(name, stream(MAX_MEMBER_BYTES + 1))

    @contextmanager
    def open(self, name: str) -> Iterator[Any]:
        """Open one file."""
        for info, stream in self._members():
            if info.name.removeprefix("./") == name:
                yield _Reader(stream)
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


def binary(place: Place, name: str) -> BinaryIO:
    """Open a file so that it can be sought in: where it lies, or in memory if it is in an archive.

    Parameters
    ----------
    place, name
        Which.

    Returns
    -------
    BinaryIO
        To be closed.

    Raises
    ------
    ValueError
        If it is in an archive and too large for that.
    """
    if isinstance(place, Folder | SingleFile):
        opened: BinaryIO = place.open(name)
        return opened
    with place.open(name) as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"{name} has more than {MAX_FILE_BYTES >> 20} MB: unpack the archive first.")
    return BytesIO(content)


class _Reader:
    """What has ``read(num_bytes)`` and nothing else."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.read = read


LEADS_OUT = "Its name leads out of the archive."


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or bool(re.match(r"[A-Za-z]:", name))


def _is_clutter(name: str) -> bool:
    return (name[0:1] == "." and name not in {".", ".."}) or name.lower() in CLUTTER


def _checked(name: str, content: bytes) -> Encoded | Skipped:
    if not content:
        return Skipped(name, "It is empty.")
    if len(content) > MAX_MEMBER_BYTES:
        return Skipped(name, f"It has more than {MAX_MEMBER_BYTES >> 20} MB.")
    return content
