"""Explore: the map of a trained model, decoded wherever the pointer is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import address, code_panel, controls, dimensions, frame, live, places, resources, state, widgets
from pages._ui.latent_canvas import (
    Pin,
    latent_canvas,
    send_errors,
    send_model,
    send_place,
    send_posterior,
    send_thumbnails,
)
from pages._ui.posteriors import NO_POSTERIORS, choose_posteriors, draw_posteriors, say_posteriors
from pages._ui.text import licence_of
from vaelab.datasets import ImageDataset, Labelled
from vaelab.figures import latent_map

if TYPE_CHECKING:
    from vaelab.latent.projections import Projection, ProjectionKind
    from vaelab.runs import Remembered, Run

#: Of the container around the chart, by which the browser finds it, and of the chart itself.
MAP_KEY = "latent-map"
CHART_KEY = "latent-map-chart"


def main() -> None:
    with widgets.toolbar():
        run = widgets.choose_run()
        data = resources.images_or_labels(run)
        kind = widgets.choose_map(run, pairs=True)
        max_points = widgets.choose_points(data, kind)
        dims = dimensions.choose_pair(run, max_points) if kind == "pair" else None
        color = widgets.color_choice(data)
        found = find_images(data)
        drawn = choose_posteriors(run, data, kind)
        grid = choose_grid()
    if not isinstance(data, ImageDataset):
        st.warning(f"{data.why} Map, decoder and sliders work without them.", icon=":material/hide_image:")
    explore(run, data, Shown(kind, max_points, dims, color, found, grid, drawn, live.decodes_live(run)))
    about(run)


class Shown(NamedTuple):
    """What is chosen above the map."""

    kind: ProjectionKind
    max_points: int
    dims: tuple[int, int] | None  # along the axes, on a map of two dimensions
    color: str | None
    found: NDArray[np.int64]
    grid: Grid | None
    posteriors: str
    is_live: bool


#: How points are drawn over a decoded grid.
Grid = Literal["faint", "full", "none"]
GRID_NAMES: dict[Grid, str] = {"faint": "Faint", "full": "Full", "none": "None"}


def choose_grid() -> Grid | None:
    """Choose whether images are decoded under the points and, if so, how much is seen of these."""
    shown = controls.toggle(
        "Decoded grid",
        param="grid",
        key="grid",
        help="Draw under the points what the decoder makes of every place of the map.",
    )
    if not shown:
        return None
    return controls.segmented_control(
        "Points over it",
        param="dots",
        key="grid-dots",
        options=list(GRID_NAMES),
        default="faint",
        help="How much is seen of the images' points: the grid lies under them.",
        format_func=GRID_NAMES.__getitem__,
    )


def find_images(data: Labelled) -> NDArray[np.int64]:
    """Choose images by what they are called: a nickname, or a file."""
    names = data.image_names
    if not any(names):
        return np.zeros(0, np.int64)
    wanted = controls.text_input(
        "Find",
        param="find",
        key=f"find:{data.key}",
        default="",
        help="A nickname or the name of a file: its images get a ring on the map.",
        placeholder="nickname or file",
        width=160,
    )
    typed, wanted = wanted.strip(), folded(wanted.strip())
    if not wanted:
        return np.zeros(0, np.int64)
    called = [folded(name) for name in names]
    found = [index for index, name in enumerate(called) if name == wanted]
    # Who writes a part of a name means any that have it, unless that is a name itself.
    found = found or [index for index, name in enumerate(called) if wanted in name]
    if not found:
        st.toast(f"No image is called “{widgets.plain(typed)}”.", icon=":material/search_off:")
    return np.array(found, np.int64)


def folded(name: str) -> str:
    """A name for comparing: without case, and with the signs that names were once kept with instead of markup."""
    return name.casefold().translate(str.maketrans("[]<>`\\", "()‹›'/"))


def explore(run: Run, data: ImageDataset | Remembered, shown: Shown) -> None:
    # Importing torch holds up the server, and the cores, for seconds. So the first time in a
    # server's life what needs it waits until the browser has drawn the rest, and asks for it.
    view_of(run, shown)  # of a map that was not kept, this takes torch at once
    cold = not resources.torch_is_loaded()

    def is_complete() -> bool:
        return resources.torch_is_loaded() and not view_of(run, shown).waiting

    # A click redraws this part only; while something is missing it looks again.
    @frame.part(every=2.0 if cold else 1.0, until=is_complete)
    def body() -> None:
        view = view_of(run, shown)
        wait = cold and frame.is_first_pass()
        if wait:
            address.keep_what_is_asked()
        places.open_place(run, data, view.projection)
        show_found(run, data, view.projection, shown.found)
        if not shown.is_live:
            places.keep_place(run, data, view.projection)
        places.say_what_is_wrong(run)
        if shown.is_live:
            with st.container(key="explore-senders"):  # none of them shows anything
                live.wait_for_browser()
                send_model(run, after=MAP_KEY)
                send_place(run, MAP_KEY)
        left, right = st.columns([3, 2], gap="medium")
        with right:  # first: while the browser draws the chart it comes to nothing else
            if shown.is_live:
                draw_live(run, data, view.projection, wait)
            elif wait:
                st.info(LOADING, icon=":material/hourglass_top:")
            else:
                live.say_who_decodes()
                code_panel.draw(run, data, view.projection)
                dimensions.name_a_dimension(run)
        with left:
            widgets.say_collapsed(run)
            view.say()
            draw_map(run, data, view.projection, shown)
            say_posteriors(data, view.projection, shown.posteriors)
            say_found(run, data, view.projection, shown.found)
            with st.container(key="by-mouse"):
                st.caption(how_to(shown, view.projection.kind))
            if shown.is_live:
                with st.container(key="by-finger"):
                    st.caption(how_by_finger(view.projection.kind))
            if not cold:
                frame.part()(partial(draw_samples, run))
        if shown.is_live and isinstance(data, ImageDataset) and not cold:
            send_thumbnails(data, view.projection, MAP_KEY)
            send_errors(run)
        if cold and not wait:
            resources.load_torch()
            st.rerun()


def view_of(run: Run, shown: Shown) -> widgets.MapView:
    """The map chosen, or what stands in for it, with its axes called what people call them."""
    if shown.dims is None:
        view = widgets.map_or_stand_in(run, shown.kind, shown.max_points)
        return view._replace(projection=dimensions.with_names(run, view.projection))
    projection = dimensions.map_of_pair(run, shown.dims, shown.max_points)
    return widgets.MapView(dimensions.with_names(run, projection, shown.dims))


#: How a map came to be, by its kind.
PLACED: dict[ProjectionKind, str] = {
    "plane": "placed by the encoder",
    "pair": "placed by two numbers of its code",
    "pca": "encoded, then projected by PCA",
    "umap": "encoded, then laid out by UMAP",
}


def how_to(shown: Shown, kind: ProjectionKind) -> str:
    """Say what can be done on the map, and only what can; its kind may be that of a stand-in."""
    legend = "; click a class in the legend to hide it" if shown.color == "label" else ""
    if not shown.is_live:
        return (
            f"Each point is an image, {PLACED[kind]}. **Click a point** to decode it; scroll to "
            f"zoom, drag to move{legend}."
        )
    others = ", with the other numbers left where the sliders are" if shown.dims else ""
    between = f" {widgets.WAYS_ON_UMAP}" if kind == "umap" else ""
    return (
        f"Each point is an image, {PLACED[kind]}. **Move over the map** to decode any place of it{others}; "
        "**click** to stay there, **Shift-click** (or switch on Way-points) to make a way. Drag to move; "
        f"**Ctrl (⌘) and the wheel** zoom, or the wheel alone after a click on the map{legend}.{between}"
    )


def how_by_finger(kind: ProjectionKind) -> str:
    """Say the same to those who have no pointer."""
    return (
        f"Each point is an image, {PLACED[kind]}. **Draw a finger over the map** to decode any place of it, and "
        "**lift it** to stay there. **Two fingers** zoom the map and move it; a finger beside it scrolls the page."
    )


LOADING = "Loading the decoder …"


def show_found(run: Run, data: Labelled, projection: Projection, found: NDArray[np.int64]) -> None:
    """Go to the first of the images that were just looked for; before the sliders are drawn."""
    key = f"found:{run.name}"
    if len(found) and st.session_state.get(key) != found.tolist():
        go_to_image(run, data, projection, int(found[0]))
    st.session_state[key] = found.tolist()


def go_to_image(run: Run, data: Labelled, projection: Projection, index: int) -> None:
    state.go_to(run, places.code_of(run, data, projection, index), index, data.label_of(index))


def say_found(run: Run, data: Labelled, projection: Projection, found: NDArray[np.int64]) -> None:
    """Say how many images were found, and lead from one to the next."""
    if not len(found):
        return
    at = state.chosen_image(run)
    position = found.tolist().index(at) if at in found else -1
    on_map = int(np.isin(found, projection.indices).sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(found_in_words(len(found), on_map, position), width="content")
        if len(found) > 1:
            st.button(
                "Next",
                icon=":material/arrow_forward:",
                key="next-found",
                help="Go to the next image that was found.",
                on_click=go_to_image,
                args=(run, data, projection, int(found[(position + 1) % len(found)])),
            )


def found_in_words(count: int, on_map: int, position: int) -> str:
    """Say how many images match, which of them is looked at (-1 for none), and what is ringed of them."""
    if count == 1:
        return "One image matches and is ringed." if on_map else "One image matches; it is not among the map's points."
    ringed = " and are ringed" if on_map == count else f"; {on_map} of them are on the map, and ringed"
    this = f"; this is the {ordinal(position + 1)}" if position >= 0 else ""
    return f"{count:,} images match{ringed}{this}."


def ordinal(number: int) -> str:
    """A number as one counts: ``"1st"``, ``"12th"``, ``"23rd"``."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 // 10 != 1 else "th"
    return f"{number}{ending}"


