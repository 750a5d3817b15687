"""What goes on while a visitor's page is drawn anew, and ends with the visitor's session."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

__all__ = ["Background"]


class Background(ABC):
    """Something done in a thread, begun when it is made: no rerun of the page ends it or starts it twice.

    Parameters
    ----------
    name
        The thread's.
    """

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it has yet to end."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Have it end soon."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, so long at the most."""
        self._thread.join(seconds)

    @abstractmethod
    def _run(self) -> None:
        """Do it, looking at ``_stop`` now and then; what goes wrong is kept for the page to say."""
