"""What a canvas is sent of images: thumbnails, posteriors, errors to compare with."""

from __future__ import annotations

from math import prod
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from pages._ui import browser_code, browser_files, resources, state
from pages._ui.decoders import offer_to
from vaelab.datasets import ImageDataset, Labelled
from vaelab.runs import Run
from vaelab.sharing import live

__all__ = ["send_errors", "send_posterior", "send_thumbnails"]

# The images of a map have a mount of their own, and are fetched last: the page works without them.
_THUMBNAILS = browser_code.component("latent_thumbnails", "latent_canvas/thumbnails_mount.js")

#: An image of more, or of a slower decoder, is not sent: as assets/latent_canvas/truth.js has it.
MOST_PIXELS = 1_100
MOST_MULTIPLY_ADDS = 1_000_000

_POSTERIOR = browser_code.component("latent_posterior", "latent_canvas/posterior_mount.js")

# What held-out images' errors are needs torch, for which no map waits.
_ERRORS = browser_code.component("latent_errors", "latent_canvas/errors_mount.js")


class ErrorsSent(TypedDict):
    """What the browser is sent to judge an image by that a person gives."""

    model: str  # by its name
    errors: list[float]  # quantiles of how far held-out images' reconstructions are off


class PosteriorSent(TypedDict):
    """What the browser is sent of the image at which z rests."""

    model: str
    image: int
    mu: list[float]
    sigma: list[float]
    pixels: list[int] | None  # exactly, channels last, where the page looks for the true posterior


def send_errors(run: Run) -> None:
    """Give the browser what it is to compare the reconstruction of a drawing with; it needs torch, and the images."""
    errors = resources.error_quantiles(run)
    _ERRORS(key="errors-of-images", data=ErrorsSent(model=live.model_name(run), errors=errors))


def send_posterior(run: Run, data: ImageDataset) -> None:
    """Give the browser the posterior of the image that was clicked, which it draws on the map."""
    image = state.chosen_image(run)
    sent = None
    if image is not None and run.engine.is_vae:
        posterior = run.engine.encode(data.images[[image]], data.label_of(image))
        pixels = data.images[image].transpose(1, 2, 0).ravel().tolist() if has_true_posterior(run) else None
        sent = PosteriorSent(
            model=live.model_name(run),
            image=image,
            mu=posterior.mu[0].tolist(),
            sigma=posterior.sigma[0].tolist(),
            pixels=pixels,
        )
    _POSTERIOR(key=f"posterior-{run.name}", data=sent)


def has_true_posterior(run: Run) -> bool:
    """Whether the page looks for the true posterior of an image: by trying all codes, so they are few and quick."""
    config = run.config
    if config.model != "vae" or config.latent_dim != 2 or prod(run.data.image_shape) > MOST_PIXELS:
        return False
    decoder = run.layers["decoder"]
    multiply_adds = sum(prod(shape) for layer in decoder for shape in layer.get("weight", {}).values())
    return multiply_adds <= MOST_MULTIPLY_ADDS and all(layer["op"] in {"dense", "skip"} for layer in decoder)


def send_thumbnails(data: Labelled, indices: NDArray[np.integer], map_key: str) -> None:
    """Give the browser a map's images, if it lacks them; after the map's chart and the model."""
    name = live.thumbnails_name(data, indices)
    if name is not None and isinstance(data, ImageDataset):
        file = browser_files.browser_thumbnails(name, data, indices)
        offer_to(_THUMBNAILS, f"thumbnails-{map_key}", name, file, map_key)
