"""The prevalence behind the yield of a programme that tests some genotypes more often than others."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def observed_shares(n: ArrayLike) -> tuple[Array, Array]:
    """Shares of a sample, with what the numbers leave open.

    Parameters
    ----------
    n : array_like of int, shape (n_classes,)
        People of each genotype. [people]

    Returns
    -------
    alpha, beta : ndarray, shape (n_classes,)
        Of each share's Beta distribution by Jeffreys' prior. [dimensionless]

    Notes
    -----
    Says nothing of anybody who is not in the sample. Source: docs/evidence.md.

    Examples
    --------
    >>> observed_shares([90, 10])
    (array([90.5, 10.5]), array([10.5, 90.5]))
    """
    counted = np.asarray(n, float)
    return counted + 0.5, counted.sum() - counted + 0.5


def selection_by_disease(odds_ratio: ArrayLike, prevalence: ArrayLike) -> Array:
    """How many times likelier a genotype is to be among the ill than a person without a deficiency allele.

    Parameters
    ----------
    odds_ratio : array_like
        Of the disease against MM. [odds ratio]
    prevalence : array_like
        Of the disease in MM, in [0, 1]. [proportion]

    Returns
    -------
    ndarray
        P(ill | genotype) / P(ill | MM). [ratio]

    Notes
    -----
    OR / (1 − p + p OR). Source: docs/evidence.md.

    Examples
    --------
    >>> selection_by_disease(9.0, 0.1)
    array(5.)
    """
    ratio, p = np.asarray(odds_ratio, float), np.asarray(prevalence, float)
    return np.asarray(ratio / (1 - p + p * ratio))


def prevalence_behind_yield(n: ArrayLike, relative_probability: ArrayLike, rng: np.random.Generator) -> Array:
    """Genotypes of the population from those of the people tested.

    Parameters
    ----------
    n : array_like of int, shape (n_classes,)
        People tested, by genotype. [people]
    relative_probability : array_like, shape (n_draws, n_classes)
        How many times likelier each genotype is to be tested than MM: one row a draw of what is uncertain. [ratio]
    rng : numpy.random.Generator
        Chance.

    Returns
    -------
    ndarray, shape (n_draws, n_classes)
        Draws of the prevalence of each genotype; rows sum to 1. [proportion]

    Raises
    ------
    ValueError
        If a relative probability is not above 0.

    Notes
    -----
    P(g) = (t_g / s_g) / Σ (t_h / s_h): t the shares among the tested, with the Dirichlet posterior of prior ½ each, s the
    relative probability. Hardy-Weinberg proportions are not assumed. Source: docs/evidence.md.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> prevalence_behind_yield([9000, 1000], np.full((4000, 2), [1.0, 10.0]), rng).mean(axis=0).round(3)
    array([0.989, 0.011])
    """
    counted, s = np.asarray(n, float), np.asarray(relative_probability, float)
    if not (s > 0).all():
        raise ValueError("a relative probability of being tested must be above 0")
    share = rng.gamma(counted + 0.5, size=s.shape)
    weighed = share / s
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))
