"""Codes and all that is known of them as a table: CSV, parquet or npz."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vaelab.datasets import ImageDataset
from vaelab.files import file_to_write, write_whole
from vaelab.latent.density import TIE
from vaelab.latent.units import code_scale

if TYPE_CHECKING:
    import pandas as pd

    from vaelab.engine import Engine
    from vaelab.runs import Remembered
    from vaelab.sharing.maps import MapOf

__all__ = ["FORMATS", "table_file", "table_of", "table_of_images", "write_table"]

#: What a table is written as, by the ending of its file.
FORMATS = ("csv", "parquet", "npz")


def table_of(map_: MapOf) -> pd.DataFrame:
    """Lay out what is known of the images on a map.

    Parameters
    ----------
    map_
        A map of a run or a model.

    Returns
    -------
    pandas.DataFrame
        A row an image: ``image``, its number in the dataset; ``name``, ``split`` and ``label`` where they are known;
        ``mu1`` to ``muD``, the mean of its posterior, and of a VAE ``sigma1`` to ``sigmaD``; ``x`` and ``y``, its
        place on the map; ``nearest``, which of the other images has the nearest code, and at what ``distance``: of a
        VAE in typical sigmas, where unused dimensions do not count (``vaelab.latent.units.code_scale``).
    """
    import pandas as pd

    _, data, projection, *_ = map_
    indices, codes = projection.indices, projection.codes
    columns = _columns(data, indices, codes, projection.sigma)
    columns |= {"x": projection.coordinates[:, 0], "y": projection.coordinates[:, 1]}
    if len(indices) > 1:
        scale = code_scale(codes, projection.sigma, map_.run.config.model == "vae")
        nearest, distance = _nearest_others(codes * np.where(scale, scale, TIE), codes * scale)
        columns |= {"nearest": indices[nearest], "distance": distance}
    return pd.DataFrame(columns)


def table_of_images(engine: Engine, data: ImageDataset, indices: NDArray[np.int64]) -> pd.DataFrame:
    """Lay out what is known of some images, whether or not they are on a map.

    Parameters
    ----------
    engine
        Of the model that encodes them.
    data
        The dataset that they are of.
    indices
        Which.

    Returns
    -------
    pandas.DataFrame
        A row an image, with the columns of ``table_of`` but for those of the map, and one for each known factor.
    """
    import pandas as pd

    codes = engine.encode(data.images[indices], data.labels_of(indices))
    columns = _columns(data, indices, codes.mu, codes.sigma if engine.is_vae else None)
    if data.factors is not None:
        for number, name in enumerate(data.factor_names):
            columns[f"factor_{name}" if name in columns else name] = data.factors[indices, number]
    return pd.DataFrame(columns)


def _columns(
    data: ImageDataset | Remembered,
    indices: NDArray[np.integer],
    mu: NDArray[np.floating],
    sigma: NDArray[np.floating] | None,
) -> dict[str, object]:
    columns: dict[str, object] = {"image": indices}
    if data.image_names:
        columns["name"] = [data.image_names[index] for index in indices]
    if isinstance(data, ImageDataset):
        split = np.full(len(data), "train", dtype=object)
        split[data.split.validation], split[data.split.test] = "validation", "test"
        columns["split"] = split[indices]
    if data.labels is not None:
        columns["label"] = np.array(data.label_names, dtype=object)[data.labels[indices]]
    columns |= {f"mu{dim + 1}": mu[:, dim] for dim in range(mu.shape[1])}
    if sigma is not None:
        columns |= {f"sigma{dim + 1}": sigma[:, dim].astype(np.float32) for dim in range(mu.shape[1])}
    return columns


def _nearest_others(told_apart: np.ndarray, scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each code the nearest other one, and how far it is."""
    from scipy.spatial import KDTree

    _, found = KDTree(told_apart).query(told_apart, k=2)
    own = np.arange(len(found))
    # Where codes are equal, an image may not be the first among its own.
    nearest = np.where(found[:, 0] == own, found[:, 1], found[:, 0])
    return nearest, np.linalg.norm(scaled - scaled[nearest], axis=1)


def table_file(table: pd.DataFrame, kind: str) -> bytes:
    """Write a table as a file's content.

    Parameters
    ----------
    table
        As ``table_of`` makes it.
    kind
        One of ``FORMATS``. An npz has an array for each of ``mu`` and ``sigma``, ``(N, D)``, and for each other column.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    ValueError
        If there is no such kind.
    """
    buffer = BytesIO()
    if kind == "csv":
        table.to_csv(buffer, index=False)
    elif kind == "parquet":
        table.to_parquet(buffer, index=False)
    elif kind == "npz":
        arrays = {
            name: table.filter(regex=rf"^{name}\d+$").to_numpy() for name in ("mu", "sigma") if f"{name}1" in table
        }
        others = [name for name in table if str(name).rstrip("0123456789") not in arrays]
        # Words as fixed-width text, which needs no pickle to be read.
        arrays |= {name: _plain(table[name].to_numpy()) for name in others}
        np.savez_compressed(buffer, **arrays)
    else:
        raise ValueError(f"A table is not written as .{kind}: name a file that ends in {', '.join(FORMATS)}.")
    return buffer.getvalue()


def _plain(values: np.ndarray) -> np.ndarray:
    return values.astype(str) if values.dtype.kind == "O" else values


def write_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table to a file, as its ending says.

    Parameters
    ----------
    table
        As ``table_of`` makes it.
    path
        The file. What there is at it is replaced.

    Returns
    -------
    Path
        Where it is now.

    Raises
    ------
    ValueError
        If the ending is none of ``FORMATS``, or the path is none of a file.
    """
    file = file_to_write(path, "codes.csv")
    write_whole(file, table_file(table, file.suffix.removeprefix(".").lower()), durable=False)
    return file
