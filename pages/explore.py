"""Explore: the map of a trained model, decoded wherever the pointer is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._explore.about import about, draw_samples
from pages._explore.decoding import draw_where_blocked, say_why, why_server
from pages._explore.found import find_images, say_found, show_found
from pages._explore.map import MAP_KEY, Shown, choose_grid, draw_map, figure_of, say_how
from pages._explore.panel import draw_pinned
from pages._explore.posteriors import choose_posteriors, say_posteriors
from pages._ui import address, choosing, dimensions, frame, map_view, places, resources, share, state, widgets
from pages._ui.canvas_images import has_true_posterior, send_errors, send_posterior, send_thumbnails
from pages._ui.canvas_places import place_now, send_place
from pages._ui.chosen import chosen_of, is_stale
from pages._ui.chosen_panel import draw_chosen
from pages._ui.decoders import send_model, serve_decoder
from pages._ui.films import draw_film
from pages._ui.latent_canvas import Pin, latent_canvas
from pages._ui.linked_selection import mark_chosen
from pages._ui.share import offer_file, offer_numbers, offer_zip
from pages._ui.time_machine import Passed, draw_time_machine, has_history, history_of, map_of_epochs, say_when_away
from vaelab.datasets import ImageDataset
from vaelab.latent.interpolation import through
from vaelab.sharing import MapOf
from vaelab.sharing.as_code import Code, code_of_map

if TYPE_CHECKING:
    from vaelab.latent.projections import Projection
    from vaelab.runs import Remembered, Run

#: Maps on which places mean the same after every epoch.
THROUGH_TIME = {"plane", "pair", "epochs"}

#: Of the film of a way: how many images from a place that was pinned to the next.
IMAGES_A_LEG = 24


def main() -> None:
    with widgets.toolbar():
        run = choosing.choose_run()
        data = resources.images_or_labels(run)
        kind = map_view.choose_map(run, pairs=True, epochs=has_history(run))
        max_points = map_view.choose_points(data, kind)
        dims = dimensions.choose_pair(run, max_points) if kind == "pair" else None
        color = map_view.color_choice(data)
        found = find_images(data)
        drawn = choose_posteriors(run, data, kind)
        grid = choose_grid()
    if not isinstance(data, ImageDataset):
        st.warning(f"{data.why} Map, decoder and sliders work without them.", icon=":material/hide_image:")
    shown = Shown(kind, max_points, dims, color, found, grid, drawn)
    explore(run, data, shown, why_server(run))
    about(run)

    def offers() -> None:
        maps = maps_now(run, data, shown)
        offer_file(maps)
        offer_numbers(maps[0])
        offer_way(run)
        offer_zip(run)

    share.offer(offers)
    share.offer_code(lambda: code_now(run, shown))


def code_now(run: Run, shown: Shown) -> Code:
    """What is computed here: the map, and the image at the place pinned."""
    kind = None if shown.kind == "pair" else shown.kind
    return code_of_map(run, kind, shown.max_points, state.z_of(run), state.label_of(run), shown.dims)


def maps_now(run: Run, data: ImageDataset | Remembered, shown: Shown) -> list[MapOf]:
    """The map as it is drawn now, to leave the page."""
    projection = view_of(run, shown).projection
    figure = figure_of(run, data, projection, shown)
    history = history_of(run) if shown.kind in THROUGH_TIME else None
    chosen = chosen_of(run).images.tolist()
    return [MapOf(run, data, projection, figure, dimensions.names_of(run), place_now(run), chosen, history)]


def offer_way(run: Run) -> None:
    """Offer the way through the places that were pinned, where there is one."""
    st.markdown("**The way** through the places pinned, as a film.")
    codes, label = np.array([point["z"] for point in state.way_of(run)]), state.label_of(run)
    if not len(codes):
        st.caption("There is none yet: **Shift** and click two places of the map or more, or click with Way-points on.")
        return
    draw_film(
        lambda count: run.engine.decode(through(codes, np.linspace(0, 1, count)), label),
        IMAGES_A_LEG * (len(codes) - 1) + 1,
        f"{run.name}-way",
    )


def explore(run: Run, data: ImageDataset | Remembered, shown: Shown, why: str | None) -> None:
    """Draw the map and what is beside it; ``why`` the server decodes, if it does."""
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
        projection = view.projection
        wait = cold and frame.is_first_pass()
        if wait:
            address.keep_what_is_asked()
        places.open_place(run, data, projection)
        show_found(run, data, projection, shown.found)
        places.say_what_is_wrong(run)
        with st.container(key="explore-senders"):  # none of them shows anything
            if why:
                serve_decoder(run)
            else:
                send_model(run, after=MAP_KEY)
            send_place(run, MAP_KEY)
        left, right = st.columns([3, 2], gap="medium")
        with right:  # first: while the browser draws the chart it comes to nothing else
            if why:
                say_why(why)
            draw_canvas(run, data, projection, wait, has_truth=not why and has_true_posterior(run))
        with left:
            map_view.say_collapsed(run)
            view.say()
            draw_map(run, data, projection, shown)
            mark_chosen(run, MAP_KEY)
            draw_chosen(run, data, partial(go_to_mean, run))
            if shown.kind in THROUGH_TIME and not why:
                draw_time_machine([Passed(run, MAP_KEY)])
            say_posteriors(data, projection, shown.posteriors)
            say_found(run, data, projection, shown.found)
            say_how(shown, "epochs" if shown.kind == "epochs" else projection.kind)
            if not cold:
                frame.part()(partial(draw_samples, run))
        if isinstance(data, ImageDataset) and not cold:
            send_thumbnails(data, projection.indices, MAP_KEY)
            if not why:
                send_errors(run)
        if cold and not wait:
            resources.load_torch()
            st.rerun()


def go_to_mean(run: Run, mean: NDArray[np.float64], label: int | None) -> None:
    """Go to the mean of the chosen images' codes."""
    state.go_to(run, mean, None, label)


def view_of(run: Run, shown: Shown) -> map_view.MapView:
    """The map chosen, or what stands in for it, with its axes called what people call them."""
    if shown.kind == "epochs":
        return map_view.MapView(map_of_epochs(run, shown.max_points))
    if shown.dims is None:
        view = map_view.map_or_stand_in(run, shown.kind, shown.max_points)
        return view._replace(projection=dimensions.with_names(run, view.projection))
    projection = dimensions.map_of_pair(run, shown.dims, shown.max_points)
    return map_view.MapView(dimensions.with_names(run, projection, shown.dims))


def draw_canvas(run: Run, data: ImageDataset | Remembered, projection: Projection, wait: bool, has_truth: bool) -> None:
    """The canvas, and what Python knows of the code once z rests."""

    def pinned(pin: Pin) -> None:
        state.set_z(run, pin.z)
        state.choose_image(run, pin.image)
        state.set_label(run, pin.label)
        state.set_way(run, pin.way)

    @frame.part()
    def canvas() -> None:
        if is_stale(run):
            st.rerun()  # the nearest images were chosen
        latent_canvas(run, data, projection, MAP_KEY, pinned, dimension_names=dimensions.names_of(run))
        if places.keep_place(run, data, projection):
            st.rerun()  # so that the warning about the earlier place goes
        if wait:
            dimensions.name_a_dimension(run)
            st.info("Loading the decoder …", icon=":material/hourglass_top:")
            return
        draw_where_blocked(run)
        dimensions.name_a_dimension(run)
        if isinstance(data, ImageDataset):
            say_when_away()
            draw_pinned(run, data, projection, has_truth)
            send_posterior(run, data)


frame.show(main, __file__)
