"""Moving the noise aside."""

from __future__ import annotations

import numpy as np

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources
from pages._ui.train_address import query_of

FIGURE = LiveFigure("reparameterization")
SLUG = "reparameterization"


def draw() -> None:
    run = resources.example("digits-2d")
    data = resources.images_of(run)
    plane = resources.made(run, "plane")
    assert data.labels is not None
    shown = data.split.test[:12]
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "A network learns by **derivatives**: each weight is nudged in the direction in which the **loss**, the "
            "number that training makes small, falls. But between a VAE’s encoder and its loss a code is drawn, $z "
            "\\sim \\mathcal N(\\mu, \\sigma^2)$. How far does a draw move when $\\mu$ grows a little? It comes out "
            "differently each time, so two draws, one before and one after, do not tell."
        )
        kit.say(
            "The **reparameterization trick** draws the noise *first*, from a fixed $\\mathcal N(0, 1)$ in which no "
            "weight has a say, and makes the code from it:"
        )
        kit.say(r"$$z = \mu + \sigma \cdot \varepsilon, \qquad \varepsilon \sim \mathcal N(0, 1)$$")
        kit.say(
            "The code is distributed as before. But the randomness is now an input, and $z$ a plain function of $\\mu$ "
            "and $\\sigma$. **Move $\\varepsilon$**, on the plane to the left."
        )
        answered = kit.predict(
            SLUG,
            r"$\varepsilon$ stays where it is, and the encoder makes $\sigma$ half as large. Where does $z$ go?",
            ("Half way towards μ", "Somewhere else: it is drawn again", "Nowhere: ε has not moved"),
            0,
            "Press **Halve σ**: the whole cloud shrinks towards $\\mu$, and each code with it. Move $\\mu$, and each "
            "code moves along. Nothing was drawn again.",
        )
    with stage:
        FIGURE.draw(
            {"vae": run},
            {
                **kit.labelled(data, shown),
                "places": plane.coordinates,
                "place_labels": data.labels[plane.indices].astype(np.uint8),
            },
            kit.classes(data),
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            kit.say(
                r"So with $\varepsilon$ held, the code has derivatives, $\partial z / \partial \mu = 1$ and "
                r"$\partial z / \partial \sigma = \varepsilon$, and what the loss says of $z$ reaches the encoder "
                r"through them. The table in the figure checks it: with $\varepsilon$ held, the nudges give just these "
                "numbers; drawn anew, the nudge drowns in the noise. Averaging would bring it out, but the line below "
                "the table says how many pairs of draws that takes."
            )
            kit.say(
                "In training, each image gets a new $\\varepsilon$ each time it is seen. One such derivative is noisy, "
                "but right on average:"
            )
            kit.say(
                r"$$\begin{aligned} \nabla\, &\mathbb E_{z \sim \mathcal N(\mu, \sigma^2)}\big[f(z)\big] \\ "
                r"&= \mathbb E_{\varepsilon \sim \mathcal N(0, 1)}\big[\nabla f(\mu + \sigma \varepsilon)\big] "
                r"\end{aligned}$$"
            )
            kit.say(
                "Here $f$ is the **reconstruction term** below the maps: how surprising the image is, given what $z$ "
                "was decoded to, in **nats** (a nat is 1.44 bits). The next lesson takes it apart. There are other "
                "ways to train through a draw. The **score-function estimator** (REINFORCE) needs only the values of "
                "$f$, not its derivatives, so it also serves where $z$ is a choice among words. It is right on average "
                "as well, but as a rule, and here, scatters far more (Mohamed et al.)."
            )
            kit.go_on("train", "Train this VAE yourself", settings=query_of(run.config))
        kit.sources("kingma2014", "rezende2014", "mohamed2020")
