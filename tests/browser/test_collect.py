"""Drawings come from phones: what is drawn there arrives, once, and can be trained on."""

import math
import re
from itertools import count
from uuid import uuid4

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import prepare
from tests.browser.steps import idle, train_here, until
from tests.browser.test_accessibility import bring_tools, judge, nameless, nothing, serious, tab_through, unreadable
from vaelab import collecting
from vaelab.datasets import load_dataset

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
names = (f"symbols {number}" for number in count(1))

#: What is on the paper, a number a pixel.
INK = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return Array.from(data).filter((_, index) => index % 4 === 0);
}"""


@pytest.fixture
def name():
    return next(names)


@pytest.fixture
def symbols(name, data_folder):
    """A set that is open."""
    return collecting.open_set(name, ["sun", "moon"], title="Draw a symbol", folder=data_folder)


@pytest.fixture
def phone(browser, base_url):
    """Somebody with a phone, who scans a set's code."""
    contexts = []

    def scan(name, **options):
        contexts.append(prepare(browser.new_context(base_url=base_url, **(PHONE | options))))
        page = contexts[-1].new_page()
        page.goto(f"/collect?set={name}")
        expect(page.get_by_test_id("collect-pad")).to_have_attribute("data-state", "ready")
        idle(page)
        return page

    yield scan
    for context in contexts:
        for page in context.pages:
            assert page.get_by_test_id("stException").count() == 0
        context.close()


def stroke(page, places):
    """Draw with a finger; places are parts of the paper's side, from 0 to 1."""
    box = page.get_by_test_id("paper").bounding_box()
    fingers = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in places]
    session = page.context.new_cdp_session(page)
    for kind, finger in zip(["touchStart", *["touchMove"] * (len(fingers) - 1)], fingers, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [finger]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def circle(page, radius=0.3):
    turns = [2 * math.pi * step / 12 for step in range(13)]
    stroke(page, [(0.5 + radius * math.cos(turn), 0.5 + radius * math.sin(turn)) for turn in turns])


def ink(page):
    return np.array(page.get_by_test_id("paper").evaluate(INK))


def said(page):
    return page.get_by_test_id("collect-pad").get_by_role("status")


def add(page, label):
    page.get_by_text(label, exact=True).tap()
    page.get_by_role("button", name="Add").tap()


def found_by(folder, name):
    return [(each.label, each.nickname) for each in collecting.list_drawings(name, folder)]


def test_drawings_from_two_phones_become_a_dataset(page, phone, name, data_folder):
    page.goto("/collect")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("textbox", name="What to draw").fill("Draw a symbol")
    page.get_by_role("textbox", name="Classes").fill("sun, moon")
    page.keyboard.press("Tab")
    idle(page)
    page.get_by_role("button", name="Open the set").click()
    arrived = page.get_by_test_id("arrivals")
    expect(arrived.get_by_role("heading", name="0 drawings")).to_be_visible()
    assert page.get_by_role("img", name=re.compile("^Code that leads to http")).get_attribute("src").startswith("data:")

    one, other = phone(name), phone(name)
    for visitor, nickname, label in ((one, "Ada", "sun"), (other, "Eve", "moon")):
        circle(visitor)
        visitor.get_by_label("Nickname").fill(nickname)
        add(visitor, label)
        expect(said(visitor)).to_have_text(f"Added as “{label}”. Draw another. You have added 1 drawing.")
    expect(arrived.get_by_role("heading", name="2 drawings")).to_be_visible()
    pictures = arrived.get_by_role("listitem").get_by_role("img")
    expect(pictures).to_have_count(2)
    assert [picture.get_attribute("aria-label") for picture in pictures.all()] == ["moon by Eve", "sun by Ada"]
    assert found_by(data_folder, name) == [("moon", "Eve"), ("sun", "Ada")]

    page.get_by_role("button", name="Remove moon by Eve").press("Enter")
    expect(page.get_by_role("button", name="Remove sun by Ada")).to_be_focused()
    expect(arrived.get_by_role("heading", name="1 drawing")).to_be_visible()
    assert found_by(data_folder, name) == [("sun", "Ada")]

    expect(page.get_by_role("button", name="Train on these")).to_be_disabled()
    expect(page.get_by_text("9 more drawings to go")).to_be_visible()
    for number in range(9):
        circle(one, 0.1 + number / 40)
        add(one, "moon")
        expect(said(one)).to_contain_text(f"You have added {number + 2} drawings.")
    expect(arrived.get_by_role("heading", name="10 drawings")).to_be_visible()
    counts = arrived.get_by_role("list", name="Drawings of each class").get_by_role("listitem")
    assert sorted(counts.all_inner_texts()) == ["“moon” × 9", "“sun” × 1"]
    expect(page.get_by_role("button", name="Train on these")).to_be_enabled()

    page.get_by_role("button", name="Close the set").click()
    expect(page.get_by_text("The set is closed")).to_be_visible()
    circle(other)
    add(other, "sun")
    expect(other.get_by_role("heading", name="Closed")).to_be_visible()
    expect(other.get_by_text("This set is closed: nothing more can be added.")).to_be_visible()
    assert len(found_by(data_folder, name)) == 10

    page.get_by_role("button", name="Train on these").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    data = load_dataset(f"own/{name}", folder=data_folder)
    assert data.image_names == ("Ada",) * 10
    assert sorted(data.label_names[label] for label in data.labels) == ["moon"] * 9 + ["sun"]


def test_a_phone_shows_everything_at_once_and_stays_where_it_is(phone, symbols):
    page = phone(symbols.name)
    lowest = page.get_by_role("button", name="Add").bounding_box()
    assert lowest["y"] + lowest["height"] < 844
    paper = page.get_by_test_id("paper").bounding_box()
    assert paper["width"] > 340
    stroke(page, [(0.5, 0.9), (0.5, 0.1)])  # where a page that scrolls would scroll
    stroke(page, [(0.5, 0.1), (0.5, 0.9)])
    assert page.get_by_test_id("paper").bounding_box() == paper
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.get_by_role("link", name="Train")).to_have_count(0)
    add(page, "sun")
    expect(said(page)).to_contain_text("Draw another")
    assert page.get_by_test_id("paper").bounding_box() == paper


