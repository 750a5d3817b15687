"""Compare's figures as a table: a column a model, and in a row only what compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vaelab.runs import Run
from vaelab.runs.comparing import Term, measure, why_not
from vaelab.runs.results import Result

__all__ = ["apart", "differences_of", "groups", "meaning_of", "spread_of", "table_of"]

#: What figures are called, and how they are written.
ROWS: dict[str, tuple[str, str]] = {
    "elbo": ("ELBO", ".2f"),
    "reconstruction": ("Reconstruction", ".2f"),
    "kl": ("KL divergence", ".2f"),
    "bounds": ("Bound on log p(x)", ".2f"),
    "gap": ("", ".2f"),
    "active_units": ("Active dimensions", "d"),
    "knn_accuracy": ("k-NN accuracy", ".1%"),
    "linear_accuracy": ("Linear probe", ".1%"),
    "mig": ("MIG", ".3f"),
    "disentanglement": ("DCI: disentanglement", ".3f"),
    "completeness": ("DCI: completeness", ".3f"),
    "informativeness": ("DCI: informativeness", ".3f"),
    "factor_vae": ("FactorVAE score", ".3f"),
}
#: Parts of the gap between log p(x) and the ELBO.
GAP = {
    "log_p": "log p(x), on a grid",
    "elbo": "The same images' ELBO",
    "approximation": "Gap by approximation",
    "amortization": "Gap by amortization",
}
#: Of these, a row a kind of model: nats of one kind say nothing beside those of another.
OF_PIXELS = ("elbo", "reconstruction")


def groups(runs: Mapping[str, Run], told: bool) -> dict[str, list[str]]:
    """Sort models by what their nats are of.

    Parameters
    ----------
    runs
        By the name of the column.
    told
        Whether models that are told the label are a kind of their own.

    Returns
    -------
    dict of list
        Names by the kind as people read it; the kind is empty where all are one.
    """
    kinds: dict[str, list[str]] = {}
    many = len({measure(run.config) for run in runs.values()}) > 1
    for name, run in runs.items():
        parts = [measure(run.config)] if many else []
        if told and run.config.conditional:
            parts.append("given the label")
        kinds.setdefault(", ".join(parts), []).append(name)
    return kinds


def table_of(runs: Mapping[str, Run], figures: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Write figures as columns of text.

    Parameters
    ----------
    runs, figures
        Models and what was found of them, by the name of the column.

    Returns
    -------
    dict of list
        One column a model, after the names of the figures, and one each for codes that nothing learned.
    """
    rows: dict[str, dict[str, str]] = {}
    first = next(iter(runs))
    # Of as many numbers as the first model's: with other models' there would be columns for each.
    plain = {
        f"{name[0].upper()}{name[1:]}, {runs[first].config.latent_dim}-D": each
        for name, each in (figures[first].get("baselines") or {}).items()
        if each
    }

    def add(title: str, form: str, names: Sequence[str], values: Mapping[str, Any]) -> None:
        if any(values[name] is not None for name in names):
            rows[title] = {name: write(values[name], form) for name in values}

    for key, (title, form) in ROWS.items():
        if key == "bounds":
            for kind, names in groups(runs, told=False).items():
                for k in next((figures[name]["bounds"] for name in names if figures[name]["bounds"]), {}):
                    of_k = {name: (figures[name]["bounds"] or {}).get(k) for name in names}
                    add(", ".join(filter(None, (title, kind, f"k = {k}"))), form, names, of_k)
            continue
        if key == "gap":
            for part, of_part in GAP.items():
                for kind, names in groups(runs, told=False).items():
                    parts = {name: (figures[name].get("gap") or {}).get(part) for name in names}
                    add(", ".join(filter(None, (of_part, kind))), form, names, parts)
            continue
        values = {name: each.get(key) for name, each in (*figures.items(), *plain.items())}
        kinds = groups(runs, told=True) if key in OF_PIXELS else {"": list(runs)}
        for kind, names in kinds.items():
            of_kind = {name: values[name] for name in (*names, *plain)}
            add(", ".join(filter(None, (title, kind))), form, names, of_kind)
    return {"figure": list(rows)} | {name: [row.get(name, "–") for row in rows.values()] for name in (*runs, *plain)}


def apart(table: Mapping[str, list[str]], runs: Mapping[str, Run]) -> list[dict[str, list[str]]]:
    """Take the columns of codes that nothing learned out of a table: side by side with models a phone has no room.

    Parameters
    ----------
    table
        As ``table_of`` returns it.
    runs
        The models, by the name of the column.

    Returns
    -------
    list of dict
        The models' table and, where there is something in it, that of the others, without the rows that they lack.
    """
    models = {name: column for name, column in table.items() if name == "figure" or name in runs}
    others = {name: column for name, column in table.items() if name not in runs}
    rows = list(zip(*others.values(), strict=True))
    filled = [row for row in rows if set(row[1:]) - {"–"}]
    if not filled:
        return [models]
    return [models, {name: [row[index] for row in filled] for index, name in enumerate(others)}]


#: Figures that are kept of each held-out image.
PAIRED: dict[str, Term | None] = {
    "elbo": "elbo",
    "reconstruction": "reconstruction",
    "kl": "kl",
    "knn_accuracy": None,
    "linear_accuracy": None,
}


