"""A run in a zip, out and in: plain JSON and safetensors, of which nothing is ever unpickled."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from vaelab.files import expanded, file_to_write, write_whole
from vaelab.importing.places.archives import Zip
from vaelab.installed import EXAMPLES
from vaelab.runs import ACTIVE, Run, RunError, Status, runs_folder
from vaelab.runs.folder import cannot_write

__all__ = ["MAX_RUN_BYTES", "open_zip", "to_zip", "zipped"]

#: What may lie in a run's folder and mean something elsewhere.
_FILES = re.compile(
    r"(config|data|status|evaluation|dimensions)\.json|metrics\.jsonl|title\.txt|labels\.safetensors"
    r"|(checkpoints|projections|studies)/[\w.-]+\.safetensors"
)
#: Bytes of a run, unpacked: a hundred times those that come with vaelab.
MAX_RUN_BYTES = 2**32
#: Of a folder's name.
MOST_LETTERS = 80
#: Read and written at a time.
_PIECE = 2**20


def zipped(run: Run) -> bytes:
    """Put a run into a zip.

    Parameters
    ----------
    run
        A trained run.

    Returns
    -------
    bytes
        The zip: a folder of the run's name, with all that means something elsewhere.

    Raises
    ------
    RunError
        If the run has no model yet.
    """
    if not run.has_model:
        raise RunError(f"{run.title} has no trained model yet: its first epoch has to end.")
    content = BytesIO()
    # Weights hardly pack: so that it is quick, nothing is.
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(run.path.rglob("*")):
            name = path.relative_to(run.path).as_posix()
            if path.is_file() and _FILES.fullmatch(name):
                archive.write(path, f"{run.name}/{name}")
    return content.getvalue()


def to_zip(run: Run, path: str | Path) -> Path:
    """Write a run into a zip.

    Parameters
    ----------
    run
        A trained run.
    path
        The file. What there is at it is replaced.

    Returns
    -------
    Path
        Where it is now.

    Raises
    ------
    RunError
        If the run has no model yet.
    ValueError
        If that is a folder, or in none.
    """
    file = file_to_write(path, "run.zip")
    write_whole(file, zipped(run), durable=False)
    return file


def open_zip(path: str | Path, folder: Path | None = None) -> Run:
    """Take in a run from a zip.

    Parameters
    ----------
    path
        The zip, as ``to_zip`` writes it; also packed by something else, with or without a folder around the files.
    folder
        Where it is to be kept; ``runs_folder()`` by default.

    Returns
    -------
    Run
        In a new folder, under the name that it had or, where there is one of that, under another.

    Raises
    ------
    ValueError
        If it is no zip, has none or several runs in it, or files that lead out of it, are links or encrypted, or that
        come to more than ``MAX_RUN_BYTES``.
    RunError
        If the run is damaged or has no model, or the folder cannot be written.
    """
    archive = Zip(expanded(path).absolute())
    names = _files_in(archive)
    home = folder or runs_folder()
    try:
        home.mkdir(parents=True, exist_ok=True)
        outer = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=home))
    except OSError as error:
        raise cannot_write(home, error) from error
    beside = outer / "run"  # a folder deeper than where runs are looked for
    try:
        beside.mkdir()
        _unpack(archive, names, beside)
        run = Run.open(beside)
        problem = run.problem()
        if problem is not None or not run.has_model:
            raise RunError(f"{archive.path.name} holds no run to look at: {problem or 'nothing was trained yet.'}")
        _end(run)
        called = names["config.json"].split("/")[-2:-1] or [archive.path.stem]
        return Run.open(_into_place(beside, home, called[0]))
    except OSError as error:
        raise cannot_write(home, error) from error
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def _files_in(archive: Zip) -> dict[str, str]:
    """The run's files by their names in its folder, and what they are called in the archive."""
    listing = archive.listing()
    for skipped in listing.skipped:
        raise ValueError(f"{archive.path.name} is not taken: {skipped.file}: {skipped.why}")
    configs = [name for name in listing.names if name.rpartition("/")[2] == "config.json"]
    if len(configs) != 1:
        holds = "holds no run: it has no config.json" if not configs else f"holds {len(configs)} runs: give one a time"
        raise ValueError(f"{archive.path.name} {holds}.")
    inside = configs[0].removesuffix("config.json")
    files = {name.removeprefix(inside): name for name in listing.names if name.startswith(inside)}
    return {name: member for name, member in files.items() if _FILES.fullmatch(name)}


def _unpack(archive: Zip, names: Mapping[str, str], folder: Path) -> None:
    left = MAX_RUN_BYTES
    for name, member in names.items():
        (folder / name).parent.mkdir(exist_ok=True)
        with (folder / name).open("wb") as file:
            for piece in _pieces(archive, member):
                left -= len(piece)
                if left < 0:
                    raise ValueError(f"{archive.path.name} is not taken: a run has at most {MAX_RUN_BYTES >> 30} GB.")
                file.write(piece)


def _pieces(archive: Zip, member: str) -> Iterator[bytes]:
    """What a file in the archive unpacks to; what is wrong with it is said of the archive, not of our disk."""
    try:
        with archive.open(member) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise ValueError(f"{archive.path.name} is damaged or cut off at {member}.") from error
    except (ValueError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{archive.path.name} is not taken: {member}: {error}") from error


def _end(run: Run) -> None:
    """What was in training elsewhere is not in training here."""
    status = run.status
    if status.state in ACTIVE or status.before is not None:
        ended = Status(state="stopped", progress=status.progress, seconds=status.seconds)
        run.write_text("status.json", ended.model_dump_json())


def _into_place(beside: Path, home: Path, name: str) -> Path:
    """Give a folder a name that no other has."""
    name = re.sub(r"[^\w.-]+", "-", name)[:MOST_LETTERS].strip(".-") or "run"
    number = 1
    while True:
        place = home / (name if number == 1 else f"{name}-{number}")
        number += 1
        if place.exists() or (EXAMPLES / place.name).exists():  # which one of its name would hide
            continue
        try:
            return beside.rename(place)
        except OSError:  # another took it in that moment
            if not place.exists():
                raise
