"""A person's own images: each dataset a folder below ``own/`` in the data folder; and groups of any images.

``dataset.json``
    What people read about it, and which of the other files hold it now.
``images-*.safetensors``
    Images, factors, the names of images and the split.
``labels-*.safetensors``
    The labels, which can change.

A dataset is there once ``dataset.json`` names its files. Whatever changes it writes new files beside the old ones,
then replaces that one: a kill at any instant leaves the old dataset or the new one, whole. Nothing is ever unpickled.
"""

from vaelab.datasets.own.changing import delete_own, relabel_own, relabelled, retitle_own
from vaelab.datasets.own.files import own_folder
from vaelab.datasets.own.finding import broken_own, own_source, own_sources
from vaelab.datasets.own.groups import drop_group, groups_of, keep_group, rename_group
from vaelab.datasets.own.keeping import few_images, load_own, save_own

__all__ = [
    "broken_own",
    "delete_own",
    "drop_group",
    "few_images",
    "groups_of",
    "keep_group",
    "load_own",
    "own_folder",
    "own_source",
    "own_sources",
    "relabel_own",
    "relabelled",
    "rename_group",
    "retitle_own",
    "save_own",
]
