"""The Images page without a browser: what is listed, taken in, kept, changed and deleted."""

import base64
import gc
import io
import re
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pages._images import giving, view
from pages._images.camera import jpeg_of
from pages._images.import_task import Given, ImportTask, safe_path
from pages._ui.text import plain, suggest_name
from tests.app_steps import query
from vaelab import importing
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset
from vaelab.datasets.own import load_own, own_folder, own_sources, retitle_own, save_own
from vaelab.runs import Run

#: Of each class in what the tests import.
EACH = 8


def picture(seed, size=20):
    pixels = np.random.default_rng(seed).integers(0, 255, (size, size, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def some_files(classes=("oak", "elm")):
    """Names and contents: eight pictures a class, and a file that is none."""
    files = {f"{name}/{i}.png": picture(10 * c + i) for c, name in enumerate(classes) for i in range(EACH)}
    return files | {"notes.txt": b"not a picture"}


@pytest.fixture
def folder(tmp_path):
    """A folder of two classes, as a person has one."""
    for name, content in some_files().items():
        path = tmp_path / "trees" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "trees"


@pytest.fixture
def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in some_files().items():
            file.writestr(f"trees/{name}", content)
    return buffer.getvalue()


@pytest.fixture
def trees():
    """An own dataset of three classes."""
    images = np.random.default_rng(0).integers(0, 255, (30, 16, 16, 3), np.uint8)
    labels = np.repeat(["oak", "elm", "fir"], 10)
    return save_own(ImageDataset.of(images, labels, name="trees", source="trees.zip"), "trees")


@pytest.fixture
def local(monkeypatch):
    """A server that only this machine can reach."""
    monkeypatch.setattr(giving, "is_local_server", lambda: True)


def texts(app):
    return [block.value for kind in ("markdown", "caption", "error", "warning", "info") for block in getattr(app, kind)]


def labels_of(app):
    return [button.label for button in app.button]


def press(app, label, within=None):
    next(b for b in app.button if b.label == label and (within is None or within in str(b.key))).click().run()
    assert not app.exception, app.exception


def read(app):
    """Let an import that was begun come to its end."""
    app.session_state["adding-task"].wait(60)
    app.run()
    assert not app.exception, app.exception


def begin(launch, folder):
    """Read a folder on this machine, up to the preview."""
    app = launch("images.py", add="path")
    app.text_input(key="adding-path").set_value(str(folder)).run()
    press(app, "Read the images")
    read(app)
    return app


# All of them -----------------------------------------------------------------------------------


def test_every_dataset_has_a_card_own_ones_first(launch, trees):
    app = launch("images.py")
    cards = [block.value for block in app.html if "vl-card" in block.value]
    trees_card = "<strong>trees</strong><span>30 images · 16 × 16 · colour · 3 classes</span><small>trees.zip</small>"
    assert trees_card in cards[0]
    assert any("<strong>Faces</strong><span>10,000 images · 32 × 32 · grey · 3 classes" in card for card in cards)
    assert [block.value for block in app.markdown if block.value.startswith("## ")] == ["## Your own", "## Built in"]


def test_what_is_not_here_yet_says_how_large_the_download_is(launch):
    app = launch("images.py")
    assert any("a download of 12 MB" in block.value for block in app.html)
    looks = {button.key for button in app.button if button.label == "Look"}
    assert "look-digits" in looks
    assert "look-mnist" not in looks


def test_damaged_ones_are_named_in_a_sentence(launch, trees):
    (own_folder() / "trees" / "dataset.json").write_text("{")
    app = launch("images.py")
    assert any("damaged" in block.value for block in app.warning)
    assert not any("<strong>trees" in block.value for block in app.html)


def test_a_file_that_is_gone_is_a_sentence_on_its_card(launch, trees):
    next((own_folder() / "trees").glob("images-*")).unlink()
    assert any("are damaged" in block.value for block in launch("images.py").html)


def test_an_address_that_leads_nowhere_says_so(launch):
    app = launch("images.py", set="own/none")
    assert [block.value for block in app.warning] == ["There are no images called own/none: these are all there are."]


def test_train_on_these_opens_train_with_them(launch, trees):
    app = launch("images.py")
    press(app, "Train on these", trees)
    assert query(app)["dataset"] == trees


def test_the_url_says_in_which_way_images_are_added(launch):
    app = launch("images.py", add="draw")
    way = next(control for control in app.segmented_control if control.label == "From where")
    assert way.value == "draw"
    way.set_value("folder").run()
    assert query(app)["add"] == "folder"
    assert app.file_uploader[0].accept_directory
    app.query_params["add"] = "files"
    app.run()
    assert not app.file_uploader[0].accept_directory
    app.query_params["add"] = "nonsense"
    app.run()
    assert not app.exception
    assert app.file_uploader


# Taking in -------------------------------------------------------------------------------------


def test_a_folder_is_read_shown_and_then_kept(launch, folder, local):
    app = begin(launch, folder)
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Images"] == str(2 * EACH)
    assert figures["Classes"] == "2"
    assert figures["Not taken"] == "1"
    assert any("notes.txt" in str(table.value) for table in app.dataframe)
    assert not own_sources(), "nothing is kept before one says so"

    app.text_input[0].set_value("my trees").run()
    press(app, "Keep")
    data = load_own("my trees")
    assert len(data) == 2 * EACH
    assert set(data.label_names) == {"elm", "oak"}
    assert query(app) == {"set": "own/my trees"}
    assert "adding-task" not in app.session_state
    assert folder.is_dir(), "what was read stays where it was"


def test_an_archive_that_was_uploaded_is_read_and_its_copy_goes(launch, archive):
    app = launch("images.py", add="files")
    app.file_uploader[0].upload("trees.zip", archive).run()
    press(app, "Read 1 file")
    copies = app.session_state["adding-task"].given.paths
    read(app)
    assert copies[0].is_file()
    assert app.text_input[0].value == "trees"
    press(app, "Keep")
    assert load_own("trees").source == "Imported from trees.zip."
    assert not copies[0].exists()


def test_a_folder_that_was_uploaded_keeps_its_classes(launch):
    app = launch("images.py", add="folder")
    assert app.file_uploader[0].accept_directory
    files = [(f"trees/{name}", content, "") for name, content in some_files().items()]
    app.file_uploader[0].set_value(files).run()
    press(app, f"Read {len(files)} files")
    read(app)
    press(app, "Keep")
    assert load_own("trees").label_names == ("elm", "oak")


def test_names_that_lead_elsewhere_lead_nowhere(launch, tmp_path):
    app = launch("images.py", add="folder")
    hostile = [(f"../../../{tmp_path}/evil/{name}", content, "") for name, content in some_files().items()]
    app.file_uploader[0].set_value(hostile).run()
    press(app, f"Read {len(hostile)} files")
    read(app)
    assert not (tmp_path / "evil").exists()
    assert app.metric[0].value == str(2 * EACH)


@pytest.mark.parametrize(
    ("name", "content"),
    [("images.npy", b"\x93NUMPY\x01\x00nonsense"), ("broken.zip", b"PK\x03\x04nonsense"), ("a.pkl", b"\x80\x04N.")],
)
def test_what_cannot_be_read_is_a_sentence(launch, name, content):
    app = launch("images.py", add="files")
    app.file_uploader[0].upload(name, content).run()
    press(app, "Read 1 file")
    read(app)
    assert len(app.error) == 1
    assert re.fullmatch(r"[^\n]+\.", app.error[0].value)
    assert "Traceback" not in app.error[0].value
    press(app, "Choose something else")
    assert not app.error
    assert app.file_uploader


def test_a_path_is_asked_for_only_where_the_server_is_this_machine_s(launch, monkeypatch):
    app = launch("images.py", add="path")
    assert not [field for field in app.text_input if field.key == "adding-path"]
    monkeypatch.setattr(giving, "is_local_server", lambda: True)
    assert [field for field in launch("images.py", add="path").text_input if field.key == "adding-path"]


def test_nothing_at_a_path_is_a_sentence(launch, local, tmp_path):
    app = begin(launch, tmp_path / "nothing")
    assert len(app.error) == 1
    assert "nothing" in app.error[0].value


def test_discarding_keeps_nothing(launch, folder, local):
    app = begin(launch, folder)
    press(app, "Discard")
    assert not own_sources()
    assert "adding-task" not in app.session_state


def test_a_name_that_is_taken_or_is_none_is_a_sentence(launch, folder, local, trees):
    app = begin(launch, folder)
    assert app.text_input[0].value == "trees 2", "one that is free is suggested"
    for name, why in (("trees", "already"), ("../trees", "cannot be called")):
        app.text_input[0].set_value(name).run()
        press(app, "Keep")
        assert why in app.error[0].value
    assert list(own_sources()) == [trees]


def test_other_settings_read_the_same_once_more(launch, archive):
    app = launch("images.py", add="files")
    app.file_uploader[0].upload("trees.zip", archive).run()
    press(app, "Read 1 file")
    read(app)
    app.number_input(key="adding-size").set_value(12).run()
    press(app, "Read again")
    read(app)
    assert {metric.label: metric.value for metric in app.metric}["Size"] == "12 × 12"


def test_an_import_that_was_left_is_found_again(launch, folder, local):
    app = begin(launch, folder)
    press(app, "All images")
    assert any("wait for you to keep them" in block.value for block in app.info)
    press(app, "Go on")
    assert "Keep" in labels_of(app)


@pytest.fixture
def endless(monkeypatch):
    """An import that goes on until it is stopped, and how often it was begun."""
    begun = []

    def import_images(*paths, progress, should_stop, **options):
        begun.append(options)
        progress(0.25, "Reading a very long book …")
        while not should_stop():
            threading.Event().wait(0.01)
        raise importing.ImportStopped

    monkeypatch.setattr(importing, "import_images", import_images)
    return begun


def test_reruns_neither_end_nor_double_an_import_and_stop_ends_it(launch, folder, local, endless):
    app = launch("images.py", add="path")
    app.text_input(key="adding-path").set_value(str(folder)).run()
    press(app, "Read the images")
    for _ in range(3):
        app.run()
    assert "Stop" in labels_of(app)
    assert len(endless) == 1
    press(app, "Stop")
    read(app)
    assert any("Stopped, and nothing was kept." in block.value for block in app.info)
    assert not own_sources()


# One of them -----------------------------------------------------------------------------------


def test_a_dataset_s_view_says_what_it_is(launch, trees):
    app = launch("images.py", set=trees)
    assert "## trees" in texts(app)
    assert "30 images · 16 × 16 · colour · 3 classes  \ntrees\\.zip" in texts(app)
    press(app, "All images")
    assert query(app) == {}


def test_a_built_in_one_is_looked_at_and_not_changed(launch):
    app = launch("images.py", set="digits")
    assert "Relabel" not in labels_of(app)
    assert not app.menu_button


def test_a_selection_is_given_another_class(launch, trees, monkeypatch):
    before = load_own(trees)
    monkeypatch.setattr(view, "pick_images", lambda images, names, key, choosing: [0, 2])
    app = launch("images.py", set=trees)
    app.selectbox(key=f"sheet-class:{trees}").set_value("fir").run()
    app.selectbox(key=f"relabel:{before.key}").set_value("oak").run()
    press(app, "Relabel 2 images")
    after = load_own(trees)
    changed = np.flatnonzero(before.labels == before.label_names.index("fir"))[[0, 2]]
    assert [after.label_names[label] for label in after.labels[changed]] == ["oak", "oak"]
    assert (np.delete(after.labels, changed) == np.delete(before.labels, changed)).all()
    assert after.image_hash == before.image_hash
    assert app.selectbox(key=f"sheet-class:{trees}").value == "fir", "one is still where one was"


def test_a_new_title_is_asked_for(launch, trees):
    app = launch("images.py")
    app.menu_button[0].click("Rename").run()
    assert app.text_input[0].value == "trees"
    retitle_own(trees, "Trees & *shrubs*")
    assert any("<strong>Trees &amp; *shrubs*<" in block.value for block in launch("images.py").html)
    assert f"## {plain('Trees & *shrubs*')}" in texts(launch("images.py", set=trees))


def test_before_deleting_the_runs_that_learned_them_are_named(launch, trees):
    Run.create(TrainConfig(dataset=trees)).rename("Old oaks")
    Run.create(TrainConfig(dataset="digits")).rename("Digits")
    app = launch("images.py", set=trees)
    app.menu_button[0].click("Delete").run()
    warned = [block.value for block in app.warning if "learned" in block.value]
    assert len(warned) == 1
    assert "Old oaks" in warned[0]
    assert "Digits" not in warned[0]
    assert {"Delete them", "Keep them"} <= set(labels_of(app))
    assert list(own_sources()) == [trees]


# What was given --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a.png", "a.png"),
        ("leaves/oak/1.png", "leaves/oak/1.png"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Users\\me\\1.png", "C_/Users/me/1.png"),
        ("a/./b/../c", "a/b/c"),
        ("a\0b\n.png", "a_b_.png"),
        ("...", "file"),
        ("", "file"),
    ],
)
def test_a_name_from_a_browser_is_a_path_below(name, path):
    assert safe_path(name) == Path(path)


@pytest.mark.parametrize("name", ["é" * 400 + ".png", "x/" * 300 + "a.png", "a" * 5000, "a." + "b" * 5000])
def test_long_names_can_be_written(name):
    given = Given("long")
    file = given.add(name, b"content")
    assert file.read_bytes() == b"content"
    given.close()


def test_the_same_name_twice_is_two_files():
    given = Given("twice")
    one, two = given.add("a.png", b"1"), given.add("a.png", b"2")
    assert (one.read_bytes(), two.read_bytes()) == (b"1", b"2")
    assert two.name == "a 2.png"


def test_what_was_given_goes_when_nobody_has_it_any_more():
    given = Given("gone")
    file = given.add("oak/a.png", b"1")
    assert file.is_file()
    del given
    gc.collect()
    assert not file.parents[1].exists()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My leaves (2024).zip", "My leaves 2024"),
        ("leaves.tar.gz", "leaves"),
        ("/home/me/leaves", "home me leaves"),
        ("…", "images"),
        ("字.zip", "字"),
        ("-x-.png", "x"),
    ],
)
def test_names_are_made_of_what_was_given(text, name):
    assert suggest_name(text) == name
    assert suggest_name(text, [name, f"{name} 2"]) == f"{name} 3"


def test_an_unforeseen_error_is_a_sentence_and_in_the_log(monkeypatch, caplog):
    def import_images(*paths, **options):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(importing, "import_images", import_images)
    task = ImportTask(Given("x", "x"), {"name": "x"})
    task.wait(30)
    assert task.error == "These images could not be read (RuntimeError): see the server's log."
    assert "the disk is on fire" in caplog.text


def test_a_damaged_picture_of_the_camera_is_refused():
    assert jpeg_of({"label": "oak", "jpeg": base64.b64encode(b"jpeg").decode()}) == b"jpeg"
    with pytest.raises(ValueError, match="take it again"):
        jpeg_of({"label": "oak", "jpeg": "?"})
