"""What the settings of a population mean once defaults and the data pack are filled in."""

from __future__ import annotations

import numpy as np

from simulation.config.schema import AgeTable, Config, Copd, Population, PopulationCopd
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
    if isinstance(population.ages, AgeTable):
        return np.array([population.ages.male, population.ages.female], np.int64)
    table = pack.ages[str(ages_area(population, pack))]
    return np.array([table["male"], table["female"]], np.int64)


def ages_area(population: Population, pack: DataPack) -> str | None:
    """Area whose ages a population has.

    Parameters
    ----------
    population : Population
        As configured.
    pack : DataPack
        For named areas.

    Returns
    -------
    str or None
        The area named by ages, else the one named by size, else Europe; None with an age table of its own.

    Notes
    -----
    Source: docs/model.md, section 1.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> ages_area(Population(size="ISL"), data_pack()), ages_area(Population(size=1000), data_pack())
    ('ISL', 'europe')
    """
    if population.ages is not None:
        return population.ages if isinstance(population.ages, str) else None
    return population.size if isinstance(population.size, str) and population.size in pack.ages else "europe"


def population_key(config: Config, name: str) -> str:
    """Key of a population in the config.

    Parameters
    ----------
    config : Config
        One scenario.
    name : str
        Of one of its populations.

    Returns
    -------
    str
        "population", or "populations.NAME" where they are named.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> population_key(Config(), "population"), population_key(Config(populations={"a": Population()}), "a")
    ('population', 'populations.a')
    """
    return f"populations.{name}" if config.populations else "population"


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
