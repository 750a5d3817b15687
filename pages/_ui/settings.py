"""The settings of a training, as widgets: what the Train page hands to ``TrainConfig``.

In the URL each is called as in ``TrainConfig``: ``?dataset=mnist&latent_dim=8&beta=4``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import controls, resources, widgets
from vaelab.choices import (
    ACTIVATIONS,
    ARCHITECTURES,
    CORRUPTIONS,
    LIKELIHOODS,
    OBJECTIVES,
    Setting,
    objective_of,
)
from vaelab.config import OWN, TrainConfig, bounds_of
from vaelab.datasets import SOURCES, Source, is_local, sources
from vaelab.training.proposals import usual_config

__all__ = [
    "Defaults",
    "Settings",
    "choose_defaults",
    "choose_settings",
    "choose_source",
    "download_size",
]

#: What every objective is asked for; it is greyed out where one has no use for it.
COMMON = ("beta", "kl_warmup", "free_bits")


class Settings(NamedTuple):
    """What the controls are set to."""

    values: dict[str, Any]
    #: What of it cannot be meant, a sentence each, which stands beside its control as well.
    problems: list[str]


class Defaults(NamedTuple):
    """What the controls are set to before a person changes them."""

    config: TrainConfig
    #: Of the controls' keys: images for which settings were chosen have controls of their own.
    suffix: str = ""
    #: Why these, by what people call it, where they were chosen for the images.
    reasons: Mapping[str, str] = {}
    #: Where to say so.
    place: DeltaGenerator | None = None
    #: Whether they were chosen with a look at such images.
    chosen: bool = True

    def key(self, name: str) -> str:
        """Key of the control of a setting."""
        return f"train-{name}{self.suffix}"

    def of(self, name: str, objective: str) -> tuple[Any, str]:
        """Where a number of an objective starts, and the key of its control: its own, where it wants another start."""
        suited = OBJECTIVES[objective].suited
        if name not in suited or self.config.objective == objective:
            return getattr(self.config, name), self.key(name)
        return suited[name], f"{self.key(name)}:{objective}"

    def changed(self, settings: Settings) -> set[str]:
        """Which settings are others now and matter to what is learned."""
        now = settings.values | settings.values["preprocessing"]
        start = self.config.model_dump() | self.config.model_dump()["preprocessing"]
        # Where training goes by the clock, the number of epochs says nothing.
        silent = {"preprocessing", "dataset", "seed", "device"} | ({"epochs"} if now["seconds"] else set())
        return {name for name, value in now.items() if name not in silent and value != start[name]}

    def suit(self, settings: Settings) -> bool:
        """Whether what is set was chosen for the images."""
        return self.chosen and not settings.problems and not self.changed(settings) - {"threads"}

    def say_why(self, settings: Settings) -> None:
        """Say why these settings, and of those that were changed, what would suit."""
        if self.place is None:
            return
        changed, lines = self.changed(settings), []
        for name, reason in self.reasons.items():
            other = changed & PARTS[name]
            instead = f"{_what_is_set(other, settings.values)}. What would suit: " if other else ""
            lines.append(f"- **{name}**: {instead}{reason}")
        self.place.markdown("\n".join(lines))


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


def _what_is_set(changed: set[str], values: Mapping[str, Any]) -> str:
    """What a person set instead, of one reason's settings: ``"you set 1 number"``."""
    size, seconds = values["preprocessing"]["size"], values["seconds"]
    if changed == {"size"}:
        return f"you set {size} × {size} pixels" if size else "you set the size that they have"
    if changed == {"latent_dim"}:
        return f"you set {_count(values['latent_dim'], 'number')}"
    if changed == {"threads"}:
        return f"you set {_count(values['threads'], 'thread')}"
    if changed <= {"epochs", "seconds"}:
        return f"you set {_count(seconds, 'second') if seconds else _count(values['epochs'], 'epoch')}"
    return "you changed this"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def choose_source() -> Source:
    """Choose the images: one's own first, if there are any."""
    known = sources()
    own = [name for name in known if name.startswith(OWN)]
    name = controls.selectbox(
        "Images",
        param="dataset",
        key="train-dataset",
        options=[*own, *SOURCES],
        default=next(iter(SOURCES)),
        help="What the model learns to draw. Bring your own on the Images page.",
        format_func=lambda name: known[name].title,
    )
    source = known[name]
    channels, height, width = source.image_shape
    where = "" if is_local(source) else f" They are downloaded when training starts{download_size(source)}."
    # Who brought the images knows what they are.
    description = "" if name in own else f"{source.description} "
    st.caption(
        f"{description}{source.num_images:,} images of {height} × {width} pixels, "
        f"{'grey' if channels == 1 else 'colour'}.{where}"
    )
    return source


