"""How a person is asked for a number of the config; its bounds and default are the config's."""

from typing import NamedTuple

__all__ = ["Setting"]


class Setting(NamedTuple):
    """A number as the Train page asks for it."""

    label: str
    help: str
    #: From one number to the next; 1 for whole numbers.
    step: float | None = None
    slider: bool = False
