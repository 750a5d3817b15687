"""The form of a training: what its controls are set to at first, and what they are set to now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pages._ui import controls
from vaelab.choices import OBJECTIVES
from vaelab.config import Preprocessing, TrainConfig, bounds_of
from vaelab.datasets import Source


def _flat(config: TrainConfig) -> dict[str, Any]:
    """The settings by their names, those of the preprocessing among them."""
    settings: dict[str, Any] = config.model_dump()
    return {**settings.pop("preprocessing"), **settings}


class Form:
    """The settings of a training as the controls have them, called as in ``TrainConfig``, also in the URL.

    Parameters
    ----------
    source
        Of the images.
    start
        What the controls are set to at first.
    suffix
        Of the controls' keys: images for which settings were chosen have controls of their own.
    reasons
        Why these, by what people call it, where they were chosen for the images.
    suits
        Whether they were chosen with a look at such images.
    """

    def __init__(
        self,
        source: Source,
        start: TrainConfig,
        suffix: str = "",
        reasons: Mapping[str, str] | None = None,
        suits: bool = True,
    ) -> None:
        self.source, self.suffix, self.reasons, self._suits = source, suffix, reasons or {}, suits
        self.start = _flat(start)
        self.values: dict[str, Any] = {"dataset": source.name, "conv_hidden": start.conv_hidden}
        #: What cannot be meant, a sentence each, which stands beside its control as well.
        self.problems: list[str] = []

    def key(self, name: str) -> str:
        """Key of the control of a setting."""
        return f"train-{name}{self.suffix}"

    def ask(self, control: Callable[..., Any], label: str, name: str, **options: Any) -> Any:
        """Ask for a setting by one of ``controls``, and note what it is set to; options are as it takes them."""
        given = {"param": name, "key": self.key(name), "default": self.start[name]}
        self.values[name] = control(label, **(given | options))
        return self.values[name]

    def ask_number(self, label: str, name: str, *, slider: bool = False, **options: Any) -> Any:
        """Ask for a number, between its bounds in ``TrainConfig``."""
        bounds, number = bounds_of(name), type(options.get("default", self.start[name]))
        limits = {"min_value": number(bounds["ge"]), "max_value": number(bounds["le"])}
        return self.ask(controls.slider if slider else controls.number_input, label, name, **(limits | options))

    def start_of(self, name: str) -> dict[str, Any]:
        """Where a number of the objective starts, and the key of its control: its own, where it wants another start."""
        objective = self.values["objective"]
        suited = OBJECTIVES[objective].suited
        if name not in suited or self.start["objective"] == objective:
            return {"default": self.start[name], "key": self.key(name)}
        return {"default": suited[name], "key": f"{self.key(name)}:{objective}"}

    @property
    def changed(self) -> set[str]:
        """Which settings are others now and matter to what is learned."""
        # Where training goes by the clock, the number of epochs says nothing.
        silent = {"dataset", "seed", "device"} | ({"epochs"} if self.values["seconds"] else set())
        return {name for name, value in self.values.items() if name not in silent and value != self.start[name]}

    @property
    def suits(self) -> bool:
        """Whether what is set was chosen for the images."""
        return self._suits and not self.problems and not self.changed - {"threads"}

    def config(self) -> TrainConfig:
        """What is set, as a whole; a ValueError says what does not go together."""
        images = {name: self.values[name] for name in Preprocessing.model_fields}
        others = {name: value for name, value in self.values.items() if name not in images}
        return TrainConfig.model_validate(others | {"preprocessing": images})
