"""One's own images in the app: dropped, photographed, looked at, relabelled, renamed, deleted."""

import re
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.steps import idle, keep, read_files, train_here, until
from vaelab.datasets.own import load_own

pytestmark = pytest.mark.browser

#: Instead of a camera: another colour every time.
CAMERA = """() => {
    navigator.mediaDevices.getUserMedia = async () => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
        const pen = canvas.getContext("2d");
        let turn = 0;
        setInterval(() => {
            pen.fillStyle = `hsl(${37 * turn++} 80% 50%)`;
            pen.fillRect(0, 0, 320, 240);
        }, 50);
        return canvas.captureStream(20);
    };
}"""
NO_CAMERA = """() => {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", "NotFoundError"); };
}"""
CLASSES = {"oak": 14, "elm": 9, "fir": 7}


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """A folder of thirty pictures in three classes, and a file that is none."""
    folder = tmp_path_factory.mktemp("pictures") / "trees"
    rng = np.random.default_rng(0)
    for name, count in CLASSES.items():
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = rng.integers(0, 255, (40, 40, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.fixture(scope="module")
def archive(trees):
    path = trees.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as file:
        for each in sorted(trees.rglob("*.*")):
            file.write(each, f"trees/{each.relative_to(trees)}")
    return path


@pytest.fixture
def kept(data_folder):
    """Read an own dataset of the app that is visited."""
    return lambda name: load_own(name, data_folder)


def card(page, name):
    return page.locator(f'[class*="st-key-card-own-{name}"]')


def images(page):
    return page.get_by_test_id("image-picker").get_by_role("option")


def chosen(page):
    """The places of the images that are chosen."""
    states = images(page).evaluate_all("(all) => all.map((each) => each.ariaSelected)")
    return [place for place, state in enumerate(states) if state == "true"]


def test_drop_a_zip_read_the_report_and_keep(page, archive, kept):
    figures = read_files(page, archive)
    assert figures["Images"] == "30"
    assert figures["Size"] == "32 × 32"
    assert figures["Classes"] == "3"
    expect(page.locator('img[alt="Some of the images that were read"]')).to_be_visible()
    page.get_by_text(re.compile(r"1 file was not taken")).click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    keep(page, "dropped trees")
    assert len(kept("dropped trees")) == 30
    expect(images(page)).to_have_count(30)
    page.get_by_role("button", name="All images").click()
    expect(card(page, "dropped-trees").get_by_role("img", name="Some images of dropped trees")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/images$"))


def counts_of(data):
    return dict(zip(data.label_names, np.bincount(data.labels).tolist(), strict=True))


def test_a_folder_that_is_chosen_brings_its_classes(page, trees, kept):
    figures = read_files(page, trees)
    assert (figures["Images"], figures["Classes"]) == ("30", "3")
    keep(page, "folder of trees")
    assert counts_of(kept("folder of trees")) == CLASSES


def test_a_folder_that_is_dropped_arrives_as_one_archive(page, trees, kept):
    page.goto("/images?add=files")
    idle(page)
    box = page.get_by_test_id("stFileUploaderDropzone").bounding_box()
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session = page.context.new_cdp_session(page)
    for what in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(trees)], "dragOperationsMask": 1}
        session.send("Input.dispatchDragEvent", {"type": what, "data": data} | place)
    expect(page.get_by_text("trees.zip", exact=True)).to_be_visible()
    page.get_by_role("button", name="Read 1 file").click()
    expect(page.get_by_role("button", name="Keep")).to_be_visible()
    keep(page, "dropped folder")
    data = kept("dropped folder")
    assert counts_of(data) == CLASSES
    # An image is what the file of its name holds: nearer to that than to any other.
    index = next(i for i, name in enumerate(data.image_names) if name.endswith("fir/3.png"))
    with Image.open(trees / "fir" / "3.png") as file:
        reference = np.asarray(file.resize((32, 32))).transpose(2, 0, 1)
    assert np.abs(data.images - reference.astype(float)).mean(axis=(1, 2, 3)).argmin() == index


def test_a_table_beside_the_images_names_their_classes(page, trees, tmp_path, kept):
    folder = tmp_path / "photos"
    folder.mkdir()
    rows = ["file,colour"]
    for i, path in enumerate(sorted(trees.rglob("*.png"))):
        (folder / f"{i}.png").write_bytes(path.read_bytes())
        rows.append(f"{i}.png,{'red' if i % 3 else 'blue'}")
    (folder / "labels.csv").write_text("\n".join(rows))
    read_files(page, folder)
    keep(page, "by table")
    assert counts_of(kept("by table")) == {"blue": 10, "red": 20}


def test_what_is_no_image_is_a_sentence_and_one_begins_again(page, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and then nothing")
    page.goto("/images?add=files")
    idle(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tmp_path / "broken.zip")
    page.get_by_role("button", name="Read 1 file").click()
    expect(page.get_by_test_id("stAlertContentError")).to_contain_text("broken.zip")
    page.get_by_role("button", name="Choose something else").click()
    expect(page.get_by_test_id("stFileUploaderDropzone")).to_be_visible()
    expect(page.get_by_test_id("stFileUploaderFile")).to_have_count(0)


def test_a_selection_is_relabelled_with_the_keyboard_alone(page, archive, kept):
    read_files(page, archive)
    keep(page, "by keyboard")
    images(page).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert chosen(page) == [1, 2, 29]
    before = kept("by keyboard")
    shown = np.argsort(before.labels, kind="stable")
    idle(page)
    box = page.get_by_role("combobox", name="Another class for them")
    box.focus()
    page.keyboard.type("maple")
    page.keyboard.press("Enter")
    idle(page)
    button = page.get_by_role("button", name="Relabel 3 images")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 images are now “maple”.")).to_be_visible()
    after = kept("by keyboard")
    named = [after.label_names[label] for label in after.labels]
    assert np.flatnonzero(np.array(named) == "maple").tolist() == sorted(shown[[1, 2, 29]].tolist())
    until(page, lambda: chosen(page) == [])


def test_a_mouse_chooses_one_a_row_and_a_range(page, archive):
    read_files(page, archive)
    keep(page, "by mouse")
    images(page).nth(4).click()
    assert chosen(page) == [4]
    images(page).nth(4).click()
    assert chosen(page) == []
    places = [images(page).nth(i).bounding_box() for i in (6, 8)]
    (x, y), (x2, y2) = ((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in places)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x2, y2, steps=12)
    page.mouse.up()
    assert chosen(page) == [6, 7, 8]
    images(page).nth(11).click(modifiers=["Shift"])
    assert chosen(page) == [6, 7, 8, 9, 10, 11]
    expect(page.get_by_text("6 of 30 chosen")).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    assert chosen(page) == []
    images(page).first.focus()
    page.keyboard.press("Control+a")
    assert len(chosen(page)) == 30


def test_built_in_ones_are_looked_at_by_page_and_by_class(page):
    page.goto("/images?set=digits")
    shown = page.get_by_test_id("image-picker").get_by_role("img")
    expect(shown).to_have_count(100)
    expect(page.get_by_text("Click images to choose them")).to_be_hidden()
    assert shown.first.get_attribute("aria-label") == "Image 0, 0"
    page.get_by_test_id("stPagination").get_by_text("18", exact=True).click()
    expect(shown).to_have_count(97)
    page.get_by_role("combobox", name="Class").click()
    page.get_by_role("option", name="8 (174)").click()
    expect(shown.first).to_have_attribute("aria-label", re.compile(", 8$"))


def test_rename_and_delete(page, archive):
    read_files(page, archive)
    keep(page, "in passing")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("Trees of our park")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", level=2, name="Trees of our park")).to_be_visible()
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete them").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/images$"))
    idle(page)
    expect(page.get_by_text("Trees of our park")).to_have_count(0)


