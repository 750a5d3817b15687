"""Make the runs that the app opens with: ``python assets/checkpoints/make.py``, some minutes.

They are ordinary runs, stripped of what only training needs: the optimizer's state, the snapshots
of every epoch and the name of the machine. Their maps are made here, so that the app draws one as
soon as it is opened.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

import vaelab  # noqa: E402
from vaelab.maps import kinds_of_map, make_map  # noqa: E402
from vaelab.runs import Run  # noqa: E402

EXAMPLES = {
    "digits-2d": (
        "Digits",
        vaelab.TrainConfig(dataset="digits", latent_dim=2, epochs=200, batch_size=64),
    ),
    "faces-8d": (
        "Faces",
        vaelab.TrainConfig(dataset="faces", latent_dim=8, architecture="conv", epochs=60),
    ),
}


def main() -> None:
    """Train each example anew and replace what is shipped."""
    for name, (title, config) in EXAMPLES.items():
        data = vaelab.load_dataset(config.dataset)
        with tempfile.TemporaryDirectory() as folder:
            run = vaelab.train(config, data, Path(folder) / name)
            for kind in kinds_of_map(config.latent_dim):
                make_map(run, data, kind)
            strip(run)
            run.rename(title)
            shutil.rmtree(HERE / name, ignore_errors=True)
            shutil.copytree(run.path, HERE / name)
        print(f"{name}: {Run.open(HERE / name).evaluation()}")


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
