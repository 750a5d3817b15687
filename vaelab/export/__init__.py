"""What leaves the package: a model for the browser, an animation. Imports no torch."""

from vaelab.export.animation import animated_gif
from vaelab.export.map import browser_map
from vaelab.export.model import browser_model
from vaelab.export.thumbnails import browser_thumbnails

__all__ = ["animated_gif", "browser_map", "browser_model", "browser_thumbnails"]
