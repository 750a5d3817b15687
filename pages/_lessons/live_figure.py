"""A lesson's figure, which runs its models in the browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from pages._lessons import progress
from pages._ui import browser_code
from pages._ui.decoders import send_model
from vaelab.export import modules
from vaelab.runs import Run
from vaelab.sharing import live

__all__ = ["FigureSpec", "LiveFigure"]


class FigureSpec(TypedDict):
    """What every figure is given."""

    models: dict[str, str]  # their ids, by the role that the figure knows them in


class LiveFigure:
    """A figure that runs its models in the browser: ``assets/lessons/<name>.js``.

    One for each file, made when the lesson's module is imported.

    Parameters
    ----------
    name
        Of the file. Its style sheet, where it has one, is called the same.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        style = ["lessons/stage.css"]
        if (modules.ASSETS / "lessons" / f"{name}.css").exists():
            style.append(f"lessons/{name}.css")
        self._mount = browser_code.component(f"lesson_{name}", f"lessons/{name}.js", "lessons/stage.html", *style)

    def draw(
        self,
        models: Mapping[str, Run],
        arrays: Mapping[str, NDArray[Any]],
        spec: Mapping[str, object],
        *,
        revealed: bool,
    ) -> None:
        """Draw the figure.

        Parameters
        ----------
        models
            Trained runs, by the role that the figure knows them in.
        arrays
            float32, int32 or uint8 arrays that it reads.
        spec
            What else it reads, as JSON: ``classes``, or a ``TypedDict`` of the lesson, whose type
            the figure's file has as well.
        revealed
            Whether it shows what the reader was to predict. Once it does, a figure that is on the
            page already goes on from where it stands.
        """
        names = {role: live.model_name(run) for role, run in models.items()}
        common: FigureSpec = {"models": names}
        text = json.dumps({**common, **spec}, allow_nan=False)
        metadata = {"kind": "figure", "figure": text, "revealed": str(revealed)}
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        self._mount(key=f"figure-{self.name}-{progress.turn()}", data=save(contiguous, metadata))
        for role, run in models.items():
            send_model(run, f"-{role}")
