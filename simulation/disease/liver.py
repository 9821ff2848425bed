"""Liver disease of people whose alleles polymerise; null alleles make no protein and do no harm there."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]


def cirrhosis_probability(
    age_years: ArrayLike, lifetime: ArrayLike, onset_mean_years: ArrayLike, onset_sd_years: ArrayLike
) -> Array:
    """Probability of having developed cirrhosis by an age, two polymerising alleles.

    Parameters
    ----------
    age_years : array_like, shape (n_ages,)
        [years]
    lifetime, onset_mean_years, onset_sd_years : array_like, shape (n_replicates,)
        Share who ever develop it; mean and sd of the age at onset. [proportion, years, years]

    Returns
    -------
    ndarray, shape (n_replicates, n_ages)
        [proportion]

    Notes
    -----
    F(age) = L · Φ((age − mean)/sd). Source: docs/model.md, section 7.

    Examples
    --------
    >>> cirrhosis_probability([61.0], [0.14], [61.0], [15.0])
    array([[0.07]])
    """
    age = np.asarray(age_years, float)
    mean, sd, share = (np.asarray(x, float).reshape(-1, 1) for x in (onset_mean_years, onset_sd_years, lifetime))
    return np.asarray(share * ndtr((age - mean) / sd))


def raised_probability(baseline: ArrayLike, odds_ratio: ArrayLike) -> Array:
    """Probability after an odds ratio is applied to a baseline.

    Parameters
    ----------
    baseline : array_like
        In [0, 1]. [proportion]
    odds_ratio : array_like
        At least 0. [odds ratio]

    Returns
    -------
    ndarray, broadcast shape
        [proportion]

    Notes
    -----
    p' = OR p / (1 − p + OR p). Source: docs/model.md, section 7.

    Examples
    --------
    >>> raised_probability(0.5, 3.0)
    array(0.75)
    """
    p, ratio = np.asarray(baseline, float), np.asarray(odds_ratio, float)
    return np.asarray(ratio * p / (1 - p + ratio * p))
