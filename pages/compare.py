"""Compare: runs side by side under one cursor, with every figure that an expert would ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import streamlit as st

from pages._ui import address, controls, fitting, frame, resources, state, widgets
from pages._ui.figures_table import apart, differences_of, groups, meaning_of, spread_of, table_of
from pages._ui.latent_canvas import latent_canvas, send_model, send_thumbnails
from pages._ui.text import explained
from vaelab.comparing import differs_by_seed, why_not
from vaelab.figures import latent_map
from vaelab.figures.comparison import RatePoint, bounds, factor_information, rate_bars, rate_distortion
from vaelab.runs import RunError
from vaelab.sweep import SWEPT, create_sweep, read_values

if TYPE_CHECKING:
    from vaelab.datasets import ImageDataset
    from vaelab.latent.projections import Projection
    from vaelab.runs import Run
    from vaelab.studies import Study

#: Maps side by side, at the most.
MOST_RUNS = 4
LINKS: list[Literal["image", "place"]] = ["image", "place"]
#: What the other maps do then.
FOLLOWS = {
    "image": "the others go to the same image, and each shows what its decoder makes of it",
    "place": "the others go to the same numbers, and each shows what its decoder makes of them",
}

#: What to do first with a single model, and with more than two.
FIRST = (
    "**Choose a second model**, and move over either map: the other follows.",
    "**Move over any map**: the others follow.",
)


def main() -> None:
    with widgets.toolbar():
        run = fitting.choose_run(fitting.COMPARE)
        runs = [run, *choose_others(run)]
        link = choose_link() if len(runs) > 1 else "image"
    if len(runs) > 1:
        st.caption(f"Models of the same images, side by side: {FOLLOWS[link]}.")
    if len(runs) != 2:
        frame.say_first(FIRST[len(runs) > 1])
    fitting.say_what_suits(fitting.COMPARE, run)
    side_by_side(runs, resources.images_of(run), link)

    def rest() -> None:
        st.markdown("## Figures")
        draw_figures(runs)
        st.markdown("## Rate and distortion")
        draw_rates(runs)
        draw_seeds(run)
        draw_sweep(run)

    frame.later(rest)


def choose_others(run: Run) -> list[Run]:
    """Choose runs to set beside the page's own; at first one of the same size but another kind."""
    others = {other.name: other for other in resources.same_images(run)}
    if not others:
        return []

    def distance(name: str) -> tuple[bool, bool]:
        config = others[name].config
        return config.latent_dim != run.config.latent_dim, config.model == run.config.model

    first = [min(others, key=distance)]
    key = f"compare-with-{run.name}"
    # Where possible, the models that were beside another run stay.
    before = [name for name in st.session_state.get("compare-with", []) if name in others]
    if before and key not in st.session_state:
        st.session_state[key] = before
    say_unknown()
    names = controls.multiselect(
        "Beside it",
        param=state.WITH_KEY,
        key=key,
        options=list(others),
        default=first,
        help="Other models of the same images.",
        format_func=lambda name: widgets.describe_run(others[name]),
        max_selections=MOST_RUNS - 1,
        always=True,
        width=460,
        placeholder="Choose another model of these images",
    )
    st.session_state["compare-with"] = names
    return [resources.fresh(others[name]) for name in names]


def say_unknown() -> None:
    """Say which models the address names that are not here; those of other images are left out in silence."""
    asked = (address.asked(state.WITH_KEY) or "none").split(",")
    unknown = [name for name in asked if name not in {"none", *resources.all_runs()}]
    if unknown:
        names = " and ".join(f"“{widgets.plain(name)}”" for name in unknown)
        many = len(unknown) > 1
        st.toast(
            f"The address asks for the model{'s' if many else ''} {names}, which {'are' if many else 'is'} not here.",
            icon=":material/link_off:",
            duration="infinite",
        )


