"""Years between the first symptom of lung disease and the recognition of its cause, and doctors seen meanwhile."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, gammainc, gammaincc, gammaln, ndtr, ndtri

Array = NDArray[np.float64]
NODES_PER_PANEL = 16  # of Gauss-Legendre, on panels of at most one sd: error below 1e-12
POWER = 6  # substituted next to 0, where E[min(delay, s)] behaves like s^(shape + 1)


def years_since_first_symptom(
    age_from: ArrayLike, age_to: ArrayLike, mean: ArrayLike, sd: ArrayLike
) -> tuple[Array, Array]:
    """Who of an age band has had a first symptom, and how long ago.

    Parameters
    ----------
    age_from, age_to : array_like
        Ends of the band, over which people are spread evenly; 0 <= from < to. [years]
    mean, sd : array_like
        Of the normal law of the age at first symptom, which is cut off at birth; sd above 0. [years]

    Returns
    -------
    p_symptomatic, mean_years_since : ndarray, broadcast shape
        P(first symptom before now), and E[years since | before now], 0 where nobody had one. [proportion, years]

    Raises
    ------
    ValueError
        If a band is empty or begins before birth, or an sd is not above 0.

    Notes
    -----
    With F the distribution function, P is the mean of F over the band, and E[(age − first)⁺] the mean of ∫F. Both are
    differences of repeated integrals of Φ: ∫Φ = zΦ + φ and ∬Φ = ½[(z² + 1)Φ + zφ]; exact but for rounding, which costs
    1e-10 of the years at worst where P is above 1e-7. Source: docs/model.md, section 12.

    Examples
    --------
    >>> p, years = years_since_first_symptom([30, 60], [35, 65], 36, 8)
    >>> p.round(3), years.round(2)
    (array([0.333, 0.999]), array([ 5.37, 26.52]))
    """
    a, b, m, s = _band_and_law(age_from, age_to, mean, sd)
    (once_a, twice_a), (once_b, twice_b) = (_integrals_of_cdf(age, m, s) for age in (a, b))
    area = once_b - once_a
    since = np.divide(twice_b - twice_a, area, out=np.zeros_like(area), where=area > 0)
    return np.asarray(np.clip(area / (b - a), 0.0, 1.0)), np.asarray(np.clip(since, 0.0, b))


def age_at_first_symptom(age_from: ArrayLike, age_to: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> Array:
    """Mean age at first symptom of those of an age band who have had one.

    Parameters
    ----------
    age_from, age_to, mean, sd : array_like
        As for `years_since_first_symptom`. [years]

    Returns
    -------
    ndarray, broadcast shape
        0 where nobody has had one. [years]

    Raises
    ------
    ValueError
        As `years_since_first_symptom`.

    Notes
    -----
    Those with a symptom are the older ones of a band: E[first | first < age] = E[age F(age)] / E[F(age)] − years since.
    The first term is integrated by Gauss-Legendre, error below 1e-12. Source: docs/model.md, section 12.

    Examples
    --------
    >>> age_at_first_symptom([20, 60], [25, 65], 36, 8).round(2)
    array([19.65, 35.98])
    """
    a, b, m, s = _band_and_law(age_from, age_to, mean, sd)
    p, since = years_since_first_symptom(a, b, m, s)
    node, weight = np.polynomial.legendre.leggauss(2 * NODES_PER_PANEL)
    middle, half = (a + b) / 2, (b - a) / 2
    ages = middle[..., None] + half[..., None] * node
    total = (weight / 2 * ages * _cdf(ages, m[..., None], s[..., None])).sum(axis=-1)
    return np.asarray(np.divide(total, p, out=np.zeros_like(p), where=p > 0) - np.where(p > 0, since, 0.0))


def recognised_years(
    edges: ArrayLike, mean: ArrayLike, sd: ArrayLike, delay_mean: ArrayLike, delay_sd: ArrayLike
) -> Array:
    """Years from first symptom to recognition of recognised people, for all bands of ages between some edges at once.

    Parameters
    ----------
    edges : array_like, shape (n_bands + 1,)
        Ends of the bands, from 0 in equal steps. [years]
    mean, sd : array_like, shape (..., n_replicates)
        As for `unrecognised_years`. [years]
    delay_mean, delay_sd : array_like, shape (n_replicates,)
        As for `unrecognised_years`. [years]

    Returns
    -------
    ndarray (..., n_replicates, n_bands)
        The second of `unrecognised_years`, at a hundredth of its cost. [years]

    Notes
    -----
    All bands share their nodes: panels as wide as a band, the first one graded towards 0. Source: docs/model.md,
    section 12.

    Examples
    --------
    >>> recognised_years([0, 5, 10], [3.0], [2.0], [1.0], [1.5]).round(2)
    array([[0.54, 0.86]])
    """
    edge = np.asarray(edges, float)
    law, delay = ([np.asarray(x, float)[..., None] for x in pair] for pair in ((mean, sd), (delay_mean, delay_sd)))
    nodes, weights = _graded_rule(len(edge) - 1)
    s, weights = nodes * edge[-1], weights * edge[-1]
    shorter = _mean_shorter(s, *delay) * weights
    reached = np.zeros((*np.broadcast_shapes(law[0].shape, law[1].shape)[:-1], len(s), len(edge)))
    for i, age in enumerate(edge):
        before = s < age
        reached[..., before, i] = _cdf(age - s[before], *law)
    density = np.diff(reached, axis=-1) / np.diff(edge)
    total = (shorter[..., None] * density).sum(axis=-2)
    p, since = years_since_first_symptom(edge[:-1], edge[1:], *law)
    return np.asarray(np.minimum(np.divide(total, p, out=np.zeros_like(p), where=p > 0), since))


def unrecognised_years(
    age_from: ArrayLike, age_to: ArrayLike, mean: ArrayLike, sd: ArrayLike, delay_mean: ArrayLike, delay_sd: ArrayLike
) -> tuple[Array, Array]:
    """Years lived up to now with symptoms of unknown cause, by people who have had a first symptom.

    Parameters
    ----------
    age_from, age_to, mean, sd : array_like
        As for `years_since_first_symptom`. [years]
    delay_mean, delay_sd : array_like
        Of the gamma law of the delay between first symptom and recognition, both above 0. [years]

    Returns
    -------
    still_unrecognised, recognised : ndarray, broadcast shape
        Means over people not recognised: all years since the first symptom; and over people recognised:
        E[min(delay, years since)], never above the former. [years]

    Raises
    ------
    ValueError
        If a band is empty or begins before birth, or a number that must be above 0 is not.

    Notes
    -----
    E[min(D, t)] = mean · P(k + 1, t/θ) + t · Q(k, t/θ), regularised incomplete gamma functions, k = (mean/sd)² and
    θ = sd²/mean. The years T since the first symptom have at s the density [F(to − s) − F(from − s)]/(to − from), over
    which Gauss-Legendre integrates, error below 1e-12. D does not depend on the age at first symptom. Source:
    docs/model.md, section 12.

    Examples
    --------
    >>> still, recognised = unrecognised_years([30, 60], [35, 65], 36, 8, 5.6, 8.5)
    >>> still.round(2), recognised.round(2)
    (array([ 5.37, 26.52]), array([2.33, 5.09]))
    """
    a, b, m, s = _band_and_law(age_from, age_to, mean, sd)
    d, e = np.asarray(delay_mean, float), np.asarray(delay_sd, float)
    if not ((d > 0).all() and (e > 0).all()):
        raise ValueError("the mean and the sd of the delay must be above 0")
    p, still = years_since_first_symptom(a, b, m, s)
    total = np.zeros(np.broadcast_shapes(p.shape, d.shape, e.shape))
    # split at `from`, where the density has a kink if the normal law is cut off at birth
    for start, width in ((np.zeros_like(a), a), (a, b - a)):
        n_panels = max(1, math.ceil(np.max(width) / min(np.min(s), np.min(e))))
        for node, weight in zip(*_graded_rule(n_panels), strict=True):
            since = start + width * node
            density = (_cdf(b - since, m, s) - _cdf(a - since, m, s)) / (b - a)
            total += weight * width * density * _mean_shorter(since, d, e)
    recognised = np.divide(total, p, out=np.zeros_like(total), where=p > 0)
    return np.array(np.broadcast_to(still, total.shape)), np.asarray(np.minimum(recognised, still))


def n_doctors_distribution(mean: ArrayLike, sd: ArrayLike, most: int = 60) -> Array:
    """Distribution of the number of doctors seen before recognition.

    Parameters
    ----------
    mean, sd : array_like, shape (...)
        Of the number of doctors: mean above 1, sd² above mean − 1. [doctors]
    most : int, default 60
        Length of the distribution, at least 2. [doctors]

    Returns
    -------
    ndarray, shape (..., most)
        P(1 doctor), P(2), ..., P(`most` or more). Sums to 1. [proportion]

    Raises
    ------
    ValueError
        If no such distribution has this mean and sd, or `most` is below 2.

    Notes
    -----
    1 + negative binomial: r = (m − 1)²/(sd² − m + 1), p = (m − 1)/sd². Source: docs/model.md, section 12.

    Examples
    --------
    >>> n_doctors_distribution(3.2, 2.4, most=5).round(3)
    array([0.27 , 0.227, 0.166, 0.115, 0.223])
    """
    if most < 2:
        raise ValueError(f"most must be at least 2, not {most}")
    r, p = (x[..., None] for x in _negative_binomial(mean, sd))
    k = np.arange(most - 1)
    exact = np.exp(gammaln(k + r) - gammaln(r) - gammaln(k + 1) + r * np.log(p) + k * np.log1p(-p))
    return np.concatenate([exact, betainc(most - 1, r, 1 - p)], axis=-1)


def share_over(n_doctors: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> Array:
    """Share of people who saw more doctors than this before recognition.

    Parameters
    ----------
    n_doctors, mean, sd : array_like
        At least 0; and as for `n_doctors_distribution`, with the same errors. [doctors]

    Returns
    -------
    ndarray, broadcast shape
        [proportion]

    Notes
    -----
    Regularised incomplete beta function I(1 − p; n, r). Source: docs/model.md, section 12.

    Examples
    --------
    >>> share_over(3, 3.2, 2.4).round(3)
    np.float64(0.337)
    """
    r, p = _negative_binomial(mean, sd)
    return np.asarray(betainc(np.asarray(n_doctors, float), r, 1 - p))


def draw_first_symptom_age(rng: np.random.Generator, n_people: int, mean: ArrayLike, sd: ArrayLike) -> Array:
    """Ages at first symptom; later than a person's age means no symptom yet.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    n_people, mean, sd : int; array_like, scalar or shape (n_people,)
        How many; the normal law, which is cut off at birth. [people, years, years]

    Returns
    -------
    ndarray, shape (n_people,)
        At least 0. [years]

    Notes
    -----
    Through the inverse distribution function. Source: docs/model.md, section 12.

    Examples
    --------
    >>> round(float(np.median(draw_first_symptom_age(np.random.default_rng(1), 100_000, 36, 8))))
    36
    """
    m, s = np.asarray(mean, float), np.asarray(sd, float)
    later = (1 - rng.random(n_people)) * ndtr(m / s)  # of the upper tail: never 0, so every age is finite
    return np.asarray(np.maximum(m - s * ndtri(later), 0.0))


def draw_delay(rng: np.random.Generator, n_people: int, delay_mean: ArrayLike, delay_sd: ArrayLike) -> Array:
    """Delays between first symptom and recognition.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    n_people, delay_mean, delay_sd : int; array_like, scalar or shape (n_people,)
        How many; the gamma law. [people, years, years]

    Returns
    -------
    ndarray, shape (n_people,)
        [years]

    Notes
    -----
    Source: docs/model.md, section 12.

    Examples
    --------
    >>> round(float(draw_delay(np.random.default_rng(1), 100_000, 5.6, 8.5).mean()), 1)
    5.6
    """
    m, s = np.asarray(delay_mean, float), np.asarray(delay_sd, float)
    return np.asarray(rng.gamma((m / s) ** 2, s**2 / m, n_people))


def draw_n_doctors(rng: np.random.Generator, n_people: int, mean: ArrayLike, sd: ArrayLike) -> NDArray[np.int64]:
    """Numbers of doctors seen before recognition, whatever the delay.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    n_people, mean, sd : int; array_like, scalar or shape (n_people,)
        How many; as for `n_doctors_distribution`, with the same errors. [people, doctors, doctors]

    Returns
    -------
    ndarray of int64, shape (n_people,)
        At least 1. [doctors]

    Notes
    -----
    Source: docs/model.md, section 12.

    Examples
    --------
    >>> round(float(draw_n_doctors(np.random.default_rng(1), 100_000, 3.2, 2.4).mean()), 1)
    3.2
    """
    return np.asarray(1 + rng.negative_binomial(*_negative_binomial(mean, sd), n_people), np.int64)


def _band_and_law(*numbers: ArrayLike) -> tuple[Array, Array, Array, Array]:
    a, b, mean, sd = np.broadcast_arrays(*(np.asarray(x, float) for x in numbers))
    if not ((a >= 0).all() and (a < b).all() and (sd > 0).all()):
        raise ValueError("an age band must have 0 <= from < to, and the age at first symptom an sd above 0")
    return a, b, mean, sd


def _cdf(age: Array, mean: Array, sd: Array) -> Array:
    """Distribution function of the age at first symptom."""
    return np.asarray(np.maximum(ndtr((age - mean) / sd) - ndtr(-mean / sd), 0.0) / ndtr(mean / sd))


def _integrals_of_cdf(age: Array, mean: Array, sd: Array) -> tuple[Array, Array]:
    """Integrals of `_cdf` from birth, once and twice."""
    z = np.stack([age - mean, -mean]) / sd  # now, and at birth
    below, density = ndtr(z), np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    once, twice = z * below + density, ((z * z + 1) * below + z * density) / 2
    born, unborn = ndtr(mean / sd), below[1]
    first = sd * (once[0] - once[1]) - unborn * age
    return first / born, (sd * sd * (twice[0] - twice[1]) - sd * once[1] * age - unborn * age * age / 2) / born


def _mean_shorter(years: Array, delay_mean: Array, delay_sd: Array) -> Array:
    """E[min(delay, years)]."""
    shape, x = (delay_mean / delay_sd) ** 2, years * delay_mean / delay_sd**2
    return np.asarray(delay_mean * gammainc(shape + 1, x) + years * gammaincc(shape, x))


def _graded_rule(n_panels: int) -> tuple[Array, Array]:
    """Nodes and weights on (0, 1): equal panels, the first of them graded towards 0."""
    node, weight = np.polynomial.legendre.leggauss(NODES_PER_PANEL)
    node, weight = (node + 1) / 2, weight / 2
    later = (np.arange(1, n_panels)[:, None] + node).ravel()
    nodes = np.concatenate([node**POWER, later]) / n_panels
    return nodes, np.concatenate([POWER * node ** (POWER - 1) * weight, np.tile(weight, n_panels - 1)]) / n_panels


def _negative_binomial(mean: ArrayLike, sd: ArrayLike) -> tuple[Array, Array]:
    """Size r and probability p of the negative binomial behind 1 + X."""
    more, variance = np.asarray(mean, float) - 1, np.asarray(sd, float) ** 2
    if not ((more > 0).all() and (variance > more).all()):
        raise ValueError("the number of doctors needs a mean above 1 and an sd² above mean − 1")
    return np.asarray(more**2 / (variance - more)), np.asarray(more / variance)
