"""Collect without a browser: sets are opened, watched and closed, and what is wrong is a sentence."""

import base64
import uuid
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st

from pages._ui import reach
from pages._ui.drawing_pad import _answer
from pages._ui.text import plain
from tests.app_steps import query
from vaelab import collecting
from vaelab.datasets import load_dataset
from vaelab.export import modules


@pytest.fixture(autouse=True)
def visitor(tmp_path, monkeypatch):
    """Somebody who reaches the app from another machine."""
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(type(st.context), "url", property(lambda self: "http://10.0.0.5:8501/collect"))


@pytest.fixture
def symbols():
    return collecting.open_set("symbols", ["sun", "moon"], title="Draw a symbol")


def fill(count):
    for number in range(count):
        image = np.full((28, 28), 255, np.uint8)
        image[number % 28, 3:20] = 0
        collecting.add_drawing("symbols", uuid.uuid4().hex, image, "sun", "Ada")


def look_after(launch, found):
    return launch("collect.py", set=found.name, owner=found.owner)


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def components(app):
    """What draws itself; that of the frame is on every page."""
    names = [element.proto.component_name for element in app.get("bidi_component")]
    return [name for name in names if name != "browser"]


def pictures(app):
    return len(app.get("image"))


# --- Opening ------------------------------------------------------------------------------------


def test_a_set_is_opened_with_what_was_written(launch):
    app = launch("collect.py")
    app.text_input(key="collect-name").set_value("symbols")
    app.text_input(key="collect-title").set_value("Draw a symbol")
    app.text_area(key="collect-classes").set_value("sun, moon\nstar")
    app.segmented_control(key="collect-size").set_value(64)
    app.toggle(key="collect-others").set_value(False)
    press(app, "Open the set")
    found = collecting.find_set("symbols")
    assert (found.classes, found.size, found.others_allowed) == (("sun", "moon", "star"), 64, False)
    assert query(app) == {"set": "symbols", "owner": found.owner}
    assert not app.error
    assert app.text_input(key="collect-address-symbols").value == "http://10.0.0.5:8501/collect?set=symbols"
    assert "arrivals" in components(app)[-1]


@pytest.mark.parametrize(
    ("name", "said"), [("", "Give the set a name"), ("a/b", "cannot be called"), ("symbols", "already a set")]
)
def test_a_name_that_will_not_do_is_told_so(launch, symbols, name, said):
    app = launch("collect.py")
    app.text_input(key="collect-name").set_value(name)
    press(app, "Open the set")
    assert said in app.error[0].value
    assert query(app) == {}


def test_whoever_opened_a_set_finds_it_again(launch, symbols):
    app = launch("collect.py")
    assert not [button for button in app.button if button.label == "Look"]  # another visitor's
    app.text_input(key="collect-name").set_value("sky")
    press(press(app, "Open the set"), "All sets")
    assert query(app) == {}
    press(app, "Look")
    assert query(app)["set"] == "sky"


def test_whoever_sits_at_the_machine_finds_all_sets(launch, symbols, monkeypatch):
    monkeypatch.setattr(reach, "at_the_machine", lambda: True)
    app = press(launch("collect.py"), "Look")
    assert query(app) == {"set": "symbols", "owner": symbols.owner}


@pytest.mark.parametrize(
    ("url", "address", "headers", "is_here"),
    [
        ("http://localhost:8501/collect", None, {}, True),
        ("http://127.0.0.1:8501/collect", None, {}, True),
        ("http://localhost:8501/collect", "10.0.0.7", {}, False),
        ("http://10.0.0.5:8501/collect", None, {}, False),
        ("http://localhost:8501/collect", None, {"X-Forwarded-For": "10.0.0.7"}, False),
        (None, None, {}, False),
    ],
)
def test_who_sits_at_the_machine(monkeypatch, url, address, headers, is_here):
    context = SimpleNamespace(url=url, ip_address=address, headers=headers)
    monkeypatch.setattr(st, "context", context)
    assert reach.at_the_machine() is is_here


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8501/collect?x=1", "http://10.0.0.5:8501/collect?set=sky%207b"),
        ("http://127.0.0.1/base/collect", "http://10.0.0.5/base/collect?set=sky%207b"),
        ("https://lab.example/collect", "https://lab.example/collect?set=sky%207b"),
    ],
)
def test_phones_are_sent_where_they_reach_this_machine(monkeypatch, url, expected):
    monkeypatch.setattr(st, "context", SimpleNamespace(url=url))
    monkeypatch.setattr(reach, "_own_ip", lambda: "10.0.0.5")
    assert reach.from_phones({"set": "sky 7b"}) == expected


# --- A set as it grows --------------------------------------------------------------------------


def test_a_wrong_secret_opens_nothing(launch, symbols):
    app = launch("collect.py", set="symbols", owner="guessed")
    assert "not the one shown" in app.error[0].value
    assert not app.button
    assert not components(app)


def test_closing_and_opening_again(launch, symbols):
    app = press(look_after(launch, symbols), "Close the set")
    assert not collecting.find_set("symbols").is_open
    assert "closed" in app.info[0].value
    press(app, "Open it again")
    assert collecting.find_set("symbols").is_open
    assert not app.info


