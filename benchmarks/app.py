"""Seconds from ``streamlit run app.py`` to a drawn map, and from page to page, in Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from benchmarks._measure import print_table
from pages import PAGES, PUT_TO_USE
from pages._lessons import LESSONS
from vaelab.datasets import ImageDataset
from vaelab.datasets.own import save_own

__all__ = ["main"]

ROOT = Path(__file__).parents[1]
#: A page of Streamlit's own with one number on it: what opening any app costs on this machine.
PEER = "import streamlit as st\nst.metric('peer', 1)\n"
FLAGS = (
    "--no-sandbox --disable-quic --disable-background-networking --disable-component-update "
    "--disable-sync --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader"
)
DRAWN = ".js-plotly-plot .nsewdrag"

OF = (statistics.median, max)
#: Notes in the page itself, since from outside a busy page answers late: the seconds from the next
#: click until its title is painted, and until something is there.
WATCH = """
([title, selector]) => {
    let clicked, painted = false, drawn = false;
    const since = () => (performance.now() - clicked) / 1000;
    window.seen = [NaN, NaN];
    const look = () => {
        if (clicked === undefined) return;
        const heading = document.querySelector("h1");
        if (!heading?.textContent.includes(title)) return;
        if (!painted) {
            painted = true;
            requestAnimationFrame(() => requestAnimationFrame(() => { window.seen[0] = since(); }));
        }
        if (!drawn && document.querySelector(selector)) {
            drawn = true;
            window.seen[1] = since();
        }
        if (drawn) watcher.disconnect();
    };
    const watcher = new MutationObserver(look);
    document.addEventListener("click", () => { clicked = performance.now(); },
                              { capture: true, once: true });
    watcher.observe(document.body, {
        subtree: true, childList: true, characterData: true, attributes: true,
    });
}
"""


def main(rounds: int = 3) -> None:
    """Print the tables."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("This drives Debian's chromium: apt-get install -y chromium.")
    opened: dict[str, list[float]] = {"vaelab: map drawn": [], "an app of one number": []}
    changed: dict[str, list[tuple[float, float]]] = {}
    lessons: dict[str, list[float]] = {}
    memory = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        peer = Path(folder) / "peer.py"
        peer.write_text(PEER)
        _make_own(Path(folder) / "data")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        for _ in range(rounds + 1):  # the first warms the disk, and does not count
            seconds, server, page = open_server(browser, peer, '[data-testid="stMetric"]', folder)
            opened["an app of one number"].append(seconds)
            end_server(server, page)
            seconds, server, page = open_server(browser, ROOT / "app.py", DRAWN, folder)
            opened["vaelab: map drawn"].append(seconds)
            page.wait_for_selector('[data-testid="latent-canvas"][data-state="ready"]')
            page.wait_for_timeout(1000)
            for _ in range(2):
                for name, selector in SELECTORS.items():
                    if name in FOLDED:
                        page.get_by_role("button", name=PUT_TO_USE).click()
                        page.wait_for_timeout(300)  # the menu opens
                    role = "menuitem" if name in FOLDED else "link"
                    page.evaluate(WATCH, [HEADINGS[name], selector])
                    page.get_by_role(role, name=name).click()
                    page.wait_for_selector(selector)
                    page.wait_for_timeout(800)
                    changed.setdefault(name, []).append(page.evaluate("window.seen"))
            _read_course(page, lessons)
            memory.append(psutil.Process(server.pid).memory_info().rss / 2**20)
            end_server(server, page)
        browser.close()
    theirs = statistics.median(opened["an app of one number"][1:])
    print_table(
        f"From `streamlit run` to the first picture, median of {rounds} runs on a warm disk",
        ("what", "seconds", "to an app of one number"),
        [
            (name, f"{statistics.median(s[1:]):.2f}", f"{statistics.median(s[1:]) / theirs:.2f}")
            for name, s in opened.items()
        ],
    )
    print("(asked: at most 8 s)")
    print_table(
        "Changing pages, from the click to the page's title painted, and its main thing drawn",
        ("to", "title, median, s", "slowest, s", "main thing, median, s", "slowest, s"),
        [(name, *(f"{of(part):.2f}" for part in zip(*s, strict=True) for of in OF)) for name, s in changed.items()],
    )
    print(f"(asked: at most 1.5 s; Images has {NUM_OWN} own datasets beside the built-in ones)")
    print_table(
        "Opening a lesson, from the click to its first live figure drawn",
        ("lesson", "median, s", "slowest, s"),
        [(n, f"{statistics.median(s):.2f}", f"{max(s):.2f}") for n, s in lessons.items()],
    )
    print("(asked: at most 1.5 s)")
    print(f"memory of the app's process after this, one session: {max(memory):.0f} MiB (asked: < 900)")


