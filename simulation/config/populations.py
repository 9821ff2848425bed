"""What the settings of a population mean once defaults and the data pack are filled in."""

from __future__ import annotations

import numpy as np

from simulation.config.schema import Copd, Population, PopulationCopd
from simulation.data.pack import DataPack


def age_weights(population: Population, pack: DataPack) -> np.ndarray:
    """Relative numbers of people by sex and age, before age limits.

    Parameters
    ----------
    population : Population
        As configured.
    pack : DataPack
        For named areas.

    Returns
    -------
    ndarray of int64, shape (2, 21)
        [people]

    Notes
    -----
    Source: docs/model.md, section 1.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> age_weights(Population(size="ISL"), data_pack()).shape
    (2, 21)
    """
    ages = population.ages
    if ages is None:
        ages = population.size if isinstance(population.size, str) and population.size in pack.ages else "europe"
    table = pack.ages[ages] if isinstance(ages, str) else {"male": ages.male, "female": ages.female}
    return np.array([table["male"], table["female"]], np.int64)


def merged_copd(copd: Copd, own: PopulationCopd | None) -> Copd:
    """COPD settings of one population: its own where set, else those of [copd].

    Parameters
    ----------
    copd : Copd
        Of the config.
    own : PopulationCopd, optional
        Of the population.

    Returns
    -------
    Copd
        Complete.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> merged_copd(Copd(), PopulationCopd(calibrate_total=True)).calibrate_total
    True
    """
    if own is None:
        return copd
    update = {key: getattr(own, key) for key in own.model_fields_set if key != "definition"}
    if "prevalence" in update and "prevalence_age_min" not in update:
        update |= {"prevalence_age_min": None, "prevalence_age_max": update.get("prevalence_age_max")}
    return copd.model_copy(update=update)
