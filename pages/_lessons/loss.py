"""The loss, taken apart on one image."""

from __future__ import annotations

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources
from pages._ui.train_address import query_of

FIGURE = LiveFigure("loss")
SLUG = "loss"


def draw() -> None:
    run = resources.example("digits-2d")
    data = resources.images_of(run)
    shown = data.split.test[:14]
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "A VAE is trained to make one number small: for each image $x$ the sum of two parts, both in **nats** (a "
            "nat is $1/\\ln 2 \\approx 1.44$ bits):"
        )
        kit.say(
            r"$$\underbrace{-\log p(x|z)}_{\text{reconstruction}} \;+\; \underbrace{"
            r"\mathrm{KL}\big(q(z|x)\,\|\,p(z)\big)}_{\text{price of the code}}$$"
        )
        kit.say(
            "The **reconstruction** term asks, pixel by pixel, how surprising the image is given what was decoded. The "
            "**KL divergence** asks how far the image’s cloud is from the **prior** $p(z) = \\mathcal N(0, I)$, the "
            "cloud assumed before any image is seen. **Choose an image, then a pixel** of it."
        )
        answered = kit.predict(
            SLUG,
            r"Suppose we pull the cloud all the way to the prior: $\mu \to 0$, $\sigma \to 1$. The KL term falls to "
            "0. What does the sum of both do?",
            (
                "It falls: there is less to pay",
                "It rises: the decoder no longer knows which image it was",
                "It stays: what one term loses, the other gains",
            ),
            1,
            "Pull the slider, and watch the mean over 200 draws: the pixels cost more than the code saves. Near the "
            "encoder’s own answer the sum is about as small as it gets: that is what training was for. Still, the KL "
            "term pulls: because of it, clouds are no smaller and no farther out than the pixels make worthwhile.",
        )
    with stage:
        FIGURE.draw({"vae": run}, kit.labelled(data, shown), kit.classes(data), revealed=kit.predicted(SLUG))
    with after:
        if answered:
            figures = run.evaluation() or {}
            positive = (resources.example("digits-16d").evaluation() or {})["elbo"]
            kit.say(
                "**Where the terms come from.** The decoder gives for each pixel the probability $\\hat x_i$ that it "
                "is white. An image then costs (with a grey pixel counted partly as white and partly as black)"
            )
            kit.say(
                r"$$\begin{aligned} -\log p(x|z) = \sum_i \big( &{-x_i} \log \hat x_i \\ &{-(1 - x_i)} \log (1 - "
                r"\hat x_i) \big), \end{aligned}$$"
            )
            kit.say(r"$$\mathrm{KL} = \sum_j \tfrac12\big(\mu_j^2 + \sigma_j^2 - 1\big) - \log \sigma_j .$$")
            kit.say(
                "A grey pixel has a cost even if it is decoded perfectly, so the reconstruction term does not go to 0. "
                "Strictly, only black and white images have a probability here: over grey ones, this $p(x|z)$ does not "
                "add up to 1. The **continuous Bernoulli** mends that (Loaiza-Ganem and Cunningham); on the Train page "
                "it is one of the likelihoods."
            )
            kit.say(
                "Averaged over draws, the sum is never less than $-\\log p(x)$, the cost of the image under the model "
                "as a whole; its negative is called the **evidence lower bound** (ELBO). What lies between is the gap "
                "of two lessons ago, $\\mathrm{KL}\\big(q(z|x)\\,\\|\\,p(z|x)\\big)$. Here the ELBO is negative, but "
                "need not be: Gaussian pixels have a density, and a density may be larger than 1. The model of the "
                f"lesson on collapse has an ELBO of {positive:+.1f} nats."
            )
            kit.say(
                "**Without the KL term** a VAE would become an autoencoder again: $\\sigma \\to 0$, and clouds as far "
                "apart as they like."
            )
            kit.say(
                "**In training**, the sum falls and its parts do not move alike: the KL starts near 0, while the code "
                f"says nothing, and *rises* to {figures['kl']:.1f} nats as the encoder learns to say something worth "
                "more than that in pixels."
            )
            kit.go_on("train", "Train this VAE, and watch the KL rise", settings=query_of(run.config))
        kit.sources("kingma2014", "kingma2019", "loaizaganem2019")
