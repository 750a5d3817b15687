"""The course without a browser: its words, its last lesson's model, and the code to take away."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pages import _lessons
from pages._lessons import making, python
from pages._ui.browser_code import ASSETS
from vaelab import walkthrough

#: What lessons are written in: the words and the figures.
WORDS = sorted(Path(_lessons.__file__).parent.glob("*.py"))
FIGURES = sorted((ASSETS / "lessons").rglob("*.js"))


def texts_of(file):
    """What a file may say to a reader: its strings, without docstrings."""
    text = file.read_text("utf-8")
    if file.suffix == ".js":
        code = re.sub(r"^\s*(/?\*|//).*$", "", text, flags=re.MULTILINE)
        return [found for line in code.splitlines() for found in re.findall(r'"[^"]*"|`[^`]*`', line)]
    tree = ast.parse(text)
    told = {
        id(node.value)
        for parent in ast.walk(tree)
        for node in ast.iter_child_nodes(parent)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]


@pytest.mark.parametrize("file", [*WORDS, *FIGURES], ids=lambda file: file.name)
def test_words_and_figures_have_one_kind_of_apostrophe_and_of_percent(file):
    for text in texts_of(file):
        assert not re.search(r"\w'\w|s' ", text), text
        assert not re.search(r"[\d}][ \u00a0]%", text), text


def test_what_the_file_to_take_away_needs_is_said():
    needed = {"torch": "PyTorch", "sklearn": "scikit-learn", "plotly": "Plotly"}
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(making.script()))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - sys.stdlib_module_names == set(needed)
    said = next(text for text in texts_of(Path(python.__file__)) if "and nothing of this app" in text)
    for name in needed.values():
        assert name in said


def elbo_of(output):
    """The ELBO that the file prints at its end, and its two terms."""
    return [float(number) for number in re.search(r"ELBO (\S+) = -\((\S+) \+ (\S+)\)", output).groups()]


@pytest.mark.slow
def test_the_file_to_take_away_runs_as_it_is(tmp_path):
    (tmp_path / "vae.py").write_text(making.script())
    done = subprocess.run([sys.executable, "vae.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    elbo, reconstruction, kl = elbo_of(done.stdout)
    assert elbo == pytest.approx(-(reconstruction + kl), abs=0.11)
    assert -32 < elbo < -18
    assert kl > 1, "it has not collapsed"
    assert {path.name for path in tmp_path.glob("*.html")} == {"latent_map.html", "samples.html"}
    assert not re.search(r"(import|from) (vaelab|streamlit)", making.script())


def test_the_notebook_is_the_same_code():
    found = json.loads(making.notebook())
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"])
    code, words = (
        [cell["source"] for cell in found["cells"] if cell["cell_type"] == kind] for kind in ("code", "markdown")
    )
    assert len(code) >= 6
    assert words[0].startswith("# A variational autoencoder")
    assert not any(line.startswith("#") for cell in code for line in cell.splitlines())
    script = [line for line in making.script().splitlines() if line and not line.startswith("#")]
    shown = [line for cell in code for line in cell.splitlines() if line]
    changed = [(a, b) for a, b in zip(script, shown, strict=True) if a != b]
    assert [b for _, b in changed] == ["latent_map.show()", "samples.show()"]
    compile("\n\n".join(code), "vae.ipynb", "exec")


def test_the_last_lesson_trains_with_one_thread_and_leaves_torch_as_it_was(monkeypatch):
    seen = []
    fit = walkthrough.fit

    def watched(*arguments):
        seen.append(torch.get_num_threads())
        yield from fit(*arguments)

    monkeypatch.setattr(walkthrough, "fit", watched)
    monkeypatch.setattr(making, "EPOCHS", 3)
    torch.set_num_threads(2)
    try:
        made = making.Making()
        made.wait(60)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert not made.is_running
    assert made.error is None
    assert seen == [1]
    assert [record["epoch"] for record in made.curve] == [1, 2, 3]
    assert made.figures["num_images"] == 180
    assert made.latent_map is not None


def test_the_last_lesson_can_be_stopped_and_says_what_went_wrong(monkeypatch):
    monkeypatch.setattr(making, "EPOCHS", 10_000)
    made = making.Making()
    while not made.curve:
        made.wait(0.05)
    made.stop()
    made.wait(60)
    assert not made.is_running
    assert 0 < len(made.curve) < 10_000
    assert made.figures["num_images"] == 180, "what was trained is judged"

    def fails():
        raise ValueError("no digits")

    monkeypatch.setattr(walkthrough, "prepare", fails)
    made = making.Making()
    made.wait(60)
    assert str(made.error) == "no digits"
    assert made.latent_map is None
