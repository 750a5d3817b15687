"""The same images come out, whatever they lie in."""

import csv
import gzip
import io
import json
import struct
import tarfile
import zipfile

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from tests.importing.pictures import COUNT, pixels, save
from vaelab.datasets import load_dataset
from vaelab.importing import import_images

GRAY = pixels()
COLOUR = pixels(channels=3)
LABELS = [str(number % 3) for number in range(COUNT)]


@pytest.fixture
def take(tmp_path):
    """Import without keeping; returns the report."""

    def take(*paths, **settings):
        return import_images(*paths, name="mine", folder=tmp_path / "data", save=False, **settings)

    return take


def as_before(report, images=GRAY, labels=LABELS):
    """Whether these are the images, in whichever order, each with its label."""
    data = report.data
    channels_first = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    assert data.image_shape == channels_first.shape[1:]
    if labels is None:
        assert (data.labels, data.label_names) == (None, ())
        names = [""] * len(data)
        labels = names
    else:
        names = [data.label_names[label] for label in data.labels]
    found = sorted(zip((image.tobytes() for image in data.images), names, strict=True))
    assert found == sorted(zip((image.tobytes() for image in channels_first), labels, strict=True))
    return True


def encoded(image):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def in_classes(folder, images=GRAY):
    for label in sorted(set(LABELS)):
        save(folder / label, [image for image, other in zip(images, LABELS, strict=True) if other == label])
    return folder


# --- Folders and files --------------------------------------------------------------------------


def test_subfolders_are_classes(take, tmp_path):
    assert as_before(take(in_classes(tmp_path / "in")))
    assert as_before(take(in_classes(tmp_path / "colour", COLOUR)), COLOUR)


def test_a_single_top_folder_is_looked_through(take, tmp_path):
    in_classes(tmp_path / "in" / "leaves" / "images")
    assert as_before(take(tmp_path / "in"))


def test_train_and_test_are_no_classes(take, tmp_path):
    in_classes(tmp_path / "in" / "train", GRAY[:6].repeat(2, axis=0))
    in_classes(tmp_path / "in" / "test")
    report = take(tmp_path / "in")
    assert report.label_names == ("0", "1", "2")
    assert any("Joined the folders test, train" in step for step in report.steps)


def test_images_beside_subfolders_have_no_class(take, tmp_path):
    save(tmp_path / "in", GRAY[:6])
    save(tmp_path / "in" / "oak", GRAY[6:])
    report = take(tmp_path / "in")
    assert report.label_names == ("oak", "no class")
    assert np.bincount(report.data.labels).tolist() == [6, 6]


def test_several_folders_are_classes_and_several_files_are_not(take, tmp_path):
    save(tmp_path / "oak", GRAY[:6])
    save(tmp_path / "beech", GRAY[6:])
    assert take(tmp_path / "oak", tmp_path / "beech").label_names == ("beech", "oak")
    files = sorted((tmp_path / "oak").iterdir()) + [
        path.rename(tmp_path / f"b{path.name}") for path in (tmp_path / "beech").iterdir()
    ]
    assert as_before(take(*files), labels=None)


def test_hidden_files_are_passed_over_in_silence_and_others_are_told(take, tmp_path):
    save(tmp_path / "in", GRAY)
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._000.png", "__MACOSX/000.png", ".cache/x.png"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("clutter")
    (tmp_path / "in" / "README.md").write_text("leaves")
    report = take(tmp_path / "in")
    assert as_before(report, labels=None)
    assert report.skipped == (("README.md", "It is not an image."),)


# --- Archives -----------------------------------------------------------------------------------


def packed(path, folder):
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in files:
                archive.write(file, f"top/{file.relative_to(folder)}")
            archive.writestr("__MACOSX/top/0/._000.png", "clutter")
    else:
        with tarfile.open(path, "w:gz" if path.suffix in {".gz", ".tgz"} else "w") as archive:
            archive.add(folder, "./top")
    return path


@pytest.mark.parametrize("name", ["in.zip", "in.tar", "in.tar.gz", "in.tgz"])
def test_archives_are_as_folders(name, take, tmp_path):
    report = take(packed(tmp_path / name, in_classes(tmp_path / "in")))
    assert as_before(report)
    assert report.skipped == ()


