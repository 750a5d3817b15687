"""A run that is shown where there is no app: as a page that is one file, and in a notebook."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from vaelab.explaining import explain
from vaelab.runs.model import WithModel

if TYPE_CHECKING:
    from vaelab.sharing import Explorer

__all__ = ["Shown"]


class Shown(WithModel):
    """A run with an explorer of its own."""

    def explorer(
        self,
        *others: Self,
        kind: Literal["plane", "pca", "umap", "epochs"] | None = None,
        points: int | None = None,
        images: bool = True,
        epochs: bool = False,
    ) -> Explorer:
        """Make a page of the run that is one file: move over its map, and every place is decoded.

        Parameters
        ----------
        *others
            Runs of the same images to stand beside this one.
        kind, points, images, epochs
            As ``vaelab.sharing.explorer`` takes them.

        Returns
        -------
        Explorer
            A notebook shows it; ``save`` writes it.

        Raises
        ------
        ValueError
            As ``vaelab.sharing.explorer`` raises it.
        """
        from vaelab.sharing import explorer  # looks up, as ``engine`` does

        return explorer(cast(Any, self), *cast(Any, others), kind=kind, points=points, images=images, epochs=epochs)

    def to_html(self, path: str | Path) -> Path:
        """Write the run's ``explorer``, with its epochs, into a file, which opens anywhere and needs no server.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        ValueError
            If the model is too large for a page, or the path is none of a file.
        """
        return self.explorer(epochs=True).save(path)

    def to_zip(self, path: str | Path) -> Path:
        """Write the run into a zip, to be opened elsewhere with ``Run.from_zip``.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        RunError
            If the run has no model yet.
        ValueError
            If the path is none of a file.
        """
        from vaelab.sharing import to_zip

        return to_zip(cast(Any, self), path)

    @classmethod
    def from_zip(cls, path: str | Path, folder: Path | None = None) -> Self:
        """Take in a run from a zip.

        Parameters
        ----------
        path
            The zip.
        folder
            Where the run is to be kept; the runs folder by default.

        Returns
        -------
        Run
            In a new folder.

        Raises
        ------
        ValueError
            As ``vaelab.sharing.open_zip`` raises it, as it does a RunError.
        """
        from vaelab.sharing import open_zip

        return cast(Self, open_zip(path, folder))

    def _repr_html_(self) -> str | None:
        """The run's explorer, for a notebook; None for one that has no model yet."""
        if not self.has_model:
            return None
        try:
            return self.explorer()._repr_html_()
        except ValueError as error:
            return f"<p>{escape(explain(error))}</p>"
