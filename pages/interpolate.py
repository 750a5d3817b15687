"""Interpolate: walk from one image, or any other place, to another through latent space."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import address, controls, fitting, frame, places, resources, state, widgets
from pages._ui.image_table import Strip, Words, draw_pictures, draw_strips
from pages._ui.latent_canvas import Pin, latent_canvas, send_model, send_thumbnails, send_way
from vaelab.export import animated_gif
from vaelab.figures import latent_map
from vaelab.latent.interpolation import INTERPOLATIONS

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.latent.projections import Projection
    from vaelab.runs import Run

MAP_KEY = "interpolation-map"
#: The ends of the way, and what they are called in the URL: ``?a=12&b=z0.75,-1.44``, an image or a place.
ENDS = {"A": "a", "B": "b"}
#: Where on the way one is at first.
MIDDLE = 0.5
#: Among the classes that an end is drawn from: all of them.
ANY = -1

HOW = (
    "**Move over the map** to decode it. **Click two places**, on a point or beside one: the first becomes A, the "
    "second B, and the line is the way."
)


class Way(NamedTuple):
    """From one place to another."""

    ends: tuple[state.WayPoint, state.WayPoint]
    kind: str  # a key of INTERPOLATIONS
    label: int | None  # that a conditional model decodes it with

    def at(self, t: NDArray[np.floating]) -> NDArray[np.float64]:
        """Codes ``(K, D)`` at ``t`` ``(K,)``, from 0 to 1."""
        return INTERPOLATIONS[self.kind](*(np.array(end["z"]) for end in self.ends), t)


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.INTERPOLATE)
        data = resources.images_of(run)
        map_kind = widgets.choose_map(run)
        way_kind = controls.segmented_control(
            "Way",
            param="way",
            key="way",
            options=list(INTERPOLATIONS),
            default="linear",
            help="**Linear**: straight through latent space. **Spherical**: along an arc around "
            "the origin, which keeps to where the prior has its mass in many dimensions.",
            format_func=str.capitalize,
        )
        num_steps = controls.slider(
            "Steps",
            param="steps",
            key="steps",
            min_value=4,
            max_value=24,
            step=1,
            default=12,
            help="Images in the film strip.",
            width=180,
        )
    fitting.say_what_suits(fitting.INTERPOLATE, run)
    if reason := resources.why_not_live(run):
        st.caption(reason)

    @frame.part(every=1.0, until=lambda: not widgets.map_or_stand_in(run, map_kind).waiting)
    def body() -> None:
        view = widgets.map_or_stand_in(run, map_kind)
        projection = view.projection
        for end in ENDS:
            open_end(run, data, projection, end)
        way = Way(ends_of(run), way_kind, label_of(run))
        keep_ends(run, data)
        along = keep_along(run)
        with st.container(gap=None):  # neither shows anything
            send_model(run, after=MAP_KEY)
            send_way(run, MAP_KEY, way.ends, along, way_kind, way.label, f"{turn_of(run)} {way_kind}")
            st.session_state[_of(run, "turn-sent")] = turn_of(run)
        left, right = st.columns([3, 2], gap="medium")
        with right:
            latent_canvas(run, data, projection, MAP_KEY, lambda pin: pinned(run, data, projection, pin), "ends")
            draw_ends(run, data, projection, way)
        with left:
            view.say()
            draw_map(run, data, projection)
            about = f" {widgets.WAYS_ON_UMAP}" if projection.kind == "umap" else ""
            st.caption(HOW + about)
        draw_way(run, way, num_steps)
        send_thumbnails(data, projection, MAP_KEY)


def draw_way(run: Run, way: Way, num_steps: int) -> None:
    """Decode the way in steps, and offer it as a film."""
    st.markdown("## The way, decoded")
    t = np.linspace(0, 1, num_steps)
    if not resources.torch_is_loaded():
        with st.spinner("Loading the decoder …"):
            resources.load_torch()
    draw_strips(
        [
            Strip("from A to B", run.engine.decode(way.at(t), way.label)),
            Words("of the way", [f"{part:.0%}" for part in t]),
        ],
        num_steps,
    )
    names = "-".join("place" if end["image"] is None else str(end["image"]) for end in way.ends)
    st.download_button(
        "Save as animated GIF",
        # Made on demand, and from twice the frames: smooth there and back.
        lambda: animated_gif(run.engine.decode(way.at(np.linspace(0, 1, 2 * num_steps)), way.label)),
        file_name=f"{run.name}-{names}.gif",
        mime="image/gif",
        help="The way there and back, with twice as many images.",
        on_click="ignore",  # a rerun would replace what is being fetched
        icon=":material/gif_box:",
    )


def draw_ends(run: Run, data: ImageDataset, projection: Projection, way: Way) -> None:
    """Draw what is at A and at B, and what chooses other images for them."""
    draw_pictures([picture_of(run, data, way, end) for end in ENDS])
    classes = [ANY, *range(len(data.label_names))]
    for end, column in zip(ENDS, st.columns(2, gap="small"), strict=True):
        with column, st.container(horizontal=True, vertical_alignment="bottom"):
            label = ANY
            if len(classes) > 2:
                key = f"class-{end}-{data.key}"
                label = st.selectbox(
                    f"Class of {end}",
                    classes,
                    key=key,
                    format_func=lambda label: "any" if label == ANY else f"“{data.label_names[label]}”",
                    label_visibility="collapsed",
                    persist_state="session",
                    help="Random images are drawn from this class.",
                    on_change=lambda end=end, key=key: pick_random(run, data, projection, end, st.session_state[key]),
                )
            st.button(
                f"Draw {end}",
                icon=":material/casino:",
                key=f"draw-{end}",
                help=f"Draw another image for {end}.",
                on_click=pick_random,
                args=(run, data, projection, end, label),
            )


def picture_of(run: Run, data: ImageDataset, way: Way, end: str) -> tuple[NDArray[np.generic], str]:
    """What to show of an end: its image or, where there is none, what the place decodes to."""
    point = way.ends[list(ENDS).index(end)]
    if point["image"] is not None:
        return data.images[point["image"]], f"{end}: {widgets.describe_image(data, point['image'])}"
    return run.engine.decode(np.array([point["z"]]), way.label)[0], f"{end}: decoded, between the images"


def draw_map(run: Run, data: ImageDataset, projection: Projection) -> None:
    """Draw the map; the way on it is the canvas's."""
    labels = None if data.labels is None else data.labels[projection.indices]
    figure = latent_map(projection, labels, data.label_names, webgl=frame.has_webgl())

    # Where the canvas runs it answers clicks, and this is never called.
    def clicked() -> None:
        index = state.clicked_image(MAP_CHART_KEY)
        if index is not None:
            end = st.session_state.get(NEXT_KEY, "A")
            set_end(run, data, end, image_at(run, data, projection, index))
            st.session_state[NEXT_KEY] = "B" if end == "A" else "A"

    with st.container(key=MAP_KEY):
        widgets.chart(
            figure,
            fills=True,
            key=MAP_CHART_KEY,
            on_select=clicked,
            selection_mode="points",
            config=widgets.MAP_CONFIG,
        )


