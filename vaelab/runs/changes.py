"""Settings that changed while a run was trained: in its records, so that they are repeated at the same steps."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from vaelab.changes import Changes, changed, checked_changes
from vaelab.config import TrainConfig
from vaelab.runs.records import WithRecords

__all__ = ["WithChanges"]


class WithChanges(WithRecords):
    """A run that keeps which of its settings changed while it was trained, among its records."""

    def changes(self) -> dict[int, dict[str, float]]:
        """Read which settings changed.

        Returns
        -------
        dict
            By the number of steps after which they begin to hold, earliest first. Of a run that was stopped, or is
            trained again from another's records, some may be still to come.
        """
        found: dict[int, dict[str, float]] = {}
        for record in self._records(b'{"kind": "change"'):
            step, settings = record["step"], record["settings"]
            # Whoever changes what was to change later, and has since been repeated only up to here, means theirs.
            for later in [other for other in found if other > step]:
                found[later] = {name: value for name, value in found[later].items() if name not in settings}
            found[step] = found.get(step, {}) | settings
        return {step: found[step] for step in sorted(found) if found[step]}

    @property
    def steps_done(self) -> int:
        """How many steps the finished epochs took."""
        last = self.last_epoch()
        return int(last["step"]) if last else 0

    def changes_made(self) -> dict[int, dict[str, float]]:
        """Read which settings changed within the finished epochs: those that made the model what it is."""
        changes = self.changes()
        done = self.steps_done if changes else 0
        return {step: settings for step, settings in changes.items() if step < done}

    def plan(self, changes: Changes) -> None:
        """Have settings change in a training that has not begun, such as those of another run's ``changes``.

        Raises
        ------
        ValueError
            If one cannot be changed to that.
        RunError
            If the folder cannot be written.
        """
        lines: Iterable[dict[str, Any]] = (
            {"kind": "change", "step": step, "settings": settings}
            for step, settings in checked_changes(self.config, changes).items()
        )
        self.write_text("metrics.jsonl", "".join(json.dumps(line) + "\n" for line in lines))

    def config_after(self, step: int | None = None) -> TrainConfig:
        """What the run is after some steps; by default after the finished epochs."""
        config = self.config
        changes = self.changes_made() if step is None else self.changes()
        for begins, settings in changes.items():
            if step is None or begins <= step:
                config = changed(config, settings)
        return config
