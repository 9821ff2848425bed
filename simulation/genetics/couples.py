"""Genotypes of couples, and what they mean for their children."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.genetics.relatives import ito_matrices
from simulation.genetics.transmission import alleles_of, gametes, genotype_codes

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
CLOSEST = 0.25  # F of the children of parent and child, who always share one allele: the most that k2 = 0 allows


def couple_probabilities(genotype: ArrayLike, ancestry_share: ArrayLike, mating: float = 0.0) -> Array:
    """Genotypes of the two partners of a couple.

    Parameters
    ----------
    genotype : array_like, shape (..., n_ancestries, n_genotypes)
        Within each ancestry. [proportion]
    ancestry_share : array_like, shape (..., n_ancestries)
        Summing to 1. [proportion]
    mating : float, default 0
        Share of couples whose second partner comes from the whole population; the others are of one ancestry: 0 within
        ancestry, 1 at random. [proportion]

    Returns
    -------
    ndarray, shape (..., n_genotypes, n_genotypes)
        P(first partner, second partner); symmetric, sums to 1. [proportion]

    Raises
    ------
    ValueError
        If mating is not in [0, 1].

    Notes
    -----
    (1 − m) Σₐ sₐ gₐ ⊗ gₐ + m ḡ ⊗ ḡ. Source: docs/model.md, section 13.

    Examples
    --------
    Two ancestries, one without MZ: at random fewer couples are MZ twice.

    >>> g = [[1.0, 0.0, 0.0], [0.8, 0.2, 0.0]]
    >>> apart, mixed = couple_probabilities(g, [0.5, 0.5]), couple_probabilities(g, [0.5, 0.5], mating=1)
    >>> float(apart[1, 1].round(6)), float(mixed[1, 1].round(6))
    (0.02, 0.01)
    """
    if not 0 <= mating <= 1:
        raise ValueError(f"mating must be at least 0 and at most 1, not {mating:g}")
    g, share = np.asarray(genotype, float), np.asarray(ancestry_share, float)
    mean = np.einsum("...a,...ag->...g", share, g)
    alike = np.einsum("...a,...ag,...ah->...gh", share, g, g)
    return np.asarray((1 - mating) * alike + mating * mean[..., :, None] * mean[..., None, :])


def related_couples(allele_frequency: ArrayLike, inbreeding: float) -> Array:
    """Genotypes of the two partners where couples are related as often as inbreeding tells.

    Parameters
    ----------
    allele_frequency : array_like, shape (..., n_alleles)
        Each in [0, 1]; the last axis sums to 1. [proportion]
    inbreeding : float
        Wright's F of the children, in [0, 1/4]: `relatives.inbreeding_of_matings`. [dimensionless]

    Returns
    -------
    ndarray, shape (..., n_genotypes, n_genotypes)
        P(first partner, second partner); symmetric, sums to 1. [proportion]

    Raises
    ------
    ValueError
        If F is outside [0, 1/4], or frequencies are negative or do not sum to 1.

    Notes
    -----
    Partners share one allele by descent with probability 4 F and never two, as cousins do, uncle and niece, half-siblings;
    which of these couples make up F does not matter. Partners are not inbred themselves. Children then are in the
    proportions of `genotype_frequencies(q, F)`. Source: Li and Sacks 1954, doi 10.2307/3001590.

    Examples
    --------
    Were all couples first cousins, 7 times as many would both be MZ.

    >>> related, strangers = related_couples([0.99, 0.01], 1 / 16), related_couples([0.99, 0.01], 0.0)
    >>> round(float(related[1, 1] / strangers[1, 1]))
    7
    """
    if not 0 <= inbreeding <= CLOSEST:
        raise ValueError(
            f"inbreeding = {inbreeding:g}; of couples it must be at least 0 and at most {CLOSEST:g} (parent and child); first"
            " cousins give 0.0625"
        )
    _, one, none = ito_matrices(allele_frequency)
    shared = inbreeding / CLOSEST
    first = none[..., 0, :, None]  # every row of O is the pool
    return np.asarray(first * ((1 - shared) * none + shared * one))


def couples_by_ancestry(genotype: ArrayLike, event: ArrayLike) -> Array:
    """Probability of an event in a couple, by the ancestry of each partner.

    Parameters
    ----------
    genotype : array_like, shape (..., n_ancestries, n_genotypes)
        Within each ancestry. [proportion]
    event : array_like, shape (n_genotypes, n_genotypes)
        Its probability given both genotypes: `both_carry`, `child_probability`. [proportion]

    Returns
    -------
    ndarray, shape (..., n_ancestries, n_ancestries)
        [proportion]

    Notes
    -----
    gₐ · event · g_b for every two ancestries. Source: docs/model.md, section 13.

    Examples
    --------
    >>> couples_by_ancestry([[1.0, 0.0, 0.0], [0.8, 0.2, 0.0]], both_carry(carries({1}, 2))).round(6)
    array([[0.  , 0.  ], [0.  , 0.04]])
    """
    g = np.asarray(genotype, float)
    return np.asarray(g @ np.asarray(event, float) @ np.swapaxes(g, -1, -2))


def carries(alleles: Iterable[int], n_alleles: int) -> Mask:
    """Genotypes that hold at least one of some alleles.

    Parameters
    ----------
    alleles : iterable of int
        Positions of alleles.
    n_alleles : int
        At least 1.

    Returns
    -------
    ndarray of bool, shape (n_genotypes,)
        One or two copies.

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> carries({1}, 2).tolist()
    [False, True, True]
    """
    return np.asarray(np.isin(alleles_of(n_alleles), list(alleles)).any(axis=1))


def made_of(alleles: Iterable[int], n_alleles: int) -> Mask:
    """Genotypes both of whose alleles are among some.

    Parameters
    ----------
    alleles : iterable of int
        Positions of alleles.
    n_alleles : int
        At least 1.

    Returns
    -------
    ndarray of bool, shape (n_genotypes,)
        Two copies, alike or not.

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> made_of({1}, 2).tolist()
    [False, False, True]
    """
    return np.asarray(np.isin(alleles_of(n_alleles), list(alleles)).all(axis=1))


def both_carry(mask: ArrayLike) -> Array:
    """Couples of whom both partners have one of some genotypes.

    Parameters
    ----------
    mask : array_like of bool, shape (n_genotypes,)
        The genotypes: `carries`.

    Returns
    -------
    ndarray, shape (n_genotypes, n_genotypes)
        1 where both do, else 0. [proportion]

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> both_carry(carries({1}, 2)).tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    held = np.asarray(mask, float)
    return np.outer(held, held)


