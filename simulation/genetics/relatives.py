"""Genotypes of relatives, and how inbred the children of relatives are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.errors import nearest
from simulation.genetics.hardy_weinberg import TOLERANCE, genotype_frequencies
from simulation.genetics.transmission import alleles_of, gametes

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Relation:
    """How alike two relatives are at one locus, neither of them inbred.

    Attributes
    ----------
    k0, k1, k2 : float
        Probability that they share 0, 1 or 2 alleles by descent; together 1. [proportion]
    degree : int or None
        Of relationship; None for the unrelated. [steps]
    """

    k0: float
    k1: float
    k2: float
    degree: int | None


RELATIONS = {
    "identical_twin": Relation(0, 0, 1, 0),
    "parent": Relation(0, 1, 0, 1),
    "child": Relation(0, 1, 0, 1),
    "sibling": Relation(1 / 4, 1 / 2, 1 / 4, 1),
    "half_sibling": Relation(1 / 2, 1 / 2, 0, 2),
    "grandparent": Relation(1 / 2, 1 / 2, 0, 2),
    "grandchild": Relation(1 / 2, 1 / 2, 0, 2),
    "aunt_or_uncle": Relation(1 / 2, 1 / 2, 0, 2),
    "niece_or_nephew": Relation(1 / 2, 1 / 2, 0, 2),
    "first_cousin": Relation(3 / 4, 1 / 4, 0, 3),
    "second_cousin": Relation(15 / 16, 1 / 16, 0, 5),
    "unrelated": Relation(1, 0, 0, None),
}


def relation_named(name: str) -> Relation:
    """The relation of a name.

    Parameters
    ----------
    name : str
        One of `RELATIONS`: what the relative is to the index person.

    Returns
    -------
    Relation
        Its k0, k1, k2 and degree.

    Raises
    ------
    ValueError
        If there is none of this name; the message gives the nearest.

    Notes
    -----
    Source: Thompson 1975, doi 10.1111/j.1469-1809.1975.tb00120.x.

    Examples
    --------
    >>> relation_named("sibling")
    Relation(k0=0.25, k1=0.5, k2=0.25, degree=1)
    """
    if name not in RELATIONS:
        inside = [relation for relation in RELATIONS if name.casefold() in relation]
        near = f"; did you mean {inside[0]}?" if name and inside else nearest(name, list(RELATIONS))
        raise ValueError(f"unknown relation {name}{near or '; it must be one of ' + ', '.join(RELATIONS)}")
    return RELATIONS[name]


def ito_matrices(allele_frequency: ArrayLike) -> tuple[Array, Array, Array]:
    """Genotypes of a relative who shares two alleles, one or none with the index person.

    Parameters
    ----------
    allele_frequency : array_like, shape (..., n_alleles)
        Each in [0, 1]; the last axis sums to 1. [proportion]

    Returns
    -------
    I, T, O : ndarray, each of shape (..., n_genotypes, n_genotypes)
        P(relative | index), index first; both alleles shared by descent, one, none. Rows sum to 1. [proportion]

    Raises
    ------
    ValueError
        If frequencies are negative or do not sum to 1.

    Notes
    -----
    I is the identity; T passes one allele on and takes the other from the pool; O is the pool in Hardy-Weinberg
    proportions. Source: Li and Sacks 1954, doi 10.2307/3001590.

    Examples
    --------
    >>> I, T, O = ito_matrices([0.9, 0.1])
    >>> T
    array([[0.9 , 0.1 , 0.  ], [0.45, 0.5 , 0.05], [0.  , 0.9 , 0.1 ]])
    """
    q = np.asarray(allele_frequency, float)
    pool = genotype_frequencies(q)  # refuses what are no frequencies
    n_alleles, shape = q.shape[-1], (*pool.shape, pool.shape[-1])
    first, second = alleles_of(n_alleles).T
    genotype = np.arange(len(first))
    with_pool = np.zeros((*q.shape, len(first)))  # P(genotype | one of its alleles, the other from the pool)
    with_pool[..., first, genotype] = q[..., second]
    with_pool[..., second, genotype] = q[..., first]
    same = np.broadcast_to(np.eye(len(first)), shape).copy()
    return same, np.asarray(gametes(n_alleles) @ with_pool), np.broadcast_to(pool[..., None, :], shape).copy()


def relative_probabilities(allele_frequency: ArrayLike, relation: str) -> Array:
    """Genotype of a relative, by that of the index person.

    Parameters
    ----------
    allele_frequency : array_like, shape (..., n_alleles)
        Each in [0, 1]; the last axis sums to 1. [proportion]
    relation : str
        One of `RELATIONS`: what the relative is to the index person.

    Returns
    -------
    ndarray, shape (..., n_genotypes, n_genotypes)
        P(relative | index), index first; rows sum to 1. [proportion]

    Raises
    ------
    ValueError
        If the relation is unknown, or frequencies are negative or do not sum to 1.

    Notes
    -----
    k₂ I + k₁ T + k₀ O; exact where mating is random and nobody is inbred. Source: Li and Sacks 1954,
    doi 10.2307/3001590.

    Examples
    --------
    A sibling of ZZ is ZZ with probability ((1 + q)/2)², here 1.1²/4.

    >>> float(relative_probabilities([0.9, 0.1], "sibling")[2, 2].round(6))
    0.3025
    """
    k = relation_named(relation)
    both, one, none = ito_matrices(allele_frequency)
    return np.asarray(k.k2 * both + k.k1 * one + k.k0 * none)


def inbreeding_of_children(relation: str) -> float:
    """Wright's F of the children of two relatives.

    Parameters
    ----------
    relation : str
        One of `RELATIONS`: what the parents are to each other.

    Returns
    -------
    float
        Probability that a child's two alleles are copies of one. [dimensionless]

    Raises
    ------
    ValueError
        If the relation is unknown.

    Notes
    -----
    F of the child is the kinship of the parents, k₁/4 + k₂/2. Source: Wright 1922, doi 10.1086/279872.

    Examples
    --------
    >>> inbreeding_of_children("first_cousin") == 1 / 16, inbreeding_of_children("sibling")
    (True, 0.25)
    """
    k = relation_named(relation)
    return k.k1 / 4 + k.k2 / 2


def inbreeding_of_matings(shares: Mapping[str, float]) -> float:
    """Wright's F of a generation, from who its parents are to each other.

    Parameters
    ----------
    shares : mapping of str to float
        Share of births by relation of the parents; what is missing from 1 is unrelated. [proportion]

    Returns
    -------
    float
        For `genotype_frequencies`. [dimensionless]

    Raises
    ------
    ValueError
        If a relation is unknown, a share is outside [0, 1], or they sum to more than 1.

    Notes
    -----
    Sum of share × F of the children. Source: Wright 1922, doi 10.1086/279872.

    Examples
    --------
    A fifth of the couples first cousins, a tenth second cousins.

    >>> inbreeding_of_matings({"first_cousin": 0.2, "second_cousin": 0.1})
    0.0140625
    """
    for relation, share in shares.items():
        relation_named(relation)
        if not 0 <= share <= 1:
            raise ValueError(f"{relation} = {share:g}; it must be at least 0 and at most 1 (for 20 % write 0.2)")
    if sum(shares.values()) > 1 + TOLERANCE:
        raise ValueError(f"shares of couples sum to {sum(shares.values()):.6g}; together they must be at most 1")
    return float(sum(share * inbreeding_of_children(relation) for relation, share in shares.items()))
