"""Where a canvas is sent to go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pages._ui import browser_code, state
from vaelab.export.place import PlaceSent, WayPoint
from vaelab.latent.interpolation import INTERPOLATIONS
from vaelab.runs import Run

__all__ = ["place_now", "send_place", "send_way"]

# A place has a mount of its own: within the map it would have that sent again.
_PLACE = browser_code.component("latent_place", "latent_canvas/place_mount.js")


def place_now(run: Run) -> PlaceSent:
    """Where z rests now, for a canvas elsewhere to begin there."""
    z, image = state.z_of(run).tolist(), state.chosen_image(run)
    return PlaceSent(
        map_key="",
        turn="now",
        run=run.name,
        z=z,
        image=image,
        label=state.label_of(run),
        pins=state.way_of(run) or [WayPoint(z=z, image=image)],
        along=1.0,
        kind="linear",
    )


def send_place(run: Run, map_key: str) -> None:
    """Have the canvas beside a map go where ``state.go_to`` said last, if it has not been there."""
    place = state.place_sent(run)
    if place is not None:
        sent = PlaceSent(
            map_key=map_key,
            turn=place["turn"],
            run=run.name,
            z=place["z"],
            image=place["image"],
            label=place["label"],
            pins=place["pins"],
            along=1.0,
            kind="linear",
        )
        _PLACE(key=f"place-{map_key}", data=sent)


def send_way(
    run: Run, map_key: str, ends: Sequence[WayPoint], along: float, kind: str, label: int | None, turn: str
) -> None:
    """Have the canvas beside a map, whose link is ``"ends"``, go to the way between two places.

    Parameters
    ----------
    run
        A trained run.
    map_key
        Key of the container around the map's chart.
    ends
        Where the way begins and where it ends.
    along
        How much of it lies behind, from 0 to 1.
    kind
        A key of ``vaelab.latent.interpolation.INTERPOLATIONS``.
    label
        That a conditional model decodes it with.
    turn
        Another one each time that the canvas is to go there.
    """
    z = INTERPOLATIONS[kind](*(np.array(end["z"]) for end in ends), np.array([along]))[0]
    sent = PlaceSent(
        map_key=map_key,
        turn=turn,
        run=run.name,
        z=z.tolist(),
        image=None,
        label=label or 0,
        pins=list(ends),
        along=along,
        kind=kind,
    )
    _PLACE(key=f"place-{map_key}", data=sent)
