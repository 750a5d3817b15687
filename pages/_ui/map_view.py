"""How latent space is laid on the screen: the map that is chosen, or what stands in for it."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from pages._ui import controls, resources, state
from pages._ui.asking import ask_for
from vaelab.datasets import ImageDataset, Labelled
from vaelab.latent.projections import MAX_POINTS, Projection, ProjectionKind
from vaelab.runs import Run
from vaelab.runs.results import RESULTS, kinds_of_map

__all__ = [
    "MAP_CONFIG",
    "WAYS_ON_UMAP",
    "MapView",
    "choose_map",
    "choose_points",
    "color_choice",
    "map_or_stand_in",
    "say_collapsed",
]


#: Plotly's tool bar, reduced to what moves the map.
MAP_CONFIG = {
    "displaylogo": False,
    "scrollZoom": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "toImage"],
}

#: Said where a way leads through a UMAP map.
WAYS_ON_UMAP = (
    "On a UMAP map the line shows only roughly where a way runs, since this map has places for the images only."
)

MAP_NAMES: dict[ProjectionKind, str] = {
    "plane": "Latent plane",
    "umap": "UMAP",
    "pca": "PCA",
    "pair": "Two dimensions",
    "epochs": "All epochs",
}


def say_collapsed(run: Run) -> None:
    """Where a VAE learned to do without its code: say so, and what would help."""
    figures = run.evaluation() or {}
    if run.config.model == "ae" or figures.get("active_units", 1):
        return
    config = run.config_after()
    settings = config.minimized.settings
    weight = "beta" if "beta" in settings else "gamma"
    now, symbol = getattr(config, weight), settings[weight].label.partition(",")[0]
    warm_up = "" if config.kl_warmup else f", or let {symbol} rise slowly (the warm-up)"
    lower = f"Train again with {symbol} below {now:g}" if now > 0 else "Train again for longer"
    st.warning(
        "This model ignores its code: all images have nearly the same one, and every place on the map decodes to "
        f"nearly the same image. {lower}{warm_up}.",
        icon=":material/warning:",
    )


def choose_map(run: Run, pairs: bool = False, epochs: bool = False) -> ProjectionKind:
    """Choose how latent space is laid on the screen; with ``pairs``, along two of its dimensions as well.

    With ``epochs``, where no other map suits all epochs of a training, on PCA of them together as well.
    """
    kinds = kinds_of_map(run.config.latent_dim)
    if "umap" in kinds and not _has_umap(run):
        kinds.remove("umap")
    if pairs and run.config.latent_dim > 2:
        kinds.append("pair")
    if epochs and run.config.latent_dim > 2:
        kinds.append("epochs")
    return controls.segmented_control(
        "Map",
        param="map",
        key=state.KIND_KEY,
        options=kinds,
        default=kinds[0],
        help="**Latent plane**: the two numbers of the code as they are. **PCA**: the two "
        "directions in which codes vary most. **UMAP**: neighbours stay neighbours; distances "
        "between far groups mean little."
        + (" **Two dimensions**: two numbers of the code, whichever you choose." if "pair" in kinds else "")
        + (
            " **All epochs**: PCA of what codes were after every epoch; go back through them."
            if "epochs" in kinds
            else ""
        ),
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
    if RESULTS[kind].is_quick:
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
