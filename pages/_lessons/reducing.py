"""Dimensionality reduction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources
from pages._ui.cached import per_run
from vaelab.datasets import ImageDataset

FIGURE = LiveFigure("reducing")
SLUG = "reducing"


def draw() -> None:
    run = resources.example("digits-ae-2d")
    data = resources.images_of(run)
    places = resources.made(run, "plane")
    mean, components = principal_components(data)
    centred = data.images[places.indices].reshape(len(places.indices), -1) / 255 - mean
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "The classic way to turn 64 numbers into two is **principal component analysis** (PCA): among all planes "
            "in the space of images, take the one that the images lie nearest to, by squared distance. With the mean "
            "image $\\bar x$ and two directions $w_1, w_2$ of length 1 at right angles,"
        )
        kit.say(
            r"$$\begin{aligned} \hat x &= \bar x + z_1 w_1 + z_2 w_2, \\ z_j &= w_j \cdot (x - \bar x). \end{aligned}$$"
        )
        kit.say(
            "This is an encoder and a decoder as well, but both are linear: the plane is flat. A network’s decoder may "
            "bend its plane to follow the images. **Move over either map** to decode any two numbers, and choose "
            "images above the maps."
        )
        answered = kit.predict(
            SLUG,
            "Each model keeps two numbers of an image and draws it again from these. On how many of the held-out "
            "images does the autoencoder come nearer than PCA?",
            (
                "On about half: two numbers are two numbers",
                "On most, but not on all",
                "On every one: it has far more weights",
            ),
            1,
            "What two numbers can say depends on who reads them, and a decoder with layers can draw ten kinds of "
            "digit. But it was fitted to other images: look at the mean error for **Training images**, which is far "
            "smaller, and at the images on which PCA wins.",
        )
    with stage:
        FIGURE.draw(
            {"ae": run},
            {
                **kit.labelled(data, places.indices),
                "held_out": np.isin(places.indices, data.split.test).astype(np.uint8),
                "training": np.isin(places.indices, data.split.train).astype(np.uint8),
                "ae": places.coordinates,
                "pca": (centred @ components.T).astype(np.float32),
                "mean": mean.astype(np.float32),
                "components": components.astype(np.float32),
            },
            kit.classes(data),
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            kit.say(
                "**The two are relatives.** Take all activation functions out of an autoencoder and train it on the "
                "squared error: the best it can do is exactly PCA’s plane. So the bend is all that a deep autoencoder "
                "adds. (The one above was trained on the cross-entropy, and not even on the squared error by which it "
                "is judged here.) What it costs: training instead of one formula, a different map from every training, "
                "and distances that no longer mean the same everywhere. PCA’s axes are in order, at right angles, and "
                "but for their signs the same every time."
            )
            kit.say(
                "**A map whose way back has to be added.** UMAP lays out points so that neighbours in the space of "
                "images stay neighbours. It often shows groups more clearly than either map here, but lays them out "
                "without a decoder. The umap-learn library can estimate one afterwards, from the images near a place "
                "(`inverse_transform`), or train a network along with the map (parametric UMAP). The page "
                "**Dimensionality reduction** compares them all."
            )
            kit.go_on("reduction", "Compare five maps of the same images", run)
        kit.sources("baldi1989", "hinton2006", "mcinnes2018", "sainburg2021")


@per_run(max_entries=4)
def principal_components(data: ImageDataset) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean training image and the two directions in which training images differ most."""
    images = data.images[data.split.train].reshape(len(data.split.train), -1) / 255
    mean = images.mean(0)
    components = np.linalg.svd(images - mean, full_matrices=False)[2][:2]
    # Which way a direction points is arbitrary: here, to where its largest entry is positive.
    largest = np.abs(components).argmax(1)
    return mean, components * np.sign(components[[0, 1], largest])[:, None]
