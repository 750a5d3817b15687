"""How images are damaged, and how strongly, where a page damages them."""

from __future__ import annotations

from collections.abc import Callable

from pages._ui import controls
from vaelab.choices import CORRUPTIONS

__all__ = ["choose_corruption"]


def choose_corruption(
    label: str, *, param: str, key: str, default: str, start: Callable[[str], float], help: str
) -> tuple[str, float]:
    """Choose a corruption and its strength; in the URL as ``?strength=NUMBER``.

    Parameters
    ----------
    label
        What the corruption is called.
    param
        Its name in the URL.
    key
        Of the two widgets: ``<key>-kind``, and ``<key>-strength-`` with the corruption's name.
    default
        The corruption before one is chosen.
    start
        The strength at which each begins.
    help
        What it is chosen for.
    """
    kind = controls.selectbox(
        label,
        param=param,
        key=f"{key}-kind",
        options=list(CORRUPTIONS),
        default=default,
        help=help,
        format_func=lambda name: CORRUPTIONS[name].title,
        width=170,
    )
    strength = controls.slider(
        CORRUPTIONS[kind].strength,
        param="strength",
        key=f"{key}-strength-{kind}",
        min_value=0.0,
        max_value=CORRUPTIONS[kind].most,
        step=0.05,
        default=start(kind),
        help="How strong the damage is; pixels run from 0, black, to 1, white.",
        width=190,
    )
    return kind, strength
