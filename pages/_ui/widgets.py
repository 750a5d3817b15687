"""Control groups that more than one page shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from pages._ui import address, controls, frame, resources, state
from pages._ui.text import explained, plain
from vaelab.choices import ARCHITECTURES
from vaelab.datasets import ImageDataset, Labelled
from vaelab.figures.lecture import enlarged
from vaelab.images import enlarge, png_data_uri, tile, to_pixels
from vaelab.latent.projections import MAX_POINTS, Projection, ProjectionKind
from vaelab.runs import Run, RunError, broken_runs, list_runs
from vaelab.runs.naming import kind_of, summary_of
from vaelab.runs.results import kinds_of_map, read_progress

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = [
    "ARCHITECTURE_NAMES",
    "MAP_CONFIG",
    "WAYS_ON_UMAP",
    "MapView",
    "attempt",
    "chart",
    "choose_map",
    "choose_other_run",
    "choose_points",
    "choose_run",
    "color_choice",
    "describe_image",
    "describe_run",
    "draw_another",
    "duration",
    "kind_of",
    "map_or_stand_in",
    "megabytes",
    "named",
    "picture",
    "plain",
    "result_or_progress",
    "resume_button",
    "say_collapsed",
    "sheet",
    "show_pixels",
    "size_on_disk",
    "stop_button",
    "summary_of",
    "told_apart",
    "toolbar",
    "unsaid",
]

#: Plotly's tool bar, reduced to what moves the map.
MAP_CONFIG = {
    "displaylogo": False,
    "scrollZoom": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "toImage"],
}

#: What architectures are called within a sentence.
ARCHITECTURE_NAMES = {name: architecture.word for name, architecture in ARCHITECTURES.items()}

#: Said where a way leads through a UMAP map.
WAYS_ON_UMAP = (
    "On a UMAP map the line shows only roughly where a way runs, since this map has places for the images only."
)

#: Images in a row of a phone's screen.
MOST_ON_PHONE = 7

MAP_NAMES: dict[ProjectionKind, str] = {
    "plane": "Latent plane",
    "umap": "UMAP",
    "pca": "PCA",
    "pair": "Two dimensions",
}


def chart(figure: go.Figure, *, fills: bool = False, **options: Any) -> Any:
    """Show a figure, enlarged on a projector; options as ``st.plotly_chart`` takes them.

    One that ``fills`` is there as high as the style sheet of a presentation says: what the screen has left.
    """
    if frame.presenting():
        figure = enlarged(figure)
        options |= {"height": "stretch"} if fills else {}
    # Plotly's own tips come in a box of their own over whatever is at the top of the page.
    config = {"showTips": False} | options.pop("config", {})
    return st.plotly_chart(figure, config=config, **options)


def toolbar(key: str | None = "page-toolbar") -> DeltaGenerator:
    """A row for the controls above a page; it wraps where the screen is narrow. Further down, it has another key."""
    return st.container(key=key, horizontal=True, vertical_alignment="bottom", gap="medium")


def attempt(action: Callable[..., object], *arguments: object) -> None:
    """Do what a button says, in its callback; if it fails, say why in one sentence."""
    try:
        action(*arguments)
    except (RunError, ConnectionError, ValueError) as error:
        st.toast(explained(error), icon=":material/error:", duration="infinite")


def stop_button(run: Run, help: str, key: str | None = None, disabled: bool = False) -> None:
    """A button that ends a run's training."""
    st.button(
        "Stop",
        icon=":material/stop:",
        key=key,
        help=help,
        disabled=disabled,
        on_click=attempt,
        args=(resources.jobs().stop, run),
    )


def resume_button(run: Run, key: str | None = None) -> None:
    """A button that goes on with a run's training."""
    st.button(
        "Resume",
        icon=":material/resume:",
        key=key,
        help="Go on from the last finished epoch.",
        on_click=attempt,
        args=(resources.jobs().train_soon, run),
    )