def test_pictures_by_the_camera_class_by_class(page, kept):
    page.goto("/images?add=camera")
    idle(page)
    page.evaluate(CAMERA)
    page.get_by_role("button", name="Start the camera").click()
    take = page.get_by_role("button", name="Take a picture")
    expect(take).to_be_enabled()
    page.get_by_label("Class", exact=True).fill("rock")
    for number in range(1, 8):
        take.focus()
        until(page, lambda number=number: taken(page, take) >= number)
    page.get_by_label("Class", exact=True).fill("paper / scissors")
    for number in range(8, 13):
        until(page, lambda number=number: taken(page, take) >= number)
    page.get_by_role("button", name="Remove picture 1 of rock").click()
    expect(page.get_by_text("rock · 6")).to_be_visible()
    count = int(re.match(r"\d+", page.locator(".ca-count").inner_text())[0])
    page.get_by_role("button", name=f"Use these {count}").click()
    expect(page.get_by_role("button", name="Keep")).to_be_visible()
    idle(page)
    keep(page, "hands")
    data = kept("hands")
    assert len(data) == count
    assert set(data.label_names) == {"rock", "paper - scissors"}
    assert np.bincount(data.labels)[data.label_names.index("rock")] == 6


def taken(page, take):
    """Take a picture with the keyboard; returns how many there are."""
    take.press("Enter")
    return int(re.match(r"\d+", page.locator(".ca-count").inner_text())[0])


