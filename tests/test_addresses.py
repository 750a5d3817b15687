"""What the URL says is what a page shows, and the other way round; checked without a browser."""

import json
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

from pages._ui import resources, state
from tests.app_steps import by_key, move_z, one, query, says, values, without_live, z_of
from vaelab.datasets import load_dataset
from vaelab.runs import Run

#: One control of each kind: its page and run, its name in the URL, how a value that is not the
#: default is written there, its key, and that value.
KINDS = [
    ("explore.py", "digits-2d", "map", "pca", "map", "pca"),  # segmented control
    (
        "compare.py",
        "digits-2d",
        "with",
        "digits-16d,digits-ae-2d",
        "compare-with-digits-2d",
        ["digits-16d", "digits-ae-2d"],
    ),  # multiselect
    ("explore.py", "digits-16d", "map", "pair", "map", "pair"),
    ("denoising.py", "digits-2d", "noise", "masking", "noise-kind", "masking"),  # selectbox
    ("denoising.py", "digits-2d", "strength", "0.65", "noise-strength-gaussian", 0.65),  # slider
    ("train.py", None, "latent_dim", "8", "train-latent_dim", 8),  # whole number
    ("train.py", None, "beta", "0.25", "train-beta", 0.25),  # number
    ("train.py", None, "batch_size", "512", "train-batch_size", 512),  # select slider
    ("train.py", None, "classes", "3,8", "train-classes-mnist_5k", ["3", "8"]),  # several of a list
    ("train.py", None, "hidden", "32,16", "train-widths-mlp", "32,16"),  # text
    ("train.py", None, "binarize", "true", "train-binarize", True),  # toggle
]


@pytest.mark.parametrize(("script", "run", "name", "text", "key", "value"), KINDS)
def test_a_setting_is_in_the_url_both_ways(launch, script, run, name, text, key, value):
    app = launch(script, **({} if run is None else {"run": run}))
    default = by_key(app, key).value
    assert default != value
    if name != "with":  # whose default depends on which runs there are
        assert name not in app.query_params, "a setting at its default is not in the URL"

    app.query_params[name] = text
    app.run()
    assert by_key(app, key).value == value

    by_key(app, key).set_value(default).run()
    assert name == "with" or name not in app.query_params
    by_key(app, key).set_value(value).run()
    assert not app.exception
    assert one(app.query_params[name]) == text


#: A page's settings in the URL; what its controls are then set to and what the page says; and what
#: to do next to which control, and how that is written.
PAGES = {
    "explore": (
        "run=shapes-10d&map=pca&colour=scale&grid=true&live=false",
        ["pca", "scale", True],
        [],
        ("map", "umap", "map", None),
    ),
    "interpolate": (
        "run=digits-2d&map=pca&way=spherical&steps=6&a=12&b=99&along=0.9",
        ["pca", "spherical", 6],
        [],
        ("way", "linear", "way", None),
    ),
    "anomalies": (
        "run=digits-2d&damage=gaussian&strength=0.4&score=latent&threshold=0.3&list=missed&number=2",
        ["corrupted", "gaussian", 0.4, "latent", 0.3, "Missed", 2],
        [],
        ("anomaly-score", "calibrated", "score", None),
    ),
    "denoising": (
        "run=digits-denoiser-16d&beside=digits-2d&noise=masking&strength=0.6&seed=3&hide=top",
        ["digits-2d", "masking", 0.6, "top"],
        ["not for the noise chosen here"],
        ("noise-strength-masking", 0.65, "strength", "0.65"),
    ),
    "generation": (
        "run=digits-labels-2d&source=mixture&label=3&temperature=0.5&samples=12&seed=1",
        ["mixture", 3, 0.5, 12],
        ["drawn at temperature 0.5"],
        ("code-source", "prior", "source", None),
    ),
    "arithmetic": (
        "run=digits-2d&a=1&b=7&image=42&strength=1.5",
        [42, 1.5],
        ["Image 42, “1”"],
        ("strength", 1.55, "strength", "1.55"),
    ),
    "reduction": (
        "run=digits-2d&beside=digits-denoiser-16d",
        ["digits-denoiser-16d"],
        [],
        ("beside-map", "digits-ae-2d", "beside", "digits-ae-2d"),
    ),
    "compare": (
        "run=digits-2d&with=digits-16d,digits-labels-2d",
        [["digits-16d", "digits-labels-2d"], "image"],
        [],
        ("compare-link", "place", "link", "place"),
    ),
    "train": (
        "dataset=shapes&latent_dim=8&beta=4&architecture=conv&objective=tc&epochs=7&batch_size=512"
        "&size=32&seconds=20&classes=heart&binarize=true",
        ["shapes", 8, 4, "conv", "tc", 7, 512, 32, 20, ["heart"], True],
        [],
        ("train-beta", 2.0, "beta", "2"),
    ),
    "runs": (
        "runs=digits-16d,digits-2d&images=train&over=seconds",
        ["train", "seconds"],
        [],
        ("curve-term", "kl", "term", "kl"),
    ),
}


def texts(app):
    return [
        element.value
        for kind in ("markdown", "caption", "success", "info", "warning", "error")
        for element in getattr(app, kind)
    ]


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_is_set_to_can_be_sent(launch, name):
    address, expected, words, (key, value, parameter, text) = PAGES[name]
    wanted = {each: found[0] for each, found in parse_qs(address).items()}
    app = launch(f"{name}.py", **wanted)
    assert not app.error
    shown = [value for _, value in values(app)]
    assert [each for each in expected if each not in shown] == []
    for word in words:
        assert says(app.main, word), word
    assert query(app) == wanted

    by_key(app, key).set_value(value).run()
    assert not app.exception
    now = query(app)
    assert now.get(parameter) == text
    assert now != wanted
    # Whoever opens the address then sees the same.
    other = launch(f"{name}.py", **now)
    assert query(other) == now
    assert values(other) == values(app)
    assert texts(other) == texts(app)


