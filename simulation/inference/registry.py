"""The share of cases that a registry knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta as beta_law

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ShareRegistered:
    """Share of the cases there are that are registered.

    Attributes
    ----------
    mean, median, low, high : float
        With 95 % interval, inside [0, 1]. [proportion]
    n_registered : int
        People in the register.
    possible : float
        Share of the draws of cases that are no fewer than those registered. [proportion]
    n_cases_mean, n_cases_low, n_cases_high : float
        Cases expected, as given. [people]
    """

    mean: float
    median: float
    low: float
    high: float
    n_registered: int
    possible: float
    n_cases_mean: float
    n_cases_low: float
    n_cases_high: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return self.low, self.high


def share_registered(n_registered: int, n_cases: ArrayLike, level: float = 0.95) -> ShareRegistered:
    """Share of the expected cases that a register holds.

    Parameters
    ----------
    n_registered : int
        Cases in the register, at least 0. [people]
    n_cases : array_like, shape (n_draws,) or scalar
        Cases that live in the register's area: draws from a run, such as the people with severe deficiency in each
        replicate; one number is taken as certain. [people]
    level : float, default 0.95
        Probability inside the interval. [proportion]

    Returns
    -------
    ShareRegistered
        The probability that a case such as these is registered. Draws with fewer cases than are registered are impossible
        and count for nothing; `possible` says how many remain.

    Raises
    ------
    ValueError
        If a number is negative or missing, or more than half of the draws have fewer cases than are registered.

    Notes
    -----
    Registered cases are Binomial(N, s) of the N there are; with Jeffreys' prior s given N is Beta(x + ½, N − x + ½). The
    register is no evidence of N, for s may be anything. Source: docs/evidence.md.

    Examples
    --------
    >>> found = share_registered(640, [9000, 10000, 11000])
    >>> round(found.median, 3), found.low < 0.064 < found.high
    (0.064, True)
    """
    cases = np.atleast_1d(np.asarray(n_cases, float)).ravel()
    if n_registered < 0 or not np.isfinite(cases).all() or (cases < 0).any() or cases.size == 0:
        raise ValueError("registered and expected cases must be numbers of people, at least 0")
    possible = np.round(cases[np.round(cases) >= n_registered])
    if 2 * possible.size < cases.size or possible.max() == 0:
        raise ValueError(
            f"{n_registered:,} are registered, but {cases.mean():,.0f} are expected, and fewer than registered in"
            f" {100 * (1 - possible.size / cases.size):.0f} % of the replicates; check that register"
            " and population describe the same people and the same genotypes"
        )
    n, count = np.unique(possible, return_counts=True)
    x = float(n_registered)
    weight = count / count.sum()
    tail = (1 - level) / 2
    low, median, high = (_quantile(p, x, n, weight) for p in (tail, 0.5, 1 - tail))
    mean = float((weight * (x + 0.5) / (n + 1)).sum())
    bottom, top = np.quantile(cases, [tail, 1 - tail])
    if n_registered == 0:
        low = 0.0
    return ShareRegistered(
        mean,
        median,
        low,
        high,
        n_registered,
        possible.size / cases.size,
        float(cases.mean()),
        float(bottom),
        float(top),
    )


def _quantile(probability: float, x: float, n: Array, weight: Array) -> float:
    """Quantile of a mixture of Betas: it lies between those of its parts, where it is searched."""
    from scipy.optimize import brentq

    parts = beta_law.ppf(probability, x + 0.5, n - x + 0.5)
    low, high = float(parts.min()), float(parts.max())
    if high - low < 1e-15:
        return low

    def miss(share: float) -> float:
        return float((weight * beta_law.cdf(share, x + 0.5, n - x + 0.5)).sum()) - probability

    return float(brentq(miss, low, high, xtol=1e-15)) if miss(low) < 0 < miss(high) else low
