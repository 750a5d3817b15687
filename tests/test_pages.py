"""Every page, launched without a browser: it draws, and a mistake is a sentence."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pages._explore import panel
from pages._ui import browser_files, canvas_images, frame, pictures, resources
from pages._ui.canvas_images import has_true_posterior
from pages._ui.map_view import WAYS_ON_UMAP
from pages._ui.widgets import plain
from tests.app_steps import says, without_live
from vaelab.config import TrainConfig
from vaelab.export.modules import ASSETS
from vaelab.runs import Run, results, runs_folder
from vaelab.training.running import train

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("[a-z]*.py"))


@pytest.fixture
def own_run(digits):
    """A run in the runs folder, as the Train page makes them."""
    return train(TrainConfig(latent_dim=3, epochs=2, hidden=(32,)), digits)


@pytest.mark.parametrize("script", PAGES)
def test_draws_on_the_shipped_runs(launch, script):
    app = launch(script)
    assert not app.error
    assert app.main.children, "the page is empty"


PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "said", "is_narrow"), [("", None, False), (PHONE, None, True), (PHONE, False, False), ("", True, True)]
)
def test_a_screen_is_a_phones_by_its_name_until_the_browser_has_said(monkeypatch, agent, said, is_narrow):
    told = {} if said is None else {"narrow": said}
    monkeypatch.setattr(frame.st, "session_state", {"browser": told})
    monkeypatch.setattr(frame.st, "context", SimpleNamespace(headers={"User-Agent": agent}))
    assert frame.is_narrow() is is_narrow


@pytest.mark.parametrize("columns", [6, 7, 10, 12, 20, 24])
def test_rows_of_images_are_shorter_on_a_phone(monkeypatch, columns):
    drawn = []
    monkeypatch.setattr(pictures, "show_pixels", lambda pixels, alt: drawn.append(pixels.shape[1]))
    for narrow in (False, True):
        monkeypatch.setattr(frame, "is_narrow", lambda narrow=narrow: narrow)
        pictures.sheet(np.zeros((48, 1, 8, 8), np.uint8), columns, "Images", side=8)
    wide, narrow = ((width + 2) // (8 + 2) for width in drawn)
    assert wide == columns
    # 358 pixels of a phone's 390, at least 44 of them for each.
    assert 4 < narrow <= min(columns, 358 // 44)


@pytest.mark.parametrize("script", ["reduction.py", "denoising.py"])
def test_figures_of_several_panels_are_narrow_on_a_phone(launch, monkeypatch, script):
    def columns():
        (chart,) = [json.loads(chart.proto.spec) for chart in launch(script).get("plotly_chart")]
        axes = [axis for name, axis in chart["layout"].items() if name.startswith("xaxis")]
        return len({tuple(axis["domain"]) for axis in axes})

    wide = columns()
    monkeypatch.setattr(frame, "is_narrow", lambda: True)
    assert columns() == wide - 1


def controls(block):
    """Everything on a page that a person can set or press: the protos of what has an id."""
    for child in getattr(block, "children", {}).values():
        yield from controls(child)
    proto = getattr(block, "proto", None)
    if proto is not None and {"id", "label", "help"} <= set(proto.DESCRIPTOR.fields_by_name):
        yield proto


#: What brings out controls that a page does not show at first.
MORE = [
    ("anomalies.py", {"anomalies": "corrupted"}),
    ("anomalies.py", {"anomalies": "other", "run": "digits-2d"}),
    ("arithmetic.py", {"run": "shapes-10d", "by": "factor"}),
    ("arithmetic.py", {"by": "lasso"}),
    ("denoising.py", {"hide": "box"}),
    ("explore.py", {"live": "false"}),
    ("generation.py", {"run": "digits-labels-2d"}),
    ("reduction.py", {"run": "faces-8d"}),
    ("runs.py", {"runs": "digits-2d"}),
    ("train.py", {"objective": "mmd", "corruption": "blur", "likelihood": "gaussian"}),
    ("train.py", {"objective": "iwae", "architecture": "conv"}),
    ("train.py", {"objective": "factor"}),
    ("train.py", {"objective": "capacity"}),
    ("train.py", {"model": "ae", "objective": "wae"}),
]


@pytest.mark.parametrize(("script", "query"), [*((script, {}) for script in PAGES), *MORE])
def test_every_control_says_what_it_is_and_what_it_does(launch, own_run, script, query):
    found = list(controls(launch(script, **query).main))
    assert found
    for proto in found:
        assert proto.label, proto
        # A question with its answers to choose from is its own explanation.
        assert proto.help or proto.label.endswith("?"), f"{script}: {proto.label} has no help text"


def test_a_setting_sends_the_browser_no_other(launch):
    """Which would undo what is being written there meanwhile."""
    app = launch("train.py")
    app.number_input(key="train-num_images").set_value(40).run()
    valued = [control for control in controls(app.main) if has_value(control)]
    assert len(valued) > 20
    assert not [control.label for control in valued if control.set_value]
    assert app.number_input(key="train-num_images").value == 40


def has_value(proto):
    return "set_value" in proto.DESCRIPTOR.fields_by_name


class TakesTheFirst(np.random.Generator):
    """Chance at its worst: it draws the same every time."""

    def choice(self, candidates, *arguments, **options):
        return candidates[0]


def test_another_image_is_another_one(launch, monkeypatch):
    app = launch("arithmetic.py", run="digits-2d")
    monkeypatch.setattr(np.random, "default_rng", lambda seed=0: TakesTheFirst(np.random.PCG64(seed)))
    (draw,) = (button for button in app.button if button.label == "Draw another")
    (number,) = (field for field in app.number_input if field.label == "Image")
    shown = [number.value]
    for _ in range(2):
        draw.click().run()
        shown.append(app.number_input(key=number.key).value)
        assert shown[-1] != shown[-2]

    # On a way, it is at neither end.
    app = launch("interpolate.py", run="digits-2d", a="0", b="1")
    for end, other in [("A", 2), ("B", 0), ("A", 1)]:
        app.button(key=f"draw-{end}").click().run()
        assert app.session_state[f"interpolation-{end}:digits-2d"]["image"] == other


def test_where_there_is_no_other_image_the_same_is_drawn():
    assert pictures.draw_another(np.array([7]), [7]) == 7
    assert {pictures.draw_another(np.array([7, 9]), [7]) for _ in range(20)} == {9}


@pytest.mark.parametrize("live", [True, False])
def test_explore_opens_on_an_example_with_an_image_chosen(launch, live):
    app = launch() if live else without_live(launch())
    assert app.selectbox(key="run").value == "mnist-2d"
    assert {metric.label for metric in app.metric} == {"Reconstruction", "KL divergence"}


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ({}, "The map's first image"),
        ({"z": "no place"}, "The map's first image"),
        ({"image": "12"}, "The chosen image"),
        ({"z": "0.5,0.5"}, "The nearest image"),
    ],
)
def test_an_image_is_called_chosen_once_somebody_chose_it(launch, query, title):
    titles = [each.value for each in launch(run="digits-2d", **query).markdown]
    assert f"## {title}" in titles


@pytest.mark.parametrize(
    ("run", "kind", "placed", "has_ellipse"),
    [
        ("digits-2d", "plane", "placed by the encoder", True),
        ("line", "plane", "placed by the encoder", False),
        ("digits-16d", "pca", "encoded, then projected by PCA", True),
        ("digits-16d", "pair", "placed by two numbers of its code", True),
        ("digits-16d", "umap", "encoded, then laid out by UMAP", False),
    ],
)
def test_what_is_said_about_a_map_is_true_of_it(launch, run, kind, placed, has_ellipse):
    if run == "line":
        train(TrainConfig(latent_dim=1, epochs=1, hidden=(16,)), run_dir=runs_folder() / run)
    captions = " ".join(caption.value for caption in launch(run=run, map=kind).caption)
    assert f"Each point is an image, {placed}." in captions
    assert "give or take σ" in captions
    assert ("one ellipse on the map" in captions) == has_ellipse
    assert (WAYS_ON_UMAP in captions) == (kind == "umap")
    if run == "digits-16d" and kind != "pair":
        on_way = " ".join(caption.value for caption in launch("interpolate.py", run=run, map=kind).caption)
        assert (WAYS_ON_UMAP in on_way) == (kind == "umap")


def test_what_people_meet_first_is_mnist_and_then_faces(launch):
    assert launch().selectbox(key="run").options[:2] == ["MNIST · VAE 2-D (example)", "Faces · VAE 8-D (example)"]
    assert launch("train.py").selectbox(key="train-dataset").value == "mnist_5k"


@pytest.mark.parametrize("script", ["explore.py", "interpolate.py"])
@pytest.mark.parametrize("run", ["digits-2d", "faces-8d"])
def test_the_url_names_the_run(launch, script, run):
    assert launch(script, run=run).selectbox(key="run").value == run


def test_a_run_that_is_not_there_is_said_to_be_missing(launch):
    app = launch(run="no-such-run")
    # Beside the controls, which it must not squeeze.
    said = app.toast[0].value
    assert plain("the model “no-such-run”, which is not here. Showing ") in said
    assert not app.warning
    assert app.selectbox(key="run").value == "mnist-2d"


@pytest.mark.parametrize(
    ("script", "query"), [("explore.py", "run"), ("compare.py", "run"), ("train.py", "watch")], ids=lambda name: name
)
def test_a_collapsed_model_says_so_where_one_looks(launch, copy, script, query):
    path = runs_folder() / "collapsed"
    shutil.copytree(copy.path, path)
    run = Run.open(path)

    def said():
        app = launch(script, **{query: "collapsed"})
        return [warning.value for warning in app.warning if "ignores its code" in warning.value]

    assert not said()
    results.keep(run, "evaluation", results.Result({**run.evaluation(), "active_units": 0}, {}))
    (warning,) = said()
    assert "Train again with β below 1, or let β rise slowly (the warm-up)." in warning
    with (path / "metrics.jsonl").open("a") as records:
        records.write('{"kind": "change", "step": 1, "settings": {"beta": 4}}\n')
    (warning,) = said()
    assert "β below 4" in warning, "as it was at the end"


def test_a_model_too_large_for_a_page_is_decoded_on_the_server(launch, monkeypatch):
    browser_files.why_not_live.clear()
    browser_files.browser_model.clear()
    monkeypatch.setattr("vaelab.export.model.MAX_WEIGHTS", 1000)
    app = launch()
    assert any("It is decoded on the server instead." in caption.value for caption in app.caption)
    assert not any(button.label == "Decode in the browser" for button in app.button)
    browser_files.why_not_live.clear()


def name_first_dimension(app, name):
    app.text_input[0].set_value(name)
    next(button for button in app.button if button.label == "Name it").click()
    app.run()
    assert not app.exception
    return app


def test_a_dimension_of_an_own_run_is_named_for_good(launch, own_run):
    app = name_first_dimension(launch(run=own_run.name, map="pair", x="1", y="2"), "*slant* <b>")
    assert own_run.dimension_names == {0: "*slant* <b>"}
    assert says(app.main, r"\"name\": \"*slant* <b>\"")
    layout = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    assert layout["xaxis"]["title"]["text"] == "z1: *slant* &lt;b&gt;"
    assert says(launch(run=own_run.name).main, r"\"name\": \"*slant* <b>\"")


def test_a_dimension_of_an_example_is_named_for_the_visit(launch):
    before = {path: path.stat().st_mtime_ns for path in (resources.EXAMPLES / "digits-2d").rglob("*")}
    app = launch(run="digits-2d")
    assert any("its names last for this visit" in caption.value for caption in app.caption)
    app = name_first_dimension(app, "size")
    assert says(app.main, r"\"name\": \"size\"")
    assert json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["xaxis"]["title"]["text"] == "z1: size"
    assert before == {path: path.stat().st_mtime_ns for path in (resources.EXAMPLES / "digits-2d").rglob("*")}
    assert not says(launch(run="digits-2d").main, r"\"name\": \"size\"")


def test_the_caption_speaks_of_a_legend_only_where_there_is_one(launch):
    def speaks(**query):
        return any("class in the legend" in caption.value for caption in launch(**query).caption)

    assert speaks(run="digits-2d")
    assert not speaks(run="shapes-10d", colour="scale")


def test_a_density_above_one_is_no_mistake(launch):
    """What a Gaussian's reconstruction costs may be below zero."""
    caption = "Below zero is no mistake"
    app = launch(run="digits-16d")
    assert app.metric[0].value.startswith("−")
    assert any(caption in one.value for one in app.caption)
    app = launch(run="digits-2d")
    assert not app.metric[0].value.startswith("−")
    assert not any(caption in one.value for one in app.caption)


