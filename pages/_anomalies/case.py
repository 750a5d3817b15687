"""Normal images, anomalies to tell from them, and their scores: computed once for all reruns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages._ui import pictures, resources
from pages._ui.cached import per_run
from vaelab.evaluation.anomalies import Detector
from vaelab.evaluation.cases import AnomalySource, Pool, anomalous_pool, normal_pool
from vaelab.evaluation.detection import Detection, detect
from vaelab.images import as_float
from vaelab.runs import Run


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
        groups = normal_images(run), anomalies_of(run, source)
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


@per_run(max_entries=8, spinner="Learning what to expect of normal images …")
def detector_of(run: Run) -> Detector:
    """The detector that has learned the run's normal images."""
    return Detector(run.engine, resources.images_of(run))


def group_of(pool: Pool, note: str = "") -> Group:
    """Images, with a name for each, and what there is to note about all of them."""
    return Group(pool.images, [pictures.describe_image(pool.data, int(i)) + note for i in pool.indices])


def normal_images(run: Run) -> Group:
    """The images that are normal."""
    return group_of(normal_pool(resources.images_of(run)))


def anomalies_of(run: Run, source: AnomalySource) -> Group:
    """The images that play the anomalies, in the shape of the run's."""
    if source.kind == "corrupted":
        return _damaged(run, source)
    return group_of(anomalous_pool(run, resources.images_of(run), source, resources.dataset))


@per_run(max_entries=8)
def _damaged(run: Run, source: AnomalySource) -> Group:
    return group_of(anomalous_pool(run, resources.images_of(run), source), ", damaged")


@per_run(max_entries=64, spinner="Scoring the images …")
def scores_of(run: Run, source: AnomalySource | None, score: str) -> NDArray[np.float64]:
    """Scores of the anomalies or, for None, of the normal images."""
    group = normal_images(run) if source is None else anomalies_of(run, source)
    return detector_of(run).score(score, group.images)


@per_run(max_entries=64, spinner="Scoring the images …")
def _normal_scores(run: Run, score: str) -> NDArray[np.float64]:
    detector = detector_of(run)
    return detector.score(score, detector.normal)


@per_run(max_entries=64, spinner="Drawing the curves …")
def detection_of(scores: tuple[NDArray[np.float64], NDArray[np.float64]]) -> Detection:
    """What scores of normal and of anomalous images can do at all thresholds."""
    return detect(*scores)
