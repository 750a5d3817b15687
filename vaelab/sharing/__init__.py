"""What leaves vaelab, and comes back: a run as a page that is one file, or in a zip."""

from vaelab.sharing.maps import KindOfMap, MapOf, draw_map
from vaelab.sharing.one_file import Explorer, explorer, explorer_of, explorer_of_model
from vaelab.sharing.zipped import open_zip, to_zip

__all__ = [
    "Explorer",
    "KindOfMap",
    "MapOf",
    "draw_map",
    "explorer",
    "explorer_of",
    "explorer_of_model",
    "open_zip",
    "to_zip",
]
