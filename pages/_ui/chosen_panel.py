"""What can be done with the images that are chosen: keep, decode their mean, relabel, export, train on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import NoReturn

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from pages._ui import frame, pictures, resources
from pages._ui.cached import per_run
from pages._ui.chosen import MOST_IN_ADDRESS, Chosen, choose, chosen_of, hash_of
from pages._ui.image_table import draw_pictures
from pages._ui.text import counted, explained, plain, suggest_name
from vaelab.config import OWN, Preprocessing
from vaelab.datasets import DatasetUnavailable, ImageDataset, Labelled, save_own, sources
from vaelab.datasets.own import relabel_own, relabelled
from vaelab.datasets.own.groups import drop_group, keep_group, rename_group
from vaelab.datasets.subset import group_to_train_on
from vaelab.runs import Run

__all__ = ["draw_chosen"]

#: Images on the sheet of those that are chosen, and in a row of it.
MOST_SHOWN = 40
COLUMNS = 20

#: In the session: how many of the panel's questions were answered.
ANSWERED = "chosen-answered"

#: What a group leaves as: each by its ending, with what it is good for.
TABLES = {"csv": "For a spreadsheet.", "npz": "For NumPy: mu and sigma, and an array for each other column."}

#: Goes to the mean of a group's codes, with a label for a conditional model.
GoTo = Callable[[NDArray[np.float64], int | None], None]


def draw_chosen(run: Run, data: Labelled, go_to: GoTo | None = None, actions: bool = True) -> None:
    """Show the images that are chosen, and offer what can be done with them; nothing where there are none.

    Parameters
    ----------
    run
        The page's.
    data
        Its images, or what it remembers of them.
    go_to
        Called in a callback where the map can go to the group's mean.
    actions
        Whether anything is offered but letting go of them.
    """
    chosen = chosen_of(run)
    if not len(chosen.images):
        return
    shown = _some_of(chosen.images, MOST_SHOWN if actions and not frame.is_narrow() else COLUMNS)
    with st.container(key="chosen-images"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(_in_words(data, chosen, len(shown)), width="content")
            st.button(
                "Clear selection",
                icon=":material/close:",
                key="chosen-clear",
                on_click=choose,
                args=(run, ()),
                help="Choose no images. A group that was kept stays.",
            )
        if isinstance(data, ImageDataset):
            pictures.sheet(data.images[shown], COLUMNS, "The chosen images")
        if actions:
            with st.container(horizontal=True, key="chosen-actions"):
                _offer_keeping(run, chosen)
                if isinstance(data, ImageDataset):
                    _offer_mean(run, data, chosen, go_to)
                    _offer_relabelling(run, data, chosen)
                    _offer_files(run, data, chosen)
                    _offer_training(data, chosen)
        if actions and len(chosen.images) > MOST_IN_ADDRESS and chosen.group is None:
            st.caption("So many images are not in the page’s address: **keep them as a group**, whose name is.")


def _some_of(images: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Those of the chosen images that are shown: evenly spaced, where they are many."""
    if len(images) <= most:
        return images
    some: NDArray[np.int64] = images[np.linspace(0, len(images) - 1, most).round().astype(int)]
    return some


def _by_class(data: Labelled, images: NDArray[np.int64]) -> str:
    """How many images are of which class, for markdown; empty where there are no classes."""
    if data.labels is None:
        return ""
    counts = Counter(data.labels[images].tolist())
    common = counts.most_common(8)
    more = " …" if len(counts) > len(common) else ""
    return ", ".join(f"{n:,} × “{plain(data.label_names[c])}”" for c, n in common) + more


def _in_words(data: Labelled, chosen: Chosen, shown: int) -> str:
    images = chosen.images
    group = "" if chosen.group is None else f" **as the group “{plain(chosen.group)}”**"
    some = f", {shown} of them shown" if shown < len(images) and isinstance(data, ImageDataset) else ""
    classes = _by_class(data, images)
    return f"**{counted(len(images), 'image')} chosen**{group}{some}{': ' if classes else ''}{classes}"


def _popover(what: str, label: str, icon: str, help: str) -> DeltaGenerator | None:
    """What opens on a question, once a person has opened it; it closes when the question is answered."""
    key = f"chosen-{what}-{st.session_state.get(ANSWERED, 0)}"
    popover = st.popover(label, icon=f":material/{icon}:", key=key, on_change="rerun", help=help)
    return popover if popover.open else None


def _answered() -> NoReturn:
    """Close what was open, and draw the page anew."""
    st.session_state[ANSWERED] = st.session_state.get(ANSWERED, 0) + 1
    st.rerun()


def _offer_keeping(run: Run, chosen: Chosen) -> None:
    name = chosen.group
    label, do = ("Keep as a group", "Keep") if name is None else ("Rename the group", "Rename")
    popover = _popover("keep", label, "bookmark", "A group has a name, and stays for all models.")
    if name is not None:
        st.button(
            "Delete the group",
            icon=":material/delete:",
            key="delete-group",
            on_click=_delete,
            args=(run, chosen),
            help="Forgets the name. The images stay, and stay chosen.",
        )
    if popover is None:
        return
    with popover, st.form("keep-group", border=False):
        written = st.text_input("Name of the group", name or "", max_chars=60, help="What you call these images.")
        if not st.form_submit_button(do, type="primary", help="Gives it this name."):
            return
        try:
            if name is None:
                kept = keep_group(hash_of(run), written, chosen.images)
            else:
                kept = rename_group(hash_of(run), name, written)
        except (ValueError, DatasetUnavailable) as error:
            st.error(explained(error))
            return
    choose(run, chosen.images, kept)
    _answered()


