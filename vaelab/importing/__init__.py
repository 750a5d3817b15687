"""Taking images in: from folders, archives, arrays and tables to a dataset of one's own."""

from vaelab.importing.report import ImportReport, ImportStopped, Skipped
from vaelab.importing.taking_in import import_images

__all__ = ["ImportReport", "ImportStopped", "Skipped", "import_images"]
