"""Settings that suit the images, and why."""

from __future__ import annotations

from pages._train.form import Form
from pages._ui import controls, resources
from pages._ui.text import counted
from vaelab.config import OWN
from vaelab.datasets import Source, is_local
from vaelab.training.proposals import usual_config

#: The settings that each of the reasons is about.
PARTS = {
    "Network": {
        "architecture",
        "hidden",
        "channels",
        "activation",
        "group_norm",
        "pca_path",
        "batch_size",
        "learning_rate",
    },
    "Size": {"size", "color", "binarize"},
    "Code": {"latent_dim", "code_noise"},
    "Pixels": {"likelihood", "sigma"},
    "Augmentation": {"augment_shift", "augment_flip"},
    "Length": {"epochs", "seconds"},
    "Threads": {"threads"},
}


def open_form(source: Source) -> Form:
    """Have settings chosen that suit the images; for one's own images unless switched off."""
    own = source.name.startswith(OWN)
    suit = is_local(source) and controls.toggle(
        "Fit settings to this machine",
        param="suit",
        key=f"train-suit-{'own' if own else 'built-in'}",
        default=own,
        help="Choose network, size, likelihood and length from the images and from a short trial on this machine, "
        "so that training takes about a minute. Each can be changed below.",
    )
    if suit:
        config, reasons = resources.suggestion(resources.dataset(source))
        return Form(source, config, f":{source.name}:{source.version}", reasons)
    config, usual = usual_config(source), usual_config()
    # Images that want another network have controls of their own, which start from it.
    same = config.model_copy(update={"epochs": usual.epochs, "dataset": usual.dataset}) == usual
    return Form(source, config, "" if same else f":{source.name}", suits=not own)


def why(form: Form) -> str:
    """Why the form starts with these settings and, of those that were changed, what would suit; in markdown."""
    lines = []
    for name, reason in form.reasons.items():
        other = form.changed & PARTS[name]
        instead = f"{_what_is_set(other, form)}. What would suit: " if other else ""
        lines.append(f"- **{name}**: {instead}{reason}")
    return "\n".join(lines)


def _what_is_set(changed: set[str], form: Form) -> str:
    """What a person set instead, of one reason's settings: ``"you set 1 number"``."""
    size, seconds = form.values["size"], form.values["seconds"]
    if changed == {"size"}:
        return f"you set {size} × {size} pixels" if size else "you set the size that they have"
    if changed == {"latent_dim"}:
        return f"you set {counted(form.values['latent_dim'], 'number')}"
    if changed == {"threads"}:
        return f"you set {counted(form.values['threads'], 'thread')}"
    if changed <= {"epochs", "seconds"}:
        return f"you set {counted(seconds, 'second') if seconds else counted(form.values['epochs'], 'epoch')}"
    return "you changed this"
