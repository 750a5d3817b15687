"""How good a model is, on images that it was not trained on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vaelab.evaluation.neighbours import knn_accuracy

if TYPE_CHECKING:
    from vaelab.evaluation.held_out import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate", "knn_accuracy"]


def __getattr__(name: str) -> Any:
    # Looked up when first used, since they import torch: most measures are of arrays alone.
    if name not in {"Evaluation", "evaluate"}:
        raise AttributeError(f"module 'vaelab.evaluation' has no attribute {name!r}")
    return getattr(import_module("vaelab.evaluation.held_out"), name)
