"""Sets of drawings that grow: nothing is lost, doubled or overwritten, whoever sends what."""

import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vaelab import collecting
from vaelab.collecting import (
    add_drawing,
    class_counts,
    count_drawings,
    delete_set,
    drawings,
    find_set,
    keep,
    list_drawings,
    list_sets,
    open_set,
    remove_drawing,
    set_open,
    sets,
    to_dataset,
)
from vaelab.datasets import ImageDataset, load_dataset, save_own
from vaelab.datasets.own import own_source, retitle_own

ROOT = Path(__file__).parents[1]


def new_id():
    return uuid.uuid4().hex


def drawing(size=28, ink=0, seed=0):
    """Paper with something on it; of each seed something else."""
    image = np.full((size, size), 255 - ink, np.uint8)
    column, row = divmod(seed, size - 4)
    image[2 + row, 2 : size - 2 - column % (size - 6)] = ink
    return image


@pytest.fixture
def symbols(tmp_path):
    """The folder of a set called symbols."""
    open_set("symbols", ["sun", "moon"], title="Draw a symbol", folder=tmp_path)
    return tmp_path


def fill(folder, count, labels=("sun", "moon"), name="symbols"):
    ids = [new_id() for _ in range(count)]
    for seed, id in enumerate(ids):
        add_drawing(name, id, drawing(seed=seed), labels[seed % len(labels)], f"visitor {seed}", folder)
    return ids


# --- Sets ---------------------------------------------------------------------------------------


def test_a_set_is_found_as_it_was_opened(tmp_path):
    made = open_set("sky 7b", ["sun", "Moon", "SUN", ""], size=32, paper="black", folder=tmp_path)
    found = find_set("sky 7b", tmp_path)
    assert found == made
    assert (found.classes, found.size, found.paper, found.title) == (("sun", "Moon"), 32, "black", "sky 7b")
    assert found.is_open
    assert found.others_allowed
    assert list_sets(tmp_path) == [found]
    assert list_drawings("sky 7b", tmp_path) == []


def test_only_whoever_opened_it_knows_the_secret(tmp_path):
    one, other = (open_set(name, folder=tmp_path) for name in ("one", "other"))
    assert one.belongs_to(one.owner)
    assert not any(one.belongs_to(token) for token in ("", other.owner, one.owner[:-1], "\ud800"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "../symbols"}, "cannot be called"),
        ({"name": ""}, "cannot be called"),
        ({"name": "a/b"}, "cannot be called"),
        ({"name": "symbols"}, "already a set called symbols"),
        ({"name": "leaves"}, "already a dataset called leaves"),
        ({"classes": ["x" * 31]}, "at most 30 characters"),
        ({"classes": ["sun\nmoon"]}, "common signs"),
        ({"classes": [str(number) for number in range(51)]}, "At most 50 classes"),
        ({"size": 27}, "28, 32 or 64"),
        ({"paper": "pink"}, "white or black"),
        ({"title": "x" * 81}, "at most 80 characters"),
    ],
)
def test_what_cannot_be_opened_is_refused_in_a_sentence(symbols, options, said):
    save_own(ImageDataset.of(np.zeros((10, 8, 8), np.uint8)), "leaves", folder=symbols)
    before = sorted(symbols.rglob("*"))
    with pytest.raises(ValueError, match=said) as refusal:
        open_set(**({"name": "other"} | options), folder=symbols)
    assert str(refusal.value).endswith(".")
    assert sorted(symbols.rglob("*")) == before


def test_there_is_an_end_to_the_number_of_sets(symbols, monkeypatch):
    monkeypatch.setattr(sets, "MAX_SETS", 1)
    with pytest.raises(ValueError, match="delete one first"):
        open_set("more", folder=symbols)


@pytest.mark.parametrize("name", ["nothing", "", "..", "../collect/symbols", "symbols/", "sym\0bols"])
def test_a_set_that_is_not_there_is_said_to_be_missing(symbols, name):
    with pytest.raises(ValueError, match=r"no such set .*\.$"):
        find_set(name, symbols)


def test_a_set_whose_file_is_damaged_is_not_there(symbols):
    (symbols / "collect" / "symbols" / "set.json").write_text('{"name": "symbols"')
    assert list_sets(symbols) == []
    with pytest.raises(ValueError, match="no such set"):
        find_set("symbols", symbols)