def test_without_a_camera_a_sentence_says_what_to_do(page):
    page.goto("/images?add=camera")
    idle(page)
    page.evaluate(NO_CAMERA)
    page.get_by_role("button", name="Start the camera").click()
    expect(page.get_by_text("No camera is free")).to_be_visible()
    expect(page.get_by_role("button", name="Take a picture")).to_be_disabled()


def test_drawings_of_ones_own(page, kept):
    page.goto("/images?add=draw")
    paper = page.get_by_test_id("paper")
    expect(paper).to_be_visible()
    idle(page)
    for number in range(10):
        box = paper.bounding_box()
        page.mouse.move(box["x"] + 20 + 15 * number, box["y"] + 30)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40 + 10 * number, steps=5)
        page.mouse.up()
        if number in {0, 5}:
            page.get_by_label("Something else").fill("sun" if number == 0 else "moon")
        page.get_by_role("button", name="Add", exact=True).click()
        count = number + 1 if number < 5 else number - 4
        expect(page.get_by_text(f"{'sun' if number < 5 else 'moon'} · {count}", exact=True)).to_be_visible()
    page.get_by_role("button", name="Use these 10").click()
    expect(page.get_by_role("button", name="Keep")).to_be_visible()
    idle(page)
    keep(page, "my sky")
    data = kept("my sky")
    assert data.label_names == ("moon", "sun")
    assert np.bincount(data.labels).tolist() == [5, 5]
    assert data.image_shape == (1, 28, 28)


def test_home_leads_here(page):
    page.goto("/")
    page.get_by_role("link", name="Bring your own images").click()
    expect(page).to_have_url(re.compile(r"/images\?add=files$"))
    expect(page.get_by_test_id("stFileUploaderDropzone")).to_be_visible()


@pytest.fixture(scope="module")
def moons(tmp_path_factory):
    """An archive of sixty discs, and one picture that is none."""
    path = tmp_path_factory.mktemp("pictures") / "moons.zip"
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:32, :32]
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(60):
            row, column = rng.uniform(11, 21, 2)
            disc = np.where(np.hypot(y - row, x - column) < rng.uniform(6, 10), 250, 20).astype(np.uint8)
            with archive.open(f"moon {number}.png", "w") as file:
                Image.fromarray(disc).save(file, "PNG")
        with archive.open("odd one.png", "w") as file:
            Image.fromarray((255 * ((x // 4 + y // 4) % 2)).astype(np.uint8)).save(file, "PNG")
    return path


def test_drop_a_zip_train_explore_and_find_the_outlier(page, moons):
    figures = read_files(page, moons)
    assert figures["Images"] == "61"
    keep(page, "moons")
    page.get_by_role("button", name="Train on these").click()
    page.wait_for_url(re.compile(r"/train\?dataset=own"))
    train_here(page, epochs=20)
    expect(page.get_by_label("Find", exact=True)).to_be_visible()

    run = re.search(r"run=([^&]+)", page.url)[1]
    page.goto(f"/anomalies?run={run}")
    expect(page.get_by_role("heading", name="The 24 oddest of 61")).to_be_visible()
    expect(page.get_by_text("odd one.png: score")).to_be_visible()
    idle(page)
    page.get_by_role("button", name="Show on the map").click()
    page.wait_for_url(re.compile(r"/explore\?.*image=\d+"))
    expect(page.get_by_text(re.compile("Image \\d+, odd one.png"))).to_be_visible()
