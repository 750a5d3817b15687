"""Taking images in while the page goes on: what a person gave, and a thread that reads it.

A rerun of the page neither ends an import nor starts it twice, and a stopped one leaves nothing.
"""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages._ui.background import Background
from vaelab.datasets import DatasetUnavailable
from vaelab.explaining import explain
from vaelab.files import expanded

if TYPE_CHECKING:
    from vaelab.importing import ImportReport


#: What a name may be too long for: the longest part of a path, in bytes, with room for a number.
MAX_PART = 200
#: More folders in one another than anyone has.
MAX_DEPTH = 8


def safe_path(name: str) -> Path:
    """Turn a file's name, as a browser sent it, into a path that leads nowhere but down.

    Examples
    --------
    >>> str(safe_path("leaves/../../oak/1.png"))
    'leaves/oak/1.png'
    """
    parts = [re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "_", part).strip() for part in name.replace("\\", "/").split("/")]
    parts = [_shortened(part) for part in parts if part.strip(".")]
    return Path(*parts[-MAX_DEPTH:]) if parts else Path("file")


def _shortened(part: str) -> str:
    stem, dot, ending = part.encode("utf-8", "replace").rpartition(b".")
    room = MAX_PART - len(ending) - 1
    if not dot or room < 1:
        return part.encode("utf-8", "replace")[:MAX_PART].decode("utf-8", "ignore")
    return (stem[:room] + dot + ending).decode("utf-8", "ignore")


class Given:
    """What a person gave to be taken in: files in a folder that goes when this does, or a path.

    Attributes
    ----------
    paths
        What to read.
    source
        Where the images come from, for people: ``"leaves.zip"``.
    """

    def __init__(self, source: str, path: str | Path | None = None) -> None:
        self.source = source
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._path = None if path is None else expanded(path)

    def add(self, name: str, content: bytes | memoryview) -> Path:
        """Write a file below the folder, under its name or nearly so; returns where.

        Raises
        ------
        DatasetUnavailable
            If it cannot be written.
        """
        try:
            with self._lock:
                if self._folder is None:
                    around = Path(tempfile.mkdtemp(prefix="vaelab-given-"))
                    # Also when the session ends, or the server: nobody may be left to call close.
                    self._remove = weakref.finalize(self, shutil.rmtree, around, True)
                    # What is read is reported under the name of where it lies.
                    self._folder = around / safe_path(self.source).name
                wanted = file = self._folder / safe_path(name)
                number = 1
                while file.exists():
                    number += 1
                    file = wanted.with_name(f"{wanted.stem} {number}{wanted.suffix}")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        except OSError as error:
            raise DatasetUnavailable(f"{name} could not be written to the disk ({error.strerror}).") from error
        return file

    @property
    def paths(self) -> list[Path]:
        if self._path is not None:
            return [self._path]
        if self._folder is None:
            return []
        top = sorted(self._folder.iterdir())
        # Where there are folders in it, it is a folder of classes; else each file is what was given.
        return [self._folder] if any(path.is_dir() for path in top) else top

    @property
    def tables(self) -> dict[str, Path]:
        """The CSV files among what was given, by the names that people know."""
        if self._folder is None:
            return {}
        return {str(file.relative_to(self._folder)): file for file in sorted(self._folder.rglob("*.csv"))}

    def close(self) -> None:
        """Remove the folder."""
        if self._folder is not None:
            self._remove()


class ImportTask(Background):
    """One import; nothing is kept of it but what its page saves.

    Attributes
    ----------
    given, options
        What to read, and how: as ``vaelab.import_images`` takes them by keyword.
    fraction, text
        How far it has come, 0 to 1, and what it is doing.
    report
        Once it has ended well; its ``data`` are the images.
    error
        Once it has failed, why, in one sentence; empty where a person stopped it.
    """

    def __init__(self, given: Given, options: Mapping[str, Any]) -> None:
        self.given, self.options = given, dict(options)
        self.fraction, self.text = 0.0, "Looking through the files …"
        self.report: ImportReport | None = None
        self.error: str | None = None
        super().__init__("import")

    def close(self) -> None:
        """Stop it if it runs, and remove what was given."""
        self.stop()
        self.given.close()

    def _progress(self, fraction: float, text: str) -> None:
        self.fraction, self.text = fraction, text

    def _run(self) -> None:
        from vaelab.importing import ImportStopped, import_images  # not before they are wanted

        # The table that says what the images are is not one of them.
        paths = [path for path in self.given.paths if path != self.options.get("labels")]
        try:
            self.report = import_images(
                *paths, save=False, progress=self._progress, should_stop=self._stop.is_set, **self.options
            )
        except ImportStopped:
            self.error = ""
        except (ValueError, DatasetUnavailable) as error:
            self.error = explain(error)
        except OSError as error:
            self.error = f"These files cannot be read: {error.strerror or error}."
        except Exception as error:  # a person is told, and the log has the rest
            logging.getLogger(__name__).exception("An import failed")
            self.error = f"These images could not be read ({type(error).__name__}): see the server's log."
