"""The code as a map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources

FIGURE = LiveFigure("code_map")
SLUG = "code_map"

#: Digits that the line leads from and to before the reader chooses: one to each side of the map.
ENDS = (0, 1)


class CodeMapSpec(kit.Classes):
    """What the figure is given, models and arrays apart."""

    ends: list[int]  # images that the line leads from and to at first


def draw() -> None:
    run = resources.example("mnist-ae-2d")
    data = resources.images_of(run)
    places = kit.thinned(resources.made(run, "plane"))
    assert data.labels is not None
    labels = data.labels[places.indices]
    ends = [_typical(places.codes, labels == digit) for digit in ENDS]
    spec: CodeMapSpec = {"ends": ends, **kit.classes(data)}
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "All the codes there could be make up **latent space** (*latent*: not seen in the image, but behind it). "
            "With codes of two numbers, latent space is a plane and can be drawn: each point is an image of 28 × "
            "28 pixels, placed at its code."
        )
        kit.say(
            "Every place on this map is a code, so **every place can be decoded**, those between the points as well. "
            "**Move over the map**, and compare what is decoded with the nearest image."
        )
        answered = kit.predict(
            SLUG,
            "In training, nobody told the network which digit an image shows. Do images of the same digit lie "
            "together?",
            (
                "No: without labels, the ten digits are all mixed up",
                "Mostly: each digit has a region or several, which touch and overlap",
                "Yes: ten separate islands, one for each digit",
            ),
            1,
            "Now the points are coloured. Codes that lie close together decode to images that look alike, so the error "
            "is small where images that look alike have such codes; and images of one digit mostly look alike. So do "
            "4s and 9s: no two digits are more mixed up on this map.",
        )
    with stage:
        FIGURE.draw(
            {"ae": run},
            {
                "images": kit.channels_last(data.images[places.indices]),
                "labels": labels.astype(np.uint8),
                "places": places.coordinates,
            },
            spec,
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            figures = run.evaluation() or {}
            kit.say(
                "**How good a map of the digits is it?** Give each image that was held out of training the digit that "
                "most of the ten nearest training images on the map have. This **$k$-nearest-neighbour accuracy** is "
                f"{figures['knn_accuracy']:.0%} on {figures['num_images']} test images; guessing would reach 10%. "
                f"Labels "
                "were used to judge the map, never to make it. This is what makes an autoencoder a means of "
                "**dimensionality reduction**: 784 numbers become two that still tell much of what matters."
            )
            kit.say(
                "**A line on the map** is a row of codes. Mixed pixel by pixel, two images appear both at once, like a "
                "double exposure. Decoded along the line, A turns into B by way of whatever lies between them on the "
                "map, often other digits. Choose A and B in one region, then in two that are far apart."
            )
            kit.go_on("interpolate", "Walk between any two images, with any model", run)
        kit.sources("hinton2006")


def _typical(codes: NDArray[np.float32], members: NDArray[np.bool_]) -> int:
    """Which of a class's images has the code nearest to their mean."""
    distances = np.linalg.norm(codes - codes[members].mean(0), axis=1)
    return int(np.where(members, distances, np.inf).argmin())
