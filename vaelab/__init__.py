"""Train small autoencoders and VAEs, and move through what they learned.

>>> import vaelab
>>> vaelab.TrainConfig(dataset="digits", latent_dim=2).model
'vae'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vaelab.config import Preprocessing, TrainConfig
    from vaelab.datasets import ImageDataset, load_dataset
    from vaelab.engine import Engine
    from vaelab.evaluation import evaluate
    from vaelab.importing import import_images
    from vaelab.runs import Run
    from vaelab.training.running import resume, train
    from vaelab.training.suggest import suggest_config

__version__ = "0.1.0"

__all__ = [
    "Engine",
    "ImageDataset",
    "Preprocessing",
    "Run",
    "TrainConfig",
    "evaluate",
    "import_images",
    "load_dataset",
    "resume",
    "suggest_config",
    "train",
]

# Names are looked up when first used: torch takes seconds to import, and the app's first page can
# draw its map before it is needed.
_HOMES = {
    "Engine": "engine",
    "ImageDataset": "datasets",
    "Preprocessing": "config",
    "Run": "runs",
    "TrainConfig": "config",
    "evaluate": "evaluation",
    "import_images": "importing",
    "load_dataset": "datasets",
    "resume": "training.running",
    "suggest_config": "training.suggest",
    "train": "training.running",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'vaelab' has no attribute {name!r}")
    return getattr(import_module(f"vaelab.{_HOMES[name]}"), name)