MAP_CHART_KEY = f"{MAP_KEY}-chart"
#: In the session: which end the next click sets, where no canvas answers it.
NEXT_KEY = "end-to-set"


# The ends ---------------------------------------------------------------------------------------


def _of(run: Run, what: str) -> str:
    return f"interpolation-{what}:{run.name}"


def ends_of(run: Run) -> tuple[state.WayPoint, state.WayPoint]:
    """Where the way begins, and where it ends."""
    a, b = (st.session_state[_of(run, end)] for end in ENDS)
    return a, b


def along_of(run: Run) -> float:
    """How much of the way lies behind."""
    along: float = st.session_state.get(_of(run, "along"), MIDDLE)
    return along


def label_of(run: Run) -> int | None:
    """The label that a conditional model decodes the way with: at first that of A."""
    label: int | None = st.session_state.get(_of(run, "label"))
    return label


def turn_of(run: Run) -> str:
    """What tells the ends that the canvas is to go to from earlier ones."""
    turn: str = st.session_state[_of(run, "turn")]
    return turn


def set_end(run: Run, data: ImageDataset, end: str, point: state.WayPoint) -> None:
    """Choose an end, for the canvas to go there."""
    st.session_state[_of(run, end)] = point
    if end == "A" and point["image"] is not None:
        st.session_state[_of(run, "label")] = data.label_of(point["image"])
    st.session_state[_of(run, "turn")] = str(time.time_ns())


