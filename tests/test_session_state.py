"""Each key of the session's state belongs to one file, as ``pages/_ui/state.py`` says."""

import ast
import re
from itertools import combinations
from pathlib import Path

PAGES = Path(__file__).parents[1] / "pages"
#: Keys that their callers choose: of a control in the URL, of a chart that was clicked, and of images to pick from.
CALLERS = {
    ("control_state.py", "key"),
    ("controls.py", "key"),
    ("state.py", "chart_key"),
    ("image_picker.py", "key"),
    ("kit.py", "key"),
    ("latent_canvas.py", "key"),
}


class Keys(ast.NodeVisitor):
    """The keys that a file uses, with ``{}`` for what is only known when it runs."""

    def __init__(self, file):
        self.file, self.keys = file.name, set()
        self.values, self.functions = {}, {}
        tree = ast.parse(file.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                self.functions[node.name] = node
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self.note(target, node.value)
        self.visit(tree)

    def note(self, target, value):
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for pair in zip(target.elts, value.elts, strict=True):
                self.note(*pair)
        elif isinstance(target, ast.Name):
            self.values.setdefault(target.id, []).append(value)

    def read(self, node, known=()):
        """What a key may be; ``known`` are the values of a function's parameters."""
        known = dict(known)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return {node.value}
        if isinstance(node, ast.JoinedStr):
            parts = [self.part(part, known) for part in node.values]
            return {"".join(parts)}
        if isinstance(node, ast.Name) and node.id in self.values:
            found = set().union(*(self.read(value) for value in self.values[node.id]))
            return {key for key in found if key is not None} or {None}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            function = self.functions.get(node.func.id)
            if function is not None and isinstance(function.body[-1], ast.Return):
                names = [argument.arg for argument in function.args.args]
                given = {
                    name: next(iter(self.read(value, known))) for name, value in zip(names, node.args, strict=False)
                }
                return self.read(function.body[-1].value, given)
        return {None}

    def part(self, node, known):
        if isinstance(node, ast.Constant):
            return node.value
        name = node.value.id if isinstance(node.value, ast.Name) else None
        return known.get(name) or "{}"

    def use(self, node):
        for key in self.read(node):
            if key is None:
                name = (self.file, ast.unparse(node))
                assert name in CALLERS, f"{self.file}:{node.lineno}: of which widget or page is it?"
            else:
                self.keys.add(key)

    def visit_Subscript(self, node):
        if ast.unparse(node.value) == "st.session_state":
            self.use(node.slice)
        self.generic_visit(node)

    def visit_Call(self, node):
        if re.fullmatch(r"st\.session_state\.(get|pop|setdefault)", ast.unparse(node.func)):
            self.use(node.args[0])
        self.generic_visit(node)

    def visit_Compare(self, node):
        if ast.unparse(node.comparators[0]) == "st.session_state":
            self.use(node.left)
        self.generic_visit(node)


def meet(one, other):
    """Whether two keys may be the same."""

    def matches(pattern, key):
        pattern = re.escape(pattern).replace(re.escape("{}"), ".*")
        return re.fullmatch(pattern, key.replace("{}", "x"))

    return bool(matches(one, other) or matches(other, one))


def test_each_key_belongs_to_one_file():
    files = {file: Keys(file).keys for file in sorted(PAGES.rglob("*.py"))}
    used = {file: keys for file, keys in files.items() if keys}
    assert len(used) > 10
    assert "wanted-run" in used[PAGES / "_ui" / "state.py"]
    assert "image:{}" in used[PAGES / "_ui" / "state.py"]
    shared = [
        (f"{one.name}: {key}", f"{other.name}: {another}")
        for (one, keys), (other, others) in combinations(used.items(), 2)
        for key in keys
        for another in others
        if meet(key, another)
    ]
    assert not shared


def test_keys_that_may_be_the_same_are_recognized():
    assert meet("image:{}", "image:{}")
    assert meet("image:{}", "image:digits")
    assert not meet("image:{}", "label:{}")
