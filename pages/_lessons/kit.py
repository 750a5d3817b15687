"""What lessons are written with: words, predictions, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from pages._lessons import progress
from pages._ui import browser_files, frame, resources, state
from vaelab.datasets import ImageDataset
from vaelab.figures import PALETTE
from vaelab.latent.projections import Projection, choose_points
from vaelab.runs import Run

__all__ = [
    "Classes",
    "browser_map",
    "channels_last",
    "classes",
    "go_on",
    "labelled",
    "predict",
    "predicted",
    "say",
    "sides",
    "sources",
    "thinned",
]

#: Points on a lesson's map, each with its image: 1.2 MB of MNIST's.
POINTS = 1500

#: Words are easiest to read in lines of some seventy letters, figures take the whole width.
TEXT_WIDTH = 760

#: What lessons cite, by the name that they cite it under.
SOURCES = {
    "alain2014": (
        "G. Alain and Y. Bengio, “What Regularized Auto-Encoders Learn from the "
        "Data-Generating Distribution”, JMLR 15, 2014."
    ),
    "alemi2018": "A. Alemi et al., “Fixing a Broken ELBO”, ICML 2018.",
    "an2015": (
        "J. An and S. Cho, “Variational Autoencoder based Anomaly Detection using "
        "Reconstruction Probability”, SNU Data Mining Center, 2015."
    ),
    "baldi1989": (
        "P. Baldi and K. Hornik, “Neural Networks and Principal Component Analysis: "
        "Learning from Examples Without Local Minima”, Neural Networks 2, 1989."
    ),
    "bowman2016": "S. Bowman et al., “Generating Sentences from a Continuous Space”, CoNLL 2016.",
    "burda2016": ("Y. Burda, R. Grosse and R. Salakhutdinov, “Importance Weighted Autoencoders”, ICLR 2016."),
    "cremer2018": "C. Cremer, X. Li and D. Duvenaud, “Inference Suboptimality in Variational Autoencoders”, ICML 2018.",
    "higgins2017": (
        "I. Higgins et al., “beta-VAE: Learning Basic Visual Concepts with a "
        "Constrained Variational Framework”, ICLR 2017."
    ),
    "hinton2006": (
        "G. Hinton and R. Salakhutdinov, “Reducing the Dimensionality of Data with Neural Networks”, Science 313, 2006."
    ),
    "hoffman2016": (
        "M. Hoffman and M. Johnson, “ELBO Surgery: Yet Another Way to Carve up the Variational "
        "Evidence Lower Bound”, NeurIPS Workshop on Advances in Approximate Bayesian Inference, 2016."
    ),
    "kingma2014": "D. Kingma and M. Welling, “Auto-Encoding Variational Bayes”, ICLR 2014.",
    "kingma2016": (
        "D. Kingma et al., “Improved Variational Inference with Inverse Autoregressive Flow”, NeurIPS 2016."
    ),
    "kingma2019": (
        "D. Kingma and M. Welling, “An Introduction to Variational Autoencoders”, "
        "Foundations and Trends in Machine Learning 12, 2019."
    ),
    "loaizaganem2019": (
        "G. Loaiza-Ganem and J. Cunningham, “The Continuous Bernoulli: Fixing a Pervasive Error "
        "in Variational Autoencoders”, NeurIPS 2019."
    ),
    "lucas2019": (
        "J. Lucas et al., “Don’t Blame the ELBO! A Linear VAE Perspective on Posterior Collapse”, "
        "NeurIPS 2019, arXiv:1911.02469."
    ),
    "mcinnes2018": (
        "L. McInnes, J. Healy and J. Melville, “UMAP: Uniform Manifold Approximation "
        "and Projection for Dimension Reduction”, arXiv:1802.03426, 2018."
    ),
    "mohamed2020": "S. Mohamed et al., “Monte Carlo Gradient Estimation in Machine Learning”, JMLR 21, 2020.",
    "rezende2014": (
        "D. Rezende, S. Mohamed and D. Wierstra, “Stochastic Backpropagation and "
        "Approximate Inference in Deep Generative Models”, ICML 2014."
    ),
    "rumelhart1986": (
        "D. Rumelhart, G. Hinton and R. Williams, “Learning Representations by "
        "Back-Propagating Errors”, Nature 323, 1986."
    ),
    "sainburg2021": (
        "T. Sainburg, L. McInnes and T. Gentner, “Parametric UMAP Embeddings for Representation and "
        "Semisupervised Learning”, Neural Computation 33, 2021."
    ),
    "sohn2015": (
        "K. Sohn, H. Lee and X. Yan, “Learning Structured Output Representation using "
        "Deep Conditional Generative Models”, NeurIPS 2015."
    ),
    "vincent2008": (
        "P. Vincent et al., “Extracting and Composing Robust Features with Denoising Autoencoders”, ICML 2008."
    ),
}


def sides() -> tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]:
    """Places for words, for the figure beside them that they are about, and for what follows.

    What follows stands below the words; on a narrow screen, below the figure.
    """
    all_of_it = st.container(key="lesson-sides")
    words, stage, after = (all_of_it.container(key=f"lesson-{name}") for name in ("words", "stage", "after"))
    return words, stage, after


def say(text: str) -> None:
    """Write a paragraph, in markdown; formulas between dollar signs."""
    st.markdown(text, width=TEXT_WIDTH)


def predicted(lesson: str) -> bool:
    """Whether ``predict`` was answered: a figure is drawn before and shows its answer after."""
    return progress.standing(lesson) == "answered"


def predict(lesson: str, question: str, options: Sequence[str], answer: int, why: str) -> bool:
    """Ask what the reader expects, and only then say whether it is so.

    The figure beside it shows the answer once the reader has ``predicted``: hand it ``revealed=``. In a
    presentation the question is behind a button above the figure.

    Parameters
    ----------
    lesson
        The lesson's slug.
    question, options
        The question, and two to four answers.
    answer
        Which of ``options`` is right.
    why
        The explanation, whichever was chosen; what to look at in the figure to see it.

    Returns
    -------
    bool
        Whether an answer was given, and with it what comes after can be shown.
    """
    key = progress.answer_key(lesson)
    if st.session_state.get(key) not in range(len(options)):
        st.session_state[key] = None  # of a lesson that asked something else
    # A lecture asks it over the figure, in whose place it would stand otherwise.
    with behind_a_button() if frame.presenting() else st.container(border=True):
        chosen = st.radio(
            f"**Predict first.** {question}",
            range(len(options)),
            index=None,
            key=key,
            format_func=options.__getitem__,
            persist_state="session",
        )
        if chosen is None:
            st.caption("Choose one, then see whether you were right.")
            return False
        icon = ":material/check_circle:" if chosen == answer else ":material/lightbulb:"
        verdict = "Yes." if chosen == answer else f"Not quite: {_lower(options[answer])}"
        (st.success if chosen == answer else st.info)(f"**{verdict}** {why}", icon=icon)
    return True


def behind_a_button() -> DeltaGenerator:
    """A place for a lesson's question, behind a button."""
    return st.popover(
        "Predict", icon=":material/help:", key="question", help="Ask the lesson’s question: what will the figure show?"
    )


