"""The list of pages is that of the files, and the menu's, the benchmark's and the frame's."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from benchmarks import app as benchmark
from pages import PAGES
from tests.patience import SECONDS

ROOT = Path(__file__).parents[1]


def test_every_page_is_in_the_list_and_the_other_way_round():
    files = {f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py")} - {"pages/__init__.py"}
    assert sorted(page.path for page in PAGES) == sorted(files)


def test_pages_differ_in_what_tells_them_apart():
    for what in ("address", "title", "heading", "icon", "first"):
        assert len({getattr(page, what) for page in PAGES}) == len(PAGES), what


def test_the_benchmark_visits_every_page_of_the_menu():
    assert set(benchmark.SELECTORS) == {page.title for page in PAGES if page.in_menu}


def test_a_page_that_the_app_opens_is_headed_as_the_list_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS).run()
    page = PAGES[0]
    assert [block.value for block in app.markdown[:2]] == [f"# {page.heading}", page.first]
