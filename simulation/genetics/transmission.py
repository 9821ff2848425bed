"""Mendel's first law: which allele a parent passes on, and what the children are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.labels import allele_pairs

Array = NDArray[np.float64]
Codes = NDArray[np.int32]


def alleles_of(n_alleles: int) -> Codes:
    """The two alleles of every genotype.

    Parameters
    ----------
    n_alleles : int
        At least 1.

    Returns
    -------
    ndarray of int32, shape (n_genotypes, 2)
        Positions of alleles, in the order of `labels.allele_pairs`.

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> alleles_of(2).tolist()
    [[0, 0], [0, 1], [1, 1]]
    """
    return np.array(allele_pairs(n_alleles), np.int32)


def genotype_codes(n_alleles: int) -> Codes:
    """The genotype that two alleles make.

    Parameters
    ----------
    n_alleles : int
        At least 1.

    Returns
    -------
    ndarray of int32, shape (n_alleles, n_alleles)
        Position on the genotype axis; symmetric, for a genotype does not know which parent an allele came from.

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> genotype_codes(2).tolist()
    [[0, 1], [1, 2]]
    """
    first, second = alleles_of(n_alleles).T
    codes = np.empty((n_alleles, n_alleles), np.int32)
    codes[first, second] = codes[second, first] = np.arange(len(first))
    return codes


def gametes(n_alleles: int) -> Array:
    """Probability of each allele in a gamete, by the genotype of who passes it on.

    Parameters
    ----------
    n_alleles : int
        At least 1.

    Returns
    -------
    ndarray, shape (n_genotypes, n_alleles)
        Each row sums to 1. [proportion]

    Notes
    -----
    Either allele with probability 1/2. Source: docs/model.md, section 13.

    Examples
    --------
    >>> gametes(2).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    one_hot = np.eye(n_alleles)
    return np.asarray(one_hot[alleles_of(n_alleles)].mean(axis=1))


def offspring_probabilities(n_alleles: int) -> Array:
    """Probability of each genotype in a child, by the genotypes of its parents.

    Parameters
    ----------
    n_alleles : int
        At least 1. The table has about n⁶/8 cells, so it is meant for ten alleles or fewer.

    Returns
    -------
    ndarray, shape (n_genotypes, n_genotypes, n_genotypes)
        P(child | one parent, other parent), the child last; each child axis sums to 1. [proportion]

    Notes
    -----
    P(AB) = g₁(A) g₂(B) + g₁(B) g₂(A) and P(AA) = g₁(A) g₂(A), g the gametes. Source: docs/model.md, section 13.

    Examples
    --------
    MZ with MZ: MM, MZ, ZZ.

    >>> offspring_probabilities(2)[1, 1].tolist()
    [0.25, 0.5, 0.25]
    """
    g = gametes(n_alleles)
    first, second = alleles_of(n_alleles).T
    one, other = g[:, None, :], g[None, :, :]
    probability = one[..., first] * other[..., second]
    swapped = one[..., second] * other[..., first]
    return np.asarray(probability + np.where(first != second, swapped, 0.0))


def draw_offspring(rng: np.random.Generator, mother: ArrayLike, father: ArrayLike, n_alleles: int) -> Codes:
    """Draw a child for each pair of parents.

    Parameters
    ----------
    rng : numpy.random.Generator
        Chance.
    mother, father : array_like of int, shapes that broadcast
        Genotypes of the parents: positions on the genotype axis.
    n_alleles : int
        At least 1.

    Returns
    -------
    ndarray of int32, the broadcast shape
        Genotypes of the children.

    Raises
    ------
    ValueError
        If a code is no position on the genotype axis.

    Notes
    -----
    Each parent passes one of its two alleles with probability 1/2, independently. Source: docs/model.md, section 13.

    Examples
    --------
    MM with ZZ can only have MZ.

    >>> draw_offspring(np.random.default_rng(1), [0, 0, 2], 2, 2).tolist()
    [1, 1, 2]
    """
    alleles = alleles_of(n_alleles)
    one, other = np.broadcast_arrays(checked_codes(mother, len(alleles)), checked_codes(father, len(alleles)))
    which = rng.integers(0, 4, one.shape, np.uint8)  # one number for both parents: two fair bits
    return np.asarray(genotype_codes(n_alleles)[alleles[one, which & 1], alleles[other, which >> 1]])


def checked_codes(codes: ArrayLike, n_genotypes: int) -> NDArray[np.integer]:
    """Genotype codes, refused where they are none.

    Parameters
    ----------
    codes : array_like of int
        Positions on the genotype axis.
    n_genotypes : int
        Length of the axis.

    Returns
    -------
    ndarray of int
        The same.

    Raises
    ------
    ValueError
        If one is not a whole number from 0 to n_genotypes − 1.

    Notes
    -----
    A code of −1, often used for "missing", would be read as the last genotype, which is severe. Source: docs/model.md,
    section 2.

    Examples
    --------
    >>> checked_codes([0, 2], 3).tolist()
    [0, 2]
    """
    found = np.asarray(codes)
    if not np.issubdtype(found.dtype, np.integer):
        if found.size:
            raise ValueError(f"genotype codes must be whole numbers, not {found.dtype}; look them up by name first")
        found = found.astype(np.int32)
    if found.size and not (found.min() >= 0 and found.max() < n_genotypes):
        wrong = found.min() if found.min() < 0 else found.max()
        raise ValueError(
            f"genotype code {wrong}; it must be at least 0 and at most {n_genotypes - 1}: leave out people whose genotype is"
            " not known, and check n_alleles"
        )
    return found