@pytest.mark.parametrize("name", ["in.zip", "in.tar.gz"])
def test_many_images_in_an_archive(name, take, tmp_path):
    images = pixels(300, 8)
    report = take(packed(tmp_path / name, save(tmp_path / "in", images)))
    assert as_before(report, images, labels=None)


# --- Arrays -------------------------------------------------------------------------------------

NUMBERS = np.array(LABELS, int)


@pytest.mark.parametrize(
    "arrays",
    [
        {"images": GRAY, "labels": NUMBERS},
        {"x": GRAY[..., None], "y": NUMBERS[:, None]},
        {"data": GRAY.reshape(COUNT, -1), "target": np.array(LABELS)},
        {"arr_0": GRAY, "arr_1": NUMBERS.astype(np.uint8)},
        {"x_train": GRAY[:9], "y_train": NUMBERS[:9], "x_test": GRAY[9:], "y_test": NUMBERS[9:]},
        {"train_images": GRAY[:9], "test_images": GRAY[9:], "train_labels": NUMBERS[:9], "test_labels": NUMBERS[9:]},
        {"images": np.asfortranarray(GRAY), "labels": NUMBERS.astype(float)},
    ],
    ids="-".join,
)
@pytest.mark.parametrize("save_npz", [np.savez, np.savez_compressed])
def test_npz(arrays, save_npz, take, tmp_path):
    save_npz(tmp_path / "in.npz", **arrays)
    assert as_before(take(tmp_path / "in.npz"))


def test_npz_in_colour_whichever_way_round(take, tmp_path):
    np.savez(tmp_path / "last.npz", x=COLOUR)
    np.savez(tmp_path / "first.npz", x=COLOUR.transpose(0, 3, 1, 2))
    assert as_before(take(tmp_path / "last.npz"), COLOUR, None)
    assert as_before(take(tmp_path / "first.npz"), COLOUR, None)


def test_npy_alone_and_with_labels(take, tmp_path):
    np.save(tmp_path / "leaves.npy", GRAY)
    np.save(tmp_path / "labels.npy", NUMBERS)
    assert as_before(take(tmp_path / "leaves.npy"), labels=None)
    assert as_before(take(tmp_path / "leaves.npy", tmp_path / "labels.npy"))


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (GRAY / 255, "Scaled values (0 to 1) to 0 to 255."),
        (GRAY / 127.5 - 1, "Scaled values (-1 to 1) to 0 to 255."),
        (GRAY.astype(np.float32), None),
        (GRAY.astype(np.int64), None),
        (GRAY.astype(np.uint16) * 257, "Scaled values (0 to 65535) to 0 to 255."),
        (GRAY * 10.0 - 300, "Scaled values (-300 to 2250) to 0 to 255."),
    ],
    ids=["unit", "signed", "bytes as floats", "int64", "uint16", "any floats"],
)
def test_numbers_are_scaled_by_their_range(values, step, take, tmp_path):
    assert (GRAY.min(), GRAY.max()) == (0, 255)
    np.save(tmp_path / "in.npy", values)
    report = take(tmp_path / "in.npy")
    assert as_before(report, labels=None)
    assert [text for text in report.steps if "Scaled" in text] == ([step] if step else [])


def test_what_does_not_go_together_is_refused(take, tmp_path):
    for arrays, why in (
        ({"x": GRAY, "y": NUMBERS[:5]}, "y has 5 labels and x has 12 images: there must be one for each"),
        ({"x": np.where(GRAY > 9, np.nan, 0.0)}, "not finite numbers"),
        ({"x": GRAY[:0]}, "x has no images in it"),
        ({"x": np.zeros((12, 16, 16, 2), np.uint8)}, r"images are \(N, H, W\)"),
        ({"meta": np.arange(3)}, "neither images nor labels"),
    ):
        np.savez(tmp_path / "in.npz", **arrays)
        with pytest.raises(ValueError, match=why):
            take(tmp_path / "in.npz")


def write_idx(path, array):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wb") as stream:
        stream.write(struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}L", *array.shape))
        stream.write(array.astype(np.uint8).tobytes())


