"""FEV1 of severe people with COPD, in percent of the predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]


def fev1_band_probability(mean_percent: ArrayLike, sd_percent: ArrayLike, ends: Sequence[float]) -> Array:
    """Probability that FEV1 lies in each of some bands.

    Parameters
    ----------
    mean_percent, sd_percent : array_like, shapes that broadcast
        Mean, at least 0, and standard deviation between people, above 0. [% of predicted]
    ends : sequence of float
        Lower ends of the bands, rising from 0; the last band has no upper end. [% of predicted]

    Returns
    -------
    ndarray, shape (..., n_bands)
        Sums to 1 along the last axis. [proportion]

    Notes
    -----
    A normal law without its part below 0: P(a to b) = (Φ((b − mean)/sd) − Φ((a − mean)/sd)) / (1 − Φ(−mean/sd)).
    Source: docs/model.md, section 8.

    Examples
    --------
    >>> fev1_band_probability(50.0, 10.0, (0.0, 50.0)).round(3)
    array([0.5, 0.5])
    """
    mean, sd = (np.asarray(x, float)[..., None] for x in (mean_percent, sd_percent))
    above = ndtr((mean - np.asarray(ends, float)) / sd)  # P(FEV1 above each lower end), of the whole normal law
    bands = above - np.concatenate([above[..., 1:], np.zeros_like(above[..., :1])], axis=-1)
    return np.asarray(bands / above[..., :1])
