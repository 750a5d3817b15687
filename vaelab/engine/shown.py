"""A model that is shown in a notebook, or written as a page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, cast

from vaelab.engine.inputs import Inputs
from vaelab.explaining import explain

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.runs import Run
    from vaelab.sharing import Explorer

__all__ = ["Shown"]


class Shown(Inputs):
    """A model with an explorer of its own."""

    #: The run that it was opened from.
    run: Run | None = None

    def explorer(self, data: ImageDataset | None = None, points: int | None = None) -> Explorer:
        """Make a page of the model that is one file: move over its map, and every place is decoded.

        Parameters
        ----------
        data
            Images for the map; by default those of the run that the model was opened from or, for a model in memory,
            draws from the prior.
        points
            How many are on the map at the most.

        Returns
        -------
        Explorer
            A notebook shows it; ``save`` writes it.

        Raises
        ------
        ValueError
            If it is too large for a page, the images are of another size, or there are none, and the prior means
            nothing to it.
        """
        if data is None and self.run is not None:
            return self.run.explorer(points=points)
        from vaelab.sharing import explorer_of_model  # stands on this module

        return explorer_of_model(cast(Any, self), data, points)

    def _repr_html_(self) -> str:
        """The explorer, for a notebook."""
        try:
            return self.explorer()._repr_html_()
        except ValueError as error:
            return f"<p>{escape(explain(error))}</p>"
