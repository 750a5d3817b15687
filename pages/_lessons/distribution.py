"""A distribution instead of a point."""

from __future__ import annotations

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources

FIGURE = LiveFigure("distribution")
SLUG = "distribution"


def draw() -> None:
    ae, vae = resources.example("digits-ae-2d"), resources.example("digits-2d")
    data = resources.images_of(vae)
    ae_map, vae_map = (resources.made(run, "plane") for run in (ae, vae))
    indices = vae_map.indices
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
            {**kit.labelled(data, indices), "ae": ae_map.coordinates, "vae": vae_map.coordinates},
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
            kit.say(
                "**The true posterior.** Which codes may an image have come from? Bayes’ rule says, $p(z|x) = "
                "p(x|z)\\,p(z) / p(x)$, but to find $p(x)$ all codes there are would have to be decoded. With two "
                "numbers the figure can do that, on a grid, with this decoder and $p(z) = \\mathcal N(0, I)$. The "
                "encoder answers at once instead, and its answer is always a Gaussian that lies along the axes."
            )
            kit.say(
                "The **gap** is how far the one is from the other. Part of it is there because no such ellipse would "
                "fit, part because one encoder has to serve all images (Cremer et al.). **Move over the map** to find "
                "images whose true posterior is bent, leans, or is in two pieces. The gap comes back in the lesson on "
                "the loss: it is what lies between the ELBO and $\\log p(x)$."
            )
            kit.go_on("compare", "Compare the two models under one cursor", vae)
        kit.sources("kingma2014", "kingma2019", "cremer2018")
