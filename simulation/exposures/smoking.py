"""Never, former and current smokers by age, so that the published share of the whole is met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from simulation.labels import AGES, SMOKING
from simulation.roots import increasing_root

Array = NDArray[np.float64]
LOG_ODDS_RANGE = 40.0  # beyond it a share is 0 or 1 to the last bit
ROUNDING = 1e-6  # by which a bracket is wider than it need be


@dataclass(frozen=True)
class AgePattern:
    """How smoking changes with age: log-odds relative to the centre age.

    Attributes
    ----------
    current_linear, never_given_noncurrent : ndarray, shape (n,)
        Slopes of logit P(current) and logit P(never | not current). [per year]
    current_quadratic : ndarray, shape (n,)
        Curvature of logit P(current). [per (10 years)²]
    centre_age_years, min_age_years : float
        Where the slopes are centred; below the minimum everybody is a never smoker. [years]
    """

    current_linear: Array
    current_quadratic: Array
    never_given_noncurrent: Array
    centre_age_years: float
    min_age_years: float


def age_midpoints() -> Array:
    """Middle of each five-year age group.

    Returns
    -------
    ndarray, shape (21,)
        2.5, 7.5, ..., 102.5. [years]

    Notes
    -----
    Source: docs/model.md, section 1.

    Examples
    --------
    >>> age_midpoints()[[0, -1]]
    array([  2.5, 102.5])
    """
    return np.array(AGES) + 2.5


def share_of_band_inside(age_min: float, age_max: float | None = None) -> Array:
    """How much of each five-year age group lies inside an age range.

    Parameters
    ----------
    age_min : float
        First age inside. [years]
    age_max : float, optional
        First age outside; without it the range is open. [years]

    Returns
    -------
    ndarray, shape (21,)
        [proportion]

    Notes
    -----
    People are spread evenly over the years of a group. Source: docs/model.md, section 3.

    Examples
    --------
    >>> share_of_band_inside(18)[2:5]
    array([0. , 0.4, 1. ])
    """
    low = np.array(AGES, float)
    top = np.inf if age_max is None else float(age_max)
    inside = np.minimum(low + 5, top) - np.maximum(low, age_min)
    return np.asarray(np.clip(inside, 0, 5) / 5)


def rescaled_shares(shares: Mapping[str, float], tolerance: float = 0.02) -> dict[str, float]:
    """Published shares made to sum to 1.

    Parameters
    ----------
    shares : mapping
        never, former, current, each in [0, 1]. [proportion]
    tolerance : float, default 0.02
        How far rounding may have taken their sum from 1.

    Returns
    -------
    dict
        The same keys, summing to 1.

    Raises
    ------
    ValueError
        If the sum misses 1 by more than the tolerance.

    Notes
    -----
    Source: docs/model.md, section 3.

    Examples
    --------
    >>> rescaled_shares({"never": 0.53, "former": 0.20, "current": 0.26})["never"].__round__(4)
    0.5354
    """
    total = sum(shares[status] for status in SMOKING)
    if abs(total - 1) > tolerance + 1e-12:
        raise ValueError(f"never + former + current must be 1 (up to {tolerance:g}); they sum to {total:.6g}")
    return {status: shares[status] / total for status in SMOKING}


def smoking_by_age(never: ArrayLike, current: ArrayLike, weights: ArrayLike, pattern: AgePattern) -> Array:
    """Smoking status by age, from the shares of all ages together.

    Parameters
    ----------
    never, current : array_like, shape (n,)
        Shares among the people that each margin describes; former is the rest. [proportion]
    weights : array_like, shape (21,) or (n, 21)
        People of each age group that the margin describes. [people]
    pattern : AgePattern
        Slopes with age.

    Returns
    -------
    ndarray, shape (n, 21, 3)
        P(never), P(former), P(current) by age; the weighted mean meets the margin. [proportion]

    Notes
    -----
    logit P(current) = c₀ + c₁ x + c₂ (x/10)² and logit P(never | not current) = d₀ + d₁ x with x = age − centre;
    c₀ and d₀ solved. A margin of 0 or 1 applies to every age directly. Below the minimum age everybody is a never
    smoker, and such ages are left out of the solution unless the margin counts them.
    Source: docs/model.md, section 3.

    Examples
    --------
    >>> flat = AgePattern(np.zeros(1), np.zeros(1), np.zeros(1), 50, 15)
    >>> smoking_by_age([0.5], [0.3], np.ones(21), flat)[0, [0, 10]].round(3)
    array([[1.   , 0.   , 0.   ],
           [0.417, 0.233, 0.35 ]])
    """
    never, current = np.broadcast_arrays(np.atleast_1d(np.asarray(never, float)), np.asarray(current, float))
    size = never.shape[0]
    w = np.broadcast_to(np.asarray(weights, float), (size, len(AGES)))
    total = w.sum(axis=-1, keepdims=True)
    w = np.where(total > 0, w / np.where(total > 0, total, 1.0), 1 / len(AGES))
    x = age_midpoints() - pattern.centre_age_years
    smokes = age_midpoints() >= pattern.min_age_years
    eta_current = pattern.current_linear[:, None] * x + pattern.current_quadratic[:, None] * (x / 10) ** 2
    eta_never = np.broadcast_to(pattern.never_given_noncurrent[:, None] * x, (size, len(AGES)))
    eta_current = np.broadcast_to(eta_current, (size, len(AGES)))

    def current_excess(c0: Array, i: NDArray[np.intp]) -> Array:
        return np.asarray((w[i] * smokes * expit(c0[:, None] + eta_current[i])).sum(axis=-1) - current[i])

    of_smoking_age = w * smokes
    c0 = increasing_root(current_excess, size, *_bracket(current, of_smoking_age.sum(axis=-1), eta_current))
    p_current = np.where(smokes, expit(c0[:, None] + eta_current), 0.0)
    p_current = _apply_directly(p_current, current, smokes)

    def never_excess(d0: Array, i: NDArray[np.intp]) -> Array:
        conditional = np.where(smokes, expit(d0[:, None] + eta_never[i]), 1.0)
        return np.asarray((w[i] * conditional * (1 - p_current[i])).sum(axis=-1) - never[i])

    able = (of_smoking_age * (1 - p_current)).sum(axis=-1)  # neither too young to smoke nor current smokers
    children = (w * ~smokes * (1 - p_current)).sum(axis=-1)
    d0 = increasing_root(never_excess, size, *_bracket(never - children, able, eta_never))
    conditional = np.where(smokes, expit(d0[:, None] + eta_never), 1.0)
    noncurrent = 1 - current
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(noncurrent > 0, never / noncurrent, 1.0)
    conditional = _apply_directly(conditional, np.where(share >= 1 - 1e-12, 1.0, share), smokes, otherwise=1.0)
    p_never = conditional * (1 - p_current)
    return np.stack([p_never, 1 - p_current - p_never, p_current], axis=-1).clip(0.0, 1.0)


def smoking_from_table(never: ArrayLike, current: ArrayLike, age_min: ArrayLike, min_age_years: float) -> Array:
    """Smoking status by age for one sex, from a table by age.

    Parameters
    ----------
    never, current : array_like, shape (n_replicates, n_rows)
        Shares in each row of the table; former is the rest. [proportion]
    age_min : array_like, shape (n_rows,)
        First age of each row, ascending. [years]
    min_age_years : float
        Below it everybody is a never smoker. [years]

    Returns
    -------
    ndarray, shape (n_replicates, 21, 3)
        Each age group takes the row that holds its middle; ages before the first row take the first. [proportion]

    Notes
    -----
    Source: docs/model.md, section 3.

    Examples
    --------
    >>> smoking_from_table([[0.6, 0.4]], [[0.3, 0.1]], [20, 60], 15)[0, [2, 3, 12], 0]
    array([1. , 0.6, 0.4])
    """
    never, current = np.asarray(never, float), np.asarray(current, float)
    row = np.clip(np.searchsorted(np.asarray(age_min, float), age_midpoints(), side="right") - 1, 0, None)
    table = np.stack([never, 1 - never - current, current], axis=-1)[:, row, :]
    young = age_midpoints() < min_age_years
    table[:, young, :] = [1.0, 0.0, 0.0]
    return np.asarray(table.clip(0.0, 1.0))


def _bracket(part: Array, whole: Array, eta: Array) -> tuple[Array, Array]:
    """Where an intercept must lie: a mean of expit(intercept + eta) is between those at the largest and smallest eta."""
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = logit(np.clip(part / whole, 0.0, 1.0))
    low, high = middle - eta.max(axis=-1) - ROUNDING, middle - eta.min(axis=-1) + ROUNDING
    return np.nan_to_num(low, nan=-LOG_ODDS_RANGE).clip(-LOG_ODDS_RANGE, LOG_ODDS_RANGE), np.nan_to_num(
        high, nan=LOG_ODDS_RANGE
    ).clip(-LOG_ODDS_RANGE, LOG_ODDS_RANGE)


def _apply_directly(probability: Array, margin: Array, where: NDArray[np.bool_], otherwise: float = 0.0) -> Array:
    """A margin of exactly 0 or 1 holds at every age; below the smoking age it is `otherwise`."""
    exact = (margin <= 0) | (margin >= 1)
    direct = np.where(where, np.broadcast_to(margin[:, None], probability.shape), otherwise)
    return np.asarray(np.where(exact[:, None], direct, probability))