def duration(seconds: float) -> str:
    """Write how long something took: ``"12 s"``, ``"3 min 5 s"``, ``"2 h 10 min"``."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def size_on_disk(run: Run) -> str:
    """Write how much a run takes on the disk."""
    return megabytes(run.num_bytes)


def megabytes(num_bytes: int) -> str:
    """Write a size: ``"0.3 MB"``, ``"12 MB"``, ``"1.4 GB"``."""
    millions = num_bytes / 1e6
    if millions >= 1000:
        return f"{millions / 1000:.1f} GB"
    return f"{millions:.0f} MB" if millions >= 10 else f"{millions:.1f} MB"


def told_apart(runs: Sequence[Run], name_of: Callable[[Run], str]) -> Callable[[Run], str]:
    """Write runs so that no two look the same, by what tells them apart and nothing else.

    Parameters
    ----------
    runs
        Those that stand beside each other.
    name_of
        How a run is written.

    Returns
    -------
    callable
        Takes one of the runs: ``"digits, β 4 · 16:50"`` where another of this name was made at another time.
    """

    def made(form: str) -> Callable[[Run], str]:
        return lambda run: datetime.fromtimestamp(run.created).strftime(form).lstrip("0")

    return controls.distinct(
        runs,
        name_of,
        lambda run: unsaid(run, name_of(run)),
        made("%H:%M"),
        made("%d %b, %H:%M"),
        made("%H:%M:%S"),
        lambda run: run.name,
    )


def choose_run(opens_on: Callable[[Mapping[str, Run], str | None], str | None] | None = None) -> Run:
    """Choose a run; the same choice on every page, and in the URL.

    Parameters
    ----------
    opens_on
        Which run the page is about when its address names none: of all runs, by name, given the one
        looked at last; by default that one, or else the first. Other pages go on with the one
        looked at last.
    """
    runs = resources.all_runs()
    if not runs:
        st.info("There is no trained model yet. Go to **Train**, and press **Start training**.")
        st.stop()
    asked = address.asked(state.RUN_KEY)
    wanted = state.wanted_run()
    chosen = wanted if wanted in runs else next(iter(runs))
    if opens_on is not None and address.is_new_here("run-opened-on"):
        state.stand_in(None if asked in runs else opens_on(runs, wanted))
    stand_in = state.standing_in()
    if opens_on is not None and stand_in in runs:
        chosen = stand_in
        state.show_run(chosen)
    else:
        state.want_run(chosen)
    if wanted is not None and wanted not in runs:
        # Not in the row of controls, which it would squeeze; and a page that is still loading redraws at once.
        st.toast(
            f"The address asks for the model “{plain(wanted)}”, which {plain(why_not_here(wanted))} "
            f"Showing {plain(runs[chosen].title)} instead.",
            icon=":material/link_off:",
            duration="infinite",
        )
    names = told_apart(list(runs.values()), describe_run)
    name = st.selectbox(
        "Model",
        list(runs),
        key=state.RUN_KEY,
        format_func=lambda name: names(runs[name]),
        help="The trained model to look at. Train your own on the Train page.",
        on_change=state.run_chosen,
        width=340,
    )
    address.put(state.RUN_KEY, name)
    return resources.fresh(runs[name])


def why_not_here(name: str) -> str:
    """Why a run is none of those that can be looked at, as the end of a sentence about it."""
    problem = next((problem for path, problem in broken_runs().items() if path.name == name), None)
    if problem is not None:
        return f"cannot be opened: {problem}"
    if any(run.name == name for run in list_runs()):
        return "has not finished an epoch yet."
    return "is not here."


def choose_other_run(
    label: str,
    *,
    key: str,
    runs: Sequence[Run],
    help: str,
    prefer: Callable[[Run], bool] | None = None,
) -> Run | None:
    """Choose a second run, beside the page's own; in the URL as ``?beside=NAME``.

    Parameters
    ----------
    label
        What it is called.
    key
        Of the widget.
    runs
        Which can be chosen; None is returned where there are none.
    help
        What it is chosen for.
    prefer
        Which is shown before one is chosen; the first by default.
    """
    by_name = {run.name: run for run in runs}
    if not by_name:
        return None
    name = controls.selectbox(
        label,
        param="beside",
        key=key,
        options=list(by_name),
        default=next((run.name for run in runs if prefer is not None and prefer(run)), runs[0].name),
        help=help,
        format_func=lambda name: describe_run(by_name[name]),
        always=True,
        width=340,
    )
    return resources.fresh(by_name[name])


class Asked(NamedTuple):
    """A result that was asked for: None while a job makes it, or where it cannot be made."""

    result: Any
    problem: str = ""  # in markdown


def ask_for(run: Run, name: str) -> Asked:
    """A result, which a job is to make where there is none; in a part of the page that looks again."""
    found = resources.known(run, name)
    if found is not None:
        return Asked(found)
    queue = resources.jobs()
    try:
        queue.make(run, name)
    except ConnectionError as error:
        return Asked(None, explained(error))
    state, why = queue.state(run, name)
    return Asked(None, plain(why) if state == "failed" else "")


def result_or_progress(run: Run, name: str, what: str) -> Any:
    """A result or, while a job makes it, a progress bar and None; in a part of the page that looks again.

    Parameters
    ----------
    run
        A trained run.
    name
        A key of ``vaelab.runs.results.RESULTS``.
    what
        What is being done, in markdown: ``"Making the maps"``.
    """
    found, problem = ask_for(run, name)
    if problem:
        st.error(f"{what} failed: {problem}", icon=":material/error:")
    elif found is None:
        st.progress(read_progress(run, name), f"{what} …")
    return found


def say_collapsed(run: Run) -> None:
    """Where a VAE learned to do without its code: say so, and what would help."""
    figures = run.evaluation() or {}
    if run.config.model == "ae" or figures.get("active_units", 1):
        return
    warm_up = "" if run.config.kl_warmup else ", or let {symbol} rise slowly (the warm-up)"
    settings = run.config.minimized.settings
    weight = "beta" if "beta" in settings else "gamma"
    now, symbol = getattr(run.config, weight), settings[weight].label.partition(",")[0]
    lower = f"Train again with {symbol} below {now:g}" if now > 0 else "Train again for longer"
    st.warning(
        "This model ignores its code: all images have nearly the same one, and every place on the map decodes to "
        f"nearly the same image. {lower}{warm_up}.",
        icon=":material/warning:",
    )


def describe_run(run: Run) -> str:
    """Name a run and what it is, in one line."""
    example = " (example)" if resources.is_example(run) else ""
    return f"{named(run)}{example}"


def named(run: Run) -> str:
    """A run's title and, as far as that does not say it, what it is: ``"digits, β 4 · VAE 2-D"``."""
    more = unsaid(run, run.title)
    return f"{run.title} · {more}" if more else run.title


