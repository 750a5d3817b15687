"""Denoising."""

from __future__ import annotations

from typing import TypedDict

from pages._lessons import kit
from pages._lessons.live_figure import LiveFigure
from pages._ui import resources

FIGURE = LiveFigure("denoising")
SLUG = "denoising"
NUM_IMAGES = 60


class DenoisingSpec(TypedDict):
    """What the figure is given, models and arrays apart."""

    label_names: list[str]
    strength: float  # of the noise in the denoiser's training


def draw() -> None:
    denoiser, vae = resources.example("digits-denoiser-16d"), resources.example("digits-16d")
    data = resources.images_of(denoiser)
    strength = denoiser.config.corruption_strength
    test = data.split.test[:NUM_IMAGES]
    words, stage, after = kit.sides()
    with words:
        kit.say(
            "A **denoising autoencoder** is given a damaged image and asked for the clean one. In training, each image "
            "$x$ was damaged anew with Gaussian noise, a random number added to each pixel:"
        )
        kit.say(
            "$$\\begin{aligned} \\tilde x &= \\mathrm{clip}(x + s\\,\\varepsilon), \\quad "
            "\\varepsilon \\sim \\mathcal N(0, I), \\\\ \\text{loss} &= "
            "\\lVert x - \\hat x(\\tilde x) \\rVert^2, \\end{aligned}$$"
        )
        kit.say(
            f"with strength $s = {strength:g}$; *clip* keeps pixels between 0 and 1. How near an image is to the clean "
            "one is told in decibels, as its **PSNR** (peak signal-to-noise ratio): $-10 \\log_{10}$ of a pixel’s mean "
            "squared error, taken over all images where there are several. 10 dB more is a tenth of the error. **Move "
            "the slider**: the VAE beside it has as many latent dimensions, but has only seen clean images."
        )
        answered = kit.predict(
            SLUG,
            f"Both are given images with noise of strength 0 to {2 * strength:g}. Which comes nearer to the clean "
            f"image?",
            (
                "The denoiser, at any strength: it was trained for this",
                "The denoiser where there is much noise, the VAE where there is none",
                "Without noise both return the image exactly, with noise the denoiser",
            ),
            1,
            "The denoiser is never told how much noise there is; it assumes as much as it has always met. So it "
            "smooths clean images, too. Look at the dotted curve, the image left as it is: where there is hardly any "
            "noise, it is best **to do nothing**.",
        )
    with stage:
        FIGURE.draw(
            {"denoiser": denoiser, "vae": vae},
            kit.labelled(data, test),
            DenoisingSpec(label_names=list(data.label_names), strength=strength),
            revealed=kit.predicted(SLUG),
        )
    with after:
        if answered:
            kit.say(
                "**What it has learned.** Noise cannot be predicted, so what makes the squared error smallest is the "
                "mean of all clean images that may lie under the noise: $\\hat x = \\mathbb E[x \\,|\\, \\tilde x]$. "
                "To know that, a network has to know where images lie among all pictures of 64 pixels. A damaged image "
                "lies off that place, and the denoiser pulls it back. Where several unlike images may lie under the "
                "noise, their mean is blurred, and with much noise it can be **a digit that was never there**: draw "
                "other noise at the greatest strength a few times."
            )
            kit.say(
                "For a denoiser trained with faint Gaussian noise, the direction of that pull is known: $\\hat "
                "x(\\tilde x) - \\tilde x \\approx s^2\\, \\nabla \\log p(\\tilde x)$, uphill to where images are more "
                "likely. Diffusion models make images by taking such steps one after another, starting from pure noise."
            )
            kit.go_on("denoising", "Remove other kinds of damage", denoiser)
        kit.sources("vincent2008", "alain2014")
