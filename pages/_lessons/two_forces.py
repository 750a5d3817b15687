"""Two forces: what holds an image's cloud where it is."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources
from pages._ui.train_address import query_of
from vaelab.runs import Run

FIGURE = LiveFigure("two_forces")
SLUG = "two_forces"

#: Images to choose from, and clouds that are let go.
SHOWN, CLOUDS = 14, 30


class ForcesSpec(kit.Classes):
    """What the figure is given, models and arrays apart."""

    extent: list[float]  # of the map: x from, x to, y from, y to


def draw() -> None:
    run = resources.example("digits-2d")
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "A step of training goes downhill on the loss, and the slope has two parts. Each term **pulls** at the "
            "cloud of each image, at its middle $\\mu$ and at its width $\\sigma$: where to, and with how many nats "
            "per unit of $z$, is minus the term’s gradient."
        )
        kit.say("The pull of the **KL** is the same for all images:")
        kit.say(
            r"$$-\frac{\partial\,\mathrm{KL}}{\partial \mu_j} = -\mu_j \qquad "
            r"-\frac{\partial\,\mathrm{KL}}{\partial \sigma_j} = \frac{1}{\sigma_j} - \sigma_j$$"
        )
        kit.say(
            "A spring to the middle, and a pressure that widens the cloud until $\\sigma = 1$. The pull of the "
            "**reconstruction** comes through the decoder: towards codes that are decoded to *this* image, and to a "
            "narrow cloud, so that all of its codes are. **Drag the cloud** of an image, and change its width."
        )
        answered = kit.predict(
            SLUG,
            "Suppose only the KL pulled, and the clouds of all images were let go. What would become of the map?",
            (
                "The clouds would spread evenly over the prior, side by side",
                "All clouds would come to lie in the same place, as wide as the prior",
                "Nothing much: after training, the clouds are at rest",
            ),
            1,
            "Each cloud by itself becomes the prior: $\\mu = 0$, $\\sigma = 1$, and the code says nothing. **Let go** "
            "of 30 images below, with the KL alone, with the reconstruction alone, and with both. That clouds lie side "
            "by side is the reconstruction’s doing; that they lie near 0, and close together, is the KL’s.",
        )
    with stage:
        _figure(run)
    with after:
        if answered:
            kit.say(
                "**The reconstruction alone** makes nearly all clouds narrow, on their way to points: an autoencoder "
                "again. Then the KL is large, but there is nobody to ask for it. **With both**, clouds stay about "
                "where the encoder put them, since that is what it was trained to do."
            )
            kit.say(
                "**At rest?** Not each by itself: an image’s two arrows rarely cancel, since one encoder has to serve "
                "all images and cannot put each cloud where it would be best (Cremer et al.). But summed over the "
                "training images they do. In this model the reconstruction pulls outward (the force times $\\mu$) "
                "with 2.01 nats on average and the KL inward with 1.99; at the widths (the force times $\\sigma$) the "
                "reconstruction narrows with 0.98 and the KL widens with 0.95."
            )
            kit.say(
                "Training does not move codes by themselves, as the figure does: it moves the weights, and with them "
                "all clouds, and the decoder as well. But by the chain rule, all that the encoder’s weights ever "
                "learn of the loss comes through these two arrows. Which of them is to be the stronger can be chosen: "
                "that is $\\beta$, and the next lesson."
            )
            kit.go_on("train", "Train this VAE, pause it, and see the forces on its map", settings=query_of(run.config))
        kit.sources("kingma2014", "cremer2018")


def _figure(run: Run) -> None:
    data = resources.images_of(run)
    projection = resources.made(run, "plane")
    shown, clouds = data.split.test[:SHOWN], data.split.train[:CLOUDS]
    most = float(np.abs(projection.coordinates).max())
    spec: ForcesSpec = {"extent": [-most, most, -most, most], **kit.classes(data)}
    assert data.labels is not None
    FIGURE.draw(
        {"vae": run},
        {
            "places": projection.coordinates,
            "labels": data.labels[projection.indices].astype(np.uint8),
            "shown": kit.channels_last(data.images[shown]),
            "shown_labels": data.labels[shown].astype(np.uint8),
            "clouds": kit.channels_last(data.images[clouds]),
            "cloud_labels": data.labels[clouds].astype(np.uint8),
        },
        spec,
        revealed=kit.predicted(SLUG),
    )