def unsaid(run: Run, name: str) -> str:
    """What a model is in a few words, without those that its name has already."""
    parts = summary_of(run.config).split(", ")
    return ", ".join(part for part in parts if not re.search(rf"(?<!\w){re.escape(part)}(?![\w.])", name))


def choose_map(run: Run, pairs: bool = False) -> ProjectionKind:
    """Choose how latent space is laid on the screen; with ``pairs``, along two of its dimensions as well."""
    kinds = kinds_of_map(run.config.latent_dim)
    if "umap" in kinds and not _has_umap(run):
        kinds.remove("umap")
    if pairs and run.config.latent_dim > 2:
        kinds.append("pair")
    return controls.segmented_control(
        "Map",
        param="map",
        key=state.KIND_KEY,
        options=kinds,
        default=kinds[0],
        help="**Latent plane**: the two numbers of the code as they are. **PCA**: the two "
        "directions in which codes vary most. **UMAP**: neighbours stay neighbours; distances "
        "between far groups mean little."
        + (" **Two dimensions**: two numbers of the code, whichever you choose." if "pair" in kinds else ""),
        format_func=MAP_NAMES.__getitem__,
    )


def _has_umap(run: Run) -> bool:
    """Whether a UMAP map was made or can be, for which the images must be there."""
    return resources.known(run, "umap") is not None or isinstance(resources.images_or_labels(run), ImageDataset)


