"""What error is to be expected of a normal image, from how much there is in it to get wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vaelab.evaluation.image_errors import Floats, Images, Reconstruct, by_batch, errors_of
from vaelab.images import as_float, border_color

__all__ = ["MIN_HELD_OUT", "Calibration", "complexity"]

#: With fewer held-out images than this, what is expected is learned from training images instead.
MIN_HELD_OUT = 50


@dataclass(frozen=True)
class Calibration:
    """How large an error to expect of a normal image, by how complex the image is.

    A reconstruction error, or a likelihood, says first of all how simple an image is: with one
    digit left out of training, the negative ELBO finds ones *less* anomalous than the digits
    trained on, as they have little ink. So the error is divided by what is expected,

    ``exp(a + b log(1 + contour) + c log(1 + ink))``

    with the error of ``smoothed_error``, contour and ink of ``complexity``, and a, b, c from a
    least-squares fit of the log error on normal images, no anomalous one among them. Complexity
    counts no higher than in the most complex percent of them: of what lies beyond, nothing is
    known, and nothing is excused.

    Serrà et al. 2020 ("Input complexity and out-of-distribution detection with likelihood-based
    generative models", arXiv:1909.11480) correct in the same spirit: from the negative
    log-likelihood they subtract the length to which a general compressor brings the image, both in
    bits. Here the measure of complexity needs no compressor, how much it counts is fitted rather
    than fixed at one, and what is corrected is the error of a reconstruction, so that it serves
    autoencoders, and PCA, too.

    Attributes
    ----------
    weights
        ``(3,)``: a, b and c.
    most
        ``(2,)``: the highest ``complexity`` that counts.
    ground
        ``(C,)``: the colour of nothing, in [0, 1].
    """

    weights: Floats
    most: Floats
    ground: Floats

    @classmethod
    def fit(cls, images: NDArray[np.uint8], reconstruct: Reconstruct) -> Calibration:
        """Learn what to expect.

        Parameters
        ----------
        images
            uint8 ``(N, C, H, W)``: normal ones, best held out from training.
        reconstruct
            Takes images and returns what they come back as, float in [0, 1].

        Returns
        -------
        Calibration
            By which the log of the ratio is 0 on average over these images.
        """
        ground = border_color(images)
        features = by_batch(lambda x: complexity(x, ground), images)
        most: Floats = np.percentile(features, 99, axis=0).astype(np.float64)
        design = _with_constant(np.minimum(features, most))
        errors = np.log(errors_of(images, reconstruct))
        weights: Floats = np.linalg.lstsq(design, errors, rcond=None)[0].astype(np.float64)
        return cls(weights, most, ground)

    def ratio(self, images: Images, reconstruct: Reconstruct) -> Floats:
        """Compare the errors of images with what is expected.

        Parameters
        ----------
        images
            ``(N, C, H, W)``, uint8 or float in [0, 1].
        reconstruct
            As ``fit`` takes it.

        Returns
        -------
        ndarray
            float64 ``(N,)``: 1 as expected, 2 twice the squared error.
        """
        features = by_batch(lambda x: complexity(x, self.ground), images)
        expected = np.exp(_with_constant(np.minimum(features, self.most)) @ self.weights)
        ratio: Floats = errors_of(images, reconstruct) / expected
        return ratio


def complexity(images: Images, ground: NDArray[np.floating]) -> Floats:
    """Measure how much there is in an image to get wrong.

    Parameters
    ----------
    images
        ``(N, C, H, W)``, uint8 or float in [0, 1].
    ground
        ``(C,)`` in [0, 1]: the colour of nothing, such as ``vaelab.images.border_color`` finds.

    Returns
    -------
    ndarray
        float64 ``(N, 2)``: ``log(1 + contour)`` and ``log(1 + ink)``. The contour is the total
        variation, the sum of absolute differences between neighbouring pixels: the length of all
        outlines times their contrast. The ink is the sum of absolute differences from the ground.
    """
    x = as_float(images)
    contour = np.abs(np.diff(x, axis=2)).sum((1, 2, 3)) + np.abs(np.diff(x, axis=3)).sum((1, 2, 3))
    ink = np.abs(x - ground[:, None, None]).sum((1, 2, 3))
    features: Floats = np.log1p(np.column_stack([contour, ink]).astype(np.float64))
    return features


def _with_constant(features: Floats) -> Floats:
    """Features ``(N, F)`` after a column of ones."""
    return np.column_stack([np.ones(len(features)), features])
