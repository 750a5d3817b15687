"""Holes in the map."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._ui import resources
from vaelab.latent.projections import Projection

FIGURE = kit.LiveFigure("holes")
SLUG = "holes"

#: Of codes of two numbers drawn from N(0, I), 99 in 100 lie within this of 0.
NEAR = 3


def draw() -> None:
    ae, vae = resources.example("digits-ae-2d"), resources.example("digits-2d")
    data = resources.images_of(vae)
    ae_map, vae_map = (resources.make_known_map(run, "plane") for run in (ae, vae))
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "A decoder answers wherever it is asked. Could one *make* images of digits, then, by "
            "drawing codes at random?"
        )
        kit.say(
            "**Move over the map**, also where no points are. The figure says how far away the "
            "nearest image is, and whether the place is **off the data**: where the eighth nearest "
            "image is farther away than it is for 99 images in 100."
        )
        answered = kit.predict(
            SLUG,
            "24 codes are drawn from anywhere on this map, between its least and its greatest "
            "code in each direction. How many of them will be off the data?",
            (
                "Hardly any: images lie all over the map",
                "About half of them",
                "Nearly all: digits are rare among codes",
            ),
            1,
            "The map has arms, with **holes** between them. There the decoder still answers, with "
            "a blend of its neighbours or with a digit overdone, but in training it was never "
            "asked about such a code. **Draw again** a few times; below is another kind of model.",
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
                "**Why there are holes.** Look again at what an autoencoder is trained to make"
                " small: $\\lVert x - \\hat x \\rVert^2$ speaks of the codes of training images"
                " and of no others. Nothing in it says what the places *between* codes should"
                " decode to, and nothing says *where* codes should lie: here they run from"
                f" ${low:.0f}$ to ${high:.0f}$, in another training they would lie elsewhere."
            )
            kit.say(
                "So there is no rule for drawing codes that is known beforehand. Try the simplest,"
                " **from $\\mathcal N(0, I)$**: each number of the code by itself, normally"
                " distributed with mean 0 and standard deviation 1. Nearly all such codes lie"
                f" within {NEAR} of 0, where this map has but {_near(ae_map):.0%} of its images:"
                " there are no holes there, but of the ten digits only a few come up. One could,"
                " of course, look where the codes have come to lie, and draw from there."
            )
            kit.say(
                "**What mends it.** The second map is of a **variational autoencoder** (VAE): the"
                " same layers, trained on the same images. Drawn from anywhere, many codes are off"
                " the data here too, for its map is round and the corners are empty. But of those"
                " from $\\mathcal N(0, I)$ only a few are, and nearly all digits come up, since"
                f" {_near(vae_map):.1%} of its images lie within {NEAR} of 0. That is no accident:"
                " its loss has one term more, the KL term, which asks codes to lie as $\\mathcal"
                " N(0, I)$ would have them. How, the next lessons tell."
            )
            kit.go_on("explore", "Explore this autoencoder's map", ae)
        kit.sources("kingma2014")


def _near(projection: Projection) -> float:
    """Which share of the codes lies where nearly all of N(0, I) does."""
    return float((np.linalg.norm(projection.codes, axis=1) < NEAR).mean())
