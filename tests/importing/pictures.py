"""Small images to take in, no two the same."""

import numpy as np
from PIL import Image

COUNT = 12


def pixels(count=COUNT, size=16, channels=1, seed=0):
    """Noise, uint8 ``(count, size, size)`` or ``(count, size, size, channels)``."""
    noise = np.random.default_rng(seed).integers(0, 256, (count, size, size, channels), np.uint8)
    return noise[..., 0] if channels == 1 else noise


def save(folder, images, prefix="", **settings):
    """Write images as PNG; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{prefix}{number:03}.png", **settings)
    return folder
