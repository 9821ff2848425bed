"""Link 1: people by population, sex and age, and births."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.config.populations import age_weights
from simulation.config.schema import Config, Population
from simulation.data.pack import DataPack
from simulation.demography.people import apportion, within_ages


def people(population: Population, pack: DataPack) -> NDArray[np.int64]:
    """Whole people of one population by sex and age.

    Parameters
    ----------
    population : Population
        As configured.
    pack : DataPack
        Age structures and sizes.

    Returns
    -------
    ndarray of int64, shape (2, 21)
        A number as size is spread over the ages inside the limits; the people of an area or a counted population are
        first spread over all ages, then limited. [people]

    Notes
    -----
    Source: docs/model.md, section 1.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> int(people(Population(size=1000, age_min=30), data_pack()).sum())
    1000
    """
    weights = age_weights(population, pack)
    limits = (population.age_min, population.age_max)
    if isinstance(population.size, int):
        return apportion(population.size, within_ages(weights, *limits))
    if population.size in pack.ages:
        return within_ages(weights, *limits)
    return within_ages(apportion(pack.population_sizes[population.size].n_people, weights), *limits)


def births_area(population: Population, pack: DataPack) -> str | None:
    """Area whose births a population takes, if any.

    Parameters
    ----------
    population : Population
        As configured.
    pack : DataPack
        Births by area.

    Returns
    -------
    str or None
        The area named by births, else the one named by size.

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> births_area(Population(size="SWE"), data_pack())
    'SWE'
    """
    if isinstance(population.births, int):
        return None
    named = population.births if population.births is not None else population.size
    return named if isinstance(named, str) and named in pack.births else None


def births(config: Config, pack: DataPack) -> NDArray[np.float64]:
    """Births a year of every population.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        Births by area.

    Returns
    -------
    ndarray, shape (n_populations,)
        NaN where unknown. [people per year]

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> births(Config(population=Population(size="SWE")), data_pack())
    array([111090.])
    """
    found = []
    for population in config.all_populations.values():
        area = births_area(population, pack)
        if isinstance(population.births, int):
            found.append(float(population.births))
        else:
            found.append(float(pack.births[area].births_per_year) if area else np.nan)
    return np.array(found)
