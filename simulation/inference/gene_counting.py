"""Allele frequencies by gene counting, and how uncertain they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.genetics.hardy_weinberg import genotype_frequencies
from simulation.labels import allele_pairs
from simulation.parameters.distributions import limited_rho

Array = NDArray[np.float64]


def n_alleles_of(n_genotypes: int) -> int:
    """Number of alleles that make so many genotypes.

    Parameters
    ----------
    n_genotypes : int
        A (A + 1) / 2 for A alleles.

    Returns
    -------
    int
        A.

    Raises
    ------
    ValueError
        If no number of alleles makes so many genotypes.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> n_alleles_of(6)
    3
    """
    n = int((np.sqrt(8 * n_genotypes + 1) - 1) // 2)
    if n * (n + 1) // 2 != n_genotypes:
        raise ValueError(f"{n_genotypes} genotypes belong to no number of alleles; there must be 1, 3, 6, 10, ...")
    return n


def allele_counts(genotype_counts: ArrayLike) -> NDArray[np.int64]:
    """Count genes: two in every person.

    Parameters
    ----------
    genotype_counts : array_like of int, shape (..., n_genotypes)
        In the order of `simulation.labels.genotypes`. [people]

    Returns
    -------
    ndarray of int64, shape (..., n_alleles)
        Summing to twice the people. [chromosomes]

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> allele_counts([937, 113, 46, 2, 2, 0])  # MM, MS, MZ, SS, SZ, ZZ
    array([2033,  119,   48])
    """
    n = np.asarray(genotype_counts, np.int64)
    size = n_alleles_of(n.shape[-1])
    counted = np.zeros((*n.shape[:-1], size), np.int64)
    for column, (i, j) in enumerate(allele_pairs(size)):
        counted[..., i] += n[..., column]
        counted[..., j] += n[..., column]
    return counted


def expected_genotype_counts(allele_count: ArrayLike) -> Array:
    """Genotypes that a sample of these genes would have in Hardy-Weinberg proportions.

    Parameters
    ----------
    allele_count : array_like, shape (n_alleles,)
        [chromosomes]

    Returns
    -------
    ndarray, shape (n_genotypes,)
        The plug-in expectation n p² and 2 n p q, with p the share of the sample's own genes. [people]

    Raises
    ------
    ValueError
        If there are no genes.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> expected_genotype_counts([180, 20])
    array([81., 18.,  1.])
    """
    counted = np.asarray(allele_count, float)
    if counted.sum() <= 0:
        raise ValueError("no genes were counted")
    return np.asarray(counted.sum() / 2 * genotype_frequencies(counted / counted.sum()))


def effective_share(n_typed: ArrayLike, rho: ArrayLike) -> Array:
    """What a survey's genes are worth when surveys differ.

    Parameters
    ----------
    n_typed : array_like
        Genes typed in one survey. [chromosomes]
    rho : array_like
        Correlation of two genes of one survey, in [0, 1). [dimensionless]

    Returns
    -------
    ndarray
        e = 1 / (1 + (n − 1) ρ), 1 for an empty survey. [proportion]

    Notes
    -----
    The variance of x/n of a beta-binomial count is q(1 − q)/(n e). Source: docs/model.md, section 2.

    Examples
    --------
    >>> effective_share(2001, 0.0005)
    array(0.5)
    """
    n, correlation = np.broadcast_arrays(np.asarray(n_typed, float), np.asarray(rho, float))
    return np.asarray(1 / (1 + np.maximum(n - 1, 0) * correlation))


def posterior(n_observed: ArrayLike, n_typed: ArrayLike, rho: ArrayLike = 0.0) -> tuple[Array, Array]:
    """Posterior distribution of allele frequencies, one or several surveys pooled.

    Parameters
    ----------
    n_observed, n_typed : array_like of int, shape (n_surveys, n_alleles)
        Genes of each allele, and genes in which it would have been seen; 0 typed: the survey says nothing of it.
        M is one of the alleles. [chromosomes]
    rho : array_like, shape (n_alleles,) or scalar, default 0
        Between-survey correlation, in [0, 1). [dimensionless]

    Returns
    -------
    alpha, beta : ndarray, shape (n_alleles,)
        Of the Beta distribution of each allele: with one ρ for all, the marginals of the Dirichlet posterior with prior ½ for
        every allele.

    Notes
    -----
    Σ e_k (x_k + ½ w_k) and Σ e_k (n_k − x_k + ½ (A − 1) w_k) with e_k the `effective_share` and w_k the survey's part of
    all genes: ρ widens the distribution and leaves its mean alone. It is limited as `limited_rho` does. Source: docs/evidence.md.

    Examples
    --------
    >>> alpha, beta = posterior([[2033, 119, 48]], [[2200, 2200, 2200]])
    >>> alpha.tolist(), beta.tolist()
    ([2033.5, 119.5, 48.5], [168.0, 2082.0, 2153.0])
    """
    x, n = np.asarray(n_observed, float), np.asarray(n_typed, float)
    total = n.sum(axis=0)
    e = effective_share(n, limited_rho(rho, x.sum(axis=0), total))
    part = np.divide(n, total, out=np.zeros_like(n), where=total > 0)
    prior = np.where(total > 0, (e * part).sum(axis=0), 1.0) / 2
    return (e * x).sum(axis=0) + prior, (e * (n - x)).sum(axis=0) + prior * (x.shape[-1] - 1)
