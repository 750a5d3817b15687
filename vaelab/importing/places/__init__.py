"""Where files lie: folders, single files, zip and tar archives. Nothing is ever unpacked to the disk."""

from vaelab.importing.places.archives import Tar, Zip, zip_index_bytes
from vaelab.importing.places.base import Place
from vaelab.importing.places.folders import Folder, SingleFile
from vaelab.importing.places.opening import ARCHIVES, binary, place_of

__all__ = ["ARCHIVES", "Folder", "Place", "SingleFile", "Tar", "Zip", "binary", "place_of", "zip_index_bytes"]
