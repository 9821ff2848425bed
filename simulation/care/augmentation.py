"""The funnel from a severe genotype to augmentation therapy, and the classes that rival rules tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from simulation.labels import AGES

# The same for every rule: one that does not ask for something passes everybody. Each step keeps a part of the one before.
FUNNEL_STEPS = (
    "severe",
    "not_transplanted",
    "age",
    "below_threshold",
    "copd",
    "fev1_in_range",
    "does_not_smoke",
    "no_iga_deficiency",
    "willing",
    "recognised",
)
ELIGIBILITY = ("not_severe", *FUNNEL_STEPS)  # of one person: the last step reached
YEARS_PER_GROUP = 5


def lower_ends(bounds: Iterable[float | None]) -> tuple[float, ...]:
    """Lower ends of the classes that the bounds of all rules together tell apart.

    Parameters
    ----------
    bounds : iterable of float or None
        Lower and upper bounds of the rules; None where a rule has none.

    Returns
    -------
    tuple of float
        Rising from 0; a class goes up to the next one's lower end, the last has no end.

    Notes
    -----
    Source: docs/model.md, section 8.

    Examples
    --------
    >>> lower_ends([18, None, 18, 66])
    (0.0, 18.0, 66.0)
    """
    return tuple(sorted({0.0, *(float(bound) for bound in bounds if bound is not None)}))


def classes_within(ends: Sequence[float], low: float | None, high: float | None) -> NDArray[np.bool_]:
    """Which classes lie between the bounds of one rule.

    Parameters
    ----------
    ends : sequence of float
        From `lower_ends`, with the rule's own bounds among them.
    low, high : float or None
        The rule's bounds; None where it has none.

    Returns
    -------
    ndarray of bool (n_classes,)
        Whether the rule takes people of that class.

    Notes
    -----
    Source: docs/model.md, section 8.

    Examples
    --------
    >>> classes_within((0.0, 18.0, 66.0), 18, None).tolist()
    [False, True, True]
    """
    begins, stops = np.array(ends), np.array([*ends[1:], np.inf])
    return np.asarray((begins >= (0.0 if low is None else low)) & (stops <= (np.inf if high is None else high)))


def age_class_shares(ends: Sequence[float]) -> NDArray[np.float64]:
    """How much of each five-year age group belongs to each class of ages.

    Parameters
    ----------
    ends : sequence of float
        Lower ends of the classes, the first 0. [years]

    Returns
    -------
    ndarray, shape (21, n_classes)
        Sums to 1 along the last axis. [proportion]

    Notes
    -----
    People are spread evenly over the five years of a group. Source: docs/model.md, section 8.

    Examples
    --------
    >>> age_class_shares((0.0, 18.0, 66.0))[[2, 3, 13]]
    array([[1. , 0. , 0. ],
           [0.6, 0.4, 0. ],
           [0. , 0.2, 0.8]])
    """
    reached = [np.clip((np.array(AGES) + YEARS_PER_GROUP - end) / YEARS_PER_GROUP, 0.0, 1.0) for end in ends[1:]]
    from_each = np.stack([np.ones(len(AGES)), *reached, np.zeros(len(AGES))], axis=-1)
    return np.asarray(from_each[:, :-1] - from_each[:, 1:])