def test_too_few_drawings_are_no_dataset_yet(launch, symbols):
    fill(3)
    app = look_after(launch, symbols)
    assert next(button for button in app.button if button.label == "Train on these").disabled
    assert [caption.value for caption in app.caption if "to go" in caption.value] == [
        "7 more drawings to go before training."
    ]
    fill(6)
    app.run()
    assert any("1 more drawing to go" in caption.value for caption in app.caption)


def test_what_to_do_first_where_a_set_is_open(launch, symbols):
    assert "Show the code" in look_after(launch, symbols).markdown[1].value
    assert "Open a set" in launch("collect.py").markdown[1].value


def test_a_presentation_shows_the_address_for_phones_beside_its_code(launch, symbols):
    address = plain("http://10.0.0.5:8501/collect?set=symbols")
    large = launch("collect.py", set=symbols.name, owner=symbols.owner, present="true")
    assert f"## {address}" in [element.value for element in large.markdown]
    assert f"## {address}" not in [element.value for element in look_after(launch, symbols).markdown]


def test_training_on_these_keeps_them(launch, symbols):
    fill(12)
    app = look_after(launch, symbols)
    next(button for button in app.button if button.label == "Train on these").click().run()
    assert len(load_dataset("own/symbols")) == 12
    assert not app.exception
    assert app.markdown[0].value == "# Train"


def test_a_deleted_set_leads_back_to_the_others(launch, symbols):
    app = press(look_after(launch, symbols), "Delete the set")
    assert query(app) == {}
    assert not app.error
    assert collecting.list_sets() == []


@pytest.mark.parametrize("address", ["ftp://x", "http://a b", "", "javascript:alert(1)"])
def test_an_address_that_no_phone_can_open_has_no_code(launch, symbols, address):
    app = look_after(launch, symbols)
    assert pictures(app) == 1
    app.text_input(key="collect-address-symbols").set_value(address).run()
    assert "begins with http" in app.error[0].value
    assert pictures(app) == 0


# --- On a phone ---------------------------------------------------------------------------------


def test_a_phone_is_shown_the_paper_and_nothing_else(launch, symbols):
    app = launch("collect.py", set="symbols")
    assert len(components(app)) == 1
    assert not [*app.button, *app.toggle, *app.markdown]


@pytest.mark.parametrize("name", ["nothing", "../symbols", "", "%00"])
def test_a_set_that_is_not_there_is_a_sentence(launch, name):
    app = launch("collect.py", set=name)
    assert "There is no such set" in app.info[0].value
    assert not components(app)
    app = launch("collect.py", set=name, owner="x")
    assert "There is no such set" in app.error[0].value


def test_a_closed_set_is_a_sentence(launch, symbols):
    collecting.set_open("symbols", False)
    app = launch("collect.py", set="symbols")
    assert "closed" in app.info[0].value
    assert not components(app)


def sent(**changes):
    image = bytes([255] * 783 + [0])
    drawing = {"id": "0" * 32, "image": base64.b64encode(image).decode(), "label": "sun", "nickname": "Ada"}
    return {"turn": 1, "drawings": [drawing | changes]}


def take(*drawing):
    collecting.add_drawing("symbols", *drawing)


def test_what_a_phone_sends_is_answered_and_kept_once(symbols):
    for _ in range(2):
        assert _answer(sent(), 28, take) == {"0" * 32: ""}
    (found,) = collecting.list_drawings("symbols")
    assert (found.label, found.nickname) == ("sun", "Ada")
    assert found.image.sum() == 783 * 255


@pytest.mark.parametrize(
    "outbox",
    [
        *(
            None,
            7,
            "drawings",
            [],
            {},
            {"drawings": 3},
            {"drawings": "abc"},
            {"drawings": [None, 3, [], {}, {"id": 4}]},
        ),
        *(sent(id=None), sent(image=7), sent(label=["sun"]), sent(nickname={})),
    ],
)
def test_what_is_no_outbox_is_passed_over(symbols, outbox):
    assert _answer(outbox, 28, take) == {}
    assert collecting.count_drawings("symbols") == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image": ""}, "did not arrive complete"),
        ({"image": "é" * 30}, "did not arrive complete"),
        ({"image": "AAAA" * 10**6}, "did not arrive complete"),
        ({"image": base64.b64encode(bytes(784)).decode()}, "nothing on the paper"),
        ({"id": "../../set"}, "32 hexadecimal digits"),
        ({"label": ""}, "choose a class"),
        ({"nickname": "x" * 31}, "at most 30"),
    ],
)
def test_what_cannot_be_kept_is_answered_with_a_sentence(symbols, changes, said):
    (answer,) = _answer(sent(**changes), 28, take).values()
    assert said in answer
    assert answer.endswith(".")
    assert collecting.count_drawings("symbols") == 0


def test_the_paper_on_a_phone_neither_scrolls_nor_enlarges_the_page():
    style = modules.read("collect/pad.css")
    assert "touch-action: none" in style
    assert "max(1rem, 16px)" in style
