"""Whether each cause of an image has a latent dimension to itself.

One convention holds for all three measures: they are of what a decoder is given. A code is a draw
from q(z|x), not its mean, whose trembling in a collapsed dimension would count as any other; of an
autoencoder it is the point (sigma 0). And a dimension that is not active (``vaelab.latent.units``) is
there for none of them: it tells nothing, no forest sees it, it has no vote, and it does not count
as one among which the others are spread.
"""

from vaelab.evaluation.disentanglement.codes import MIN_IMAGES
from vaelab.evaluation.disentanglement.dci import DCI, dci
from vaelab.evaluation.disentanglement.factor_vae import FactorVAEScore, factor_vae_score
from vaelab.evaluation.disentanglement.mutual_information import (
    MutualInformationGap,
    mutual_information,
    mutual_information_gap,
)

__all__ = [
    "DCI",
    "MIN_IMAGES",
    "FactorVAEScore",
    "MutualInformationGap",
    "dci",
    "factor_vae_score",
    "mutual_information",
    "mutual_information_gap",
]
