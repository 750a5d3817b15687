"""Where a canvas is sent to go, by the app or by the file that it is in."""

from __future__ import annotations

from typing import TypedDict

__all__ = ["PlaceSent", "WayPoint"]


class WayPoint(TypedDict):
    """A place that a way leads through, or where one would begin."""

    z: list[float]
    image: int | None  # of the dataset, where one was clicked


class PlaceSent(TypedDict):
    """What the browser is sent to go to."""

    map_key: str
    turn: str  # tells it from the same place at another time
    run: str
    z: list[float]
    image: int | None
    label: int
    pins: list[WayPoint]
    along: float
    kind: str  # of the way: a key of vaelab.latent.interpolation.INTERPOLATIONS
