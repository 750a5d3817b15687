"""The decoders that the canvas is measured with: as its files, and as torch computes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import Tensor

from vaelab.config import TrainConfig
from vaelab.engine import Engine
from vaelab.export.file import safetensors_file
from vaelab.export.model import LayerSpec, ModelSpec, browser_model
from vaelab.networks.models import build_model
from vaelab.runs import Run, list_runs
from vaelab.training.suggest import network_for

__all__ = ["SHIPPED", "Model", "all_models"]

SHIPPED = Path(__file__).parents[2] / "assets" / "checkpoints"

Floats = NDArray[np.float32]


class Model(NamedTuple):
    """A decoder to be timed in the browser."""

    name: str
    latent_dim: int
    file: bytes  # for the component
    decode: Callable[[Floats], NDArray[np.floating]]  # torch's answer, (N, C, H, W)
    asked: float  # p95, ms
    peer: bytes | None = None  # for naive loops
    useful: int | None = None  # multiply-adds, where the component needs more
    published: str = "-"


def all_models() -> Iterator[Model]:
    """The two that others have published figures of, every shipped run, the defaults, what suits own images."""
    yield mlp_512()
    yield vae_explainer()
    for run in list_runs(SHIPPED):
        yield shipped(run)
    default, conv = TrainConfig(), TrainConfig(architecture="conv")
    yield untrained("default mlp, 28 x 28", default, (1, 28, 28), 8)
    yield untrained("default conv, 28 x 28", conv, (1, 28, 28), 8)
    yield untrained("default conv, 64 x 64 x 3", conv, (3, 64, 64), 8)
    for side in (64, 128):
        suited = TrainConfig(latent_dim=16, **network_for((3, side, side))[0])
        yield untrained(f"suited to own images, {side} x {side} x 3", suited, (3, side, side), 8)


def untrained(name: str, config: TrainConfig, shape: tuple[int, int, int], asked: float, **more: Any) -> Model:
    model = build_model(config, shape)
    weights = {f"model.{key}": value.numpy() for key, value in model.state_dict().items()}
    file = browser_model(config, shape, model.layers(), weights, name)
    return Model(name, config.latent_dim, file, Engine(model, config).decode, asked, **more)


def shipped(run: Run) -> Model:
    file = browser_model(run.config, run.data.image_shape, run.layers, run.checkpoint()[0], run.name)
    # A conditional model decodes with its first label, as the page does.
    decode = partial(run.engine.decode, labels=0) if run.config.conditional else run.engine.decode
    return Model(f"shipped {run.name}", run.config.latent_dim, file, decode, 8)


def mlp_512() -> Model:
    """The shape of robz/mnist-vae's decoder."""
    config = TrainConfig(hidden=(512,), activation="relu")
    decoder = build_model(config, (1, 28, 28)).decoder
    layers = [
        (
            {"op": "dense", "relu": relu},
            decoder.get_parameter(f"{name}.weight").detach().numpy().T,
            decoder.get_parameter(f"{name}.bias").detach().numpy(),
        )
        for name, relu in (("body.0", True), ("out", False))
    ]
    return untrained(
        "mlp 2-512-784",
        config,
        (1, 28, 28),
        1.5,
        peer=_peer(layers),
        published="robz/mnist-vae 2.0 / 2.9 to 4.5",
    )


