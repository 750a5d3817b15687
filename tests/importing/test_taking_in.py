"""The import as a whole: the split, the report, stopping, and what is kept when it is killed."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import vaelab
from tests.importing.pictures import COUNT, pixels, save
from tests.patience import SECONDS
from vaelab.datasets import load_dataset
from vaelab.datasets.own import broken_own, own_sources
from vaelab.importing import ImportStopped, import_images
from vaelab.importing.copies import grouped
from vaelab.importing.intake import class_order, natural


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def side_of(dataset):
    """The part of the split of each image."""
    sides = np.empty(len(dataset), int)
    for number, part in enumerate((dataset.split.train, dataset.split.validation, dataset.split.test)):
        sides[part] = number
    return sides


# --- The split ----------------------------------------------------------------------------------


def test_the_same_image_never_stands_on_both_sides(tmp_path, data):
    images = pixels(40)
    for copy in range(3):
        save(tmp_path / "in" / f"class {copy}", images)
    report = import_images(tmp_path / "in", name="mine", folder=data)
    assert (report.num_images, report.duplicates) == (120, 80)
    sides = {}
    for image, side in zip(report.data.images, side_of(report.data), strict=True):
        sides.setdefault(image.tobytes(), set()).add(side)
    assert len(sides) == 40
    assert all(len(found) == 1 for found in sides.values())
    assert any("80 are exact copies of another image" in step for step in report.steps)


def test_images_of_one_group_stay_together(tmp_path, data):
    save(tmp_path / "in", pixels(60))
    rows = "".join(f"{number:03}.png,w{number % 12},{number % 2}\n" for number in range(60))
    (tmp_path / "t.csv").write_text("file,writer,label\n" + rows)
    report = import_images(tmp_path / "in", name="m", folder=data, labels=tmp_path / "t.csv", group="writer")
    sides = side_of(report.data)
    assert report.label_names == ("0", "1")
    assert report.data.factors is None
    assert set(sides) == {0, 1, 2}
    for writer in range(12):
        members = [number for number, name in enumerate(report.data.image_names) if int(name[:3]) % 12 == writer]
        assert len(members) == 5
        assert len(set(sides[members])) == 1


def test_copies_tie_groups_together():
    # 0 and 1 are of one group, 2 and 3 of another, 3 is a copy of 1; 4 is on its own.
    sets = grouped(np.array([0, 1, 2, 1, 4]), ["a", "a", "b", "b", "c"])
    assert len(set(sets[:4])) == 1
    assert sets[4] != sets[0]
    assert grouped(np.arange(5), None) is None


@pytest.mark.parametrize("group", ["patient", "file"])
def test_a_group_that_is_not_there(group, tmp_path, data):
    save(tmp_path / "in", pixels())
    (tmp_path / "t.csv").write_text("file,label\n" + "".join(f"{number:03}.png,a\n" for number in range(COUNT)))
    with pytest.raises(ValueError, match=f"There is no column called '{group}': choose one of label"):
        import_images(tmp_path / "in", name="m", folder=data, labels=tmp_path / "t.csv", group=group)
    with pytest.raises(ValueError, match="give a table that has it as labels"):
        import_images(tmp_path / "in", name="m", folder=data, group=group)


# --- What is kept, and what is said -------------------------------------------------------------


def test_what_is_reported_is_what_is_kept(tmp_path, data):
    save(tmp_path / "in" / "oak 10", pixels(20, channels=3))
    save(tmp_path / "in" / "oak 9", pixels(15, channels=3, seed=1))
    (tmp_path / "in" / "notes.txt").write_text("leaves")
    report = vaelab.import_images(tmp_path / "in", name="leaves", title="My leaves", folder=data)
    kept = load_dataset("own/leaves", folder=data)
    assert own_sources(data)["own/leaves"].title == "My leaves"
    assert report.as_dict() == {
        "name": "leaves",
        "num_images": 35,
        "image_shape": [3, 16, 16],
        "label_names": ["oak 9", "oak 10"],
        "duplicates": 0,
        "skipped": [{"file": "notes.txt", "why": "It is not an image."}],
        "steps": list(kept.steps),
        "seconds": round(report.seconds, 3),
    }
    assert kept.key == report.data.key
    assert kept.steps[0] == "Read 35 images from in."
    assert kept.source == "Imported from in."
    assert kept.image_names[0] == "oak 10/000.png"


def test_without_keeping_nothing_is_written(tmp_path, data):
    report = import_images(save(tmp_path / "in", pixels()), name="mine", folder=data, save=False)
    assert len(report.data) == COUNT
    assert not data.exists()


def test_thirty_images_and_fewer_than_ten(tmp_path, data):
    report = import_images(save(tmp_path / "thirty", pixels(30)), name="thirty", folder=data)
    assert min(map(len, (report.data.split.train, report.data.split.validation, report.data.split.test))) >= 1
    with pytest.raises(ValueError, match="There are 9 images, and at least 10 are needed"):
        import_images(save(tmp_path / "nine", pixels(9)), name="nine", folder=data)


def test_a_name_that_is_taken_is_said_at_once(tmp_path, data):
    folder = save(tmp_path / "in", pixels())
    import_images(folder, name="mine", folder=data)
    with pytest.raises(ValueError, match="There is already a dataset called 'mine'"):
        import_images(tmp_path / "not even there", name="mine", folder=data)
    save(folder, pixels(5, seed=1), "more")
    assert import_images(folder, name="mine", folder=data, replace=True).num_images == COUNT + 5
    assert len(load_dataset("own/mine", folder=data)) == COUNT + 5


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"name": "../up"}, "A dataset cannot be called"),
        ({"size": 7}, "8 to 128 pixels a side, but the size given is 7"),
        ({"size": 129}, "8 to 128 pixels a side"),
        ({"fit": "squash"}, "crop, pad or stretch, but not by 'squash'"),
        ({"color": "blue"}, "gray or rgb, but not 'blue'"),
        ({"labels": "nowhere.csv"}, "There is no file or folder 'nowhere.csv'"),
    ],
)
def test_settings_that_cannot_be(settings, why, tmp_path, data):
    folder = save(tmp_path / "in", pixels())
    with pytest.raises(ValueError, match=why):
        import_images(folder, folder=data, **{"name": "mine", **settings})
    assert not data.exists()


@pytest.mark.parametrize("size", [8, 9, 61, 128])
def test_any_size_from_8_to_128(size, tmp_path, data):
    report = import_images(save(tmp_path / "in", pixels(channels=3)), name="mine", folder=data, size=size)
    assert report.image_shape == (3, size, size)


def test_no_two_imports_differ(tmp_path, data):
    folder = save(tmp_path / "in", pixels(250, 8, channels=3))
    first, second = (import_images(folder, name=name, folder=data, save=False) for name in ("a", "a"))
    assert first.data.key == second.data.key


def test_classes_are_in_the_order_in_which_people_count():
    assert sorted(["10", "9", "b2", "b10", "B1"], key=natural) == ["9", "10", "B1", "b2", "b10"]
    assert class_order(["2", "no class", "10"], None) == ("2", "10", "no class")
    assert class_order(["two", "nil"], ("nil", "one", "two")) == ("nil", "two")


def test_names_that_are_no_text(tmp_path, data):
    folder = save(tmp_path / "in" / "oak\nleaf", pixels())
    other = tmp_path / "in" / os.fsdecode(b"b\xffech")  # as an old disk has it, in another encoding
    other.mkdir()
    for number, image in enumerate(sorted(folder.iterdir())[:4]):
        image.rename(other / f"{number}.png")
    report = import_images(tmp_path / "in", name="mine", folder=data)
    assert report.label_names == ("b?ech", "oak?leaf")
    assert load_dataset("own/mine", folder=data).image_names[0] == "b?ech/0.png"


def test_nothing_to_learn_from_images_that_are_the_same(tmp_path, data):
    images = np.zeros((COUNT, 16, 16), np.uint8)
    with pytest.raises(ValueError, match="Among these 12 images, no three are different"):
        import_images(save(tmp_path / "in", images), name="mine", folder=data)


def test_too_many_classes_are_none(tmp_path, data):
    np.savez(tmp_path / "in.npz", x=pixels(1100, 8), y=np.arange(1100))
    report = import_images(tmp_path / "in.npz", name="mine", folder=data)
    assert (report.label_names, report.data.labels) == ((), None)
    assert "Left out the 1,100 classes: there can be at most 1,000." in report.steps


@pytest.mark.parametrize("channels", [1, 3])
def test_two_hundred_classes_and_one(channels, tmp_path, data):
    np.savez(tmp_path / "many.npz", x=pixels(400, 8, channels), y=np.arange(400) // 2)
    np.savez(tmp_path / "one.npz", x=pixels(40, 8, channels), y=np.zeros(40, int))
    assert len(import_images(tmp_path / "many.npz", name="many", folder=data).label_names) == 200
    assert import_images(tmp_path / "one.npz", name="one", folder=data).label_names == ("0",)


# --- Progress, stopping, killing ----------------------------------------------------------------


@pytest.mark.parametrize("count", [COUNT, 400])
def test_progress_runs_from_nothing_to_everything(count, tmp_path, data):
    told = []
    folder = save(tmp_path / "in", pixels(count))
    import_images(folder, name="mine", folder=data, progress=lambda *said: told.append(said))
    fractions = [fraction for fraction, _ in told]
    assert (told[0], told[-1]) == ((0, "Looking for images"), (1, "Done"))
    assert fractions == sorted(fractions)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_stopped_in_time_nothing_is_kept(after, tmp_path, data):
    folder = save(tmp_path / "in", pixels(400))
    asked = iter(range(1000))
    with pytest.raises(ImportStopped, match="Stopped; nothing was kept"):
        import_images(folder, name="mine", folder=data, should_stop=lambda: next(asked) >= after)
    assert not own_sources(data)
    import_images(folder, name="mine", folder=data)


def test_two_at_once_in_threads_of_one_process(tmp_path, data):
    folder = save(tmp_path / "in", pixels(300))
    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(lambda name: import_images(folder, name=name, folder=data), "ab"))
    assert [report.num_images for report in reports] == [300, 300]
    assert set(own_sources(data)) == {"own/a", "own/b"}


def test_a_script_needs_no_guard(tmp_path, data):
    folder = save(tmp_path / "in", pixels(300))
    script = tmp_path / "script.py"
    script.write_text(
        f"import vaelab\nprint(vaelab.import_images({str(folder)!r}, name='a', folder={str(data)!r}).num_images)"
    )
    said = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env=environment())
    assert (said.stdout, said.stderr) == ("300\n", "")


def environment():
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@pytest.mark.slow
def test_killed_at_any_instant_there_is_no_dataset_or_a_whole_one(tmp_path, data):
    folder = save(tmp_path / "in", pixels(400, 32, channels=3))
    command = [sys.executable, "-m", "vaelab", "import", str(folder), "--name", "mine", "--replace", "--json"]
    settings = {"env": environment() | {"VAELAB_DATA": str(data)}, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = time.monotonic()
    subprocess.run(command, check=True, **settings)
    whole, seconds = load_dataset("own/mine", folder=data), time.monotonic() - started
    (data / "own" / "mine" / "dataset.json").unlink()
    seen = set()
    # From before it has begun to after it is done; the last moments, in which files are written, most often.
    for part in (0.3, 0.7, 0.85, 0.9, 0.95, 1, 2):
        process = subprocess.Popen(command, **settings)
        try:
            process.wait(part * seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=SECONDS)  # once the processes that decode have ended as well
        assert broken_own(data) == {}
        seen.add(len(own_sources(data)))
        if own_sources(data):
            assert load_dataset("own/mine", folder=data).content_hash == whole.content_hash
    assert 1 in seen
