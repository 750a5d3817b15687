"""The commands that measure: a model (``evaluate``), or this machine (``benchmark``)."""

from __future__ import annotations

import importlib
import json as jsonlib
import sys
from pathlib import Path
from typing import Literal

import tyro

from vaelab.commands.printing import Json, as_table, flat

__all__ = ["benchmark", "evaluate"]


def evaluate(
    run_dir: tyro.conf.Positional[Path],
    split: Literal["train", "validation", "test"] = "test",
    result: Literal["full_evaluation", "code_map", "pixel_maps"] | None = None,
    json: Json = False,
) -> None:
    """Evaluate a run on held-out images.

    Parameters
    ----------
    run_dir
        The run's folder.
    split
        Which images to evaluate it on.
    result
        What to find out instead, once and for all: all figures that the app's Compare shows, or those of maps, of codes
        or of pixels, that its Reduction shows. It may take minutes, and is kept in the run's folder.
    json
        Print one line of JSON at the end, and nothing else.
    """
    from vaelab.evaluation import evaluate as evaluate_run
    from vaelab.runs import Run
    from vaelab.runs.results import make

    run = Run.open(run_dir)
    if result is not None:
        if split != "test":
            raise ValueError(f"A {result} has images of its own: leave out --split.")
        found = make(run, run.images(), result).figures
        print(jsonlib.dumps(found) if json else as_table(flat(found)))
        return
    figures = evaluate_run(run.engine, run.images(), split).as_dict()
    print(jsonlib.dumps(figures) if json else as_table(figures))


def benchmark(
    name: tyro.conf.Positional[
        Literal[
            "training",
            "decode",
            "projection",
            "app",
            "canvas",
            "mnist",
            "defaults",
            "anomalies",
            "disentanglement",
            "infovae",
            "own",
            "importing",
            "slow_line",
            "one_file",
            "touch",
            "time_machine",
            "browsers",
        ]
    ],
) -> None:
    """Measure this machine, and print a table with the ratio to a peer in the same run.

    Parameters
    ----------
    name
        What to measure.
    """
    sys.path.insert(0, str(Path(__file__).parents[2]))
    try:
        module = importlib.import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        if error.name not in {"benchmarks", f"benchmarks.{name}"}:
            raise
        raise ValueError("The benchmarks are not part of the installed package: run this in a clone.") from error
    module.main()
