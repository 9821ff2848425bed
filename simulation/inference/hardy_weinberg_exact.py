"""Exact tests of Hardy-Weinberg proportions, for two alleles and for any number."""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from simulation.inference.gene_counting import allele_counts
from simulation.labels import allele_pairs

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
N_TABLES = 2_000_000  # enumerated at most; more are sampled
N_DRAWS = 20_000  # the standard error of a p-value of 0.05 is then 0.0015
MOST_PEOPLE = 499_999_999  # NumPy draws hypergeometric numbers from fewer than 10^9 genes
TIES = 1e-9  # tables whose log probabilities differ by less are equally probable
TWO_ALLELES = "exact, two alleles (Wigginton 2005)"
ENUMERATED = "exact, all tables enumerated"
SAMPLED = "exact, tables sampled (Guo and Thompson 1992)"
SIDEDNESS = "two-sided: all tables as probable as the observed one or less"


@dataclass(frozen=True)
class ExactTest:
    """Result of an exact test of Hardy-Weinberg proportions.

    Attributes
    ----------
    p_value : float
        Probability, given the allele counts, of a table as probable as the observed one or less. [proportion]
    standard_error : float
        Of the p-value: 0 where all tables were enumerated. [proportion]
    test, sidedness : str
        Which test it is.
    n_people, n_alleles, n_tables : int
        People typed, alleles seen, tables enumerated or sampled.
    """

    p_value: float
    standard_error: float
    test: str
    sidedness: str
    n_people: int
    n_alleles: int
    n_tables: int


def exact_test(
    genotype_counts: ArrayLike, rng: np.random.Generator, n_draws: int = N_DRAWS, n_tables: int = N_TABLES
) -> ExactTest:
    """Exact test of Hardy-Weinberg proportions.

    Parameters
    ----------
    genotype_counts : array_like of int, shape (n_genotypes,)
        In the order of `simulation.labels.genotypes`. [people]
    rng : numpy.random.Generator
        Used only where there are too many tables to enumerate.
    n_draws : int, default 20000
        Tables sampled.
    n_tables : int, default 2000000
        Tables enumerated at most.

    Returns
    -------
    ExactTest
        With fewer than two alleles nothing can be tested: p-value 1.

    Raises
    ------
    ValueError
        If a count is negative, or tables would have to be sampled of half a thousand million people or more.

    Notes
    -----
    Given the allele counts n_a of n people, P(table) = n! 2^H Π n_a! / ((2n)! Π n_ab!), with H heterozygotes. For two
    alleles the tables are numbered by H (Wigginton, Cutler and Abecasis 2005, doi 10.1086/429864); for more they are
    enumerated, or sampled by pairing genes at random (Guo and Thompson 1992, doi 10.2307/2532296), where the p-value is
    (b + 1)/(m + 1) with b of m tables as probable or less. Source: docs/evidence.md.

    Examples
    --------
    >>> round(exact_test([89, 10, 1], np.random.default_rng(1)).p_value, 6)
    0.295557
    """
    n = np.asarray(genotype_counts, np.int64)
    if (n < 0).any():
        raise ValueError("counts must not be negative")
    n = _only_alleles_seen(n)
    counted = allele_counts(n)
    n_people, size = int(n.sum()), len(counted)
    observed = float(_log_probability(n[None], counted)[0]) if size > 1 else 0.0
    if size < 2:
        return ExactTest(1.0, 0.0, ENUMERATED, SIDEDNESS, n_people, size, 1)
    if size == 2:
        tables: Integers | None = _two_allele_tables(counted)
    else:
        tables = _all_tables(counted, n_tables)
    if tables is not None:
        logs = _log_probability(tables, counted)
        p_value = float(np.exp(logs[logs <= observed + TIES]).sum())
        name = TWO_ALLELES if size == 2 else ENUMERATED
        return ExactTest(min(p_value, 1.0), 0.0, name, SIDEDNESS, n_people, size, len(tables))
    if n_people > MOST_PEOPLE:
        raise ValueError(f"{n_people:,} people are too many to sample their tables; there may be {MOST_PEOPLE:,}")
    drawn = _log_probability(_sampled_tables(counted, n_draws, rng), counted)
    p_value = float((np.count_nonzero(drawn <= observed + TIES) + 1) / (n_draws + 1))
    error = float(np.sqrt(p_value * (1 - p_value) / n_draws))
    return ExactTest(p_value, error, SAMPLED, SIDEDNESS, n_people, size, n_draws)