def _delete(run: Run, chosen: Chosen) -> None:
    assert chosen.group is not None
    try:
        drop_group(hash_of(run), chosen.group)
    except DatasetUnavailable as error:
        st.toast(explained(error))
        return
    choose(run, chosen.images)
    st.toast(f"The group “{plain(chosen.group)}” is deleted; its images are still chosen.")


def _offer_mean(run: Run, data: ImageDataset, chosen: Chosen, go_to: GoTo | None) -> None:
    popover = _popover("mean", "Mean", "join_inner", "Decode the mean of their codes.")
    if popover is None:
        return
    mean, label = _mean_of(run, data, chosen.images)
    with popover:
        decoded = run.engine.decode(mean, label)[0]
        average = data.images[chosen.images].mean(0, dtype=np.float64) / 255
        draw_pictures([(decoded, "Decoded from the mean of the codes"), (average, "The mean of the pixels")])
        if label is not None and run.config.conditional:
            st.caption(f"Decoded with the label that most of them have, “{plain(data.label_names[label])}”.")
        if go_to is not None:
            st.button(
                "Go to the mean",
                icon=":material/my_location:",
                on_click=go_to,
                args=(mean, label),
                help="Have the map and the sliders go to this code.",
            )


@per_run(max_entries=16, spinner="Encoding the chosen images …")
def _mean_of(run: Run, data: ImageDataset, images: NDArray[np.int64]) -> tuple[NDArray[np.float64], int | None]:
    """The mean code, ``(D,)``, and the label that most of the images have."""
    labels = data.labels_of(images)
    codes = run.engine.encode(data.images[images], labels).mu
    label = None if labels is None else int(np.bincount(labels).argmax())
    return codes.mean(0, dtype=np.float64), label


def _offer_relabelling(run: Run, data: ImageDataset, chosen: Chosen) -> None:
    popover = _popover("relabel", "Relabel", "label", "Give these images another class.")
    if popover is None:
        return
    # A conditional model was told the classes as they are, by their numbers.
    is_told = any(each.config.conditional for each in (run, *resources.same_images(run)))
    is_own = data.name.startswith(OWN) and data.preprocessing == Preprocessing() and not is_told
    with popover, st.form("relabel-chosen-images", border=False):
        written = st.selectbox(
            "Their class from now on",
            data.label_names,
            index=None,
            accept_new_options=True,
            placeholder="choose a class, or write a new one",
            help="All of them get it.",
        )
        if not is_own:
            st.caption("These images keep their classes: a copy of all, as images of your own, gets the new one.")
        if not st.form_submit_button("Relabel", type="primary", help="Changes the class, and no pixel."):
            return
        try:
            if is_own:
                relabel_own(data.name, chosen.images, written or "")
                where = ""
            else:
                copy = _copy_of(relabelled(data, chosen.images, written or ""), data.name)
                where = f", in the copy “{plain(copy.removeprefix(OWN))}” on the Images page"
        except (ValueError, DatasetUnavailable) as error:
            st.error(explained(error))
            return
    are = "image is" if len(chosen.images) == 1 else "images are"
    st.toast(f"{len(chosen.images):,} {are} now “{plain(written or '')}”{where}.")
    _answered()


def _copy_of(data: ImageDataset, name: str) -> str:
    """Keep images as some of one's own, under a name that is free."""
    taken = [other.removeprefix(OWN) for other in sources() if other.startswith(OWN)]
    return save_own(data, suggest_name(f"{name.removeprefix(OWN)} relabelled", taken))


def _offer_files(run: Run, data: ImageDataset, chosen: Chosen) -> None:
    name = f"{run.name}-{suggest_name(chosen.group or 'chosen')}".replace(" ", "-")

    def table(kind: str) -> bytes:
        from vaelab.sharing.numbers import table_file, table_of_images  # here, as the page itself does not need it

        return table_file(table_of_images(run.engine, data, chosen.images), kind)

    def files() -> bytes:
        from vaelab.sharing.image_files import image_files

        return image_files(data, chosen.images)

    with st.popover("Export", icon=":material/download:", help="Save these images, or their codes."):
        st.download_button(
            "Images as files",
            files,
            file_name=f"{name}.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            help="A zip of PNG files, a folder for each class, as the Images page takes them in.",
            on_click="ignore",
        )
        for kind, what in TABLES.items():
            st.download_button(
                f"Codes as {kind.upper()}",
                partial(table, kind),
                file_name=f"{name}.{kind}",
                icon=":material/table:",
                help=what,
                on_click="ignore",
            )


def _offer_training(data: ImageDataset, chosen: Chosen) -> None:
    def train() -> str:
        name = chosen.group or f"{len(chosen.images)} of {data.name.removeprefix(OWN)}"
        taken = [other.removeprefix(OWN) for other in sources() if other.startswith(OWN)]
        return save_own(group_to_train_on(data, chosen.images, chosen.group), suggest_name(name, taken), title=name)

    if st.button(
        "Train on these",
        icon=":material/model_training:",
        key="train-on-chosen",
        help="Keep a copy of them as images of your own, and open Train with it.",
    ):
        try:
            dataset = train()
        except (ValueError, DatasetUnavailable) as error:
            st.error(explained(error))
        else:
            frame.switch_to("train", {"dataset": dataset})