def test_what_is_said_about_a_model_ends_in_one_full_stop(launch):
    for run in ("digits-2d", "faces-8d"):
        text = "".join(markdown.value for markdown in launch(run=run).markdown).replace("\\", "")
        assert "Source: " in text
        assert ".." not in text


def test_without_live_it_is_said_and_can_be_undone(launch):
    app = launch(run="digits-2d", live="false")
    assert any("decoded on the server" in caption.value for caption in app.caption)
    next(button for button in app.button if button.label == "Decode in the browser").click().run()
    assert not any("decoded on the server" in caption.value for caption in app.caption)
    assert "live" not in app.query_params


def test_autoencoders_have_no_kl(launch, ae_run, tmp_path, monkeypatch):
    monkeypatch.setenv("VAELAB_RUNS", str(ae_run.path.parent))
    app = launch(run=ae_run.name)
    assert {metric.label for metric in app.metric} == {"Reconstruction"}


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("name", ["digits-16d", "digits-labels-2d"])
def test_reconstruction_and_kl_of_an_image_add_up_to_its_bound(launch, name, live):
    """The error of z's draws, not that of the mean: which in 16 dimensions is 4 nats less."""
    app = launch(run=name, image="12")
    app = app if live else without_live(app)
    shown = {metric.label: float(metric.value.removesuffix(" nats").replace("−", "-")) for metric in app.metric}
    run = Run.open(resources.EXAMPLES / name)
    data = run.images()
    label = data.label_of(12)
    labels = None if label is None else np.full(5000, label)
    terms = run.engine.terms(data.images[np.full(5000, 12)], seed=3, labels=labels)
    assert shown["KL divergence"] == pytest.approx(terms.kl[0], abs=0.006)
    error = terms.reconstruction.std() / np.sqrt(panel.NUM_DRAWS)
    assert shown["Reconstruction"] == pytest.approx(terms.reconstruction.mean(), abs=3 * error + 0.05)
    at_mean = run.engine.terms(data.images[[12]], seed=None, labels=label).reconstruction[0]
    assert abs(terms.reconstruction.mean() - at_mean) > 3 * error + 0.05 or name != "digits-16d"
    (metric,) = (each for each in app.metric if each.label == "Reconstruction")
    assert "mean over 64 draws of z from q(z|x)" in metric.help


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"run": "digits-2d", "posteriors": "all"}, "Lines around 50% and 95% of the mass"),
        ({"run": "digits-2d", "posteriors": "3"}, "Ellipses: the posteriors of 150 of the 183 images of “3”"),
        ({"run": "digits-16d", "map": "pca", "posteriors": "all"}, "Lines around 50% and 95% of the mass"),
        ({"run": "digits-2d"}, None),
    ],
)
def test_posteriors_are_drawn_where_that_is_chosen(launch, query, said):
    app = launch(**query)
    captions = [caption.value for caption in app.caption]
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    names = {trace.get("name") for trace in spec["data"]}
    if said is None:
        assert not names & {"q(z)", "prior p(z)", "q(z|x), 1 σ"}
        return
    assert any(said in caption for caption in captions)
    assert names >= ({"q(z)", "prior p(z)"} if query["posteriors"] == "all" else {"q(z|x), 1 σ"})


