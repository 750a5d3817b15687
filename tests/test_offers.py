"""What is large is offered to the browser, which fetches it: a map over a slow line waits for nothing else."""

import json
from hashlib import sha256

import pytest

from pages._ui import browser_files, offers, resources
from tests.test_delivery import fetch
from vaelab.sharing import live

#: Of all that a page's mounts are sent, in bytes: most of it is their code.
MOST = 800_000
PAGES = {
    "home.py": {"model-for-browser": "home-map"},
    "explore.py": {"model-for-browser": "latent-map"},
    "interpolate.py": {"model-for-browser": "interpolation-map"},
    "compare.py": {"model-for-browser-0": "compare-map-0", "model-for-browser-1": "compare-map-1"},
    "learn.py": {"model-for-browser-ae": ""},
}


def mounts(block):
    """What components are sent, by their keys."""
    if getattr(block, "type", "") == "bidi_component":
        yield block.proto.id.split("-", 2)[-1], block.proto
    for child in getattr(block, "children", {}).values():
        yield from mounts(child)


def offered(app, what):
    """What is offered of models or of maps' images: by key, its name and the chart that comes first."""
    return {key: json.loads(sent.json) for key, sent in mounts(app.main) if key.startswith(what) and sent.json}


@pytest.mark.parametrize("script", PAGES)
def test_a_page_offers_its_models_after_its_maps(launch, script):
    app = launch(script)
    found = offered(app, "model-for-browser")
    assert {key: offer["after"] for key, offer in found.items()} == PAGES[script]
    assert sum(sent.ByteSize() for _, sent in mounts(app.main)) < MOST


def test_what_a_page_is_offered_is_at_the_address_that_it_is_told(launch):
    app = launch("home.py")
    run = resources.fresh(resources.example("mnist-2d"))
    data, projection = resources.images_of(run), resources.made(run, "plane")
    name = live.thumbnails_name(data, projection.indices)
    files = {
        "model-for-browser": (live.model_name(run), browser_files.browser_model(run)),
        "thumbnails-home-map": (name, browser_files.browser_thumbnails(name, data, projection.indices)),
    }
    for what, (name, file) in files.items():
        (offer,) = offered(app, what).values()
        assert offer["name"] == name
        headers, body = fetch(offer["address"].removeprefix("."))
        assert body == file
        assert "immutable" in headers["cache-control"]


def test_each_file_has_an_address_of_its_own_and_the_oldest_give_way(monkeypatch):
    monkeypatch.setattr(offers, "MOST_BYTES", 10)
    monkeypatch.setattr(offers, "_files", type(offers._files)())
    first, second = offers.offer(b"four"), offers.offer(b"more")
    assert first != second
    assert offers.offer(b"four") == first  # used last
    offers.offer(b"three")
    found = [offers.offered(address.rpartition("/")[2]) for address in (first, second)]
    assert found == [b"four", None]


def test_what_is_not_offered_is_not_found():
    headers, body = fetch("/offered/../app.py")
    assert body == b"This is offered no longer."
    assert "cache-control" not in headers


def test_what_is_offered_lies_below_the_path_that_the_app_is_served_under(monkeypatch):
    monkeypatch.setattr("pages._ui.delivery.st.get_option", {"server.baseUrlPath": "/lab"}.get)
    assert fetch(f"/lab{offers.offer(b'a model').removeprefix('.')}")[1] == b"a model"


def test_what_is_offered_to_be_made_is_made_once_a_page_wants_it():
    made = []

    def make():
        made.append(1)
        return b"late"

    address = offers.offer_to_make("a run, epoch 3", make)
    assert address == offers.offer_to_make("a run, epoch 3", make)
    assert address != offers.offer_to_make("a run, epoch 4", make)
    assert not made
    digest = address.rpartition("/")[2]
    assert offers.offered(digest) == offers.offered(digest) == b"late"
    assert len(made) == 1


def test_offers_to_make_have_an_end(monkeypatch):
    monkeypatch.setattr(offers, "MOST_TO_MAKE", 3)
    first, *_, last = [offers.offer_to_make(f"one of many, {i}", lambda: b"one of many") for i in range(6)]
    assert offers.offered(first.rpartition("/")[2]) is None
    assert offers.offered(last.rpartition("/")[2]) == b"one of many"


def test_nobody_can_tell_an_address_from_what_it_is_of():
    digest = offers.offer_to_make("a run", lambda: b"").rpartition("/")[2]
    assert digest not in {sha256(text).hexdigest() for text in (b"a run", b" a run", b"")}
