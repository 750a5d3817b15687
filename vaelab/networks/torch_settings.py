"""What torch is set to for all of a process, and so by a notebook as well: ours while it is needed, theirs after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["our_torch"]


@contextmanager
def our_torch(threads: int | None = None) -> Iterator[None]:
    """Have torch make float32 where nothing else is said, as models and runs expect; restore it afterwards.

    Parameters
    ----------
    threads
        How many threads torch is to use; as many as before if not given.

    Examples
    --------
    >>> with our_torch(threads=1):
    ...     print(torch.get_num_threads(), torch.zeros(1).dtype)
    1 torch.float32
    """
    before = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.set_default_dtype(before[1])
