"""Families drawn round index persons, and alleles dropped through any pedigree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.genetics.hardy_weinberg import TOLERANCE
from simulation.genetics.transmission import alleles_of, checked_codes, draw_offspring, genotype_codes

Codes = NDArray[np.int32]
Small = NDArray[np.int8]
MEMBERS = ("index", "father", "mother", "sibling", "spouse", "child")  # what a relation code stands for
INDEX, FATHER, MOTHER, SIBLING, SPOUSE, CHILD = range(len(MEMBERS))
MALE, FEMALE = 1, 2  # as in the PED layout


@dataclass(frozen=True)
class Families:
    """Nuclear families of three generations, person by person, a family's members side by side.

    Attributes
    ----------
    family : ndarray of int32, shape (n_people,)
        Number of the family, from 0: the position of its index person.
    person : ndarray of int32
        Number within the family, from 1, who is the index person.
    relation : ndarray of int8
        Position in `MEMBERS`.
    father, mother : ndarray of int32
        Number of the parent within the family; 0 where the parent is not in it.
    sex : ndarray of int8
        1 male, 2 female.
    genotype : ndarray of int32
        Position on the genotype axis.
    """

    family: Codes
    person: Codes
    relation: Small
    father: Codes
    mother: Codes
    sex: Small
    genotype: Codes

    def __len__(self) -> int:
        return len(self.family)


def draw_families(
    rng: np.random.Generator,
    index: ArrayLike,
    allele_frequency: ArrayLike,
    n_siblings: ArrayLike,
    n_children: ArrayLike,
    inbreeding: float = 0.0,
    index_sex: ArrayLike | None = None,
) -> Families:
    """Draw parents, siblings, a spouse and children of index persons whose genotypes are known.

    Parameters
    ----------
    rng : numpy.random.Generator
        Chance.
    index : array_like of int, shape (n,)
        Genotypes of the index persons.
    allele_frequency : array_like, shape (n_alleles,) or (n, n_alleles)
        In the pool of everybody, or of each family; the last axis sums to 1. [proportion]
    n_siblings, n_children : array_like of int, shape (n,) or ()
        At least 0. Who has children has one spouse. [people]
    inbreeding : float, default 0
        Wright's F of parents and spouse, in [0, 1]. [dimensionless]
    index_sex : array_like of int, shape (n,), optional
        1 male, 2 female; drawn, half and half, where it is not given.

    Returns
    -------
    Families
        3 + n_siblings + n_children persons a family, and the spouse of who has children.

    Raises
    ------
    ValueError
        If a genotype code, a frequency, a number of relatives, F or a sex is not possible.

    Notes
    -----
    Each parent has passed on one of the index person's two alleles, in random order; its other allele is with
    probability F a copy of that (the parent is inbred), else from the pool. A spouse's second allele likewise. Siblings
    and children follow Mendel. With F = 0 the relatives of an index person are exactly in the proportions of
    `relatives.relative_probabilities`. Half of siblings and children are male. Source: Li and Sacks 1954,
    doi 10.2307/3001590.

    Examples
    --------
    Where the pool has only M, the parents of ZZ are MZ, and so are all children.

    >>> drawn = draw_families(np.random.default_rng(1), [2], [1.0, 0.0], n_siblings=0, n_children=2)
    >>> [MEMBERS[code] for code in drawn.relation], drawn.genotype.tolist()
    (['index', 'father', 'mother', 'spouse', 'child', 'child'], [2, 1, 1, 0, 1, 1])
    """
    pool = _Pool(allele_frequency, inbreeding)
    alleles, codes = alleles_of(pool.n_alleles), genotype_codes(pool.n_alleles)
    own = np.atleast_1d(checked_codes(index, len(alleles)))
    n = len(own)
    siblings, children = _counts("n_siblings", n_siblings, n), _counts("n_children", n_children, n)
    if pool.cumulative.ndim == 2 and len(pool.cumulative) != n:
        raise ValueError(f"allele frequencies of {len(pool.cumulative)} families; there are {n} index persons")
    married = np.flatnonzero(children)
    own_sex = _sexes(rng, n) if index_sex is None else np.broadcast_to(np.asarray(index_sex, np.int8), n)
    if not np.isin(own_sex, (MALE, FEMALE)).all():
        raise ValueError("index_sex must be 1 (male) or 2 (female) for every index person")

    sizes = 3 + siblings + children + (children > 0)
    start = np.cumsum(sizes) - sizes
    family = np.repeat(np.arange(n, dtype=np.int32), sizes)
    person = (np.arange(len(family)) - start[family] + 1).astype(np.int32)
    relation = np.full(len(family), CHILD, np.int8)
    relation[person <= 3 + siblings[family]] = SIBLING
    for member in (INDEX, FATHER, MOTHER):
        relation[start + member] = member
    spouse = start[married] + 3 + siblings[married]
    relation[spouse] = SPOUSE
    sibling_rows, child_rows = np.flatnonzero(relation == SIBLING), np.flatnonzero(relation == CHILD)

    genotype = np.empty(len(family), np.int32)
    genotype[start] = own
    which = rng.integers(0, 2, n, np.uint8)  # which of the two alleles came from the father
    for member, inherited in ((FATHER, alleles[own, which]), (MOTHER, alleles[own, 1 - which])):
        genotype[start + member] = codes[inherited, pool.beside(rng, inherited, np.arange(n))]
    at = start[family[sibling_rows]]
    genotype[sibling_rows] = draw_offspring(rng, genotype[at + MOTHER], genotype[at + FATHER], pool.n_alleles)
    first = pool.draw(rng, married)
    genotype[spouse] = codes[first, pool.beside(rng, first, married)]
    parent = family[child_rows]
    other = start[parent] + 3 + siblings[parent]
    genotype[child_rows] = draw_offspring(rng, own[parent], genotype[other], pool.n_alleles)

    sex = np.empty(len(family), np.int8)
    sex[start], sex[start + FATHER], sex[start + MOTHER] = own_sex, MALE, FEMALE
    sex[spouse] = MALE + FEMALE - own_sex[married]
    sex[sibling_rows], sex[child_rows] = _sexes(rng, len(sibling_rows)), _sexes(rng, len(child_rows))

    father, mother = np.zeros((2, len(family)), np.int32)
    for rows in (start, sibling_rows):
        father[rows], mother[rows] = FATHER + 1, MOTHER + 1  # persons are numbered from 1
    of_father = own_sex[parent] == MALE
    father[child_rows] = np.where(of_father, 1, person[other])
    mother[child_rows] = np.where(of_father, person[other], 1)
    return Families(family, person, relation, father, mother, sex, genotype)


def draw_pedigree(
    rng: np.random.Generator,
    father: ArrayLike,
    mother: ArrayLike,
    founder_genotype: ArrayLike,
    n_alleles: int,
) -> Codes:
    """Drop alleles from founders through any pedigree, many times.

    Parameters
    ----------
    rng : numpy.random.Generator
        Chance.
    father, mother : array_like of int, shape (n_people,)
        Positions of the parents; −1 for both of a founder. Parents stand before their children.
    founder_genotype : array_like of int, shape (n_times, n_founders)
        Genotypes of the founders, in the order in which they stand in the pedigree.
    n_alleles : int
        At least 1.

    Returns
    -------
    ndarray of int32, shape (n_times, n_people)
        Genotypes.

    Raises
    ------
    ValueError
        If a person has one parent or comes before one, or founders and their genotypes differ in number.

    Notes
    -----
    With an allele of its own for each of the founders' copies, who is homozygous has two copies of one by descent.
    Source: MacCluer et al. 1986, doi 10.1002/zoo.1430050209.

    Examples
    --------
    A child of two siblings, whose parents are MM and ZZ.

    >>> father, mother = [-1, -1, 0, 0, 2], [-1, -1, 1, 1, 3]
    >>> draw_pedigree(np.random.default_rng(1), father, mother, [[0, 2]], 2)[0, :4].tolist()
    [0, 2, 1, 1]
    """
    fathers, mothers = np.asarray(father), np.asarray(mother)
    founders = np.atleast_2d(checked_codes(founder_genotype, n_alleles * (n_alleles + 1) // 2))
    is_founder = (fathers < 0) & (mothers < 0)
    if ((fathers < 0) != (mothers < 0)).any():
        raise ValueError("a person has one parent in the pedigree; give both, or -1 for both of a founder")
    if (np.maximum(fathers, mothers) >= np.arange(len(fathers))).any():
        raise ValueError("a person stands before a parent; put parents before their children")
    if is_founder.sum() != founders.shape[1]:
        raise ValueError(f"genotypes of {founders.shape[1]} founders; the pedigree has {is_founder.sum()}")
    genotype = np.empty((len(founders), len(fathers)), np.int32)
    genotype[:, is_founder] = founders
    for child in np.flatnonzero(~is_founder):
        genotype[:, child] = draw_offspring(rng, genotype[:, mothers[child]], genotype[:, fathers[child]], n_alleles)
    return genotype


class _Pool:
    """Alleles to draw from, one pool for all families or one each."""

    def __init__(self, allele_frequency: ArrayLike, inbreeding: float) -> None:
        q = np.asarray(allele_frequency, float)
        if not ((q >= 0).all() and (np.abs(q.sum(axis=-1) - 1) <= TOLERANCE).all()):  # so that NaN is refused too
            raise ValueError("allele frequencies must be at least 0 and sum to 1, M included")
        if not 0 <= inbreeding <= 1:
            raise ValueError(f"inbreeding = {inbreeding:g}; of families it must be at least 0 and at most 1")
        cumulative = np.cumsum(q, axis=-1)
        self.cumulative = cumulative / cumulative[..., -1:]  # ends at 1 exactly: no draw falls beyond the last allele
        self.n_alleles = q.shape[-1]
        self.inbreeding = inbreeding

    def draw(self, rng: np.random.Generator, families: NDArray[np.integer]) -> Codes:
        """One allele for each of these families."""
        u = rng.random(len(families))
        if self.cumulative.ndim == 1:
            return np.searchsorted(self.cumulative, u, side="right").astype(np.int32)
        drawn = np.zeros(len(families), np.int32)
        for k in range(self.n_alleles - 1):
            drawn += u >= self.cumulative[families, k]
        return drawn

    def beside(self, rng: np.random.Generator, first: Codes, families: NDArray[np.integer]) -> Codes:
        """The allele beside one that is known: a copy of it with probability F."""
        drawn = self.draw(rng, families)
        if self.inbreeding == 0:
            return drawn
        return np.where(rng.random(len(families)) < self.inbreeding, first, drawn).astype(np.int32)


def _counts(name: str, given: ArrayLike, n: int) -> NDArray[np.int64]:
    counts = np.asarray(given)
    if counts.ndim and counts.shape != (n,):
        raise ValueError(
            f"{name} has {counts.size} values; it must be one number, or one for each of {n} index persons"
        )
    if not np.issubdtype(counts.dtype, np.integer) or (counts < 0).any():
        raise ValueError(f"{name} must be whole numbers of people, at least 0")
    return np.broadcast_to(counts.astype(np.int64), n)


def _sexes(rng: np.random.Generator, n: int) -> Small:
    return rng.integers(MALE, FEMALE + 1, n, np.int8)