def download_size(source: Source) -> str:
    """Say how large a download is, in brackets; nothing where it is not known."""
    return f" ({widgets.megabytes(source.num_bytes)})" if source.num_bytes else ""


def choose_defaults(source: Source) -> Defaults:
    """Have settings chosen that suit the images, and say why; for one's own images unless switched off."""
    own = source.name.startswith(OWN)
    suit = is_local(source) and controls.toggle(
        "Fit settings to this machine",
        param="suit",
        key=f"train-suit-{'own' if own else 'built-in'}",
        default=own,
        help="Choose network, size, likelihood and length from the images and from a short trial on this machine, "
        "so that training takes about a minute. Each can be changed below.",
    )
    if not suit:
        config, usual = usual_config(source), usual_config()
        # Images that want another network have controls of their own, which start from it.
        same = config.model_copy(update={"epochs": usual.epochs, "dataset": usual.dataset}) == usual
        return Defaults(config, "" if same else f":{source.name}", chosen=not own)
    config, reasons = resources.suggestion(resources.dataset(source))
    place = st.expander("Why these settings")
    return Defaults(config, f":{source.name}:{source.version}", reasons, place)


def choose_settings(source: Source, start: Defaults) -> Settings:
    """Every setting of a ``TrainConfig``, as the widgets have them."""
    settings: dict[str, Any] = {"dataset": source.name}
    problems: list[str] = []
    model, dims = st.columns(2)
    settings["model"] = controls.segmented_control(
        "Model",
        param="model",
        key=start.key("model"),
        options=["vae", "ae"],
        default=start.config.model,
        help="**AE**, the autoencoder: each image becomes a point. **VAE**: each becomes a small "
        "cloud, and all clouds together are pulled towards N(0, I), so that codes drawn from it can be decoded.",
        format_func=str.upper,
        within=model,
    )
    settings["latent_dim"] = controls.number_input(
        "Latent dimensions",
        param="latent_dim",
        key=start.key("latent_dim"),
        min_value=1,
        max_value=128,
        default=start.config.latent_dim,
        help="Numbers that an image is squeezed into. Two can be seen directly on a map.",
        within=dims,
    )
    beta, epochs = st.columns(2)
    settings["epochs"] = controls.number_input(
        "Epochs",
        param="epochs",
        key=start.key(f"epochs-{source.name}"),
        min_value=1,
        max_value=10_000,
        default=start.config.epochs,
        help="How often training goes through all images.",
        within=epochs,
    )
    with st.expander("Images: size, colour, subset"):
        settings["preprocessing"] = _choose_preprocessing(source, start)
    with st.expander("Network"):
        settings |= _choose_network(settings["model"], start, problems)
    with st.expander("Objective"):
        settings |= _choose_objective(settings["model"], start)
    # Only now, as what is minimized decides what it does, and where it starts.
    settings["beta"] = _ask_objective("beta", settings["model"], settings["objective"], start, within=beta)
    with st.expander("Labels and noise"):
        settings |= _choose_inputs(source, start)
    with st.expander("Training"):
        settings |= _choose_training(start)
    return Settings(settings, problems)


