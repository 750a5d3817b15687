import json
import math
import subprocess
import sys
from pathlib import Path
from typing import get_args

import annotated_types
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from vaelab.choices import ACTIVATIONS, ARCHITECTURES, CORRUPTIONS, LIKELIHOODS, OBJECTIVES
from vaelab.config import Preprocessing, TrainConfig
from vaelab.explaining import explain

WORDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def numeric_bounds():
    """Each bound of each number, as its class has it: (class, field, kind of bound, bound)."""
    for model in (TrainConfig, Preprocessing):
        for name, field in model.model_fields.items():
            parts = [*field.metadata, *(m for a in get_args(field.annotation) for m in get_args(a))]
            for part in parts:
                bounds = part.metadata if hasattr(part, "metadata") else [part]
                for bound in bounds:
                    if isinstance(bound, annotated_types.Interval | annotated_types.BaseMetadata):
                        for kind in WORDS:
                            if getattr(bound, kind, None) is not None:
                                yield model, name, kind, getattr(bound, kind)


BOUNDS = [bound for bound in numeric_bounds() if bound[1] not in {"hidden", "channels"}]


def say(make):
    """What a person is told, which must be one sentence."""
    with pytest.raises(ValidationError) as caught:
        make()
    sentence = explain(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    for jargon in ("pydantic", "validation error", "Input should", "type=", "Traceback"):
        assert jargon not in sentence
    return sentence


def test_every_number_has_both_bounds():
    bounded = {(model.__name__, name) for model, name, kind, _ in BOUNDS if kind in {"ge", "gt"}}
    numbers = {
        ("TrainConfig", name)
        for name in (
            "latent_dim",
            "conv_hidden",
            "sigma",
            "beta",
            "kl_warmup",
            "free_bits",
            "epochs",
            "seconds",
            "batch_size",
            "learning_rate",
            "seed",
            "threads",
            "mmd_weight",
            "num_samples",
            "gamma",
            "capacity",
            "corruption_strength",
            "augment_shift",
            "code_noise",
        )
    }
    assert bounded == numbers | {("Preprocessing", "num_images"), ("Preprocessing", "size")}
    capped = {(model.__name__, name) for model, name, kind, _ in BOUNDS if kind in {"le", "lt"}}
    assert capped == numbers | {("Preprocessing", "size")}


@pytest.mark.parametrize(("model", "name", "kind", "bound"), BOUNDS, ids=[f"{b[1]}-{b[2]}" for b in BOUNDS])
def test_a_number_out_of_bounds_is_told_the_bound(model, name, kind, bound):
    beyond = bound - 1 if kind in {"ge", "gt"} else bound + 1
    sentence = say(lambda: model(**{name: beyond}))
    assert sentence.replace(".0.", ".") == f"{name} was {beyond}; it must be {WORDS[kind]} {bound}."
    # The bound itself is in or out, as the words say.
    if kind in {"ge", "le"}:
        assert getattr(model(**{name: bound}), name) == bound
    else:
        say(lambda: model(**{name: bound}))


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("likelihood", LIKELIHOODS),
        ("objective", OBJECTIVES),
        ("corruption", CORRUPTIONS),
        ("activation", ACTIVATIONS),
        ("model", ("ae", "vae")),
        ("architecture", ARCHITECTURES),
        ("device", ("auto", "cpu", "cuda", "mps")),
    ],
)
def test_a_choice_that_there_is_not_is_told_all_there_are(name, choices):
    sentence = say(lambda: TrainConfig(**{name: "nonsense"}))
    assert sentence.startswith(f"{name} was 'nonsense'; it must be one of ")
    for choice in choices:
        assert f"'{choice}'" in sentence
        model = OBJECTIVES[choice].models[0] if name == "objective" else "vae"
        assert getattr(TrainConfig(**{"model": model, name: choice}), name) == choice


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"latent_dmi": 3}, "There is no setting called latent_dmi."),
        (
            {"preprocessing": {"siez": 28}},
            "There is no setting called preprocessing.siez.",
        ),
        (
            {"preprocessing": {"num_images": 29}},
            "preprocessing.num_images was 29; it must be at least 30.",
        ),
        ({"hidden": ()}, "hidden was (); it must be at least one width."),
        ({"hidden": (8, 0)}, "hidden was 0; it must be at least 1."),
        ({"hidden": (4,) * 7}, "hidden was (4, 4, 4, 4, 4, 4, 4); it must be at most 6 long."),
        ({"channels": ()}, "channels was (); it must be at least one width."),
        ({"channels": (600,)}, "channels was 600; it must be at most 512."),
        ({"epochs": 1.5}, None),
        ({"epochs": "many"}, None),
        ({"sigma": math.nan}, None),
        ({"beta": math.inf}, "beta was inf; it must be a number from 0 to 1000."),
        ({"beta": None}, None),
    ],
)
def test_a_mistake_gets_one_sentence_that_names_it(settings, sentence):
    said = say(lambda: TrainConfig(**settings))
    assert sentence is None or said == sentence
    assert next(iter(settings)) in said


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        *(
            (
                {"model": "ae", "objective": objective},
                f"objective {objective} is about a distribution of codes, which an autoencoder does "
                "not have: choose model vae, or objective elbo.",
            )
            for objective in ("tc", "mmd", "iwae", "factor", "capacity")
        ),
        *(
            (
                {"free_bits": 0.1, "objective": objective},
                f"free_bits changes the KL term, which objective {objective} takes apart: set "
                "free_bits to 0, or choose objective elbo.",
            )
            for objective in ("tc", "iwae")
        ),
        (
            {"free_bits": 0.1, "objective": "capacity"},
            "free_bits changes the KL term, which objective capacity leads as a whole: set free_bits to 0, or choose "
            "objective elbo.",
        ),
        *(
            (
                {"corruption": corruption, "corruption_strength": 1.1},
                f"corruption_strength is a share of pixels with {corruption}: choose 0 to 1.",
            )
            for corruption in ("salt_and_pepper", "masking")
        ),
    ],
)
def test_settings_that_do_not_go_together_get_one_sentence(settings, sentence):
    assert say(lambda: TrainConfig(**settings)) == sentence
    # Each of them by itself is well.
    for name, value in settings.items():
        assert getattr(TrainConfig(**{name: value}), name) == value


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "ae", "conditional": True, "corruption": "masking", "corruption_strength": 1.0},
        {"objective": "mmd", "free_bits": 0.5, "beta": 0.0},
        {"objective": "iwae", "num_samples": 1, "conditional": True},
        {"objective": "factor", "free_bits": 0.5, "gamma": 0.0},
        {"objective": "capacity", "capacity": 1000.0, "kl_warmup": 1.0},
        {"objective": "wae", "model": "ae", "code_noise": 0.1, "free_bits": 0.5},
        {"corruption": "gaussian", "corruption_strength": 5.0},
        {"corruption": "blur", "corruption_strength": 5.0, "objective": "tc"},
    ],
)
def test_settings_that_go_together_are_taken(settings):
    config = TrainConfig(**settings)
    assert {name: getattr(config, name) for name in settings} == settings


