"""What the browser's code says of what Python hands over is what Python says of it."""

import re
from importlib import import_module
from typing import get_args, is_typeddict

import pytest

from vaelab.export.modules import ASSETS

#: At the head of a module, that a type is one of Python's.
CLAIM = re.compile(r"^ \* .*`(\w+)` of ((?:pages|vaelab)/[\w/]+)\.py", re.MULTILINE)
CLAIMS = sorted(
    (str(path.relative_to(ASSETS)), *claim)
    for path in ASSETS.rglob("*.js")
    for claim in CLAIM.findall(path.read_text("utf-8"))
)


def keys_of(text, name):
    """The keys of a type that a module's comments define, those of what it extends included."""
    text = re.sub(r"\n \*(?! *@) *", " ", text)  # a definition may take several lines
    definition = re.search(rf"@typedef \{{(.*)\}} {name}\b(.*(?:\n \* @property .*)*)", text)
    assert definition, f"no {name} is defined"
    written, properties = definition.groups()
    keys = set(re.findall(r"@property \{.*?\} \[?(\w+)", properties))
    keys |= set(re.findall(r"(?:\{|, ) *(\w+)\??: ", written))
    if written.startswith("Classes &"):
        keys |= keys_of((ASSETS / "lessons/stage/mount.js").read_text("utf-8"), "Classes")
    return keys


def test_types_of_models_maps_and_figures_are_among_them():
    names = {name for _, name, _ in CLAIMS}
    assert {"ModelSpec", "MapSpec", "FigureSpec", "Classes", "BetaSpec"} <= names


@pytest.mark.parametrize(("file", "name", "module"), CLAIMS)
def test_both_sides_have_the_same_keys(file, name, module):
    ours = getattr(import_module(module.replace("/", ".")), name)
    # A union, of layers for instance, is taken apart.
    members = [ours] if is_typeddict(ours) else get_args(ours)
    assert members
    text = (ASSETS / file).read_text("utf-8")
    for member in members:
        assert is_typeddict(member)
        assert keys_of(text, member.__name__) == set(member.__annotations__)
