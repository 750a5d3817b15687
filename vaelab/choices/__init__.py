"""What there is to choose from: one table each of objectives, likelihoods, corruptions and layers.

An entry says in words and numbers what a choice is: what people call it, which settings it has, what it goes with.
Config checks by it, the Train page draws by it, and a run's name comes from it. What a choice computes is a function or
class of the same key, in ``objectives``, ``likelihoods``, ``corruptions`` and ``nn``. Imports no torch.
"""

from vaelab.choices.changeable import changeable
from vaelab.choices.corruptions import CORRUPTIONS, Corruption
from vaelab.choices.layers import ACTIVATIONS, ARCHITECTURES, Architecture
from vaelab.choices.likelihoods import LIKELIHOODS, Likelihood
from vaelab.choices.objectives import OBJECTIVES, Objective, objective_of, users_of
from vaelab.choices.setting import Setting

__all__ = [
    "ACTIVATIONS",
    "ARCHITECTURES",
    "CORRUPTIONS",
    "LIKELIHOODS",
    "OBJECTIVES",
    "Architecture",
    "Corruption",
    "Likelihood",
    "Objective",
    "Setting",
    "changeable",
    "objective_of",
    "users_of",
]
