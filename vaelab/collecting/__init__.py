"""Sets of drawings that grow: one person opens a set, and others add to it from their phones.

A set is a folder, ``$VAELAB_DATA/collect/<name>``:

``set.json``
    What is drawn, the classes to choose from, whether it is open, and whose it is.
``<id>.png``
    A drawing, with its class, nickname and time as text within the file. The id is made by the
    browser that sends it, so that a drawing sent twice is one drawing. A file is made whole beside
    its place and linked into it, which fails where there is one already: nobody ever overwrites
    another's. A drawing that was removed leaves an empty file: sent once more, it stays away.

It is not below ``own/``, since a set that is still growing is no dataset: ``keep`` makes one of it.
"""

from vaelab.collecting.drawings import (
    MAX_DRAWINGS,
    Drawing,
    add_drawing,
    class_counts,
    count_drawings,
    list_drawings,
    remove_drawing,
)
from vaelab.collecting.keeping import MIN_DRAWINGS, keep, to_dataset
from vaelab.collecting.sets import (
    MAX_CLASSES,
    MAX_TEXT,
    PAPERS,
    SIZES,
    DrawingSet,
    delete_set,
    find_set,
    list_sets,
    open_set,
    set_open,
)

__all__ = [
    "MAX_CLASSES",
    "MAX_DRAWINGS",
    "MAX_TEXT",
    "MIN_DRAWINGS",
    "PAPERS",
    "SIZES",
    "Drawing",
    "DrawingSet",
    "add_drawing",
    "class_counts",
    "count_drawings",
    "delete_set",
    "find_set",
    "keep",
    "list_drawings",
    "list_sets",
    "open_set",
    "remove_drawing",
    "set_open",
    "to_dataset",
]
