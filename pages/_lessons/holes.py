"""Holes in the map."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources
from vaelab.latent.projections import Projection

FIGURE = LiveFigure("holes")
SLUG = "holes"

#: Of codes of two numbers drawn from N(0, I), 99 in 100 lie within this of 0.
NEAR = 3


def draw() -> None:
    ae, vae = resources.example("mnist-ae-2d"), resources.example("mnist-2d")
    data = resources.images_of(vae)
    ae_map, vae_map = (kit.thinned(resources.made(run, "plane")) for run in (ae, vae))
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "A decoder answers wherever it is asked. Could you *make* images of digits, then, by drawing codes at "
            "random?"
        )
        kit.say(
            "**Move over the map**, also where there are no points. The figure says whether a place is **off the "
            "data**: where the eighth nearest image is farther away than it is for 99 in 100 of the codes that the "
            "decoder was trained on."
        )
        answered = kit.predict(
            SLUG,
            "24 codes are drawn from anywhere on this map, between its smallest and its largest code in each "
            "direction. How many of them will be off the data, on average?",
            (
                "Hardly any: the images cover the map",
                "About a third: the images leave gaps",
                "Nearly all: digits are rare among codes",
            ),
            1,
            "The map has **holes** and wide margins. There the decoder still answers, with a blend of its neighbours "
            "or a distorted digit, but in training it was never asked about such a code. **Compare the two models**: "
            "only one of them has a rule by which draws are on the data *and* of nearly every digit.",
        )
    with stage:
        FIGURE.draw(
            {"ae": ae, "vae": vae},
            {
                "images": kit.channels_last(data.images[ae_map.indices]),
                "ae": kit.browser_map(ae, ae_map),
                "vae": kit.browser_map(vae, vae_map),
            },
            kit.classes(data),
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            low, high = ae_map.codes.min(), ae_map.codes.max()
            kit.say(
                "**Why there are holes.** Look again at what an autoencoder is trained to make small: the "
                "reconstruction error is about the codes of training images and no others. Nothing in it says what the "
                "places *between* codes should decode to, and nothing says *where* codes should lie: here they run "
                "from "
                f"${low:.0f}$ to ${high:.0f}$, in another training they would lie elsewhere."
            )
            kit.say(
                "So there is no rule for drawing codes that is known beforehand. **From anywhere on the map**, you "
                "first have to look where the codes have come to lie, and still fall into holes. **From $\\mathcal "
                "N(0, I)$**, each number by itself, normally distributed with mean 0 and standard deviation 1, draws "
                "lie within "
                f"{NEAR} of 0, where this map has only {_near(ae_map):.0%} of its images: no holes there, but some "
                f"digits "
                "never come up."
            )
            kit.say(
                "**What mends it.** The second model is a **variational autoencoder** (VAE): the same layers, trained "
                "on the same images. Its loss has one more term, the KL term, which asks codes to lie as $\\mathcal "
                "N(0, "
                f"I)$ would have them, and {_near(vae_map):.0%} of its images do lie within {NEAR} of 0. So the rule "
                f"is "
                "known before training, and it works: hardly a draw is off the data, and nearly every digit comes up. "
                "(From anywhere on *its* map, draws fall into the empty corners around its round cloud of codes.) How "
                "this is done is what the next lessons are about."
            )
            kit.go_on("explore", "Explore this autoencoder’s map", ae)
        kit.sources("kingma2014")


def _near(projection: Projection) -> float:
    """The share of the codes that lies where nearly all of N(0, I) does."""
    return float((np.linalg.norm(projection.codes, axis=1) < NEAR).mean())
