"""The course without a browser: its words, its claims, its last lesson's model, and the code to take away."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import norm

import vaelab
from pages import _lessons
from pages._lessons import beta, collapse, kit, making, python, two_forces
from pages._ui import resources
from vaelab import walkthrough
from vaelab.config import TrainConfig
from vaelab.export.modules import ASSETS
from vaelab.networks.models import build_model
from vaelab.networks.objectives import loss_terms
from vaelab.runs.results import Result

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


def source_of(lesson):
    """All that a lesson says, in one line."""
    return " ".join(texts_of(Path(lesson.__file__)))


# --- What lessons claim --------------------------------------------------------------------------


def rate_by_hand(mu, sigma, count=20_000):
    """Information, total correlation and the dimensions' KL of two-dimensional posteriors, by draws from them."""
    rng = np.random.default_rng(1)
    rows = rng.integers(len(mu), size=count)
    z = rng.normal(mu[rows], sigma[rows])
    parts = []
    for some in np.array_split(np.arange(count), 100):
        each = norm.logpdf(z[some][:, None], mu, sigma)  # (draws, N, 2)
        own = norm.logpdf(z[some], mu[rows[some]], sigma[rows[some]])
        together = logsumexp(each.sum(2), 1) - np.log(len(mu))
        alone = logsumexp(each, 1) - np.log(len(mu))
        prior = norm.logpdf(z[some])
        parts.append([own.sum(1) - together, together - alone.sum(1), (alone - prior).sum(1)])
    return np.concatenate(parts, 1).mean(1)


@pytest.mark.parametrize("name", beta.RUNS)
def test_the_rate_bounds_what_a_code_tells_and_its_parts_add_up_to_it(name):
    run = resources.example(name)
    data = resources.images_of(run)
    parts = beta.rate_parts(run)
    train = data.split.train
    assert parts["num_images"] == len(train)
    assert parts["log_num_images"] == pytest.approx(np.log(len(train)), abs=1e-3)
    posterior = run.engine.encode(data.images[train])
    rate = run.engine.terms(data.images[train], 0).kl.mean()
    assert beta.rate_of(parts) == pytest.approx(rate, abs=0.03)
    by_hand = rate_by_hand(posterior.mu.astype(float), posterior.sigma.astype(float))
    shown = [parts[part] for part in ("information", "total_correlation", "dimension_kl")]
    np.testing.assert_allclose(shown, by_hand, atol=0.05)
    assert parts["information"] < min(rate + 0.01, np.log(len(train)))
    if run.config.beta == 0.05:
        assert rate > np.log(len(train)), "more than there is to tell"
        assert rate - parts["information"] > 1.5


def test_the_lesson_on_beta_does_without_parts_that_an_older_study_lacks(monkeypatch):
    run = resources.example(beta.RUNS[0])
    for study in (None, Result({"elbo": -20.0}, {}), Result({"rate": None}, {})):
        monkeypatch.setattr(resources, "known", lambda *_, study=study: study)
        assert beta.rate_parts(run) is None
    told = []
    monkeypatch.setattr(kit, "say", told.append)
    beta._say_what_a_code_tells({})
    assert told == []


def test_an_elbo_of_densities_may_be_positive_as_the_lesson_on_the_loss_says():
    assert (resources.example("digits-16d").evaluation() or {})["elbo"] > 40
    run = resources.example("digits-2d")
    assert run.config.likelihood == "bernoulli", "where a sum over black and white images cannot exceed 1"
    assert (run.evaluation() or {})["elbo"] < 0


def test_grey_pixels_have_no_normalized_cross_entropy():
    """What the lesson on the loss says: over grey values, e to the minus cost does not add up to 1."""
    grey = (np.arange(10_000) + 0.5) / 10_000
    for decoded in (0.1, 0.5, 0.9):
        density = decoded**grey * (1 - decoded) ** (1 - grey)
        assert density.mean() < 0.75


