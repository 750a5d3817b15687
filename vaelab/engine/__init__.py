"""A trained model, numpy in and numpy out: what pages and notebooks call."""

from vaelab.engine.engine import Engine
from vaelab.engine.forces import Forces, Pull
from vaelab.engine.inputs import Labels
from vaelab.engine.terms import ImageTerms
from vaelab.latent.codes import Codes

__all__ = ["Codes", "Engine", "Forces", "ImageTerms", "Labels", "Pull"]
