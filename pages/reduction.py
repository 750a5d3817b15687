"""Dimensionality reduction: the same images on five maps, linked."""

from __future__ import annotations

import streamlit as st

from pages._reduction.figures import draw_figures
from pages._reduction.maps import Maps, maps_so_far
from pages._reduction.marking import choose_by_color, draw_maps, groups_of
from pages._reduction.other_model import choose_other, offer_other
from pages._ui import asking, fitting, frame, map_view, resources, share, widgets
from pages._ui.chosen_panel import draw_chosen
from vaelab.runs import Run
from vaelab.sharing.as_code import code_of_results


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.REDUCTION)
        data = resources.images_of(run)
        other = choose_other(run)
        color = map_view.color_choice(data)
    st.caption("Five ways of laying out the same images on a plane, and where each puts the ones that you choose.")
    fitting.say_what_suits(fitting.REDUCTION, run)
    models: dict[str, Run] = {each.config.model: each for each in (run, other) if each is not None}
    share.about(*models.values())
    studies = [*((each, "code_map") for each in models.values()), (run, "pixel_maps")]
    share.offer_code(lambda: code_of_results(studies))
    if other is None:
        offer_other(run)

    @frame.part()
    def body() -> None:
        maps = maps_so_far(models, data)
        draw_maps(maps, models, data, color)
        choose_by_color(run, data, groups_of(data, maps.indices, color), color)
        draw_chosen(run, data)
        progress = st.container()
        draw_figures(maps, models, data)
        with progress:  # last, as the very first job starts the cluster, which takes seconds
            follow(maps)


def follow(maps: Maps) -> None:
    """Have jobs make what is missing, and draw the maps again whenever one is done."""
    if not maps.missing:
        return

    def has_more() -> bool:
        return any(resources.known(run, name) for run, name, _ in maps.missing)

    @frame.part(every=1.0, until=has_more, waits=True)
    def bars() -> None:
        for study in maps.missing:
            asking.result_or_progress(*study)


frame.show(main, __file__)
