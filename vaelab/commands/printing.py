"""What commands print: tables for people, lines of JSON for programs."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from typing import Annotated, Any

import tyro

__all__ = ["Json", "as_table", "flat", "print_run"]

Json = Annotated[bool, tyro.conf.arg(help="Print one line of JSON at the end, and nothing else.")]


def print_run(run: Any, json: bool, **swept: Any) -> None:
    """Say how a run ended and what is known of it; of one in a sweep first which it is."""
    figures = run.evaluation() or {}
    # What never began is not kept.
    folder = str(run.path) if run.epoch >= 0 else None
    summary = {**swept, "run_dir": folder, "state": run.status.state, "epoch": run.epoch, **figures}
    print(jsonlib.dumps(summary) if json else as_table(summary))


def flat(figures: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """Name figures within figures by both their names: ``codes.trustworthiness``."""
    lines: dict[str, Any] = {}
    for name, value in figures.items():
        lines |= flat(value, f"{within}{name}.") if isinstance(value, Mapping) else {f"{within}{name}": value}
    return lines


def as_table(figures: dict[str, Any]) -> str:
    """Lay figures out for people, a line each."""

    def show(value: Any) -> str:
        if isinstance(value, float):
            return f"{value:.4f}"
        if isinstance(value, list | tuple):
            return " ".join(show(part) for part in value)
        return "-" if value is None else str(value)

    return "\n".join(f"{name:15} {show(value)}" for name, value in figures.items())
