"""One dataset: its images, a page at a time, and what can be done with those of a person's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._images.sets import counts_of, facts
from pages._ui import address, frame, resources
from pages._ui.image_picker import pick_images
from pages._ui.text import counted, explained, licence_of, plain
from vaelab.config import OWN
from vaelab.datasets import DatasetUnavailable, ImageDataset, Source, is_local
from vaelab.datasets.own import delete_own, relabel_own, retitle_own
from vaelab.datasets.own.groups import groups_of
from vaelab.runs import list_runs

#: In the URL: ``?set=own/leaves``, the dataset that is looked at.
SET_PARAM = "set"

#: Images a page.
PAGE = 100


def look_at(name: str) -> None:
    """Go to a dataset's own view; in a callback."""
    address.hold({SET_PARAM: name})


def leave() -> None:
    """Go back to all datasets; in a callback."""
    address.hold({SET_PARAM: None})


def train_on(source: Source, **look: Any) -> None:
    """A button that opens Train with these images; ``look`` as ``st.button`` takes it."""
    if st.button(
        "Train on these",
        key=f"train-on-{source.name}",
        help="Open Train with these images, and settings that suit them.",
        **look,
    ):
        frame.switch_to("train", {"dataset": source.name})


def act_on(source: Source) -> None:
    """A menu of what can be changed about an own dataset."""
    chosen = st.menu_button(
        "More", ["Rename", "Delete"], key=f"more-{source.name}", help=f"Rename or delete {plain(source.title)}."
    )
    if chosen == "Rename":
        rename(source)
    elif chosen == "Delete":
        delete(source)


def draw_set(source: Source) -> None:
    """Everything about one dataset."""
    with st.container(horizontal=True, vertical_alignment="center", key="images-head"):
        st.markdown(f"## {plain(source.title)}", width="stretch")
        st.button("All images", icon=":material/arrow_back:", on_click=leave, help="Back to all datasets.")
        if source.name.startswith(OWN):
            act_on(source)
        train_on(source, type="primary", icon=":material/model_training:")
    about = source.source if source.name.startswith(OWN) else source.description
    st.markdown(f"{facts(source)}  \n{plain(about)}")
    if not is_local(source):
        st.info(
            f"{plain(source.title)} is not on this machine yet. Press **Train on these**: when training starts, "
            f"{source.num_bytes / 1e6:,.0f} MB are downloaded and kept."
        )
        return
    data = resources.dataset(source)

    @frame.part()
    def body() -> None:
        draw_images(source, data)

    with st.expander("Where they come from"):
        st.markdown(f"{plain(data.source)}\n\n{licence_of(data.licence)}")
        if data.steps:
            st.markdown("What was done to them:\n" + "\n".join(f"- {plain(step)}" for step in data.steps))


