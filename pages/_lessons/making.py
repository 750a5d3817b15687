"""The last lesson's model, made while the reader goes on reading; and the course's code to take away."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pages._ui.background import Background
from vaelab.export import modules

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["EPOCHS", "Making", "notebook", "script"]

#: Passes over the images.
EPOCHS = 40


class Making(Background):
    """Build, train, judge and look; where it is stopped, what has been trained so far is judged.

    Attributes
    ----------
    curve
        A record for each epoch so far.
    figures, latent_map
        Once it has ended: figures on held-out images, and a map.
    error
        Once it has failed: why.
    """

    def __init__(self) -> None:
        self.curve: list[dict[str, Any]] = []
        self.figures: dict[str, Any] = {}
        self.latent_map: go.Figure | None = None
        self.error: Exception | None = None
        super().__init__("walkthrough")

    def _run(self) -> None:
        from vaelab import walkthrough
        from vaelab.networks.torch_settings import our_torch

        try:
            # With layers this small, threads wait for one another: an epoch takes up to forty times as long with two.
            with our_torch(threads=1):
                data = walkthrough.prepare()
                model, config = walkthrough.build(data)
                for record in walkthrough.fit(model, config, data, EPOCHS):
                    self.curve.append(record)
                    if self._stop.is_set():
                        break
                self.figures = walkthrough.judge(model, config, data)
                self.latent_map = walkthrough.look(model, config, data)
        except Exception as error:  # raised again where the reader is told
            self.error = error


def script() -> str:
    """A VAE in one file of Python, which needs nothing of this package."""
    return modules.read("lessons/vae.py")


def notebook() -> str:
    """The same as a Jupyter notebook, a cell for each part (nbformat 4.5)."""
    cells = []
    for number, part in enumerate(re.split(r"^# %%", script(), flags=re.MULTILINE)[1:]):
        head, _, body = part.partition("\n")
        is_text = "[markdown]" in head
        # A script writes its pictures to files, a notebook shows them.
        body = (
            re.sub(r"^# ?", "", body, flags=re.MULTILINE) if is_text else re.sub(r"write_html\(.*?\)", "show()", body)
        )
        cell: dict[str, Any] = {
            "cell_type": "markdown" if is_text else "code",
            "id": f"cell-{number}",
            "metadata": {},
            "source": body.strip(),
        }
        cells.append(cell if is_text else cell | {"execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}, indent=1
    )
