"""Generating."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources

FIGURE = LiveFigure("generating")
SLUG = "generating"

#: Codes that are drawn.
DRAWS = 24


def draw() -> None:
    ae, vae = resources.example("mnist-ae-16d"), resources.example("mnist-16d")
    data = resources.images_of(vae)
    ae_map, vae_map = (kit.thinned(resources.made(run, "pca")) for run in (ae, vae))
    dims = vae.config.latent_dim
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "To **generate** is to do without the encoder: draw a code from the prior, and decode it. Here the same 24 "
            f"draws are decoded by a VAE and by an autoencoder, both with codes of {dims} numbers:"
        )
        kit.say(r"$$z = T \cdot \varepsilon, \qquad \varepsilon \sim \mathcal N(0, I)$$")
        kit.say(
            "With $T = 1$ that is the prior. **Choose a draw** to see where it lies on both maps, or **move over a "
            "map**."
        )
        answered = kit.predict(
            SLUG,
            "$T$, the **temperature**, makes draws timid or bold. Suppose it is lowered to $0.2$. What becomes of the "
            "VAE’s 24 images?",
            (
                "They become alike: one blurred shape",
                "They become clearer: the decoder is surest in the middle",
                "They fade to black: small codes, little ink",
            ),
            0,
            "**Lower T**: all draws gather around $0$, where the codes of many digits meet, and what the decoder "
            "makes of that place is a blend of them. What is lost is variety. **Raise T** towards $2$, and most draws "
            "lie farther out than any image’s code: strokes get harder and shapes odder, although no fewer of them "
            "can be read.",
        )
    with stage:
        FIGURE.draw(
            {"vae": vae, "ae": ae},
            {
                "images": kit.channels_last(data.images[vae_map.indices]),
                "vae": kit.browser_map(vae, vae_map),
                "ae": kit.browser_map(ae, ae_map),
                "held_out": np.isin(ae_map.indices, data.split.test).astype(np.uint8),
                "epsilon": np.random.default_rng(1).normal(size=(DRAWS, dims)).astype(np.float32),
            },
            kit.classes(data),
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            kit.say(
                "**Why it works in a VAE.** All the decoder knows is where the codes of images lie. Their clouds taken "
                "together are called the **aggregate posterior**, and the KL term has pulled it towards the prior: "
                "seen on the map, draws and codes cover the same ground. So a draw from the prior falls among the "
                "codes, not far from all of them. But in so many dimensions there is much room between the clouds; "
                "there the decoder answers with a blend, and not every draw makes a digit."
            )
            kit.say(
                "**And in an autoencoder?** Its codes lie where training left them, far from 0, and draws from "
                "$\\mathcal N(0, I)$ do not come near them: pale ghosts. **Stretch** the draws to the spread of its "
                "codes, and they have ink, but on average fewer of them can be read than the VAE’s: the table counts "
                "many draws. For the codes do not fill the box that they span, and to stretch at all one had to look "
                "where they are. In a VAE the rule is known before training."
            )
            kit.say(
                "**What counts as legible?** Each image is given to the autoencoder’s own encoder, so that the judge "
                "is not the VAE’s. If at least seven of the eight nearest codes are of one digit, the image counts. "
                "This says which digit it is most like, not how much it is like one: an odd image may count as well. "
                "Real images that were held out are judged in the same way, for comparison."
            )
            kit.say(
                "Where the prior and the codes differ, one can draw from the codes’ own distribution instead: the "
                "Generation page fits one to them, and says how good the images are."
            )
            kit.go_on("generation", "Generate images with this VAE", vae)
        kit.sources("kingma2014")
