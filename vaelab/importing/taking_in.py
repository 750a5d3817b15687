"""The import itself: find, decode, put together, split, keep."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from vaelab.config import OWN, SIDES
from vaelab.datasets import NOT_STATED, DatasetUnavailable, ImageDataset
from vaelab.datasets.base import MIN_IMAGES
from vaelab.datasets.own import own_source, save_own
from vaelab.datasets.splits import seeded_split
from vaelab.files import check_name, expanded
from vaelab.importing.assembling import Collected, Color, parse_background
from vaelab.importing.copies import copies_of, grouped
from vaelab.importing.decoding import Block, block_of_arrays, sizes_of
from vaelab.importing.encoded import Encoded
from vaelab.importing.finding import find
from vaelab.importing.fitting import FitName, Target
from vaelab.importing.intake import MAX_CLASSES, Intake, class_order, printable
from vaelab.importing.limits import check_total
from vaelab.importing.pool import Pool
from vaelab.importing.report import ImportReport, ImportStopped, Skipped

__all__ = ["import_images"]

#: Called with the fraction that is done, 0 to 1, and what is being done.
Progress = Callable[[float, str], None]

#: From which the size is chosen: those of the built-in datasets.
SIZES = (8, 16, 28, 32, 64)
#: How many images are looked at to guess which size they will have.
LOOKED_AT = 64
#: Seconds between two reports of progress.
REPORT_SECONDS = 0.1


def import_images(
    *paths: str | Path,
    name: str,
    size: int | None = None,
    fit: FitName = "crop",
    color: Color | None = None,
    labels: str | Path | None = None,
    group: str | None = None,
    background: str | tuple[int, int, int] | None = None,
    title: str = "",
    replace: bool = False,
    folder: str | Path | None = None,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    save: bool = True,
) -> ImportReport:
    """Take in images as a dataset of one's own.

    Parameters
    ----------
    *paths
        A folder (whose subfolders are classes), image files, a zip or tar archive; npz, npy or idx files; a CSV of
        pixels or of file names; parquet files.
    name
        What to call the dataset: 1 to 60 letters, digits, spaces, - and _.
    size
        Final height and width in pixels, 8 to 128; by default the largest of 8, 16, 28, 32 and 64 that more than half
        of the images have in both directions.
    fit
        What to do with images that are not square: ``crop`` to the middle, ``pad``, or ``stretch``.
    color
        ``gray`` or ``rgb``; by default gray where all images are.
    labels
        A CSV with a row for each image file, from whose columns classes and known factors are taken.
    group
        A column of the table: images with the same value (a patient, a writer) stay on one side of the split.
    background
        What shows through transparent parts: a name or ``#rrggbb``; by default the colour that most of the border
        shows, or white.
    title
        The title shown to people; the name by default.
    replace
        Whether a dataset of this name may be replaced.
    folder
        The data folder; ``data_folder()`` by default.
    progress
        Called in this thread with the fraction that is done, 0 to 1, and what is being done.
    should_stop
        Asked several times a second.
    save
        Whether to keep the dataset; otherwise it is in the report alone.

    Returns
    -------
    ImportReport
        What was taken, what was not, and what was done.

    Raises
    ------
    ValueError
        In one sentence, if nothing can be taken, or a setting is wrong.
    ImportStopped
        When ``should_stop`` says so; nothing is kept.
    DatasetUnavailable
        If the data folder cannot be written.

    Examples
    --------
    >>> report = import_images("leaves.zip", name="leaves")  # doctest: +SKIP
    >>> report.num_images, report.image_shape, report.label_names  # doctest: +SKIP
    (312, (3, 64, 64), ('beech', 'oak'))
    """
    started = time.perf_counter()
    ground = parse_background(background)
    _check_settings(name, size, fit, color, save and not replace, folder)
    stop = should_stop or (lambda: False)
    with Pool(stop) as pool:
        taking = _Taking(pool, stop, progress or (lambda fraction, text: None))
        taking.report(0, "Looking for images", at_once=True)
        intake = find(paths, labels, group, stop, pool.start)
        collected = taking.decode_all(intake, size, fit, color)
    taking.report(0.95, "Putting them together", at_once=True)
    if len(collected.numbers) < MIN_IMAGES:
        raise ValueError(_too_few(len(collected.numbers), intake.skipped))
    data, duplicates = _dataset(intake, collected, name, color, ground, _described(paths))
    if stop():
        raise ImportStopped("Stopped; nothing was kept.")
    if save:
        save_own(data, name, title=title, replace=replace, folder=folder)
    taking.report(1, "Done", at_once=True)
    return ImportReport(
        name=name,
        num_images=len(data),
        image_shape=data.image_shape,
        label_names=data.label_names,
        duplicates=duplicates,
        skipped=tuple(Skipped(printable(file), printable(why)) for file, why in intake.skipped),
        steps=data.steps,
        seconds=time.perf_counter() - started,
        data=data,
    )


def _check_settings(
    name: str, size: int | None, fit: str, color: str | None, new: bool, folder: str | Path | None
) -> None:
    check_name(name)
    if size is not None and not SIDES[0] <= size <= SIDES[1]:
        raise ValueError(f"Images have {SIDES[0]} to {SIDES[1]} pixels a side, but the size given is {size}.")
    if fit not in {"crop", "pad", "stretch"}:
        raise ValueError(f"Images can be fitted by crop, pad or stretch, but not by {fit!r}.")
    if color not in {None, "gray", "rgb"}:
        raise ValueError(f"Colours can be gray or rgb, but not {color!r}.")
    if new:
        # Said before anything is decoded; save_own looks again.
        with suppress(DatasetUnavailable):
            own_source(name, folder)
            raise ValueError(
                f"There is already a dataset called {name!r}: choose another name, or replace it (--replace, in Python "
                "replace=True)."
            )


class _Taking:
    """An import under way."""

    def __init__(self, pool: Pool, should_stop: Callable[[], bool], progress: Progress) -> None:
        self.pool, self.should_stop, self.progress = pool, should_stop, progress
        self._reported = 0.0

    def report(self, fraction: float, text: str, at_once: bool = False) -> None:
        """Tell how far it has come, not more often than anyone can see."""
        if self.should_stop():
            raise ImportStopped("Stopped; nothing was kept.")
        if at_once or time.monotonic() - self._reported > REPORT_SECONDS:
            self._reported = time.monotonic()
            self.progress(fraction, text)

    def decode_all(self, intake: Intake, size: int | None, fit: FitName, color: Color | None) -> Collected:
        """Decode all images, and once more where their size turns out to be another than the first few had it."""
        guess = size or _usual_size(Counter(intake.sizes) or self._look(intake))
        while True:
            skipped = list(intake.skipped)
            collected = self._decode(intake, Target(guess, fit), skipped, color)
            right = size or _usual_size(collected.sizes)
            if right == guess:
                intake.skipped = skipped
                return collected
            guess = right

    def _look(self, intake: Intake) -> Counter[tuple[int, int]]:
        assert intake.encoded is not None
        # The first of an archive, which has to be read to get further; of a folder, some from all over it.
        step = max(1, len(intake.names) // LOOKED_AT)
        contents: list[Encoded] = []
        for number, content in intake.encoded():
            if isinstance(content, bytes) or (isinstance(content, str) and number % step == 0):
                contents.append(content)
            if len(contents) >= (LOOKED_AT // 4 if isinstance(content, bytes) else LOOKED_AT):
                break
        return Counter(sizes_of(contents))

    def _decode(self, intake: Intake, target: Target, skipped: list[Skipped], color: Color | None) -> Collected:
        total = len(intake.names)
        check_total(total, target.size, 3 if color == "rgb" else 1)
        collected, done = Collected(target), 0
        for numbers, block in self._blocks(intake, target, skipped):
            collected.add(numbers, block)
            skipped += [Skipped(intake.names[numbers[index]], why) for index, why in block.skipped]
            done += len(block.kept)
            self.report(0.95 * min(1, done / total), f"Reading {done:,} of {total:,} images")
        return collected

    def _blocks(self, intake: Intake, target: Target, skipped: list[Skipped]) -> Iterator[tuple[list[int], Block]]:
        if intake.arrays is not None:
            start = 0
            for images in intake.arrays():
                yield list(range(start, start + len(images))), block_of_arrays(images, target)
                start += len(images)
            return
        encoded = intake.encoded
        assert encoded is not None

        def contents() -> Iterator[tuple[int, Encoded]]:
            for number, content in encoded():
                if isinstance(content, Skipped):
                    skipped.append(content)
                else:
                    yield number, content

        yield from self.pool.decode(contents(), target, len(intake.names))


def _usual_size(sizes: Counter[tuple[int, int]]) -> int:
    """The largest size that more than half of the images have in both directions."""
    total = sizes.total()
    for size in reversed(SIZES):
        if 2 * sum(count for sides, count in sizes.items() if min(sides) >= size) > total:
            return size
    return SIZES[0]


def _dataset(
    intake: Intake,
    collected: Collected,
    name: str,
    color: Color | None,
    background: tuple[int, int, int] | None,
    source: str,
) -> tuple[ImageDataset, int]:
    images, numbers, done = collected.finish(color, background)
    known, kept = intake.known, numbers.tolist()
    copies = copies_of(images)
    duplicates = int((copies != np.arange(len(copies))).sum())
    steps = [f"Read {len(images):,} images from {source}.", *known.notes, *done]
    if duplicates:
        steps.append(f"{duplicates:,} are exact copies of another image; copies stay on one side of the split.")
    if len(set(copies.tolist())) < 3:
        raise ValueError(
            f"Among these {len(images):,} images, no three are different, so there is nothing to learn from them."
        )
    groups = grouped(copies, None if known.groups is None else [known.groups[i] for i in kept])
    labels = None if known.labels is None else [printable(known.labels[i]) for i in kept]
    label_names = () if labels is None else class_order(labels, known.label_names)
    if len(label_names) > MAX_CLASSES:
        steps.append(f"Left out the {len(label_names):,} classes: there can be at most {MAX_CLASSES:,}.")
        labels, label_names = None, ()
    number_of = {label: number for number, label in enumerate(label_names)}
    factors = np.array([[values[i] for i in kept] for values in known.factors.values()], np.float32)
    data = ImageDataset(
        name=OWN + name,
        images=images,
        labels=None if labels is None else np.array([number_of[label] for label in labels], np.int64),
        label_names=label_names,
        split=seeded_split(len(images), groups=groups),
        source=f"Imported from {source}.",
        licence=NOT_STATED,
        description=f"{len(images):,} images" + (f" in {len(label_names):,} classes." if len(label_names) > 1 else "."),
        factors=factors.T.copy() if known.factors else None,
        factor_names=tuple(known.factors),
        steps=tuple(steps),
        image_names=tuple(printable(intake.names[i]) for i in kept),
    )
    return data, duplicates


def _described(paths: tuple[str | Path, ...]) -> str:
    names = [expanded(path).resolve().name for path in paths]
    return ", ".join(names) if len(names) < 4 else f"{', '.join(names[:2])} and {len(names) - 2} more"


def _too_few(count: int, skipped: list[Skipped]) -> str:
    text = f"There {'is 1 image' if count == 1 else f'are {count} images'}, and at least {MIN_IMAGES} are needed."
    if not count and skipped:
        return f"No image could be taken. {skipped[0].file}: {skipped[0].why}"
    return f"{text} {len(skipped):,} files could not be taken: {skipped[0].file}: {skipped[0].why}" if skipped else text
