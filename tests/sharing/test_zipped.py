"""A run in a zip, out and in; what is hostile is refused, and leaves nothing behind."""

import json
import shutil
import stat
import zipfile

import numpy as np
import pytest

from vaelab.config import TrainConfig
from vaelab.datasets import DatasetUnavailable, ImageDataset
from vaelab.runs import Run, RunError, list_runs, runs_folder
from vaelab.sharing import zipped as module
from vaelab.training.running import train


@pytest.fixture
def file(vae_run, tmp_path):
    return vae_run.to_zip(tmp_path / "out.zip")


def members(file):
    with zipfile.ZipFile(file) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def write(file, content, **of_last):
    """Write a zip; ``of_last`` are attributes of the last member."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, data) in enumerate(content.items()):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if number == len(content) - 1:
                for attribute, value in of_last.items():
                    setattr(info, attribute, value)
            archive.writestr(info, data)
    return file


def nothing_is_left():
    return not runs_folder().exists() or not any(runs_folder().iterdir())


def test_out_and_in_it_is_the_same_run(file, vae_run, digits):
    run = Run.from_zip(file)
    assert run.path == runs_folder() / vae_run.name
    assert run.config == vae_run.config
    assert run.evaluation() == vae_run.evaluation()
    assert run.status.state == "finished"
    assert run.records() == vae_run.records()
    np.testing.assert_array_equal(run.engine.encode(digits.images[:9]).mu, vae_run.engine.encode(digits.images[:9]).mu)
    assert [each.path for each in list_runs()] == [run.path]


def test_a_second_one_of_its_name_is_beside_it(file, vae_run):
    names = [Run.from_zip(file).name for _ in range(3)]
    assert names == [vae_run.name, f"{vae_run.name}-2", f"{vae_run.name}-3"]


def test_only_what_a_run_consists_of_is_in_it(copy, tmp_path):
    (copy.path / "notes.pkl").write_bytes(b"mine")
    (copy.path / ".projections").mkdir()
    (copy.path / "stop").touch()
    names = {name.partition("/")[2] for name in members(copy.to_zip(tmp_path / "a.zip"))}
    assert {"config.json", "data.json", "checkpoints/last.safetensors", "metrics.jsonl"} <= names
    assert not {name for name in names if not name.endswith((".json", ".jsonl", ".safetensors", ".txt"))}


def test_what_else_is_in_a_zip_stays_there(file, tmp_path):
    content = members(file) | {"vae/evil.py": b"print()", "__MACOSX/vae/._config.json": b"x", "vae/studies/a.pkl": b""}
    run = Run.from_zip(write(tmp_path / "more.zip", content))
    assert {path.suffix for path in run.path.rglob("*") if path.is_file()} <= {
        ".json",
        ".jsonl",
        ".safetensors",
        ".txt",
    }


def test_packed_without_a_folder_it_is_called_as_the_zip_is(file, tmp_path):
    content = {name.partition("/")[2]: data for name, data in members(file).items()}
    assert Run.from_zip(write(tmp_path / "My run!.zip", content)).name == "My-run"


def test_with_its_images_missing_it_opens_and_decodes(tmp_path, digits):
    given = ImageDataset.of(digits.images[:200], digits.labels[:200], name="far")
    there = train(TrainConfig(dataset="far", latent_dim=2, epochs=1, hidden=(8,)), given, tmp_path / "there")
    run = Run.from_zip(there.to_zip(tmp_path / "a.zip"))
    with pytest.raises(DatasetUnavailable):
        run.images()
    assert run.engine.decode(np.zeros((1, 2))).shape == (1, 1, 8, 8)
    assert "map-0" in run.explorer().page


def test_what_was_in_training_elsewhere_is_not_here(copy, tmp_path):
    copy.write_status("running", progress=0.5)
    run = Run.from_zip(copy.to_zip(tmp_path / "a.zip"))
    assert (run.status.state, run.status.progress) == ("stopped", 0.5)
    assert json.loads((run.path / "status.json").read_text())["pid"] == 0


def test_a_run_without_a_model_is_neither_packed_nor_taken(file, tmp_path):
    with pytest.raises(RunError, match="first epoch has to end"):
        Run.create(TrainConfig(), tmp_path / "new").to_zip(tmp_path / "new.zip")
    content = {name: data for name, data in members(file).items() if "last" not in name}
    with pytest.raises(RunError, match="holds no run to look at"):
        Run.from_zip(write(tmp_path / "a.zip", content))
    assert nothing_is_left()


LINK = (stat.S_IFLNK | 0o777) << 16


@pytest.mark.parametrize(
    ("name", "of_it", "why"),
    [
        ("../config.json", {}, "leads out of the archive"),
        ("/etc/config.json", {}, "leads out of the archive"),
        ("vae/../../x.json", {}, "leads out of the archive"),
        ("C:\\x.json", {}, "leads out of the archive"),
        ("vae/title.txt", {"external_attr": LINK}, "links in archives are not followed"),
        ("other/config.json", {}, "holds 2 runs: give one a time"),
    ],
)
def test_what_is_hostile_is_refused(file, tmp_path, name, of_it, why):
    content = members(file)
    content.pop(name, None)
    with pytest.raises(ValueError, match=why) as refusal:
        Run.from_zip(write(tmp_path / "evil.zip", content | {name: b"{}"}, **of_it))
    assert str(refusal.value).startswith("evil.zip")
    assert nothing_is_left()


def test_what_grows_out_of_proportion_is_refused(file, tmp_path, monkeypatch):
    name = next(name for name in members(file) if name.endswith("metrics.jsonl"))
    bomb = write(tmp_path / "bomb.zip", members(file) | {name: bytes(2**27)})
    with pytest.raises(ValueError, match=r"bomb\.zip is not taken: .*200 times its size"):
        Run.from_zip(bomb)
    monkeypatch.setattr(module, "MAX_RUN_BYTES", 10_000)
    with pytest.raises(ValueError, match="a run has at most"):
        Run.from_zip(file)
    assert nothing_is_left()


@pytest.mark.parametrize("cut", [0.3, 0.999])
def test_what_is_cut_off_is_refused(file, tmp_path, cut):
    whole = file.read_bytes()
    short = tmp_path / "short.zip"
    short.write_bytes(whole[: int(cut * len(whole))])
    with pytest.raises(ValueError, match=r"short\.zip is not a zip archive, or is damaged or cut off"):
        Run.from_zip(short)
    assert nothing_is_left()


@pytest.mark.parametrize("wrong", [b"\x07", bytes(range(250)) * 8])
def test_what_is_damaged_within_is_refused(file, tmp_path, wrong):
    """Of a kind of block that deflate has not, or of other numbers: the table of contents is whole."""
    packed = write(tmp_path / "packed.zip", members(file))
    with zipfile.ZipFile(packed) as archive:
        info = max(archive.infolist(), key=lambda each: each.compress_size)
    broken = bytearray(packed.read_bytes())
    start = info.header_offset + 30 + len(info.filename)
    broken[start : start + len(wrong)] = wrong
    packed.write_bytes(broken)
    with pytest.raises(ValueError, match=r"packed\.zip is damaged or cut off at "):
        Run.from_zip(packed)
    assert nothing_is_left()


def test_a_long_name_is_cut_and_a_folder_that_cannot_be_written_is_named(file, tmp_path):
    long = "a" * 240
    content = {f"{long}/{name.partition('/')[2]}": data for name, data in members(file).items()}
    assert Run.from_zip(write(tmp_path / "long.zip", content)).name == "a" * module.MOST_LETTERS
    (tmp_path / "no folder").touch()
    with pytest.raises(RunError, match=r"no folder cannot be written \(.*VAELAB_RUNS"):
        Run.from_zip(file, tmp_path / "no folder")


def test_weights_that_are_no_safetensors_are_refused(file, tmp_path):
    content = members(file)
    name = next(name for name in content if name.endswith("last.safetensors"))
    with pytest.raises(RunError, match="holds no run to look at"):
        Run.from_zip(write(tmp_path / "a.zip", content | {name: b"\x80\x04pickle"}))
    assert nothing_is_left()


def test_what_holds_no_run_says_so(tmp_path):
    with pytest.raises(ValueError, match=r"holds no run: it has no config\.json"):
        Run.from_zip(write(tmp_path / "a.zip", {"a.txt": b"a"}))
    (tmp_path / "b.zip").write_bytes(b"not a zip")
    with pytest.raises(ValueError, match=r"b\.zip is not a zip archive"):
        Run.from_zip(tmp_path / "b.zip")


def test_the_commands_take_it_out_and_in(vae, vae_run, tmp_path):
    code, out, _ = vae("export", vae_run.path, "--zip", tmp_path / "a.zip")
    assert (code, out.startswith(str(tmp_path / "a.zip"))) == (0, True)
    code, out, _ = vae("unpack", tmp_path / "a.zip", "--json")
    assert code == 0
    assert json.loads(out)["run_dir"] == str(runs_folder() / vae_run.name)
    code, _, err = vae("export", vae_run.path)
    assert (code, err.startswith("Say what to write")) == (2, True)
    shutil.rmtree(runs_folder())