def test_a_closed_set_takes_nothing_until_it_is_opened_again(symbols):
    set_open("symbols", False, symbols)
    with pytest.raises(ValueError, match="is closed"):
        add_drawing("symbols", new_id(), drawing(), "sun", folder=symbols)
    set_open("symbols", True, symbols)
    add_drawing("symbols", new_id(), drawing(), "sun", folder=symbols)
    assert count_drawings("symbols", symbols) == 1


def test_a_deleted_set_is_gone_with_its_drawings(symbols):
    fill(symbols, 3)
    delete_set("symbols", symbols)
    assert list(symbols.rglob("*.png")) == []
    with pytest.raises(ValueError, match="no such set"):
        list_drawings("symbols", symbols)
    open_set("symbols", folder=symbols)
    assert count_drawings("symbols", symbols) == 0


# --- Drawings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", collecting.SIZES)
@pytest.mark.parametrize("nickname", ["", "Ada", "Zoë 👩‍🚀", "美咲"])
def test_a_drawing_comes_back_as_it_was_sent(tmp_path, size, nickname, rng):
    open_set("symbols", size=size, folder=tmp_path)
    image, id = rng.integers(0, 256, (size, size), dtype=np.uint8), new_id()
    add_drawing("symbols", id, image, " a  cat ", nickname, tmp_path)
    (found,) = list_drawings("symbols", tmp_path)
    assert (found.id, found.label, found.nickname) == (id, "a cat", nickname)
    assert np.array_equal(found.image, image)


def test_the_newest_come_first(symbols):
    ids = fill(symbols, 5)
    assert [each.id for each in list_drawings("symbols", symbols)] == ids[::-1]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": "../../evil"}, "32 hexadecimal digits"),
        ({"id": ""}, "32 hexadecimal digits"),
        ({"id": "A" * 32}, "32 hexadecimal digits"),
        ({"id": "a" * 32 + "\n"}, "32 hexadecimal digits"),
        ({"image": drawing(32)}, "28 × 28 bytes"),
        ({"image": drawing().astype(np.float32)}, "28 × 28 bytes"),
        ({"image": drawing()[None]}, "28 × 28 bytes"),
        ({"image": np.zeros((0, 0), np.uint8)}, "28 × 28 bytes"),
        ({"image": np.full((28, 28), 255, np.uint8)}, "nothing on the paper"),
        ({"label": ""}, "choose a class"),
        ({"label": "   "}, "choose a class"),
        ({"label": "x" * 31}, "at most 30 characters"),
        ({"label": "sun\tmoon"}, "common signs"),
        ({"label": "![](//x.y/z)"}, "common signs"),
        ({"label": "<b>sun"}, "common signs"),
        ({"nickname": "x" * 31}, "at most 30 characters"),
        ({"nickname": "Ada\u202eadA"}, "common signs"),
        ({"nickname": "Ada\0"}, "common signs"),
        ({"nickname": "\ud800"}, "common signs"),
    ],
)
def test_what_no_drawing_can_be_is_refused_in_a_sentence(symbols, changed, said):
    sent = {"id": new_id(), "image": drawing(), "label": "sun", "nickname": "Ada"} | changed
    before = sorted(symbols.rglob("*"))
    with pytest.raises(ValueError, match=said) as refusal:
        add_drawing("symbols", **sent, folder=symbols)
    assert str(refusal.value).endswith(".")
    assert sorted(symbols.rglob("*")) == before


def test_a_class_is_called_as_it_was_offered(symbols):
    add_drawing("symbols", new_id(), drawing(), "SUN", folder=symbols)
    assert list_drawings("symbols", symbols)[0].label == "sun"


def test_where_no_others_are_allowed_a_class_is_one_of_those_offered(tmp_path):
    open_set("symbols", ["sun"], others_allowed=False, folder=tmp_path)
    with pytest.raises(ValueError, match="no class moon"):
        add_drawing("symbols", new_id(), drawing(), "moon", folder=tmp_path)


def test_a_set_without_classes_asks_for_none(tmp_path):
    open_set("symbols", others_allowed=False, folder=tmp_path)
    fill(tmp_path, 10)
    data = to_dataset("symbols", tmp_path)
    assert data.labels is None
    assert data.label_names == ()


def test_a_drawing_sent_again_is_the_same_drawing(symbols):
    id = new_id()
    for _ in range(3):
        add_drawing("symbols", id, drawing(), "sun", "Ada", symbols)
    assert count_drawings("symbols", symbols) == 1


