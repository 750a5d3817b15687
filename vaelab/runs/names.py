"""What people call a run, and the dimensions of its code."""

from __future__ import annotations

import json

from vaelab.runs.folder import RunFolder

__all__ = ["MAX_DIMENSION_NAME", "WithNames", "checked_dimension_name"]

#: Characters of a dimension's name: as many as fit beside its slider.
MAX_DIMENSION_NAME = 24


class WithNames(RunFolder):
    """A run that people call something."""

    @property
    def title(self) -> str:
        """What people call the run: what they renamed it to, or the folder's name."""
        try:
            title = (self.path / "title.txt").read_bytes().decode(errors="replace")
            return title.strip() or self.name
        except OSError:
            return self.name

    @property
    def dimension_names(self) -> dict[int, str]:
        """What people call dimensions of the code, counted from 0; those without a name are not in it."""
        try:
            names: dict[str, str] = json.loads((self.path / "dimensions.json").read_bytes())
            return {int(dim): str(name) for dim, name in names.items()}
        except (OSError, ValueError, AttributeError):  # names are no reason not to open a run
            return {}

    def rename(self, title: str) -> None:
        """Give the run another title; its folder stays where it is, so nothing loses it.

        Raises
        ------
        ValueError
            If the title is empty or longer than 80 characters.
        """
        title = " ".join(title.split())
        if not 1 <= len(title) <= 80:
            raise ValueError(f"A run's name has 1 to 80 characters, but this has {len(title)}.")
        self._write("title.txt", (title + "\n").encode())

    def name_dimension(self, dim: int, name: str) -> None:
        """Call a dimension of the code by what it does; an empty name takes its name away.

        Parameters
        ----------
        dim
            Which one, from 0.
        name
            At most 24 characters.

        Raises
        ------
        ValueError
            If there is no such dimension, or the name is too long.
        RunError
            If the folder cannot be written.
        """
        names = self.dimension_names | {dim: checked_dimension_name(dim, name, self.config.latent_dim)}
        kept = {str(dim): name for dim, name in sorted(names.items()) if name}
        self._write("dimensions.json", (json.dumps(kept, ensure_ascii=False, indent=2) + "\n").encode())


def checked_dimension_name(dim: int, name: str, latent_dim: int) -> str:
    """What people wrote as a dimension's name, on one line; a ValueError says what is wrong with it.

    Parameters
    ----------
    dim
        Which dimension, from 0.
    name
        What was written; empty for none.
    latent_dim
        How many there are.

    Returns
    -------
    str
        At most 24 characters.

    Raises
    ------
    ValueError
        If there is no such dimension, or the name is too long.
    """
    if not 0 <= dim < latent_dim:
        raise ValueError(f"There is no dimension {dim}: they run from 0 to {latent_dim - 1}.")
    name = " ".join(name.split())
    if len(name) > MAX_DIMENSION_NAME:
        raise ValueError(f"A dimension's name has at most {MAX_DIMENSION_NAME} characters, but this has {len(name)}.")
    return name