def _choose_preprocessing(source: Source, start: Defaults) -> dict[str, Any]:
    suits = start.config.preprocessing
    # No option is None, which Streamlit takes for nothing chosen.
    size = controls.selectbox(
        "Size",
        param="size",
        key=start.key("size"),
        options=sorted({0, 8, 16, 28, 32, 64, 128, suits.size or 0}),
        default=suits.size or 0,
        help="Pixels a side.",
        format_func=lambda size: f"{size} × {size}" if size else "as it is",
    )
    colors = {"as-is": "as it is", "gray": "grey", "rgb": "colour"}
    color = controls.segmented_control(
        "Colour",
        param="color",
        key=start.key("color"),
        options=list(colors),
        default=suits.color or "as-is",
        help="One channel or three.",
        format_func=colors.__getitem__,
    )
    binarize = controls.toggle(
        "Black and white",
        param="binarize",
        key=start.key("binarize"),
        default=suits.binarize,
        help="Round every pixel to black or white.",
    )
    subset = controls.number_input(
        "Images to keep",
        param="num_images",
        key=start.key("num_images"),
        min_value=30,
        default=suits.num_images,
        help="Fewer images train faster.",
        placeholder=f"all {source.num_images:,}",
    )
    classes = controls.multiselect(
        "Classes to keep",
        param="classes",
        key=f"train-classes-{source.name}{source.version}",
        options=source.label_names,
        help="Leave classes out.",
        placeholder="all",
    )
    return {
        "size": size or None,
        "color": None if color == "as-is" else color,
        "binarize": binarize,
        "num_images": subset,
        "classes": tuple(classes) or None,
    }


def _choose_network(model: str, start: Defaults, problems: list[str]) -> dict[str, Any]:
    architecture = controls.segmented_control(
        "Architecture",
        param="architecture",
        key=start.key("architecture"),
        options=list(ARCHITECTURES),
        default=start.config.architecture,
        help=" ".join(f"**{each.title}**: {each.help}" for each in ARCHITECTURES.values()),
        format_func=lambda name: ARCHITECTURES[name].title,
    )
    name, label = ARCHITECTURES[architecture].widths, ARCHITECTURES[architecture].label
    usual = getattr(start.config, name)
    text = controls.text_input(
        label,
        param=name,
        key=start.key(f"widths-{architecture}"),
        default=", ".join(map(str, usual)),
        help="From the image inwards, separated by commas; the decoder mirrors them.",
    )
    widths: tuple[int, ...] = usual
    try:
        widths = _read_widths(name, label, text)
    except ValueError as error:
        st.error(str(error), icon=":material/error:")
        problems.append(f"Under **Network**. {error}")
    activation = controls.selectbox(
        "Activation",
        param="activation",
        key=start.key("activation"),
        options=list(ACTIVATIONS),
        default=start.config.activation,
        help="The nonlinearity between layers.",
        format_func=ACTIVATIONS.__getitem__,
    )
    group_norm = False
    if architecture == "conv":
        group_norm = controls.toggle(
            "Group normalization",
            param="group_norm",
            key=start.key("group_norm"),
            default=start.config.group_norm,
            help="Brings what each convolution gives to one scale, in groups of channels: better pictures for the same "
            "number of steps, of which each takes about an eighth longer.",
        )
    pca_path = controls.toggle(
        "PCA beside the network",
        param="pca_path",
        key=start.key("pca_path"),
        default=start.config.pca_path,
        help="Encoder and decoder start as PCA of the images, and the network learns what PCA misses: soon good with "
        "few images.",
    )
    code_noise = 0.0
    if model == "ae":
        code_noise = controls.number_input(
            "Noise on the code",
            param="code_noise",
            key=start.key("code_noise"),
            min_value=0.0,
            max_value=10.0,
            step=0.1,
            default=start.config.code_noise,
            help="σ of noise on the codes in training, so that near codes mean near images. A VAE learns its own.",
        )
    return {
        "architecture": architecture,
        "conv_hidden": start.config.conv_hidden,
        name: widths,
        "activation": activation,
        "group_norm": group_norm,
        "pca_path": pca_path,
        "code_noise": code_noise,
    }