def pinned(run: Run, data: ImageDataset, projection: Projection, pin: Pin) -> None:
    """Take over the ends that were set in the browser, which need not be sent there."""
    # What comes along with a press of Draw is from before it.
    if len(pin.way) != len(ENDS) or turn_of(run) != st.session_state.get(_of(run, "turn-sent")):
        return
    for end, point in zip(ENDS, pin.way, strict=True):
        image = point["image"]  # whose code the browser has in half precision
        st.session_state[_of(run, end)] = point if image is None else image_at(run, data, projection, image)
    st.session_state[_of(run, "along")] = pin.along
    st.session_state[_of(run, "label")] = pin.label if run.config.conditional else None


def image_at(run: Run, data: ImageDataset, projection: Projection, index: int) -> state.WayPoint:
    """An image as an end of the way."""
    return state.WayPoint(z=places.code_of(run, data, projection, index).tolist(), image=index)


def open_end(run: Run, data: ImageDataset, projection: Projection, end: str) -> None:
    """Choose what the URL names for an end or, at first, an image at random."""
    text = address.take(ENDS[end])
    if text is None and _of(run, end) in st.session_state:
        return
    first = image_at(run, data, projection, first_end(data, end))
    try:
        set_end(run, data, end, read_end(run, data, projection, text) if text else first)
    except ValueError as error:
        set_end(run, data, end, first)
        st.warning(f"{end}: {error}", icon=":material/link_off:")


def read_end(run: Run, data: ImageDataset, projection: Projection, text: str) -> state.WayPoint:
    """An end as the URL has it; a ValueError says what is wrong with it."""
    if text.startswith("z"):
        return state.WayPoint(z=places.read_code(run, text[1:]).tolist(), image=None)
    return image_at(run, data, projection, places.read_image(data, text))


def keep_ends(run: Run, data: ImageDataset) -> None:
    """Write the ends into the URL, unless they are the first ones."""
    for (end, name), point in zip(ENDS.items(), ends_of(run), strict=True):
        image = point["image"]
        text = f"z{places.write_code(point['z'])}" if image is None else str(image)
        address.put(name, None if image == first_end(data, end) else text)


def keep_along(run: Run) -> float:
    """How much of the way lies behind: as the URL says, and then as the browser does, which the URL is told."""
    text = address.take("along")
    if text is not None:
        along = float(text) if re.fullmatch(r"0|1|0?\.\d+", text) else MIDDLE
        st.session_state[_of(run, "along")] = along
        st.session_state[_of(run, "turn")] = str(time.time_ns())
    along = along_of(run)
    address.put("along", None if along == MIDDLE else f"{along:.3g}")
    return along


def first_end(data: ImageDataset, end: str) -> int:
    """The image at an end before one is chosen: the same on every visit."""
    return int(np.random.default_rng(ord(end)).choice(np.arange(len(data))))


def pick_random(run: Run, data: ImageDataset, projection: Projection, end: str, label: int) -> None:
    """Draw an image of a class, or of any, for an end; it is at neither end now."""
    candidates = np.arange(len(data))
    if label != ANY and data.labels is not None:
        candidates = candidates[data.labels == label]
    shown = [point["image"] for point in ends_of(run) if point["image"] is not None]
    index = widgets.draw_another(candidates, shown)
    set_end(run, data, end, image_at(run, data, projection, index))


frame.show(main, __file__)
