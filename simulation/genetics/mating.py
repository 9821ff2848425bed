"""Genotype frequencies of a population of several ancestries, by who mates with whom."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.genetics.hardy_weinberg import second_gamete_genotypes

Array = NDArray[np.float64]


def ancestry_genotypes(
    allele_frequency: ArrayLike, ancestry_share: ArrayLike, inbreeding: ArrayLike = 0.0, mating: float = 0.0
) -> Array:
    """Genotype frequencies within each ancestry of a mixed population.

    Parameters
    ----------
    allele_frequency : array_like, shape (..., n_ancestries, n_alleles)
        In each ancestry, M included. [proportion]
    ancestry_share : array_like, shape (..., n_ancestries)
        Summing to 1. [proportion]
    inbreeding : array_like, shape (...), default 0
        Wright's F. [dimensionless]
    mating : float, default 0
        Probability that the second gamete comes from the whole population's pool rather than from the own ancestry:
        0 within ancestry, 1 at random. [proportion]

    Returns
    -------
    ndarray, shape (..., n_ancestries, n_genotypes)
        By the ancestry of the first gamete. [proportion]

    Raises
    ------
    ValueError
        If mating is not in [0, 1], or F exceeds 1 or makes a genotype negative.

    Notes
    -----
    P(·|a) = F·copy + (1 − F) [(1 − m) q_a ⊗ q_a + m q_a ⊗ q̄]. Source: docs/model.md, section 2.

    Examples
    --------
    Two ancestries, one without Z. Mating at random loses homozygotes (Wahlund).

    >>> apart = ancestry_genotypes([[1.0, 0.0], [0.8, 0.2]], [0.5, 0.5])
    >>> mixed = ancestry_genotypes([[1.0, 0.0], [0.8, 0.2]], [0.5, 0.5], mating=1)
    >>> apart.mean(axis=0).round(4), mixed.mean(axis=0).round(4)
    (array([0.82, 0.16, 0.02]), array([0.81, 0.18, 0.01]))
    """
    if not 0 <= mating <= 1:
        raise ValueError(f"mating must be at least 0 and at most 1, not {mating:g}")
    q = np.asarray(allele_frequency, float)
    share = np.asarray(ancestry_share, float)
    pool = (share[..., None] * q).sum(axis=-2, keepdims=True)
    second = (1 - mating) * q + mating * pool
    return second_gamete_genotypes(q, second, np.asarray(inbreeding, float)[..., None])


def mixed_genotypes(ancestry_share: ArrayLike, genotype: ArrayLike) -> Array:
    """Genotype frequencies of the whole population.

    Parameters
    ----------
    ancestry_share : array_like, shape (..., n_ancestries)
        Summing to 1. [proportion]
    genotype : array_like, shape (..., n_ancestries, n_genotypes)
        Within each ancestry. [proportion]

    Returns
    -------
    ndarray, shape (..., n_genotypes)
        [proportion]

    Notes
    -----
    Squaring the mean frequency is not the mean square: ancestries are summed after their genotypes are formed.
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> mixed_genotypes([0.5, 0.5], [[1.0, 0.0, 0.0], [0.64, 0.32, 0.04]]).round(4)
    array([0.82, 0.16, 0.02])
    """
    return np.asarray((np.asarray(ancestry_share, float)[..., None] * np.asarray(genotype, float)).sum(axis=-2))