def _lower(text: str) -> str:
    """An answer, as the end of a sentence."""
    return f"{text[:1].lower()}{text[1:]}".rstrip(".") + "."


def sources(*names: str) -> None:
    """Cite, at the end of a lesson; names are keys of ``SOURCES``."""
    st.caption("**Sources** " + " ".join(SOURCES[name] for name in names), width=TEXT_WIDTH)


def go_on(page: str, label: str, run: Run | None = None, settings: Mapping[str, str] | None = None) -> None:
    """Lead to the page where what was learned can be put to use.

    Parameters
    ----------
    page
        The page's name.
    label
        What can be done there.
    run
        The model that the page opens on.
    settings
        What the page's controls are set to, by their names in the URL.
    """
    chosen = dict(settings or {})
    if run is not None:
        chosen[state.RUN_KEY] = run.name
    frame.link_to(page, label, "arrow_forward", chosen)


def channels_last(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images ``(N, C, H, W)`` as the browser has them, ``(N, H, W, C)``."""
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))


def labelled(data: ImageDataset, indices: NDArray[np.integer]) -> dict[str, NDArray[Any]]:
    """Images as the browser has them, and the number of each one's class."""
    assert data.labels is not None
    return {"images": channels_last(data.images[indices]), "labels": data.labels[indices].astype(np.uint8)}


def thinned(projection: Projection) -> Projection:
    """A map with ``POINTS`` of its points at the most, the same ones each time."""
    return projection.subset(choose_points(len(projection.indices), POINTS))


def browser_map(run: Run, projection: Projection) -> NDArray[np.uint8]:
    """A map as the browser reads it, with the density by which Explore judges a place."""
    data = resources.images_of(run)
    return np.frombuffer(browser_files.browser_map(run, data, projection, "lesson"), np.uint8)


class Classes(TypedDict):
    """Names and colours of classes."""

    label_names: list[str]
    palette: list[str]  # a colour for each, over again where there are more


def classes(data: ImageDataset) -> Classes:
    """What the classes of a dataset are called, and a colour for each."""
    return {"label_names": list(data.label_names), "palette": list(PALETTE)}