def choose_points(data: Labelled, kind: ProjectionKind) -> int:
    """Choose how many images are on the map, if there are many; UMAP of all would take too long."""
    if len(data) <= MAX_POINTS or kind == "umap":
        return MAX_POINTS
    return controls.selectbox(
        "Points",
        param="points",
        key=f"points:{len(data)}",
        options=[MAX_POINTS, len(data)],
        default=MAX_POINTS,
        help="How many images are on the map.",
        format_func=lambda number: f"{number:,}" if number < len(data) else f"All {number:,}",
        to_param=lambda number: str(number) if number < len(data) else "all",
        width=130,
    )


class MapView(NamedTuple):
    """A map to draw, and what to say above it."""

    projection: Projection
    note: str | None = None
    waiting: bool = False

    def say(self) -> None:
        """Show the note, if there is one."""
        if self.projection.is_point:
            st.info("All images have the same code, so the map is a single point.", icon=":material/info:")
        if self.note:
            icon = ":material/hourglass_top:" if self.waiting else ":material/info:"
            st.info(self.note, icon=icon)


def map_or_stand_in(run: Run, kind: ProjectionKind, max_points: int = MAX_POINTS) -> MapView:
    """The map chosen or, while a job makes it, PCA and a sentence that says so."""
    if kind != "umap":
        return MapView(resources.made(run, kind, max_points))
    found, problem = ask_for(run, kind)
    if found is not None:
        return MapView(found)
    stand_in = resources.made(run, "pca")
    if problem:
        return MapView(stand_in, f"The UMAP map could not be made: {problem}")
    note = "The UMAP map is being made, which takes up to a minute the first time. Until then: PCA."
    return MapView(stand_in, note, waiting=True)


def color_choice(data: Labelled) -> str | None:
    """Choose what the points' colours mean: the label or a known factor."""
    options = (["label"] if data.labels is not None else []) + list(data.factor_names)
    if len(options) < 2:
        return options[0] if options else None
    return controls.selectbox(
        "Colour",
        param="colour",
        key=f"color:{data.key}",
        options=options,
        default=options[0],
        help="What the colours of the points mean.",
        format_func=lambda name: name.replace("_", " "),
        width=170,
    )


def describe_image(data: Labelled, index: int) -> str:
    """Name an image of the dataset: its number, and its label and name where it has them."""
    label = "" if data.labels is None else f", “{data.label_names[data.labels[index]]}”"
    called = f", {data.image_names[index]}" if data.image_names and data.image_names[index] else ""
    return f"Image {index}{label}{called}"


def draw_another(candidates: NDArray[np.integer], shown: Collection[int]) -> int:
    """Draw the number of an image at random; as long as there is any other, none of those that are shown."""
    others = candidates[~np.isin(candidates, list(shown))]
    return int(np.random.default_rng().choice(others if len(others) else candidates))


def picture(image: NDArray[np.generic], caption: str, side: int = 320) -> None:
    """Show one image ``(C, H, W)``, every pixel a crisp square."""
    show_pixels(enlarge(to_pixels(image[None])[0], side), alt=caption, caption=f":small[{plain(caption)}]")


def sheet(images: NDArray[np.generic], columns: int, alt: str, side: int = 64) -> None:
    """Show images ``(N, C, H, W)`` in rows of so many; on a phone, where each would be tiny, in shorter ones."""
    if frame.is_narrow():
        columns = -(-columns // -(-columns // MOST_ON_PHONE))
    times = max(1, -(-side // images.shape[3]))
    show_pixels(tile(images, columns, gap=2, times=times), alt)


def show_pixels(pixels: NDArray[np.uint8], alt: str, caption: str | None = None) -> None:
    """Show a picture, ``(H, W, 3)`` or with opacity ``(H, W, 4)``, as wide as its place."""
    # As a data address: a picture served as a file is gone once the next rerun has replaced it,
    # which on a page that redraws itself every second is before a slow browser has fetched it.
    st.image(png_data_uri(pixels), caption, width="stretch", alt=alt)
