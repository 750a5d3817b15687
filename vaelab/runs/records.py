"""What the trainer reports: a line of JSON a record, appended and flushed."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Literal

from vaelab.runs.folder import RunFolder

__all__ = ["WithRecords"]

_EPOCH = b'{"kind": "epoch"'


class WithRecords(RunFolder):
    """A run that keeps the records of its training, in ``metrics.jsonl``."""

    def records(self) -> list[dict[str, Any]]:
        """Read every record of a finished or unfinished epoch.

        Returns
        -------
        list of dict
            The fields of ``StepRecord``, ``EpochRecord`` or ``ChangeRecord``, and ``kind``: ``"step"``, ``"epoch"`` or
            ``"change"``; of a change that was planned, ``step`` and ``settings`` alone. A line torn by a kill is left
            out.
        """
        return self._records()

    def epochs(self) -> list[dict[str, Any]]:
        """Read the records of all epochs, oldest first."""
        return self._records(_EPOCH)

    def last_epoch(self) -> dict[str, Any] | None:
        """Read the record of the last epoch, without those before it; None where there is none."""
        return next(iter(self._records(_EPOCH, most=1)), None)

    def _records(self, beginning: bytes = b"", most: int | None = None) -> list[dict[str, Any]]:
        """Records whose line begins so, or the last few: a page that follows a run parses only what it draws."""
        try:
            lines = (self.path / "metrics.jsonl").read_bytes().splitlines()
        except OSError:
            return []
        records: list[dict[str, Any]] = []
        for line in reversed(lines):
            if len(records) == most:
                break
            if line.startswith(beginning):
                with suppress(ValueError):  # no JSON, or not even text
                    records.append(json.loads(line))
        return records[::-1]

    def append_record(self, kind: Literal["step", "epoch", "change"], record: Any) -> None:
        """Append a record of the trainer's as a line of JSON, flushed to the disk."""
        line = json.dumps({"kind": kind, **asdict(record)}) + "\n"
        with self._writing(), (self.path / "metrics.jsonl").open("a") as file:
            file.write(line)
            file.flush()
            if kind == "epoch":
                os.fsync(file.fileno())

    def forget_after(self, epoch: int) -> None:
        """Drop records of epochs later than ``epoch``, which a resumed run will do again; it repeats what changed."""
        kept = [record for record in self.records() if record["kind"] == "change" or record["epoch"] <= epoch]
        text = "".join(json.dumps(record) + "\n" for record in kept)
        self._write("metrics.jsonl", text.encode())
        for leftover in self.path.rglob(".*.safetensors.*"):  # of a kill amid a write
            leftover.unlink(missing_ok=True)