@pytest.mark.parametrize("query", [{"run": "digits-ae-2d"}, {"run": "digits-16d", "map": "umap"}])
def test_posteriors_are_not_offered_where_none_has_an_ellipse(launch, query):
    app = launch(**query, posteriors="all")
    assert "Posteriors" not in {each.label for each in app.selectbox}


def test_train_refuses_an_impossible_config_in_a_sentence(launch):
    app = launch("train.py", dataset="digits")
    app.segmented_control(key="train-architecture").set_value("conv").run()
    assert not app.exception
    assert "conv architecture takes images of 16 to 128 pixels" in app.error[0].value
    start = next(button for button in app.button if button.label == "Start training")
    assert start.disabled


def test_train_says_what_is_wrong_with_widths(launch):
    app = launch("train.py")
    app.text_input(key="train-widths-mlp").set_value("256, many").run()
    assert not app.exception
    assert "“many” is not a whole number" in app.error[0].value


def test_runs_lists_own_runs_and_examples(launch, own_run):
    table = launch("runs.py").dataframe[0].value
    assert table["Name"].iloc[0] == own_run.title
    assert "Faces (example)" in set(table["Name"])
    assert len(table) == 1 + len(list(resources.EXAMPLES.glob("*/config.json")))
    assert set(table["State"]) == {"finished"}