def vae_explainer() -> Model:
    """vae-explainer's decoder: dense to 7 x 7 x 64, then three transposed 3 x 3 convolutions.

    With stride 2 one is four stride-1 convolutions, one for each place in a square of two by two
    pixels, of 1, 2, 2 and 4 of the nine taps: a convolution to four times the channels, shuffled.
    """
    rng = np.random.default_rng(0)

    def normal(*shape: int, fan_in: int) -> Floats:
        values: Floats = rng.normal(0, (2 / fan_in) ** 0.5, shape).astype(np.float32)
        return values

    weight, bias = normal(2, 3136, fan_in=2), normal(3136, fan_in=8)
    arrays = {"0.weight": weight, "0.bias": bias}
    specs: list[LayerSpec] = [{"op": "dense", "activation": "relu", "weight": "0.weight", "bias": "0.bias"}]
    naive = [({"op": "dense", "relu": True}, weight, bias)]
    steps: list[tuple[Tensor, Tensor, int]] = []
    side, useful = 7, weight.size
    for before, after, stride in ((64, 64, 2), (64, 32, 2), (32, 1, 1)):
        w = normal(3, 3, before, after, fan_in=9 * before // stride**2)
        b = normal(after, fan_in=8)
        last = after == 1
        naive.append(
            (
                {
                    "op": "transposed",
                    "side": side,
                    "stride": stride,
                    "pad": 2 - stride,
                    "channels": before,
                    "relu": not last,
                },
                w,
                b,
            )
        )
        index = len(specs)
        arrays |= {
            f"{index}.weight": _phases(w) if stride == 2 else w[::-1, ::-1],
            f"{index}.bias": np.tile(b, stride**2),
        }
        specs.append(
            {
                "op": "conv",
                "activation": "none" if last else "relu",
                "weight": f"{index}.weight",
                "bias": f"{index}.bias",
                "height": side,
                "width": side,
                "stride": 1,
                "pad": 1,
                "shuffle": stride,
            }
        )
        steps.append((torch.tensor(w).permute(2, 3, 0, 1), torch.tensor(b), stride))
        useful += side * side * w.size
        side *= stride
    # The component wants an encoder too; nobody calls this one.
    arrays |= {"e.weight": np.zeros((784, 4), np.float32), "e.bias": np.zeros(4, np.float32)}
    encoder: LayerSpec = {"op": "dense", "activation": "none", "weight": "e.weight", "bias": "e.bias"}
    spec = ModelSpec(
        id="vae-explainer",
        latent_dim=2,
        image_shape=(1, 28, 28),
        is_vae=True,
        mean="sigmoid",
        likelihood="bernoulli",
        sigma=0.0,  # it has none
        encoder=[encoder],
        decoder=specs,
    )

    def decode(z: Floats) -> NDArray[np.floating]:
        x = torch.relu(torch.from_numpy(z) @ torch.from_numpy(weight) + torch.from_numpy(bias))
        x = x.reshape(-1, 7, 7, 64).permute(0, 3, 1, 2)
        for w, b, stride in steps:
            out = x.shape[2] * stride
            x = F.conv_transpose2d(x, w, b, stride=stride, padding=2 - stride)
            x = x[:, :, :out, :out]  # as "same" in Keras: the overhang is at the far edges
            x = torch.relu(x) if w.shape[1] > 1 else torch.sigmoid(x)
        return x.numpy()

    return Model(
        "vae-explainer's conv",
        2,
        safetensors_file("model", spec, arrays),
        decode,
        8,
        peer=_peer(naive),
        useful=useful,
        published="vae-explainer 26 / 36 to 44",
    )


def _phases(weight: Floats) -> Floats:
    """Weights ``(3, 3, I, O)`` of a stride-2 transposed convolution, as ``(3, 3, I, 4 O)``.

    Row ``2 i + p`` gets tap ``t`` of input row ``i + (p - t) / 2``: tap 0 of row i and 2 of row
    i - 1 where p is 0, tap 1 of row i where it is 1. So do columns.
    """
    taps = {0: {1: 0, 0: 2}, 1: {1: 1}}  # place in the square -> row of the window -> tap
    rows, columns, inputs, outputs = weight.shape
    phases = np.zeros((rows, columns, inputs, 2, 2, outputs), weight.dtype)
    for dy, down in taps.items():
        for dx, across in taps.items():
            for i, tap_y in down.items():
                for j, tap_x in across.items():
                    phases[i, j, :, dy, dx] = weight[tap_y, tap_x]
    return phases.reshape(rows, columns, inputs, 4 * outputs)


def _peer(layers: list[tuple[dict[str, Any], Floats, Floats]]) -> bytes:
    arrays: dict[str, Floats] = {}
    for index, (_, weight, bias) in enumerate(layers):
        arrays |= {f"{index}.weight": np.ascontiguousarray(weight), f"{index}.bias": bias}
    return save(arrays, {"layers": json.dumps([spec for spec, _, _ in layers])})