def test_beta_and_the_noise_of_gaussian_pixels_are_one_dial():
    """With beta 4 the loss is four times that with twice the sigma, but for a constant."""
    x = torch.rand(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))

    def totals(seed, **settings):
        config = TrainConfig(likelihood="gaussian", latent_dim=4, hidden=(16,), seed=seed, **settings)
        model = build_model(config, (1, 8, 8))
        return loss_terms(model, x, config, generator=torch.Generator().manual_seed(1)).total.detach()

    a, b = (totals(seed, sigma=0.1, beta=4) - 4 * totals(seed, sigma=0.2, beta=1) for seed in (0, 1))
    torch.testing.assert_close(a, b, rtol=1e-3, atol=0.05)
    torch.testing.assert_close(a, a.mean().expand(8), rtol=1e-3, atol=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("sigma", "alive"), [(0.3, 5), (0.05, 16)])
def test_how_many_numbers_live_is_up_to_the_noise_of_the_pixels(sigma, alive, tmp_path):
    shipped = resources.example("digits-16d")
    config = shipped.config.model_copy(update={"sigma": sigma})
    figures = vaelab.train(config, resources.images_of(shipped), tmp_path / "run").evaluation()
    assert figures["active_units"] == pytest.approx(alive, abs=1)
    assert (shipped.config.sigma, shipped.evaluation()["active_units"]) == (0.1, 9)
    said = f"sigma = {sigma:g}$, " + ("this model keeps about 5" if alive == 5 else "all 16")
    assert said in source_of(collapse)


def test_a_score_function_is_right_on_average_and_scatters_far_more():
    """What the lesson on the reparameterization trick says of the two estimates of a derivative."""
    run = resources.example("digits-2d")
    data = resources.images_of(run)
    model = run.engine.model
    x = torch.from_numpy(data.images[data.split.test[:1]]).float() / 255
    posterior = run.engine.encode(data.images[data.split.test[:1]])
    mu, sigma = torch.from_numpy(posterior.mu), torch.from_numpy(posterior.sigma)
    noise = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(0))
    z = (mu + sigma * noise).requires_grad_()
    cost = -model.likelihood.log_prob(model.decoder(z), x.expand(len(z), -1, -1, -1))
    (through,) = torch.autograd.grad(cost.sum(), z)  # dz / dmu = 1
    # Less its mean, which changes nothing on average: the usual baseline.
    scored = ((cost - cost.mean())[:, None] * noise / sigma).detach()
    error = (scored.std(0) / len(z) ** 0.5).numpy()
    np.testing.assert_allclose(scored.mean(0), through.mean(0), atol=4 * error.max())
    assert (scored.std(0) > 1.5 * through.std(0)).all(), (scored.std(0), through.std(0))
    plain = (cost[:, None] * noise / sigma).detach()
    assert (plain.std(0) > 5 * through.std(0)).all(), (plain.std(0), through.std(0))


def test_the_two_forces_balance_over_the_training_images_as_their_lesson_says():
    run = resources.example("digits-2d")
    data = resources.images_of(run)
    images = data.images[data.split.train]
    codes, pulls = run.engine.encode(images), run.engine.forces(images, num_draws=200)
    outward = [(pull.mu * codes.mu).sum(1).mean() for pull in pulls]
    wider = [(pull.sigma * codes.sigma).mean() for pull in pulls]
    told = [float(number) for number in re.findall(r"\d\.\d\d", source_of(two_forces).split("outward (")[1])]
    assert outward == pytest.approx([told[0], -told[1]], abs=0.03)
    assert wider == pytest.approx([-told[2], told[3]], abs=0.02)
    alone = np.linalg.norm(pulls.reconstruction.mu + pulls.regularizer.mu, axis=1)
    assert np.median(alone) > 1, "though single images are not at rest"


# --- The last lesson -----------------------------------------------------------------------------


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