def test_strokes_are_taken_back_one_by_one(phone, symbols):
    page = phone(symbols.name)
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    empty = ink(page)
    circle(page)
    first = ink(page)
    stroke(page, [(0.1, 0.1), (0.9, 0.9)])
    assert (ink(page) < first).any()
    undo.tap()
    assert np.array_equal(ink(page), first)
    undo.tap()
    assert np.array_equal(ink(page), empty)
    expect(undo).to_be_disabled()
    circle(page)
    page.get_by_role("button", name="Clear").tap()
    assert np.array_equal(ink(page), empty)


def test_a_drawing_is_made_and_added_without_a_pointer(page, symbols, data_folder):
    page.goto(f"/collect?set={symbols.name}")
    paper = page.get_by_test_id("paper")
    paper.press("Space")
    for _ in range(4):
        paper.press("ArrowRight")
        paper.press("Space")
    page.get_by_role("radio", name="moon").press("Space")
    page.get_by_role("button", name="Add").press("Enter")
    expect(said(page)).to_contain_text("Added as “moon”")
    (found,) = collecting.list_drawings(symbols.name, data_folder)
    assert found.image[14, 14:19].max() < 20


def test_what_is_missing_is_said_and_the_drawing_stays(phone, symbols, data_folder):
    page = phone(symbols.name)
    page.get_by_role("button", name="Add").tap()
    expect(said(page)).to_have_text("Draw something first.")
    circle(page)
    page.get_by_role("button", name="Add").tap()
    expect(said(page)).to_have_text("Say what it is first.")
    drawn = ink(page)
    assert drawn.min() == 0
    page.get_by_label("Something else").fill("comet")
    page.get_by_role("button", name="Add").tap()
    expect(said(page)).to_contain_text("Added as “comet”")
    expect(page.get_by_role("radio", name="comet")).to_be_checked()
    (found,) = collecting.list_drawings(symbols.name, data_folder)
    assert np.array_equal(found.image.ravel(), drawn)


def test_the_paper_is_free_at_once_and_what_found_no_way_arrives_later(phone, symbols, data_folder):
    page = phone(symbols.name)
    page.context.set_offline(True)
    for label in ("sun", "moon"):
        circle(page)
        add(page, label)
        expect(said(page)).to_have_text("Adding …")
        assert ink(page).min() == 255
    assert found_by(data_folder, symbols.name) == []
    page.context.set_offline(False)
    page.reload()
    until(page, lambda: len(found_by(data_folder, symbols.name)) == 2)
    expect(said(page)).to_contain_text("You have added 2 drawings.")
    idle(page)
    assert found_by(data_folder, symbols.name) == [("moon", ""), ("sun", "")]


