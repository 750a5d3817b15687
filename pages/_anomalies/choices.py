"""Which images play the anomalies, and by which score they are told."""

from __future__ import annotations

from pages._ui import controls
from pages._ui.corruption import choose_corruption
from vaelab.choices import CORRUPTIONS
from vaelab.datasets import SOURCES, is_local, sources
from vaelab.evaluation.anomalies import SCORES
from vaelab.evaluation.cases import EITHER, AnomalySource, missing_classes
from vaelab.runs import Run

KINDS = {
    "within": "Odd ones among these",
    "left_out": "Left-out classes",
    "corrupted": "Corrupted images",
    "other": "Other images",
}


def choose_anomalies(run: Run) -> AnomalySource:
    """Choose which images play the anomalies."""
    kinds = [kind for kind in KINDS if kind != "left_out" or missing_classes(run)]
    # Who brings images asks which of them are odd; the examples show what can be found where one knows.
    own = run.config.dataset not in SOURCES
    kind = controls.segmented_control(
        "Anomalies are",
        param="anomalies",
        key=f"anomalies:{run.name}",
        options=kinds,
        default=kinds[0] if own else kinds[1],
        help="**Odd ones among these**: all images are ranked, and nobody says which are odd. In the other cases the "
        "normal images are the test images of what the model was trained on. **Left-out classes**: test images of "
        "the classes it was not trained on. **Corrupted images**: the normal ones, damaged. **Other images**: another "
        "dataset, brought to the same size.",
        format_func=KINDS.__getitem__,
        wrap=True,
    )
    if kind == "other":
        others = {name: source for name, source in sources().items() if name != run.config.dataset and is_local(source)}
        what = controls.selectbox(
            "Which",
            param="images",
            key=f"other-images:{list(others)}",
            options=list(others),
            default=next(iter(others)),
            help="The datasets that need no download.",
            format_func=lambda name: others[name].title,
            width=170,
        )
        return AnomalySource(kind, what)
    if kind == "corrupted":
        what, strength = choose_corruption(
            "How",
            param="damage",
            key="anomaly",
            default="masking",
            start=lambda kind: CORRUPTIONS[kind].slight,
            help="What is done to the normal images.",
        )
        return AnomalySource(kind, what, strength)
    return AnomalySource(kind)


def choose_score(run: Run, source: AnomalySource) -> str:
    within = source.kind == "within"
    names = [EITHER] * within + [name for name in SCORES if name != "elbo" or run.config.model == "vae"]
    absent = "" if "elbo" in names else " An autoencoder has no ELBO."
    return controls.selectbox(
        "Score",
        param="score",
        key="outlier-score" if within else "anomaly-score",
        options=names,
        default=names[0],
        help=("**Error or distance**: whichever of the two stands out more. " if within else "")
        + "**Calibrated error**: how many times worse the image is reconstructed than a normal image with outlines as "
        "long and as much ink, so simple images are not taken for normal, nor intricate ones for strange. "
        "**Reconstruction error**: -log p(x|z). **Negative ELBO**: that plus the KL divergence, the mean over 16 draws "
        "of z; both tend to find simple images normal, whatever they show. **Latent distance**: from the image's code "
        f"to the tenth nearest code of a training image.{absent} Which of them tells best depends on the images: "
        "compare their AUC.",
        format_func=lambda name: "Error or distance" if name == EITHER else SCORES[name].title,
        width=200,
    )
