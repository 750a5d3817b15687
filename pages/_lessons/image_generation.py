"""Use: making images to order."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._ui import resources

FIGURE = kit.LiveFigure("image_generation")
SLUG = "image_generation"
#: The label that is chosen at first.
WISH = 7


class ImageGenerationSpec(kit.Classes):
    """What the figure is given, models and arrays apart."""

    wish: int  # the label that is chosen at first


def draw() -> None:
    run, without = resources.example("digits-labels-2d"), resources.example("digits-2d")
    data = resources.images_of(run)
    places, unlabelled = (resources.make_known_map(each, "plane") for each in (run, without))
    assert data.labels is not None
    spec: ImageGenerationSpec = {"wish": WISH, **kit.classes(data)}
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "A code drawn from $\\mathcal N(0, I)$ is decoded to *some* digit. To ask for a seven, "
            "tell the model which digit it is: in a **conditional VAE** (CVAE), encoder and "
            "decoder are both given the label $y$ beside what they are given anyway."
        )
        kit.say("$$q(z\\,|\\,x, y), \\qquad p(x\\,|\\,z, y), \\qquad z \\sim \\mathcal N(0, I).$$")
        kit.say(
            "**Choose a label**: ten codes are drawn and decoded with it. **Move over the map** to "
            "choose the code yourself."
        )
        answered = kit.predict(
            SLUG,
            "One code is decoded with the label 7, and then the same code with the label 2. What "
            "do the two images have in common?",
            (
                "Nothing: another label is another image",
                "The manner: how the digit leans, and where it stands",
                "The pixels: a label is a caption and changes no image",
            ),
            1,
            "Training images come with their label, so $z$ need not say *which* digit it is, and "
            "is free to say what the label does not. Here $z_1$ is mostly how far a digit leans to "
            "the left, and $z_2$ how far to the left it stands. **Move over the map**: all ten "
            "follow.",
        )
    with stage:
        FIGURE.draw(
            {"cvae": run},
            {
                "labels": data.labels[places.indices].astype(np.uint8),
                "places": places.coordinates,
                "unlabelled": unlabelled.coordinates,
                "unlabelled_labels": data.labels[unlabelled.indices].astype(np.uint8),
            },
            spec,
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            kit.say(
                "**Look at the colours** of the map: digits lie all over each other, where the map"
                " of the VAE without labels had a region for each. The KL term sees to that: a"
                " number about $x$ costs nats, and what the label says already would be paid for"
                " twice. Nobody told the model what manner is; it is what was left to tell."
            )
            kit.say(
                "It is not quite the same for each digit, though: with the 4 and the 7, $z_1$ is"
                " not how they lean. Nothing in the loss asks that a code mean the same under every"
                " label; that it mostly does has to do with the layers, which all labels share."
            )
            kit.go_on("generation", "Make images to order, and judge how good they are", run)
        kit.sources("sohn2015", "kingma2014")
