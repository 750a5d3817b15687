"""Torch, and whatever else takes seconds to import, waits until something needs it."""

import json
import pkgutil
import subprocess
import sys

import pytest

from pages import PAGES
from vaelab import evaluation
from vaelab.evaluation import held_out

TORCH = {"torch", "torchvision"}
HEAVY = TORCH | {"sklearn", "skimage", "scipy", "umap", "distributed"}
#: Modules of measures that run a model themselves.
OF_MODELS = {"bounds", "full", "gap", "held_out"}

LOOK = """
import importlib, json, sys
from pages._ui import frame
frame.show = lambda *page: None  # to import a page is to run it
imported = {}
for name in sys.argv[1:]:
    importlib.import_module(name)
    imported[name] = sorted(sys.modules)
print(json.dumps(imported))
"""


def imported_by(names):
    """What an interpreter has imported after each of these modules, one after the other."""
    found = subprocess.run([sys.executable, "-c", LOOK, *names], capture_output=True, text=True, check=True)
    return {name: set(modules) for name, modules in json.loads(found.stdout).items()}


def test_measures_of_arrays_import_no_torch():
    modules = [found.name for found in pkgutil.iter_modules(evaluation.__path__)]
    assert set(modules) > OF_MODELS
    names = [f"vaelab.evaluation.{name}" for name in modules if name not in OF_MODELS]
    for name, loaded in imported_by(names).items():
        assert not TORCH & loaded, name


def test_no_page_imports_torch_before_a_model_is_used():
    for name, loaded in imported_by([f"pages.{page.name}" for page in PAGES]).items():
        assert not HEAVY & loaded, name


CHART = """
import sys, threading
from pages._ui import frame

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            begun.set()
        if name == "pandas.core.api":  # in the midst of it
            drawn.wait(20)

sys.meta_path.insert(0, Slow())
begun, drawn = threading.Event(), threading.Event()
threading.Thread(target=lambda: __import__("sklearn") and begun.set()).start()
begun.wait(20)
try:
    from plotly.graph_objects import Figure
    Figure().add_scatter(x=[1], y=[2])
finally:
    drawn.set()
"""


def test_a_chart_is_drawn_while_another_page_imports_scikit_learn():
    """Plotly fails in the midst of pandas's import, which pages therefore have behind them."""
    done = subprocess.run([sys.executable, "-c", CHART], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_imported_late_is_found_under_its_short_name():
    assert evaluation.evaluate is held_out.evaluate
    assert evaluation.Evaluation is held_out.Evaluation
    with pytest.raises(AttributeError, match="has no attribute 'evalute'"):
        _ = evaluation.evalute
