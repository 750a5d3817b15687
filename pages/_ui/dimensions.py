"""The dimensions of a code: what people call them, how much each carries, and maps of two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import controls, resources
from pages._ui.text import explained
from vaelab.latent.projections import Projection, pair
from vaelab.runs import MAX_DIMENSION_NAME, RunError, checked_dimension_name

if TYPE_CHECKING:
    from vaelab.runs import Run

__all__ = ["carried", "choose_pair", "map_of_pair", "name_a_dimension", "names_of", "with_names", "written"]


def names_of(run: Run) -> dict[int, str]:
    """What the dimensions that have a name are called, from 0."""
    names: dict[int, str] = run.dimension_names | st.session_state.get(_of(run), {})
    return {dim: name for dim, name in names.items() if name and 0 <= dim < run.config.latent_dim}


def written(dim: int, names: dict[int, str]) -> str:
    """A dimension by number and name: ``"z3"``, ``"z3: smile"``."""
    return f"z{dim + 1}: {names[dim]}" if dim in names else f"z{dim + 1}"


def carried(run: Run, codes: NDArray[np.floating]) -> NDArray[np.floating]:
    """What each dimension carries, ``(D,)``: its KL or, for an autoencoder, its variance."""
    kl_per_dim = (run.evaluation() or {}).get("kl_per_dim")
    return np.array(kl_per_dim) if kl_per_dim else codes.var(0)


def choose_pair(run: Run, max_points: int) -> tuple[int, int]:
    """Choose which two dimensions a map shows, at first those that carry most."""
    first, second = np.argsort(-carried(run, _every(run, max_points).codes), kind="stable")[:2].tolist()
    names = names_of(run)

    def choose(label: str, param: str, options: list[int], default: int) -> int:
        return controls.selectbox(
            label,
            param=param,
            key=f"{param}:{run.name}",
            options=options,
            default=default,
            help="Which number of the code this axis of the map shows. The others stay where the sliders are.",
            format_func=lambda dim: written(dim, names),
            to_param=lambda dim: str(dim + 1),
            width=150,
        )

    x = choose("Across", "x", list(range(run.config.latent_dim)), first)
    others = [dim for dim in range(run.config.latent_dim) if dim != x]
    return x, choose("Up", "y", others, second if second != x else first)


def map_of_pair(run: Run, dims: tuple[int, int], max_points: int) -> Projection:
    """The map of two dimensions."""
    every = _every(run, max_points)
    return replace(pair(every.codes, every.indices, dims), sigma=every.sigma)


def with_names(run: Run, projection: Projection, dims: tuple[int, int] = (0, 1)) -> Projection:
    """A map with its dimensions called what people call them; other maps have no dimension along an axis."""
    names = names_of(run)
    if not names or projection.kind not in {"plane", "pair"}:
        return projection
    up = projection.axes[1] if run.config.latent_dim == 1 else written(dims[1], names)
    return replace(projection, axes=(written(dims[0], names), up))


def name_a_dimension(run: Run) -> None:
    """Give a dimension a name, kept with the run or, where that cannot be written, for this visit."""
    names = names_of(run)
    with (
        st.popover("Name the dimensions", icon=":material/label:", help="Call a number of the code by what it does."),
        st.form(f"name-dimension:{run.name}", border=False, enter_to_submit=True),
    ):
        dim = st.selectbox(
            "Dimension",
            range(run.config.latent_dim),
            format_func=lambda dim: written(dim, names),
            help="The number of the code to name.",
        )
        name = st.text_input(
            "Name",
            max_chars=MAX_DIMENSION_NAME,
            placeholder="smile, slant, thickness …",
            help="Shown at its slider, on axes and in tables. Leave it empty to take the name away.",
        )
        st.caption(
            "This is an example: its names last for this visit."
            if resources.is_example(run)
            else "Kept with the model."
        )
        if st.form_submit_button("Name it", type="primary", help="Use this name from now on."):
            try:
                _name(run, dim, name)
            except ValueError as error:
                st.error(explained(error), icon=":material/error:")
            else:
                st.rerun()


def _name(run: Run, dim: int, name: str) -> None:
    """Keep a name where it can be kept."""
    if not resources.is_example(run):
        try:
            run.name_dimension(dim, name)
        except RunError as error:
            st.toast(f"{explained(error)} The name lasts for this visit.", icon=":material/info:")
        else:
            return
    visit = st.session_state.setdefault(_of(run), {})
    visit[dim] = checked_dimension_name(dim, name, run.config.latent_dim)


def _of(run: Run) -> str:
    return f"dimension-names:{run.name}"


def _every(run: Run, max_points: int) -> Projection:
    """A map whose codes those of two dimensions are: PCA's is always there at once."""
    return resources.made(run, "pca", max_points)
