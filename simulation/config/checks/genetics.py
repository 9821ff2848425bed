"""Alleles, ancestries of one's own, inbreeding and sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulation.config.schema import Config
from simulation.config.values import Count
from simulation.data.pack import DataPack
from simulation.errors import nearest
from simulation.genetics.hardy_weinberg import genotype_frequencies, with_m_as_remainder
from simulation.genetics.relatives import RELATIONS
from simulation.labels import genotypes
from simulation.parameters.distributions import Distribution

SUM_TOLERANCE = 1e-6
FAR = (1e-7, 1 - 1e-7)  # quantiles between which a number must stay in its range


def check_alleles(config: Config, pack: DataPack) -> Iterator[str]:
    """Alleles that are followed: known, once each, M first.

    Parameters
    ----------
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
    >>> list(check_alleles(Config(genetics={"alleles": ["M", "Z", "Z"]}), data_pack()))
    ['genetics.alleles: Z is named twice; name it once']
    """
    alleles, own = config.genetics.alleles, config.genetics.own_alleles
    shown = ", ".join(alleles)
    if alleles[0] != "M":
        yield f"genetics.alleles = [{shown}]; M, the remainder, must come first"
    for allele in {a for a in alleles if alleles.count(a) > 1}:
        yield f"genetics.alleles: {allele} is named twice; name it once"
    known = [*pack.alleles, *own]
    for allele in alleles:
        if allele not in known:
            yield (
                f"genetics.alleles: unknown allele {allele}{nearest(allele, known)}"
                f" (describe one of your own in [genetics.own_alleles.{allele}])"
            )
        elif allele in pack.alleles and pack.alleles[allele].part_of in alleles:
            yield f"genetics.alleles: {allele} is part of {pack.alleles[allele].part_of}; follow one of the two, not both"
    for allele in own:
        if allele in pack.alleles:
            yield f"genetics.own_alleles.{allele}: the data pack already has an allele of this name; choose another"
        elif allele not in alleles:
            yield f"genetics.own_alleles.{allele} is not followed; add it to genetics.alleles or remove it"
    if len(set(genotypes(alleles))) < len(genotypes(alleles)) and len(set(alleles)) == len(alleles):
        yield "genetics.alleles: two genotypes would have the same name; rename an allele"


def check_related_parents(config: Config) -> Iterator[str]:
    """Matings of relatives: relations that there are, shares that together are at most 1.

    Parameters
    ----------
    config : Config
        Valid by the schema.

    Yields
    ------
    str
        One sentence for each mistake.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> list(check_related_parents(Config(genetics={"related_parents": {"first_cousins": 0.2}})))
    ['genetics.related_parents.first_cousins: unknown relation; did you mean first_cousin?']
    """
    shares = config.genetics.related_parents
    for name in shares:
        if name not in RELATIONS:
            near = nearest(name, list(RELATIONS)) or f"; it must be one of {', '.join(RELATIONS)}"
            yield f"genetics.related_parents.{name}: unknown relation{near}"
    if sum(shares.values()) > 1 + SUM_TOLERANCE:
        yield f"genetics.related_parents: shares sum to {sum(shares.values()):.6g}; together they must be at most 1"


def check_own_ancestries(config: Config, pack: DataPack) -> Iterator[str]:
    """Ancestries of the config's own: frequencies of followed alleles that can be frequencies.

    Parameters
    ----------
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
    >>> list(check_own_ancestries(Config(ancestries={"mine": {"Z": 0.02}}), data_pack()))
    ['ancestries.mine is not used; name it in a population: ancestry = { mine = 1.0 }, or remove it']
    """
    mixtures: list[Any] = [population.ancestry for population in config.all_populations.values()]
    for scenario in config.scenarios.values():
        tables = [scenario.get("population", {}), *dict(scenario.get("populations", {})).values()]
        mixtures += [table.get("ancestry") for table in tables if isinstance(table, dict)]
    named = {name for mixture in mixtures if isinstance(mixture, dict) for name in mixture}
    for name, table in config.ancestries.items():
        key = f"ancestries.{name}"
        if name not in named:
            yield f"{key} is not used; name it in a population: ancestry = {{ {name} = 1.0 }}, or remove it"
        if name in pack.ancestries:
            yield f"{key}: the data pack already has an ancestry of this name; choose another"
        for allele, value in table.items():
            if allele == "M":
                yield f"{key}.M: M is what the other alleles leave; remove it"
            elif allele not in config.genetics.alleles:
                yield (
                    f"{key}.{allele}: this allele is not followed and would count as M; add it to genetics.alleles"
                    f"{nearest(allele, config.genetics.alleles)}"
                )
            if not isinstance(value, Count):
                low, high = value.quantile(FAR)
                if low < 0 or high > 1:
                    yield f"{key}.{allele}: the distribution goes from {low:.3g} to {high:.3g}; a frequency lies in [0, 1]"
        total = sum(central_frequency(value) for allele, value in table.items() if allele != "M")
        if total > 1 + SUM_TOLERANCE:
            yield f"{key}: frequencies sum to {total:.6g}; together they must be at most 1"
        elif config.genetics.inbreeding < 0 and set(table) <= set(config.genetics.alleles) - {"M"}:
            yield from check_inbreeding(key, config, {a: central_frequency(v) for a, v in table.items()})


def check_inbreeding(key: str, config: Config, frequency: dict[str, float]) -> Iterator[str]:
    """Inbreeding that makes no genotype of an ancestry negative.

    Parameters
    ----------
    key : str
        Name of the ancestry.
    config : Config
        Valid by the schema.
    frequency : dict of str to float
        Central allele frequencies of one ancestry, M left out. [proportion]

    Yields
    ------
    str
        One sentence for each mistake.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> list(check_inbreeding("mine", Config(), {"Z": 0.02}))
    []
    """
    others = [frequency.get(allele, 0.0) for allele in config.genetics.alleles[1:]]
    try:
        genotype_frequencies(with_m_as_remainder(others), config.genetics.inbreeding)
    except ValueError:
        present = [p for p in [*others, 1 - sum(others)] if p > 0]
        lowest = max(-p / (1 - p) for p in present) if min(present) < 1 else -1.0
        yield (
            f"genetics.inbreeding = {config.genetics.inbreeding:g}; it makes a genotype negative in {key}; with these"
            f" allele frequencies it must be at least {lowest:.3g}"
        )


def central_frequency(value: Distribution | Count) -> float:
    """Best single value of an allele frequency.

    Parameters
    ----------
    value : Distribution or Count
        As read from a config.

    Returns
    -------
    float
        [proportion]

    Notes
    -----
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> central_frequency(Count(1, 99))
    0.015
    """
    return (value.distribution() if isinstance(value, Count) else value).central


def check_sets(config: Config) -> Iterator[str]:
    """Sets: genotypes that exist.

    Parameters
    ----------
    config : Config
        Valid by the schema.

    Yields
    ------
    str
        One sentence for each mistake.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> list(check_sets(Config(sets={"ZZ": "severe"})))
    []
    """
    names = genotypes(config.genetics.alleles)
    for name in config.sets:
        if name not in names:
            yield f"sets.{name}: unknown genotype{nearest(name, names)} (genotypes are {', '.join(names[:15])})"
