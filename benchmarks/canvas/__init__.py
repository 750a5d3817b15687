"""The live canvas in Chromium: a decode and its draw, 70,000 points, how soon the server answers.

``part`` chooses: ``bare`` measures the component alone in an empty page, ``app`` the whole app.
"""

from __future__ import annotations

import shutil
import statistics
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks._measure import interleaved, print_table
from benchmarks.app import FLAGS, ROOT
from benchmarks.canvas.app import measure_app
from benchmarks.canvas.models import Model, all_models
from vaelab.export.modules import join

__all__ = ["main"]

#: Answered by no server: the page is made of what is handed to it.
SITE = "https://canvas.test"
#: A page isolated from other origins has a clock that ticks every 5 us rather than every 100.
ISOLATED = {
    "Content-Type": "text/html; charset=utf-8",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
PAGE = "<!doctype html><canvas style='width: 280px; height: 280px; image-rendering: pixelated'>"
#: Put together as a component is, and loaded as Streamlit loads one, from a blob.
IMPORT = """async (text) => {
  const blob = new Blob([text], { type: "text/javascript" });
  window.bench = await import(URL.createObjectURL(blob));
}"""
#: WebGL needs an emulated graphics card here, the page does not: put together on that, a frame in
#: which one number changes took 30 to 140 ms of two busy cores, and 20 without it.
CHROMIUM = [*FLAGS.split(), "--disable-gpu-compositing"]
#: Frames in a row for one way of decoding, before it is the next one's turn.
TURN = 20


def main(moves: int = 500, fresh: int = 7, part: str = "all") -> None:
    """Print the tables."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("This drives Debian's chromium: apt-get install -y chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        if part != "app":
            models = list(all_models())
            measure_decodes(browser, models, moves)
            measure_machine()
            measure_first(browser, models, fresh)
        if part != "bare":
            measure_app(browser, moves)
        browser.close()


def bare_page(browser: Any, models: Sequence[Model]) -> Any:
    """An empty page that has the component and the files of models."""
    files = {f"{SITE}/models/{model.name}": model.file for model in models}
    files |= {f"{SITE}/peers/{model.name}": model.peer for model in models if model.peer}

    def answer(route: Any) -> None:
        if route.request.url == f"{SITE}/":
            route.fulfill(body=PAGE, headers=ISOLATED)
        else:
            name = route.request.url.replace("%20", " ").replace("%27", "'")
            route.fulfill(body=files[name])

    page = browser.new_context().new_page()
    page.set_default_timeout(120_000)
    page.route(f"{SITE}/**", answer)
    page.goto(f"{SITE}/")
    page.evaluate(IMPORT, join(ROOT / "benchmarks" / "canvas" / "bare.js"))
    assert page.evaluate("crossOriginIsolated")
    return page


def measure_decodes(browser: Any, models: Sequence[Model], moves: int) -> None:
    page = bare_page(browser, models)
    rows = []
    ratios = {}
    for model in models:
        check(page, model)
        measured = page.evaluate("([name, moves, turn]) => bench.hover(name, moves, turn)", [model.name, moves, TURN])
        times: dict[str, list[float]] = measured["times"]
        ours = statistics.median(times["SIMD"])
        for way, costs in times.items():
            executed = measured["multiplyAdds"]
            if way == "naive loops":
                executed = model.useful or executed
                ratios[model.name] = statistics.median(costs) / ours
            p50, p95 = np.percentile(costs, (50, 95))
            is_ours = way == "SIMD"
            rows.append(
                (
                    model.name if is_ours else "",
                    way,
                    f"{p50:.2f}",
                    f"{p95:.2f}",
                    f"{model.asked:g}" if is_ours else "",
                    f"{p50 / ours:.1f}",
                    f"{executed / 1e6:.2f}",
                    f"{executed / p50 / 1e6:.2f}",
                    model.published if is_ours else "",
                )
            )
    page.context.close()
    print_table(
        f"A decode and its draw in a bare page, {moves} moves each, one a frame, ways taking turns of {TURN}; ms",
        (
            "decoder",
            "way",
            "p50",
            "p95",
            "p95 asked",
            "time to SIMD's",
            "million multiply-adds",
            "thousand million/s",
            "theirs, p50 / p95",
        ),
        rows,
    )
    for model in models:
        if model.useful:
            print(
                f"{model.name}: {model.useful / 1e6:.2f} million multiply-adds are its own; the "
                "component, which has no transposed convolution, multiplies by zeros as well"
            )
    print("theirs: their own decoder, CPU backend, measured earlier on a machine like this one")
    for name, ratio in ratios.items():
        print(f"ratio: {ratio:.1f} times as fast as naive loops ({name})")


def check(page: Any, model: Model) -> None:
    """All ways must give torch's images before any is timed."""
    codes = np.random.default_rng(1).standard_normal((8, model.latent_dim)).astype(np.float32)
    expected = model.decode(codes).transpose(0, 2, 3, 1).reshape(len(codes), -1)
    images = page.evaluate(
        "([name, hasPeer, codes]) => bench.prepare(name, hasPeer, codes)",
        [model.name, model.peer is not None, codes.tolist()],
    )
    for way, decoded in images.items():
        np.testing.assert_allclose(np.array(decoded), expected, atol=1e-4, err_msg=f"{model.name}, {way}")


def measure_machine() -> None:
    """What a library makes of this machine's one core."""
    torch.set_num_threads(1)
    square, vector, matrix = torch.randn(512, 512), torch.randn(1, 512), torch.randn(512, 784)
    sizes = {
        "512 x 512 by 512 x 512": (square, square, 512**3),
        "1 x 512 by 512 x 784": (vector, matrix, 512 * 784),
    }
    repeats = 20

    def product(a: torch.Tensor, b: torch.Tensor) -> None:
        for _ in range(repeats):
            torch.mm(a, b)

    seconds = interleaved({n: partial(product, a, b) for n, (a, b, _) in sizes.items()}, rounds=30)
    print_table(
        "The machine's own: a matrix product in torch, float32, one thread",
        ("product", "ms", "thousand million multiply-adds/s"),
        [(n, f"{s / repeats * 1e3:.3f}", f"{sizes[n][2] * repeats / s / 1e9:.1f}") for n, s in seconds.items()],
    )


def measure_first(browser: Any, models: Sequence[Model], fresh: int) -> None:
    """From a model's bytes to its first image, in pages that have decoded nothing yet."""
    costs: dict[str, list[tuple[float, float]]] = {model.name: [] for model in models}
    for _ in range(fresh):
        for model in models:
            page = bare_page(browser, [model])
            costs[model.name].append(tuple(page.evaluate("(name) => bench.cold(name)", model.name)))
            page.context.close()
    rows = []
    for name, pairs in costs.items():
        totals = [sum(pair) for pair in pairs]
        made, decoded = (statistics.median(column) for column in zip(*pairs, strict=True))
        rows.append((name, f"{made:.1f}", f"{decoded:.1f}", f"{statistics.median(totals):.1f}", f"{max(totals):.1f}"))
    print_table(
        f"From a model's bytes to its first image drawn, in {fresh} fresh pages; ms",
        ("decoder", "made", "decoded", "together, median", "together, most"),
        rows,
    )
    print("(asked: at most 50 ms)")


if __name__ == "__main__":
    main()
