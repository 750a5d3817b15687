"""What a page computes is copied as code, and computes the same elsewhere: see tests/sharing/test_as_code.py."""

import json
import re
import shlex

import numpy as np
import pytest
from playwright.sync_api import expect

from pages._ui.resources import EXAMPLES
from tests.browser.conftest import stay
from tests.browser.steps import canvas, idle
from vaelab import TrainConfig
from vaelab.latent.interpolation import spherical
from vaelab.runs import Run

pytestmark = pytest.mark.browser


@pytest.fixture
def copied(request, browser, base_url):
    """Opens an address, and gives what both buttons copy there, and the page."""
    with stay(request, browser, base_url=base_url, permissions=["clipboard-read", "clipboard-write"]) as page:

        def copy(address, wait=lambda page: None):
            page.goto(address)
            idle(page)
            wait(page)
            page.get_by_role("button", name="Share", exact=True).click()
            texts = []
            for form in ("Python", "command"):
                page.evaluate("navigator.clipboard.writeText('')")
                page.get_by_role("button", name=f"Copy as {form}").click()
                expect(page.locator(".share-link p")).to_have_text("Copied.")
                texts.append(page.evaluate("navigator.clipboard.readText()"))
            return *texts, page

        yield copy


def run_python(text):
    names = {}
    exec(compile(text, "copied", "exec"), names)
    return names


def test_on_explore_it_decodes_the_place_pinned(copied):
    python, command, page = copied("/explore?run=digits-2d&map=pca&z=0.5,-0.25", canvas)
    z = np.array(json.loads(page.get_by_test_id("latent-canvas").get_attribute("data-z")), np.float32)
    names = run_python(python)
    run = Run.open(EXAMPLES / "digits-2d")
    assert np.allclose(z, [0.5, -0.25])
    assert np.array_equal(names["image"], run.engine.decode(z[None])[0])
    assert names["map_"].projection.kind == "pca"
    assert len(names["places"]) == 1797
    assert shlex.split(command)[3:] == [
        "export",
        str(run.path),
        "--codes",
        "digits-2d-codes.csv",
        "--map",
        "pca",
    ]


def test_on_interpolate_it_decodes_the_way(copied):
    python, command, page = copied("/interpolate?run=digits-2d&a=z0.5,-1.25&b=z1,1&way=spherical&steps=5", canvas)
    run = Run.open(EXAMPLES / "digits-2d")
    way = spherical(np.array([0.5, -1.25]), np.array([1.0, 1.0]), np.linspace(0, 1, 5))
    assert np.allclose(run_python(python)["images"], run.engine.decode(way), atol=1e-6)
    assert "--through=0.5,-1.25;1.0,1.0" in shlex.split(command)
    # Of the ends as they are by now: with another one it is another.
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Draw B").click()
    idle(page)
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Copy as Python").click()
    expect(page.locator(".share-link p")).to_have_text("Copied.")
    other = page.evaluate("navigator.clipboard.readText()")
    assert "[0.5, -1.25]" in other
    assert "[1.0, 1.0]" not in other


def test_on_train_it_has_what_is_set(copied, monkeypatch):
    python, command, _ = copied("/train?dataset=digits&latent_dim=8&beta=0.25&classes=3,8")
    trained = []
    monkeypatch.setattr("vaelab.train", trained.append)
    run_python(python)
    (config,) = trained
    assert isinstance(config, TrainConfig)
    assert (config.dataset, config.latent_dim, config.beta) == ("digits", 8, 0.25)
    assert config.preprocessing.classes == ("3", "8")
    assert re.search(r"train .*--classes 3 8.*--latent-dim 8.*--beta 0\.25", command)


@pytest.mark.parametrize(
    ("address", "results"),
    [
        (
            "/compare?run=digits-2d&with=digits-ae-2d",
            [("digits-2d", "full_evaluation"), ("digits-ae-2d", "full_evaluation")],
        ),
        (
            "/reduction?run=digits-2d",
            [("digits-2d", "code_map"), ("digits-ae-2d", "code_map"), ("digits-2d", "pixel_maps")],
        ),
    ],
)
def test_where_results_are_shown_it_names_them(copied, address, results):
    python, command, _ = copied(address)
    compile(python, "copied", "exec")
    named = [(EXAMPLES / run, name) for run, name in results]
    assert re.findall(r"\('(.*)', '(.*)'\)", python) == [(str(path), name) for path, name in named]
    lines = [shlex.split(line)[3:] for line in command.splitlines()]
    assert lines == [["evaluate", str(path), "--result", name] for path, name in named]


USES = {
    "/generation?run=digits-2d&source=mixture&temperature=0.5&seed=2": (
        "generation --out digits-2d-new.png --source mixture --number 24 --temperature 0.5 --seed 2",
        "draw_images(run.engine, data, source='mixture', number=24, temperature=0.5, seed=2)",
    ),
    "/denoising?run=digits-2d&noise=masking&strength=0.4&beside=none": (
        "denoising --noise masking --strength 0.4 --number 200 --seed 0",
        "'masking', 0.4, 200, 0)",
    ),
    "/anomalies?run=digits-2d&anomalies=corrupted&damage=masking&score=latent": (
        "anomalies --kind corrupted --what masking --strength 0.1 --score latent",
        "AnomalySource(kind='corrupted', what='masking', strength=0.1)",
    ),
    "/anomalies?run=digits-2d&anomalies=within": ("anomalies --kind within --score either", "rank("),
    "/arithmetic?run=digits-2d&a=4&b=9": ("arithmetic --a=4 --b=9", "a = data.of_class('4')"),
}


@pytest.mark.parametrize("address", USES)
def test_on_pages_about_uses_it_has_what_is_set(copied, address):
    python, command, _ = copied(address)
    words, text = USES[address]
    compile(python, "copied", "exec")
    assert text in python
    said = [word for word in shlex.split(command)[3:] if not word.startswith(str(EXAMPLES))]
    assert said == words.split()


def test_where_nothing_is_computed_there_is_no_code(page):
    page.goto("/learn")
    idle(page)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    expect(page.get_by_role("button", name="Copy as Python")).to_be_hidden()
