"""The command line: ``vaelab app | train | evaluate | export | ...``, or ``python -m vaelab`` in a clone."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import tyro

from vaelab import commands
from vaelab.explaining import explain

__all__ = ["main"]


def main() -> None:
    """Run a command; a mistake gets one sentence and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a β for a terminal or file that has none
            stream.reconfigure(errors="backslashreplace")
    functions: dict[str, Any] = {
        "app": commands.app,
        "train": commands.train,
        "resume": commands.resume,
        "again": commands.again,
        "sweep": commands.sweep,
        "scheduler": commands.scheduler,
        "worker": commands.worker,
        "evaluate": commands.evaluate,
        "generation": commands.generation,
        "denoising": commands.denoising,
        "anomalies": commands.anomalies,
        "arithmetic": commands.arithmetic,
        "export": commands.export,
        "unpack": commands.unpack,
        "import": commands.import_,
        "datasets": commands.datasets,
        "benchmark": commands.benchmark,
    }
    try:
        tyro.extras.subcommand_cli_from_dict(
            functions, prog=_called(), config=(tyro.conf.OmitArgPrefixes, tyro.conf.DisallowNone)
        )
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where what goes wrong is still told
    except KeyboardInterrupt as error:
        print(str(error) or "Stopped.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # whoever read has read enough, such as head
        _drop_output()
        sys.exit(141)
    except (ValueError, RuntimeError, OSError, MemoryError) as error:
        print(explain(error), file=sys.stderr)
        _drop_output()
        sys.exit(2)


def _called() -> str:
    """What was typed: the command, where the package is installed, or the module."""
    return "vaelab" if Path(sys.argv[0]).stem == "vaelab" else "python -m vaelab"


def _drop_output() -> None:
    """Have Python not try once more, when it ends, to write what could not be written."""
    with suppress(OSError, AttributeError):  # where there is none, or no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
