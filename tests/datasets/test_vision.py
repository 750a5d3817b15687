"""Torchvision's datasets: read in place, downloaded whole or not at all, explained when missing."""

import contextlib
import dataclasses
import errno
import gc
import gzip
import hashlib
import http.server
import io
import os
import pickle
import socket
import struct
import tarfile
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pooch
import pytest
import torchvision.datasets

from vaelab.datasets import (
    SOURCES,
    DatasetUnavailable,
    _brought,
    _download,
    _vision_table,
    is_local,
    load_dataset,
    vision,
)

# Pooch leaves connections that broke off to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

ROOT = Path(__file__).parents[2]
NUM_TRAIN, NUM_TEST = 60, 20


def to_idx(array):
    """Encode as LeCun's idx format: unsigned bytes, big-endian sizes."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def read_idx(path):
    raw = path.read_bytes()
    shape = struct.unpack(f">{raw[3]}I", raw[4 : 4 + 4 * raw[3]])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def make_images(num_classes=10, shape=(28, 28)):
    """Make training and test images with labels, every class among them."""
    rng = np.random.default_rng(0)
    return [
        (rng.integers(0, 256, (num, *shape), dtype=np.uint8), np.arange(num) % num_classes)
        for num in (NUM_TRAIN, NUM_TEST)
    ]


def idx_files(parts, names=("train", "t10k"), first_label=0):
    """Encode as files by name, in the layout of the MNIST family."""
    files = {}
    for name, (images, labels) in zip(names, parts, strict=True):
        files[f"{name}-images-idx3-ubyte"] = to_idx(images)
        files[f"{name}-labels-idx1-ubyte"] = to_idx((labels + first_label).astype(np.uint8))
    return files


def write(folder, files):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def snapshot(folder):
    return {path: path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))}


def check(data, parts):
    """The images are the parts in order, and the test split is the official one."""
    (train_images, train_labels), (test_images, test_labels) = parts
    images = np.concatenate([train_images, test_images])
    assert data.images.dtype == np.uint8
    assert np.array_equal(data.images, images if images.ndim == 4 else images[:, None])
    assert np.array_equal(data.labels, np.concatenate([train_labels, test_labels]))
    num_train = len(train_images)
    split = data.split
    assert np.array_equal(split.test, np.arange(num_train, len(images)))
    assert len(split.validation) == min(5000, round(0.1 * num_train))
    rest = np.sort(np.concatenate([split.train, split.validation]))
    assert np.array_equal(rest, np.arange(num_train))


@pytest.fixture
def no_network(monkeypatch):
    def fail(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)


# --- Files that are there already -------------------------------------------------------------


def test_mnist_is_mnist():
    folder = ROOT.parent / "shared" / "data"
    raw = folder / "MNIST" / "raw"
    if not raw.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI must have MNIST in {raw}.")
        pytest.skip(f"MNIST is not in {raw}.")
    before = snapshot(folder)
    data = load_dataset("mnist", folder=folder)
    assert snapshot(folder) == before
    parts = [
        (read_idx(raw / f"{part}-images-idx3-ubyte"), read_idx(raw / f"{part}-labels-idx1-ubyte"))
        for part in ("train", "t10k")
    ]
    check(data, parts)
    assert data.images.shape == (vision.SOURCES[0].num_images, 1, 28, 28)
    indices = data.split.validation.astype("<i8")
    assert hashlib.sha256(indices.tobytes()).hexdigest()[:16] == "8bd207387479d9bf"


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("name", "folder", "seventh"),
    [
        ("mnist", "MNIST", "7"),
        ("fashion_mnist", "FashionMNIST", "Sneaker"),
        ("kmnist", "KMNIST", "ya"),
    ],
)
def test_the_mnist_family_is_read_in_place(tmp_path, name, folder, seventh):
    parts = make_images()
    write(tmp_path / folder / "raw", idx_files(parts))
    before = snapshot(tmp_path)
    data = load_dataset(name, folder=tmp_path)
    check(data, parts)
    assert data.label_names[7] == seventh
    assert snapshot(tmp_path) == before


@pytest.mark.usefixtures("no_network")
def test_emnist_letters_stand_upright_and_count_from_a(tmp_path):
    parts = make_images(num_classes=26)
    # The files hold columns for rows, and call A 1.
    lying = [(images.swapaxes(1, 2), labels) for images, labels in parts]
    names = ("emnist-letters-train", "emnist-letters-test")
    write(tmp_path / "EMNIST" / "raw", idx_files(lying, names, first_label=1))
    data = load_dataset("emnist_letters", folder=tmp_path)
    check(data, parts)
    assert data.images.flags.c_contiguous
    assert "".join(data.label_names) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def cifar_files(parts):
    """Pickle as the original was: by Python 2 and a NumPy of its time."""
    (train_images, train_labels), (test_images, test_labels) = parts
    batches = {f"data_batch_{i + 1}": (train_images[i::5], train_labels[i::5]) for i in range(5)} | {
        "test_batch": (test_images, test_labels)
    }
    files = {
        name: pickle.dumps({"data": images.reshape(-1, 3072), "labels": labels.tolist()}, 2)
        # The dtype's flags were 0 and 1, of which NumPy warns by now.
        .replace(b"\x89\x88\x87", b"K\x00K\x01\x87")
        .replace(b"numpy._core", b"numpy.core")
        for name, (images, labels) in batches.items()
    }
    names = list(next(s for s in vision.SOURCES if s.name == "cifar10").label_names)
    files["batches.meta"] = pickle.dumps({"label_names": names}, 2)
    # Batch after batch, not interleaved.
    order = np.concatenate([np.arange(NUM_TRAIN)[i::5] for i in range(5)])
    return files, [(train_images[order], train_labels[order]), (test_images, test_labels)]


@pytest.fixture
def cifar(monkeypatch):
    """Make small CIFAR-10 files, with the checksums that torchvision asks for."""
    files, parts = cifar_files(make_images(shape=(3, 32, 32)))
    kind = torchvision.datasets.CIFAR10

    def checksums(names):
        return [[name, hashlib.md5(files[name]).hexdigest()] for name in names]

    monkeypatch.setattr(kind, "train_list", checksums(f"data_batch_{i}" for i in range(1, 6)))
    monkeypatch.setattr(kind, "test_list", checksums(["test_batch"]))
    checksum = hashlib.md5(files["batches.meta"]).hexdigest()
    monkeypatch.setitem(kind.meta, "md5", checksum)
    return files, parts


@pytest.mark.usefixtures("no_network")
def test_cifar10_has_channels_first(tmp_path, cifar):
    files, parts = cifar
    write(tmp_path / "cifar-10-batches-py", files)
    data = load_dataset("cifar10", folder=tmp_path)
    check(data, parts)
    assert data.images.flags.c_contiguous
    assert data.label_names[9] == "truck"


# --- Files that people brought by hand --------------------------------------------------------


WAYS = {
    "packed": ("MNIST/raw", lambda name: f"{name}.gz"),
    "with a dot": ("MNIST/raw", lambda name: name.replace("-idx", ".idx")),
    "beside raw": ("MNIST", lambda name: name),
    "a level too deep": ("MNIST/MNIST/raw", lambda name: f"{name}.gz"),
    "in somebody's folder": ("data/mnist", lambda name: name),
    "each in a folder, as Kaggle has them": ("mnist", lambda name: f"{name.replace('-idx', '.idx')}/{name}"),
}


def bring(folder, files, rename):
    """Write files as people bring them."""
    renamed = {rename(Path(name).name): content for name, content in files.items()}
    for name, content in renamed.items():
        path = folder / (name.replace("-idx", ".idx") if "/" in name else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("place", "rename"), WAYS.values(), ids=WAYS)
def test_what_was_brought_by_hand_is_found(tmp_path, place, rename):
    parts = make_images()
    # Of another dataset whose files have the same names.
    write(tmp_path / "FashionMNIST" / "raw", idx_files(make_images()[::-1]))
    bring(tmp_path / place, idx_files(parts), rename)
    before = snapshot(tmp_path)
    check(load_dataset("mnist", folder=tmp_path), parts)
    assert is_local(SOURCES["mnist"], tmp_path)
    assert not is_local(SOURCES["kmnist"], tmp_path)
    assert snapshot(tmp_path) == before


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("place", [".", "raw"])
def test_files_in_no_folder_of_their_own_are_mnist_if_their_labels_are(tmp_path, monkeypatch, place):
    files = idx_files(make_images())
    bring(tmp_path / place, files, lambda name: f"{name}.gz")
    with pytest.raises(DatasetUnavailable):
        load_dataset("mnist", folder=tmp_path)
    labels = hashlib.sha256(files["t10k-labels-idx1-ubyte"]).hexdigest()
    monkeypatch.setattr(_brought, "MNIST_LABELS", ("t10k-labels-idx1-ubyte", labels))
    check(load_dataset("mnist", folder=tmp_path), make_images())
    with pytest.raises(DatasetUnavailable):
        load_dataset("kmnist", folder=tmp_path)


@pytest.mark.usefixtures("no_network")
def test_the_one_file_that_is_missing_is_named(tmp_path):
    bring(tmp_path / "MNIST", idx_files(make_images()), lambda name: name)
    (tmp_path / "MNIST" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DatasetUnavailable, match=r"put t10k-labels-idx1-ubyte into .*/MNIST/raw, name another folder"):
        load_dataset("mnist", folder=tmp_path)


@pytest.mark.usefixtures("no_network")
def test_of_a_damaged_file_it_is_said_where_it_lies(tmp_path):
    bring(tmp_path / "MNIST", idx_files(make_images()), lambda name: f"{name}.gz")
    path = tmp_path / "MNIST" / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(
        DatasetUnavailable, match=rf"The files of mnist in {tmp_path / 'MNIST'} are damaged: copy them here again"
    ):
        load_dataset("mnist", folder=tmp_path)


# --- Files that are not there, or not right ---------------------------------------------------


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("source", vision.SOURCES, ids=lambda source: source.name)
def test_without_a_network_one_sentence_says_what_would_do(tmp_path, source):
    folder = tmp_path / "data"
    with pytest.raises(DatasetUnavailable) as caught:
        load_dataset(source.name, folder=folder)
    said = str(caught.value)
    assert said.startswith(
        f"{source.name} is not in {folder} and could not be downloaded (no network?): connect once, put"
    )
    for file in source.files:
        assert Path(file).name in said
    where = (folder / source.files[0]).parent
    assert said.endswith(
        f"packed or not, into {where}, name another folder in VAELAB_DATA, or choose mnist_5k, digits, shapes or "
        "faces, which need no download."
    )
    assert not folder.exists()


@pytest.mark.usefixtures("no_network")
def test_what_was_downloaded_before_is_offered(tmp_path):
    write(tmp_path / "KMNIST" / "raw", idx_files(make_images()))
    with pytest.raises(DatasetUnavailable, match="choose mnist_5k, digits, shapes, faces or kmnist, which"):
        load_dataset("mnist", folder=tmp_path)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[: len(raw) // 2],
        lambda raw: b"",
        lambda raw: b"<html>not found</html>",
        gzip.compress,
    ],
    ids=["cut off", "empty", "another file", "still packed"],
)
@pytest.mark.parametrize("file", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_damaged_files_are_to_be_deleted(tmp_path, damage, file):
    raw = tmp_path / "MNIST" / "raw"
    write(raw, idx_files(make_images()))
    (raw / file).write_bytes(damage((raw / file).read_bytes()))
    with pytest.raises(DatasetUnavailable) as caught:
        load_dataset("mnist", folder=tmp_path)
    assert str(caught.value) == (
        f"The files of mnist are damaged: delete the folder {tmp_path / 'MNIST'}, and they will be downloaded again."
    )


@pytest.mark.usefixtures("no_network")
def test_labels_that_cannot_be_are_damage(tmp_path):
    (images, labels), test = make_images()
    write(tmp_path / "MNIST" / "raw", idx_files([(images, labels + 10), test]))
    with pytest.raises(DatasetUnavailable, match="damaged"):
        load_dataset("mnist", folder=tmp_path)


@pytest.mark.usefixtures("no_network")
def test_a_changed_cifar_batch_is_damage(tmp_path, cifar):
    files, _ = cifar
    write(tmp_path / "cifar-10-batches-py", files | {"data_batch_3": b"changed"})
    with pytest.raises(DatasetUnavailable, match=r"delete the folder .*cifar-10-batches-py"):
        load_dataset("cifar10", folder=tmp_path)


# --- Downloads, from a server of our own ------------------------------------------------------


class Server:
    """Serves files by path; can keep a reader waiting after half of each."""

    def __init__(self):
        self.files = {}
        self.stalls = False
        self.released = threading.Event()
        self.requests = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.answer()

            def do_GET(self):
                server.requests.append(self.path)
                content = self.answer()
                half = len(content) // 2
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(content[:half])
                    if server.stalls:
                        server.released.wait(30)
                        return  # and hang up
                    self.wfile.write(content[half:])

            def answer(self):
                content = server.files.get(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                return content or b""

            def log_message(self, *args):
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/"

    def close(self):
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(_download, "REPORT_SECONDS", 0.0)
    server = Server()
    yield server
    server.close()
    gc.collect()  # while the warning is still ignored


@pytest.fixture
def kmnist(server, monkeypatch):
    """Put a small KMNIST on the server."""
    parts = make_images()
    resources = []
    for name, content in idx_files(parts).items():
        server.files[f"/{name}.gz"] = gzip.compress(content)
        resources.append((f"{name}.gz", hashlib.md5(server.files[f"/{name}.gz"]).hexdigest()))
    monkeypatch.setattr(torchvision.datasets.KMNIST, "mirrors", [server.url])
    monkeypatch.setattr(torchvision.datasets.KMNIST, "resources", resources)
    return parts


def test_a_download_is_reported_and_then_in_place(tmp_path, server, kmnist):
    folder = tmp_path / "new" / "data"
    fractions, threads = [], set()

    def progress(fraction):
        fractions.append(fraction)
        threads.add(threading.current_thread())

    check(load_dataset("kmnist", folder=folder, progress=progress), kmnist)
    assert threads == {threading.current_thread()}
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < fractions[-1] == 1
    # Nothing but what is read: no archives, no temporary folder.
    assert [path.name for path in folder.iterdir()] == ["KMNIST"]
    assert {path.name for path in (folder / "KMNIST/raw").iterdir()} == set(idx_files(kmnist))
    # And the next time nothing is asked for.
    server.files.clear()
    num_requests = len(server.requests)
    check(load_dataset("kmnist", folder=folder), kmnist)
    assert len(server.requests) == num_requests


def test_a_download_says_nothing_on_the_terminal(tmp_path, kmnist, capfd):
    check(load_dataset("kmnist", folder=tmp_path), kmnist)
    assert capfd.readouterr() == ("", "")


def test_progress_is_reported_a_few_times_a_second_not_with_every_chunk(tmp_path, server, kmnist, monkeypatch):
    monkeypatch.setattr(_download, "CHUNK_BYTES", 100)
    every, some = [], []
    load_dataset("kmnist", folder=tmp_path / "every", progress=every.append)
    monkeypatch.setattr(_download, "REPORT_SECONDS", 3600.0)
    load_dataset("kmnist", folder=tmp_path / "some", progress=some.append)
    num_bytes = sum(len(content) for content in server.files.values())
    assert len(every) >= num_bytes / 100
    # One for each archive, and the end.
    assert len(some) == 5
    assert every == sorted(every)
    assert some == sorted(some)


@pytest.mark.usefixtures("kmnist")
def test_the_fraction_is_that_of_all_bytes(tmp_path, server, monkeypatch):
    sizes = [len(content) for content in server.files.values()]
    spec = next(spec for spec in _vision_table.DATASETS if spec.name == "kmnist")
    half = dataclasses.replace(spec, num_bytes=2 * sum(sizes))
    fractions = []
    vision._load(half, tmp_path, fractions.append)
    assert fractions[-2] == pytest.approx(0.5)
    assert set(np.round(np.cumsum(sizes) / half.num_bytes, 6)) <= set(np.round(fractions, 6))


@pytest.mark.parametrize("error", [ValueError, OSError, RuntimeError])
@pytest.mark.usefixtures("kmnist")
def test_whatever_is_raised_while_progress_is_reported_ends_the_download(tmp_path, server, error):
    def fail(fraction):
        raise error("enough")

    # An OSError cannot be told from the disk's.
    with pytest.raises(DatasetUnavailable if error is OSError else error):
        load_dataset("kmnist", folder=tmp_path, progress=fail)
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("trouble", ["not there", "changed", "cut off"])
def test_the_next_mirror_is_asked_where_one_fails(tmp_path, server, kmnist, monkeypatch, trouble):
    # The first mirror serves the same files below a folder of its own, but for one.
    mirrors = [f"{server.url}first/", server.url]
    monkeypatch.setattr(torchvision.datasets.KMNIST, "mirrors", mirrors)
    good = dict(server.files)
    server.files |= {f"/first{path}": content for path, content in good.items()}
    damaged = "/first/t10k-images-idx3-ubyte.gz"
    if trouble == "not there":
        del server.files[damaged]
    else:
        content = good["/t10k-images-idx3-ubyte.gz"]
        server.files[damaged] = b"changed" if trouble == "changed" else content[:-1]
    check(load_dataset("kmnist", folder=tmp_path), kmnist)
    second = [path for path in server.requests if not path.startswith("/first")]
    assert second == ["/t10k-images-idx3-ubyte.gz"]


@pytest.mark.parametrize("spec", _vision_table.DATASETS, ids=lambda spec: spec.name)
def test_hashes_and_addresses_are_those_that_torchvision_publishes(spec):
    kind = vision._torchvision_class(spec)
    archives = vision._archives(spec)
    own = {archive.md5 for archive in archives}
    if spec.name in {"cifar10", "emnist_letters"}:
        assert own == {kind.tgz_md5 if spec.name == "cifar10" else kind.md5}
    else:
        assert [(archive.path.name, archive.md5) for archive in archives] == kind.resources
    for archive in archives:
        assert len(archive.md5) == 32
        assert all(url.endswith(f"/{archive.path.name}") for url in archive.urls)
        assert all(url.startswith(("https://", "http://")) for url in archive.urls)


def test_two_threads_share_a_download(tmp_path, server, kmnist):
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(load_dataset("kmnist", folder=tmp_path))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    for data in results:
        check(data, kmnist)
    # Each file once: torchvision does not download again what it unpacks.
    assert sorted(server.requests) == sorted(f"/{name}.gz" for name in idx_files(kmnist))


def test_files_that_were_missing_are_filled_in(tmp_path, kmnist):
    raw = tmp_path / "KMNIST" / "raw"
    write(raw, {"train-images-idx3-ubyte": b"half of it"})
    (raw / "notes.txt").write_text("mine")
    check(load_dataset("kmnist", folder=tmp_path), kmnist)
    assert (raw / "notes.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["KMNIST"]


def test_emnist_keeps_only_the_letters(tmp_path, server, monkeypatch):
    parts = make_images(num_classes=26)
    lying = [(images.swapaxes(1, 2), labels) for images, labels in parts]
    names = ("emnist-letters-train", "emnist-letters-test")
    letters = idx_files(lying, names, first_label=1)
    digits = idx_files(lying, ("emnist-digits-train", "emnist-digits-test"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in (letters | digits).items():
            archive.writestr(f"gzip/{name}.gz", gzip.compress(content))
    server.files["/gzip.zip"] = packed.getvalue()
    monkeypatch.setattr(torchvision.datasets.EMNIST, "url", f"{server.url}gzip.zip")
    checksum = hashlib.md5(packed.getvalue()).hexdigest()
    monkeypatch.setattr(torchvision.datasets.EMNIST, "md5", checksum)

    def everything(*_, **__):
        raise AssertionError("All of the archive was unpacked.")

    monkeypatch.setattr(torchvision.datasets.mnist, "download_and_extract_archive", everything)
    check(load_dataset("emnist_letters", folder=tmp_path), parts)
    assert server.requests == ["/gzip.zip"]
    files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert files == set(letters)


def test_cifar10_is_unpacked_and_its_archive_removed(tmp_path, server, monkeypatch, cifar):
    files, parts = cifar
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    kind = torchvision.datasets.CIFAR10
    server.files[f"/{kind.filename}"] = packed.getvalue()
    monkeypatch.setattr(kind, "url", f"{server.url}{kind.filename}")
    monkeypatch.setattr(kind, "tgz_md5", hashlib.md5(packed.getvalue()).hexdigest())
    check(load_dataset("cifar10", folder=tmp_path), parts)
    assert [path.name for path in tmp_path.iterdir()] == ["cifar-10-batches-py"]


def test_an_interrupted_download_leaves_nothing(tmp_path, server, kmnist):
    server.stalls = True

    def interrupt(fraction):
        if server.requests:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_dataset("kmnist", folder=tmp_path, progress=interrupt)
    assert list(tmp_path.iterdir()) == []
    # And nothing stands in the way of the next try.
    server.stalls = False
    check(load_dataset("kmnist", folder=tmp_path), kmnist)


@pytest.mark.usefixtures("kmnist")
def test_a_download_that_stands_still_is_given_up(tmp_path, server, monkeypatch):
    monkeypatch.setattr(_download, "STALL_SECONDS", 0.3)
    server.stalls = True
    with pytest.raises(DatasetUnavailable, match=r"kmnist is not in .* \(the connection broke off\)"):
        load_dataset("kmnist", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("kmnist")
@pytest.mark.parametrize("trouble", ["gone", "changed", "hangs up"])
def test_a_server_that_fails_is_explained(tmp_path, server, trouble):
    path = "/t10k-labels-idx1-ubyte.gz"
    if trouble == "gone":
        del server.files[path]
    elif trouble == "changed":
        server.files[path] = gzip.compress(b"something else")
    else:
        server.stalls = True
        server.released.set()
    with pytest.raises(DatasetUnavailable, match=r"could not be downloaded .*: connect once, put"):
        load_dataset("kmnist", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("kmnist")
def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    old, young = tmp_path / ".kmnist-download-old", tmp_path / ".kmnist-download-young"
    for folder in (old, young):
        write(folder / "KMNIST" / "raw", {"train-images-idx3-ubyte.gz": b"half"})
    long_ago = time.time() - 2 * vision.LEFTOVER_SECONDS
    for path in (old, *old.rglob("*")):
        os.utime(path, (long_ago, long_ago))
    load_dataset("kmnist", folder=tmp_path)
    # The young one may be another process's that is still at it.
    assert not old.exists()
    assert young.exists()


@pytest.mark.usefixtures("kmnist")
def test_a_folder_that_cannot_be_written_is_explained(tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    with pytest.raises(DatasetUnavailable, match=r"because .*file/data cannot be written: allow"):
        load_dataset("kmnist", folder=file / "data")


@pytest.mark.usefixtures("kmnist")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_explained(tmp_path, monkeypatch, code):
    def full(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(pooch.core, "stream_download", full)
    with pytest.raises(DatasetUnavailable, match=r"because the disk with .* is full: make room"):
        load_dataset("kmnist", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
