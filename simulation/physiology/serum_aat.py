"""Serum alpha-1 antitrypsin by genotype."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from simulation.labels import allele_pairs, genotype_name
from simulation.randomness import fill_standard_normal

Array = NDArray[np.float64]
ROWS_AT_ONCE = 65_536  # people whose levels are drawn together, so that they stay in the processor's cache


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


@dataclass(frozen=True)
class SerumLevels:
    """Distribution of the serum level by genotype, as one assay reads it.

    Attributes
    ----------
    geometric_mean, log_sd : ndarray (n_replicates, n_genotypes)
        Lognormal. [µmol/L, log µmol/L]
    threshold, inflamed_ratio : ndarray (n_replicates,)
        Threshold of treatment; by how much inflammation raises a level. [µmol/L, ratio]
    inflamed_share : float
        Share of people whose level inflammation raises. [proportion]
    """

    geometric_mean: Array
    log_sd: Array
    threshold: Array
    inflamed_ratio: Array
    inflamed_share: float

    def low(self) -> Array:
        """P(level below the threshold).

        Returns
        -------
        ndarray (n_replicates, n_genotypes)
            [proportion]
        """
        threshold, ratio = self.threshold[:, None], self.inflamed_ratio[:, None]
        return low_level_probability(self.geometric_mean, self.log_sd, threshold, self.inflamed_share, ratio)


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


def draw_levels(
    rng: np.random.Generator,
    log_mean: NDArray[np.float32],
    log_sd: NDArray[np.float32],
    inflamed_share: float = 0.0,
    inflamed_ratio: float = 1.0,
) -> NDArray[np.float32]:
    """Serum levels of people of whom nothing but the genotype is known.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    log_mean, log_sd : ndarray of float32, shape (n,)
        Of each person's genotype. [log µmol/L]
    inflamed_share, inflamed_ratio : float
        Share of people whose level inflammation raises, and by how much. [proportion, ratio]

    Returns
    -------
    ndarray of float32, shape (n,)
        0 where the genotype makes no protein. [µmol/L]

    Notes
    -----
    Lognormal. Source: docs/model.md, section 4.

    Examples
    --------
    >>> mean, sd = np.full(100_000, np.log(25.2), np.float32), np.full(100_000, 0.13, np.float32)
    >>> levels = draw_levels(np.random.default_rng(1), mean, sd)
    >>> round(float(np.median(levels)), 1)
    25.2
    """
    level = np.empty(log_mean.shape, np.float32)
    for begin in range(0, level.size, ROWS_AT_ONCE):
        some = slice(begin, begin + ROWS_AT_ONCE)
        part = level[some]
        fill_standard_normal(rng, part)
        np.multiply(part, log_sd[some], out=part)
        np.add(part, log_mean[some], out=part)
        np.exp(part, out=part)
    if inflamed_share > 0:
        level[rng.random(level.size, dtype=np.float32) < inflamed_share] *= np.float32(inflamed_ratio)
    return level


def draw_levels_by_side(
    rng: np.random.Generator,
    below: NDArray[np.bool_],
    geometric_mean: ArrayLike,
    log_sd: ArrayLike,
    threshold_umol_l: float,
    inflamed_share: float = 0.0,
    inflamed_ratio: float = 1.0,
) -> NDArray[np.float32]:
    """Serum levels of people of whom it is known on which side of the threshold they are.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    below : ndarray of bool, shape (n,)
        Whether the level is below the threshold.
    geometric_mean, log_sd : array_like, shape (n,)
        Of each person's genotype. [µmol/L, log µmol/L]
    threshold_umol_l : float
        [µmol/L]
    inflamed_share, inflamed_ratio : float
        As in `draw_levels`.

    Returns
    -------
    ndarray of float32, shape (n,)
        Truncated to its side; 0 where the genotype makes no protein. [µmol/L]

    Notes
    -----
    Whether a person is inflamed is drawn given the side, by Bayes; then the truncated lognormal by its inverse. Source:
    docs/model.md, section 4.

    Examples
    --------
    >>> levels = draw_levels_by_side(np.random.default_rng(1), np.array([True, False]), [10.9, 10.9], [0.09, 0.09], 11.0)
    >>> (levels < 11).tolist()
    [True, False]
    """
    mean, sd = np.asarray(geometric_mean, float), np.asarray(log_sd, float)
    with np.errstate(divide="ignore"):
        score = (np.log(threshold_umol_l) - np.log(mean)) / sd
    share_below = np.stack([ndtr(score), ndtr(score - np.log(inflamed_ratio) / sd)])  # not inflamed, inflamed
    joint = np.array([[1 - inflamed_share], [inflamed_share]]) * np.where(below, share_below, 1 - share_below)
    total = joint.sum(axis=0)
    p_inflamed = np.divide(joint[1], total, out=np.full(total.shape, inflamed_share), where=total > 0)
    inflamed = rng.random(mean.size) < p_inflamed
    reach = np.where(inflamed, share_below[1], share_below[0])
    u = rng.random(mean.size)
    # within reach of float64, so that no level is infinite
    z = ndtri(np.where(below, u * reach, reach + (1 - u) * (1 - reach)).clip(1e-300, 1 - 1e-16))
    with np.errstate(invalid="ignore"):
        level = np.where(mean > 0, mean * np.exp(sd * z) * np.where(inflamed, inflamed_ratio, 1.0), 0.0)
    limit = np.float32(threshold_umol_l)  # rounding to float32 must not carry a level across the threshold
    least_above = limit if limit >= threshold_umol_l else np.nextafter(limit, np.float32(np.inf))
    level = level.astype(np.float32)
    return np.where(below, np.minimum(level, np.nextafter(least_above, np.float32(0))), np.maximum(level, least_above))
