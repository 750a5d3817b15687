"""What is large is offered to the browser, and sent once that asks: a map over a slow line waits for nothing else."""

import json

import pytest

#: Of all that a page's mounts are sent unasked, in bytes: most of it is their code.
MOST = 700_000
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


def offers(app, what):
    """What is offered of models or of maps' images: by key, its name and the chart that comes first."""
    return {key: json.loads(sent.json) for key, sent in mounts(app.main) if key.startswith(what) and sent.json}


@pytest.mark.parametrize("script", PAGES)
def test_a_page_offers_its_models_after_its_maps(launch, script):
    app = launch(script)
    found = offers(app, "model-for-browser")
    assert {key: offer["after"] for key, offer in found.items()} == PAGES[script]
    assert sum(sent.ByteSize() for _, sent in mounts(app.main)) < MOST


@pytest.mark.parametrize("what", ["model-for-browser", "thumbnails-home-map"])
def test_what_is_asked_for_is_sent_until_it_is_there(launch, what):
    app = launch("home.py")
    ((key, offer),) = offers(app, what).items()
    app.session_state[key] = {"wanted": offer["name"]}
    app.run()
    assert len(dict(mounts(app.main))[key].bytes) > 500_000
    app.session_state[key] = {"wanted": None}
    app.run()
    assert offers(app, what) == {key: offer}


def test_what_was_asked_for_of_another_model_is_not_sent(launch):
    app = launch("home.py")
    app.session_state["model-for-browser"] = {"wanted": "another@1"}
    app.run()
    assert offers(app, "model-for-browser")