def test_an_objective_of_points_is_not_for_a_vae():
    assert say(lambda: TrainConfig(objective="wae")) == (
        "objective wae is about codes that are points, which those of a VAE are not: choose model ae, or "
        "objective elbo."
    )


def test_several_mistakes_get_a_sentence_each():
    said = say(lambda: TrainConfig(latent_dim=0, epochs=0))
    assert said == "latent_dim was 0; it must be at least 1. epochs was 0; it must be at least 1."


def test_other_errors_speak_for_themselves():
    assert explain(ValueError("This is wrong.")) == "This is wrong."
    assert explain(KeyError()) == "Something unexpected went wrong (KeyError)."


# --- JSON ---------------------------------------------------------------------------------------

configs = st.builds(
    TrainConfig,
    dataset=st.sampled_from(["digits", "mnist", "own/leaves", "Blätter 2"]),
    preprocessing=st.builds(
        Preprocessing,
        size=st.none() | st.integers(8, 128),
        color=st.sampled_from([None, "gray", "rgb"]),
        binarize=st.booleans(),
        num_images=st.none() | st.integers(30, 10**6),
        classes=st.none() | st.lists(st.text(max_size=8), max_size=4).map(tuple),
    ),
    model=st.sampled_from(["ae", "vae"]),
    conditional=st.booleans(),
    corruption=st.sampled_from([None, *CORRUPTIONS]),
    corruption_strength=st.floats(0, 1),
    mmd_weight=st.floats(0, 100_000),
    num_samples=st.integers(1, 64),
    gamma=st.floats(0, 10_000),
    capacity=st.floats(0, 1000),
    latent_dim=st.integers(1, 128),
    architecture=st.sampled_from(["mlp", "conv"]),
    hidden=st.lists(st.integers(1, 4096), min_size=1, max_size=6).map(tuple),
    channels=st.lists(st.integers(1, 512), min_size=1, max_size=4).map(tuple),
    likelihood=st.sampled_from(list(LIKELIHOODS)),
    activation=st.sampled_from(list(ACTIVATIONS)),
    sigma=st.floats(0.01, 10),
    beta=st.floats(0, 1000),
    kl_warmup=st.floats(0, 1),
    free_bits=st.floats(0, 10),
    epochs=st.integers(1, 10_000),
    seconds=st.none() | st.floats(0, 86_400, exclude_min=True),
    learning_rate=st.floats(0, 1, exclude_min=True),
    seed=st.integers(0, 2**31 - 1),
)


