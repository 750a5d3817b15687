"""Taking images in: from folders, archives, arrays and tables to a dataset of one's own."""

from typing import TYPE_CHECKING, Any

from vaelab.importing.report import ImportReport, ImportStopped, Skipped

if TYPE_CHECKING:
    from vaelab.importing.taking_in import import_images

__all__ = ["ImportReport", "ImportStopped", "Skipped", "import_images"]


def __getattr__(name: str) -> Any:
    # The processes that decode import this package as well, and are to start at once.
    if name == "import_images":
        from vaelab.importing.taking_in import import_images

        return import_images
    raise AttributeError(f"module 'vaelab.importing' has no attribute {name!r}")