def choose_link() -> Literal["image", "place"]:
    """Choose where the other maps go when the pointer moves over one."""
    return controls.segmented_control(
        "The cursor goes to",
        param="link",
        key="compare-link",
        options=LINKS,
        default="image",
        help="**Same image**: to where each model has put the image nearest to the pointer. "
        "**Same place**: to the same numbers, for models with as many dimensions as the one under the pointer.",
        format_func={"image": "Same image", "place": "Same place"}.__getitem__,
    )


def side_by_side(runs: Sequence[Run], data: ImageDataset, link: Literal["image", "place"]) -> None:
    for index, run in enumerate(runs):
        send_model(run, slot=f"-{index}", after=f"compare-map-{index}")
    height = 460 if len(runs) <= 2 else 340
    # Each such chart holds three of a browser's contexts, and browsers end the oldest from the eighth or 16th on.
    webgl = frame.has_webgl() and len(runs) <= 2
    for index, (run, column) in enumerate(zip(runs, st.columns(len(runs)), strict=True)):
        with column:
            draw_one(run, data, index, link, height, webgl)
    with st.container(gap=None):  # none shows anything
        for index, run in enumerate(runs):
            send_thumbnails(data, map_of(run), f"compare-map-{index}")


def draw_one(
    run: Run, data: ImageDataset, index: int, link: Literal["image", "place"], height: int, webgl: bool
) -> None:
    projection = map_of(run)
    map_key = f"compare-map-{index}"
    more = widgets.unsaid(run, run.title)
    st.markdown(f"**{widgets.plain(run.title)}**" + (f" · {more}" if more else ""))

    @frame.part()
    def canvas() -> None:
        if reason := resources.why_not_live(run):
            st.caption(reason)
        latent_canvas(run, data, projection, map_key, link=link)

    widgets.say_collapsed(run)
    labels = None if data.labels is None else data.labels[projection.indices]
    figure = latent_map(projection, labels, data.label_names, height=height, webgl=webgl)
    if frame.presenting():  # a low and wide map, that has no room to spare
        figure.update_layout(legend={"y": 1}, xaxis={"title": None}, yaxis={"title": None})
    else:
        below = 62 / (height - 80)  # the axis and its title
        figure.update_layout(legend={"orientation": "h", "y": -below, "yanchor": "top", "x": 0})
    with st.container(key=map_key):
        widgets.chart(figure, fills=True, key=f"{map_key}-chart", config=widgets.MAP_CONFIG)


def map_of(run: Run) -> Projection:
    """The best map that there is without waiting."""
    if run.config.latent_dim <= 2:
        return resources.make_known_map(run, "plane")
    return resources.known_map(run, "umap") or resources.make_known_map(run, "pca")


def draw_figures(runs: Sequence[Run]) -> None:
    @frame.part(every=1.5, until=lambda: all(resources.known_study(run, "evaluation") for run in runs))
    def body() -> None:
        studies: dict[str, Study] = {}
        for run in runs:
            study = widgets.study_or_progress(run, "evaluation", f"Measuring {widgets.plain(run.title)}")
            if study is not None:
                studies[name_among(run, runs)] = study
        if not studies:
            return
        of = {name_among(run, runs): run for run in runs if name_among(run, runs) in studies}
        figures = {name: study.figures for name, study in studies.items()}
        table = table_of(of, figures)
        for part in apart(table, of) if frame.is_narrow() else [table]:
            st.table({column if column == "figure" else widgets.plain(column): rows for column, rows in part.items()})
        st.caption(meaning_of(of, figures))
        draw_differences(of, studies)
        left, right = st.columns(2, gap="medium")
        with left:
            draw_bounds(of, figures)
        with right:
            draw_rate_parts(figures)
        draw_factors(runs, studies)


STILL = {"displayModeBar": False}


