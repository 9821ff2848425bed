"""Whom a published figure counts, and the model's genotypes at birth in these people."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from simulation.assembly.genotypes import genotype_frequencies_by_population
from simulation.assembly.parameters import Draws, central
from simulation.config.schema import Config, Population
from simulation.data.pack import DataPack
from simulation.errors import DataError
from simulation.labels import genotypes

Array = NDArray[np.float64]
REGIONS = ("europe", "northern_america", "latin_america_caribbean", "africa", "asia", "oceania")
WORLD = "world"


def people_by_part(population: str, pack: DataPack) -> dict[str, int]:
    """The ancestries and mixtures that make up a population, and the people of each.

    Parameters
    ----------
    population : str
        As in published_figures.csv: ancestries and mixtures joined by "+"; after a colon an area, a counted population
        or a number of people. "world" is the mixtures of all regions.
    pack : DataPack
        The tables.

    Returns
    -------
    dict of str to int
        By ancestry or mixture. Without a colon, the people of its own area in 2020; 1 for a group without an area that
        stands alone. [people]

    Raises
    ------
    DataError
        If a part is unknown, stands twice, or has no number of people beside others.

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> people_by_part("can:30+usa:270", data_pack()), people_by_part("gnomad_nfe", data_pack())
    ({'can': 30, 'usa': 270}, {'gnomad_nfe': 1})
    >>> people_by_part("gnomad_nfe:ITA", data_pack())
    {'gnomad_nfe': 60462000}
    """
    if population == WORLD:
        population = "+".join(f"region_{region}" for region in REGIONS)
    texts = population.split("+")
    found: dict[str, int] = {}
    for text in texts:
        name, _, people = text.partition(":")
        if name in found or (name not in pack.ancestries and name not in pack.mixtures):
            raise DataError(f"published_figures.csv: population {population}: {name} is unknown or stands twice")
        area = people or (pack.ancestries[name].area if name in pack.ancestries else name.removeprefix("region_"))
        if area.isdecimal():
            found[name] = int(area)
        elif area in pack.population_sizes:
            found[name] = pack.population_sizes[area].n_people
        elif area in pack.ages:
            found[name] = sum(map(sum, pack.ages[area].values()))
        elif len(texts) == 1 and not people:
            found[name] = 1
        else:
            raise DataError(f"published_figures.csv: population {population}: {text} has no number of people")
    return found


def birth_frequencies(names: Iterable[str], pack: DataPack, seed: int, blocks: int) -> dict[str, Array]:
    """Genotype frequencies at birth in every replicate.

    Parameters
    ----------
    names : iterable of str
        Ancestries and mixtures.
    pack : DataPack
        The tables.
    seed : int
        Of the allele frequencies' streams, as in a run.
    blocks : int
        Blocks of replicates, at least 1.

    Returns
    -------
    dict of str to ndarray, shape (replicates, n_genotypes)
        By name, genotypes in the order of `labels.genotypes` of the default alleles. [proportion]

    Notes
    -----
    The functions of a run: a survey that two populations share is one draw for both. Source: docs/model.md, section 2.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> frequencies = birth_frequencies(["swe", "region_asia"], data_pack(), 1, 2)
    >>> frequencies["swe"].shape, bool(np.allclose(frequencies["region_asia"].sum(axis=1), 1))
    ((128, 15), True)
    """
    names = list(dict.fromkeys(names))
    config = Config(
        populations={
            name: Population(ancestry=name if name in pack.mixtures else {name: 1.0}) for name in names
        }
    )  # fmt: skip
    rho = central(config, pack, "geno.between_survey_rho")
    drawn = [genotype_frequencies_by_population(config, pack, Draws(seed, b), rho)[3] for b in range(blocks)]
    return dict(zip(names, np.moveaxis(np.concatenate(drawn), 1, 0), strict=True))


def summed(genotype: str, frequencies: Array) -> Array:
    """Frequency of one genotype, or of several together.

    Parameters
    ----------
    genotype : str
        Names joined by "+", such as "MS+MZ".
    frequencies : ndarray, shape (..., n_genotypes)
        In the order of `labels.genotypes` of the default alleles. [proportion]

    Returns
    -------
    ndarray, shape (...)
        [proportion]

    Raises
    ------
    DataError
        If a genotype is unknown or named twice.

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> float(summed("MM+MS", np.array([0.5, 0.25] + [0.0] * 13)))
    0.75
    """
    known, wanted = genotypes(Config().genetics.alleles), genotype.split("+")
    for name in wanted:
        if name not in known or wanted.count(name) > 1:
            raise DataError(f"published_figures.csv: genotype {genotype}: {name} is unknown or named twice")
    return np.asarray(frequencies[..., [known.index(name) for name in wanted]].sum(axis=-1))
