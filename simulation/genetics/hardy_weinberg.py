"""Genotype frequencies of one population under Hardy-Weinberg proportions, with inbreeding."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.labels import allele_pairs

Array = NDArray[np.float64]
TOLERANCE = 1e-9  # rounding only: a distribution that misses 1 by more has lost or invented people


def with_m_as_remainder(frequency: ArrayLike) -> Array:
    """Put the frequency of M, what the other alleles leave, before theirs.

    Parameters
    ----------
    frequency : array_like, shape (..., n_alleles - 1)
        Of every allele but M, each in [0, 1], together at most 1. [proportion]

    Returns
    -------
    ndarray, shape (..., n_alleles)
        Summing to 1. [proportion]

    Raises
    ------
    ValueError
        If a frequency is negative or they sum to more than 1.

    Notes
    -----
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> with_m_as_remainder([0.04, 0.02])
    array([0.94, 0.04, 0.02])
    """
    others = np.asarray(frequency, float)
    total = others.sum(axis=-1, keepdims=True)
    if (others < 0).any() or (total > 1 + TOLERANCE).any():
        raise ValueError(f"allele frequencies must be at least 0 and sum to at most 1; they sum to {total.max():.6g}")
    return np.concatenate([np.maximum(1 - total, 0.0), others], axis=-1)


def genotype_frequencies(allele_frequency: ArrayLike, inbreeding: ArrayLike = 0.0) -> Array:
    """Genotype frequencies at one locus under inbreeding.

    Parameters
    ----------
    allele_frequency : array_like, shape (..., n_alleles)
        Each in [0, 1]; the last axis sums to 1. [proportion]
    inbreeding : array_like, shape (...), default 0
        Wright's F; 0 gives Hardy-Weinberg, 1 only homozygotes. [dimensionless]

    Returns
    -------
    ndarray, shape (..., n_alleles (n_alleles + 1) / 2)
        In the order of `simulation.labels.genotypes`: for M, S, Z: MM, MS, MZ, SS, SZ, ZZ. [proportion]

    Raises
    ------
    ValueError
        If frequencies are negative or do not sum to 1, or F makes a genotype negative or exceeds 1.

    Notes
    -----
    P(AA) = p² + F p (1 − p) and P(AB) = 2 p q (1 − F). Source: docs/model.md, section 2.

    Examples
    --------
    >>> genotype_frequencies([0.9, 0.1])
    array([0.81, 0.18, 0.01])
    >>> genotype_frequencies([0.9, 0.1], inbreeding=1)
    array([0.9, 0. , 0.1])
    """
    p = np.asarray(allele_frequency, float)
    if (p < 0).any() or (np.abs(p.sum(axis=-1) - 1) > TOLERANCE).any():
        raise ValueError("allele frequencies must be at least 0 and sum to 1, M included")
    return second_gamete_genotypes(p, p, inbreeding)


def second_gamete_genotypes(first: ArrayLike, second: ArrayLike, inbreeding: ArrayLike = 0.0) -> Array:
    """Genotype frequencies when the two gametes come from different pools.

    Parameters
    ----------
    first, second : array_like, shape (..., n_alleles)
        Allele frequencies in the pool of each gamete; each sums to 1. [proportion]
    inbreeding : array_like, shape (...), default 0
        Probability that the second gamete is a copy of the first (negative: homozygotes are avoided). [dimensionless]

    Returns
    -------
    ndarray, shape (..., n_genotypes)
        In the order of `simulation.labels.genotypes`. [proportion]

    Raises
    ------
    ValueError
        If F exceeds 1 or makes a genotype negative.

    Notes
    -----
    P(A from the first, B from the second) = F p_A [A = B] + (1 − F) p_A r_B; the two orders of a heterozygote are
    added. Source: docs/model.md, section 2.

    Examples
    --------
    >>> second_gamete_genotypes([1.0, 0.0], [0.9, 0.1])
    array([0.9, 0.1, 0. ])
    """
    p, r = np.asarray(first, float), np.asarray(second, float)
    F = np.asarray(inbreeding, float)
    if (F > 1).any():
        raise ValueError(f"inbreeding must be at most 1, not {F.max():g}")
    columns = []
    for i, j in allele_pairs(p.shape[-1]):
        if i == j:
            columns.append(F * p[..., i] + (1 - F) * p[..., i] * r[..., i])
        else:
            columns.append((1 - F) * (p[..., i] * r[..., j] + p[..., j] * r[..., i]))
    probability = np.stack(np.broadcast_arrays(*columns), axis=-1)
    if (probability < -TOLERANCE).any():
        raise ValueError(
            f"inbreeding = {F.min():g} makes a genotype negative; with these allele frequencies F must not be so low"
        )
    return np.asarray(np.maximum(probability, 0.0))
