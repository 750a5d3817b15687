"""Frames a second while one scrubs through the epochs of a training, and how soon the first decoder comes, in Chromium.

The peer moves the same points by Plotly's own ``restyle``, in the same page.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import print_table
from benchmarks.app import FLAGS
from benchmarks.canvas.visiting import serve, visit
from vaelab.config import TrainConfig
from vaelab.runs import Run
from vaelab.sharing.history import Known, history_of
from vaelab.training.running import train

__all__ = ["main"]

SECONDS = 5
#: Scrubs there and back, a step of the slider every other frame, and notes when each frame came.
SCRUB = """
async (seconds) => {
  const slider = document.querySelector(".tm-bar input");
  const last = Number(slider.max);
  const times = [];
  const began = performance.now();
  for (let n = 0; performance.now() - began < 1000 * seconds; n++) {
    const turn = Math.floor(n / 2) % (2 * last);
    slider.value = String(turn <= last ? last - turn : turn - last);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    times.push(await new Promise(requestAnimationFrame));
  }
  return times;
}
"""
#: Moves as many points of the same chart by Plotly, a little further each frame.
PEER = """
async (seconds) => {
  const chart = document.querySelector(".js-plotly-plot");
  const places = chart.data.map(({ x, y }) => [Array.from(x), Array.from(y)]);
  const times = [];
  const began = performance.now();
  for (let n = 0; performance.now() - began < 1000 * seconds; n++) {
    const by = 0.5 + 0.5 * Math.cos(n / 20);
    const moved = [0, 1].map((axis) => places.map((each) => each[axis].map((value) => by * value)));
    await Plotly.restyle(chart, { x: moved[0], y: moved[1] });
    times.push(await new Promise(requestAnimationFrame));
  }
  return times;
}
"""
#: Milliseconds from the first touch of the slider until what was decoded then is shown.
FIRST = """
async () => {
  const slider = document.querySelector(".tm-bar input");
  const machine = document.querySelector(".time-machine");
  const began = performance.now();
  slider.value = "3";
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  while (!document.querySelector(".tm-pairs canvas[data-image]")) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}
"""


def main(rounds: int = 3) -> None:
    """Print the tables."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("This drives Debian's chromium: apt-get install -y chromium.")
    flags = [*FLAGS.split(), "--disable-gpu-compositing"]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(dataset="mnist_5k", hidden=(256, 128), batch_size=64, epochs=60, threads=1)
        run = train(config, run_dir=Path(folder) / "runs" / "mnist")
        file = run.explorer(points=2000, epochs=True).save(Path(folder) / "mnist.html")
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        ours, theirs, app, first = [], [], [], []
        with serve(Path(folder) / "runs", None) as address:
            for _ in range(rounds):
                with visit(browser, file.as_uri(), rest=False) as page:
                    page.wait_for_timeout(1500)
                    page.evaluate(FIRST)
                    ours.append(page.evaluate(SCRUB, SECONDS))
                    page.get_by_role("button", name="Now", exact=True).click()
                    page.wait_for_timeout(500)
                    theirs.append(page.evaluate(PEER, SECONDS))
                with visit(browser, f"{address}/explore?run=mnist", rest=True) as page:
                    page.locator(".tm-bar input").wait_for()
                    first.append(page.evaluate(FIRST) / 1000)
                    app.append(page.evaluate(SCRUB, SECONDS))
        browser.close()
        _print(run, {"the file": ours, "the app": app, "Plotly's restyle": theirs}, first)


def _print(run: Run, scrubbed: dict[str, list[list[float]]], first: list[float]) -> None:
    history = history_of(run)
    assert history is not None
    peer = _frames(scrubbed["Plotly's restyle"])[0]
    rows: list[tuple[Any, ...]] = []
    for name, rounds in scrubbed.items():
        frames, slow = _frames(rounds)
        rows.append((name, f"{frames:.0f}", f"{slow:.0f}", f"{frames / peer:.1f}"))
    print_table(
        f"Scrubbing through {len(history.epochs)} epochs of MNIST, 2,000 points and one decode a frame",
        ("in", "frames/s", "slowest of 20 frames, ms", "to Plotly's restyle"),
        rows,
    )
    size = sum(len(history.decoder_file(epoch)) for epoch in history.epochs) / 1e6
    codes = len(history.codes_file(Known.of(run.images()))) / 1e6
    print(f"(asked: at least 30 frames/s.) Decoders: {size:.1f} MB (asked: at most 12), codes: {codes:.2f} MB.")
    print(f"From the first touch to the first decoder, in the app: {max(first):.2f} s at the most (asked: 1).")


def _frames(rounds: list[list[float]]) -> tuple[float, float]:
    """Frames a second, and the milliseconds that 95 of 100 stay below."""
    times = np.concatenate([np.diff(each) for each in rounds])
    return 1000 / float(times.mean()), float(np.percentile(times, 95))


if __name__ == "__main__":
    main()
