"""Make the runs that the app opens with: ``python assets/checkpoints/make.py``, half an hour.

``--runs NAME …`` makes some of them. ``--only studies`` or ``--only maps`` trains nothing: what a
run lacks of these is made and added to it, and with ``--again`` what it has is made once more.
``--only figures`` measures runs anew, as when the way figures are measured has changed.

They are ordinary runs, stripped of what only training needs: the optimizer's state, the snapshots
of every epoch and the name of the machine. Their maps are made here, so that the app draws one as
soon as it is opened.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

import vaelab  # noqa: E402
from vaelab.datasets import ImageDataset  # noqa: E402
from vaelab.runs import Run, results  # noqa: E402

#: A KL term that comes late leaves each digit in one piece on the plane.
MNIST = {"dataset": "mnist_5k", "hidden": (256, 128), "batch_size": 64, "epochs": 60, "kl_warmup": 0.5}
#: 64 numbers before the code instead of the usual 128 halve the files.
MNIST_16D = {
    "dataset": "mnist_5k",
    "latent_dim": 16,
    "architecture": "conv",
    "conv_hidden": 64,
    "batch_size": 64,
    "epochs": 20,
}
DIGITS = {"dataset": "digits", "epochs": 200, "batch_size": 64}
SHAPES = {"dataset": "shapes", "latent_dim": 10, "architecture": "conv", "epochs": 20}
#: Gaussian pixels, and a KL term that comes late, keep more of 16 dimensions in use.
DIGITS_16D = DIGITS | {"latent_dim": 16, "likelihood": "gaussian", "sigma": 0.1, "kl_warmup": 0.5, "epochs": 100}
WITHOUT_4 = {"classes": tuple("012356789")}

#: Folder, title and settings.
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "mnist-2d": ("MNIST", MNIST),
    "mnist-ae-2d": ("MNIST", {"model": "ae"} | MNIST),
    "mnist-labels-2d": ("MNIST and labels", {"conditional": True} | MNIST),
    "mnist-16d": ("MNIST", MNIST_16D),
    "mnist-ae-16d": ("MNIST", {"model": "ae"} | MNIST_16D),
    "mnist-denoiser-16d": (
        "MNIST, denoised",
        MNIST_16D | {"model": "ae", "corruption": "gaussian", "corruption_strength": 0.4},
    ),
    "mnist-without-4-16d": ("MNIST without 4", MNIST_16D | {"preprocessing": WITHOUT_4}),
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
WITH_PIXELS = ("mnist-2d", "mnist-without-4-16d", "digits-2d", "digits-without-4-16d", "shapes-10d", "faces-8d")


def main(arguments: Sequence[str] | None = None) -> None:
    """Make what the command line says."""
    parser = argparse.ArgumentParser(description="Make the runs that the app opens with.")
    parser.add_argument(
        "--runs",
        nargs="+",
        metavar="NAME",
        choices=EXAMPLES,
        default=[*EXAMPLES],
        help="some of them, by the names of their folders",
    )
    parser.add_argument(
        "--only",
        choices=("studies", "maps", "figures"),
        help="train nothing: add what runs that are there lack of these, or measure all their figures anew",
    )
    parser.add_argument("--again", action="store_true", help="with --only: make what is there once more")
    options = parser.parse_args(arguments)
    if options.again and not options.only:
        parser.error("--again goes with --only: without it, everything is made again anyway.")
    for name in options.runs:
        if options.only == "figures":
            measure(name)
        elif options.only:
            add(name, options.only, options.again)
        else:
            make(name)


def make(name: str) -> None:
    """Train an example anew, and replace what is shipped."""
    title, settings = EXAMPLES[name]
    config = vaelab.TrainConfig.model_validate(settings)
    data = vaelab.load_dataset(config.dataset, config.preprocessing)
    with tempfile.TemporaryDirectory() as folder:
        run = vaelab.train(config, data, Path(folder) / name)
        make_maps(run, data)
        make_studies(run, data, pixels=name in WITH_PIXELS)
        strip(run)
        run.rename(title)
        shutil.rmtree(HERE / name, ignore_errors=True)
        shutil.copytree(run.path, HERE / name)
    print(f"{name}: {Run.open(HERE / name).evaluation()}")


def add(name: str, what: str, again: bool) -> None:
    """Add maps or studies to an example as it is shipped."""
    run = Run.open(HERE / name)
    data = run.images()
    folder = run.path / {"maps": "projections", "studies": "studies"}[what]
    if again:
        shutil.rmtree(folder, ignore_errors=True)
    before = files_in(folder)
    if what == "maps":
        make_maps(run, data)
    else:
        make_studies(run, data, pixels=name in WITH_PIXELS)
    print(f"{name}: made {', '.join(sorted(files_in(folder) - before)) or 'nothing, all is there'}")


def measure(name: str) -> None:
    """Measure an example as it is shipped once more: its evaluation, and the study that Compare shows."""
    run = Run.open(HERE / name)
    data = run.images()
    for path in [run.path / "evaluation.json", *(run.path / "studies").glob("evaluation-*")]:
        path.unlink(missing_ok=True)
    results.make(run, data, "evaluation")
    results.make(run, data, "full_evaluation")
    print(f"{name}: {run.evaluation()}")


def files_in(folder: Path) -> set[str]:
    """Names of files in a folder, which may not be there yet."""
    return {path.name for path in folder.glob("*")}


def make_maps(run: Run, data: ImageDataset) -> None:
    """Make each map that the app offers of a run, or find it there."""
    for kind in results.kinds_of_map(run.config.latent_dim):
        results.make(run, data, kind)


def make_studies(run: Run, data: ImageDataset, pixels: bool) -> None:
    """Make all that the app has jobs find out about a run, so that none need write into it."""
    for name, maker in results.RESULTS.items():
        if maker.file.startswith("studies/") and (maker.needs_model or pixels):
            results.make(run, data, name)


def strip(run: Run) -> None:
    """Leave what it takes to look at ``run``, and nothing of where it was made."""
    arrays, numbers = run.checkpoint()
    weights = {key: value for key, value in arrays.items() if key.startswith("model.")}
    run.write_checkpoint(weights, numbers, run.layers)
    for epoch in run.snapshot_epochs():
        (run.path / "checkpoints" / f"epoch-{epoch:04d}.safetensors").unlink()
    lines = (run.path / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run.path / "metrics.jsonl").write_text("".join(li for li in lines if '"epoch",' in li))
    (run.path / "status.json").write_text('{"state":"finished","progress":1.0}\n')


if __name__ == "__main__":
    main()
