"""Python's side of the decoder that runs in the browser: see ``assets/latent_canvas``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, Literal, NamedTuple, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import browser_code, browser_files, frame, offers, resources, state
from vaelab.datasets import ImageDataset, Labelled
from vaelab.export.file import safetensors_file
from vaelab.latent.interpolation import INTERPOLATIONS
from vaelab.latent.projections import Projection
from vaelab.runs import Run

__all__ = [
    "Pin",
    "latent_canvas",
    "send_errors",
    "send_model",
    "send_place",
    "send_posterior",
    "send_thumbnails",
    "send_way",
    "serve_decoder",
]

# The map is drawn over a chart outside of the component, so its styles cannot be shut in.
_CANVAS = st.components.v2.component(
    "latent_canvas",
    html=browser_code.read("latent_canvas/component.html"),
    css=browser_code.read("latent_canvas/component.css"),
    js=browser_code.join("latent_canvas/mount.js"),
    isolate_styles=False,
)
# A model has a mount of its own, so that it travels once: for another map, or another page and back,
# it is not fetched again. Over a slow line it comes once the map's chart is drawn.
_MODEL = st.components.v2.component(
    "latent_model", js=browser_code.join("latent_canvas/model_mount.js"), isolate_styles=False
)
# Where the server decodes, another takes its place: what the canvas asks for, and the answer.
_SERVER = st.components.v2.component(
    "latent_server", js=browser_code.join("latent_canvas/server_mount.js"), isolate_styles=False
)
#: In the session: whether a pin was told that the canvas's part of the page has not been drawn with yet.
_UNSEEN = "pin-unseen"
#: Codes of one request at most: assets/network/server_model.js asks for fewer.
MOST_CODES = 200
# And so has a place: within the map it would have that sent again.
_PLACE = st.components.v2.component(
    "latent_place", js=browser_code.join("latent_canvas/place_mount.js"), isolate_styles=False
)
# And the images of a map, which are fetched last: the page works without them.
_THUMBNAILS = st.components.v2.component(
    "latent_thumbnails", js=browser_code.join("latent_canvas/thumbnails_mount.js"), isolate_styles=False
)
#: An image of more, or of a slower decoder, is not sent: as assets/latent_canvas/truth.js has it.
MOST_PIXELS = 1_100
MOST_MULTIPLY_ADDS = 1_000_000

_POSTERIOR = st.components.v2.component(
    "latent_posterior", js=browser_code.join("latent_canvas/posterior_mount.js"), isolate_styles=False
)


# So does what held-out images' errors are: it needs torch, for which no map waits.
_ERRORS = st.components.v2.component(
    "latent_errors", js=browser_code.join("latent_canvas/errors_mount.js"), isolate_styles=False
)


class Offer(TypedDict):
    """What the browser is sent in place of something large, which it fetches."""

    name: str
    address: str
    after: str  # key of the container around the chart that is drawn first; empty where there is none


class Asked(TypedDict):
    """What the browser asks the server to decode."""

    turn: int  # tells it from other requests
    tries: int  # how often it was asked by now
    z: list[float]  # codes, one after another
    label: int


class Served(TypedDict):
    """What the browser is sent of a model that the server runs, beside the images that it asked for."""

    model: str  # by its name
    latent_dim: int
    image_shape: tuple[int, int, int]  # (C, H, W)
    is_vae: bool
    num_labels: int  # that a conditional model tells apart
    turn: int | None  # of the request


class ErrorsSent(TypedDict):
    """What the browser is sent to judge an image by that a person gives."""

    model: str  # by its name
    errors: list[float]  # quantiles of how far held-out images' reconstructions are off


class PinSent(TypedDict):
    """What the browser sends where z came to rest."""

    model: str  # by its name
    z: list[float]
    image: int | None
    label: int
    pins: list[state.WayPoint]  # the way; a single one is where it would begin
    along: float  # how much of the way lies behind, from 0 to 1


class PlaceSent(TypedDict):
    """What the browser is sent to go to."""

    map_key: str
    turn: str  # tells it from the same place at another time
    run: str
    z: list[float]
    image: int | None
    label: int
    pins: list[state.WayPoint]
    along: float
    kind: str  # of the way: a key of vaelab.latent.interpolation.INTERPOLATIONS


class PosteriorSent(TypedDict):
    """What the browser is sent of the image at which z rests."""

    model: str
    image: int
    mu: list[float]
    sigma: list[float]
    pixels: list[int] | None  # exactly, channels last, where the page looks for the true posterior


class Pin(NamedTuple):
    """Where z came to rest in the browser."""

    z: NDArray[np.float32]  # (D,)
    image: int | None  # of the dataset, where one was clicked
    label: int  # that a conditional model decodes it with
    way: list[state.WayPoint]  # through all pins; one is where a way would begin
    along: float  # how much of the way lies behind, from 0 to 1


def send_model(run: Run, slot: str = "", after: str = "") -> None:
    """Give the browser the run's model, if it lacks it, or decode for it what it cannot run.

    Parameters
    ----------
    run
        A trained run.
    slot
        Tells the models of one page apart.
    after
        Key of the container around the chart that the browser draws first: a model may take ten times as long
        to come.
    """
    if browser_files.why_not_live(run):
        serve_decoder(run)
        return
    _offer(_MODEL, f"model-for-browser{slot}", browser_files.model_name(run), browser_files.browser_model(run), after)


def serve_decoder(run: Run) -> None:
    """Decode for the canvas what it asks for, in place of a model that it was sent.

    Parameters
    ----------
    run
        A trained run.
    """
    key = f"decoder-for-browser-{browser_files.model_name(run)}"

    # A part of its own, so that an answer redraws nothing else.
    @frame.part()
    def answer() -> None:
        asked: Asked | None = st.session_state.get(key, {}).get("asked")
        _SERVER(key=key, data=_served(run, asked), on_asked_change=lambda: None)
        # What the browser says in one moment comes with a run of one part alone, which may be this one.
        if st.session_state.get(_UNSEEN) and not frame.is_first_pass():
            st.rerun()


def _served(run: Run, asked: Asked | None) -> bytes:
    """The images that the browser asked for, as levels from 0 to 255; a ValueError if they are too many."""
    channels, height, width = run.data.image_shape
    images = np.zeros((0, height, width, channels), np.uint8)
    if asked is not None:
        z = np.array(asked["z"], np.float32).reshape(-1, run.config.latent_dim)
        if len(z) > MOST_CODES:
            raise ValueError(f"The page asks for {len(z):,} images at once, and {MOST_CODES} are the most: reload it.")
        images = np.rint(255 * run.engine.decode(z, asked["label"]).transpose(0, 2, 3, 1)).astype(np.uint8)
    served = Served(
        model=browser_files.model_name(run),
        latent_dim=run.config.latent_dim,
        image_shape=run.data.image_shape,
        is_vae=run.config.model == "vae",
        num_labels=len(run.data.label_names) if run.config.conditional else 0,
        turn=None if asked is None else asked["turn"],
    )
    return safetensors_file("decoded", served, {"images": images})


def send_place(run: Run, map_key: str) -> None:
    """Have the canvas beside a map go where ``state.go_to`` said last, if it has not been there."""
    place = state.place_sent(run)
    if place is not None:
        sent = PlaceSent(
            map_key=map_key,
            turn=place["turn"],
            run=run.name,
            z=place["z"],
            image=place["image"],
            label=place["label"],
            pins=place["pins"],
            along=1.0,
            kind="linear",
        )
        _PLACE(key=f"place-{map_key}", data=sent)


def send_way(
    run: Run, map_key: str, ends: Sequence[state.WayPoint], along: float, kind: str, label: int | None, turn: str
) -> None:
    """Have the canvas beside a map, whose link is ``"ends"``, go to the way between two places.

    Parameters
    ----------
    run
        A trained run.
    map_key
        Key of the container around the map's chart.
    ends
        Where the way begins and where it ends.
    along
        How much of it lies behind, from 0 to 1.
    kind
        A key of ``vaelab.latent.interpolation.INTERPOLATIONS``.
    label
        That a conditional model decodes it with.
    turn
        Another one each time that the canvas is to go there.
    """
    z = INTERPOLATIONS[kind](*(np.array(end["z"]) for end in ends), np.array([along]))[0]
    sent = PlaceSent(
        map_key=map_key,
        turn=turn,
        run=run.name,
        z=z.tolist(),
        image=None,
        label=label or 0,
        pins=list(ends),
        along=along,
        kind=kind,
    )
    _PLACE(key=f"place-{map_key}", data=sent)


def send_errors(run: Run) -> None:
    """Give the browser what it is to compare the reconstruction of a drawing with; it needs torch, and the images."""
    errors = resources.error_quantiles(run)
    _ERRORS(key="errors-of-images", data=ErrorsSent(model=browser_files.model_name(run), errors=errors))


def send_posterior(run: Run, data: ImageDataset) -> None:
    """Give the browser the posterior of the image that was clicked, which it draws on the map."""
    image = state.chosen_image(run)
    sent = None
    if image is not None and run.engine.is_vae:
        posterior = run.engine.encode(data.images[[image]], data.label_of(image))
        pixels = data.images[image].transpose(1, 2, 0).ravel().tolist() if has_true_posterior(run) else None
        sent = PosteriorSent(
            model=browser_files.model_name(run),
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


def send_thumbnails(data: Labelled, projection: Projection, map_key: str) -> None:
    """Give the browser a map's images, if it lacks them; after the map's chart and the model."""
    name = browser_files.thumbnails_name(data, projection)
    if name is not None and isinstance(data, ImageDataset):
        file = browser_files.browser_thumbnails(name, data, projection)
        _offer(_THUMBNAILS, f"thumbnails-{map_key}", name, file, map_key)


def _offer(mount: Callable[..., Any], key: str, name: str, file: bytes, after: str) -> None:
    """Tell the browser what there is, and where."""
    mount(key=key, data=Offer(name=name, address=offers.offer(file), after=after))


def latent_canvas(
    run: Run,
    data: Labelled,
    projection: Projection,
    map_key: str,
    on_pin: Callable[[Pin], None] = lambda pin: None,
    link: Literal["image", "place", "ends"] | None = None,
    dimension_names: Mapping[int, str] | None = None,
) -> None:
    """Draw the canvas that decodes wherever the pointer is on the map beside it.

    The model must be sent as well: see ``send_model``.

    Parameters
    ----------
    run
        A trained run.
    data
        Its images.
    projection
        The map that the chart shows.
    map_key
        Key of the container around the chart.
    on_pin
        Called before the rerun that follows a click, or a slider let go; by default a pin is for
        the browser alone.
    link
        On a page with several: whether the others go to the same image, or to the same place. On a page about the
        way between two places, ``"ends"``: clicks set them in turn.
    dimension_names
        What people call dimensions, from 0, by their sliders.
    """
    name = browser_files.model_name(run)
    key = f"canvas-{map_key}"

    def pinned() -> None:
        pin: PinSent | None = st.session_state[key]["pin"]
        # What was pinned before the run was changed is of another latent space.
        if pin and pin["model"] == name:
            on_pin(Pin(np.array(pin["z"], dtype=np.float32), pin["image"], pin["label"], pin["pins"], pin["along"]))
            st.session_state[_UNSEEN] = True

    _CANVAS(
        key=key,
        data=browser_files.browser_map(run, data, projection, map_key, link, dimension_names),
        on_pin_change=pinned,
    )
    st.session_state[_UNSEEN] = False