def draw_live(run: Run, data: ImageDataset | Remembered, projection: Projection, wait: bool) -> None:
    """The canvas, which needs the server only once z rests, and what the server knows then."""

    def pinned(pin: Pin) -> None:
        state.set_z(run, pin.z)
        state.choose_image(run, pin.image)
        state.set_label(run, pin.label)
        state.set_way(run, pin.way)

    @frame.part()
    def canvas() -> None:
        latent_canvas(run, data, projection, MAP_KEY, pinned, dimension_names=dimensions.names_of(run))
        if places.keep_place(run, data, projection):
            st.rerun()  # so that the warning about the earlier place goes
        dimensions.name_a_dimension(run)
        if wait:
            st.info(LOADING, icon=":material/hourglass_top:")
        else:
            draw_pinned(run, data, projection)
            if isinstance(data, ImageDataset):
                send_posterior(run, data)


def draw_pinned(run: Run, data: ImageDataset | Remembered, projection: Projection) -> None:
    if isinstance(data, ImageDataset):
        code_panel.draw_pinned(run, data, projection)


def draw_map(run: Run, data: ImageDataset | Remembered, projection: Projection, shown: Shown) -> None:
    color = shown.color
    values = labels = None
    if color == "label" and data.labels is not None:
        labels = data.labels[projection.indices]
    elif color is not None and data.factors is not None:
        values = data.factors[projection.indices, data.factor_names.index(color)]
    z, chosen = state.z_of(run), state.chosen_image(run)
    moved = not shown.is_live and (
        chosen is None or not np.allclose(z, places.code_of(run, data, projection, chosen), atol=1e-3)
    )
    figure = latent_map(
        projection,
        labels,
        data.label_names,
        values,
        (color or "").replace("_", " "),
        backdrop=None
        if shown.is_live or not shown.grid
        else resources.backdrop(run, projection, z, state.label_of(run)),
        decoded=shown.is_live and shown.grid is not None,
        points=shown.grid or ("full" if shown.posteriors == NO_POSTERIORS else "faint"),
        # The live canvas marks z itself, so that the chart stays as it is.
        selected=None if shown.is_live else state.anchor_of(run, chosen, int(projection.indices[0]), moved),
        marks={"z": projection.place(z[None])[0]} if moved else None,
        image_names=data.image_names,
        ringed=shown.found,
        webgl=frame.has_webgl(),
    )

    draw_posteriors(figure, run, data, projection, shown.posteriors)

    # Where the browser runs the live canvas, that answers clicks, and this is never called.
    def clicked() -> None:
        index = state.clicked_image(CHART_KEY)
        if index is not None:
            state.choose_image(run, index)
            state.set_z(run, places.code_of(run, data, projection, index))
            state.set_label(run, data.label_of(index))

    with st.container(key=MAP_KEY):
        widgets.chart(
            figure,
            fills=True,
            key=CHART_KEY,
            on_select=clicked,
            selection_mode="points",
            config=widgets.MAP_CONFIG,
        )


