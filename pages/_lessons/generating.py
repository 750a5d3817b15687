"""Generating."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._ui import resources

FIGURE = kit.LiveFigure("generating")
SLUG = "generating"

#: Codes that are drawn.
DRAWS = 24


def draw() -> None:
    ae, vae = resources.example("digits-ae-2d"), resources.example("digits-2d")
    data = resources.images_of(vae)
    ae_map, vae_map = (resources.make_known_map(run, "plane") for run in (ae, vae))
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "To **generate** is to leave the encoder away: draw a code from the prior, and decode "
            "it. Here $24$ codes are drawn, and given to a VAE and to an autoencoder:"
        )
        kit.say(r"$$z = T \cdot \varepsilon, \qquad \varepsilon \sim \mathcal N(0, I)$$")
        kit.say(
            "With $T = 1$ that is the prior. **Choose a draw** to see where it lies in both maps, "
            "or **move over a map**."
        )
        answered = kit.predict(
            SLUG,
            "$T$, the **temperature**, makes draws timid or bold. Say it is lowered to $0.2$. What "
            "becomes of the VAE's 24 images?",
            (
                "They get alike: only a few digits are left",
                "They get clearer: the decoder is surest in the middle",
                "They fade to black: small codes, little ink",
            ),
            0,
            "**Lower T**: all draws gather around $0$, and what is lost is variety. On this map "
            "the images do not even get clearer, since the clouds of many digits overlap in the "
            "middle. **Raise T**, and more and more draws fall off the data.",
        )
    with stage:
        FIGURE.draw(
            {"vae": vae, "ae": ae},
            {
                "images": kit.channels_last(data.images[vae_map.indices]),
                "vae": kit.browser_map(vae, vae_map),
                "ae": kit.browser_map(ae, ae_map),
                "epsilon": np.random.default_rng(1).normal(size=(DRAWS, 2)).astype(np.float32),
            },
            kit.classes(data),
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            kit.say(
                "**Why it works in a VAE.** What the decoder knows is where codes of images lie."
                " All their clouds together are called the **aggregate posterior**; the KL term has"
                " pulled it towards the prior. So a draw from the prior mostly falls where images"
                " are. Mostly: **between digits** the decoder answers with a blend, as it cannot"
                " tell whose cloud the code is from; farther out, **off the data**, it was never"
                " asked."
            )
            kit.say(
                "**And in an autoencoder?** Its codes lie where training left them, and draws from"
                " $\\mathcal N(0, I)$ reach only the middle of its map: of the ten digits only a"
                " few come up. **Stretched** to the spread of its codes they do better, on a map of"
                " two numbers that is hard to miss. But for that one had to look where the codes"
                " are, and as their shape is no Gaussian, still fewer digits come up on average. In"
                " a VAE the rule is known before training."
            )
            kit.say(
                "Where the prior and the codes differ, one can draw from the codes' own"
                " distribution instead: the Generation page fits one to the codes, and says how"
                " good the images are."
            )
            kit.go_on("generation", "Generate images with this VAE", vae)
        kit.sources("kingma2014")
