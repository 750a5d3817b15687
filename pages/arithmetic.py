"""Latent arithmetic: add the difference of two groups' mean codes to an image's code."""

from __future__ import annotations

import streamlit as st

from pages._arithmetic import groups
from pages._arithmetic.changing import draw_change
from pages._ui import fitting, frame, map_view, resources, share, widgets
from vaelab.sharing.as_code import Code
from vaelab.sharing.as_code_of_uses import code_of_arithmetic

HOW = (
    "Choose two groups of images. The mean code of **B** minus the mean code of **A** is a "
    "direction: added to the code of any image, it makes the image more like B."
)


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.ARITHMETIC)
        data = resources.images_of(run)
        by = groups.choose_way(data)
        if by == "lasso":
            kind = map_view.choose_map(run)
        else:
            choose = {"label": groups.choose_classes, "factor": groups.choose_ranges, "group": groups.choose_kept}[by]
            a, b = choose(data)
    st.caption(HOW)
    fitting.say_what_suits(fitting.ARITHMETIC, run)

    def code_now() -> Code | None:
        drawn = groups.lasso_groups(run) if by == "lasso" else (a, b)
        if drawn is None:
            return None
        if by == "label":
            return code_of_arithmetic(run, [data.label_names[data.label_of(group[0]) or 0] for group in drawn])
        return code_of_arithmetic(run, [group.tolist() for group in drawn])

    share.offer_code(code_now)

    @frame.part(every=1.0, until=lambda: by != "lasso" or not map_view.map_or_stand_in(run, kind).waiting)
    def body() -> None:
        if by != "lasso":
            draw_change(run, data, a, b)
            return
        view = map_view.map_or_stand_in(run, kind)
        view.say()
        drawn = groups.draw_lasso(run, data, view.projection)
        if drawn is not None:
            draw_change(run, data, *drawn)


frame.show(main, __file__)