def test_a_broken_run_is_shown_as_such(launch, own_run):
    (own_run.path / "checkpoints" / "last.safetensors").write_bytes(b"not a checkpoint")
    app = launch("runs.py")
    assert plain(own_run.name) in app.warning[0].value
    assert "damaged" in app.warning[0].value
    # The other pages do without it.
    assert launch().selectbox(key="run").value == "mnist-2d"


def test_a_dataset_that_cannot_be_had_is_a_sentence(launch, own_run, monkeypatch, tmp_path):
    """A run on MNIST opened on a machine without MNIST and without a network."""
    config = own_run.config.model_dump_json().replace('"digits"', '"kmnist"')
    (own_run.path / "config.json").write_text(config)
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "nothing"))
    app = launch(run=own_run.name)
    assert "kmnist" in app.warning[0].value
    assert "digits" in app.warning[0].value
    # The map does without its images.
    assert not app.error
    assert app.get("plotly_chart")


@pytest.mark.parametrize(
    ("name", "has"), [("digits-2d", True), ("mnist-2d", True), ("mnist-ae-2d", False), ("mnist-16d", False)]
)
def test_the_true_posterior_is_said_to_be_there_where_the_page_draws_it(name, has):
    assert has_true_posterior(Run.open(resources.EXAMPLES / name)) is has


