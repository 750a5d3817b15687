"""Maps of latent space: from codes to the plane and back, each the same typed result."""

from vaelab.latent.projections.kinds import PROJECTIONS, pair, pca, plane, umap
from vaelab.latent.projections.projection import MAX_POINTS, Projection, ProjectionKind, choose_points

__all__ = ["MAX_POINTS", "PROJECTIONS", "Projection", "ProjectionKind", "choose_points", "pair", "pca", "plane", "umap"]
