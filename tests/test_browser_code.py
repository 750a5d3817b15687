"""What the browser is handed as one text is what its modules say."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from vaelab.export.modules import ASSETS, join, read

ROOT = ASSETS.parent
#: What Streamlit mounts has a default export; what tests and benchmarks load, a list of exports.
ENTRIES = sorted(
    path
    for folder in ("assets", "benchmarks", "tests/js")
    for path in (ROOT / folder).rglob("*.js")
    if re.search(r"^export (?:default|\{)", path.read_text("utf-8"), re.MULTILINE)
)
entries = pytest.mark.parametrize("entry", ENTRIES, ids=[str(path.relative_to(ROOT)) for path in ENTRIES])
#: What components are shown with; a file that is opened by itself has its code in it.
MARKUP = sorted(path for path in ASSETS.rglob("*.html") if path.parent.name != "explorer")
#: What a line at the left edge defines; several names where a pattern is taken apart.
DEFINITION = re.compile(
    r"^(?:export )?(?:default )?(?:async )?(?:const|let|var|class|function\*?) +(\w+|[{\[][^=]*)",
    re.MULTILINE,
)


def defined(text):
    """Names that a module defines at its top, as the formatter has it: at the left edge."""
    return [name for match in DEFINITION.findall(text) for name in re.findall(r"\w+", match)]


def test_there_are_entries():
    names = {str(path.relative_to(ROOT)) for path in ENTRIES}
    assert {"assets/latent_canvas/mount.js", "assets/linked_selection/mount.js"} <= names


@entries
def test_no_name_is_defined_twice(entry):
    names = defined(join(entry))
    assert "mount" in names or len(names) > 3
    assert sorted(names) == sorted(set(names))


@entries
def test_what_is_joined_is_a_module_by_itself(entry):
    text = join(entry)
    assert not re.search(r"^import\b(?! *[.(])", text, re.MULTILINE)
    whole = entry.read_text("utf-8")
    for exported in re.findall(r"^export .*", whole, re.MULTILINE):
        assert exported in text
    assert len(re.findall(r"^export\b", text, re.MULTILINE)) == len(re.findall(r"^export\b", whole, re.MULTILINE))


@entries
@pytest.mark.skipif(shutil.which("node") is None, reason="node parses modules")
def test_what_is_joined_parses(entry, tmp_path):
    file = tmp_path / "joined.mjs"
    file.write_text(join(entry), "utf-8")
    checked = subprocess.run(["node", "--check", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


# --- How modules are put together ---------------------------------------------------------------


def write(folder, **modules):
    """Write modules ``name.js``; the path of the first."""
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, "utf-8")
    return folder / f"{next(iter(modules))}.js"


def test_each_module_comes_once_and_after_what_it_imports(tmp_path):
    entry = write(
        tmp_path,
        a='import { b } from "./b.js";\nimport {\n  c,\n} from "./c.js";\nexport default b;\n',
        b='import { c } from "./c.js";\nexport const b = c + 1;\n',
        c="export const c = 1;\nexport function d() {}\n",
    )
    lines = ["const c = 1;", "function d() {}", "const b = c + 1;", "export default b;"]
    assert [line for line in join(entry).splitlines() if line] == lines


def test_a_meta_property_is_no_import(tmp_path):
    entry = write(tmp_path, a="export const here = \nimport.meta.url;\n")
    assert join(entry) == entry.read_text()


@pytest.mark.parametrize(
    ("modules", "named"),
    [
        ({"a": 'import { b } from "./b.js";\n'}, "no module"),
        ({"a": 'import { b } from "./b.js";\n', "b": 'import { a } from "./a.js";\n'}, "in a circle"),
        ({"a": 'import { a } from "./a.js";\n'}, "in a circle"),
        ({"a": 'import b from "./b.js";\n', "b": "export default 1;\n"}, "import b from"),
        ({"a": 'import * as b from "./b.js";\n', "b": ""}, r"import \* as b"),
        ({"a": 'import { b as c } from "./b.js";\n', "b": ""}, "b as c"),
        ({"a": 'import "./b.js";\n', "b": ""}, 'import "./b.js"'),
        ({"a": 'import { b } from "b";\n'}, "import { b } from"),
        ({"a": 'import { b } from "./b";\n', "b": ""}, "import { b } from"),
        ({"a": 'export { b } from "./b.js";\n', "b": ""}, "export { b } from"),
        ({"a": 'export * from "./b.js";\n', "b": ""}, r"export \* from"),
        ({"a": 'import { b } from "./b.js";\n', "b": "const b = 1;\nexport { b };\n"}, "export { b }"),
        ({"a": 'import { b } from "./b.js";\n', "b": "export default 1;\n"}, "export default 1"),
    ],
)
def test_what_cannot_be_joined_is_refused_in_a_sentence(tmp_path, modules, named):
    with pytest.raises(ValueError, match=named) as refusal:
        join(write(tmp_path, **modules))
    assert str(refusal.value).endswith(".")


def test_style_sheets_are_read_one_after_another(monkeypatch, tmp_path):
    monkeypatch.setattr("vaelab.export.modules.ASSETS", tmp_path)
    (tmp_path / "a.css").write_text("a")
    (tmp_path / "b.css").write_text("b")
    assert read("a.css", "b.css") == "a\nb"


def test_no_module_is_long():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in Path(ASSETS).rglob("*.js")
        if (lines := path.read_text("utf-8").count("\n")) >= 250
    }
    assert not long


class Reachable(HTMLParser):
    """Counts the controls of a component's markup that are neither hidden nor inert."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.controls = 0

    def handle_starttag(self, tag, attrs):
        away = {"hidden", "inert"} & dict(attrs).keys() or any(self.open)
        self.controls += tag in {"button", "input", "select", "textarea", "summary"} and not away
        if tag not in {"br", "img", "input", "path", "polygon"}:
            self.open.append(bool(away))

    def handle_endtag(self, tag):
        self.open.pop()


@pytest.mark.parametrize("markup", MARKUP, ids=[str(path.relative_to(ASSETS)) for path in MARKUP])
def test_no_control_can_be_used_before_its_code_is_there(markup):
    # Streamlit shows the markup at once, and runs the code as soon as that is loaded.
    parser = Reachable()
    parser.feed(markup.read_text("utf-8"))
    assert parser.open == []
    assert parser.controls == 0
