"""How much is taken at the most, so that no input, whatever it is, fills the memory."""

from __future__ import annotations

from typing import BinaryIO

__all__ = [
    "MAX_BYTES",
    "MAX_FILES",
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "MAX_RATIO",
    "MAX_TABLE_BYTES",
    "SMALL_BYTES",
    "Columns",
    "CutOffError",
    "Unpacking",
    "check_total",
]

#: Pixels of one image: a third below the number at which Pillow warns, since some decoders take 16 bytes for each.
MAX_PIXELS = 64_000_000
#: Bytes of one encoded image: 64 million pixels of four bytes each, not compressed.
MAX_FILE_BYTES = 2**28
#: Bytes of all images at their final size.
MAX_BYTES = 2**30
#: How many files, or rows of a table.
MAX_FILES = 500_000
#: Bytes of a table of file names.
MAX_TABLE_BYTES = 2**25
#: How many times its packed size something may have unpacked, once it has more than ``SMALL_BYTES``. Blank drawings
#: in a zip come to 100; deflate can do 1,000.
MAX_RATIO = 200
SMALL_BYTES = 2**26


#: Bytes of memory for the columns of a table beside its images.
MAX_COLUMN_BYTES = 2**29


class CutOffError(ValueError):
    """A file ends before what its header promises."""


class Unpacking:
    """A stream that counts what comes out, and ends what grows out of all proportion.

    Parameters
    ----------
    unpacked
        What comes out.
    packed
        What it is unpacked from, whose position says how much has gone in; or the number of packed bytes.
    """

    def __init__(self, unpacked: BinaryIO, packed: BinaryIO | int) -> None:
        self._unpacked, self._packed = unpacked, packed
        self._num_bytes = 0

    def read(self, num_bytes: int) -> bytes:
        """Read at most so many bytes.

        Parameters
        ----------
        num_bytes
            At least 0.

        Returns
        -------
        bytes
            Fewer only at the end.

        Raises
        ------
        ValueError
            If too much has come out.
        """
        pieces = []
        # A step at a time, since what is asked for may be what a lying header says.
        while num_bytes > 0 and (piece := self._unpacked.read(min(num_bytes, 2**20))):
            pieces.append(piece)
            num_bytes -= len(piece)
            self._count(len(piece))
        return b"".join(pieces)

    def _count(self, num_bytes: int) -> None:
        self._num_bytes += num_bytes
        if self._num_bytes <= SMALL_BYTES:
            return
        packed = self._packed if isinstance(self._packed, int) else self._packed.tell()
        if self._num_bytes > MAX_RATIO * packed:
            raise ValueError(f"It unpacks to more than {MAX_RATIO} times its size, which images do not.")


class Columns:
    """Counts what is kept of a table's columns, each cell of which may repeat one long text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._num_bytes = 0

    def count(self, num_bytes: int, num_cells: int) -> None:
        """Count some more rows.

        Parameters
        ----------
        num_bytes
            Of their values.
        num_cells
            How many values there are, each of which Python keeps as an object.

        Raises
        ------
        ValueError
            If there are more than fit in memory.
        """
        self._num_bytes += num_bytes + 40 * num_cells
        if self._num_bytes > MAX_COLUMN_BYTES:
            raise ValueError(
                f"The columns of {self.name} beside its images take more than {MAX_COLUMN_BYTES >> 20} MB."
            )


def check_total(num_images: int, size: int, channels: int) -> None:
    """Refuse more images than fit in memory, before any is decoded.

    Parameters
    ----------
    num_images
        How many there are.
    size
        Their final height and width, in pixels.
    channels
        Of each pixel, 1 or 3.

    Raises
    ------
    ValueError
        With what would do.
    """
    if num_images > MAX_FILES:
        raise ValueError(f"There are {num_images:,} images, and at most {MAX_FILES:,} are taken: choose some of them.")
    if num_images * channels * size * size > MAX_BYTES:
        most = MAX_BYTES // (channels * size * size)
        raise ValueError(
            f"There are {num_images:,} images, and of {size} × {size} pixels at most {most:,} are taken: "
            "choose some of them, or a smaller size."
        )
