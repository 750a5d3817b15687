"""What is chosen in one panel of a chart is marked in all: see ``assets/linked_selection``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from pages._ui import browser_code

_LINK = browser_code.component("linked_selection", "linked_selection/mount.js")


class LinkSent(TypedDict):
    """What the browser is sent."""

    chart: str  # key of the container around it
    chosen: list[int]  # images


def link_selection(container_key: str, chosen: Sequence[int]) -> None:
    """Mark chosen images in every panel of a chart; what is being chosen, while it is.

    Parameters
    ----------
    container_key
        Key of the container around the chart, whose points' ``customdata`` are images.
    chosen
        Images that are chosen; a loop drawn in the chart takes their place at once.
    """
    sent = LinkSent(chart=container_key, chosen=[int(image) for image in chosen])
    _LINK(key=f"link-{container_key}", data=sent)