def _read_widths(name: str, called: str, text: str) -> tuple[int, ...]:
    """Read the widths of layers; a ValueError says in the form's words what is wrong with them."""
    bounds = bounds_of(name)
    most, widest = bounds["max_length"], bounds["le"]
    widths = []
    for part in map(str.strip, text.split(",")):
        if not part.isdecimal():
            what = f"“{widgets.plain(part)}” is not a whole number" if part else "a number is missing"
            raise ValueError(f"{called}: {what}. Write them like this: 256, 128.")
        widths.append(int(part))
    if len(widths) > most:
        raise ValueError(f"{called}: there may be {most} at most, but these are {len(widths)}.")
    for width in widths:
        if not 1 <= width <= widest:
            raise ValueError(f"{called}: each must be from 1 to {widest:,}, but one is {width:,}.")
    return tuple(widths)


def _choose_objective(model: str, start: Defaults) -> dict[str, Any]:
    """What is minimized, with the numbers that are in it, but for beta, which has a place of its own."""
    offered = {name: objective_of(model, name) for name, each in OBJECTIVES.items() if model in each.models}
    name = controls.selectbox(
        "Minimize",
        param="objective",
        key=start.key("objective" if model == "vae" else f"objective-{model}"),
        options=list(offered),
        default=start.config.objective if start.config.objective in offered else next(iter(offered)),
        help=" ".join(f"**{each.title.partition(' (')[0]}**: {each.help}" for each in offered.values()),
        format_func=lambda name: offered[name].title,
    )
    chosen: dict[str, Any] = {"objective": name}
    for own in offered[name].settings:
        if own not in COMMON:
            chosen[own] = _ask_objective(own, model, name, start)
    chosen["likelihood"] = likelihood = controls.selectbox(
        "Likelihood",
        param="likelihood",
        key=start.key("likelihood"),
        options=list(LIKELIHOODS),
        default=start.config.likelihood,
        help="How probable an image is, given what the decoder draws. "
        + " ".join(f"**{each.title}**: {each.help}." for each in LIKELIHOODS.values()),
        format_func=lambda name: LIKELIHOODS[name].title,
    )
    for own, setting in LIKELIHOODS[likelihood].settings.items():
        chosen[own] = _ask(own, setting, getattr(start.config, own), start.key(own))
    for common in COMMON[1:]:
        chosen[common] = _ask_objective(common, model, name, start)
    if offered[name].no_free_bits:
        chosen["free_bits"] = 0.0  # whatever the greyed control says
    return chosen


def _ask_objective(
    name: str, model: str, objective: str, start: Defaults, within: DeltaGenerator | None = None
) -> float:
    """Ask for a number of an objective, in its words; one that has no use for it says what others do with it."""
    setting = objective_of(model, objective).settings.get(name)
    default, key = start.of(name, objective)
    words = setting or OBJECTIVES["elbo"].settings[name]
    return _ask(name, words, default, key, within=within, disabled=setting is None)


def _ask(
    name: str,
    setting: Setting,
    default: float,
    key: str,
    within: DeltaGenerator | None = None,
    disabled: bool = False,
) -> float:
    """Ask for a number of the config, between its bounds."""
    bounds, number = bounds_of(name), type(default)
    # What starts at less than one step is changed by less.
    step = setting.step if setting.step is None or not 0 < default < setting.step else setting.step / 10
    drawn: dict[str, Any] = {
        "param": name,
        "key": key,
        "min_value": number(bounds["ge"]),
        "max_value": number(bounds["le"]),
        "step": step,
        "default": default,
        "help": setting.help,
        "disabled": disabled,
    }
    if setting.slider:
        value: float = controls.slider(setting.label, **drawn)
    else:
        value = controls.number_input(setting.label, within=within, **drawn)
    return value


