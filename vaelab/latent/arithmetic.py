"""Directions in latent space that mean something, and a judge of whether they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["direction", "fit_classifier"]


def direction(codes_from: NDArray[np.floating], codes_to: NDArray[np.floating]) -> NDArray[np.float64]:
    """Difference of two groups' mean codes: added to a code, it moves it towards the second.

    Larsen et al. 2016 (arXiv:1512.09300, section 4) change visual attributes of faces by it. White
    2016 (arXiv:1609.04468) warns that it carries along whatever else differs between the groups.

    Parameters
    ----------
    codes_from
        ``(N, D)``: of images without the attribute.
    codes_to
        ``(M, D)``: of images with it.

    Returns
    -------
    ndarray
        float64 ``(D,)``; its length is the distance of the means.

    Raises
    ------
    ValueError
        If a group is empty, or the dimensions differ.

    Examples
    --------
    >>> direction(np.array([[0.0, 1.0], [0.0, 3.0]]), np.array([[5.0, 2.0]]))
    array([5., 0.])
    """
    if codes_from.ndim != 2 or codes_from.shape[1:] != codes_to.shape[1:]:
        raise ValueError(f"Codes are (N, D) and (M, D), but these are {codes_from.shape} and {codes_to.shape}.")
    if not len(codes_from) or not len(codes_to):
        raise ValueError(f"Both groups need a code, but they have {len(codes_from)} and {len(codes_to)}.")
    difference: NDArray[np.float64] = codes_to.mean(0, dtype=np.float64) - codes_from.mean(0, dtype=np.float64)
    return difference


def fit_classifier(codes: NDArray[np.floating], is_target: NDArray[np.bool_]) -> Pipeline:
    """Learn to tell the codes of one group from all others by a plane between them.

    Logistic regression on standardised codes with scikit-learn's default L2 penalty. Both groups
    count alike, however large they are: otherwise one class in ten is never guessed.

    Parameters
    ----------
    codes
        ``(N, D)``.
    is_target
        bool ``(N,)``, with some of both.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Fitted. Its ``predict`` takes codes ``(M, D)`` and returns whether each is of the target,
        bool ``(M,)``.

    Raises
    ------
    ValueError
        If a group is empty, or the lengths differ.

    Examples
    --------
    >>> classifier = fit_classifier(np.array([[0.0], [1.0], [5.0]]), np.array([False, False, True]))
    >>> classifier.predict(np.array([[0.5], [6.0]]))
    array([False,  True])
    """
    from sklearn.linear_model import LogisticRegression  # a second to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if codes.ndim != 2 or is_target.shape != (len(codes),):
        raise ValueError(f"Each code (N, D) needs a group (N,), but these are {codes.shape} and {is_target.shape}.")
    if is_target.all() or not is_target.any():
        raise ValueError(f"Both groups need a code, but {is_target.sum()} of {len(codes)} are of the target.")
    model = LogisticRegression(class_weight="balanced", max_iter=1000)
    return make_pipeline(StandardScaler(), model).fit(codes.astype(np.float64), is_target)
