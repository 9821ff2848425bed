"""Allele frequencies where not everybody's genotype was seen: panels that miss alleles, screens that miss people.

What a survey can show is a list of classes; each person's class depends on the genotype. A panel that types S and Z only
shows every other allele as M; a screen by serum level types some genotypes more often than others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.genetics.hardy_weinberg import genotype_frequencies
from simulation.inference.gene_counting import n_alleles_of
from simulation.labels import allele_pairs

Array = NDArray[np.float64]
N_STEPS = 20_000
TOLERANCE = 1e-13
NEARLY_GONE = 1e-3


@dataclass(frozen=True)
class Classes:
    """What one survey saw.

    Attributes
    ----------
    n : ndarray of int64, shape (n_classes,)
        People in each class.
    probability : ndarray, shape (n_classes, n_genotypes)
        P(class | genotype); columns sum to 1. [proportion]
    """

    n: NDArray[np.int64]
    probability: Array


def read_as(n_alleles: int, typed: Sequence[int]) -> NDArray[np.int64]:
    """Which genotype a panel reads for each genotype.

    Parameters
    ----------
    n_alleles : int
        M first.
    typed : sequence of int
        Positions of the alleles that the panel tells apart; every other reads as M.

    Returns
    -------
    ndarray of int64, shape (n_genotypes,)
        Position of the genotype read.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> read_as(3, [1]).tolist()  # M, S, Z with S typed alone: MM, MS, MZ, SS, SZ, ZZ read MM, MS, MM, SS, MS, MM
    [0, 1, 0, 3, 1, 0]
    """
    pairs = allele_pairs(n_alleles)
    seen = [a if a in typed else 0 for a in range(n_alleles)]
    return np.array([pairs.index((min(seen[i], seen[j]), max(seen[i], seen[j]))) for i, j in pairs])


def classes(genotype_counts: ArrayLike, n_not_typed: int, read: ArrayLike, detected: ArrayLike) -> Classes:
    """Classes of a survey with a panel and a screen before it.

    Parameters
    ----------
    genotype_counts : array_like of int, shape (n_genotypes,)
        As read by the panel. [people]
    n_not_typed : int
        People whom the screen let pass. [people]
    read : array_like of int, shape (n_genotypes,)
        `read_as` of the panel.
    detected : array_like, shape (n_genotypes,)
        Probability that the screen sends a person to be typed. [proportion]

    Returns
    -------
    Classes
        Genotypes as read, then the people not typed.

    Raises
    ------
    ValueError
        If somebody is in a class that nobody can be in.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> found = classes([0, 0, 9], 991, [0, 1, 2], [0.0, 0.0, 0.9])  # MM, MZ, ZZ; screen by level finds ZZ only
    >>> found.n.tolist(), found.probability[-1].tolist()
    ([0, 0, 9, 991], [1.0, 1.0, 0.1])
    """
    typed, share = np.asarray(genotype_counts, np.int64), np.asarray(detected, float)
    probability = np.zeros((len(typed) + 1, len(typed)))
    probability[np.asarray(read), np.arange(len(typed))] = share
    probability[-1] = np.round(1 - share, 15)
    n = np.append(typed, n_not_typed)
    if (n[probability.sum(axis=1) == 0] > 0).any():
        raise ValueError("somebody was seen in a class that has probability 0")
    return Classes(n, probability)


def log_likelihood(frequency: ArrayLike, surveys: Sequence[Classes]) -> float:
    """Log likelihood of allele frequencies under Hardy-Weinberg proportions.

    Parameters
    ----------
    frequency : array_like, shape (n_alleles,)
        Summing to 1. [proportion]
    surveys : sequence of Classes
        What was seen.

    Returns
    -------
    float
        Σ_k Σ n_c log Σ_g P(c | g) P(g), constants left out. [log]

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> found = classes([81, 18, 1], 0, [0, 1, 2], [1, 1, 1])
    >>> bool(log_likelihood([0.9, 0.1], [found]) > log_likelihood([0.8, 0.2], [found]))
    True
    """
    genotype = genotype_frequencies(frequency)
    total = 0.0
    for survey in surveys:
        seen = survey.n > 0
        with np.errstate(divide="ignore"):
            total += float((survey.n[seen] * np.log((survey.probability @ genotype)[seen])).sum())
    return total


def maximum_likelihood(surveys: Sequence[Classes]) -> Array:
    """Allele frequencies by expectation and maximisation (EM).

    Parameters
    ----------
    surveys : sequence of Classes
        What was seen.

    Returns
    -------
    ndarray, shape (n_alleles,)
        Where the likelihood is largest. [proportion]

    Raises
    ------
    ValueError
        If it has not settled after 20,000 steps.

    Notes
    -----
    Each step shares the people of a class among the genotypes that read so, in proportion to P(class | g) P(g), and
    counts genes. Source: docs/evidence.md.

    Examples
    --------
    >>> found = classes([81, 18, 1], 0, [0, 1, 2], [1, 1, 1])
    >>> maximum_likelihood([found]).round(12).tolist()
    [0.9, 0.1]
    """
    n_alleles = n_alleles_of(surveys[0].probability.shape[1])
    q = np.full(n_alleles, 1 / n_alleles)
    copies = _copies(n_alleles)
    for _ in range(N_STEPS):
        genotype = genotype_frequencies(q)
        counted = np.zeros(n_alleles)
        for survey in surveys:
            counted += (survey.n @ _given_class(survey, genotype)) @ copies
        new = counted / counted.sum()
        if np.abs(new - q).max() < TOLERANCE:
            return np.asarray(new)
        q = new
    # towards a frequency of 0 the steps grow ever smaller
    gone = np.where(q < NEARLY_GONE, 0.0, q)
    gone /= gone.sum()
    if log_likelihood(gone, surveys) >= log_likelihood(q, surveys):
        return np.asarray(gone)
    raise ValueError("the allele frequencies did not settle: the surveys leave them undetermined")


def _given_class(survey: Classes, genotype: Array) -> Array:
    """P(genotype | class), shape (n_classes, n_genotypes); a class that nobody can be in is given to the first."""
    joint = survey.probability * genotype
    total = joint.sum(axis=1, keepdims=True)
    first = np.zeros_like(joint)
    first[:, 0] = 1.0
    return np.where(total > 0, np.divide(joint, total, out=np.zeros_like(joint), where=total > 0), first)


def _copies(n_alleles: int) -> Array:
    """Copies of each allele in each genotype, shape (n_genotypes, n_alleles)."""
    pairs = allele_pairs(n_alleles)
    return np.array([[(a == i) + (a == j) for a in range(n_alleles)] for i, j in pairs], float)