def test_nobody_overwrites_what_another_drew(symbols):
    id = new_id()
    add_drawing("symbols", id, drawing(seed=1), "sun", "Ada", symbols)
    add_drawing("symbols", id, drawing(seed=2), "moon", "Eve", symbols)
    (found,) = list_drawings("symbols", symbols)
    assert (found.label, found.nickname) == ("sun", "Ada")
    assert np.array_equal(found.image, drawing(seed=1))


def test_of_two_that_come_at_the_same_instant_the_first_stays(symbols, monkeypatch):
    id, look = new_id(), drawings._files

    def meanwhile(path):
        """Another is quicker, after this one was found not to be there."""
        monkeypatch.setattr(drawings, "_files", look)
        add_drawing("symbols", id, drawing(seed=1), "sun", "Ada", symbols)
        return look(path)

    monkeypatch.setattr(drawings, "_files", meanwhile)
    add_drawing("symbols", id, drawing(seed=2), "moon", "Eve", symbols)
    assert [each.nickname for each in list_drawings("symbols", symbols)] == ["Ada"]


def test_a_removed_drawing_stays_away_when_it_is_sent_again(symbols):
    one, other = fill(symbols, 2)
    for _ in range(2):
        remove_drawing("symbols", one, symbols)
    add_drawing("symbols", one, drawing(), "sun", folder=symbols)
    assert [each.id for each in list_drawings("symbols", symbols)] == [other]
    assert count_drawings("symbols", symbols) == 1


@pytest.mark.parametrize("id", ["../set", "0" * 32, ""])
def test_what_is_not_there_cannot_be_removed(symbols, id):
    with pytest.raises(ValueError, match=r"no such drawing\.$"):
        remove_drawing("symbols", id, symbols)
    assert find_set("symbols", symbols)


def test_a_full_set_says_so(symbols, monkeypatch):
    monkeypatch.setattr(drawings, "MAX_DRAWINGS", 3)
    fill(symbols, 3)
    with pytest.raises(ValueError, match="is full"):
        fill(symbols, 1)