def draw_samples(run: Run) -> None:
    with st.container(key="explore-samples"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
            st.markdown("## Samples from the prior")
            seed = controls.seed("Draw again", key="sample-seed", help="Draw other codes from the prior.")
        _, images = run.engine.sample(36, seed)
        widgets.sheet(images, 12, "Images decoded from random codes")
        if not run.config.minimized.fills_prior:
            st.caption(
                "An autoencoder was never asked to fill latent space as the prior does: many of these "
                "come from places where it has put no image. That is what the VAE's KL term mends."
            )


def about(run: Run) -> None:
    with st.expander("About this model"):
        record, figures = run.data, run.evaluation() or {}
        st.markdown(
            f"**{widgets.plain(record.name)}**: {widgets.plain(_sentence(record.description))} "
            f"Source: {widgets.plain(_sentence(record.source))} {licence_of(record.licence)}"
        )
        steps = " ".join(map(widgets.plain, record.steps)) or "The images are as their source has them."
        st.markdown(
            f"**Preprocessing**: {steps} {record.num_train:,} images for training, "
            f"{record.num_validation:,} for validation, {record.num_test:,} for test."
        )
        if figures:
            shown = {
                "ELBO, given the label," if run.config.conditional else "ELBO": figures["elbo"],
                "Reconstruction": figures["reconstruction"],
                "KL": figures["kl"],
            }
            parts = [f"{name} {value:.2f}".replace("-", "−") for name, value in shown.items() if value is not None]
            accuracy = figures["knn_accuracy"]
            extra = "" if accuracy is None else f" 10-nearest-neighbour accuracy {accuracy:.1%}."
            st.markdown(
                f"**On {figures['num_images']:,} held-out images**, in nats per image: "
                f"{', '.join(parts)}. {figures['active_units']} of {run.config.latent_dim} "
                f"dimensions active.{extra}"
            )
            if figures["reconstruction"] < 0:
                st.caption("A reconstruction below zero is no mistake: p(x|z) is a density here, and may exceed 1.")
        st.markdown("**Settings** of its training:")
        st.json(run.config.model_dump(mode="json"), expanded=False)


def _sentence(text: str) -> str:
    """With one full stop at its end, whether it came with one or without."""
    return f"{text.rstrip('.')}." if text else ""


frame.show(main, __file__)
