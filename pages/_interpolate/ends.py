"""The ends of the way, and where on it one is: in the session, in the URL and in the browser."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages._ui import address, pictures, places
from pages._ui.canvas_places import send_way
from pages._ui.latent_canvas import Pin
from vaelab.datasets import ImageDataset
from vaelab.export.place import WayPoint
from vaelab.latent.projections import Projection
from vaelab.runs import Run

#: The ends of the way, and what they are called in the URL: ``?a=12&b=z0.75,-1.44``, an image or a place.
ENDS = {"A": "a", "B": "b"}
#: Where on the way one is at first.
MIDDLE = 0.5
#: Among the classes that an end is drawn from: all of them.
ANY = -1


def _of(run: Run, what: str) -> str:
    return f"interpolation-{what}:{run.name}"


@dataclass(frozen=True)
class Ends:
    """Where the way of a run begins and ends, and where on it one is, as the session has it."""

    run: Run
    data: ImageDataset
    projection: Projection

    def at(self, end: str) -> WayPoint:
        """Where an end is."""
        point: WayPoint = st.session_state[_of(self.run, end)]
        return point

    @property
    def along(self) -> float:
        """How much of the way lies behind."""
        along: float = st.session_state.get(_of(self.run, "along"), MIDDLE)
        return along

    @property
    def label(self) -> int | None:
        """The label that a conditional model decodes the way with: at first that of A."""
        label: int | None = st.session_state.get(_of(self.run, "label"))
        return label

    @property
    def _turn(self) -> str:
        """What tells the ends that the canvas is to go to from earlier ones."""
        turn: str = st.session_state[_of(self.run, "turn")]
        return turn

    def _send_again(self) -> None:
        st.session_state[_of(self.run, "turn")] = str(time.time_ns())

    def image(self, index: int) -> WayPoint:
        """An image as an end of the way."""
        return WayPoint(z=places.code_of(self.run, self.data, self.projection, index).tolist(), image=index)

    def first(self, end: str) -> int:
        """The image at an end before one is chosen: the same on every visit."""
        return int(np.random.default_rng(ord(end)).choice(np.arange(len(self.data))))

    def set(self, end: str, point: WayPoint) -> None:
        """Choose an end, for the canvas to go there."""
        st.session_state[_of(self.run, end)] = point
        if end == "A" and point["image"] is not None:
            st.session_state[_of(self.run, "label")] = self.data.label_of(point["image"])
        self._send_again()

    def draw(self, end: str, label: int) -> None:
        """Draw an image of a class, or of any, for an end; it is at neither end now."""
        candidates = np.arange(len(self.data))
        if label != ANY and self.data.labels is not None:
            candidates = candidates[self.data.labels == label]
        shown = [image for each in ENDS if (image := self.at(each)["image"]) is not None]
        self.set(end, self.image(pictures.draw_another(candidates, shown)))

    # In the URL ---------------------------------------------------------------------------------

    def open(self) -> None:
        """Choose what the URL names for each end or, at first, an image at random."""
        for end, name in ENDS.items():
            text = address.take(name)
            if text is None and _of(self.run, end) in st.session_state:
                continue
            try:
                point = self._read(text) if text else self.image(self.first(end))
            except ValueError as error:
                point = self.image(self.first(end))
                st.warning(f"{end}: {error}", icon=":material/link_off:")
            self.set(end, point)

    def _read(self, text: str) -> WayPoint:
        """An end as the URL has it; a ValueError says what is wrong with it."""
        if text.startswith("z"):
            return WayPoint(z=places.read_code(self.run, text[1:]).tolist(), image=None)
        return self.image(places.read_image(self.data, text))

    def keep(self) -> None:
        """Write the ends into the URL, unless they are the first ones."""
        for end, name in ENDS.items():
            point = self.at(end)
            image = point["image"]
            text = f"z{places.write_code(point['z'])}" if image is None else str(image)
            address.put(name, None if image == self.first(end) else text)

    def keep_along(self) -> None:
        """How much of the way lies behind: as the URL says, and then as the browser does, which the URL is told."""
        text = address.take("along")
        if text is not None:
            along = float(text) if re.fullmatch(r"0|1|0?\.\d+", text) else MIDDLE
            st.session_state[_of(self.run, "along")] = along
            self._send_again()
        address.put("along", None if self.along == MIDDLE else f"{self.along:.3g}")

    # In the browser -----------------------------------------------------------------------------

    def send(self, map_key: str, kind: str) -> None:
        """Have the canvas go to the ends; shows nothing."""
        a, b = (self.at(end) for end in ENDS)
        send_way(self.run, map_key, (a, b), self.along, kind, self.label, f"{self._turn} {kind}")
        st.session_state[_of(self.run, "turn-sent")] = self._turn

    def take_over(self, pin: Pin) -> None:
        """Take over the ends that were set in the browser, which need not be sent there."""
        # What comes along with a press of Draw is from before it.
        if len(pin.way) != len(ENDS) or self._turn != st.session_state.get(_of(self.run, "turn-sent")):
            return
        for end, point in zip(ENDS, pin.way, strict=True):
            image = point["image"]  # whose code the browser has in half precision
            st.session_state[_of(self.run, end)] = point if image is None else self.image(image)
        st.session_state[_of(self.run, "along")] = pin.along
        st.session_state[_of(self.run, "label")] = pin.label if self.run.config.conditional else None