def _choose_inputs(source: Source, start: Defaults) -> dict[str, Any]:
    """What the networks are given: the label as well, or a damaged image."""
    conditional = controls.toggle(
        "Tell the model the label",
        param="conditional",
        key=start.key("conditional"),
        default=start.config.conditional and bool(source.label_names),
        help="A **conditional** model: encoder and decoder are told the label, so that the code is "
        "left with the rest, such as slant and stroke; and one can ask for a label.",
        disabled=not source.label_names,
    )
    corruption = controls.selectbox(
        "Damage the images",
        param="corruption",
        key=start.key("corruption"),
        options=["none", *CORRUPTIONS],
        default="none",
        help="A **denoising** model: what is encoded is damaged, anew each step, and the clean "
        "image is to be reconstructed.",
        format_func=lambda name: "not at all" if name == "none" else CORRUPTIONS[name].title,
    )
    chosen: dict[str, Any] = {
        "conditional": conditional and bool(source.label_names),
        "corruption": None if corruption == "none" else corruption,
    }
    if corruption != "none":
        damage = CORRUPTIONS[corruption]
        chosen["corruption_strength"] = controls.slider(
            damage.strength,
            param="corruption_strength",
            key=start.key(f"strength-{corruption}"),
            min_value=0.0,
            max_value=damage.most,
            step=0.01,
            default=damage.start,
            help="How strong the damage is in training.",
        )
    return chosen


def _choose_training(start: Defaults) -> dict[str, Any]:
    seconds = controls.number_input(
        "Seconds instead of epochs",
        param="seconds",
        key=start.key("seconds"),
        min_value=1,
        max_value=86_400,
        default=None if start.config.seconds is None else round(start.config.seconds),
        optional=True,
        help="Train for this long, whatever the machine manages.",
        placeholder="train by epochs",
    )
    batch_size = controls.select_slider(
        "Batch size",
        param="batch_size",
        key=start.key("batch_size"),
        options=sorted({16, 32, 64, 128, 256, 512, 1024, start.config.batch_size}),
        default=start.config.batch_size,
        help="Images a step.",
    )
    rate = controls.number_input(
        "Learning rate",
        param="learning_rate",
        key=start.key("learning_rate"),
        min_value=0.0001,
        max_value=1.0,
        step=0.001,
        default=start.config.learning_rate,
        help="The peak of the one-cycle schedule. If training diverges, take less.",
        format="%.4f",
    )
    seed = controls.number_input(
        "Seed",
        param="seed",
        key=start.key("seed"),
        min_value=0,
        max_value=2**31 - 1,
        default=0,
        help="The same seed trains the same model.",
    )
    flip, shift = st.columns(2, vertical_alignment="bottom")
    augment_flip = controls.toggle(
        "Mirror images",
        param="augment_flip",
        key=start.key("augment_flip"),
        default=start.config.augment_flip,
        help="Mirror every other training image: twice as many to learn from. Not for letters and digits, which have "
        "a side.",
        within=flip,
    )
    augment_shift = controls.number_input(
        "Shift images, pixels",
        param="augment_shift",
        key=start.key("augment_shift"),
        min_value=0,
        max_value=16,
        default=start.config.augment_shift,
        help="Move each training image a little, anew each time: for small sets.",
        within=shift,
    )
    device, threads = st.columns(2)
    where = controls.selectbox(
        "Device",
        param="device",
        key=start.key("device"),
        options=["cpu", "auto", "cuda", "mps"],
        default="cpu",
        help="Where to compute; auto takes the fastest there is.",
        within=device,
    )
    num_threads = controls.number_input(
        "CPU threads",
        param="threads",
        key=start.key("threads"),
        min_value=1,
        max_value=256,
        default=start.config.threads,
        help="One is steadiest while other programs run.",
        within=threads,
    )
    return {
        "seconds": seconds,
        "augment_flip": augment_flip,
        "augment_shift": augment_shift,
        "batch_size": batch_size,
        "learning_rate": rate,
        "seed": seed,
        "device": where,
        "threads": num_threads,
    }