@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx_files_find_their_labels_by_name(end, take, tmp_path):
    (tmp_path / "raw").mkdir()
    for part, chosen in (("train", slice(0, 9)), ("t10k", slice(9, None))):
        write_idx(tmp_path / "raw" / f"{part}-images-idx3-ubyte{end}", GRAY[chosen])
        write_idx(tmp_path / "raw" / f"{part}-labels-idx1-ubyte{end}", NUMBERS[chosen])
    assert as_before(take(tmp_path / "raw"))


def test_mnist_as_it_lies_there(take, shared_mnist):
    report = take(shared_mnist / "MNIST" / "raw")
    built_in = load_dataset("mnist", folder=shared_mnist)
    assert report.num_images == len(built_in) == 70_000
    assert report.label_names == built_in.label_names
    order = np.argsort([image.tobytes() for image in report.data.images[:, 0]])
    expected = np.argsort([image.tobytes() for image in built_in.images[:, 0]])
    assert (report.data.images[order] == built_in.images[expected]).all()
    assert (report.data.labels[order] == built_in.labels[expected]).all()


# --- Tables -------------------------------------------------------------------------------------


def write_csv(path, rows, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


PIXEL_ROWS = GRAY.reshape(COUNT, -1).tolist()


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize("labels", [LABELS, None], ids=["with labels", "without"])
def test_csv_of_pixels(delimiter, head, labels, take, tmp_path):
    rows = [[*label, *row] for label, row in zip(([text] for text in labels or [""] * COUNT), PIXEL_ROWS, strict=True)]
    rows = rows if labels else PIXEL_ROWS
    names = (["label"] if labels else []) + [f"pixel{i}" for i in range(256)]
    path = write_csv(tmp_path / "in.csv", [names, *rows] if head else rows, delimiter)
    assert as_before(take(path), labels=labels)


def test_csv_of_pixels_with_more_columns(take, tmp_path):
    head = ["species", *(f"px_{i}" for i in range(256)), "height"]
    rows = [[label, *row, number] for number, (label, row) in enumerate(zip(LABELS, PIXEL_ROWS, strict=True))]
    report = take(write_csv(tmp_path / "in.csv", [head, *rows]))
    assert as_before(report)
    assert report.data.factor_names == ("height",)
    assert report.data.factors[:, 0].tolist() == list(range(COUNT))


def test_csv_of_pixels_that_are_no_square(take, tmp_path):
    with pytest.raises(ValueError, match="250 columns of pixels, which do not make a square image"):
        take(write_csv(tmp_path / "in.csv", [[f"p{i}" for i in range(250)], *(row[:250] for row in PIXEL_ROWS)]))


def file_rows():
    return [
        [f"pictures/{number:03}.png", f"writer {number // 4}", number / 2, label, "a note " * (number + 1)]
        for number, label in enumerate(LABELS)
    ]


HEAD = ["file", "writer", "slant", "class", "note"]


def test_csv_of_file_names(take, tmp_path):
    save(tmp_path / "pictures", GRAY)
    (tmp_path / "elsewhere.png").write_text("not named, so not looked at")
    rows = [*file_rows(), ["pictures/none.png", "writer 9", 1, "2", ""]]
    report = take(write_csv(tmp_path / "in.csv", [HEAD, *rows]))
    assert as_before(report)
    assert report.data.factor_names == ("slant",)
    assert report.data.factors[:, 0].tolist() == [number / 2 for number in range(COUNT)]
    assert report.data.image_names[0] == "pictures/000.png"
    assert report.skipped == (("pictures/none.png", "in.csv names it, but it is not there."),)
    assert any("Left out the column note" in step for step in report.steps)


def test_labels_for_the_images_of_a_zip(take, tmp_path):
    archive = packed(tmp_path / "in.zip", save(tmp_path / "in", GRAY))
    rows = [[f"{number:03}", label] for number, label in enumerate(LABELS[:-1])]  # without endings, and one lacks
    report = take(archive, labels=write_csv(tmp_path / "labels.csv", [["id", "label"], *rows]))
    assert as_before(report, GRAY[:-1], LABELS[:-1])
    assert report.skipped == (("top/011.png", "labels.csv has no row for it."),)


def test_a_text_column_of_few_values_is_the_class(take, tmp_path):
    save(tmp_path / "in", GRAY)
    rows = [[f"{number:03}.png", number, "oak" if number % 2 else "beech"] for number in range(COUNT)]
    report = take(tmp_path / "in", labels=write_csv(tmp_path / "t.csv", [["name", "age", "tree"], *rows]))
    assert report.label_names == ("beech", "oak")
    assert report.data.factor_names == ("age",)


# --- Parquet ------------------------------------------------------------------------------------

FEATURES = {
    "info": {
        "features": {"image": {"_type": "Image"}, "label": {"names": ["nil", "one", "two"], "_type": "ClassLabel"}}
    }
}


def test_parquet_as_hugging_face_keeps_it(take, tmp_path):
    for part, chosen in (("train", range(9)), ("test", range(9, COUNT))):
        table = pa.table(
            {
                "image": [{"bytes": encoded(GRAY[i]), "path": f"{i}.png"} for i in chosen],
                "label": [int(LABELS[i]) for i in chosen],
                "slant": [float(i) for i in chosen],
            }
        ).replace_schema_metadata({"huggingface": json.dumps(FEATURES)})
        parquet.write_table(table, tmp_path / f"{part}.parquet", row_group_size=4)
    report = take(tmp_path / "train.parquet", tmp_path / "test.parquet")
    assert as_before(report, labels=[("nil", "one", "two")[int(label)] for label in LABELS])
    assert report.data.image_names[:2] == ("0.png", "1.png")
    assert report.data.factors[:, 0].tolist() == list(range(COUNT))


@pytest.mark.parametrize("kind", ["binary", "lists", "flat"])
def test_other_parquets(kind, take, tmp_path):
    column = {
        "binary": pa.array([encoded(image) for image in GRAY], pa.binary()),
        "lists": pa.array(GRAY.tolist(), pa.list_(pa.list_(pa.uint8()))),
        "flat": pa.array([image.reshape(-1).tolist() for image in GRAY], pa.list_(pa.uint8(), 256)),
    }[kind]
    parquet.write_table(pa.table({"img": column, "label": LABELS}), tmp_path / "in.parquet")
    assert as_before(take(tmp_path / "in.parquet"))


def test_parquet_rows_without_a_class_or_an_image(take, tmp_path):
    contents = [encoded(image) for image in GRAY]
    labels = [*LABELS[:-1], None]
    rows = {
        "image": pa.array([*contents, None], pa.binary()),
        "label": [*labels, "1"],
        "weight": [1.0, None] * 6 + [2.0],
    }
    parquet.write_table(pa.table(rows), tmp_path / "in.parquet")
    report = take(tmp_path / "in.parquet")
    assert as_before(report, labels=[*LABELS[:-1], "no class"])
    assert report.skipped == (("row 13", "Its row has no image."),)
    assert "Left out the column weight, which has gaps." in report.steps


def test_a_table_that_lies_among_the_images(take, tmp_path):
    folder = save(tmp_path / "in", GRAY)
    rows = [[f"{number:03}.png", label] for number, label in enumerate(LABELS)]
    table = write_csv(folder / "labels.csv", [["file", "label"], *rows])
    report = take(folder, labels=table)
    assert as_before(report)
    assert report.skipped == ()
    assert "give it as labels" in take(folder).skipped[0].why


def test_parquet_with_lists_of_several_shapes(take, tmp_path):
    ragged = [np.zeros((8, 8 + row % 2), int).tolist() for row in range(COUNT)]
    parquet.write_table(pa.table({"image": ragged}), tmp_path / "in.parquet")
    with pytest.raises(ValueError, match="of several shapes"):
        take(tmp_path / "in.parquet")


def test_arrays_in_an_archive(take, tmp_path):
    np.savez(tmp_path / "in.npz", images=GRAY, labels=NUMBERS)
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.write(tmp_path / "in.npz", "data/in.npz")
        archive.writestr("data/README.txt", "leaves")
    report = take(tmp_path / "in.zip")
    assert as_before(report)
    assert report.skipped == (("data/README.txt", "It is not an image."),)