def test_a_phone_remembers_who_draws_what_and_how_many(phone, symbols):
    page = phone(symbols.name)
    circle(page)
    page.get_by_label("Nickname").fill("Ada")
    add(page, "sun")
    expect(said(page)).to_contain_text("You have added 1 drawing.")
    page.reload()
    expect(said(page)).to_have_text("You have added 1 drawing.")
    expect(page.get_by_label("Nickname")).to_have_value("Ada")
    expect(page.get_by_role("radio", name="sun")).to_be_checked()
    # What was written, too; it was offered once it had been added.
    circle(page)
    page.get_by_label("Something else").fill("comet")
    page.get_by_role("button", name="Add").tap()
    expect(said(page)).to_contain_text("Added as “comet”")
    page.reload()
    expect(page.get_by_role("radio", name="comet")).to_be_checked()


def test_many_drawings_are_shown_step_by_step(page, symbols, data_folder):
    for number in range(70):
        image = np.full((28, 28), 255, np.uint8)
        image[number % 28, number // 28 :] = 0
        collecting.add_drawing(symbols.name, uuid4().hex, image, "sun", f"visitor {number}", data_folder)
    page.goto(f"/collect?set={symbols.name}&owner={symbols.owner}")
    remove = page.get_by_role("button", name=re.compile("^Remove sun"))
    expect(remove).to_have_count(60)
    expect(remove.first).to_have_accessible_name("Remove sun by visitor 69")
    page.get_by_role("button", name="Show 10 more").click()
    expect(remove).to_have_count(70)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_phones_page_can_be_used_by_all(phone, symbols, scheme):
    page = phone(symbols.name, color_scheme=scheme)
    bring_tools(page)
    circle(page)
    add(page, "sun")
    expect(said(page)).to_contain_text("Draw another")
    page.get_by_role("button", name="Add").tap()
    findings, texts = [], []
    judge(page, scheme, findings, texts)
    nothing(serious(findings))
    nothing(unreadable(texts))
    nothing(nameless(page))
    keyboard = tab_through(page)
    nothing(keyboard["missed"])
    nothing(keyboard["unseen"])


def test_a_set_that_grows_can_be_used_by_all(page, symbols, data_folder):
    image = np.eye(28, dtype=np.uint8) * 255
    collecting.add_drawing(symbols.name, uuid4().hex, image, "sun", "Ada", data_folder)
    page.goto(f"/collect?set={symbols.name}&owner={symbols.owner}")
    expect(page.get_by_role("button", name="Remove sun by Ada")).to_be_visible()
    bring_tools(page)
    findings, texts = [], []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        judge(page, scheme, findings, texts)
    nothing(serious(findings))
    nothing(unreadable(texts))
    nothing(nameless(page))
    keyboard = tab_through(page)
    nothing(keyboard["missed"])
    nothing(keyboard["unseen"])


def test_collect_from_two_phones_train_and_find_mine(page, phone, symbols):
    page.goto(f"/collect?set={symbols.name}&owner={symbols.owner}")
    phones = {"Ada": phone(symbols.name), "Bo": phone(symbols.name)}
    for nickname, mine in phones.items():
        mine.get_by_label("Nickname").fill(nickname)
        for turn in range(6):
            circle(mine, 0.1 + 0.05 * turn)
            add(mine, "sun" if turn % 2 else "moon")
            expect(said(mine)).to_contain_text("You have added")
    expect(page.get_by_role("button", name=re.compile("^Remove (sun|moon) by"))).to_have_count(12)
    page.get_by_role("button", name="Train on these").click()
    page.wait_for_url(re.compile(r"/train\?dataset=own"))
    train_here(page, epochs=10)
    page.get_by_label("Find", exact=True).fill("ada")
    page.get_by_label("Find", exact=True).press("Enter")
    expect(page.get_by_text(re.compile(r"^6 images match and are ringed; this is the \d[a-z]{2}\.$"))).to_be_visible()
    expect(page.get_by_text(re.compile("Image \\d+, “(sun|moon)”, Ada"))).to_be_visible()
