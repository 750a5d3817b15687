"""A distribution instead of a point."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._ui import resources

FIGURE = kit.LiveFigure("distribution")
SLUG = "distribution"


def draw() -> None:
    ae, vae = resources.example("digits-ae-2d"), resources.example("digits-2d")
    data = resources.images_of(vae)
    ae_map, vae_map = (resources.make_known_map(run, "plane") for run in (ae, vae))
    indices = vae_map.indices
    assert data.labels is not None
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "An autoencoder’s encoder answers each image with a point of latent space. The encoder of a **variational "
            "autoencoder** (VAE) answers with a *distribution*: a Gaussian cloud, given by its middle $\\mu$ and, "
            "along each axis, its width $\\sigma$. The decoder is given a code drawn from that cloud, which is called "
            "the image’s **approximate posterior**, or just posterior: $q(z|x) = \\mathcal N\\big(\\mu(x), "
            "\\sigma(x)^2\\big)$."
        )
        kit.say("**Move over either map**: the nearest image goes through both models.")
        answered = kit.predict(
            SLUG,
            "Several codes are drawn from the cloud of one image, and each is decoded. What do the images look like?",
            (
                "Much alike: the whole cloud stands for that image",
                "Unrelated: another code is another image",
                "Identical: the decoder takes the middle of the cloud",
            ),
            0,
            "In training, a new code was drawn each time an image was seen, and the same image asked for. So the "
            "decoder had to learn that the whole cloud means this image. **Sample again**, for several images.",
        )
    with stage:
        FIGURE.draw(
            {"ae": ae, "vae": vae},
            {
                "images": kit.channels_last(data.images[indices]),
                "labels": data.labels[indices].astype(np.uint8),
                "ae": ae_map.coordinates,
                "vae": vae_map.coordinates,
            },
            kit.classes(data),
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            kit.say(
                "The cloud has a price: where two clouds overlap, the decoder cannot tell the images apart, and has to "
                "answer with a blend. So training pushes the clouds of unlike images apart and lets those of like "
                "images overlap. Look for an image with a wide ellipse and one with a narrow ellipse: where the cloud "
                "is wide, the exact code matters little."
            )
            kit.go_on("compare", "Compare the two models under one cursor", vae)
        kit.sources("kingma2014", "kingma2019")
