"""How much surveys of one population differ beyond chance: the correlation ρ of two genes of one survey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, expit, logsumexp, ndtri
from scipy.stats import chi2

Array = NDArray[np.float64]
RHO = np.geomspace(1e-7, 0.3, 151)
FACTOR = 100.0  # the prior puts 95 % within this factor of its median
FEWEST = 10  # copies of an allele below which surveys say nothing of ρ, and the prior of q would seem to
N_LOGITS = 241
REACH = 12.0  # standard deviations of the logit on either side


@dataclass(frozen=True)
class BetweenSurveys:
    """What several surveys say of ρ.

    Attributes
    ----------
    estimate, low, high : float
        Largest marginal likelihood and where its logarithm is 1.92 less; low is 0 where ρ = 0 is inside, high infinite where
        the largest ρ looked at, 0.3, is. NaN with fewer than two surveys or ten copies. [dimensionless]
    n_surveys : int
        Surveys compared.
    grid, weight : ndarray, shape (n_grid,)
        Posterior of ρ: values and probabilities, with a lognormal prior around the default. [dimensionless, proportion]
    """

    estimate: float
    low: float
    high: float
    n_surveys: int
    grid: Array
    weight: Array

    @property
    def median(self) -> float:
        """Median of the posterior."""
        return float(np.interp(0.5, np.cumsum(self.weight), self.grid))


def log_marginal_likelihood(n_observed: ArrayLike, n_typed: ArrayLike, rho: ArrayLike) -> Array:
    """Log likelihood of ρ with the allele's mean frequency integrated out.

    Parameters
    ----------
    n_observed, n_typed : array_like of int, shape (n_surveys,)
        Genes of one allele, of so many typed. [chromosomes]
    rho : array_like, shape (n,)
        In (0, 1). [dimensionless]

    Returns
    -------
    ndarray, shape (n,)
        Of beta-binomial counts with mean q and correlation ρ, q with Jeffreys' prior. [log]

    Notes
    -----
    A beta-binomial of parameters q (1 − ρ)/ρ and (1 − q)(1 − ρ)/ρ; integrated over logit q by the trapezium rule.
    Source: docs/evidence.md.

    Examples
    --------
    >>> logs = log_marginal_likelihood([10, 40], [1000, 1000], [1e-6, 0.01])
    >>> bool(logs[1] > logs[0])  # 10 and 40 of 1,000 differ by more than chance
    True
    """
    x, n, r = (np.asarray(a, float) for a in (n_observed, n_typed, rho))
    q = (x.sum() + 0.5) / (n.sum() + 1)
    spread = np.sqrt((1 - q) / q * (1 / (n.sum() + 1) + r / len(x)) + 0.25 / (x.sum() + 0.5))
    logit = np.log(q / (1 - q)) + spread[:, None] * np.linspace(-REACH, REACH, N_LOGITS)
    frequency = np.clip(expit(logit), 1e-300, 1 - 1e-15)
    size = ((1 - r) / r)[:, None]
    a, b = frequency * size, (1 - frequency) * size
    total = 0.5 * np.log(frequency) + 0.5 * np.log1p(-frequency)  # Jeffreys' prior on the logit scale
    for found, of in zip(x, n, strict=True):
        total = total + betaln(found + a, of - found + b) - betaln(a, b)
    step = spread * 2 * REACH / (N_LOGITS - 1)
    return np.asarray(logsumexp(total, axis=1) + np.log(step))


def between_surveys(n_observed: ArrayLike, n_typed: ArrayLike, default_rho: float) -> BetweenSurveys:
    """Estimate ρ from several surveys, of one allele or of several together.

    Parameters
    ----------
    n_observed, n_typed : array_like of int, shape (n_surveys, n_alleles)
        0 typed: the survey says nothing of the allele. [chromosomes]
    default_rho : float
        Median of the prior, above 0. [dimensionless]

    Returns
    -------
    BetweenSurveys
        Estimate and interval by likelihood alone; the posterior with the prior, for few surveys say little of ρ.

    Notes
    -----
    Log likelihoods of several alleles are added: those other than M are rare and nearly independent. The prior is
    lognormal, 95 % within a factor of 100 of the default: surveys that differ ten times as much as it says are common.
    Source: docs/evidence.md.

    Examples
    --------
    >>> found = between_surveys([[10], [40], [22], [70]], [[1000]] * 4, 0.0002)
    >>> bool(0.001 < found.estimate < 0.03), bool(found.low > 0.0002)
    (True, True)
    """
    x, n = np.asarray(n_observed), np.asarray(n_typed)
    total = np.zeros(len(RHO))
    compared = 0
    for found, of in zip(x.T, n.T, strict=True):
        typed = of > 0
        if np.count_nonzero(typed) > 1 and found.sum() >= FEWEST:
            total += log_marginal_likelihood(found[typed], of[typed], RHO)
            compared = max(compared, int(np.count_nonzero(typed)))
    reach = chi2.ppf(0.95, 1) / 2
    inside = RHO[total >= total.max() - reach]
    best = float(RHO[np.argmax(total)])
    prior = -0.5 * (np.log(RHO / default_rho) / (np.log(FACTOR) / ndtri(0.975))) ** 2
    weight = np.exp(total + prior - (total + prior).max())
    at_zero = inside[0] == RHO[0]
    return BetweenSurveys(
        estimate=np.nan if not compared else 0.0 if best == RHO[0] else best,
        low=np.nan if not compared else 0.0 if at_zero else float(inside[0]),
        high=np.nan if not compared else np.inf if inside[-1] == RHO[-1] else float(inside[-1]),
        n_surveys=compared,
        grid=RHO,
        weight=weight / weight.sum(),
    )
