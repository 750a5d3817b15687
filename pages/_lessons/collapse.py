"""Collapse and dead units."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources
from pages._ui.train_address import query_of
from vaelab.latent.units import ACTIVE_VARIANCE

FIGURE = LiveFigure("collapse")
SLUG = "collapse"

#: Images that can be chosen.
SHOWN = 8


class CollapseSpec(kit.Classes):
    """What the figure is given, models and arrays apart."""

    num_shown: int  # images that can be chosen
    active_variance: float  # of mu; a unit with more is active
    pixel_sigma: float  # of the model with sixteen numbers


def draw() -> None:
    vae, collapsed = resources.example("digits-16d"), resources.example("digits-2d-beta-4")
    data = resources.images_of(vae)
    held_out = data.split.test
    mean = data.images[data.split.train].mean(0).transpose(1, 2, 0) / 255
    spec: CollapseSpec = {
        "num_shown": SHOWN,
        "active_variance": ACTIVE_VARIANCE,
        "pixel_sigma": vae.config.sigma,
        **kit.classes(data),
    }
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "This VAE may write **sixteen** numbers about each image. The first of them is shown: for eight images the "
            "posterior along it, and below, what the decoder makes of the chosen image when this number alone is "
            "changed. **Choose another image.**"
        )
        answered = kit.predict(
            SLUG,
            "The decoder could use all sixteen numbers. How many of them say anything about the image?",
            (
                "All of them: more numbers, better images",
                "About half of them: the others are not worth their price",
                "Two of them: digits fit on a flat map, as we saw",
            ),
            1,
            "Each bar is the KL that one number costs, on average over images. **Choose a number with no bar, then one "
            "with a long bar**, and compare the strips of images and the posteriors.",
        )
        if answered:
            kit.say(
                "A **dead unit** is a number of the code that says nothing: its posterior is the prior, $\\mu \\approx "
                "0$ and $\\sigma \\approx 1$, whatever the image, and the decoder has learned to ignore it. A unit is "
                "called "
                f"**active** if $\\mu$ varies from image to image, with a variance above ${ACTIVE_VARIANCE}$ (Burda et "
                "al.)."
            )
    with stage:
        FIGURE.draw(
            {"vae": vae, "collapsed": collapsed},
            {**kit.labelled(data, held_out), "mean": mean.astype(np.float32)},
            spec,
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            active = (vae.evaluation() or {})["active_units"]
            kit.say(
                "**Why units die.** A number that says something about the image costs KL, so it has to save more than "
                "that in reconstruction. Compare the two for a few numbers, under the posteriors. The saving told "
                "there is rather too high: the number is set to 0, without noise on the code, in a model that learned "
                "to rely on it; one trained without it would make more of the others. When a number saves less than "
                "it costs, the loss falls if it is switched off; and once the decoder ignores it, there is little to "
                "bring it back."
            )
            kit.say(
                f"**Why {active} of the sixteen?** Digits have no such size of their own. What decides is how much "
                f"noise the pixels are said to have, here $\\sigma = {vae.config.sigma:g}$. The squared error is "
                "divided by $2\\sigma^2$: with half the $\\sigma$, the same gain in sharpness saves four times as many "
                "nats, at the same price. Trained alike but with $\\sigma = 0.3$, this model keeps about 5 numbers "
                "alive; with $\\sigma = 0.05$, all 16 or nearly. (Lucas et al. show why.)"
            )
            kit.say(
                "**Posterior collapse** is the same thing where it does harm. With $\\beta = 4$ *every* number cost "
                "more than it saved: all posteriors are the prior, and whatever the image, the decoder answers with "
                "the one image that is the best bet for all, their mean. It also happens with $\\beta = 1$: early in "
                "training, while the decoder cannot read codes yet, with decoders so strong that they do without, and "
                "with pixels that are said to be so noisy that nothing is worth telling. For Gaussian pixels, "
                "$\\beta$ and $\\sigma^2$ are one dial: with $\\beta = 4$ the loss is smallest where it would be with "
                "twice the $\\sigma$."
            )
            kit.say(
                "**What helps.** A smaller $\\beta$ or, for Gaussian pixels, a smaller $\\sigma$, which can also be "
                "learned. A **warm-up**, in which $\\beta$ rises from 0 (Bowman et al.), so that codes mean something "
                "before they have to be paid for: this model had one. **Free bits**, some KL that is not charged "
                "(Kingma et al.). Or a posterior that fits better, so that a unit saves more: with "
                "the importance-weighted bound, Burda et al. found more units alive. On the Train page β stands at the "
                "top, and the others are under **Objective**."
            )
            kit.go_on("train", "Train this VAE yourself, with its warm-up", settings=query_of(vae.config))
            kit.go_on("train", "Train the one that collapsed, with β = 4", settings=query_of(collapsed.config))
        kit.sources("burda2016", "bowman2016", "kingma2016", "lucas2019")
