"""Mean, median and interval over replicates; how much of the spread is parameters and how much chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
LEVEL = 0.95
SMALLEST = 1e-300  # a proportion below it is nothing: its 1 in N would not be a number


def interval(values: ArrayLike, level: float = LEVEL) -> dict[str, Array]:
    """Summarise replicates.

    Parameters
    ----------
    values : array_like, shape (n_replicates, ...)
        NaN where a replicate has no value, such as a ratio with nothing below the line.
    level : float, default 0.95
        Probability inside the interval.

    Returns
    -------
    dict of str to ndarray, shape (...)
        "mean", "median", "low", "high"; NaN where no replicate has a value.

    Notes
    -----
    Equal tails, by linear interpolation of the order statistics. Source: docs/model.md, section 9.

    Examples
    --------
    >>> {name: round(float(value), 9) for name, value in interval(np.arange(101.0)).items()}
    {'mean': 50.0, 'median': 50.0, 'low': 2.5, 'high': 97.5}
    """
    x = np.asarray(values, float)
    tail = (1 - level) / 2
    missing = np.isnan(x)
    if not missing.any():
        low, median, high = np.quantile(x, [tail, 0.5, 1 - tail], axis=0)
        return {"mean": x.mean(axis=0), "median": median, "low": low, "high": high}
    flat, shape = x.reshape(len(x), -1), x.shape[1:]
    found = np.full((4, flat.shape[1]), np.nan)
    for i, column in enumerate(flat.T):
        kept = column[~np.isnan(column)]
        if kept.size:
            found[:, i] = [kept.mean(), *np.quantile(kept, [0.5, tail, 1 - tail])]
    return dict(zip(("mean", "median", "low", "high"), found.reshape(4, *shape), strict=True))


def spread(drawn: ArrayLike, expected: ArrayLike) -> dict[str, Array]:
    """Split the spread of drawn numbers.

    Parameters
    ----------
    drawn, expected : array_like, shape (n_replicates, ...)
        With and without chance between people.

    Returns
    -------
    dict of str to ndarray, shape (...)
        "sd_parameters": of the expected value over replicates; "sd_chance": √ mean (drawn − expected)².

    Notes
    -----
    Their squares add up to the variance of the drawn numbers (law of total variance). Source: docs/model.md, section 9.

    Examples
    --------
    >>> {name: float(value) for name, value in spread([9.0, 21.0], [10.0, 20.0]).items()}
    {'sd_parameters': 5.0, 'sd_chance': 1.0}
    """
    x, e = np.asarray(drawn, float), np.asarray(expected, float)
    return {"sd_parameters": e.std(axis=0), "sd_chance": np.sqrt(((x - e) ** 2).mean(axis=0))}


def z_score(drawn: ArrayLike, expected: ArrayLike, variance: ArrayLike) -> float:
    """How far drawn numbers are from their closed form, summed over replicates, in standard errors.

    Parameters
    ----------
    drawn, expected, variance : array_like, shape (n_replicates,)
        Numbers, their expectations, and the variance that chance alone gives each.

    Returns
    -------
    float
        A right program's is standard normal; NaN where chance plays no part.

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> z_score([60.0], [50.0], [25.0])
    2.0
    """
    x, e = np.asarray(drawn, float), np.asarray(expected, float)
    total = float(np.nansum(variance))
    if total <= 0 or np.array_equal(x, e):
        return float("nan")
    return float((x - e).sum() / np.sqrt(total))


def monte_carlo_error(values: ArrayLike, block_sizes: Sequence[int]) -> Array:
    """Standard error of a mean over replicates, from the spread of its block means.

    Parameters
    ----------
    values : array_like, shape (n_replicates, ...)
        Replicates in order.
    block_sizes : sequence of int
        Replicates in each block.

    Returns
    -------
    ndarray, shape (...)
        NaN with fewer than two blocks: replicates of one block are stratified together and tell nothing of it.

    Notes
    -----
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> monte_carlo_error(np.array([1.0, 3.0, 5.0, 7.0]), [2, 2])
    array(2.)
    """
    x = np.asarray(values, float)
    if len(block_sizes) < 2:
        return np.full(x.shape[1:], np.nan)
    means = np.stack([part.mean(axis=0) for part in np.split(x, np.cumsum(block_sizes)[:-1])])
    share = np.asarray(block_sizes, float) / sum(block_sizes)
    share = share.reshape(-1, *(1,) * (means.ndim - 1))
    variance = (share * (means - x.mean(axis=0)) ** 2).sum(axis=0) / (len(block_sizes) - 1)
    return np.asarray(np.sqrt(variance))


def one_in(proportion: ArrayLike) -> Array:
    """A proportion as 1 in N.

    Parameters
    ----------
    proportion : array_like
        In [0, 1]. [proportion]

    Returns
    -------
    ndarray
        1 / proportion, NaN where it is 0 or below 10⁻³⁰⁰. [people]

    Notes
    -----
    Never averaged: people are summed first. Source: docs/model.md, section 0.

    Examples
    --------
    >>> one_in([0.0004, 0.0])
    array([2500.,   nan])
    """
    p = np.asarray(proportion, float)
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(np.where(p > SMALLEST, 1 / p, np.nan))


def one_in_text(mean: float, low: float, high: float, size: int) -> str:
    """A proportion with its interval in words.

    Parameters
    ----------
    mean, low, high : float
        [proportion]
    size : int
        People looked at, for a proportion of 0.

    Returns
    -------
    str
        "1 in 2,400 (2,200-2,600)", the interval from the commoner to the rarer end.

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> one_in_text(1 / 2400, 1 / 2600, 1 / 2200, 10**6), one_in_text(0.0, 0.0, 0.0, 10**6)
    ('1 in 2,400 (2,200-2,600)', 'fewer than 1 in 1,000,000')
    """
    if mean <= SMALLEST:
        return f"fewer than 1 in {size:,}"
    if high <= SMALLEST:  # so rare that nearly all replicates have nobody: the mean comes from a few
        return f"1 in {_in_words(1 / mean)} (nobody in most replicates)"
    rarer = _in_words(1 / low) if low > SMALLEST else "nobody"
    return f"1 in {_in_words(1 / mean)} ({_in_words(1 / high)}-{rarer})"


def at_most_text(high: float) -> str:
    """An upper bound in words.

    Parameters
    ----------
    high : float
        Upper end of the interval. [proportion]

    Returns
    -------
    str
        "at most 1 in 2,400".

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> at_most_text(0.0005), at_most_text(2e-15)
    ('at most 1 in 2,000', 'at most 1 in 5.0e+14')
    """
    return f"at most 1 in {_in_words(1 / max(high, SMALLEST))}"


def _in_words(n: float) -> str:
    if n >= 1e12:  # digits beyond this are rounding
        return f"{n:.1e}"
    return f"{n:.2f}" if n < 10 else f"{n:.1f}" if n < 100 else f"{n:,.0f}"
