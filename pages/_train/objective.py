"""What is minimized, as the form asks for it."""

from __future__ import annotations

from typing import Any

from pages._train.form import Form
from pages._ui import controls
from vaelab.choices import LIKELIHOODS, OBJECTIVES, Setting, objective_of

#: What every objective is asked for; it is greyed out where one has no use for it.
COMMON = ("beta", "kl_warmup", "free_bits")


def ask_objective(form: Form) -> None:
    """Ask what is minimized, with the numbers that are in it, but for beta, which has a place of its own."""
    model, start = form.values["model"], form.start["objective"]
    offered = {name: objective_of(model, name) for name, each in OBJECTIVES.items() if model in each.models}
    name = form.ask(
        controls.selectbox,
        "Minimize",
        "objective",
        key=form.key("objective" if model == "vae" else f"objective-{model}"),
        options=list(offered),
        default=start if start in offered else next(iter(offered)),
        help=" ".join(f"**{each.title.partition(' (')[0]}**: {each.help}" for each in offered.values()),
        format_func=lambda name: offered[name].title,
    )
    for own in offered[name].settings:
        if own not in COMMON:
            ask_number_of(own, form)
    likelihood = form.ask(
        controls.selectbox,
        "Likelihood",
        "likelihood",
        options=list(LIKELIHOODS),
        help="How probable an image is, given what the decoder draws. "
        + " ".join(f"**{each.title}**: {each.help}." for each in LIKELIHOODS.values()),
        format_func=lambda name: LIKELIHOODS[name].title,
    )
    for own, setting in LIKELIHOODS[likelihood].settings.items():
        _ask(own, form, setting, default=form.start[own])
    for common in COMMON[1:]:
        ask_number_of(common, form)
    if offered[name].no_free_bits:
        form.values["free_bits"] = 0.0  # whatever the greyed control says


def ask_number_of(name: str, form: Form, **layout: Any) -> None:
    """Ask for a number of the objective, in its words; one that has no use for it says what others do with it."""
    setting = objective_of(form.values["model"], form.values["objective"]).settings.get(name)
    words = setting or OBJECTIVES["elbo"].settings[name]
    _ask(name, form, words, disabled=setting is None, **form.start_of(name), **layout)


def _ask(name: str, form: Form, setting: Setting, default: float, **options: Any) -> None:
    # What starts at less than one step is changed by less.
    step = setting.step if setting.step is None or not 0 < default < setting.step else setting.step / 10
    form.ask_number(
        setting.label, name, slider=setting.slider, step=step, default=default, help=setting.help, **options
    )
