"""Encoders and decoders, and the layers that they are made of: ``blocks``, ``parts``, and the two kinds of network."""

from vaelab.networks.nn.blocks import ACTIVATIONS, Conv, Dense, Upsample
from vaelab.networks.nn.conv import ConvDecoder, ConvEncoder
from vaelab.networks.nn.mlp import MLPDecoder, MLPEncoder
from vaelab.networks.nn.parts import LOGVAR_BOUNDS, Posterior

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
