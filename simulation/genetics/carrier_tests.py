"""What a negative carrier test leaves: the genotypes that it may have missed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.genetics.transmission import alleles_of

Array = NDArray[np.float64]


def p_negative(sensitivity: ArrayLike, no_protein: ArrayLike = False) -> Array:
    """Probability that a test sees no deficiency allele, by genotype.

    Parameters
    ----------
    sensitivity : array_like, shape (n_alleles,)
        Probability that a copy of each allele is seen as a deficiency allele; 0 for one that the test reads as M. That of
        M, the first, is not looked at: a copy of M is never seen. [proportion]
    no_protein : array_like of bool, shape (n_alleles,), default False
        Alleles of which a test of the protein finds nothing, with probability sensitivity (else M). Beside another allele
        they do not show; two of them leave nothing, which is no negative result.

    Returns
    -------
    ndarray, shape (n_genotypes,)
        In the order of `labels.allele_pairs`. [proportion]

    Raises
    ------
    ValueError
        If a sensitivity is outside [0, 1].

    Notes
    -----
    (1 − s_A)(1 − s_B) − z_A z_B, with s = 0 for alleles without protein and z = 0 for all others: the two copies are read
    independently. Source: docs/model.md, section 13.

    Examples
    --------
    >>> p_negative([0.0, 0.9]).round(6)
    array([1.  , 0.1 , 0.01])
    >>> p_negative([0.0, 0.9], no_protein=[False, True]).round(6)
    array([1.  , 1.  , 0.19])
    """
    s = np.array(sensitivity, float)
    s[0] = 0.0
    if not ((s >= 0) & (s <= 1)).all():
        raise ValueError(f"sensitivities must be at least 0 and at most 1, not {s.tolist()} (for 99 % write 0.99)")
    nothing = np.where(no_protein, s, 0.0)
    pairs = alleles_of(len(s))
    return np.asarray((1 - (s - nothing))[pairs].prod(axis=1) - nothing[pairs].prod(axis=1))


def genotype_after_negative(genotype: ArrayLike, p_negative: ArrayLike) -> Array:
    """Genotype frequencies among those whose test was negative.

    Parameters
    ----------
    genotype : array_like, shape (..., n_genotypes)
        Before the test. [proportion]
    p_negative : array_like, shape (n_genotypes,)
        Probability of a negative test by genotype. [proportion]

    Returns
    -------
    ndarray, shape (..., n_genotypes)
        NaN where nobody can be negative. [proportion]

    Notes
    -----
    Bayes' rule: g P(negative | g)/Σ g P(negative | g). Source: docs/model.md, section 13.

    Examples
    --------
    >>> genotype_after_negative([0.5, 0.5, 0.0], [1.0, 0.25, 0.0])
    array([0.8, 0.2, 0. ])
    """
    joint = np.asarray(genotype, float) * np.asarray(p_negative, float)
    total = joint.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(joint, total, out=np.full_like(joint, np.nan), where=total > 0))


def residual_risk(genotype: ArrayLike, p_negative: ArrayLike, carrier: ArrayLike) -> tuple[Array, Array]:
    """Probability of being a carrier before the test and after a negative one.

    Parameters
    ----------
    genotype : array_like, shape (..., n_genotypes)
        Before the test. [proportion]
    p_negative : array_like, shape (n_genotypes,)
        Probability of a negative test by genotype. [proportion]
    carrier : array_like of bool, shape (n_genotypes,)
        Genotypes that count as carrying: `couples.carries`.

    Returns
    -------
    before, after : ndarray, shape (...)
        After is NaN where nobody can be negative. [proportion]

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> before, after = residual_risk([0.5, 0.5, 0.0], [1.0, 0.25, 0.0], [False, True, True])
    >>> float(before), float(after)
    (0.5, 0.2)
    """
    held = np.asarray(carrier, float)
    return np.asarray(np.asarray(genotype, float) @ held), np.asarray(
        genotype_after_negative(genotype, p_negative) @ held
    )