def draw_differences(runs: dict[str, Run], studies: dict[str, Study]) -> None:
    """Say by how much models differ from the first on the same images."""
    table = differences_of(runs, studies)
    if not table:
        return
    first = widgets.plain(next(iter(runs)))
    st.markdown(f"**Differences from {first}**")
    st.table({column if column == "figure" else widgets.plain(column): rows for column, rows in table.items()})
    st.caption(
        "Taken image by image, so that what is hard for both falls out: an interval that holds 0 says that these "
        "images do not tell the two models apart. Accuracies differ by percentage points."
    )


def draw_bounds(runs: dict[str, Run], figures: dict[str, dict[str, Any]]) -> None:
    """Draw bounds on log p(x), those of one kind of nats in a chart."""
    drawn = 0
    for kind, names in groups(runs, told=False).items():
        by_k = {
            name: {int(k): interval for k, interval in figures[name]["bounds"].items()}
            for name in names
            if figures[name]["bounds"]
        }
        if by_k:
            st.markdown("**How tight the ELBO is**" + (f" · {kind}" if kind else ""))
            widgets.chart(bounds(by_k, 340), key=f"compare-bounds-{drawn}" if drawn else "compare-bounds", config=STILL)
            drawn += 1


def draw_rate_parts(figures: dict[str, dict[str, Any]]) -> None:
    """Draw what of each model's rate is information."""
    parts = {name: each["rate"] for name, each in figures.items() if each.get("rate")}
    if not parts:
        return
    st.markdown("**What the rate is made of**, in nats per image")
    widgets.chart(rate_bars(parts), key="compare-rate-parts", config=STILL)
    count = next(iter(parts.values()))["num_images"]
    st.caption(
        "The KL term of training images, taken apart (Hoffman and Johnson 2016). Only **information** is what a code "
        f"tells of its image, at most log {count:,}; the rest is how far all codes together are from the prior: "
        "dimensions that depend on one another (**total correlation**), and each by itself (**dimensions' KL**). Where "
        "information comes near log N, more images might show more of it, and the rest stays in one piece."
    )


def draw_factors(runs: Sequence[Run], studies: dict[str, Study]) -> None:
    with_factors = {name: study for name, study in studies.items() if study.figures.get("information")}
    if not with_factors:
        return
    st.markdown("## What each dimension tells about each factor")
    every = runs[0].data.factor_names
    first = next(iter(with_factors.values())).figures
    # Factors that never vary among these images have no column.
    factor_names = [every[index] for index in first.get("factors") or range(len(every))]
    informations = {name: np.array(study.figures["information"]) for name, study in with_factors.items()}
    # On one scale for all, as far as it is used: on one from 0 to 1 most models are black.
    most = max(float(information.max()) for information in informations.values())
    st.caption(
        "The share of a factor's entropy that a draw of each dimension tells. Factors that are continuous are put into "
        "bins for this, so that even a code that follows one closely tells far less than all of it. The second line "
        "of each cell is the same in nats."
    )
    for index, (column, (name, information)) in enumerate(
        zip(st.columns(len(informations)), informations.items(), strict=True)
    ):
        with column:
            st.markdown(f"**{widgets.plain(name)}**")
            height = 90 + 38 * len(information)
            widgets.chart(
                factor_information(information, factor_names, most, height, first.get("entropies")),
                key=f"compare-factors-{index}",
                config=STILL,
            )


def name_among(run: Run, runs: Sequence[Run]) -> str:
    """A name for a column, as short as it can be without being another run's."""
    return widgets.told_apart(runs, widgets.named)(run)


