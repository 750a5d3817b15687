"""How good a model is, on images that it was not trained on."""

from vaelab.evaluation.held_out import Evaluation, evaluate
from vaelab.evaluation.neighbours import knn_accuracy

__all__ = ["Evaluation", "evaluate", "knn_accuracy"]
