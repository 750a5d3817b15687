"""What leaves vaelab: a run as a page that is one file."""

from vaelab.sharing.maps import KindOfMap, MapOf, draw_map
from vaelab.sharing.one_file import Explorer, explorer, explorer_of, explorer_of_model

__all__ = ["Explorer", "KindOfMap", "MapOf", "draw_map", "explorer", "explorer_of", "explorer_of_model"]