def draw_rates(runs: Sequence[Run]) -> None:
    """Draw every run of these images whose nats compare with the page's run."""
    comparable = [
        other
        for other in [runs[0], *resources.same_images(runs[0])]
        if not why_not(runs[0], other, "reconstruction") and other.evaluation()
    ]
    points = []
    for run in comparable:
        figures = run.evaluation() or {}
        title = widgets.named(run)
        points.append(RatePoint(run.name, title, figures["kl"], figures["reconstruction"]))
    if len(points) < 2:
        st.info(
            "Here each evaluated model of these images becomes a point, and there are fewer than two so far. "
            "**Sweep**, below, trains several; each is evaluated at the end of its training."
        )
        return
    event = widgets.chart(
        rate_distortion(points, [run.name for run in runs]),
        key="compare-rates",
        on_select="rerun",
        selection_mode="points",
        config=widgets.MAP_CONFIG,
    )
    st.caption(
        "Each point is a model; **click one** to explore it. Further to the right, codes cost more; further "
        "down, images are explained better; along a dotted line the ELBO is the same. A larger β "
        "moves a model to the left and, as a rule, up. Pink: the models above. " + say_left_out(runs)
    )
    for point in event["selection"]["points"]:
        if "customdata" in point:
            name = np.ravel(point["customdata"])[0]
            st.switch_page("pages/explore.py", query_params=frame.carried({state.RUN_KEY: str(name)}))


def say_left_out(runs: Sequence[Run]) -> str:
    """Say which of the models above are no points, and why."""
    reasons = {name_among(run, runs): why_not(runs[0], run, "reconstruction") for run in runs}
    told = [f"**{widgets.plain(name)}** {reason}" for name, reason in reasons.items() if reason]
    return f"Not here, since its nats do not compare: {'; '.join(told)}." if told else ""


def draw_seeds(run: Run) -> None:
    """Say how far the figures of the page's run are chance: those of its other seeds."""
    same = [other for other in resources.same_images(run) if differs_by_seed(run, other)]
    evaluations = [figures for each in (run, *same) if (figures := each.evaluation())]
    if len(evaluations) < 2:
        return
    st.markdown("## The same training from other seeds")
    st.table(spread_of(evaluations))
    st.caption(
        f"{len(evaluations)} trainings that differ in nothing but their seed. A difference between two models that is "
        "no larger than those between these seeds may be chance, however narrow the intervals above, which are over "
        "images."
    )


def draw_sweep(run: Run) -> None:
    with st.expander("Sweep: train this model with several values of one setting"):
        with st.form("sweep", border=False):
            over_column, values_column = st.columns(2)
            over = over_column.selectbox(
                "Over",
                [name for name in SWEPT if name != "beta" or run.config.model == "vae"],
                format_func=lambda name: SWEPT[name].capitalize(),
                help="The setting that differs; all others are this model's. **Seed**: the same training from other "
                "random numbers, which shows how far figures are chance.",
                key="sweep-over",
            )
            text = values_column.text_input(
                "Values",
                "0.25, 1, 4, 16" if run.config.model == "vae" else "1, 2, 4, 8",
                help="Separated by commas. Seeds are whole numbers, such as 1, 2, 3.",
                key="sweep-values",
            )
            pressed = st.form_submit_button(
                "Train them",
                icon=":material/play_arrow:",
                help="Queue a training for each value.",
            )
        if pressed:
            start_sweep(run, over, text)
        st.caption(
            f"Each is trained like {widgets.plain(run.title)}, one after the other. **Runs** shows how far they "
            "are; here they appear as points above when they are done."
        )


def start_sweep(run: Run, over: Any, text: str) -> None:
    try:
        runs = create_sweep(run.config, over, read_values(text, over))
        with st.spinner("Starting …"):
            resources.jobs().train(*runs)
    except (ValueError, RunError, ConnectionError) as error:
        st.error(explained(error), icon=":material/error:")
    else:
        names = ", ".join(widgets.plain(each.title) for each in runs)
        st.success(f"{len(runs)} trainings are queued: {names}.", icon=":material/check:")
        st.page_link(
            "pages/runs.py",
            label="See how far they are",
            icon=":material/list:",
            query_params=frame.carried(),
            help="The list of all runs.",
        )


frame.show(main, __file__)
