"""Anomaly detection."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources

FIGURE = LiveFigure("anomalies")
SLUG = "anomalies"
#: The digit that the model was trained without.
ABSENT = "4"


class AnomaliesSpec(TypedDict):
    """What the figure is given, models and arrays apart."""

    label_names: list[str]
    strange_name: str  # of the digit that the model never saw


def draw() -> None:
    run = resources.example("digits-without-4-16d")
    normal = resources.images_of(run)
    everything = resources.images_of(resources.example("digits-2d"))
    assert normal.labels is not None
    assert everything.labels is not None
    test = normal.split.test
    fours = everything.labels == everything.label_names.index(ABSENT)
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "This VAE was trained on every digit **but the 4**. It has learned to reconstruct what is like its "
            "training images, and nothing made it learn anything else. So how badly an image is reconstructed can "
            "serve as its **anomaly score**:"
        )
        kit.say("$$s(x) = \\lVert x - \\hat x \\rVert^2, \\qquad \\hat x = \\text{decoder}(\\mu).$$")
        kit.say(
            "**Paint on the image** and watch the score change. Images above the **threshold** are flagged. If that is "
            "right, it is a **catch**; if the image is normal, it is a **false alarm**."
        )
        answered = kit.predict(
            SLUG,
            "Now come the 4s. Will the model reconstruct them worse than the digits it knows?",
            (
                "All of them: every 4 scores above every other digit",
                "Nearly all, but the two groups overlap",
                "No: a 4 is made of strokes, which it has learned",
            ),
            1,
            "Many 4s come back as some other digit, or as a blend, and the error map shows where. But some 4s come "
            "back fairly well, and some 8s badly, so **no threshold** catches every 4 without a false alarm.",
        )
    with stage:
        FIGURE.draw(
            {"vae": run},
            {
                "normal": kit.channels_last(normal.images[test]),
                "labels": normal.labels[test].astype(np.uint8),
                "validation": kit.channels_last(normal.images[normal.split.validation]),
                "strange": kit.channels_last(everything.images[fours]),
            },
            AnomaliesSpec(label_names=list(normal.label_names), strange_name=ABSENT),
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            kit.say(
                "**Where to put the threshold** is not for the model to say: it depends on what a miss costs, and a "
                "false alarm. It starts where it flags one in twenty of the normal images kept for "
                "validation, so that neither anomalies nor the images counted here had a say. Behind each share "
                "stand the ends of its 95% interval, as other images would "
                "give other counts."
            )
            kit.say(
                "**To judge the score itself**, take one image of each group at random: the **AUC** (area under the "
                "ROC curve) is how often the anomaly has the higher score. Tossing a coin would give 0.5."
            )
            kit.say(
                "**What to keep in mind.** The score says that an image is hard for this model, not why: a normal "
                "image in an unusual style is hard as well, and a strange image can be easy. With pixels that are "
                "Gaussian with $\\sigma = 0.1$, as here, $-\\log p(x|z)$ is $s(x) / 2\\sigma^2$ plus a constant, so "
                "both put images in the same order. An and Cho average it over draws from the posterior, and call that "
                "reconstruction probability."
            )
            kit.go_on("anomalies", "Try other scores, on other images", run)
        kit.sources("an2015")
