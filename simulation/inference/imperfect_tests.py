"""Prevalence from a test that errs: sensitivity and specificity taken out again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betainc, betaincc, betaincinv, expit

from simulation.parameters.distributions import Beta, Distribution, Fixed, beta_from_count

Array = NDArray[np.float64]
Accuracy = float | tuple[int, int] | Distribution
PASSES = (100, 160)  # nodes of the logit of the probability: positives may point far into the tail of an accuracy
REACH = 60.0
NEGLIGIBLE = 1e-10


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
    accuracies are integrated over 160 by 160 quantiles where they explain x, each weighed by how well it does. Rogan
    and Gladen 1978, doi 10.1093/oxfordjournals.aje.a112510. Source: docs/evidence.md.

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
    laws = _law(sensitivity, "sensitivity"), _law(specificity, "specificity")
    a, b = n_positive + 0.5, n_tested - n_positive + 0.5
    ranges = [(-REACH, REACH), (-REACH, REACH)]
    for n_nodes in PASSES:  # first to find the accuracies that explain the positives, then to look at these closely
        nodes = [_nodes(law, n_nodes, between) for law, between in zip(laws, ranges, strict=True)]
        if n_nodes == PASSES[0]:
            se_mean, sp_mean = (float(values @ weight) for _, values, weight in nodes)
        low, high, mass, weight = _explained(nodes, a, b)
        if not weight.sum() > 0:
            if se_mean + sp_mean <= 1:
                raise ValueError(
                    f"sensitivity + specificity must exceed 1; {se_mean:.4g} + {sp_mean:.4g} is no better than chance"
                )
            raise ValueError(
                f"{n_positive} of {n_tested} positive cannot be explained by a sensitivity of {se_mean:.4g} and a specificity"
                f" of {sp_mean:.4g}, whatever the prevalence; check the accuracies"
            )
        ranges = [_where(nodes[k][0], weight.sum(axis=1 - k)) for k in (0, 1)]
    if se_mean + sp_mean <= 1:
        raise ValueError(
            f"sensitivity + specificity must exceed 1; {se_mean:.4g} + {sp_mean:.4g} is no better than chance"
        )
    used = weight > NEGLIGIBLE * weight.max()
    low, high, mass, weight = low[used], high[used], mass[used], weight[used] / weight[used].sum()

    near_zero = betainc(a, b, low) < 0.5
    start = np.where(near_zero, betainc(a, b, low), betaincc(a, b, low))

    def cumulative(prevalence: float) -> float:
        theta = low + prevalence * (high - low)
        reached = np.where(near_zero, betainc(a, b, theta) - start, start - betaincc(a, b, theta))
        return float((weight * np.clip(reached / mass, 0, 1)).sum())

    tail = (1 - level) / 2
    precision = 1e-12 if weight.size == 1 else 1e-6
    bottom, median, top = (
        float(brentq(lambda x, p=p: cumulative(x) - p, 0.0, 1.0, xtol=1e-14, rtol=precision))
        for p in (tail, 0.5, 1 - tail)
    )
    # E θ of a cut Beta is a/(a+b) times the ratio of the masses of Beta(a + 1, b) and Beta(a, b)
    theta_mean = a / (a + b) * _mass(a + 1, b, low, high) / mass
    mean = float((weight * (theta_mean - low) / (high - low)).sum())
    se_found, sp_found = (_found(accuracy) for accuracy in (sensitivity, specificity))
    raw = (
        (n_positive / n_tested + sp_found - 1) / (se_found + sp_found - 1) if se_found + sp_found > 1 else float("nan")
    )
    return CorrectedPrevalence(mean, median, bottom, top, float(raw), n_positive, n_tested)


def _found(accuracy: Accuracy) -> float:
    """An accuracy as a study prints it."""
    if isinstance(accuracy, tuple):
        return accuracy[0] / accuracy[1]
    return float(accuracy) if isinstance(accuracy, int | float) else float(accuracy.central)


def _law(accuracy: Accuracy, name: str) -> Distribution:
    if isinstance(accuracy, tuple):
        law: Distribution = beta_from_count(*accuracy)
    else:
        law = Fixed(float(accuracy)) if isinstance(accuracy, int | float) else accuracy
    ends = np.atleast_1d(np.asarray(law.quantile(np.array([1e-15, 1 - 1e-15])), float))
    if not ((ends >= 0) & (ends <= 1)).all():
        raise ValueError(f"{name} must be at least 0 and at most 1 (for 96 % write 0.96)")
    return law


def _nodes(law: Distribution, n_nodes: int, between: tuple[float, float]) -> tuple[Array, Array, Array]:
    """Logits of probabilities, an accuracy's quantiles there, and what each stands for."""
    if isinstance(law, Fixed):
        return np.zeros(1), np.array([law.value]), np.ones(1)
    logit = np.linspace(*between, n_nodes)
    weight = expit(logit) * expit(-logit)
    if isinstance(law, Beta):  # from the side whose probability is small, for 1 − 1e-20 is 1
        below = betaincinv(law.alpha, law.beta, expit(logit))
        above = 1 - betaincinv(law.beta, law.alpha, expit(-logit))
        values = np.where(logit < 0, below, above)
    else:
        values = np.asarray(law.quantile(np.clip(expit(logit), 1e-15, 1 - 1e-15)), float)
    return logit, values, weight / weight.sum()


def _explained(nodes: list[tuple[Array, Array, Array]], a: float, b: float) -> tuple[Array, Array, Array, Array]:
    """Range of θ, mass of the positives' Beta in it, and weight, for each pair of accuracies; none where they are useless."""
    (_, se, se_weight), (_, sp, sp_weight) = nodes
    high, low = np.meshgrid(se, 1 - sp, indexing="ij")
    better = high > low
    mass = np.where(better, _mass(a, b, low, high), 0.0)
    prior = np.where(better, _mass(0.5, 0.5, low, high), 1.0)
    return low, high, mass, np.outer(se_weight, sp_weight) * mass / prior


def _where(logit: Array, weight: Array) -> tuple[float, float]:
    """Where the weight is, with a node more on either side."""
    found = np.flatnonzero(weight > NEGLIGIBLE * weight.max())
    return float(logit[max(found[0] - 1, 0)]), float(logit[min(found[-1] + 1, len(logit) - 1)])


def _mass(a: float, b: float, low: Array, high: Array) -> Array:
    """P(low < Beta(a, b) < high), from whichever side loses no digits."""
    below = betainc(a, b, high) - betainc(a, b, low)
    above = betaincc(a, b, low) - betaincc(a, b, high)
    return np.asarray(np.where(betainc(a, b, low) < 0.5, below, above))
