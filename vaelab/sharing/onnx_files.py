"""A model as ONNX: encoder and decoder, for whatever runs such files."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from vaelab.files import expanded
from vaelab.networks.models import Autoencoder
from vaelab.networks.torch_settings import our_torch

if TYPE_CHECKING:
    from vaelab.engine import Engine

__all__ = ["onnx_files", "to_onnx"]


class _Encoder(nn.Module):
    """Images in [0, 1] to mu and sigma; of an autoencoder to mu alone."""

    def __init__(self, model: Autoencoder, is_vae: bool) -> None:
        super().__init__()
        self.model, self.is_vae = model, is_vae

    def forward(self, image: Tensor, label: Tensor | None = None) -> tuple[Tensor, ...]:
        mu, logvar = self.model.encoder(image, label)
        return (mu, torch.exp(0.5 * logvar)) if self.is_vae else (mu,)


class _Decoder(nn.Module):
    """Codes to the mean of p(x|z), in [0, 1]."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        mean: Tensor = self.model.likelihood.mean(self.model.decoder(z, label))
        return mean


def onnx_files(engine: Engine) -> dict[str, bytes]:
    """Make the files of a model's encoder and decoder.

    Parameters
    ----------
    engine
        The model.

    Returns
    -------
    dict
        By name. ``encoder.onnx``: ``image`` float32 ``(N, C, H, W)`` in [0, 1] to ``mu`` and, of a VAE, ``sigma``, both
        ``(N, D)``. ``decoder.onnx``: ``z`` float32 ``(N, D)`` to ``image``, the mean of p(x|z). Both of a conditional
        model take ``label``, int64 ``(N,)``, as well. N is any number.

    Raises
    ------
    ValueError
        If what writes ONNX is not installed.
    """
    model = engine.model.eval()
    image = torch.rand(2, *model.image_shape, device=engine.device)
    z = torch.randn(2, engine.latent_dim, device=engine.device)
    outputs = ("mu", "sigma") if engine.is_vae else ("mu",)
    return {
        "encoder.onnx": _exported(_Encoder(model, engine.is_vae).eval(), "image", image, outputs, engine.num_labels),
        "decoder.onnx": _exported(_Decoder(model).eval(), "z", z, ("image",), engine.num_labels),
    }


def _exported(module: nn.Module, name: str, example: Tensor, outputs: tuple[str, ...], num_labels: int) -> bytes:
    arguments: dict[str, Tensor] = {name: example}
    if num_labels:
        arguments["label"] = torch.zeros(len(example), dtype=torch.int64, device=example.device)
    shapes = {each: {0: torch.export.Dim.DYNAMIC} for each in arguments}
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    try:
        with our_torch(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch's own ways of exporting
            logger.setLevel(logging.ERROR)
            program: Any = torch.onnx.export(
                module,
                kwargs=arguments,
                dynamo=True,
                verbose=False,
                input_names=list(arguments),
                output_names=list(outputs),
                dynamic_shapes=shapes,
            )
    except ImportError as error:
        raise ValueError("What writes ONNX is not installed: pip install onnx onnxscript.") from error
    finally:
        logger.setLevel(level)
    written: bytes = program.model_proto.SerializeToString()
    return written


def to_onnx(engine: Engine, folder: str | Path) -> list[Path]:
    """Write a model's encoder and decoder as ONNX.

    Parameters
    ----------
    engine
        The model.
    folder
        Where; it is made if it is not there.

    Returns
    -------
    list of Path
        The files, as ``onnx_files`` makes them.

    Raises
    ------
    ValueError
        If what writes ONNX is not installed, or the path is a file.
    """
    place = expanded(folder).absolute()
    if place.exists() and not place.is_dir():
        raise ValueError(f"{place} is a file: name a folder for the two.")
    files = onnx_files(engine)
    place.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (place / name).write_bytes(content)
    return [place / name for name in files]
