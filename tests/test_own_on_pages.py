"""Every page with a person's own images of every kind: it draws, and what cannot be had is a sentence."""

import numpy as np
import pytest

from pages import PAGES
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset, save_own
from vaelab.training.running import train

#: Pages that are about a run.
ABOUT_A_RUN = [
    "explore",
    "interpolate",
    "runs",
    "compare",
    "reduction",
    "anomalies",
    "denoising",
    "generation",
    "arithmetic",
]


def leaves(num, side=16, channels=1, classes=None, factors=0, names=False):
    """Discs of different size and place on white, so that there is something to learn."""
    rng = np.random.default_rng(0)
    x = np.arange(side)
    centre, radius = rng.uniform(0.3, 0.7, (num, 2)) * side, rng.uniform(0.1, 0.4, num) * side
    distance = np.hypot(x[None, :, None] - centre[:, :1, None], x[None, None, :] - centre[:, 1:, None])
    images = np.where(distance < radius[:, None, None], 40, 255).astype(np.uint8)
    tint = rng.uniform(0.5, 1, (num, channels, 1, 1))
    return ImageDataset.of(
        (images[:, None] * tint).astype(np.uint8),
        None if classes is None else [f"kind {number:03}" for number in rng.permutation(np.arange(num) % classes)],
        factors=np.column_stack([radius, *centre.T])[:, :factors] if factors else None,
        factor_names=("radius", "row", "column")[:factors],
        image_names=[f"leaf_{number}.png" for number in range(num)] if names else (),
    )


KINDS = {
    "without classes": leaves(120),
    "one class": leaves(120, classes=1),
    "two hundred classes": leaves(600, classes=200),
    "thirty images": leaves(30, classes=3, names=True),
    "thirty images without classes": leaves(30),
    "known factors": leaves(120, factors=3),
    "known factors and classes": leaves(120, classes=4, factors=1, names=True),
    "colour": leaves(120, channels=3, classes=2),
    "8 pixels": leaves(120, side=8, classes=2),
    "128 pixels in colour": leaves(60, side=128, channels=3, classes=2),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A data folder with a dataset of each kind, and a runs folder with a VAE and an autoencoder of each."""
    data, runs = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAELAB_DATA", str(data))
        for kind, images in KINDS.items():
            name = save_own(images, kind)
            for model in ("vae", "ae"):
                config = TrainConfig(dataset=name, model=model, latent_dim=3, epochs=1, hidden=(16,))
                train(config, run_dir=runs / f"{model} {kind}")
    return data, runs


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ABOUT_A_RUN)
def test_draws(launch, folders, monkeypatch, kind, name):
    data, runs = folders
    monkeypatch.setenv("VAELAB_DATA", str(data))
    monkeypatch.setenv("VAELAB_RUNS", str(runs))
    app = launch(f"{name}.py", run=f"vae {kind}")
    for said in [*app.error, *app.warning]:
        assert said.value.endswith("."), said.value
        assert "\n" not in said.value
        assert "array" not in said.value
    assert not app.error


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "few"), [("thirty images", True), ("two hundred classes", False)])
def test_a_threshold_that_training_images_chose_says_so(launch, folders, monkeypatch, kind, few):
    monkeypatch.setenv("VAELAB_DATA", str(folders[0]))
    monkeypatch.setenv("VAELAB_RUNS", str(folders[1]))
    app = launch("anomalies.py", run=f"vae {kind}", anomalies="corrupted")
    said = [caption.value for caption in app.caption if "fewer than 50 images for validation" in caption.value]
    assert len(said) == few


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["without classes", "known factors and classes"])
@pytest.mark.parametrize("page", [*ABOUT_A_RUN, "train", "images", "home"])
def test_draws_without_the_images(launch, folders, monkeypatch, kind, page):
    # The data folder of each test is empty: as after its images were deleted, or with VAELAB_DATA elsewhere.
    monkeypatch.setenv("VAELAB_RUNS", str(folders[1]))
    app = launch(f"{page}.py", run=f"vae {kind}")
    for said in [*app.error, *app.warning]:
        assert said.value.endswith("."), said.value
        assert "\n" not in said.value
        assert "Error" not in said.value


def test_every_page_about_a_run_is_here():
    others = {"home", "learn", "train", "images", "collect"}
    assert set(ABOUT_A_RUN) == {page.name for page in PAGES} - others
