"""Every page, launched without a browser: it draws, and a mistake is a sentence."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui import resources, state
from vaelab.config import TrainConfig
from vaelab.datasets import load_dataset
from vaelab.runs import Run
from vaelab.training import train

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("[a-z]*.py"))
SECONDS = 60


@pytest.fixture
def launch(monkeypatch):
    """Start the app on a page, as the URL would."""
    monkeypatch.chdir(ROOT)

    def start(page: str = "explore.py", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
        app.run()
        if page != "home.py":
            app.switch_page(f"pages/{page}")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    yield start
    resources.jobs.clear()  # which ends what a page had begun


@pytest.fixture
def own_run(digits):
    """A run in the runs folder, as the Train page makes them."""
    return train(TrainConfig(latent_dim=3, epochs=2, hidden=(32,)), digits)


@pytest.mark.parametrize("page", PAGES)
def test_draws_on_the_shipped_runs(launch, page):
    app = launch(page)
    assert not app.error
    assert app.main.children, "the page is empty"


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
    ("generation.py", {"run": "digits-labels-2d"}),
    ("reduction.py", {"run": "faces-8d"}),
    ("runs.py", {"runs": "digits-2d"}),
    ("train.py", {"objective": "mmd", "corruption": "blur", "likelihood": "gaussian"}),
    ("train.py", {"objective": "iwae", "architecture": "conv"}),
]


@pytest.mark.parametrize(("page", "query"), [*((page, {}) for page in PAGES), *MORE])
def test_every_control_says_what_it_is_and_what_it_does(launch, own_run, page, query):
    found = list(controls(launch(page, **query).main))
    assert found
    for proto in found:
        assert proto.label, proto
        # A question with its answers to choose from is its own explanation.
        assert proto.help or proto.label.endswith("?"), f"{page}: {proto.label} has no help text"


def test_every_slider_of_a_code_says_what_it_does(launch):
    for proto in controls(without_live(launch(run="digits-labels-2d")).main):
        assert proto.help, proto.label


#: An address, what a control of the page then shows, and how it stands in the URL at another value.
ADDRESSES = [
    ("explore.py", "digits-2d", "map", "pca", "map", "pca"),
    ("explore.py", "shapes-10d", "colour", "scale", "color:shapes", "scale"),
    ("interpolate.py", "digits-2d", "way", "spherical", "way", "spherical"),
    ("compare.py", "digits-2d", "link", "place", "compare-link", "place"),
    ("compare.py", "digits-2d", "with", "digits-16d,digits-ae-2d", "compare-with-digits-2d",
     ["digits-16d", "digits-ae-2d"]),
    ("reduction.py", "digits-2d", "beside", "digits-denoiser-16d", "beside-map",
     "digits-denoiser-16d"),
    ("anomalies.py", "digits-2d", "score", "latent", "anomaly-score", "latent"),
    ("anomalies.py", "digits-2d", "list", "false-alarms", "anomaly-list", "False alarms"),
    ("denoising.py", "digits-2d", "noise", "masking", "noise-kind", "masking"),
    ("denoising.py", "digits-2d", "strength", "0.65", "noise-strength-gaussian", 0.65),
    ("denoising.py", "digits-2d", "beside", "digits-16d", "beside", "digits-16d"),
    ("generation.py", "digits-labels-2d", "label", "7", "generate-label:digits:True", 7),
    ("generation.py", "digits-2d", "source", "mixture", "code-source", "mixture"),
    ("arithmetic.py", "digits-2d", "strength", "-0.5", "strength", -0.5),
    ("arithmetic.py", "digits-2d", "image", "42", "arithmetic-image:digits:1797", 42),
    ("train.py", None, "latent_dim", "8", "train-latent_dim", 8),
    ("train.py", None, "dataset", "shapes", "train-dataset", "shapes"),
    ("train.py", None, "objective", "tc", "train-objective", "tc"),
    ("train.py", None, "beta", "0.25", "train-beta", 0.25),
    ("train.py", None, "batch_size", "512", "train-batch_size", 512),
    ("train.py", None, "size", "16", "train-size", 16),
    ("train.py", None, "seconds", "20", "train-seconds", 20),
    ("train.py", None, "classes", "3,8", "train-classes-digits", ["3", "8"]),
    ("train.py", None, "hidden", "32,16", "train-widths-mlp", "32,16"),
    ("train.py", None, "binarize", "true", "train-binarize", True),
    ("runs.py", None, "term", "kl", "curve-term", "kl"),
]  # fmt: skip


@pytest.mark.parametrize(("page", "run", "name", "text", "key", "value"), ADDRESSES)
def test_a_setting_is_in_the_url_both_ways(launch, page, run, name, text, key, value):
    app = launch(page, **({} if run is None else {"run": run}))
    default = by_key(app, key).value
    assert default != value
    assert name not in app.query_params, "a setting at its default is not in the URL"

    app.query_params[name] = text
    app.run()
    assert by_key(app, key).value == value

    by_key(app, key).set_value(default).run()
    assert name not in app.query_params
    by_key(app, key).set_value(value).run()
    assert not app.exception
    assert one(app.query_params[name]) == text


def by_key(app, key):
    """The control with this key, of whatever kind it is."""
    kinds = (app.selectbox, app.segmented_control, app.slider, app.number_input, app.multiselect,
             app.select_slider, app.text_input, app.toggle)  # fmt: skip
    return next(control for kind in kinds for control in kind if control.key == key)


#: Values that make no sense, and what is shown instead.
MISTAKES = [
    ("explore.py", "map", "nonsense", state.KIND_KEY, "plane"),
    ("interpolate.py", "steps", "9999", "steps", 12),
    ("interpolate.py", "way", "", "way", "linear"),
    ("compare.py", "with", "no-such-run", "compare-with-digits-2d", ["digits-ae-2d"]),
    ("reduction.py", "beside", "no-such-run", "beside-map", "digits-ae-2d"),
    ("anomalies.py", "score", "nonsense", "anomaly-score", "calibrated"),
    ("anomalies.py", "anomalies", "left_out", "anomalies:digits-2d", "other"),
    ("denoising.py", "strength", "nan", "noise-strength-gaussian", 0.3),
    ("denoising.py", "strength", "17", "noise-strength-gaussian", 1.0),
    ("generation.py", "label", "7", "generate-label:digits:False", 7),
    ("generation.py", "temperature", "hot", "temperature", 1.0),
    ("arithmetic.py", "image", "99999999", "arithmetic-image:digits:1797", 1796),
    ("arithmetic.py", "a", "nonsense", None, None),
    ("train.py", "latent_dim", "2.5", "train-latent_dim", 2),
    ("train.py", "latent_dim", "1e400", "train-latent_dim", 2),
    ("train.py", "classes", "no,such,class", "train-classes-digits", []),
    ("train.py", "watch", "no-such-run", None, None),
    ("runs.py", "runs", "no-such-run", "curve-term", "total"),
]


@pytest.mark.parametrize(("page", "name", "text", "key", "value"), MISTAKES)
def test_a_mistake_in_the_url_gives_way_quietly(launch, page, name, text, key, value):
    run = {} if page in {"train.py", "runs.py"} else {"run": "digits-2d"}
    app = launch(page, **run, **{name: text})
    assert not app.error
    if key is not None:
        assert by_key(app, key).value == value


def test_a_place_is_in_the_url_once_it_is_not_where_the_map_starts(launch):
    app = without_live(launch(run="digits-labels-2d"))
    assert not {"z", "image", "label"} & set(app.query_params)
    app.slider(key="z0:digits-labels-2d").set_value(1.25).run()
    z = [round(app.slider(key=f"z{dim}:digits-labels-2d").value, 3) for dim in range(2)]
    written = dict(app.query_params)
    assert [float(part) for part in one(written["z"]).split(",")] == z
    assert z[0] == 1.25
    assert one(written["image"]) == "0"
    assert one(written["label"]) == "0"


def one(value):
    return value[0] if isinstance(value, list) else value


def test_a_place_in_the_url_is_gone_to(launch):
    app = without_live(launch(run="digits-labels-2d", z="0.75,-1.44", image="12", label="7"))
    assert [app.slider(key=f"z{dim}:digits-labels-2d").value for dim in range(2)] == [0.75, -1.44]
    assert app.selectbox(key="label:digits-labels-2d").value == 7
    assert not app.warning


def test_an_image_alone_stands_for_its_code(launch):
    app = without_live(launch(run="digits-2d", image="12"))
    run, data = Run.open(resources.EXAMPLES / "digits-2d"), load_dataset("digits")
    mu = run.engine.encode(data.images[[12]]).mu[0]
    z = [app.slider(key=f"z{dim}:digits-2d").value for dim in range(2)]
    assert z == pytest.approx(mu.tolist(), abs=1e-3)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ({"z": "foo"}, "a place is written like z=0.75,-1.44"),
        ({"z": "1,2,3"}, "a place of 3 numbers, and the codes of Digits have 2"),
        ({"z": "nan,1"}, "must be from -1000 to 1000"),
        ({"z": "1e30,1"}, "must be from -1000 to 1000"),
        ({"image": "1797"}, "there are those from 0 to 1796"),
        ({"image": "-1"}, "there are those from 0 to 1796"),
        ({"z": "1,2", "image": "twelve"}, "the image twelve"),
        ({"z": "1,2", "label": "x"}, "the label x"),
    ],
)
def test_a_wrong_place_is_answered_by_a_sentence(launch, place, sentence):
    app = launch(run="digits-2d", **place)
    assert sentence in app.warning[0].value
    # It is said until one is somewhere else.
    app = without_live(app)
    assert sentence in app.warning[0].value
    app.slider(key="z0:digits-2d").set_value(0.5).run()
    assert not app.warning


@pytest.mark.parametrize(("end", "text"), [("a", "1797"), ("b", "twelve")])
def test_an_end_that_is_not_there_is_answered_by_a_sentence(launch, end, text):
    app = launch("interpolate.py", run="digits-2d", **{end: text})
    assert f"There is no image {text} for {end.upper()}" in app.warning[0].value


def test_a_url_that_comes_late_undoes_nothing(launch, monkeypatch):
    """A browser may send a rerun before it has heard of what the one before did to the URL."""
    app = launch("interpolate.py", run="digits-2d", way="spherical")
    app.segmented_control(key="way").set_value("linear").run()
    app.query_params["way"] = "spherical"
    app.button(key="draw-A").click().run()
    assert app.segmented_control(key="way").value == "linear"
    assert "way" not in app.query_params
    # Later, the same is a link that was followed.
    monkeypatch.setattr(state, "time", SimpleNamespace(monotonic=lambda: float("inf")))
    app.query_params["way"] = "spherical"
    app.run()
    assert app.segmented_control(key="way").value == "spherical"


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


def test_settings_stay_in_the_url_of_the_page_one_comes_back_to(launch):
    app = launch(run="digits-2d", map="pca")
    app.switch_page("pages/train.py").run()
    app.query_params.clear()  # as a click in the menu does
    app.switch_page("pages/explore.py").run()
    assert app.segmented_control(key=state.KIND_KEY).value == "pca"
    assert one(app.query_params["map"]) == "pca"


def without_live(app: AppTest) -> AppTest:
    """Have the server decode: then there are sliders that can be seen from here."""
    app.toggle(key="live").set_value(False).run()
    assert not app.exception, app.exception
    return app


@pytest.mark.parametrize("live", [True, False])
def test_explore_opens_on_an_example_with_an_image_chosen(launch, live):
    app = launch() if live else without_live(launch())
    assert app.selectbox(key="run").value == "digits-2d"
    assert {metric.label for metric in app.metric} == {"Reconstruction", "KL divergence"}
    assert len(app.slider) == (0 if live else 2)


def test_explore_moves_its_sliders_to_the_origin_and_back(launch):
    app = without_live(launch())
    start = [slider.value for slider in app.slider]
    button = {button.label: button for button in app.button}
    button["Origin"].click().run()
    assert [slider.value for slider in app.slider] == [0, 0]
    {button.label: button for button in app.button}["Image"].click().run()
    assert [slider.value for slider in app.slider] == pytest.approx(start)


@pytest.mark.parametrize("page", ["explore.py", "interpolate.py"])
@pytest.mark.parametrize("run", ["digits-2d", "faces-8d"])
def test_the_url_names_the_run(launch, page, run):
    assert launch(page, run=run).selectbox(key="run").value == run


def test_a_run_that_is_not_there_is_said_to_be_missing(launch):
    app = launch(run="no-such-run")
    assert "There is no run called no-such-run" in app.warning[0].value
    assert app.selectbox(key="run").value == "digits-2d"


def test_a_model_too_large_for_a_page_is_decoded_on_the_server(launch, monkeypatch):
    resources._why_not_live.clear()
    resources._browser_model.clear()
    monkeypatch.setattr("vaelab.export.browser.MAX_WEIGHTS", 1000)
    app = launch()
    assert "it is decoded on the server instead." in app.info[0].value
    assert len(app.slider) == 2
    resources._why_not_live.clear()


def test_sliders_are_sorted_by_kl_and_unused_ones_folded(launch):
    app = without_live(launch(run="faces-8d"))
    run = Run.open(resources.EXAMPLES / "faces-8d")
    kl = run.evaluation()["kl_per_dim"]
    dims = [int(slider.label.split(" ")[0][1:]) - 1 for slider in app.slider]
    assert sorted(dims) == list(range(8))
    active = [dim for dim in dims if kl[dim] > 0.1]
    assert active == sorted(active, key=lambda dim: -kl[dim])


def test_autoencoders_have_no_kl(launch, ae_run, tmp_path, monkeypatch):
    monkeypatch.setenv("VAELAB_RUNS", str(ae_run.path.parent))
    app = launch(run=ae_run.name)
    assert {metric.label for metric in app.metric} == {"Reconstruction"}


def test_train_refuses_an_impossible_config_in_a_sentence(launch):
    app = launch("train.py")
    app.segmented_control(key="train-architecture").set_value("conv").run()
    assert not app.exception
    assert "conv architecture takes images of 28 to 64 pixels" in app.error[0].value
    start = next(button for button in app.button if button.label == "Start training")
    assert start.disabled


def test_train_says_what_is_wrong_with_widths(launch):
    app = launch("train.py")
    app.text_input(key="train-widths-mlp").set_value("256, many").run()
    assert not app.exception
    assert "hidden" in app.error[0].value
    assert "many" in app.error[0].value


def test_runs_lists_own_runs_and_examples(launch, own_run):
    table = launch("runs.py").dataframe[0].value
    assert table["Name"].iloc[0] == own_run.title
    assert {"Digits (example)", "Faces (example)"} <= set(table["Name"])
    assert len(table) == 1 + len(list(resources.EXAMPLES.glob("*/config.json")))
    assert set(table["State"]) == {"finished"}


def test_a_broken_run_is_shown_as_such(launch, own_run):
    (own_run.path / "checkpoints" / "last.safetensors").write_bytes(b"not a checkpoint")
    app = launch("runs.py")
    assert own_run.name in app.warning[0].value
    assert "damaged" in app.warning[0].value
    # The other pages do without it.
    assert launch().selectbox(key="run").value == "digits-2d"


def test_a_dataset_that_cannot_be_had_is_a_sentence(launch, own_run, monkeypatch, tmp_path):
    """A run on MNIST opened on a machine without MNIST and without a network."""
    config = own_run.config.model_dump_json().replace('"digits"', '"kmnist"')
    (own_run.path / "config.json").write_text(config)
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "nothing"))
    app = launch(run=own_run.name)
    assert "kmnist" in app.error[0].value
    assert "digits" in app.error[0].value
