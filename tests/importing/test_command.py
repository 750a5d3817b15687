"""``python -m vaelab import``."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.importing.pictures import pixels, save
from tests.patience import SECONDS
from vaelab.datasets import load_dataset
from vaelab.datasets.own import own_sources


def test_json_is_one_line(vae, tmp_path):
    folder = save(tmp_path / "in" / "oak", pixels(20, 20, channels=3)).parent
    save(folder / "beech", pixels(15, 20, channels=3, seed=1))
    code, out, err = vae("import", folder, "--name", "leaves", "--size", 24, "--color", "gray", "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    said = json.loads(out)
    assert list(said) == [
        "name",
        "num_images",
        "image_shape",
        "label_names",
        "duplicates",
        "skipped",
        "steps",
        "seconds",
    ]
    assert (said["name"], said["num_images"], said["image_shape"]) == ("leaves", 35, [1, 24, 24])
    assert load_dataset("own/leaves").image_shape == (1, 24, 24)


def test_without_json_it_is_for_people(vae, tmp_path):
    folder = save(tmp_path / "in", pixels(20))
    for number in range(25):
        (folder / f"note {number:02}.txt").write_text("x")
    code, out, _ = vae("import", folder, "--name", "leaves", "--title", "My leaves")
    assert code == 0
    assert "num_images      20" in out
    assert "Read 20 images from in." in out
    assert "25 files were not taken:\n  note 00.txt: It is not an image." in out
    assert "and 5 more, which --json lists." in out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("{in}", "--name", "a/b"), "A dataset cannot be called 'a/b'"),
        (("nowhere", "--name", "a"), "There is no file or folder 'nowhere'."),
        (("--name", "a"), "Name a folder, files or an archive to take images from."),
        (("{in}", "--name", "a", "--background", "blurple"), "'blurple' is not a colour"),
    ],
)
def test_a_mistake_gets_one_sentence(arguments, why, vae, tmp_path):
    folder = save(tmp_path / "in", pixels(20))
    code, out, err = vae("import", *(str(folder) if part == "{in}" else part for part in arguments))
    assert (code, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1
    assert own_sources() == {}


def test_ctrl_c_leaves_nothing(tmp_path):
    folder = save(tmp_path / "in", pixels(3000, 32, channels=3))
    process = subprocess.Popen(
        [sys.executable, "-m", "vaelab", "import", str(folder), "--name", "mine", "--size", "128"],
        env=os.environ | {"VAELAB_DATA": str(tmp_path / "data")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    # As a terminal does it: to the command and all processes that it started.
    deadline = time.monotonic() + SECONDS
    while len(children(process.pid)) < 2 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert out == ""
    assert err.strip().splitlines()[-1] == "Stopped; nothing was kept."
    assert "Traceback" not in err
    assert own_sources(tmp_path / "data") == {}


def children(process):
    """Processes that a process has started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return listed.stdout.split()
