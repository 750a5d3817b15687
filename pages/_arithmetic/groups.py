"""Choosing two groups of images, A and B: by class, by a known factor, among those kept, or with a lasso."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages._ui import address, controls, frame, map_view, pictures, widgets
from pages._ui.chosen import MOST_IN_ADDRESS, chosen_of, hash_of, read_numbers, write_numbers
from pages._ui.chosen_panel import draw_chosen
from pages._ui.linked_selection import mark_chosen
from pages._ui.text import explained
from vaelab.datasets.own.groups import groups_of
from vaelab.figures import latent_map

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.latent.projections import Projection
    from vaelab.runs import Run


#: What a direction does with each group.
WAYS = {"A": "from", "B": "to"}

MAP_CONFIG = map_view.MAP_CONFIG | {"modeBarButtonsToRemove": ["select2d", "autoScale2d", "toImage", "resetScale2d"]}

#: Images of a group shown in a row.
SHOWN = 12


def choose_way(data: ImageDataset) -> str:
    """Choose how to choose: ``"label"``, ``"factor"``, ``"group"`` or ``"lasso"``, as the images allow."""
    ways = {
        "label": len(data.label_names) > 1,
        "factor": data.factors is not None,
        "group": len(groups_of(data.image_hash, len(data))) > 1,
        "lasso": True,
    }
    possible = [way for way, can in ways.items() if can]
    return controls.segmented_control(
        "Groups by",
        param="by",
        key=f"groups-by:{possible}",
        options=possible,
        default=possible[0],
        help="**Label**: all images of a class. **Factor**: images that were drawn with a known "
        "cause in a range. **Group**: those that were kept under a name. **Lasso**: those that you "
        "draw a line around on the map.",
        format_func=str.capitalize,
    )


def choose_classes(data: ImageDataset) -> tuple[np.ndarray, np.ndarray]:
    """Choose a class for each group."""
    a, b = (_choose_class(data, end, way) for end, way in WAYS.items())
    return a, b


def _choose_class(data: ImageDataset, end: str, way: str) -> np.ndarray:
    names = data.label_names
    # Two digits that share most of their strokes; of other data the outermost classes.
    wanted = {"A": "3", "B": "8"}[end]
    default = names.index(wanted) if wanted in names else {"A": 0, "B": len(names) - 1}[end]
    label = controls.selectbox(
        f"{end}, {way}",
        param=end.lower(),
        key=f"group-{end}:{names}",
        options=range(len(names)),
        default=default,
        help=f"The class that the direction leads {way}.",
        format_func=names.__getitem__,
        to_param=names.__getitem__,
        width=130,
    )
    return data.of_class(names[label])


def choose_kept(data: ImageDataset) -> tuple[np.ndarray, np.ndarray]:
    """Choose one of the groups that were kept for each of the two."""
    groups = groups_of(data.image_hash, len(data))
    if len(groups) < 2:
        raise ValueError("One of the groups was deleted just now: load the page again.")
    first, second, *_ = groups
    chosen = [
        controls.selectbox(
            f"{end}, {way}",
            param=end.lower(),
            key=f"kept-{end}:{data.image_hash}",
            options=list(groups),
            default=default,
            help=f"The group that the direction leads {way}.",
            width=190,
        )
        for (end, way), default in zip(WAYS.items(), (first, second), strict=True)
    ]
    return groups[chosen[0]], groups[chosen[1]]


def choose_ranges(data: ImageDataset) -> tuple[np.ndarray, np.ndarray]:
    """Choose a factor, and a range of it for each group."""
    assert data.factors is not None
    factor = controls.selectbox(
        "Factor",
        param="factor",
        key=f"factor:{data.key}",
        options=data.factor_names,
        default=data.factor_names[0],
        help="A cause that the images were drawn with, and that no model was told.",
        format_func=lambda name: name.replace("_", " "),
        width=150,
    )
    values = data.factors[:, data.factor_names.index(factor)]
    low, high = float(values.min()), float(values.max())
    first, last = (float(value) for value in np.quantile(values, [0.25, 0.75]))
    groups = []
    for (end, way), default in zip(WAYS.items(), ((low, first), (last, high)), strict=True):
        chosen = controls.range_slider(
            f"{end}, {way}",
            param=end.lower(),
            key=f"range-{end}:{data.key}:{factor}",
            min_value=low,
            max_value=high,
            step=(high - low) / 100,
            default=default,
            help=f"Images drawn with a {factor.replace('_', ' ')} in this range; at first, the "
            f"{'lowest' if end == 'A' else 'highest'} quarter.",
            format="%.2f",
            width=190,
        )
        groups.append(np.flatnonzero((values >= chosen[0]) & (values <= chosen[1])))
    return groups[0], groups[1]


def draw_lasso(run: Run, data: ImageDataset, projection: Projection) -> tuple[np.ndarray, np.ndarray] | None:
    """Draw a map to draw lines on, and the groups so far; both groups, once there are both."""
    map_key = "lasso-map"
    left, right = st.columns([3, 2], gap="medium")

    def use(end: str) -> None:
        images = chosen_of(run).images
        if len(images):
            st.session_state[_members_key(run, end)] = images
        else:
            st.toast("No points are selected: draw a line around some on the map first.")

    with right:
        st.markdown("**Draw a line around some points**, then press a button.")
        with st.container(horizontal=True):
            for end, way in WAYS.items():
                st.button(
                    f"Use as {end}, {way}",
                    on_click=use,
                    args=(end,),
                    key=f"use-{end}",
                    help=f"Make the selected images group {end}.",
                )
        for end in WAYS:
            members = _members(run, data, end)
            if members is None:
                st.caption(f"Group {end} is still empty. Select its points, and press its button.")
                continue
            some = np.random.default_rng(0).permutation(members)[: 2 * SHOWN]
            pictures.sheet(data.images[some], SHOWN, f"Images of group {end}", side=32)
            st.caption(f"Group {end}: {len(members):,} images.")
        draw_chosen(run, data)
    with left:
        labels = data.labels_of(projection.indices)
        figure = latent_map(projection, labels, data.label_names, height=420, webgl=frame.has_webgl())
        figure.update_layout(dragmode="lasso")
        with st.container(key=map_key):
            widgets.chart(figure, key=f"{map_key}:{run.name}:{projection.kind}", config=MAP_CONFIG)
        mark_chosen(run, map_key, lasso="always", hovered=(data, projection.indices))
    return lasso_groups(run)


def lasso_groups(run: Run) -> tuple[np.ndarray, np.ndarray] | None:
    """Both groups, once there are both."""
    a, b = (st.session_state.get(_members_key(run, end)) for end in WAYS)
    return None if a is None or b is None else (a, b)


def _members(run: Run, data: ImageDataset, end: str) -> np.ndarray | None:
    """The images that were last made group ``end``, or that the address says are; in the address, too."""
    key, text = _members_key(run, end), address.take(end.lower())
    if text is not None:
        try:
            st.session_state[key] = np.unique(read_numbers(text, len(data))).astype(np.int64) if text else None
        except ValueError as error:
            st.warning(explained(error), icon=":material/link_off:")
    members: np.ndarray | None = st.session_state.get(key)
    in_address = members is not None and len(members) <= MOST_IN_ADDRESS
    address.put(end.lower(), write_numbers(members) if in_address and members is not None else None)
    return members


def _members_key(run: Run, end: str) -> str:
    """Key of the images that were last made group ``end``, for all models of these images."""
    return f"lasso-{end}:{hash_of(run)}"
