"""Diseases that the genotype makes more likely beside COPD and cirrhosis: bronchiectasis, vasculitis with ANCA."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.disease.liver import raised_probability

Array = NDArray[np.float64]


def disease_probability(baseline: ArrayLike, odds_ratio: ArrayLike) -> Array:
    """Probability of a disease by genotype.

    Parameters
    ----------
    baseline : array_like, shape (...)
        Prevalence in people without a deficiency allele, in [0, 1]. [proportion]
    odds_ratio : array_like, shape (..., n_genotypes)
        Against people without a deficiency allele, at least 0. [odds ratio]

    Returns
    -------
    ndarray, shape (..., n_genotypes)
        [proportion]

    Notes
    -----
    p' = OR p / (1 − p + OR p), as `simulation.disease.liver.raised_probability`. Source: docs/model.md, section 7.

    Examples
    --------
    >>> disease_probability([0.5, 0.005], [1.0, 3.0]).round(4)
    array([[0.5   , 0.75  ],
           [0.005 , 0.0149]])
    """
    return raised_probability(np.asarray(baseline, float)[..., None], odds_ratio)


def genotype_shares(genotype: ArrayLike, odds_ratio: ArrayLike, baseline: ArrayLike | None = None) -> Array:
    """Share of each genotype among all people who have a disease.

    Parameters
    ----------
    genotype : array_like, shape (..., n_genotypes)
        Genotype frequencies, or numbers of people, at least 0. [proportion or people]
    odds_ratio : array_like, shape (..., n_genotypes)
        Against people without a deficiency allele, at least 0. [odds ratio]
    baseline : array_like, shape (...), optional
        Prevalence in people without a deficiency allele, above 0 and below 1; without it the disease is taken as rare.
        [proportion]

    Returns
    -------
    ndarray, shape (..., n_genotypes)
        Sums to 1 over genotypes. [proportion]

    Raises
    ------
    ValueError
        If a number is outside its range, or nobody has the disease.

    Notes
    -----
    P(g | disease) = P(g) r(g) / Σ P(g) r(g), with r(g) = `disease_probability`, or r(g) = OR(g) for a rare disease: the
    limit of the former as the baseline falls to 0. A share says who has the disease and not who has it because of the
    genotype. Source: docs/model.md, section 7.

    Examples
    --------
    A genotype of one person in a hundred with an odds ratio of 11, if the disease is rare and if half of the others have it.

    >>> genotype_shares([0.99, 0.01], [1, 11]).round(3)
    array([0.9, 0.1])
    >>> genotype_shares([0.99, 0.01], [1, 11], baseline=0.5).round(3)
    array([0.982, 0.018])
    """
    people, ratio = np.asarray(genotype, float), np.asarray(odds_ratio, float)
    if not ((people >= 0).all() and (ratio >= 0).all()):
        raise ValueError("genotype frequencies and odds ratios must be at least 0")
    if baseline is None:
        risk = ratio
    else:
        prevalence = np.asarray(baseline, float)
        if not ((prevalence > 0).all() and (prevalence < 1).all()):
            raise ValueError("a baseline prevalence must be above 0 and below 1; leave it out for a rare disease")
        risk = disease_probability(prevalence, ratio)
    cases = people * risk
    total = cases.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        raise ValueError("nobody has the disease, so there are no shares")
    return np.asarray(cases / total)
