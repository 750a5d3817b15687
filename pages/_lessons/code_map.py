"""The code as a map."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._ui import resources

FIGURE = kit.LiveFigure("code_map")
SLUG = "code_map"

#: Digits that the line leads from and to before the reader chooses: one to each side of the map.
ENDS = (7, 6)


class CodeMapSpec(kit.Classes):
    """What the figure is given, models and arrays apart."""

    ends: list[int]  # images that the line leads from and to at first


def draw() -> None:
    run = resources.example("digits-ae-2d")
    data = resources.images_of(run)
    places = resources.make_known_map(run, "plane")
    assert data.labels is not None
    labels = data.labels[places.indices]
    held_out = np.isin(places.indices, data.split.test)
    ends = [int(np.flatnonzero(held_out & (labels == digit))[0]) for digit in ENDS]
    spec: CodeMapSpec = {"ends": ends, **kit.classes(data)}
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "All codes that there could be are called **latent space** (*latent*: not seen in the "
            "image, but behind it). With codes of two numbers, latent space is a plane, and can be "
            "drawn: each grey point is an image, placed where its code is."
        )
        kit.say(
            "Every place of this map is a code, so **every place can be decoded**, those between "
            "the points too. **Move over the map** and compare what is decoded with the nearest "
            "image."
        )
        answered = kit.predict(
            SLUG,
            "In training, nobody told the network which digit an image shows. Do images of the "
            "same digit lie together?",
            (
                "No: without labels, the ten digits lie all mixed up",
                "Mostly: each digit in a region or a few, which touch and here and there overlap",
                "Yes: ten separate islands, one for each digit",
            ),
            1,
            "Now the points are coloured. Codes close to each other decode to images that look "
            "alike, so the error is small where images that look alike are given such codes; and "
            "images of one digit mostly look alike. 3, 5, 8 and 9 are alike too, and crowd in the "
            "middle; the 1, which is written in more than one way, has more than one place.",
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
                "**How good is it as a map of digits?** Give each image that was held out of"
                " training the digit that most of its ten nearest neighbours on the map have: this"
                f" **$k$-nearest-neighbour accuracy** is {figures['knn_accuracy']:.0%} on"
                f" {figures['num_images']} test images. Labels were used to judge the map, never to"
                " make it. That is the use of an autoencoder as a means of **dimensionality"
                " reduction**: 64 numbers become two that still tell most of what matters."
            )
            kit.say(
                "**A line on the map** is a row of codes. Mixed pixel by pixel, two images give"
                " both at once, like a photograph exposed twice. Decoded along the line, A turns"
                " into B by way of what lies between them on the map: often other digits. Choose A"
                " and B in one region, then in two that are far apart."
            )
            kit.go_on("interpolate", "Walk between any two images, on any model", run)
        kit.sources("hinton2006")
