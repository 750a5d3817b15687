"""What people wrote is text: each page shows it letter by letter, whatever markdown or HTML would make of it."""

import re

import numpy as np
import pytest
from google.protobuf.message import Message

from pages import PAGES
from pages._ui.widgets import plain
from vaelab.config import TrainConfig
from vaelab.datasets import ImageDataset, load_dataset, save_own
from vaelab.training.running import train

#: Each would become something else: markdown, mathematics, an emoji, an icon, an entity, HTML.
ODD = "β=4 *new* $2 or $3 :smile: :material/pets: &amp; <i>so</i>"

#: Fields that are shown as they are: what one chooses from, types in, or is sent.
AS_IT_IS = re.compile(
    r"(selectbox|multiselect|text_?input|text_area)\.(options|default|value|raw_value|set_value)"
    r"|\.(id|key|url|query_params|data|src|html_id|element_id|form_id|placeholder|json|js|alt)$"
)


def texts(message, where=""):
    """Every string in a proto, with the names of the fields that lead to it."""
    for field, value in message.ListFields():
        path = f"{where}.{field.name}"
        for each in value if field.is_repeated else [value]:
            if isinstance(each, Message):
                yield from texts(each, path)
            elif isinstance(each, str):
                yield path, each


def protos(block):
    """The protos of a page, in order."""
    for child in getattr(block, "children", {}).values():
        if getattr(child, "proto", None) is not None:
            yield type(child).__name__, child.proto
        yield from protos(child)


def wrong(app):
    """Where the odd text is not as it must be."""
    for name, proto in protos(app._tree):
        for path, text in texts(proto, name.lower()):
            if path.endswith(".spec") or path == "html.body":  # Plotly reads HTML, too
                marks, shown = ("<i>so",), text.replace(r"\u003c", "<").replace(r"\u003e", ">")
            else:
                marks, shown = ("*new*", ":material/pets"), "" if AS_IT_IS.search(path) else text.replace(r"\*", "-")
            for mark in marks:
                if mark in shown:
                    yield path, shown[max(0, shown.find(mark) - 70) :][:140]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A data and a runs folder where everything that a person can name is named oddly."""
    data, runs = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("runs")
    digits = load_dataset("digits")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAELAB_DATA", str(data))
        patch.setenv("VAELAB_RUNS", str(runs))
        images = ImageDataset.of(
            digits.images[:300],
            np.array([f"{digit} {ODD}" for digit in digits.labels[:300]]),
            factors=digits.images[:300].reshape(300, -1).mean(1, keepdims=True),
            factor_names=(f"ink {ODD}",),
            image_names=[f"{number} [x](y) <b> {ODD}" for number in range(300)],
            description=f"Drawn for {ODD}.",
        )
        name = save_own(images, "odd", title=ODD)
        for settings in ({}, {"model": "ae"}, {"corruption": "gaussian", "corruption_strength": 0.3}, {"beta": 400}):
            config = TrainConfig(dataset=name, epochs=1, hidden=(16,), **settings)
            run = train(config, run_dir=runs / f"odd-{len(list(runs.iterdir()))}")
            run.rename(f"{len(list(runs.iterdir()))} {ODD}")
    return data, runs


@pytest.mark.parametrize("script", [page.path.removeprefix("pages/") for page in PAGES])
def test_a_page_shows_what_people_wrote_letter_by_letter(launch, folders, monkeypatch, script):
    data, runs = map(str, folders)
    monkeypatch.setenv("VAELAB_DATA", data)
    monkeypatch.setenv("VAELAB_RUNS", runs)
    queries = [{"run": "odd-0", "dataset": "own/odd", "images": "own/odd", "watch": "odd-0", "runs": "odd-0"}]
    queries += [{"run": "odd-3", "find": f"nobody {ODD}"}, {"run": f"no such {ODD}", "lesson": ODD}]
    queries += [{"run": "odd-0", "live": "false", "image": "7", "find": "7 [x]"}]
    found = [problem for query in queries for problem in wrong(launch(script, **query))]
    assert not found, "\n".join(f"{path}: {text}" for path, text in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("7 [X](y) <b>", "30 images match and are ringed; this is the 1st."),
        ("7 (x)(y) ‹b›", "30 images match and are ringed; this is the 1st."),  # as such names were once kept
        ("123 [x](y) <b>", "One image matches and is ringed."),
        ("7 [y]", None),
    ],
)
def test_a_file_is_found_by_its_own_name(launch, folders, monkeypatch, text, words):
    data, runs = map(str, folders)
    monkeypatch.setenv("VAELAB_DATA", data)
    monkeypatch.setenv("VAELAB_RUNS", runs)
    app = launch(run="odd-0", find=text)
    said = [each.value for each in app.markdown if "ringed" in each.value]
    assert said == ([words] if words else [])
    if words and words.startswith("30"):
        app.button(key="next-found").click().run()
        assert any("; this is the 2nd." in each.value for each in app.markdown)
    assert bool(app.toast) == (words is None)


def test_text_is_written_so_that_markdown_shows_it():
    assert plain("a_b *c* [d](e) $x$ :smile: <i> # `f` ~g~ 1. &amp; www.x.y") == (
        r"a\_b \*c\* \[d\]\(e\) \$x\$ \:smile\: \<i\> \# \`f\` \~g\~ 1\. \&amp; www\.x\.y"
    )


def test_what_streamlit_replaces_in_the_text_itself_is_kept_apart():
    """A backslash is gone by the time that it looks for these."""
    for text in (":material/home:", ":material_home:", ":streamlit:", "->", "<-", "<->", "--", ">=", "<=", "~="):
        shown = plain(f"a {text} b").replace("\\", "")
        assert text not in shown
        assert shown.replace("\u2060", "") == f"a {text} b"
    for text in ("a->b", "--size", "x >== y", ":material", "a - b"):
        assert "\u2060" not in plain(text)
