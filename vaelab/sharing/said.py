"""What an exported page says of itself, in HTML."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from string import Template

import vaelab
from vaelab.datasets import ImageDataset
from vaelab.export.modules import read
from vaelab.runs import Run
from vaelab.runs.facts import Fact, facts_of
from vaelab.runs.naming import summary_of
from vaelab.sharing.in_memory import ModelInMemory
from vaelab.sharing.maps import MapOf

__all__ = ["body_of", "key_of", "title_of"]

SIDE_BY_SIDE = "Models of the same images: <b>move over any map</b>, and the others go where this one goes."


def key_of(index: int, count: int) -> str:
    """What a map's element is known by, of so many."""
    return "latent-map" if count == 1 else f"latent-map-{index}"


def title_of(runs: Sequence[Run | ModelInMemory]) -> str:
    """What several are called beside each other, told apart by their kind where they have one name."""
    titles = [run.title for run in runs]
    told_apart = len(set(titles)) == len(titles)
    return " beside ".join(
        title if told_apart else f"{title} ({summary_of(run.config)})" for title, run in zip(titles, runs, strict=True)
    )


def body_of(title: str, maps: Sequence[MapOf], images: bool, plotly: str, groups: Sequence[str]) -> str:
    """The page's body: its maps, and below them all that is to be known of the models."""
    canvas, how = read("latent_canvas/component.html"), read("explorer/how.html")
    time = read("time_machine/component.html")
    view = Template(read("explorer/view.html"))
    views = [
        view.substitute(
            index=index,
            key=key_of(index, len(maps)),
            heading=f"<h2>{_text(map_.run.title)} <small>{_text(summary_of(map_.run.config))}</small></h2>"
            if len(maps) > 1
            else "",
            how="" if len(maps) > 1 else how,
            canvas=canvas,
            choose=read("linked_selection/component.html"),
            time="" if len(maps) > 1 else time,
        )
        for index, map_ in enumerate(maps)
    ]
    return Template(read("explorer/body.html")).substitute(
        title=_text(title),
        summary=_text(summary_of(maps[0].run.config)) if len(maps) == 1 else "",
        above=f'<p class="ex-how">{SIDE_BY_SIDE}</p>' if len(maps) > 1 else "",
        count=len(maps),
        views="\n".join(views),
        time=time if len(maps) > 1 else "",
        about="\n".join([*(_about(map_, images, len(maps) > 1) for map_ in maps), _kept(groups)]),
        vaelab=_text(vaelab.__version__),
        plotly=_text(plotly),
    )


def _about(map_: MapOf, images: bool, named: bool) -> str:
    """What is in the file, said in it."""
    run = map_.run
    facts = run.facts if isinstance(run, ModelInMemory) else facts_of(run)
    if isinstance(run, Run):
        facts.append(Fact("Run", f"{run.name}, epoch {run.epoch}, seed {run.config.seed}: {summary_of(run.config)}."))
        count = f"{len(map_.projection.indices):,} of {len(map_.data):,} images are on the map"
        has_images = images and isinstance(map_.data, ImageDataset)
        shown = "small, for the nearest to be seen" if has_images else "without pictures"
        facts.append(Fact("In this file", f"{count}, {shown}."))
    told = "\n".join(f"<dt>{_text(fact.heading)}</dt><dd>{_text(fact.text)}</dd>" for fact in facts)
    settings = json.dumps(run.config.model_dump(mode="json"), indent=1)
    heading = f"<h3>{_text(run.title)}</h3>" if named else ""
    return (
        f"{heading}<dl>{told}</dl>"
        f"<details><summary>Settings of its training</summary><pre>{_text(settings)}</pre></details>"
    )


def _kept(groups: Sequence[str]) -> str:
    """Which groups of images are in the file, since whoever kept them may not think of it."""
    names = ", ".join(f"“{_text(name)}”" for name in groups)
    return f"<p>Groups of images that are in this file under their names: {names}.</p>" if groups else ""


def _text(text: str) -> str:
    """What people wrote, as HTML that shows it letter by letter."""
    return html.escape(text)
