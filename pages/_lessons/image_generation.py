"""Generation by label."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources

FIGURE = LiveFigure("image_generation")
SLUG = "image_generation"
#: The label that is chosen at first.
WISH = 7


class ImageGenerationSpec(kit.Classes):
    """What the figure is given, models and arrays apart."""

    wish: int  # the label that is chosen at first


def draw() -> None:
    run, without = resources.example("mnist-labels-2d"), resources.example("mnist-2d")
    data = resources.images_of(run)
    places, unlabelled = (kit.thinned(resources.made(each, "plane")) for each in (run, without))
    assert data.labels is not None
    spec: ImageGenerationSpec = {"wish": WISH, **kit.classes(data)}
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "A code drawn from $\\mathcal N(0, I)$ is decoded to *some* digit. To ask for a seven, tell the model "
            "which digit it is: in a **conditional VAE** (CVAE), encoder and decoder are given the label $y$ along "
            "with everything else."
        )
        kit.say("$$q(z\\,|\\,x, y), \\qquad p(x\\,|\\,z, y), \\qquad z \\sim \\mathcal N(0, I).$$")
        kit.say(
            "**Choose a label**: ten codes are drawn and decoded with it. **Move over the map** to choose the code "
            "yourself."
        )
        answered = kit.predict(
            SLUG,
            "One code is decoded with the label 7, and then the same code with the label 2. What do the two images "
            "have in common?",
            (
                "Nothing: another label is another image",
                "The style: how the digit leans, and how much ink it has",
                "Every pixel: a label is only a caption",
            ),
            1,
            "Training images come with their label, so $z$ need not say *which* digit it is, and is free to say what "
            "the label does not: the style. On this map one direction makes digits lean, and the one across it gives "
            "them more ink. **Move along them**: all ten digits follow.",
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
                "**Look at the colours** of the map: the digits lie all over one another, where the map of a VAE "
                "without labels has a region for each. This is the work of the KL term: a number that tells something "
                "of $x$ costs nats, and what the label already says would be paid for twice. Nobody told the model "
                "what style is; it is what was left to say."
            )
            kit.say(
                "It need not be quite the same for every digit: nothing in the loss asks that a code mean the same "
                "under each label. That it mostly does is owed to the layers, which all labels share."
            )
            kit.go_on("generation", "Generate images by label", run)
        kit.sources("sohn2015", "kingma2014")
