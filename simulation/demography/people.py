"""Whole people by sex and five-year age group."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.labels import AGES

Counts = NDArray[np.int64]


def within_ages(people: ArrayLike, age_min: int, age_max: int | None = None) -> Counts:
    """Keep the people of some ages.

    Parameters
    ----------
    people : array_like of int, shape (n_sexes, 21)
        By sex and five-year age group. [people]
    age_min : int
        First age kept, a multiple of 5. [years]
    age_max : int, optional
        First age not kept, a multiple of 5; without it nobody is too old. [years]

    Returns
    -------
    ndarray of int64, shape (n_sexes, 21)
        Zero outside the ages.

    Notes
    -----
    Source: docs/model.md, section 1.

    Examples
    --------
    >>> within_ages(np.ones((2, 21), int), 90).sum(axis=0)[-4:]
    array([0, 2, 2, 2])
    """
    ages = np.array(AGES)
    kept = (ages >= age_min) & (True if age_max is None else ages < age_max)
    return np.where(kept, np.asarray(people, np.int64), 0)


def apportion(size: int, weights: ArrayLike) -> Counts:
    """Spread whole people in proportion to weights, losing and inventing nobody.

    Parameters
    ----------
    size : int
        People to spread, at least 0.
    weights : array_like of int, any shape
        At least 0, not all 0.

    Returns
    -------
    ndarray of int64, shape of weights
        Summing to `size` exactly.

    Raises
    ------
    ValueError
        If all weights are 0.

    Notes
    -----
    Largest remainders, in whole-number arithmetic: a product of two world populations overflows int64.
    Source: docs/model.md, section 1.

    Examples
    --------
    >>> apportion(10, [1, 1, 1])
    array([4, 3, 3])
    """
    flat = [int(w) for w in np.asarray(weights).ravel()]
    total = sum(flat)
    if total <= 0:
        raise ValueError("nobody to spread the people over: all weights are 0")
    quotas = [divmod(size * w, total) for w in flat]
    people = [whole for whole, _ in quotas]
    largest_first = sorted(range(len(flat)), key=lambda i: -quotas[i][1])
    for i in largest_first[: size - sum(people)]:
        people[i] += 1
    return np.array(people, np.int64).reshape(np.shape(weights))
