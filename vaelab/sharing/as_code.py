"""What a page computes, as Python and as a command: what both compute is the page's, number for number.

Python leaves all of it in variables; a command prints figures or writes files, and says in ``--help`` which.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel

from vaelab.config import Preprocessing, TrainConfig
from vaelab.latent.projections import MAX_POINTS
from vaelab.runs import Run
from vaelab.sharing.maps import KindOfMap

__all__ = [
    "Code",
    "code_of_map",
    "code_of_results",
    "code_of_training",
    "code_of_way",
    "command_of",
    "opening_of",
]


class Code(NamedTuple):
    """The same in two ways."""

    python: str
    command: str


def code_of_training(config: TrainConfig) -> Code:
    """Train a model.

    Parameters
    ----------
    config
        All settings; those at their default are left out.

    Returns
    -------
    Code
        Python leaves the run in ``run``; the command prints its figures.
    """
    settings, flags = [], []
    for name, value in _changed(config):
        if isinstance(value, Preprocessing):
            inner = list(_changed(value))
            settings.append(f"preprocessing=vaelab.Preprocessing({', '.join(f'{n}={v!r}' for n, v in inner)})")
            flags += [word for n, v in inner for word in _flag(n, v)]
        else:
            settings.append(f"{name}={value!r}")
            flags += _flag(name, value)
    lines = "".join(f"    {setting},\n" for setting in settings)
    arguments = f"\n{lines}" if lines else ""
    return Code(
        f"import vaelab\n\nconfig = vaelab.TrainConfig({arguments})\nrun = vaelab.train(config)\n",
        command_of("train", *flags),
    )


def code_of_map(
    run: Run,
    kind: KindOfMap | None,
    points: int = MAX_POINTS,
    z: ArrayLike = (),
    label: int | None = None,
    dims: tuple[int, int] | None = None,
) -> Code:
    """Lay out a run's images, and decode a place.

    Parameters
    ----------
    run
        A trained run.
    kind
        The map; None for the best there is.
    points
        How many images it has at the most.
    z
        ``(D,)``, the place; empty for none.
    label
        That a conditional model decodes it with.
    dims
        Two numbers of the code that the map has as its axes, instead of a kind.

    Returns
    -------
    Code
        Python leaves the map in ``map_.projection`` and what is decoded, ``(C, H, W)``, in ``image``; the command
        writes codes and places as CSV.
    """
    given = "" if kind is None else f", {kind!r}"
    places = "coordinates" if dims is None else f"codes[:, {list(dims)}]"
    most = "" if points == MAX_POINTS else f", points={points}"
    python = (
        f"import vaelab\nfrom vaelab.sharing import draw_map\n\n{opening_of(run)}"
        f"map_ = draw_map(run{given}{most})\n"
        f"places = map_.projection.{places}  # (N, 2); the images are map_.projection.indices of run.images()\n"
    )
    if np.size(z):
        python += f"image = run.engine.decode([{_numbers(z)}]{_label(run, label)})[0]  # (C, H, W), from 0 to 1\n"
    flags = ["--codes", f"{run.name}-codes.csv", *(("--map", kind) if kind else ())]
    if points != MAX_POINTS:
        flags += ["--points", str(points)]
    return Code(python, command_of("export", str(run.path), *flags))


def code_of_way(run: Run, codes: Iterable[ArrayLike], kind: str, num_images: int, label: int | None = None) -> Code:
    """Decode the way through places.

    Parameters
    ----------
    run
        A trained run.
    codes
        ``(D,)`` each, two at least.
    kind
        A key of ``vaelab.latent.interpolation.INTERPOLATIONS``.
    num_images
        How many images along the way.
    label
        That a conditional model decodes them with.

    Returns
    -------
    Code
        Python leaves the images, ``(N, C, H, W)``, in ``images``; the command writes them as a film, there and back.
    """
    codes = list(codes)
    rows = ",\n".join(f"    {_numbers(code)}" for code in codes)
    python = (
        "import numpy as np\nimport vaelab\nfrom vaelab.latent.interpolation import through\n\n"
        f"{opening_of(run)}"
        f"codes = np.array([\n{rows},\n])\n"
        f'way = through(codes, np.linspace(0, 1, {num_images}), "{kind}")\n'
        f"images = run.engine.decode(way{_label(run, label)})  # (N, C, H, W), from 0 to 1\n"
    )
    places = ";".join(",".join(map(_number, np.asarray(code))) for code in codes)
    flags = ["--film", f"{run.name}-way.gif", f"--through={places}", "--way", kind, "--frames", str(num_images)]
    if _label(run, label):
        flags += ["--label", str(label)]
    return Code(python, command_of("export", str(run.path), *flags))


def code_of_results(results: Sequence[tuple[Run, str]]) -> Code:
    """Measure what is found out about runs once.

    Parameters
    ----------
    results
        Trained runs, each with a key of ``vaelab.runs.results.RESULTS``.

    Returns
    -------
    Code
        Python leaves the figures in ``figures``, by run and result; the commands print them, one after the other.
    """
    lines = ",\n".join(f"    ({str(run.path)!r}, {name!r})" for run, name in results)
    python = (
        "import vaelab\nfrom vaelab.runs.results import make\n\n"
        f"figures = {{}}\nfor path, name in [\n{lines},\n]:\n"
        "    run = vaelab.Run.open(path)\n"
        "    figures[run.name, name] = make(run, run.images(), name).figures\n"
    )
    commands = [command_of("evaluate", str(run.path), "--result", name) for run, name in results]
    return Code(python, "\n".join(commands))


def _changed(settings: BaseModel) -> Iterable[tuple[str, Any]]:
    """The settings that are not at their default."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value != field.get_default(call_default_factory=True):
            yield name, value


def _flag(name: str, value: Any) -> list[str]:
    """A setting, as the command line takes it."""
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    return [f"--{flag}", *map(str, value if isinstance(value, tuple) else (value,))]


def command_of(*words: str) -> str:
    """Write a command of the package's, as the shell of this machine takes it.

    Parameters
    ----------
    *words
        After the package's name.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> command_of("evaluate", "my runs/a")
    "python -m vaelab evaluate 'my runs/a'"
    """
    return f"python -m vaelab {subprocess.list2cmdline(words) if os.name == 'nt' else shlex.join(words)}"


def opening_of(run: Run) -> str:
    """Write the line of Python that opens a run, as ``run``.

    Parameters
    ----------
    run
        A run.

    Returns
    -------
    str
        With the end of the line.
    """
    return f"run = vaelab.Run.open({str(run.path)!r})\n"


def _label(run: Run, label: int | None) -> str:
    return f", {label}" if run.config.conditional and label is not None else ""


def _numbers(code: ArrayLike) -> str:
    return f"[{', '.join(map(_number, np.asarray(code)))}]"


def _number(value: Any) -> str:
    """With the digits that a code has, which is of float32."""
    return str(np.float32(value))
