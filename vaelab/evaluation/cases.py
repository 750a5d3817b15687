"""What a model takes for normal, and what plays the anomalies: left-out classes, damaged or other images, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vaelab.config import Preprocessing
from vaelab.datasets import ImageDataset, Source, load_dataset, source_of
from vaelab.evaluation.anomalies import Detector, oddness
from vaelab.evaluation.detection import Detection, detect

if TYPE_CHECKING:
    from vaelab.runs import Run

__all__ = [
    "EITHER",
    "MOST_RANKED",
    "AnomalySource",
    "Pool",
    "anomalous_pool",
    "detect_anomalies",
    "missing_classes",
    "normal_pool",
    "rank",
]

#: Images of another dataset at the most.
MOST_OTHERS = 10_000
#: With fewer test images of the left-out classes than this, all their images are taken.
MIN_LEFT_OUT = 100

#: With more images than this, only so many are ranked, drawn with a fixed seed.
MOST_RANKED = 10_000
#: The score of which nobody has to know which kind of odd to look for.
EITHER = "either"

Load = Callable[[Source, Preprocessing], ImageDataset]


class AnomalySource(NamedTuple):
    """Which images play the anomalies; small, so that it can be a key of caches.

    Attributes
    ----------
    kind
        ``"left_out"``, ``"other"`` or ``"corrupted"``.
    what
        The other dataset, or the corruption.
    strength
        Of the corruption.
    """

    kind: str
    what: str = ""
    strength: float = 0.0


class Pool(NamedTuple):
    """Images, and which of a dataset they are.

    Attributes
    ----------
    images
        ``(N, C, H, W)``; of damaged ones, as they are then.
    data, indices
        The dataset, and int64 ``(N,)``.
    """

    images: NDArray[Any]
    data: ImageDataset
    indices: NDArray[np.int64]


def missing_classes(run: Run) -> tuple[str, ...]:
    """Name the classes that the run's dataset has and the run was not trained on.

    Parameters
    ----------
    run
        A run.

    Returns
    -------
    tuple of str
        Their names; none where it was trained on all.
    """
    classes = run.config.preprocessing.classes
    if classes is None:
        return ()
    return tuple(name for name in run.source().label_names if name not in classes)


def normal_pool(data: ImageDataset, classes: tuple[str, ...] | None = None) -> Pool:
    """Take the test images.

    Parameters
    ----------
    data
        The images.
    classes
        Those of these classes alone or, where there are few, all images of these classes.

    Returns
    -------
    Pool
        In the dataset's order.
    """
    chosen = data.indices("test")
    if classes is not None:
        assert data.labels is not None
        of_classes = np.isin(data.labels, [data.label_names.index(name) for name in classes])
        chosen = chosen[of_classes[chosen]]
        if len(chosen) < MIN_LEFT_OUT:
            chosen = np.flatnonzero(of_classes)
    return Pool(data.images[chosen], data, chosen)


def anomalous_pool(run: Run, data: ImageDataset, source: AnomalySource, load: Load | None = None) -> Pool:
    """Take the images that play the anomalies, in the shape of the run's.

    Parameters
    ----------
    run
        A trained run.
    data
        Its images.
    source
        Which.
    load
        Loads a source's images; by default without keeping them.

    Returns
    -------
    Pool
        The images.

    Raises
    ------
    ValueError
        If there is no such kind, or no class was left out.
    DatasetUnavailable
        If the other images are not here.
    """
    load = load or (lambda other, preprocessing: load_dataset(other.name, preprocessing))
    if source.kind == "corrupted":
        from vaelab.networks.corruptions import corrupt_images  # here, as it imports torch

        pool = normal_pool(data)
        return pool._replace(images=corrupt_images(pool.images, source.what, source.strength))
    if source.kind == "left_out":
        left_out = missing_classes(run)
        if not left_out:
            raise ValueError(f"{run.title} was trained on all classes: take corrupted or other images.")
        preprocessing = run.config.preprocessing.model_copy(update={"classes": None, "num_images": None})
        # The model has seen none of them, whichever split they are from.
        return normal_pool(load(run.source(), preprocessing), left_out)
    if source.kind != "other":
        raise ValueError(f"No anomalies are called {source.kind}: take left_out, corrupted or other.")
    channels, side, _ = data.image_shape
    preprocessing = Preprocessing.model_validate(
        {
            "size": side,
            "color": "gray" if channels == 1 else "rgb",
            "num_images": MOST_OTHERS,
            "binarize": run.config.preprocessing.binarize,
        }
    )
    return normal_pool(load(source_of(source.what), preprocessing))


def detect_anomalies(run: Run, data: ImageDataset, source: AnomalySource, score: str = "calibrated") -> Detection:
    """Tell anomalies from normal images by how strange the model finds them.

    Parameters
    ----------
    run
        A trained run.
    data
        Its images, of which the test images are normal.
    source
        Which images play the anomalies.
    score
        A key of ``vaelab.evaluation.anomalies.SCORES``.

    Returns
    -------
    Detection
        What the score can do at every threshold.

    Raises
    ------
    ValueError
        As ``anomalous_pool`` and ``Detector.score`` raise it.
    """
    detector = Detector(run.engine, data)
    pools = normal_pool(data), anomalous_pool(run, data, source)
    return detect(*(detector.score(score, pool.images) for pool in pools))


def rank(detector: Detector, data: ImageDataset, score: str = EITHER) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rank a model's own images by how strange it finds them.

    Parameters
    ----------
    detector
        That has learned them.
    data
        The images; of more than 10,000, so many are drawn.
    score
        A key of ``vaelab.evaluation.anomalies.SCORES``; or ``EITHER``, ``oddness`` by reconstruction and by distance.

    Returns
    -------
    indices, scores
        int64 and float64 ``(N,)``, the oddest first.
    """
    indices = np.sort(np.random.default_rng(0).permutation(len(data))[:MOST_RANKED])
    images = data.images[indices]
    if score == EITHER:
        scores = oddness(detector.score("reconstruction", images), detector.score("latent", images))
    else:
        scores = detector.score(score, images)
    order = np.argsort(-scores, kind="stable")
    return indices[order], scores[order]