@given(config=configs)
@example(config=TrainConfig(objective="tc", beta=4.0, corruption="blur", corruption_strength=5.0))
@example(config=TrainConfig(objective="iwae", num_samples=64, conditional=True))
def test_through_json_and_back_it_is_the_same(config):
    text = config.model_dump_json()
    assert TrainConfig.model_validate_json(text) == config
    assert TrainConfig(**json.loads(text)) == config


def test_a_config_cannot_be_changed_by_accident():
    config = TrainConfig()
    with pytest.raises(ValidationError, match="frozen"):
        config.epochs = 3
    assert hash(config.preprocessing) == hash(Preprocessing())


# --- Images that fit ----------------------------------------------------------------------------


@pytest.mark.parametrize("side", [8, 15, 16, 28, 32, 64, 96, 128])
@pytest.mark.parametrize("stages", [1, 2, 3, 4])
def test_conv_takes_images_that_it_can_halve(side, stages):
    config = TrainConfig(architecture="conv", channels=(4,) * stages)
    TrainConfig().check_image_shape((1, side, side))
    if side >= 16 and side % 2**stages == 0:
        config.check_image_shape((1, side, side))
        return
    with pytest.raises(ValueError, match=f"{side}") as caught:
        config.check_image_shape((1, side, side))
    wanted = "choose the mlp architecture, or resize" if side < 16 else "use fewer channels, or"
    assert wanted in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_images_must_be_square(architecture):
    with pytest.raises(ValueError, match=r"^Images must be square, but these are 28 × 32 pixels\.$"):
        TrainConfig(architecture=architecture).check_image_shape((1, 28, 32))


@pytest.mark.parametrize("num_labels", [0, 1, 10])
def test_only_a_conditional_model_needs_labels(num_labels):
    TrainConfig(dataset="cifar10").check_labels(num_labels)
    config = TrainConfig(dataset="shapes", conditional=True)
    if num_labels:
        config.check_labels(num_labels)
        return
    with pytest.raises(
        ValueError,
        match=r"^A conditional model needs labels, and shapes has none: "
        r"switch conditional off, or choose images with labels, such as digits\.$",
    ):
        config.check_labels(num_labels)


def test_a_config_written_before_these_settings_were_there_is_read_as_without_them():
    old = json.loads(TrainConfig(beta=2.0).model_dump_json())
    for name in ("objective", "mmd_weight", "num_samples", "conditional", "corruption", "corruption_strength"):
        del old[name]
    assert TrainConfig(**old) == TrainConfig(beta=2.0)


# --- Lightness ----------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["vaelab", "vaelab.config", "vaelab.runs", "vaelab.runs.results", "vaelab.datasets"])
def test_importing_it_imports_no_torch(module):
    """The app's first page draws its map before seconds are spent on torch."""
    code = (
        f"import sys, {module};"
        "print([name for name in ('torch', 'torchvision', 'sklearn', 'umap', 'distributed', "
        "'streamlit') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    assert answer.stdout.strip() == "[]"


def test_what_a_library_says_is_never_the_whole_sentence():
    def raised(action):
        try:
            action()
        except Exception as error:
            return explain(error)

    assert raised(lambda: np.zeros(1 << 57)).startswith("There is not enough memory for this: close other")
    assert raised(Path("/nowhere/at/all").read_text) == "/nowhere/at/all is not there."
    assert (
        explain(OSError(28, "No space left on device", "/a/b")) == "The disk that holds /a/b is full: free some space."
    )
    assert explain(PermissionError(13, "Permission denied", "/a")).startswith("/a cannot be read or written: allow it")
    assert raised(lambda: np.zeros((2, 3)) @ np.zeros((2, 3))).startswith("Something unexpected went")
    assert raised(lambda: {}["key"]) == "Something unexpected went wrong (KeyError: 'key')."
    assert (
        raised(lambda: TrainConfig().check_image_shape((1, 8, 9)))
        == "Images must be square, but these are 8 × 9 pixels."
    )
    assert explain(ValueError("One of our sentences.")) == "One of our sentences."
