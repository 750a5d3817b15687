"""Make the notebook of the walkthrough: ``python assets/notebook/make.py``.

Its code is that of ``vaelab.walkthrough``, function by function, so that it cannot say anything else; it goes on to
the explorer, in place.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

from vaelab import walkthrough

__all__ = ["NOTEBOOK", "notebook"]

NOTEBOOK = Path(__file__).with_name("walkthrough.ipynb")

TITLE = """# A variational autoencoder, from beginning to end

Six short steps on the parts of vaelab, and then its latent space under your pointer. It needs vaelab: `pip install .`
in a clone. On a laptop all of it takes less than a minute."""

#: Each function, what is said above it, and what is done with it.
STEPS = (
    ("check_environment", "**Environment.** What there is to work with.", "check_environment()"),
    (
        "prepare",
        "**Data.** Images are numbers from 0 to 255. What the model is judged on, it must not have seen.",
        "data = prepare()\ndata.images.shape, data.split.train.shape, data.split.test.shape",
    ),
    (
        "build",
        "**Model.** The encoder answers with a distribution: its mean `mu`, and the log of its variance `logvar`. The "
        "decoder turns a code drawn from it into an image.",
        "model, config = build(data)\nmodel",
    ),
    ("mean_of", "**Loss.** Reconstruction plus KL to the standard normal prior, in nats per image.", ""),
    (
        "fit",
        "**Training.** One batch after another, the weights are nudged so that the loss falls.",
        'curve = list(fit(model, config, data))\ncurve[0]["validation"], curve[-1]["validation"]',
    ),
    (
        "judge",
        "**Evaluation.** The same loss on images that the model has never seen: its negative is the ELBO.",
        "judge(model, config, data)",
    ),
    (
        "look",
        "**Latent space.** A point for each image, coloured by its label, which nobody told the model.",
        "look(model, config, data)",
    ),
)

AFTER = (
    (
        "**Under your pointer.** Move over the map: every place of it is decoded as you go. This cell needs no server, "
        'and `.save("mine.html")` makes a file of it.',
        "Engine(model, config).explorer(data)",
    ),
    (
        "**The same in two lines.** A run trains, is kept in a folder, and shows itself.",
        'run = vaelab.train(vaelab.TrainConfig(dataset="digits", latent_dim=2, seconds=5))\nrun',
    ),
)


def notebook() -> str:
    """The notebook's text: nbformat 4.5, without outputs."""
    source = inspect.getsource(walkthrough)
    imports = re.search(r"^import platform\n.*?(?=^__all__)", source, re.DOTALL | re.MULTILINE)
    assert imports is not None
    cells = [_text(TITLE), _code(f"{imports[0].strip()}\n\nimport vaelab")]
    for name, said, use in STEPS:
        cells += [_text(said), _code(inspect.getsource(getattr(walkthrough, name)).strip())]
        if use:
            cells.append(_code(use))
    for said, use in AFTER:
        cells += [_text(said), _code(use)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    numbered = [cell | {"id": f"cell-{number}"} for number, cell in enumerate(cells)]
    book = {"cells": numbered, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "execution_count": None, "outputs": []}


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook(), "utf-8")
    print(f"{NOTEBOOK.name} is made.")
