"""Ten colours that anyone tells apart, on white and on black."""

import itertools
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from vaelab.figures import ACCENT, PALETTE

#: What people without one kind of cone see of linear RGB: Machado, Oliveira and Fernandes 2009, severity 1.
SEEN = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]


def linear(color):
    """Linear RGB of a colour such as #ffffff (IEC 61966-2-1)."""
    rgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def distance(a, b, matrix):
    """CIEDE2000 between two colours as they are seen."""
    seen = np.clip(np.array(matrix) @ np.stack([linear(a), linear(b)], 1), 0, 1).T
    srgb = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    return deltaE_ciede2000(*rgb2lab(srgb[:, None])[:, 0])


def contrast(a, b):
    """Of two colours, 1 to 21 (WCAG 2.1)."""
    dark, light = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (a, b))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", SEEN)
def test_any_two_are_told_apart(vision):
    nearest, pair = min((distance(a, b, SEEN[vision]), (a, b)) for a, b in itertools.combinations(PALETTE, 2))
    assert nearest > (22 if vision == "all cones" else 16), f"{pair} look alike"
    marked, color = min((distance(color, ACCENT, SEEN[vision]), color) for color in PALETTE)
    assert marked > 9, f"a mark does not stand out from {color}"


@pytest.mark.parametrize("pair", ["38", "35", "58", "49", "79", "47"])
def test_digits_that_lie_side_by_side_are_farther_apart(pair):
    a, b = (PALETTE[int(digit)] for digit in pair)
    assert min(distance(a, b, matrix) for matrix in SEEN.values()) > 20


def test_each_is_seen_on_both_themes():
    for color in PALETTE:
        assert contrast(color, THEME["light"]["backgroundColor"]) > 1.55, color
        assert contrast(color, THEME["dark"]["backgroundColor"]) > 2.2, color


@pytest.mark.parametrize("file", ["lessons/stage.css", "lessons/stage/plane.js"])
def test_outlines_in_lessons_are_seen_on_both_themes(file):
    """Points and clouds are drawn with a line that is mixed with the text's colour."""
    text = (Path(__file__).parents[2] / "assets" / file).read_text("utf-8")
    (share,) = re.findall(r"color-mix\(in srgb, (?:var\(--ls-accent\)|\$\{color\}) (\d+)%", text)
    for theme, color in itertools.product(("light", "dark"), PALETTE):
        a, b = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (color, THEME[theme]["textColor"]))
        mixed = (int(share) * a + (100 - int(share)) * b) / 100
        line = "#" + "".join(f"{round(level):02x}" for level in mixed)
        assert contrast(line, THEME[theme]["backgroundColor"]) > 3, (theme, color)


def test_streamlits_own_charts_have_the_same_colours():
    assert THEME["chartCategoricalColors"] == list(PALETTE)
