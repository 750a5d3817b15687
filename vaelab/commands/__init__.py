"""What ``python -m vaelab`` can do, a function for each command.

Whatever imports torch is imported by the command that needs it: ``--help`` must not take seconds.
"""

from vaelab.commands.app import app
from vaelab.commands.cluster import scheduler, worker
from vaelab.commands.images import datasets, import_
from vaelab.commands.measuring import benchmark, evaluate
from vaelab.commands.sharing import export, unpack
from vaelab.commands.training import again, resume, sweep, train
from vaelab.commands.uses import anomalies, arithmetic, denoising, generation

__all__ = [
    "again",
    "anomalies",
    "app",
    "arithmetic",
    "benchmark",
    "datasets",
    "denoising",
    "evaluate",
    "export",
    "generation",
    "import_",
    "resume",
    "scheduler",
    "sweep",
    "train",
    "unpack",
    "worker",
]
