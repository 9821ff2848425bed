"""Prevalence from a test that errs: sensitivity and specificity taken out again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betainc, betaincc

from simulation.parameters.distributions import Distribution, Fixed, beta_from_count

Array = NDArray[np.float64]
Accuracy = float | tuple[int, int] | Distribution
N_STRATA = 64


@dataclass(frozen=True)
class CorrectedPrevalence:
    """Prevalence with the errors of the test taken out.

    Attributes
    ----------
    mean, median, low, high : float
        Posterior mean, median and 95 % interval, inside [0, 1]. [proportion]
    rogan_gladen : float
        (x/n + specificity − 1)/(sensitivity + specificity − 1); may lie outside [0, 1]. [proportion]
    n_positive, n_tested : int
        What was found. [people]
    """

    mean: float
    median: float
    low: float
    high: float
    rogan_gladen: float
    n_positive: int
    n_tested: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return self.low, self.high


def corrected_prevalence(
    n_positive: int, n_tested: int, sensitivity: Accuracy, specificity: Accuracy, level: float = 0.95
) -> CorrectedPrevalence:
    """Prevalence behind the positives of an imperfect test.

    Parameters
    ----------
    n_positive, n_tested : int
        0 <= n_positive <= n_tested, n_tested at least 1. [people]
    sensitivity, specificity : float, (count, of) or distribution
        Share of the ill that the test finds, and of the others that it passes; (96, 100) is a study that found 96 of
        100. Their sum must exceed 1. [proportion]
    level : float, default 0.95
        Probability inside the interval. [proportion]

    Returns
    -------
    CorrectedPrevalence
        The interval stays in [0, 1] whatever was found.

    Raises
    ------
    ValueError
        If counts are impossible, an accuracy lies outside [0, 1], the test is no better than chance, or no prevalence
        explains so many or so few positives.

    Notes
    -----
    A share θ = 1 − Sp + π (Se + Sp − 1) of the tested is positive. With Jeffreys' prior for θ, cut to the range 1 − Sp to
    Se that it can have, π follows a Beta(x + ½, n − x + ½) cut to that range and stretched to [0, 1]; uncertain
    accuracies are integrated over 64 by 64 strata, each weighed by how well it explains x. Rogan and Gladen 1978, doi
    10.1093/oxfordjournals.aje.a112510. Source: docs/evidence.md.

    Examples
    --------
    >>> found = corrected_prevalence(60, 1000, sensitivity=0.9, specificity=0.97)
    >>> round(found.rogan_gladen, 4), round(found.median, 3)
    (0.0345, 0.035)
    >>> corrected_prevalence(0, 1000, (90, 100), (95, 100)).low >= 0
    True
    """
    if not (0 <= n_positive <= n_tested and n_tested >= 1):
        raise ValueError(f"n_positive must lie between 0 and n_tested; {n_positive} of {n_tested} was given")
    se, sp = _strata(sensitivity, "sensitivity"), _strata(specificity, "specificity")
    se_all, sp_all = (a.ravel() for a in np.meshgrid(se, sp, indexing="ij"))
    if se.mean() + sp.mean() <= 1 or (se_all + sp_all <= 1).all():
        raise ValueError(
            f"sensitivity + specificity must exceed 1; {se.mean():.4g} + {sp.mean():.4g} is no better than chance"
        )
    better = se_all + sp_all > 1
    low, high = 1 - sp_all[better], se_all[better]
    a, b = n_positive + 0.5, n_tested - n_positive + 0.5
    mass, prior = _mass(a, b, low, high), _mass(0.5, 0.5, low, high)
    weight = mass / prior
    if not weight.sum() > 0:
        raise ValueError(
            f"{n_positive} of {n_tested} positive cannot be explained by a sensitivity of {se.mean():.4g} and a specificity"
            f" of {sp.mean():.4g}, whatever the prevalence; check the accuracies"
        )
    weight /= weight.sum()
    used = weight > 0
    low, high, mass, weight = low[used], high[used], mass[used], weight[used]

    def cumulative(prevalence: float) -> float:
        theta = low + prevalence * (high - low)
        return float((weight * np.clip(_mass(a, b, low, theta) / mass, 0, 1)).sum())

    tail = (1 - level) / 2
    bottom, median, top = (_solve(cumulative, p) for p in (tail, 0.5, 1 - tail))
    # E θ of a cut Beta is a/(a+b) times the ratio of the masses of Beta(a + 1, b) and Beta(a, b)
    theta_mean = a / (a + b) * _mass(a + 1, b, low, high) / mass
    mean = float((weight * (theta_mean - low) / (high - low)).sum())
    raw = (n_positive / n_tested + sp.mean() - 1) / (se.mean() + sp.mean() - 1)
    return CorrectedPrevalence(mean, median, bottom, top, float(raw), n_positive, n_tested)


def _strata(accuracy: Accuracy, name: str) -> Array:
    """Values of an accuracy, equally probable."""
    if isinstance(accuracy, tuple):
        count, of = accuracy
        accuracy = beta_from_count(count, of)
    elif isinstance(accuracy, int | float):
        accuracy = Fixed(float(accuracy))
    if isinstance(accuracy, Fixed):
        values = np.array([accuracy.value])
    else:
        values = np.asarray(accuracy.quantile((np.arange(N_STRATA) + 0.5) / N_STRATA), float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"{name} must be at least 0 and at most 1 (for 96 % write 0.96)")
    return values


def _mass(a: float, b: float, low: Array, high: Array) -> Array:
    """P(low < Beta(a, b) < high), from whichever side loses no digits."""
    below = betainc(a, b, high) - betainc(a, b, low)
    above = betaincc(a, b, low) - betaincc(a, b, high)
    return np.asarray(np.where(betainc(a, b, low) < 0.5, below, above))


def _solve(cumulative: Callable[[float], float], probability: float) -> float:
    return float(brentq(lambda p: cumulative(p) - probability, 0.0, 1.0, xtol=1e-14, rtol=1e-12))
