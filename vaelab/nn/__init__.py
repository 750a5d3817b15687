"""Encoders and decoders, and the layers that they are made of: ``blocks``, ``parts``, and the two kinds of network."""

from vaelab.nn.blocks import ACTIVATIONS, Conv, Dense, Upsample
from vaelab.nn.conv import ConvDecoder, ConvEncoder
from vaelab.nn.mlp import MLPDecoder, MLPEncoder
from vaelab.nn.parts import LOGVAR_BOUNDS, Posterior

__all__ = [
    "ACTIVATIONS",
    "LOGVAR_BOUNDS",
    "Conv",
    "ConvDecoder",
    "ConvEncoder",
    "Dense",
    "MLPDecoder",
    "MLPEncoder",
    "Posterior",
    "Upsample",
]
