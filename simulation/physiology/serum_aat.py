"""Serum alpha-1 antitrypsin by genotype."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from simulation.labels import allele_pairs, genotype_name

Array = NDArray[np.float64]


def level_distribution(
    alleles: Sequence[str],
    dose_umol_l: Mapping[str, float],
    measured: Mapping[str, tuple[float, float]],
) -> tuple[Array, Array]:
    """Lognormal distribution of the serum level of every genotype.

    Parameters
    ----------
    alleles : sequence of str
        Allele names, in the order of the genotype axis.
    dose_umol_l : mapping of str to float
        What one copy of each allele contributes. [µmol/L]
    measured : mapping of genotype name to (float, float)
        Geometric mean and log-sd of the genotypes that were measured. [µmol/L, log µmol/L]

    Returns
    -------
    geometric_mean : ndarray, shape (n_genotypes,)
        Measured where there is a measurement, else the sum of the two doses. [µmol/L]
    log_sd : ndarray, shape (n_genotypes,)
        Measured, else that of the measured genotype with the nearest geometric mean. [log µmol/L]

    Notes
    -----
    level = (dose[a₁] + dose[a₂]) × exp(person). Source: docs/model.md, section 4.

    Examples
    --------
    >>> level_distribution(["M", "null"], {"M": 12.6, "null": 0.0}, {"MM": (25.2, 0.13)})
    (array([25.2, 12.6,  0. ]), array([0.13, 0.13, 0.13]))
    """
    names = list(measured)
    means = np.array([measured[name][0] for name in names])
    sds = np.array([measured[name][1] for name in names])
    geometric_mean, log_sd = [], []
    for i, j in allele_pairs(len(alleles)):
        name = genotype_name(alleles[i], alleles[j])
        if name in measured:
            mean, sd = measured[name]
        else:
            mean = dose_umol_l[alleles[i]] + dose_umol_l[alleles[j]]
            distance = np.abs(np.log(means / mean)) if mean > 0 else means
            sd = float(sds[int(np.argmin(distance))])
        geometric_mean.append(mean)
        log_sd.append(sd)
    return np.array(geometric_mean), np.array(log_sd)


def low_level_probability(
    geometric_mean: ArrayLike,
    log_sd: ArrayLike,
    threshold_umol_l: ArrayLike,
    inflamed_share: ArrayLike = 0.0,
    inflamed_ratio: ArrayLike = 1.0,
) -> Array:
    """Probability that a person's serum level is below a threshold.

    Parameters
    ----------
    geometric_mean, log_sd : array_like, shape (..., n_genotypes)
        Of the serum level. [µmol/L, log µmol/L]
    threshold_umol_l : array_like, shape (...) or scalar
        [µmol/L]
    inflamed_share : array_like, default 0
        Share of people whose level is raised by inflammation. [proportion]
    inflamed_ratio : array_like, default 1
        By how much it is raised. [ratio]

    Returns
    -------
    ndarray, shape (..., n_genotypes)
        [proportion]; 1 where the geometric mean is 0.

    Notes
    -----
    Φ((ln threshold − μ)/σ), mixed over inflamed and not. Source: docs/model.md, section 4.

    Examples
    --------
    SZ by nephelometry: about half are below 11 µmol/L; by the purified standard a tenth.

    >>> low_level_probability([10.94, 15.17], [0.0905, 0.2532], 11).round(2)
    array([0.52, 0.1 ])
    """
    mean, sd = np.asarray(geometric_mean, float), np.asarray(log_sd, float)
    share = np.asarray(inflamed_share, float)
    with np.errstate(divide="ignore"):
        log_mean = np.log(mean)
        log_threshold = np.log(np.asarray(threshold_umol_l, float))
        quiet = ndtr((log_threshold - log_mean) / sd)
        inflamed = ndtr((log_threshold - log_mean - np.log(inflamed_ratio)) / sd)
    return np.asarray((1 - share) * quiet + share * inflamed)
