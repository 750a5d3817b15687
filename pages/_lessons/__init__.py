"""The course: what each lesson is called, in the order of the article."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple, cast

__all__ = ["LESSONS", "Lesson"]


class Lesson(NamedTuple):
    """A lesson, without what it takes to draw it."""

    slug: str  # in the URL, and its module in this folder
    title: str
    question: str  # that it answers, in a sentence
    part: str

    @property
    def draw(self) -> Callable[[], None]:
        """Draw the lesson; imported when it is opened."""
        module = import_module(f"{__name__}.{self.slug}")
        return cast(Callable[[], None], module.draw)


_AE, _VAE, _USES, _MAKE = ("Autoencoders", "Variational autoencoders", "What they are for", "Your own")

LESSONS = (
    Lesson("anatomy", "What an autoencoder is", "How can a network learn from images that nobody has labelled?", _AE),
    Lesson("code_map", "The code as a map", "What does the narrow middle know about an image?", _AE),
    Lesson("holes", "Holes in the map", "What does the decoder make of a place where there is no image?", _AE),
    Lesson(
        "distribution", "A distribution instead of a point", "What changes when the encoder answers with a cloud?", _VAE
    ),
    Lesson("reparameterization", "Moving the noise aside", "How can a network be trained through a random draw?", _VAE),
    Lesson("loss", "The loss, taken apart", "What exactly is a VAE trained to make small?", _VAE),
    Lesson("two_forces", "Two forces", "What holds an image’s cloud where it is?", _VAE),
    Lesson("beta", "What beta does", "What does a tidy map cost, and what does a sharp image?", _VAE),
    Lesson("collapse", "Collapse and dead units", "Does a model use all the numbers it is allowed?", _VAE),
    Lesson("generating", "Generating", "Where do images come from that nobody has drawn?", _VAE),
    Lesson("reducing", "Dimensionality reduction", "What do two numbers keep of an image, and which two?", _USES),
    Lesson("anomalies", "Anomaly detection", "How can a model notice what it has never seen?", _USES),
    Lesson("denoising", "Denoising", "How can a network know what was under the noise?", _USES),
    Lesson("image_generation", "Generation by label", "How do you ask for a seven?", _USES),
    Lesson("python", "Building one in Python", "What does all of this look like as code?", _MAKE),
)