def differences_of(runs: Mapping[str, Run], studies: Mapping[str, Result]) -> dict[str, list[str]]:
    """Write by how much each model differs from the first, image by image.

    Parameters
    ----------
    runs, studies
        Models of the same images, and what was found of them, by the name of the column.

    Returns
    -------
    dict of list
        One column a model but the first, after the names of the figures; empty where nothing compares.
    """
    first, *others = runs
    rows: dict[str, list[str]] = {}
    for key, term in PAIRED.items():
        title, form = ROWS[key]
        cells = []
        for name in others:
            arrays = [studies[each].arrays.get(key) for each in (name, first)]
            if arrays[0] is None or arrays[1] is None or (term and why_not(runs[first], runs[name], term)):
                cells.append("–")
            else:
                cells.append(write(_difference(arrays[0], arrays[1]), f"+{form}"))
        if set(cells) - {"–"}:
            rows[title] = cells
    if not rows:
        return {}
    return {"figure": list(rows)} | {
        name: [cells[index] for cells in rows.values()] for index, name in enumerate(others)
    }


@st.cache_data(max_entries=256, show_spinner=False)
def _difference(values: NDArray[np.floating], others: NDArray[np.floating]) -> list[float]:
    """The mean difference and its interval, from resamples that are drawn once."""
    from vaelab.evaluation.bootstrap import paired_difference  # SciPy's statistics take half a second to import

    return list(paired_difference(values, others))


#: Figures of a run's evaluation whose spread over seeds is told.
SPREAD = ("elbo", "reconstruction", "kl", "active_units", "knn_accuracy")


def spread_of(evaluations: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Write how figures of one training differ from seed to seed.

    Parameters
    ----------
    evaluations
        What ``Run.evaluation`` returns, of two runs or more.

    Returns
    -------
    dict of list
        Columns of text: the figure, its mean, its standard deviation over seeds, the lowest and the highest.
    """
    rows: dict[str, list[str]] = {"figure": [], "mean": [], "sd": [], "lowest": [], "highest": []}
    for key in SPREAD:
        values = [float(each[key]) for each in evaluations if each.get(key) is not None]
        if len(values) < len(evaluations):
            continue
        title, form = ROWS[key]
        form = ".1f" if form == "d" else form
        of_all = mean(values), stdev(values), min(values), max(values)
        for column, text in zip(rows, (title, *(write(number, form) for number in of_all)), strict=True):
            rows[column].append(text)
    return rows


def write(value: Any, form: str) -> str:
    """Write a figure, in brackets its interval."""
    if value is None:
        return "–"
    if not isinstance(value, list):
        return f"{value:{form}}".replace("-", "−")
    middle, low, high = (_without_minus_zero(f"{number:{form}}").replace("-", "−") for number in value)
    return f"{middle} [{low}, {high}]"


def _without_minus_zero(text: str) -> str:
    return text if text.strip("-0.%") else text.removeprefix("-")


def meaning_of(runs: Mapping[str, Run], figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Say what the figures in the table mean, and on which images they were taken."""
    each = list(figures.values())
    held_out = each[0]["num_images"]
    parts = [
        "In brackets: 95% bootstrap intervals over images; another seed of training may move a figure by more. ELBO, "
        f"reconstruction and KL: nats per image, one sample of z for each of {held_out:,} held-out images."
    ]
    if any(one["bounds"] for one in each):
        some = next(one["num_bound_images"] for one in each if one["bounds"])
        of = f"{some:,} of these, drawn by chance" if some < held_out else "each of them"
        parts.append(
            f"**Bounds**: from a thousand samples for {of}, the same in all columns. A bound rises with k towards "
            "log p(x); for k = 1 it is the ELBO of those images, labels summed out."
        )
    if any(one.get("gap") for one in each):
        count = next(one["gap"]["num_images"] for one in each if one.get("gap"))
        parts.append(
            f"In two dimensions **log p(x)** itself can be summed over a grid, here for {count} images. The ELBO falls "
            "short of it in two ways (Cremer et al. 2018): by **approximation**, as even the best Gaussian along the "
            "axes is not the true posterior, and by **amortization**, as the encoder's is not that best one: one "
            "network serves all images, and with a β other than 1 it was trained for something else."
        )
    if len(groups(runs, told=False)) > 1:
        parts.append(
            "Bernoulli pixels and densities of pixels do not compare, so each has rows of its own: a density may "
            "exceed 1, and its logarithm 0."
        )
    if any(run.config.conditional for run in runs.values()):
        parts.append(
            "A model that is **told the label** y has an ELBO on log p(x|y), which the label alone makes higher; its "
            "bounds on log p(x) sum over all labels, and compare."
        )
    if any(one.get("knn_accuracy") for one in each):
        parts.append(
            "**k-NN**: how often the ten nearest codes name an image's class, **linear probe**: how often logistic "
            "regression does; codes are drawn from q(z|x), in the active dimensions."
        )
        if any(run.config.conditional for run in runs.values()):
            parts.append("The encoder of a model that is told the label knows the answer.")
    if any(one.get("mig") for one in each):
        count = next(one["num_factor_images"] for one in each if one.get("mig"))
        parts.append(
            "**MIG**, **DCI**, **FactorVAE**: whether each known factor has a dimension of its own, from 0 to 1; of "
            f"draws in the active dimensions, on {count:,} images of all splits. DCI's intervals are rough, from 25 "
            "resamples."
        )
    if any(any((one.get("baselines") or {}).values()) for one in each):
        parts.append(
            "**PCA** and **noise**: what as many numbers as the first model has are worth without a network, and "
            "without the image."
        )
    return " ".join(parts)