def _only_alleles_seen(n: Integers) -> Integers:
    """Leave out alleles that nobody has: they add no table."""
    seen = np.flatnonzero(allele_counts(n) > 0)
    size = len(allele_counts(n))
    kept = [k for k, (i, j) in enumerate(allele_pairs(size)) if i in seen and j in seen]
    return n[kept]


def _log_probability(tables: Integers, counted: Integers) -> Array:
    """Log probability of tables, shape (n_tables, n_genotypes), given the allele counts."""
    heterozygote = np.array([i != j for i, j in allele_pairs(len(counted))])
    n = int(counted.sum()) // 2
    constant = lgamma(n + 1) + sum(lgamma(int(c) + 1) for c in counted) - lgamma(2 * n + 1)
    return np.asarray(constant + log(2) * tables[:, heterozygote].sum(axis=1) - gammaln(tables + 1.0).sum(axis=1))


def _two_allele_tables(counted: Integers) -> Integers:
    first, second = int(counted[0]), int(counted[1])
    heterozygotes = np.arange(min(first, second) % 2, min(first, second) + 1, 2)
    return np.stack([(first - heterozygotes) // 2, heterozygotes, (second - heterozygotes) // 2], axis=1)


def _all_tables(counted: Integers, limit: int) -> Integers | None:
    """Every table with these allele counts, or None if there are more than the limit.

    The genotypes of all alleles but the commonest are chosen one after the other; what is left of each allele pairs with
    the commonest, and what is left of that with itself.
    """
    size = len(counted)
    pairs = allele_pairs(size)
    common = int(np.argmax(counted))
    others = [a for a in range(size) if a != common]
    left = counted[None].copy()
    chosen = np.zeros((1, len(pairs)), np.int64)
    for column, (i, j) in enumerate(pairs):
        if common in (i, j):
            continue
        most = left[:, i] // 2 if i == j else np.minimum(left[:, i], left[:, j])
        if int((most + 1).sum()) > limit:
            return None
        row = np.repeat(np.arange(len(left)), most + 1)
        starts = np.repeat(np.cumsum(most + 1) - (most + 1), most + 1)
        n = np.arange(len(row)) - starts
        left, chosen = left[row], chosen[row]
        chosen[:, column] = n
        left[:, i] -= n
        left[:, j] -= n
    spare = left[:, common] - left[:, others].sum(axis=1)
    possible = spare >= 0  # always even: all genes together are
    left, chosen, spare = left[possible], chosen[possible], spare[possible]
    for a in others:
        chosen[:, pairs.index((min(a, common), max(a, common)))] = left[:, a]
    chosen[:, pairs.index((common, common))] = spare // 2
    return np.asarray(chosen)


def _sampled_tables(counted: Integers, n_draws: int, rng: np.random.Generator) -> Integers:
    """Tables of genes that were paired at random.

    Allele after allele, the rarest first: of n pairs, the x of its genes that come first in a pair and those that come
    second meet in a hypergeometric number of pairs; the rest meet the other alleles as a sample without replacement.
    """
    size = len(counted)
    pairs = allele_pairs(size)
    order = [int(a) for a in np.argsort(counted, kind="stable")]
    left = np.repeat(counted[None], n_draws, axis=0)
    tables = np.zeros((n_draws, len(pairs)), np.int64)
    for step, a in enumerate(order[:-1]):
        genes = left[:, a]
        n_pairs = left.sum(axis=1) // 2
        first = rng.hypergeometric(n_pairs, n_pairs, genes)
        both = rng.hypergeometric(first, n_pairs - first, genes - first)
        tables[:, pairs.index((a, a))] = both
        single = genes - 2 * both
        left[:, a] = 0
        rest = left.sum(axis=1)
        for b in order[step + 1 :]:
            rest = rest - left[:, b]
            met = rng.hypergeometric(left[:, b], rest, single)
            tables[:, pairs.index((min(a, b), max(a, b)))] = met
            left[:, b] -= met
            single = single - met
    last = order[-1]
    tables[:, pairs.index((last, last))] = left[:, last] // 2
    return tables
