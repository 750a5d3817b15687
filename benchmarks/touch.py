"""Seconds from a press on Train to its answer: pause, a step, slow motion, another beta, in Chromium."""

from __future__ import annotations

import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._measure import print_table
from benchmarks.app import PEER, ROOT, end_server, open_server

__all__ = ["main"]

ROUNDS = 8
#: Counts presses.
MORE = """
st.session_state.n = st.session_state.get("n", 0) + st.button("More")
st.text(f"n {st.session_state.n}")
"""


def main() -> None:
    """Print the table, each a ratio to an app of one button and one number."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("This drives Debian's chromium: apt-get install -y chromium.")
    seconds: dict[str, list[float]] = {}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium)  # Train draws without WebGL
        peer = Path(folder) / "peer.py"
        peer.write_text(PEER + MORE)
        _, server, page = open_server(browser, peer, '[data-testid="stMetric"]', folder)
        for number in range(1, ROUNDS + 1):
            _press(page, seconds, "an app of one button", lambda: _button(page, "More"), f"^n {number}$")
        end_server(server, page)
        _, server, page = open_server(browser, ROOT / "app.py", ".js-plotly-plot .nsewdrag", folder)
        page.goto(f"{page.url.partition('?')[0].rstrip('/')}/train?dataset=digits&epochs=10000&hidden=32")
        _button(page, "Start training")
        page.get_by_text(re.compile("^Running · [1-9]")).wait_for(timeout=90_000)
        page.get_by_role("img", name="Images and their reconstructions").wait_for()
        page.wait_for_timeout(2000)
        for number in range(ROUNDS):
            _touch(page, seconds, beta=2 + number)
        _button(page, "Stop")
        page.get_by_text(re.compile("^Stopped ·")).wait_for()
        end_server(server, page)
        browser.close()
    theirs = statistics.median(seconds["an app of one button"])
    print_table(
        f"From a press to its answer on the page, {ROUNDS} times each",
        ("what", "median, s", "slowest, s", "to an app of one button"),
        [
            (name, f"{statistics.median(each):.2f}", f"{max(each):.2f}", f"{statistics.median(each) / theirs:.1f}")
            for name, each in seconds.items()
        ],
    )
    print("(asked: at most 0.3 s)")


def _touch(page: Any, seconds: dict[str, list[float]], beta: int) -> None:
    """Press each once."""
    status = page.get_by_text(re.compile("^(Running|Paused) ·"))
    _press(page, seconds, "pause", lambda: _button(page, "Pause"), "^Paused ·")
    for name, button in (("one step", "One step"), ("one epoch", "One epoch")):
        before = re.escape(status.inner_text())
        _press(page, seconds, name, partial(_button, page, button), f"^Paused · (?!{before[9:]}$)")
        page.wait_for_timeout(300)
    _button(page, "Change")
    field = page.get_by_test_id("stPopoverBody").get_by_role("spinbutton", name="β")
    page.wait_for_timeout(500)
    field.fill(str(beta))
    said = rf"^Changed while .*β {beta} after [\d.,]+ epochs?\.$"
    _press(page, seconds, "another beta", lambda: field.press("Enter"), said)
    _button(page, "Change")
    _press(page, seconds, "go on", lambda: _button(page, "Go on"), "^Running ·")
    page.wait_for_timeout(500)
    for pace, answer in (
        ("10 steps/s", r"^Running · .*epochs( · step \d+.*)?$"),
        ("Full speed", "^Running · .*images/s"),
    ):
        page.get_by_role("combobox", name="Speed").click()
        option = page.get_by_role("option", name=pace, exact=True)
        name = "slow motion" if pace[0] == "1" else "full speed"
        _press(page, seconds, name, option.click, answer)
        page.wait_for_timeout(1500)


def _button(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _press(page: Any, seconds: dict[str, list[float]], name: str, press: Callable[[], object], answer: str) -> None:
    started = time.perf_counter()
    press()
    page.get_by_text(re.compile(answer)).first.wait_for()
    seconds.setdefault(name, []).append(time.perf_counter() - started)


if __name__ == "__main__":
    main()
