"""The funnel from a severe genotype to augmentation therapy."""

from __future__ import annotations

import numpy as np

from simulation.labels import AGES

# In the order of the general description; each step keeps a part of the one before.
FUNNEL_STEPS = (
    "severe",
    "adult",
    "below_threshold",
    "copd",
    "does_not_smoke",
    "no_iga_deficiency",
    "willing",
    "recognised",
)
ELIGIBILITY = ("not_severe", *FUNNEL_STEPS)  # of one person: the last step reached


def adult_share(min_age_years: float) -> np.ndarray:
    """How much of each age group is old enough for treatment.

    Parameters
    ----------
    min_age_years : float
        Age from which treatment is given. [years]

    Returns
    -------
    ndarray, shape (21,)
        [proportion]

    Notes
    -----
    People are spread evenly over the five years of a group. Source: docs/model.md, section 8.

    Examples
    --------
    >>> adult_share(18)[2:5]
    array([0. , 0.4, 1. ])
    """
    return np.clip((np.array(AGES) + 5 - min_age_years) / 5, 0.0, 1.0)