#: A lesson's live figure, once it is no longer the one before.
FIGURE = (
    '[data-testid="lesson-figure"][data-state="ready"]:not([data-old]), img[alt="Some of the digits to learn from"]'
)
#: So many datasets of one's own lie beside the built-in ones.
NUM_OWN = 20
#: What must be there before a page counts as drawn; the order in which they are visited.
SELECTORS = {
    "Learn": FIGURE,
    "Interpolate": ".st-key-interpolation-map " + DRAWN,
    "Images": f".st-key-image-cards-own > :nth-child({NUM_OWN}) img",
    "Train": 'img[alt^="Images of "]',
    "Runs": ".st-key-curves " + DRAWN,
    "Compare": ".st-key-compare-map-0 " + DRAWN,
    "Dimensionality reduction": ".st-key-linked-maps " + DRAWN,
    "Anomaly detection": ".st-key-histogram " + DRAWN,
    "Denoising": "table.vl-rows img",
    "Generation": 'img[alt="new"]',
    "Latent arithmetic": 'img[alt="decoded"]',
    "Explore": ".st-key-latent-map " + DRAWN,
    "Start": ".st-key-home-map " + DRAWN,
}
#: What is written above a page, by what the menu calls it.
HEADINGS = {page.title: page.heading for page in PAGES}
#: Pages that are behind a menu of that name.
FOLDED = {page.title for page in PAGES if page.group == PUT_TO_USE}


def _make_own(folder: Path) -> None:
    """Make datasets as people have them: photographs, that is smooth and in colour, of 64 x 64 pixels."""
    rng = np.random.default_rng(0)
    for number in range(NUM_OWN):
        coarse = rng.integers(0, 256, (200, 8, 8, 3), np.uint8)
        images = np.stack([np.asarray(Image.fromarray(image).resize((64, 64))) for image in coarse])
        save_own(ImageDataset.of(images, np.arange(200) % 5), f"set {number}", folder=folder)


def _read_course(page: Any, seconds: dict[str, list[float]]) -> None:
    """Go through the lessons in their order, from the first to the last and back to it."""
    page.get_by_role("link", name="Learn").click()
    page.wait_for_selector(FIGURE)
    page.wait_for_timeout(800)
    for lesson in [*LESSONS[1:], LESSONS[0]]:
        page.evaluate("document.querySelector('[data-testid=lesson-figure]')?.setAttribute('data-old', '')")
        if lesson is LESSONS[0]:
            page.get_by_role("button", name="Contents").click()
            button = page.get_by_role("button", name=f"1. {lesson.title}")
            button.wait_for()
        else:
            button = page.get_by_role("button", name="Next", exact=True)
        started = time.perf_counter()
        button.click()
        page.wait_for_selector(f"h2:has-text({lesson.title!r})")
        page.wait_for_selector(FIGURE)
        seconds.setdefault(lesson.slug, []).append(time.perf_counter() - started)
        page.wait_for_timeout(800)


def open_server(browser: Any, script: Path, selector: str, runs: str) -> tuple[float, Any, Any]:
    """Start an app, open it in a new page as soon as it answers, wait for ``selector``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    started = time.perf_counter()
    options = f"--server.headless true --server.address 127.0.0.1 --server.port {port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), *options.split()],
        cwd=ROOT,
        env=os.environ | {"VAELAB_RUNS": runs, "VAELAB_DATA": str(Path(runs) / "data")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.02)
    page.goto(f"http://127.0.0.1:{port}/")
    page.wait_for_selector(selector, timeout=60_000)
    return time.perf_counter() - started, server, page


def end_server(server: Any, page: Any) -> None:
    page.context.close()  # a page whose server is gone goes on asking for it
    server.terminate()
    server.wait(30)


if __name__ == "__main__":
    main()