def test_a_damaged_file_hides_no_other(symbols):
    one, other, third = fill(symbols, 3)
    folder = symbols / "collect" / "symbols"
    whole = (folder / f"{one}.png").read_bytes()
    (folder / f"{one}.png").write_bytes(whole[: len(whole) // 2])
    (folder / f"{other}.png").write_bytes(b"no picture")
    Image.fromarray(drawing()).save(folder / f"{new_id()}.png")  # without a class
    assert [each.id for each in list_drawings("symbols", symbols)] == [third]


VISITORS = """
import sys, threading
from uuid import uuid5, NAMESPACE_URL
import numpy as np
from vaelab.collecting import add_drawing

folder, process = sys.argv[1], int(sys.argv[2])

def visit(visitor):
    for number in range(5):
        image = np.full((28, 28), 255, np.uint8)
        image[visitor % 28, number:] = visitor
        id = uuid5(NAMESPACE_URL, f"{visitor} {number}").hex
        for _ in range(2):  # as a phone does that has heard no answer
            together.wait()
            add_drawing("symbols", id, image, "sun", f"visitor {visitor}", folder)

together = threading.Barrier(10)
visitors = [threading.Thread(target=visit, args=(10 * process + each,)) for each in range(10)]
print("ready", flush=True)
sys.stdin.readline()
for visitor in visitors:
    visitor.start()
for visitor in visitors:
    visitor.join()
"""


def start(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    started = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout.readline() == "ready\n"
    return started


def test_thirty_visitors_in_three_processes_add_five_drawings_each(symbols):
    processes = [start(VISITORS, symbols, process) for process in range(3)]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    for process in processes:
        process.stdin.close()
        process.stdout.close()
    found = list_drawings("symbols", symbols)
    assert len(found) == 150
    assert len({each.id for each in found}) == 150
    for each in found:
        visitor = int(each.nickname.split()[1])
        row = each.image[visitor % 28]
        assert np.unique(row[row < 255]).tolist() == [visitor]
    per_visitor = {f"visitor {visitor}": 5 for visitor in range(30)}
    assert {name: sum(each.nickname == name for each in found) for name in per_visitor} == per_visitor
    assert {path.suffix for path in (symbols / "collect" / "symbols").iterdir()} == {".png", ".json"}


ENDLESS = """
import sys
from uuid import uuid4
import numpy as np
from vaelab.collecting import add_drawing

print("ready", flush=True)
image = np.full((28, 28), 255, np.uint8)
image[5] = 0
while True:
    id = uuid4().hex
    add_drawing("symbols", id, image, "sun", "Ada", sys.argv[1])
    print(id, flush=True)
"""


@pytest.mark.slow
def test_what_was_added_survives_a_kill_at_any_instant(symbols):
    added = set()
    for many in range(1, 9):
        process = start(ENDLESS, symbols)
        added |= {process.stdout.readline().strip() for _ in range(many)}
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        rest = process.stdout.read().splitlines()
        added |= {line for line in rest if len(line) == 32}
        process.stdin.close()
        process.stdout.close()
    found = list_drawings("symbols", symbols)
    ids = {each.id for each in found}
    assert added <= ids
    # At most one each time that was in its place before its process could say so.
    assert len(ids - added) <= 8
    assert len(found) == len(ids) == count_drawings("symbols", symbols)


# --- Into a dataset -----------------------------------------------------------------------------


def test_the_dataset_has_classes_and_nicknames(symbols):
    fill(symbols, 9, ("moon", "Comet"))
    add_drawing("symbols", new_id(), drawing(seed=50), "comet", folder=symbols)
    data = to_dataset("symbols", symbols)
    assert data.image_shape == (1, 28, 28)
    assert data.label_names == ("moon", "Comet")
    assert [data.label_names[label] for label in data.labels] == [*["moon", "Comet"] * 4, "moon", "Comet"]
    assert data.image_names == (*(f"visitor {seed}" for seed in range(9)), "")
    assert np.array_equal(data.images[3, 0], drawing(seed=3))


def test_the_classes_are_counted_as_offered_first(symbols):
    fill(symbols, 5, ("moon", "Comet", "comet"))
    counts = class_counts(find_set("symbols", symbols), list_drawings("symbols", symbols))
    assert list(counts.items()) == [("sun", 0), ("moon", 2), ("Comet", 3)]


def test_too_few_drawings_are_said_to_be_too_few(symbols):
    fill(symbols, 9)
    with pytest.raises(ValueError, match=r"at least 10 drawings; this set has 9 so far\.$"):
        to_dataset("symbols", symbols)
    with pytest.raises(ValueError, match="at least 10"):
        keep("symbols", symbols)
    assert not (symbols / "own").exists()


def test_the_same_drawing_never_stands_on_both_sides_of_the_split(symbols):
    for seed in range(40):
        add_drawing("symbols", new_id(), drawing(seed=seed % 8), "sun", folder=symbols)
    data = to_dataset("symbols", symbols)
    parts = [
        {image.tobytes() for image in data.images[part]}
        for part in (data.split.train, data.split.validation, data.split.test)
    ]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts)) == 8


def test_keeping_makes_an_ordinary_dataset_and_then_makes_it_anew(symbols):
    fill(symbols, 12)
    assert keep("symbols", symbols) == "own/symbols"
    assert own_source("symbols", symbols).title == "Draw a symbol"
    data = load_dataset("own/symbols", folder=symbols)
    assert len(data) == 12
    assert data.content_hash == to_dataset("symbols", symbols).content_hash
    retitle_own("symbols", "Our symbols", symbols)
    fill(symbols, 3)
    keep("symbols", symbols)
    assert len(load_dataset("own/symbols", folder=symbols)) == 15
    assert own_source("symbols", symbols).title == "Our symbols"


def test_keeping_replaces_no_dataset_from_elsewhere(symbols):
    fill(symbols, 12)
    leaves = ImageDataset.of(np.zeros((10, 8, 8), np.uint8))
    save_own(leaves, "symbols", folder=symbols)
    with pytest.raises(ValueError, match="already a dataset called symbols"):
        keep("symbols", symbols)
    assert load_dataset("own/symbols", folder=symbols).content_hash == leaves.content_hash


def test_a_set_knows_no_more_of_those_who_drew_than_they_said(symbols):
    fill(symbols, 1)
    (file,) = (symbols / "collect" / "symbols").glob("*.png")
    with Image.open(file) as image:
        assert set(image.text) == {"class", "nickname", "time"}
    assert "owner" in json.loads((symbols / "collect" / "symbols" / "set.json").read_text())
