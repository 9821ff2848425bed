"""What a test of the genotype reports, given the genotype a person has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simulation.errors import nearest
from simulation.labels import allele_pairs

Array = NDArray[np.float64]
NORMAL = "M"  # what a test reads where it sees nothing
NO_PROTEIN = "none"  # nothing to be read: the report shows the other allele alone


def reading_probabilities(alleles: Sequence[str], read_as: Mapping[str, tuple[str, float]]) -> Array:
    """Probability of every reported genotype, given the true one.

    Parameters
    ----------
    alleles : sequence of str
        Allele names, M among them, in the order of the genotype axis.
    read_as : mapping of str to (str, float)
        For every allele but M: the allele it is read as, "M" where the test is blind to it, or "none" where it makes no
        protein to be seen; and the share of such alleles that is read so. The rest reads M. [name, proportion]

    Returns
    -------
    ndarray, shape (n_genotypes, n_genotypes + 1)
        Row: true genotype, in the order of `labels.genotypes`. Column: reported genotype, and last "no protein". Each row
        sums to 1. [proportion]

    Raises
    ------
    ValueError
        If an allele has no reading, is read as a name that is not among the alleles, or has a sensitivity outside [0, 1].

    Notes
    -----
    The two alleles are read independently. An allele without protein takes the name of the other's reading, so that
    Z/null reads ZZ and M/null MM; two of them leave nothing to be read. Source: docs/model.md, section 11.

    Examples
    --------
    Genotyping of S and Z reads Z/null as MZ; isoelectric focusing reads it as ZZ.

    >>> alleles = ["M", "Z", "null"]  # genotypes MM, MZ, M/null, ZZ, Z/null, null/null
    >>> reading_probabilities(alleles, {"Z": ("Z", 1), "null": ("M", 1)})[4]
    array([0., 1., 0., 0., 0., 0., 0.])
    >>> reading_probabilities(alleles, {"Z": ("Z", 1), "null": ("none", 1)})[4]
    array([0., 0., 0., 1., 0., 0., 0.])
    """
    mistakes = _mistakes(alleles, read_as)
    if mistakes:
        raise ValueError("\n".join(mistakes))
    n = len(alleles)
    nothing = n  # code of a reading without protein
    readings = [_reading(allele, alleles, read_as) for allele in alleles]
    pairs = allele_pairs(n)
    column = {pair: k for k, pair in enumerate(pairs)}
    table = np.zeros((len(pairs), len(pairs) + 1))
    for row, (i, j) in enumerate(pairs):
        for first, p_first in readings[i]:
            for second, p_second in readings[j]:
                if first == second == nothing:
                    reported = len(pairs)
                else:  # the smaller code is an allele; "nothing" is the largest and takes its name
                    seen = min(first, second)
                    other = max(first, second)
                    reported = column[seen, seen if other == nothing else other]
                table[row, reported] += p_first * p_second
    return table


def _reading(allele: str, alleles: Sequence[str], read_as: Mapping[str, tuple[str, float]]) -> list[tuple[int, float]]:
    """Codes that one allele may be read as, each with its probability."""
    normal = alleles.index(NORMAL)
    if allele == NORMAL:
        return [(normal, 1.0)]
    name, sensitivity = read_as[allele]
    code = len(alleles) if name == NO_PROTEIN else alleles.index(name)
    return [(code, float(sensitivity)), (normal, 1.0 - float(sensitivity))]


def _mistakes(alleles: Sequence[str], read_as: Mapping[str, tuple[str, float]]) -> list[str]:
    if NORMAL not in alleles:
        return [
            f"alleles are {', '.join(alleles)}; {NORMAL} must be among them: it is what a test reads where it sees nothing"
        ]
    mistakes = []
    for allele in alleles:
        if allele == NORMAL:
            continue
        if allele not in read_as:
            mistakes.append(f"{allele} has no reading; say what the test reads it as, M if it is blind to it")
            continue
        name, sensitivity = read_as[allele]
        if name != NO_PROTEIN and name not in alleles:
            near = nearest(name, list(alleles))
            mistakes.append(f"{allele} is read as {name}; it must be one of {', '.join(alleles)} or {NO_PROTEIN}{near}")
        if not 0 <= sensitivity <= 1:
            mistakes.append(
                f"{allele} is read so with sensitivity {sensitivity:g}; it must be at least 0 and at most 1"
                " (for 99 % write 0.99)"
            )
    return mistakes
