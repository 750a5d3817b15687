"""Datasets that torchvision downloads, with its files used in place where they are already."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pooch
from numpy.typing import NDArray

from vaelab.datasets._brought import lay_out
from vaelab.datasets._download import Archive, download, is_reachable
from vaelab.datasets._vision_table import DATASETS, Vision
from vaelab.datasets.base import ImageDataset
from vaelab.datasets.source import DatasetUnavailable, Progress, Source
from vaelab.datasets.splits import SPLIT_SEED, Split

__all__ = ["SOURCES", "DatasetUnavailable", "is_brought"]

NUM_VALIDATION = 5000

#: A download that stands still gives up, so a temporary folder this old was left by a process that
#: was killed.
LEFTOVER_SECONDS = 3600.0

#: Two threads that want the same files download them once.
_LOCKS = {spec.name: threading.Lock() for spec in DATASETS}

_Images = NDArray[np.uint8]

_Labels = NDArray[np.int64]


def is_brought(name: str, root: Path) -> bool:
    """Tell whether all files of a dataset are in a folder, if not where torchvision would have them."""
    spec = next((spec for spec in DATASETS if spec.name == name), None)
    return spec is not None and len(spec.brought(root)) == len(spec.files)


def _load(spec: Vision, root: Path, progress: Progress | None = None) -> ImageDataset:
    with _LOCKS[spec.name]:
        parts = _read(spec, root) or _read_brought(spec, root)
        if parts is None:
            _download(spec, root, progress)
            parts = _read(spec, root)
    if parts is None:
        raise _damaged(spec, root)
    (train_images, train_labels), (test_images, test_labels) = parts
    num_train, num_test = len(train_images), len(test_images)
    order = np.random.default_rng(SPLIT_SEED).permutation(num_train)
    num_validation = min(NUM_VALIDATION, round(0.1 * num_train))
    return ImageDataset(
        name=spec.name,
        # EMNIST's images are transposed views, and their order would survive concatenation.
        images=np.ascontiguousarray(np.concatenate([train_images, test_images])),
        labels=np.concatenate([train_labels, test_labels]),
        label_names=spec.label_names,
        split=Split(
            train=np.sort(order[num_validation:]),
            validation=np.sort(order[:num_validation]),
            test=np.arange(num_train, num_train + num_test),
        ),
        source=spec.citation,
        licence=spec.licence,
        description=spec.description,
    )


def _torchvision_class(spec: Vision) -> Any:
    import torchvision.datasets  # imports torch: two seconds

    return getattr(torchvision.datasets, spec.class_name)


def _read(spec: Vision, root: Path) -> Sequence[tuple[_Images, _Labels]] | None:
    """Read the official training and test images, or return None where files are missing."""
    kind = _torchvision_class(spec)
    try:
        with warnings.catch_warnings():
            # CIFAR-10's pickles were written by a NumPy that called a flag 0 instead of False.
            warnings.simplefilter("ignore", np.exceptions.VisibleDeprecationWarning)
            parts = [kind(root, train=train, download=False, **spec.options) for train in (True, False)]
        return [_arrays(spec, part) for part in parts]
    except MemoryError:
        raise
    except Exception as error:  # whatever a parser does with nonsense
        # Torchvision raises RuntimeError both for files that are not there and for cut-off ones.
        if not spec.is_complete(root):
            return None
        if isinstance(error, OSError):
            raise DatasetUnavailable(
                f"The files of {spec.name} in {root / spec.folder} cannot be read "
                f"({error.strerror}): allow reading there, or name another folder in VAELAB_DATA."
            ) from error
        raise _damaged(spec, root) from error


def _read_brought(spec: Vision, root: Path) -> Sequence[tuple[_Images, _Labels]] | None:
    """Read files that torchvision would not find, from a copy as it wants them; None where they are not all there."""
    brought = spec.brought(root)
    if len(brought) < len(spec.files):
        return None
    where = next(iter(brought.values())).parent
    with tempfile.TemporaryDirectory() as folder:
        try:
            lay_out(brought, Path(folder, spec.folder, spec.files[0]).parent)
            return _read(spec, Path(folder))
        except (OSError, EOFError, DatasetUnavailable) as error:
            raise DatasetUnavailable(
                f"The files of {spec.name} in {where} are damaged: copy them here again, or delete them to have "
                "them downloaded."
            ) from error


def _arrays(spec: Vision, part: Any) -> tuple[_Images, _Labels]:
    images, labels = np.asarray(part.data), np.asarray(part.targets, np.int64)
    images = np.moveaxis(images, -1, 1) if images.ndim == 4 else images[:, None]
    if spec.name == "emnist_letters":
        # The files hold columns for rows, and count letters from 1.
        images, labels = images.swapaxes(2, 3), labels - 1
    if images.shape != (len(labels), *spec.image_shape):
        raise ValueError(f"{len(labels)} labels do not go with images {images.shape}.")
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= len(spec.label_names):
        raise ValueError(f"Labels must be 0 to {len(spec.label_names) - 1}.")
    return images.astype(np.uint8, copy=False), labels


def _archives(spec: Vision) -> list[Archive]:
    """What torchvision would download, below its root, with the hashes that it checks."""
    kind = _torchvision_class(spec)
    if spec.name == "cifar10":
        return [Archive(Path(kind.filename), kind.tgz_md5, (kind.url,))]
    raw = Path(spec.folder, "raw")
    if spec.name == "emnist_letters":
        return [Archive(raw / kind.url.rpartition("/")[2], kind.md5, (kind.url,))]
    return [Archive(raw / name, md5, tuple(mirror + name for mirror in kind.mirrors)) for name, md5 in kind.resources]


def _download(spec: Vision, root: Path, progress: Progress | None) -> None:
    """Download and unpack into a temporary folder, then move what is read into place."""
    archives = _archives(spec)
    if not is_reachable(archives[0]):
        raise _not_downloaded(spec, root, "no network?")
    try:
        root.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(spec, root)
        temporary = Path(tempfile.mkdtemp(prefix=_prefix(spec), dir=root))
        try:
            download(archives, temporary, spec.num_bytes, progress)
            _unpack(spec, temporary)
            _move_into_place(spec, temporary, root)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise _explain_failure(spec, root, error) from error
    if progress is not None:
        progress(1.0)


def _unpack(spec: Vision, folder: Path) -> None:
    """Have torchvision unpack the archives, which it finds where it would have put them."""
    if spec.name == "emnist_letters":
        from torchvision.datasets.utils import extract_archive

        # By itself it would unpack all six of EMNIST's splits: 2 GB, which takes a while.
        (archive,) = _archives(spec)
        members = [f"gzip/{Path(file).name}.gz" for file in spec.files]
        unzip = pooch.Unzip(members, extract_dir=".")
        for packed in unzip(str(folder / archive.path), "download", None):
            extract_archive(packed, str(folder / archive.path.parent))
    _torchvision_class(spec)(folder, train=True, download=True, **spec.options)


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    # Files may go while they are listed: os.walk does not mind, Path.rglob does.
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            with contextlib.suppress(FileNotFoundError):
                yield path, path.stat()


def _prefix(spec: Vision) -> str:
    return f".{spec.name}-download-"


def _remove_leftovers(spec: Vision, root: Path) -> None:
    for folder in root.glob(f"{_prefix(spec)}*"):
        with contextlib.suppress(FileNotFoundError):
            newest = max([folder.stat().st_mtime, *(stat.st_mtime for _, stat in _files(folder))])
            if time.time() - newest > LEFTOVER_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _move_into_place(spec: Vision, temporary: Path, root: Path) -> None:
    source, target = temporary / spec.folder, root / spec.folder
    # Archives take as much room again, or more.
    wanted = {source / file for file in spec.files}
    for path, _ in _files(source):
        if path not in wanted:
            path.unlink()
    if not target.exists():
        source.rename(target)
        return
    # Some of the files were there already, perhaps by another process: replace them one by one.
    for file in spec.files:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).replace(target / file)


def _not_downloaded(spec: Vision, root: Path, reason: str) -> DatasetUnavailable:
    from vaelab.datasets import SOURCES as ALL  # stands on this module

    there = {other.name for other in DATASETS if other is not spec and other.is_complete(root)}
    *names, last = [each.name for each in ALL.values() if each.offline or each.name in there]
    files = {Path(file).name for file in spec.files}
    lacking = sorted(files - set(spec.brought(root)))
    what = ", ".join(lacking) if len(lacking) < len(files) else f"the files {', '.join(sorted(files))}, packed or not,"
    return DatasetUnavailable(
        f"{spec.name} is not in {root} and could not be downloaded ({reason}): connect once, put {what} into "
        f"{(root / spec.folder / spec.files[0]).parent}, name another folder in VAELAB_DATA, or choose "
        f"{', '.join(names)} or {last}, which need no download."
    )


def _explain_failure(spec: Vision, root: Path, error: OSError) -> DatasetUnavailable:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DatasetUnavailable(
            f"{spec.name} could not be saved because the disk with {root} is full: make room, or "
            "name a folder on another disk in VAELAB_DATA."
        )
    if error.filename is not None:  # the network's errors name no file
        return DatasetUnavailable(
            f"{spec.name} could not be saved because {root} cannot be written: allow writing "
            "there, or name another folder in VAELAB_DATA."
        )
    return _not_downloaded(spec, root, "the connection broke off")


def _damaged(spec: Vision, root: Path) -> DatasetUnavailable:
    return DatasetUnavailable(
        f"The files of {spec.name} are damaged: delete the folder {root / spec.folder}, and they "
        "will be downloaded again."
    )


SOURCES = tuple(
    Source(
        name=spec.name,
        title=spec.title,
        description=spec.description,
        licence=spec.licence,
        image_shape=spec.image_shape,
        num_images=spec.num_images,
        offline=False,
        load=partial(_load, spec),
        label_names=spec.label_names,
        files=tuple(f"{spec.folder}/{file}" for file in spec.files),
        num_bytes=spec.num_bytes,
    )
    for spec in DATASETS
)
