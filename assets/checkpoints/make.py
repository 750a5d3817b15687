"""Make the runs that the app opens with: ``python assets/checkpoints/make.py``, some 15 minutes.

Names of runs after it make only these.

They are ordinary runs, stripped of what only training needs: the optimizer's state, the snapshots
of every epoch and the name of the machine. Their maps are made here, so that the app draws one as
soon as it is opened.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

import vaelab  # noqa: E402
from vaelab.datasets import ImageDataset  # noqa: E402
from vaelab.maps import kinds_of_map, make_map  # noqa: E402
from vaelab.runs import Run  # noqa: E402
from vaelab.studies import STUDIES, make_study  # noqa: E402

DIGITS = {"dataset": "digits", "epochs": 200, "batch_size": 64}
SHAPES = {"dataset": "shapes", "latent_dim": 10, "architecture": "conv", "epochs": 20}
#: Gaussian pixels, and a KL term that comes late, keep more of 16 dimensions in use.
DIGITS_16D = DIGITS | {
    "latent_dim": 16, "likelihood": "gaussian", "sigma": 0.1, "kl_warmup": 0.5, "epochs": 100
}  # fmt: skip
WITHOUT_4 = {"classes": tuple("012356789")}

#: Folder, title and settings.
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "digits-2d": ("Digits", DIGITS),
    "digits-ae-2d": ("Digits", {"model": "ae"} | DIGITS),
    # What beta does: the lesson goes from one to the next.
    "digits-2d-beta-0.05": ("Digits", {"beta": 0.05} | DIGITS),
    "digits-2d-beta-0.25": ("Digits", {"beta": 0.25} | DIGITS),
    "digits-2d-beta-2": ("Digits", {"beta": 2} | DIGITS),
    "digits-2d-beta-4": ("Digits", {"beta": 4} | DIGITS),
    "digits-labels-2d": ("Digits and labels", {"conditional": True} | DIGITS),
    "digits-16d": ("Digits", DIGITS_16D),
    "digits-denoiser-16d": (
        "Digits, denoised",
        DIGITS_16D | {"model": "ae", "corruption": "gaussian", "corruption_strength": 0.4},
    ),
    "digits-without-4-16d": ("Digits without 4", DIGITS_16D | {"preprocessing": WITHOUT_4}),
    "shapes-10d": ("Shapes", SHAPES),
    "shapes-tc-10d": ("Shapes, disentangled", {"objective": "tc", "beta": 4} | SHAPES),
    "faces-8d": (
        "Faces",
        {"dataset": "faces", "latent_dim": 8, "architecture": "conv", "epochs": 60},
    ),
}
#: Those that hold what is known of their images alone; others of the same images find it there.
WITH_PIXELS = ("digits-2d", "digits-without-4-16d", "shapes-10d", "faces-8d")


def main() -> None:
    """Train each example anew and replace what is shipped."""
    for name in sys.argv[1:] or EXAMPLES:
        title, settings = EXAMPLES[name]
        config = vaelab.TrainConfig.model_validate(settings)
        data = vaelab.load_dataset(config.dataset, config.preprocessing)
        with tempfile.TemporaryDirectory() as folder:
            run = vaelab.train(config, data, Path(folder) / name)
            for kind in kinds_of_map(config.latent_dim):
                make_map(run, data, kind)
            make_studies(run, data, pixels=name in WITH_PIXELS)
            strip(run)
            run.rename(title)
            shutil.rmtree(HERE / name, ignore_errors=True)
            shutil.copytree(run.path, HERE / name)
        print(f"{name}: {Run.open(HERE / name).evaluation()}")


def make_studies(run: Run, data: ImageDataset, pixels: bool) -> None:
    """Make all that the app has jobs find out about a run, so that none need write into it."""
    for study in STUDIES:
        if study != "pixel_maps" or pixels:
            make_study(run, data, study)


def strip(run: Run) -> None:
    """Leave what it takes to look at ``run``, and nothing of where it was made."""
    arrays, numbers = run.checkpoint()
    weights = {key: value for key, value in arrays.items() if key.startswith("model.")}
    run.write_checkpoint(weights, numbers)
    for epoch in run.snapshot_epochs():
        (run.path / "checkpoints" / f"epoch-{epoch:04d}.safetensors").unlink()
    lines = (run.path / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run.path / "metrics.jsonl").write_text("".join(li for li in lines if '"epoch",' in li))
    (run.path / "status.json").write_text('{"state":"finished","progress":1.0}\n')


if __name__ == "__main__":
    main()
