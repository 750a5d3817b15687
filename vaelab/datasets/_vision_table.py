"""What is known of torchvision's datasets that torchvision does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vaelab.datasets._brought import find

__all__ = ["DATASETS", "Vision"]


@dataclass(frozen=True)
class Vision:
    """What torchvision does not say about one of its datasets."""

    name: str
    title: str
    description: str
    licence: str
    citation: str
    class_name: str
    #: Where its files are, below the data folder, and which of them are read.
    folder: str
    files: tuple[str, ...]
    num_images: int
    #: Of all archives together, to report how much has arrived.
    num_bytes: int
    label_names: tuple[str, ...]
    image_shape: tuple[int, int, int] = (1, 28, 28)
    options: Mapping[str, Any] = field(default_factory=dict)

    def is_complete(self, root: Path) -> bool:
        return all((root / self.folder / file).is_file() for file in self.files)

    def brought(self, root: Path) -> dict[str, Path]:
        """Its files where they lie otherwise than torchvision has them, by their names."""
        names = (self.folder, self.name, self.name.replace("_", "-"))
        return find(root, [Path(file).name for file in self.files], names, shared=self.files is _IDX_FILES)


_IDX_FILES = tuple(f"raw/{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))

DATASETS = (
    Vision(
        name="mnist",
        title="MNIST",
        description="Handwritten digits by some 500 people.",
        licence="CC BY-SA 3.0 (Y. LeCun, C. Cortes, C. J. C. Burges)",
        citation="LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document "
        "recognition, Proc. IEEE 1998.",
        class_name="MNIST",
        folder="MNIST",
        files=_IDX_FILES,
        num_images=70_000,
        num_bytes=11_594_722,
        label_names=tuple("0123456789"),
    ),
    Vision(
        name="fashion_mnist",
        title="Fashion-MNIST",
        description="Photographs of clothes, shoes and bags from a shop's catalogue.",
        licence="MIT (Zalando SE)",
        citation="Xiao, Rasul and Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking "
        "machine learning algorithms, arXiv:1708.07747.",
        class_name="FashionMNIST",
        folder="FashionMNIST",
        files=_IDX_FILES,
        num_images=70_000,
        num_bytes=30_878_645,
        label_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
    ),
    Vision(
        name="kmnist",
        title="Kuzushiji-MNIST",
        description="Ten cursive Japanese characters from classical books.",
        licence="CC BY-SA 4.0 (ROIS-DS Center for Open Data in the Humanities)",
        citation="Clanuwat et al., Deep learning for classical Japanese literature, arXiv:1812.01718.",
        class_name="KMNIST",
        folder="KMNIST",
        files=_IDX_FILES,
        num_images=70_000,
        num_bytes=21_240_888,
        label_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    Vision(
        name="emnist_letters",
        title="EMNIST letters",
        description="Handwritten letters; capital and small ones share a class.",
        licence="Public domain (NIST, a work of the US government)",
        citation="Cohen, Afshar, Tapson and van Schaik, EMNIST: an extension of MNIST to "
        "handwritten letters, arXiv:1702.05373.",
        class_name="EMNIST",
        folder="EMNIST",
        files=tuple(
            f"raw/emnist-letters-{part}-{kind}-ubyte"
            for part in ("train", "test")
            for kind in ("images-idx3", "labels-idx1")
        ),
        num_images=145_600,
        num_bytes=561_753_746,
        label_names=tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        options={"split": "letters"},
    ),
    Vision(
        name="cifar10",
        title="CIFAR-10",
        description="Small colour photographs of animals and vehicles.",
        licence="None stated; cite A. Krizhevsky (2009)",
        citation="Krizhevsky, Learning multiple layers of features from tiny images, 2009.",
        class_name="CIFAR10",
        folder="cifar-10-batches-py",
        files=("batches.meta", "test_batch", *(f"data_batch_{i}" for i in range(1, 6))),
        num_images=60_000,
        num_bytes=170_498_071,
        label_names=(
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
        image_shape=(3, 32, 32),
    ),
)
