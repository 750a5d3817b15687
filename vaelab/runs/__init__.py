"""The run folder: the one place where everything known about a run is kept.

``config.json``
    What the run is.
``data.json``, ``labels.safetensors``
    What its images were, and their labels: a map is drawn from these where the images are gone.
``metrics.jsonl``
    A line a record, appended and flushed; what of the settings changed is among them.
``status.json``
    What it is doing, by whom, with a heartbeat.
``checkpoints/last.safetensors``
    What training goes on from, and the model's layers; an epoch is finished once this names it.
``checkpoints/epoch-0000.safetensors`` ...
    What the model looked like then: codes of a fixed subset of images, the decoder's weights. Of
    a long training only some are kept (``kept_epochs``).
``asked.jsonl``, ``live.safetensors``
    While it is trained: what people ask of the training, and what the model looks like amid an epoch,
    where somebody looks at its steps.
``title.txt``, ``dimensions.json``
    What people call it, and the dimensions of its code.
``projections/*.safetensors``, ``studies/*.safetensors``, ``evaluation.json``
    Results that were found out once (``vaelab.runs.results``).

Whole files are written beside their place and renamed into it, so a reader, or a kill at any
instant, meets the old file or the new one. Nothing is ever unpickled.
"""

from vaelab.runs.folder import Arrays, RunError, runs_folder
from vaelab.runs.images import DataRecord, Remembered
from vaelab.runs.names import MAX_DIMENSION_NAME, checked_dimension_name
from vaelab.runs.run import OPENED, Run, broken_runs, list_runs
from vaelab.runs.snapshots import MOST_SNAPSHOTS, Snapshot, kept_epochs
from vaelab.runs.status import ACTIVE, State, Status

__all__ = [
    "ACTIVE",
    "MAX_DIMENSION_NAME",
    "MOST_SNAPSHOTS",
    "OPENED",
    "Arrays",
    "DataRecord",
    "Remembered",
    "Run",
    "RunError",
    "Snapshot",
    "State",
    "Status",
    "broken_runs",
    "checked_dimension_name",
    "kept_epochs",
    "list_runs",
    "runs_folder",
]
