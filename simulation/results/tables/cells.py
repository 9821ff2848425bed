"""What the tables are made from: the replicates of a run, and how cells of them become rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.labels import COPD_STATES, RECOGNISED_STATES, STATES, UNDIAGNOSED_STATES
from simulation.results.axes import ALL, SMOKING_ROWS
from simulation.results.store import Replicates
from simulation.results.summary import interval

Array = NDArray[np.float64]
ALL_SMOKING = SMOKING_ROWS.index(ALL)
COPD = [STATES.index(state) for state in COPD_STATES]
UNDIAGNOSED = [STATES.index(state) for state in UNDIAGNOSED_STATES]
ASTHMA_LABEL = [STATES.index(state) for state in STATES if state.startswith("asthma_label")]
RECOGNISED = [STATES.index(state) for state in RECOGNISED_STATES]
RECOGNISED_COPD = [i for i in RECOGNISED if i in COPD]
UNRECOGNISED_COPD = [i for i in COPD if i not in RECOGNISED]
DIAGNOSED_UNRECOGNISED = [STATES.index("diagnosed")]
DIAGNOSED_RECOGNISED = [STATES.index("diagnosed_recognised")]
DIAGNOSED = DIAGNOSED_UNRECOGNISED + DIAGNOSED_RECOGNISED


@dataclass(frozen=True)
class Run:
    """What the tables of a run are made from.

    Attributes
    ----------
    replicates : dict of str to Replicates
        By scenario, the base first.
    definition : str
        How COPD is defined.
    n_births : dict of str to dict of str to float
        Births a year by scenario and population; NaN where unknown. [people per year]
    """

    replicates: Mapping[str, Replicates]
    definition: str
    n_births: Mapping[str, Mapping[str, float]]


def people(replicates: Replicates, kind: str, population: str, genotype: str) -> NDArray[Any]:
    """People of a genotype or set in every replicate.

    Parameters
    ----------
    replicates : Replicates
        Of one scenario.
    kind : {"drawn", "expected"}
        With or without chance between people.
    population, genotype : str
        Whose.

    Returns
    -------
    ndarray, shape (n_replicates,)
        [people]

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> people(simulation.run({"replicates": 2}).replicates(), "drawn", "population", "all").tolist()
    [100000000, 100000000]
    """
    return np.asarray(getattr(replicates, kind)("people", population, genotype)[:, ALL_SMOKING].sum(axis=-1))


def ratio(above: NDArray[Any], below: NDArray[Any]) -> Array:
    """One count over another, replicate by replicate.

    Parameters
    ----------
    above, below : ndarray, shapes that broadcast
        [people]

    Returns
    -------
    ndarray
        NaN where nobody is below the line. [proportion]

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> ratio(np.array([1, 0]), np.array([4, 0]))
    array([0.25,  nan])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(below) > 0, np.asarray(above, float) / below, np.nan)


def before_each(steps: NDArray[Any]) -> NDArray[Any]:
    """People at the step before each step of a funnel; before the first, that itself.

    Parameters
    ----------
    steps : ndarray (n_replicates, n_steps)
        [people]

    Returns
    -------
    ndarray (n_replicates, n_steps)
        [people]

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> before_each(np.array([[9, 6, 3]])).tolist()
    [[9, 9, 6]]
    """
    return np.concatenate([steps[:, :1], steps[:, :-1]], axis=1)


def frame(keys: Mapping[str, Any], tags: Mapping[str, Any], **measures: NDArray[Any]) -> pd.DataFrame:
    """One row for each cell of the measures' last axis: mean, median and interval of each.

    Parameters
    ----------
    keys, tags : mapping
        Columns before the measures; single values are repeated.
    **measures : ndarray, shape (n_replicates, n_cells)
        By name.

    Returns
    -------
    pandas.DataFrame
        Columns NAME_mean, NAME_median, NAME_low, NAME_high for each measure.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> frame({"smoking": ["never", "ever"]}, {}, n=np.array([[1, 2], [3, 4]]))["n_mean"].tolist()
    [2.0, 3.0]
    """
    columns: dict[str, Any] = {**keys, **tags}
    for name, values in measures.items():
        columns |= {f"{name}_{statistic}": found for statistic, found in interval(values).items()}
    return pd.DataFrame(columns)