#: What tells the images of digits from others.
DIGITS = load_dataset("digits").key

#: Values that make no sense, and what is shown instead.
MISTAKES = [
    ("explore.py", "map", "nonsense", state.KIND_KEY, "plane"),
    ("interpolate.py", "steps", "9999", "steps", 24),
    ("interpolate.py", "way", "", "way", "linear"),
    ("compare.py", "with", "no-such-run", "compare-with-digits-2d", ["digits-ae-2d"]),
    ("anomalies.py", "score", "nonsense", "anomaly-score", "calibrated"),
    ("anomalies.py", "anomalies", "left_out", "anomalies:digits-2d", "corrupted"),
    ("denoising.py", "strength", "nan", "noise-strength-gaussian", 0.3),
    ("denoising.py", "strength", "17", "noise-strength-gaussian", 1.0),
    ("generation.py", "label", "7", f"generate-label:{DIGITS}:False", 7),
    ("generation.py", "temperature", "hot", "temperature", 1.0),
    ("arithmetic.py", "image", "99999999", f"arithmetic-image:{DIGITS}", 1796),
    ("arithmetic.py", "a", "nonsense", None, None),
    ("train.py", "latent_dim", "2.5", "train-latent_dim", 2),
    ("train.py", "latent_dim", "1e400", "train-latent_dim", 2),
    ("train.py", "classes", "no,such,class", "train-classes-mnist_5k", []),
    ("train.py", "watch", "no-such-run", None, None),
    ("runs.py", "runs", "no-such-run", "curve-term", "elbo"),
]


@pytest.mark.parametrize(("script", "name", "text", "key", "value"), MISTAKES)
def test_a_mistake_in_the_url_gives_way_quietly(launch, script, name, text, key, value):
    run = {} if script in {"train.py", "runs.py"} else {"run": "digits-2d"}
    app = launch(script, **run, **{name: text})
    assert not app.error
    if key is not None:
        assert by_key(app, key).value == value


def test_a_place_is_in_the_url_once_it_is_not_where_the_map_starts(launch):
    app = without_live(launch(run="digits-labels-2d"))
    assert not {"z", "image", "label"} & set(app.query_params)
    move_z(app, "digits-labels-2d", 1.25)
    z = [round(value, 3) for value in z_of(app, "digits-labels-2d")]
    written = dict(app.query_params)
    assert [float(part) for part in one(written["z"]).split(",")] == z
    assert z[0] == 1.25
    assert one(written["image"]) == "0"
    assert one(written["label"]) == "0"


def test_a_place_in_the_url_is_gone_to(launch):
    app = without_live(launch(run="digits-labels-2d", z="0.75,-1.44", image="12", label="7"))
    assert z_of(app, "digits-labels-2d") == pytest.approx([0.75, -1.44])
    assert app.session_state["label:digits-labels-2d"] == 7
    assert not app.warning


def test_a_way_in_the_url_stays_there(launch):
    way = "-1,0.5;1.25,0.5;0,0"
    app = without_live(launch(run="digits-2d", through=way))
    assert not app.warning
    move_z(app, "digits-2d", 0.5)
    assert one(app.query_params["through"]) == way


def test_an_image_alone_stands_for_its_code(launch):
    app = without_live(launch(run="digits-2d", image="12"))
    run, data = Run.open(resources.EXAMPLES / "digits-2d"), load_dataset("digits")
    mu = run.engine.encode(data.images[[12]]).mu[0]
    assert z_of(app, "digits-2d") == pytest.approx(mu.tolist(), abs=1e-3)


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
        ({"z": "1,2", "through": "1,2;3"}, "a place of 1 numbers, and the codes of Digits have 2"),
    ],
)
def test_a_wrong_place_is_answered_by_a_sentence(launch, place, sentence):
    app = launch(run="digits-2d", **place)
    assert sentence in app.warning[0].value
    # It is said until one is somewhere else.
    app = without_live(app)
    assert sentence in app.warning[0].value
    move_z(app, "digits-2d", 0.5)
    assert not app.warning


def axes_of(app):
    """The titles of the map's axes, and the points' places."""
    layout = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    return [layout[axis]["title"]["text"] for axis in ("xaxis", "yaxis")]


def test_a_map_of_two_dimensions_is_in_the_url(launch):
    app = launch(run="faces-8d", map="pair", x="3", y="8")
    assert axes_of(app) == ["z3", "z8"]
    # Those that carry most are not in the URL, and no axis has the other's dimension.
    by_key(app, "x:faces-8d").set_value(7).run()
    assert not app.exception
    assert axes_of(app)[0] == "z8"
    assert axes_of(app)[1] != "z8"
    assert one(app.query_params["x"]) == "8"
    by_key(app, "map").set_value("pca").run()
    assert axes_of(app)[0].startswith("PC 1")


@pytest.mark.parametrize(("end", "text"), [("a", "1797"), ("b", "twelve")])
def test_an_end_that_is_not_there_is_answered_by_a_sentence(launch, end, text):
    app = launch("interpolate.py", run="digits-2d", **{end: text})
    assert f"{end.upper()}: The address asks for the image {text}" in app.warning[0].value


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


def test_settings_stay_in_the_url_of_the_page_one_comes_back_to(launch):
    app = launch(run="digits-2d", map="pca")
    app.switch_page("pages/train.py").run()
    app.query_params.clear()  # as a click in the menu does
    app.switch_page("pages/explore.py").run()
    assert app.segmented_control(key=state.KIND_KEY).value == "pca"
    assert one(app.query_params["map"]) == "pca"
