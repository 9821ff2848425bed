"""COPD: one logistic equation for sex, age and pack-years, raised by genotype and by other exposures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from simulation.roots import increasing_root

Array = NDArray[np.float64]
LOG_ODDS_RANGE = 30.0


@dataclass(frozen=True)
class Baseline:
    """Risk of people without a deficiency allele, by sex (male, female).

    Attributes
    ----------
    intercept : ndarray, shape (n_replicates, 2)
        Log-odds at the centre age and centre pack-years.
    per_year, per_pack_year : ndarray, shape (n_replicates, 2)
        Slopes. [log-odds per year, per pack-year]
    centre_age_years, centre_pack_years, min_age_years : float
        Where the equation is centred, and the age below which the risk is 0. [years, pack-years, years]
    """

    intercept: Array
    per_year: Array
    per_pack_year: Array
    centre_age_years: float
    centre_pack_years: float
    min_age_years: float

    def log_odds(self, age_years: ArrayLike, pack_years: ArrayLike) -> Array:
        """Log-odds by replicate and sex at some ages and pack-years.

        Parameters
        ----------
        age_years, pack_years : array_like, shapes that broadcast to (2 sexes, ...)
            [years, pack-years]

        Returns
        -------
        ndarray, shape (n_replicates, 2, ...)
            −inf below the minimum age.
        """
        x = np.asarray(age_years, float) - self.centre_age_years
        y = np.asarray(pack_years, float) - self.centre_pack_years
        shape = np.broadcast_shapes(x.shape, y.shape)
        extra = (1,) * (len(shape) - 1)
        b0, b_age, b_pack = (b.reshape(*b.shape, *extra) for b in (self.intercept, self.per_year, self.per_pack_year))
        eta = b0 + b_age * x + b_pack * y
        return np.where(np.asarray(age_years, float) < self.min_age_years, -np.inf, eta)


@dataclass(frozen=True)
class OnsetRamp:
    """Ages between which the effect of a genotype grows from nothing to its full size, never and ever smokers.

    Attributes
    ----------
    from_age_years, to_age_years : tuple of float
        For never smokers, for ever smokers. [years]
    """

    from_age_years: tuple[float, float]
    to_age_years: tuple[float, float]

    def fraction(self, age_years: ArrayLike, ever: ArrayLike) -> Array:
        """Share of the log odds ratio that has set in.

        Parameters
        ----------
        age_years : array_like
            [years]
        ever : array_like of bool
            Ever smoker.

        Returns
        -------
        ndarray, broadcast shape
            In [0, 1].
        """
        ever = np.asarray(ever, bool)
        start = np.where(ever, self.from_age_years[1], self.from_age_years[0])
        end = np.where(ever, self.to_age_years[1], self.to_age_years[0])
        return np.asarray(np.clip((np.asarray(age_years, float) - start) / (end - start), 0.0, 1.0))


@dataclass(frozen=True)
class StudyMix:
    """The people among whom a marginal odds ratio was measured.

    Attributes
    ----------
    age_years, male_share, ever_share, pack_years : float
        One age; shares of men and of ever smokers; every ever smoker has the same pack-years.
    """

    age_years: float
    male_share: float
    ever_share: float
    pack_years: float


def copd_probability(log_odds: ArrayLike, exposures: Sequence[tuple[ArrayLike, ArrayLike]] = ()) -> Array:
    """Probability of COPD, averaged over other exposures that are not followed person by person.

    Parameters
    ----------
    log_odds : array_like, shape (n_replicates, ...)
        Without the exposures.
    exposures : sequence of (share, odds_ratio)
        Share exposed and odds ratio, scalars or shape (n_replicates,); independent of each other.
        [proportion, odds ratio]

    Returns
    -------
    ndarray, shape (n_replicates, ...)
        [proportion]

    Notes
    -----
    Σ over combinations of exposures of P(combination) · expit(log_odds + Σ ln OR). Source: docs/model.md, section 5.

    Examples
    --------
    >>> copd_probability([[0.0]], [(0.5, 3.0)])
    array([[0.625]])
    """
    eta = np.asarray(log_odds, float)
    if not exposures:
        return np.asarray(expit(eta))
    column = (-1,) + (1,) * (eta.ndim - 1)
    total = np.zeros_like(eta)
    for combination in product((False, True), repeat=len(exposures)):
        weight, shift = np.ones((1,) * eta.ndim), np.zeros((1,) * eta.ndim)
        for exposed, (share, odds_ratio) in zip(combination, exposures, strict=True):
            p = np.asarray(share, float).reshape(column)
            weight = weight * (p if exposed else 1 - p)
            shift = shift + (np.log(np.asarray(odds_ratio, float)).reshape(column) if exposed else 0.0)
        total = total + weight * expit(eta + shift)
    return np.asarray(total)


def mix_risk(baseline: Baseline, ramp: OnsetRamp, mix: StudyMix, or_never: ArrayLike, or_ever: ArrayLike) -> Array:
    """Mean risk of COPD among the people of a study mix, had they all one genotype.

    Parameters
    ----------
    baseline : Baseline
        The central coefficients: one replicate, or n.
    ramp : OnsetRamp
        Onset of the genotype's effect.
    mix : StudyMix
        The study's people.
    or_never, or_ever : array_like, shape (n,)
        Odds ratio of the genotype in never and ever smokers. [odds ratio]

    Returns
    -------
    ndarray, shape (n,)
        [proportion]

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> flat = Baseline(np.full((1, 2), -2.0), np.zeros((1, 2)), np.zeros((1, 2)), 60, 20, 20)
    >>> ramp = OnsetRamp((35, 20), (60, 40))
    >>> mix_risk(flat, ramp, StudyMix(57, 0.5, 0.45, 20), [1.0], [1.0]).round(4)
    array([0.1192])
    """
    risk = np.zeros(1)
    for ever, odds_ratio in ((False, or_never), (True, or_ever)):
        eta = baseline.log_odds(np.full(2, mix.age_years), mix.pack_years if ever else 0.0).T  # sex, replicate
        effect = ramp.fraction(mix.age_years, ever) * np.log(np.asarray(odds_ratio, float))
        smoking_share = mix.ever_share if ever else 1 - mix.ever_share
        for sex_share, sex_eta in zip((mix.male_share, 1 - mix.male_share), eta, strict=True):
            risk = risk + smoking_share * sex_share * expit(sex_eta + effect)
    return np.asarray(risk)


def marginal_odds_ratio(
    baseline: Baseline, ramp: OnsetRamp, mix: StudyMix, or_never: ArrayLike, or_ever: ArrayLike
) -> Array:
    """Odds ratio that a study of these people would find, smoking taken together.

    Parameters
    ----------
    baseline, ramp, mix
        As for `mix_risk`.
    or_never, or_ever : array_like, shape (n,)
        Odds ratio of the genotype in never and ever smokers. [odds ratio]

    Returns
    -------
    ndarray, shape (n,)
        [odds ratio]

    Notes
    -----
    Odds of the mean risk with the genotype over odds of the mean risk without. Source: docs/model.md, section 5.

    Examples
    --------
    >>> flat = Baseline(np.full((1, 2), -2.0), np.zeros((1, 2)), np.zeros((1, 2)), 60, 20, 20)
    >>> ramp = OnsetRamp((0, 0), (20, 20))
    >>> marginal_odds_ratio(flat, ramp, StudyMix(57, 0.5, 0.45, 20), [3.0], [3.0]).round(9)
    array([3.])
    """
    with_genotype = mix_risk(baseline, ramp, mix, or_never, or_ever)
    without = mix_risk(baseline, ramp, mix, 1.0, 1.0)
    return np.asarray(np.exp(logit(with_genotype) - logit(without)))


def _finite_logit(probability: Array) -> Array:
    """Log-odds that stay finite where a risk is 0 or 1 to the last bit, as in a population where nearly all have COPD."""
    return np.asarray(logit(np.clip(probability, 1e-300, 1 - 1e-16)))


def solve_severe_odds_ratios(
    baseline: Baseline, ramp: OnsetRamp, mix: StudyMix, marginal: ArrayLike, ratio: ArrayLike
) -> tuple[Array, Array]:
    """Odds ratios of severe genotypes in never and ever smokers behind one marginal odds ratio.

    Parameters
    ----------
    baseline, ramp, mix
        As for `mix_risk`; the baseline's central coefficients.
    marginal : array_like, shape (n_replicates,)
        Odds ratio found by the study, smoking taken together. [odds ratio]
    ratio : array_like, shape (n_replicates,)
        Odds ratio in ever smokers over that in never smokers. [ratio]

    Returns
    -------
    or_never, or_ever : ndarray, shape (n_replicates,)
        With or_ever = ratio × or_never, and `marginal_odds_ratio` of both equal to `marginal`. [odds ratio]

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> flat = Baseline(np.full((1, 2), -2.0), np.zeros((1, 2)), np.zeros((1, 2)), 60, 20, 20)
    >>> ramp = OnsetRamp((0, 0), (20, 20))
    >>> solve_severe_odds_ratios(flat, ramp, StudyMix(57, 0.5, 0.45, 20), [3.0], [1.0])
    (array([3.]), array([3.]))
    """
    m, r = np.broadcast_arrays(np.atleast_1d(np.asarray(marginal, float)), np.asarray(ratio, float))
    intercept = np.broadcast_to(baseline.intercept, (m.size, 2))
    target = _finite_logit(mix_risk(baseline, ramp, mix, 1.0, 1.0)) + np.log(m)

    def excess(log_or_never: Array, i: NDArray[np.intp]) -> Array:
        never = np.exp(log_or_never)
        of_these = replace(baseline, intercept=intercept[i])
        return np.asarray(_finite_logit(mix_risk(of_these, ramp, mix, never, r[i] * never)) - target[i])

    never = np.exp(increasing_root(excess, m.size, -LOG_ODDS_RANGE, LOG_ODDS_RANGE))
    return never, r * never
