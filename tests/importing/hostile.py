"""Inputs that are damaged, lie or mean harm; each function makes one, and says what is to be said of it.

Run as a program it takes in paths, one after the other, and prints how much memory that took.
"""

import gzip
import io
import json
import os
import pickle
import re
import stat
import struct
import sys
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from tests.importing.pictures import pixels, save
from vaelab.importing import import_images

MB = 2**20


def png_header(width, height, body=b""):
    """A PNG that claims a size, with compressed rows of nobody knows what."""

    def chunk(kind, content):
        return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))

    head = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def zeros(num_bytes):
    """Compressed zeros, a thousand times smaller than they are."""
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(bytes(MB)) for _ in range(num_bytes // MB)), packer.flush()])


def gigabytes_behind(head):
    """Three gigabytes of zeros behind ``head``, packed by gzip: the same block again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + 3000 * block


def encoded(image, kind="PNG"):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, kind)
    return stream.getvalue()


def good_zip(path, compression=zipfile.ZIP_DEFLATED):
    """A zip with twelve good images; more can be added."""
    archive = zipfile.ZipFile(path, "w", compression)
    for number, image in enumerate(pixels()):
        archive.writestr(f"{number:02}.png", encoded(image))
    return archive


def good_tar(path, mode="w:gz"):
    archive = tarfile.open(path, mode)  # noqa: SIM115 - whoever calls closes it
    for number, image in enumerate(pixels()):
        add(archive, f"{number:02}.png", encoded(image))
    return archive


def add(archive, name, content=b"", **attributes):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in attributes.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(content))


class Harmful:
    """What removes the file ``alive`` beside it when it is unpickled."""

    def __init__(self, folder):
        self.victim = folder / "alive"
        self.victim.touch()

    def __reduce__(self):
        return os.remove, (str(self.victim),)


# --- One file among good ones: twelve are taken, one is not -------------------------------------


def beside(make):
    """Put what ``make`` writes into a folder of good images."""

    def case(folder):
        save(folder / "in", pixels())
        return folder / "in", make(folder / "in")

    case.__name__ = make.__name__
    return case


@beside
def image_of_a_billion_pixels(folder):
    (folder / "bomb.png").write_bytes(png_header(40_000, 25_000, zeros(50 * MB)))
    return "It has more than 64 million pixels."


@beside
def image_that_claims_more_than_it_has(folder):
    (folder / "bomb.png").write_bytes(png_header(8_000, 8_000, zeros(180 * MB)))
    return "It is damaged or cut off."


@beside
def truncated_image(folder):
    content = encoded(pixels(1, 64, 3)[0])
    (folder / "bad.png").write_bytes(content[: len(content) // 2])
    return "It is damaged or cut off."


@beside
def truncated_jpeg(folder):
    content = encoded(pixels(1, 64, 3)[0], "JPEG")
    (folder / "bad.jpg").write_bytes(content[: len(content) // 2])
    return "It is damaged or cut off."


@beside
def empty_image(folder):
    (folder / "bad.png").touch()
    return "It is empty."


@beside
def text_that_calls_itself_an_image(folder):
    (folder / "bad.png").write_text("not a picture")
    return "It is not an image, or of a kind that cannot be read."


@beside
def postscript(folder):
    (folder / "bad.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(x) run\n")
    return "It is PostScript, which is a program: save it as PNG."


@beside
def link_out_of_the_folder(folder):
    Image.new("L", (16, 16)).save(folder.parent / "secret.png")
    (folder / "link.png").symlink_to(folder.parent / "secret.png")
    return "It is a link that leads out of the folder."


@beside
def link_to_the_folder_itself(folder):
    (folder / "again").symlink_to(folder, target_is_directory=True)
    return "It is a link to a folder."


@beside
def pipe(folder):
    os.mkfifo(folder / "pipe.png")
    return "It is not a file that can be read to its end."


@beside
def archive_in_a_folder(folder):
    (folder / "more.zip").write_bytes(b"PK\5\6" + bytes(18))
    return "It is an archive inside another: give it by itself."


@beside
def pickle_in_a_folder(folder):
    (folder / "data.pkl").write_bytes(pickle.dumps(Harmful(folder.parent)))
    return "It is a pickle, which can run code when opened, so it is left closed."


def zipped(make):
    """Put what ``make`` adds into a zip of good images."""

    def case(folder):
        with good_zip(folder / "in.zip") as archive:
            why = make(archive)
        return folder / "in.zip", why

    case.__name__ = make.__name__
    return case


@zipped
def zip_member_that_unpacks_to_a_thousand_times_its_size(archive):
    archive.writestr("bomb.png", bytes(200 * MB), compresslevel=9)
    return "It unpacks to more than 200 times its size, which images do not."


@zipped
def zip_member_out_of_the_archive(archive):
    archive.writestr("../outside.png", encoded(pixels(1)[0]))
    return "Its name leads out of the archive."


@zipped
def zip_member_with_an_absolute_name(archive):
    archive.writestr("/tmp/outside.png", encoded(pixels(1)[0]))
    return "Its name leads out of the archive."


@zipped
def zip_member_that_is_a_link(archive):
    info = zipfile.ZipInfo("link.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")
    return "It is a link, and links in archives are not followed."


@zipped
def zip_in_a_zip(archive):
    archive.writestr("more.zip", b"PK\5\6" + bytes(18))
    return "It is an archive inside another: give it by itself."


def zip_member_that_is_encrypted(folder):
    with good_zip(folder / "in.zip") as archive:
        archive.writestr("locked.png", encoded(pixels(1)[0]))
    content = bytearray((folder / "in.zip").read_bytes())
    # The flag that says so, in the table of contents.
    content[content.rfind(b"PK\1\2") + 8] |= 1
    (folder / "in.zip").write_bytes(content)
    return folder / "in.zip", "It is encrypted: unpack the archive with its password first."


def zip_member_that_is_damaged(folder):
    with good_zip(folder / "in.zip", zipfile.ZIP_STORED) as archive:
        archive.writestr("bad.png", encoded(pixels(1)[0]))
    content = bytearray((folder / "in.zip").read_bytes())
    content[content.find(b"bad.png") + 60] ^= 255
    (folder / "in.zip").write_bytes(content)
    return folder / "in.zip", "It is damaged or cut off."


def tarred(make):
    """Put what ``make`` adds into a tar of good images."""

    def case(folder):
        with good_tar(folder / "in.tar.gz") as archive:
            why = make(archive)
        return folder / "in.tar.gz", why

    case.__name__ = make.__name__
    return case


@tarred
def tar_member_out_of_the_archive(archive):
    add(archive, "../../outside.png", encoded(pixels(1)[0]))
    return "Its name leads out of the archive."


@tarred
def tar_member_that_is_a_link(archive):
    add(archive, "link.png", type=tarfile.SYMTYPE, linkname="/etc/passwd")
    return "It is a link, and links in archives are not followed."


@tarred
def tar_member_that_is_a_device(archive):
    add(archive, "zero.png", type=tarfile.CHRTYPE, devmajor=1, devminor=5)
    return "It is not a file that can be read to its end."


def npz_with_an_array_of_objects(folder):
    np.savez(folder / "in.npz", images=pixels(), meta=np.array([Harmful(folder)] * 3, object))
    return (
        folder / "in.npz",
        "It holds Python objects, which could run code when they are unpickled: save plain arrays.",
    )


ONE_SKIPPED = [
    image_of_a_billion_pixels,
    image_that_claims_more_than_it_has,
    truncated_image,
    truncated_jpeg,
    empty_image,
    text_that_calls_itself_an_image,
    postscript,
    link_out_of_the_folder,
    link_to_the_folder_itself,
    pipe,
    archive_in_a_folder,
    pickle_in_a_folder,
    zip_member_that_unpacks_to_a_thousand_times_its_size,
    zip_member_out_of_the_archive,
    zip_member_with_an_absolute_name,
    zip_member_that_is_a_link,
    zip_in_a_zip,
    zip_member_that_is_encrypted,
    zip_member_that_is_damaged,
    tar_member_out_of_the_archive,
    tar_member_that_is_a_link,
    tar_member_that_is_a_device,
    npz_with_an_array_of_objects,
]


# --- Inputs of which nothing is taken -----------------------------------------------------------


def zip_of_many_bombs(folder):
    with zipfile.ZipFile(folder / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.bmp", bytes(60 * MB))
    return folder / "in.zip", "No image could be taken. 0.bmp: It is not an image, or of a kind that cannot be read."


def truncated_zip(folder):
    good_zip(folder / "in.zip").close()
    content = (folder / "in.zip").read_bytes()
    (folder / "in.zip").write_bytes(content[: len(content) // 2])
    return folder / "in.zip", "in.zip is not a zip archive, or is damaged or cut off."


def zip_with_a_table_of_contents_of_gigabytes(folder):
    good_zip(folder / "in.zip").close()
    content = bytearray((folder / "in.zip").read_bytes())
    struct.pack_into("<L", content, content.rfind(b"PK\5\6") + 12, 3_000_000_000)
    (folder / "in.zip").write_bytes(content)
    return folder / "in.zip", "in.zip has more than 500,000 files"


def rar(folder):
    (folder / "in.rar").write_bytes(b"Rar!\x1a\7\0")
    return folder / "in.rar", "in.rar is packed in a way that cannot be read: use zip, tar or tar.gz."


def truncated_tar(folder):
    good_tar(folder / "in.tar.gz").close()
    content = (folder / "in.tar.gz").read_bytes()
    (folder / "in.tar.gz").write_bytes(content[: len(content) // 2])
    return folder / "in.tar.gz", "in.tar.gz is not a tar archive, or is damaged or cut off."


def tar_that_unpacks_to_a_thousand_times_its_size(folder):
    info = tarfile.TarInfo("bomb.png")
    info.size = 3000 * MB
    (folder / "in.tar.gz").write_bytes(gigabytes_behind(info.tobuf()))
    return folder / "in.tar.gz", "in.tar.gz: it unpacks to more than 200 times its size"


def tar_with_a_header_of_gigabytes(folder):
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 3000 * MB
    (folder / "in.tar.gz").write_bytes(gigabytes_behind(info.tobuf()))
    return folder / "in.tar.gz", "in.tar.gz: it unpacks to more than 200 times its size"


def npy_header(shape, dtype="|u1"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def npy_that_promises_a_terabyte(folder):
    (folder / "in.npy").write_bytes(npy_header((10**9, 32, 32)) + bytes(1000))
    return folder / "in.npy", "Its header promises 1,024,000,000,000 numbers"


def npy_of_objects(folder):
    np.save(folder / "in.npy", np.array([Harmful(folder)] * 12, object), allow_pickle=True)
    return folder / "in.npy", "It holds Python objects, which could run code when they are unpickled"


def npy_that_is_a_pickle(folder):
    (folder / "in.npy").write_bytes(pickle.dumps(Harmful(folder)))
    return folder / "in.npy", "It has no header of an array that can be read."


def npz_of_objects(folder):
    np.savez(folder / "in.npz", images=np.array([Harmful(folder)] * 12, object))
    return folder / "in.npz", "It holds Python objects, which could run code when they are unpickled"


def npz_that_unpacks_to_a_thousand_times_its_size(folder):
    with zipfile.ZipFile(folder / "in.npz", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("images.npy", "w") as f:
        f.write(npy_header((200, 1024, 1024)))
        for _ in range(200):
            f.write(bytes(MB))
    return folder / "in.npz", "unpacks to more than 200 times its size"


def npz_that_is_no_zip(folder):
    (folder / "in.npz").write_bytes(b"PK\3\4" + bytes(100))
    return folder / "in.npz", "It is damaged or cut off."


def idx_that_promises_a_terabyte(folder):
    (folder / "images-idx3-ubyte").write_bytes(struct.pack(">HBBLLL", 0, 8, 3, 10**9, 32, 32) + bytes(1000))
    return folder / "images-idx3-ubyte", "Its header promises 1,024,000,000,000 numbers"


def idx_gz_that_promises_more_than_it_has(folder):
    with gzip.open(folder / "images-idx3-ubyte.gz", "wb") as stream:
        stream.write(struct.pack(">HBBLLL", 0, 8, 3, 400_000, 8, 8) + bytes(1000))
    return folder / "images-idx3-ubyte.gz", "is cut off, or its header promises more than there is"


def idx_gz_that_unpacks_to_a_thousand_times_its_size(folder):
    head = struct.pack(">HBBLLL", 0, 8, 3, 3000, 1024, 1024)
    (folder / "images-idx3-ubyte.gz").write_bytes(gigabytes_behind(head))
    return folder / "images-idx3-ubyte.gz", "unpacks to more than 200 times its size"


def more_images_than_fit(folder):
    with (folder / "big.npy").open("wb") as stream:
        stream.write(npy_header((400_000, 64, 64)))
        stream.truncate(400_000 * 64 * 64 + 1000)  # a hole: no room on the disk
    return folder / "big.npy", "There are 400,000 images, and of 64 x 64 pixels at most 262,144 are taken"


def pickle_alone(folder):
    (folder / "in.pkl").write_bytes(pickle.dumps(Harmful(folder)))
    return folder / "in.pkl", "It is a pickle, which can run code when opened, so it is left closed."


def truncated_parquet(folder):
    write_parquet(folder / "in.parquet", [encoded(image) for image in pixels()])
    content = (folder / "in.parquet").read_bytes()
    (folder / "in.parquet").write_bytes(content[: len(content) // 2])
    return folder / "in.parquet", "in.parquet is not a parquet file, or is damaged or cut off."


def parquet_that_unpacks_to_gigabytes(folder):
    write_parquet(folder / "in.parquet", [bytes(60 * MB)] * 5, compression="zstd", use_dictionary=False)
    return folder / "in.parquet", "in.parquet has groups of rows that unpack to 300 MB"


def parquet_that_repeats_one_value(folder):
    import pyarrow as pa
    from pyarrow import parquet

    contents = pa.DictionaryArray.from_arrays(np.zeros(200, np.int32), pa.array([bytes(30 * MB)], pa.binary()))
    parquet.write_table(pa.table({"image": contents}), folder / "in.parquet", compression="zstd", store_schema=False)
    return folder / "in.parquet", "in.parquet unpacks to far more than its size allows"


def write_parquet(path, contents, **settings):
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([("image", pa.binary())])
    with parquet.ParquetWriter(path, schema, **settings) as writer:
        writer.write_table(pa.table({"image": pa.array(contents, pa.binary())}, schema=schema))


def csv_of_one_endless_row(folder):
    with (folder / "in.csv").open("wb") as stream:
        for _ in range(100):
            stream.write(b"1," * (MB // 2))
    return folder / "in.csv", "in.csv"


def csv_that_names_files_elsewhere(folder):
    Image.new("L", (16, 16)).save(folder.parent / "secret.png")
    (folder / "in.csv").write_text("file,label\n../secret.png,a\n/etc/passwd.png,b\n")
    return folder / "in.csv", "None of the files .* can be taken. ../secret.png: Its name leads out of the folder."


def folder_without_images(folder):
    (folder / "in").mkdir()
    (folder / "in" / "notes.txt").write_text("nothing here")
    return folder / "in", "No image could be taken. notes.txt: It is not an image"


def nothing_at_all(folder):
    return folder / "missing.zip", "There is no file or folder"


REFUSED = [
    zip_of_many_bombs,
    truncated_zip,
    zip_with_a_table_of_contents_of_gigabytes,
    rar,
    truncated_tar,
    tar_that_unpacks_to_a_thousand_times_its_size,
    tar_with_a_header_of_gigabytes,
    npy_that_promises_a_terabyte,
    npy_of_objects,
    npy_that_is_a_pickle,
    npz_of_objects,
    npz_that_unpacks_to_a_thousand_times_its_size,
    npz_that_is_no_zip,
    idx_that_promises_a_terabyte,
    idx_gz_that_promises_more_than_it_has,
    idx_gz_that_unpacks_to_a_thousand_times_its_size,
    more_images_than_fit,
    pickle_alone,
    truncated_parquet,
    parquet_that_unpacks_to_gigabytes,
    parquet_that_repeats_one_value,
    csv_of_one_endless_row,
    csv_that_names_files_elsewhere,
    folder_without_images,
    nothing_at_all,
]


def main(paths):
    """Take in all these and print how many bytes of memory that took at the most, after each."""
    peaks = []
    for number, path in enumerate(paths):
        with tempfile.TemporaryDirectory() as data, suppress(ValueError):
            import_images(path, name=f"case {number}", folder=data)
        # Of getrusage a process inherits what its parent had.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        peaks.append(int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024)
    json.dump(peaks, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