def test_python_and_the_page_draw_the_true_posterior_of_the_same_models():
    script = (ASSETS / "latent_canvas" / "truth.js").read_text("utf-8")
    limits = {name: float(value) for name, value in re.findall(r"^const (MOST_\w+) = (.+);$", script, re.MULTILINE)}
    expected = {"MOST_PIXELS": canvas_images.MOST_PIXELS, "MOST_MULTIPLY_ADDS": canvas_images.MOST_MULTIPLY_ADDS}
    assert limits == expected


def test_a_map_of_old_is_given_the_posteriors_widths_before_it_is_shown(copy, digits):
    """Without them a draw from the posterior of a known image was off the data in 55 of 100 cases."""
    made = results.make(copy, digits, "pca")
    name = next((copy.path / "projections").glob("pca-*")).relative_to(copy.path)
    copy.write_arrays(str(name), *replace(made, sigma=None).to_arrays())
    assert results.read(copy, "pca").sigma is None
    assert np.array_equal(resources.known(copy, "pca").sigma, made.sigma)
    assert np.array_equal(results.read(copy, "pca").sigma, made.sigma), "and kept"


def test_a_map_of_a_collapsed_model_has_no_accuracy(launch):
    """Its means tremble as the images differ: the study of its map has 28%, and its codes tell nothing."""
    app = launch("reduction.py", run="digits-2d-beta-4")
    table = app.dataframe[0].value
    rows = table["Map"].str.contains("VAE")
    assert rows.sum() == 1
    assert table.loc[rows, "k-NN accuracy"].isna().all()
    assert table.loc[rows, "Trustworthiness"].notna().all()
