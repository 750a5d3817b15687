"""The kernel that the browser is handed is the one that is written down, and multiplies."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest
import wasmtime

FOLDER = Path(__file__).parents[2] / "assets" / "network"
PANEL = 8


@pytest.fixture(scope="module")
def kernel():
    """What kernel.js carries."""
    text = (FOLDER / "kernel.js").read_text()
    constant = re.search(r"^const KERNEL =(.*?);$", text, re.DOTALL | re.MULTILINE)
    return base64.b64decode("".join(re.findall(r'"([^"]*)"', constant[1])), validate=True)


def sections(binary):
    """A module's sections but those named 0: names, which assemblers write as they like."""
    assert binary[:8] == b"\0asm\1\0\0\0"
    at, read = 8, []
    while at < len(binary):
        kind, size = binary[at], 0
        for place, byte in enumerate(binary[at + 1 :]):  # the size, seven bits a byte
            size |= (byte & 127) << 7 * place
            if byte < 128:
                break
        at += 2 + place + size
        if kind != 0:
            read.append((kind, binary[at - size : at]))
    return read


def test_the_kernel_is_its_source_assembled(kernel):
    source = wasmtime.wat2wasm((FOLDER / "kernel.wat").read_text())
    assert sections(kernel) == sections(bytes(source))
    assert [kind for kind, _ in sections(kernel)] == [1, 2, 3, 7, 10]  # types to code


@pytest.mark.parametrize("rows", [1, 3, 4, 5, 8, 11])
@pytest.mark.parametrize("panels", [1, 3])
@pytest.mark.parametrize(("segments", "length"), [(1, 1), (1, 2), (1, 17), (3, 5), (4, 12)])
def test_the_kernel_multiplies(kernel, rng, rows, panels, segments, length):
    # Rows overlap, as windows of an image do: each begins 2 floats after the one before.
    hop, step, wide = length + 3, 2, panels * PANEL
    a = rng.normal(size=(rows - 1) * step + (segments - 1) * hop + length).astype(np.float32)
    runs = np.arange(segments)[:, None] * hop + np.arange(length)
    windows = a[np.arange(rows)[:, None] * step + runs.ravel()]
    b = rng.normal(size=(segments * length, wide)).astype(np.float32)
    bias = rng.normal(size=wide).astype(np.float32)
    packed = b.reshape(-1, panels, PANEL).transpose(1, 0, 2)

    store = wasmtime.Store()
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(1, None)))
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, kernel), [memory])
    at, places = 0, []
    for array in (a, packed, bias):
        memory.write(store, array.tobytes(), at)
        places.append(at)
        at += array.nbytes
    instance.exports(store)["multiply"](
        store,
        rows,
        panels,
        segments,
        length,
        4 * hop,
        places[0],
        4 * step,
        places[1],
        places[2],
        at,
        4 * wide,
    )
    size = 4 * rows * wide
    c = np.frombuffer(memory.read(store, at, at + size), np.float32).reshape(rows, wide)
    exact = windows.astype(np.float64) @ b + bias
    np.testing.assert_allclose(c, exact, rtol=0, atol=1e-5)
    # And wrote nothing after the last row.
    assert not any(memory.read(store, at + size, at + size + 64))