def draw_images(source: Source, data: ImageDataset) -> None:
    """Images of a class, or of all, a page at a time; a person's own can be given another class."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        groups = groups_of(data.image_hash, len(data))
        label, group = choose_class(source, data), choose_group(source, groups)
        members = members_of(data, label)
        if group is not None:
            members = members[np.isin(members, groups[group])]
        pages = -(-len(members) // PAGE)
        if not pages:
            st.caption("No image of this class is in the group.")
            return
        page = 1
        if pages > 1:
            page = st.pagination(pages, key=f"sheet-page:{source.name}:{label}:{group}:{pages}")
    shown = members[(page - 1) * PAGE : page * PAGE]
    names = [name_of(data, int(index)) for index in shown]
    is_own = source.name.startswith(OWN)
    chosen = pick_images(data.images[shown], names, f"sheet:{data.key}:{label}:{group}:{page}", choosing=is_own)
    if is_own:
        relabel(source, data, shown[np.array(chosen, np.int64)])


def choose_class(source: Source, data: ImageDataset) -> str | None:
    """The name of the class to look at, or None for all."""
    if len(data.label_names) < 2:
        return None
    counts = counts_of(data)
    number = dict(zip(data.label_names, counts, strict=True))
    label = st.selectbox(
        "Class",
        data.label_names,
        index=None,
        placeholder="all classes",
        # By name: after relabelling, a class may have another number.
        key=f"sheet-class:{source.name}",
        format_func=lambda name: f"{name} ({number[name]:,})" if name in number else name,
        help="Which images to look at.",
        width=260,
    )
    return label if label in number else None


def choose_group(source: Source, groups: dict[str, NDArray[np.int64]]) -> str | None:
    """The name of the group to look at, which somebody chose on a map and kept, or None for all images."""
    if not groups:
        return None
    name = st.selectbox(
        "Group",
        list(groups),
        index=None,
        placeholder="all images",
        key=f"sheet-group:{source.name}",
        format_func=lambda name: f"{name} ({len(groups[name]):,})" if name in groups else name,
        help="Images that were chosen on a map and kept under a name.",
        width=260,
    )
    return name if name in groups else None


def members_of(data: ImageDataset, label: str | None) -> NDArray[np.int64]:
    """The images of a class, or all, sorted by class."""
    if data.labels is None:
        return np.arange(len(data))
    if label is None:
        return np.argsort(data.labels, kind="stable")
    return np.flatnonzero(data.labels == data.label_names.index(label))


def name_of(data: ImageDataset, index: int) -> str:
    """What an image is called, and its class."""
    name = (data.image_names[index] if data.image_names else "") or f"Image {index}"
    label = data.label_of(index)
    return name if label is None else f"{name}, {data.label_names[label]}"


def relabel(source: Source, data: ImageDataset, chosen: NDArray[np.int64]) -> None:
    """Give the chosen images another class."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="relabel"):
        label = st.selectbox(
            "Another class for them",
            data.label_names,
            index=None,
            accept_new_options=True,
            placeholder="choose a class, or write a new one",
            key=f"relabel:{data.key}",
            help="The new class of the chosen images.",
            width=320,
        )
        pressed = st.button(
            f"Relabel {counted(len(chosen), 'image')}" if len(chosen) else "Relabel",
            icon=":material/label:",
            key="relabel-chosen",
            disabled=not len(chosen) or not label,
            help="First choose images above and a class on the left.",
        )
    if pressed and label:
        relabel_own(source.name, chosen, label)
        st.toast(f"{len(chosen)} image{' is' if len(chosen) == 1 else 's are'} now “{plain(label)}”.")
        st.rerun()


@st.dialog("Rename these images")
def rename(source: Source) -> None:
    with st.form("rename-images", border=False):
        title = st.text_input("Name", source.title, max_chars=80, help="What to call them.")
        if st.form_submit_button("Rename", type="primary", help="Gives them this name."):
            try:
                retitle_own(source.name, title)
            except (ValueError, DatasetUnavailable) as error:
                st.error(explained(error))
            else:
                st.rerun()


@st.dialog("Delete these images?")
def delete(source: Source) -> None:
    st.markdown(
        f"**{plain(source.title)}**, {source.num_images:,} images, will be deleted for good. The original files stay."
    )
    runs = [run for run in list_runs() if run.config.dataset == source.name]
    if runs:
        names = ", ".join(f"**{plain(run.title)}**" for run in runs)
        learned = "One run has" if len(runs) == 1 else f"{len(runs)} runs have"
        st.warning(
            f"{learned} learned these images: {names}. Their maps and models stay; whatever needs the images, such as "
            "further training, will no longer work."
        )
    with st.container(horizontal=True):
        if st.button("Delete them", type="primary", icon=":material/delete:", help="This cannot be undone."):
            try:
                delete_own(source.name)
            except DatasetUnavailable as error:
                st.error(explained(error))
            else:
                leave()
                st.rerun()
        if st.button("Keep them", help="Changes nothing."):
            st.rerun()
