"""What leaves the package: a model for the browser, a film. Imports no torch."""

from vaelab.export.film import FILMS, film
from vaelab.export.history import browser_history
from vaelab.export.map import browser_map
from vaelab.export.model import browser_model
from vaelab.export.thumbnails import browser_thumbnails

__all__ = ["FILMS", "browser_history", "browser_map", "browser_model", "browser_thumbnails", "film"]
