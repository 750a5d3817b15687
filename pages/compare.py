"""Compare: runs side by side under one cursor, with every figure that an expert would ask for."""

from __future__ import annotations

import streamlit as st

from pages._compare.figures import draw_figures
from pages._compare.others import draw_rates, draw_seeds, draw_sweep
from pages._compare.side_by_side import choose_link, choose_others, choose_time, maps_now, side_by_side
from pages._ui import fitting, frame, resources, share, widgets
from pages._ui.chosen_panel import draw_chosen
from pages._ui.share import offer_file
from vaelab.sharing.as_code import code_of_results

#: What the other maps do then.
FOLLOWS = {
    "image": "the others go to the same image, and each shows what its decoder makes of it",
    "place": "the others go to the same numbers, and each shows what its decoder makes of them",
}

#: What to do first with a single model, and with more than two.
FIRST = (
    "**Choose a second model**, and move over either map: the other follows.",
    "**Move over any map**: the others follow.",
)


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.COMPARE)
        runs = [run, *choose_others(run)]
        share.about(*runs)
        link = choose_link() if len(runs) > 1 else "image"
        epochs = choose_time(runs)
    if len(runs) > 1:
        st.caption(f"Models of the same images, side by side: {FOLLOWS[link]}.")
    if len(runs) != 2:
        frame.say_first(FIRST[len(runs) > 1])
    fitting.say_what_suits(fitting.COMPARE, run)
    data = resources.images_of(run)
    side_by_side(runs, data, link, epochs)
    draw_chosen(run, data)
    share.offer(lambda: offer_file(maps_now(runs, data, epochs)))
    share.offer_code(lambda: code_of_results([(each, "full_evaluation") for each in runs]))

    def rest() -> None:
        st.markdown("## Figures")
        draw_figures(runs)
        st.markdown("## Rate and distortion")
        draw_rates(runs)
        draw_seeds(run)
        draw_sweep(run)

    frame.later(rest)


frame.show(main, __file__)
