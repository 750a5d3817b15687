"""Normal images, anomalies to tell from them, and their scores: computed once for all reruns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages._ui import pictures, resources
from pages._ui.cached import per_run
from vaelab.config import Preprocessing
from vaelab.datasets import ImageDataset, source_of
from vaelab.evaluation.anomalies import Detector
from vaelab.evaluation.detection import Detection, detect
from vaelab.images import as_float
from vaelab.runs import Run

#: Images of another dataset at the most.
MOST_OTHERS = 10_000
#: With fewer test images of the left-out classes than this, all their images are taken.
MIN_LEFT_OUT = 100


class AnomalySource(NamedTuple):
    """Which images play the anomalies; small, so that it can be a key of caches."""

    kind: str  # "left_out", "other" or "corrupted"
    what: str = ""  # the other dataset, or the corruption
    strength: float = 0.0


class Group(NamedTuple):
    """Images, and a name for each."""

    images: NDArray[np.generic]
    names: list[str]


class Case(NamedTuple):
    """Two groups of images and their scores; images are counted through both, normal ones first."""

    run: Run
    source: AnomalySource
    score: str  # a key of vaelab.evaluation.anomalies.SCORES
    groups: tuple[Group, Group]
    scores: tuple[NDArray[np.float64], NDArray[np.float64]]
    normal: NDArray[np.float64]  # of normal images that are in neither group, to choose a threshold by

    @classmethod
    def of(cls, run: Run, source: AnomalySource, score: str) -> Case:
        """Load and score; both are cached."""
        groups = group_of(resources.images_of(run)), anomalies_of(run, source)
        scores = scores_of(run, None, score), scores_of(run, source, score)
        return cls(run, source, score, groups, scores, _normal_scores(run, score))

    @property
    def all_scores(self) -> NDArray[np.float64]:
        """Of both groups, ``(N + M,)``."""
        return np.concatenate(self.scores)

    @property
    def anomalous(self) -> NDArray[np.bool_]:
        """Which images are anomalous in truth, ``(N + M,)``."""
        return np.repeat([False, True], [len(part) for part in self.scores])

    def image(self, index: int) -> NDArray[np.float32]:
        """One image ``(C, H, W)``, in [0, 1]."""
        num_normal = len(self.scores[0])
        image = self.groups[0].images[index] if index < num_normal else self.groups[1].images[index - num_normal]
        return as_float(image)

    def name(self, index: int) -> str:
        """What to call an image."""
        return (self.groups[0].names + self.groups[1].names)[index]


def missing_classes(run: Run) -> tuple[str, ...]:
    """The classes that the run's dataset has and the run was not trained on."""
    classes = run.config.preprocessing.classes
    if classes is None:
        return ()
    return tuple(name for name in run.source().label_names if name not in classes)


@per_run(max_entries=8, spinner="Learning what to expect of normal images …")
def detector_of(run: Run) -> Detector:
    """The detector that has learned the run's normal images."""
    return Detector(run.engine, resources.images_of(run))


def group_of(data: ImageDataset, classes: tuple[str, ...] | None = None) -> Group:
    """The test images; of the classes given or, where those are few, all images of these classes."""
    chosen = data.indices("test")
    if classes is not None:
        assert data.labels is not None
        of_classes = np.isin(data.labels, [data.label_names.index(name) for name in classes])
        chosen = chosen[of_classes[chosen]]
        if len(chosen) < MIN_LEFT_OUT:
            chosen = np.flatnonzero(of_classes)
    return Group(data.images[chosen], [pictures.describe_image(data, int(i)) for i in chosen])


def anomalies_of(run: Run, source: AnomalySource) -> Group:
    """The images that play the anomalies, in the shape of the run's."""
    config, data = run.config, resources.images_of(run)
    if source.kind == "corrupted":
        return _damaged(data, source)
    if source.kind == "left_out":
        preprocessing = config.preprocessing.model_copy(update={"classes": None, "num_images": None})
        # The model has seen none of them, whichever split they are from.
        return group_of(resources.dataset(run.source(), preprocessing), missing_classes(run))
    channels, side, _ = data.image_shape
    preprocessing = Preprocessing.model_validate(
        {
            "size": side,
            "color": "gray" if channels == 1 else "rgb",
            "num_images": MOST_OTHERS,
            "binarize": config.preprocessing.binarize,
        }
    )
    return group_of(resources.dataset(source_of(source.what), preprocessing))


@per_run(max_entries=8)
def _damaged(data: ImageDataset, source: AnomalySource) -> Group:
    from vaelab.networks.corruptions import corrupt_images  # here, as it imports torch

    images, names = group_of(data)
    damaged = corrupt_images(images, source.what, source.strength)
    return Group(damaged, [f"{image}, damaged" for image in names])


@per_run(max_entries=64, spinner="Scoring the images …")
def scores_of(run: Run, source: AnomalySource | None, score: str) -> NDArray[np.float64]:
    """Scores of the anomalies or, for None, of the normal images."""
    group = group_of(resources.images_of(run)) if source is None else anomalies_of(run, source)
    return detector_of(run).score(score, group.images)


@per_run(max_entries=64, spinner="Scoring the images …")
def _normal_scores(run: Run, score: str) -> NDArray[np.float64]:
    detector = detector_of(run)
    return detector.score(score, detector.normal)


@per_run(max_entries=64, spinner="Drawing the curves …")
def detection_of(scores: tuple[NDArray[np.float64], NDArray[np.float64]]) -> Detection:
    """What scores of normal and of anomalous images can do at all thresholds."""
    return detect(*scores)
