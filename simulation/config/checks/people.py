"""People, ancestry mixtures and smoking of a population."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulation.config.checks.genetics import SUM_TOLERANCE, check_inbreeding
from simulation.config.populations import age_weights, population_key
from simulation.config.schema import Config, Population, Smoking
from simulation.data.pack import DataPack
from simulation.demography.people import within_ages
from simulation.errors import nearest


def named_populations(config: Config) -> Iterator[tuple[str, Population]]:
    """Populations with their keys in the config.

    Parameters
    ----------
    config : Config
        Valid by the schema.

    Yields
    ------
    (str, Population)
        "population", or "populations.NAME" where there are several.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> [key for key, _ in named_populations(Config(populations={"a": Population()}))]
    ['populations.a']
    """
    for name, population in config.all_populations.items():
        yield population_key(config, name), population


def check_population(key: str, population: Population, config: Config, pack: DataPack) -> Iterator[str]:
    """One population: people, ancestry, births and its own smoking.

    Parameters
    ----------
    key : str
        Where in the config.
    population : Population
        As configured.
    config : Config
        Valid by the schema.
    pack : DataPack
        The rows it names.

    Yields
    ------
    str
        One sentence for each mistake.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> list(check_population("population", Population(age_min=90, age_max=40), Config(), data_pack()))
    ['population.age_max = 40; it must be above age_min = 90, or nobody is left']
    """
    yield from _people(key, population, pack)
    yield from _ancestry(key, population, config, pack)
    if isinstance(population.births, str) and population.births not in pack.births:
        near = nearest(population.births, list(pack.births))
        yield f'{key}.births = "{population.births}"; no births are known for this area{near}; give a number'
    if population.smoking is not None:
        yield from check_smoking(f"{key}.smoking", population.smoking, pack)
    if population.copd is not None:
        own = population.copd.definition
        if own is not None and own != config.copd.definition:
            yield (
                f'{key}.copd.definition = "{own}"; definitions are never mixed: [copd] says {config.copd.definition};'
                " run two configs"
            )


def _people(key: str, population: Population, pack: DataPack) -> Iterator[str]:
    size, ages = population.size, population.ages
    hint = " (`aatd populations` lists them)"
    if isinstance(size, str) and size not in pack.ages and size not in pack.population_sizes:
        near = nearest(size, [*pack.ages, *pack.population_sizes], _labels(pack.ages))
        yield f'{key}.size = "{size}"; unknown area or counted population{near}{hint}'
        return
    if isinstance(ages, str) and ages not in pack.ages:
        yield f'{key}.ages = "{ages}"; unknown area{nearest(ages, list(pack.ages), _labels(pack.ages))}{hint}'
        return
    if isinstance(size, str) and size in pack.ages and ages is not None and ages != size:
        yield f'{key}.ages: size = "{size}" already brings the ages of that area; remove ages or give a number as size'
    if population.age_max is not None and population.age_max <= population.age_min:
        yield (
            f"{key}.age_max = {population.age_max}; it must be above age_min = {population.age_min}, or nobody is left"
        )
        return
    if not within_ages(age_weights(population, pack), population.age_min, population.age_max).sum():
        yield f"{key}.age_min = {population.age_min}; nobody of these ages is left; lower it"


def _ancestry(key: str, population: Population, config: Config, pack: DataPack) -> Iterator[str]:
    ancestry = population.ancestry
    known = [*pack.ancestries, *config.ancestries]
    if isinstance(ancestry, str):
        if ancestry not in pack.mixtures:
            near = nearest(ancestry, [*pack.mixtures, *known])
            yield f'{key}.ancestry = "{ancestry}"; unknown mixture{near}; a single ancestry is written {{ NAME = 1.0 }}'
            return
        names = [row.ancestry for row in pack.mixtures[ancestry]]
    else:
        for name in ancestry:
            if name not in known:
                near = nearest(name, known, _labels(pack.ancestries))
                yield f"{key}.ancestry.{name}: unknown ancestry{near} (`aatd populations` lists them)"
        total = sum(ancestry.values())
        if abs(total - 1) > SUM_TOLERANCE:
            yield f"{key}.ancestry: shares must sum to 1; they sum to {total:.6g}"
        names = [name for name in ancestry if name in pack.ancestries]
    if config.genetics.inbreeding < 0:
        for name in names:
            rows = pack.ancestry_alleles[name]
            frequency = {
                allele: pack.allele_frequencies[rows[allele].population, allele].frequency
                for allele in config.genetics.alleles
                if allele in rows
            }
            yield from check_inbreeding(name, config, frequency)


def check_smoking(key: str, smoking: Smoking, pack: DataPack) -> Iterator[str]:
    """A smoking source that exists.

    Parameters
    ----------
    key : str
        Where in the config.
    smoking : Smoking
        As configured.
    pack : DataPack
        The rows it names.

    Yields
    ------
    str
        One sentence for each mistake.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> list(check_smoking("smoking", Smoking(), data_pack()))
    []
    """
    if smoking.shares is None and smoking.source not in pack.smoking:
        near = nearest(smoking.source, list(pack.smoking))
        yield f'{key}.source = "{smoking.source}"; unknown smoking source{near} (`aatd populations` lists them)'


def _labels(rows: Mapping[str, Any]) -> dict[str, str]:
    """What areas or ancestries are called in words, by their names."""
    return {name: row.label for name, row in rows.items()}