def child_probability(n_alleles: int, affected: ArrayLike) -> Array:
    """Probability that a child has one of some genotypes, by the genotypes of its parents.

    Parameters
    ----------
    n_alleles : int
        At least 1.
    affected : array_like of bool, shape (n_genotypes,)
        The genotypes that count.

    Returns
    -------
    ndarray, shape (n_genotypes, n_genotypes)
        Symmetric. [proportion]

    Notes
    -----
    gametes · affected · gametesᵀ: no table of all children is made. Source: docs/model.md, section 13.

    Examples
    --------
    MZ with MZ: a quarter of the children are ZZ.

    >>> float(child_probability(2, [False, False, True])[1, 1])
    0.25
    """
    g = gametes(n_alleles)
    return np.asarray(g @ np.asarray(affected, float)[genotype_codes(n_alleles)] @ g.T)


def next_child_risk(couple: ArrayLike, n_alleles: int, affected: ArrayLike) -> Array:
    """Probability that a couple's next child is affected when its first one is.

    Parameters
    ----------
    couple : array_like, shape (..., n_genotypes, n_genotypes)
        How common each couple is; need not sum to 1, so couples may be left out with 0. [proportion]
    n_alleles : int
        At least 1.
    affected : array_like of bool, shape (n_genotypes,)
        The genotypes that count.

    Returns
    -------
    ndarray, shape (...)
        NaN where no couple can have an affected child. [proportion]

    Notes
    -----
    E[p²]/E[p] over couples, p the probability of each child. Near 1/4 where the allele is rare: an affected child shows
    that both parents carry it. Source: docs/model.md, section 13.

    Examples
    --------
    >>> hw = np.array([0.81, 0.18, 0.01])
    >>> float(next_child_risk(np.outer(hw, hw), 2, [False, False, True]).round(6))
    0.3025
    """
    p = child_probability(n_alleles, affected)
    joint = np.asarray(couple, float)
    one, two = (joint * p).sum(axis=(-2, -1)), (joint * p**2).sum(axis=(-2, -1))
    return np.asarray(np.divide(two, one, out=np.full_like(one, np.nan), where=one > 0))


@dataclass(frozen=True)
class CoupleLaw:
    """Couples who have a child, and what a carrier test leaves open, in one block of replicates.

    Attributes
    ----------
    matings : tuple of str
        Who has children with whom: within_ancestry, random and, where the config says so, mixed.
    ancestries, tests : tuple of str
        Names of the ancestries; of the tests that a carrier may have.
    joint : ndarray (replicate, population, mating, genotype, genotype)
        Genotypes of both partners. Sums to 1. [proportion]
    kinds : dict of str to ndarray of bool (genotype, genotype)
        Couples of a kind: all, both_carry, zz_possible, severe_possible.
    child_severe : ndarray (genotype, genotype)
        P(a child is severe | both genotypes). [proportion]
    n_couples : ndarray of int (population,)
        Couples who have a child in a year, or as many as are drawn. [couples]
    by_ancestry : ndarray (replicate, population, ancestry, ancestry, 4)
        P(both_carry), P(zz_possible), P(severe_possible), P(child severe) of couples of two ancestries. [proportion]
    residual : ndarray (replicate, population, test, 4)
        P(carries a deficiency allele), the same after a negative test; P(child severe) of two negative partners, and of one
        who is MZ with a negative one. [proportion]
    """

    matings: tuple[str, ...]
    ancestries: tuple[str, ...]
    tests: tuple[str, ...]
    joint: Array
    kinds: dict[str, Mask]
    child_severe: Array
    n_couples: NDArray[np.int64]
    by_ancestry: Array
    residual: Array

    def first_replicates(self, n: int) -> CoupleLaw:
        """Keep the first replicates only.

        Parameters
        ----------
        n : int
            How many.

        Returns
        -------
        CoupleLaw
            Of those replicates.
        """
        return replace(self, joint=self.joint[:n], by_ancestry=self.by_ancestry[:n], residual=self.residual[:n])
