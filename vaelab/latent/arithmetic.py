"""Directions in latent space that mean something, and a judge of whether they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CodeClassifier", "direction", "fit_classifier"]


@dataclass(frozen=True)
class CodeClassifier:
    """Logistic regression on codes, ``p(target | z) = sigmoid(w · z + b)``.

    Attributes
    ----------
    weights
        float64 ``(D,)``, for codes as they are: standardising is part of them.
    bias
        The logit of the zero code.
    """

    weights: NDArray[np.float64]
    bias: float

    def probability(self, codes: NDArray[np.floating]) -> NDArray[np.float64]:
        """Probability of being of the target group, if both groups were equally common.

        Parameters
        ----------
        codes
            ``(N, D)``.

        Returns
        -------
        ndarray
            float64 ``(N,)`` in [0, 1].

        Raises
        ------
        ValueError
            If the codes have another number of dimensions.
        """
        if codes.ndim != 2 or codes.shape[1] != len(self.weights):
            raise ValueError(
                f"The classifier knows codes of (N, {len(self.weights)}), not {codes.shape}."
            )
        logits = codes.astype(np.float64) @ self.weights + self.bias
        probability: NDArray[np.float64] = (1 + np.tanh(logits / 2)) / 2  # exp would overflow
        return probability

    def accuracy(self, codes: NDArray[np.floating], is_target: NDArray[np.bool_]) -> float:
        """The share of codes whose group is guessed right.

        Parameters
        ----------
        codes
            ``(N, D)``, best of images that it was not fitted to.
        is_target
            bool ``(N,)``.

        Returns
        -------
        float
            In [0, 1].

        Raises
        ------
        ValueError
            If there are no codes, or the lengths or dimensions differ.
        """
        is_target = _groups(codes, is_target)
        if not len(codes):
            raise ValueError("There are no codes to judge the classifier by.")
        return float(((self.probability(codes) > 0.5) == is_target).mean())


def direction(
    codes_from: NDArray[np.floating], codes_to: NDArray[np.floating]
) -> NDArray[np.float64]:
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
        raise ValueError(
            f"Codes are (N, D) and (M, D), but these are {codes_from.shape} and {codes_to.shape}."
        )
    if not len(codes_from) or not len(codes_to):
        raise ValueError(
            f"Both groups need a code, but they have {len(codes_from)} and {len(codes_to)}."
        )
    difference: NDArray[np.float64] = codes_to.mean(0, dtype=np.float64) - codes_from.mean(
        0, dtype=np.float64
    )
    return difference


def fit_classifier(codes: NDArray[np.floating], is_target: NDArray[np.bool_]) -> CodeClassifier:
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
    CodeClassifier
        Plain numbers, without scikit-learn.

    Raises
    ------
    ValueError
        If a group is empty, or the lengths differ.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    is_target = _groups(codes, is_target)
    if is_target.all() or not is_target.any():
        raise ValueError(
            f"Both groups need a code, but {is_target.sum()} of {len(codes)} are of the target."
        )
    scaler = StandardScaler().fit(codes.astype(np.float64))
    model = LogisticRegression(class_weight="balanced", max_iter=1000)
    model.fit(scaler.transform(codes.astype(np.float64)), is_target)
    weights = model.coef_[0] / scaler.scale_
    return CodeClassifier(weights, float(model.intercept_[0] - weights @ scaler.mean_))


def _groups(codes: NDArray[np.floating], is_target: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Check that each code has a group."""
    if codes.ndim != 2 or is_target.shape != (len(codes),):
        raise ValueError(
            f"Each code (N, D) needs a group (N,), but these are {codes.shape} and "
            f"{is_target.shape}."
        )
    return is_target.astype(bool)
