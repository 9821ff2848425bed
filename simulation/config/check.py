"""What the schema cannot see: names that must exist in the data pack, and numbers that must fit each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulation.config.schema import Config, Copd, Population, PopulationCopd, Smoking
from simulation.config.slots import GIVEN_OR_SOLVED, WITHOUT_CHANCE, used_parameters
from simulation.config.values import Count, RowName
from simulation.data.pack import DataPack
from simulation.demography.people import within_ages
from simulation.errors import nearest
from simulation.genetics.hardy_weinberg import genotype_frequencies, with_m_as_remainder
from simulation.labels import genotypes
from simulation.parameters.distributions import Distribution, Fixed, beta_from_count

SUM_TOLERANCE = 1e-6
_FAR = (1e-7, 1 - 1e-7)  # quantiles between which a parameter must stay in its range


def check_names(config: Config, pack: DataPack) -> list[str]:
    """Everything wrong with a config that only the data pack can tell.

    Parameters
    ----------
    config : Config
        Valid by the schema.
    pack : DataPack
        The tables its names refer to.

    Returns
    -------
    list of str
        One sentence for each mistake, the key first; empty when all is well.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> check_names(Config(population=Population(ages="Swe")), data_pack())
    ['population.ages = "Swe"; unknown area; did you mean SWE? (`aatd populations` lists them)']
    """
    return [
        *_alleles(config, pack),
        *_own_ancestries(config, pack),
        *(text for name, population in _named(config) for text in _population(name, population, config, pack)),
        *_smoking("smoking", config.smoking, pack),
        *_copd_of_all(config, pack),
        *_parameters(config, pack),
        *_correlations(config, pack),
        *_sets(config),
    ]


def _named(config: Config) -> Iterator[tuple[str, Population]]:
    for name, population in config.all_populations.items():
        yield (f"populations.{name}" if config.populations else "population"), population


def _alleles(config: Config, pack: DataPack) -> Iterator[str]:
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
    return beta_from_count(value.count, value.of).central if isinstance(value, Count) else value.central


def _own_ancestries(config: Config, pack: DataPack) -> Iterator[str]:
    for name, table in config.ancestries.items():
        key = f"ancestries.{name}"
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
                low, high = value.quantile(_FAR)
                if low < 0 or high > 1:
                    yield f"{key}.{allele}: the distribution goes from {low:.3g} to {high:.3g}; a frequency lies in [0, 1]"
        total = sum(central_frequency(value) for allele, value in table.items() if allele != "M")
        if total > 1 + SUM_TOLERANCE:
            yield f"{key}: frequencies sum to {total:.6g}; together they must be at most 1"
        elif config.genetics.inbreeding < 0 and set(table) <= set(config.genetics.alleles) - {"M"}:
            yield from _inbreeding(key, config, {a: central_frequency(v) for a, v in table.items()})


def _inbreeding(key: str, config: Config, frequency: dict[str, float]) -> Iterator[str]:
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


def _population(key: str, population: Population, config: Config, pack: DataPack) -> Iterator[str]:
    yield from _people(key, population, pack)
    yield from _ancestry(key, population, config, pack)
    if isinstance(population.births, str) and population.births not in pack.births:
        near = nearest(population.births, list(pack.births))
        yield f'{key}.births = "{population.births}"; no births are known for this area{near}; give a number'
    if population.smoking is not None:
        yield from _smoking(f"{key}.smoking", population.smoking, pack)
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
        near = nearest(size, [*pack.ages, *pack.population_sizes])
        yield f'{key}.size = "{size}"; unknown area or counted population{near}{hint}'
        return
    if isinstance(ages, str) and ages not in pack.ages:
        yield f'{key}.ages = "{ages}"; unknown area{nearest(ages, list(pack.ages))}{hint}'
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
                yield f"{key}.ancestry.{name}: unknown ancestry{nearest(name, known)} (`aatd populations` lists them)"
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
            yield from _inbreeding(name, config, frequency)


def _smoking(key: str, smoking: Smoking, pack: DataPack) -> Iterator[str]:
    if smoking.shares is None and smoking.source not in pack.smoking:
        near = nearest(smoking.source, list(pack.smoking))
        yield f'{key}.source = "{smoking.source}"; unknown smoking source{near} (`aatd populations` lists them)'


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


def _copd_of_all(config: Config, pack: DataPack) -> Iterator[str]:
    """Settings of [copd] where a population uses them, and of every population that has its own."""
    shared = [key for key, population in _named(config) if population.copd is None]
    if shared:
        yield from _copd("copd", config.copd, pack)
    for key, population in _named(config):
        copd = merged_copd(config.copd, population.copd)
        if population.copd is not None:
            yield from _copd(f"{key}.copd", copd, pack)
        if copd.prevalence is not None and not isinstance(copd.prevalence, RowName | None):
            low, high = copd.prevalence_age_min, copd.prevalence_age_max
            if low is not None and high is not None and high <= low:
                yield f"copd.prevalence_age_max = {high}; it must be above prevalence_age_min = {low}"
    if config.copd.definition == "recorded" and config.recognition.severe_diagnosis == "same":
        yield 'recognition.severe_diagnosis = "same" would change nothing: recorded COPD is diagnosed; remove it'


def _copd(key: str, copd: Copd, pack: DataPack) -> Iterator[str]:
    rows = [
        name
        for name, row in pack.parameters.items()
        if row.definition == copd.definition and row.age_min is not None and "undiagnosed" not in name
    ]
    if copd.prevalence is None:
        if copd.definition != "fixed_ratio":
            yield f'{key}.definition = "{copd.definition}"; it needs {key}.prevalence, a row such as {rows[0]}'
        return
    if copd.definition == "fixed_ratio" and not copd.calibrate_total:
        yield f"{key}.prevalence is given but {key}.calibrate_total is false; set it to true, or remove prevalence"
    if isinstance(copd.prevalence, RowName):
        name = copd.prevalence.name
        row = pack.parameters.get(name)
        if row is None or row.age_min is None or row.unit != "proportion" or "undiagnosed" in name:
            yield f'{key}.prevalence = "{name}"; no prevalence row of this name{nearest(name, rows)}'
            return
        if row.definition != copd.definition:
            yield (
                f'{key}.prevalence = "{name}"; this row is {row.definition or "of no single definition"} and the run is'
                f" {copd.definition}; definitions are never mixed; {copd.definition} rows are {', '.join(rows)}"
            )
    else:
        if copd.prevalence_age_min is None:
            yield f"{key}.prevalence_age_min is missing; say from what age the prevalence holds, for example 40"
        low, high = copd.prevalence.quantile(_FAR)
        if low < 0 or high >= 1 or high == 0:
            yield f"{key}.prevalence goes from {low:.3g} to {high:.3g}; it must lie above 0 and below 1"


def _parameters(config: Config, pack: DataPack) -> Iterator[str]:
    used = [*used_parameters(config), *GIVEN_OR_SOLVED]
    for name, value in config.parameters.items():
        key = f'parameters."{name}"'
        if name not in pack.parameters:
            yield f"{key}: unknown parameter{nearest(name, list(pack.parameters))} (`aatd parameters` lists them)"
            continue
        if name not in used:
            yield f"{key} would change nothing: this run does not use it{_used_instead(name, used)}"
            continue
        row = pack.parameters[name]
        if isinstance(value, RowName):
            other = pack.parameters.get(value.name)
            if other is None:
                yield f'{key} = "{value.name}"; unknown row{nearest(value.name, list(pack.parameters))}'
            elif other.value is None:
                yield f'{key} = "{value.name}"; that row has no value of its own; name another'
            elif other.unit != row.unit:
                units = (other.unit or "no unit", row.unit or "no unit")
                yield f'{key} = "{value.name}"; that row is in {units[0]}, this parameter in {units[1]}'
            elif name.startswith(WITHOUT_CHANCE) and other.distribution:
                yield f'{key} = "{value.name}"; that row is uncertain and this parameter takes a number without a distribution'
            else:
                wanted = row.definition or (config.copd.definition if name in GIVEN_OR_SOLVED else "")
                wanted = (
                    "fixed_ratio" if wanted == "lln" and name in GIVEN_OR_SOLVED else wanted
                )  # both are spirometric
                if wanted and other.definition and other.definition != wanted:
                    yield f'{key} = "{value.name}"; that row is {other.definition} and {wanted} is needed here'
        elif name.startswith(WITHOUT_CHANCE) and not isinstance(value, Fixed):
            yield f"{key} = {value.text}; this parameter takes a number, not a distribution"
        else:
            yield from _in_range(key, row.unit, name, value)
    yield from _ramps(config, pack)
    uptake = config.recognition.uptake
    if isinstance(uptake, RowName):
        if uptake.name not in pack.parameters or pack.parameters[uptake.name].unit != "proportion":
            near = nearest(uptake.name, [n for n in pack.parameters if n.startswith("diag.copd_tested")])
            yield f'recognition.uptake = "{uptake.name}"; no row of this name is a proportion{near}'
    elif uptake is not None:
        yield from _in_range("recognition.uptake", "proportion", "", uptake)


def _ramps(config: Config, pack: DataPack) -> Iterator[str]:
    """A genotype's effect must begin before it is complete."""
    for who in ("never", "ever"):
        ends = []
        for end in ("from_age_years", "to_age_years"):
            name = f"lung.onset_ramp.{who}.{end}"
            value = config.parameters.get(name)
            ends.append(value.value if isinstance(value, Fixed) else pack.parameters[name].value or 0.0)
        if not ends[0] < ends[1]:
            yield (
                f'parameters."lung.onset_ramp.{who}.to_age_years" must be above from_age_years; they are {ends[1]:g} and'
                f" {ends[0]:g}"
            )


def _used_instead(name: str, used: list[str]) -> str:
    stem = name.rsplit(".", 1)[0]
    close = [other for other in used if other.startswith(stem)] or [
        other for other in used if other.startswith(stem[:12])
    ]
    return f"; it uses {', '.join(close[:4])}" if close else ""


def _in_range(key: str, unit: str, name: str, value: Distribution) -> Iterator[str]:
    low, high = value.quantile(_FAR)
    shown = f"{low:.3g}" if isinstance(value, Fixed) else f"a distribution from {low:.3g} to {high:.3g}"
    if unit == "proportion" and (low < 0 or high > 1):
        hint = f" (for {low:g} % write {low / 100:g})" if isinstance(value, Fixed) and 1 < low <= 100 else ""
        yield f"{key} is {shown}; a proportion must be at least 0 and at most 1{hint}"
    elif unit in ("odds ratio", "ratio", "ratio per pack-year") and low <= 0:
        yield f"{key} is {shown}; a ratio must be above 0"
    elif unit == "correlation" and not (low >= 0 and high < 1):
        yield f"{key} is {shown}; it must be at least 0 and below 1"
    elif (name.endswith(("log_sd", "_sd", "sd_years", ".shape", ".scale", "per_pack"))) and low <= 0:
        yield f"{key} is {shown}; it must be above 0"
    elif unit in ("µmol/L", "years", "pack-years", "µmol/L per mg/dL") and low < 0:
        yield f"{key} is {shown}; it must be at least 0"
    elif not np.isfinite([low, high]).all() or max(abs(low), abs(high)) > 1e6:
        yield f"{key} is {shown}; that is beyond anything this parameter can be"


def _correlations(config: Config, pack: DataPack) -> Iterator[str]:
    used = used_parameters(config)
    seen: list[str] = []
    for i, pair in enumerate(config.correlations):
        for name in pair.between:
            if name not in used:
                yield f"correlations.{i}.between: {name} is no parameter of this run{nearest(name, used)}"
            elif name in seen:
                yield f"correlations.{i}.between: {name} is in two pairs; a parameter may be in one"
            seen.append(name)


def _sets(config: Config) -> Iterator[str]:
    names = genotypes(config.genetics.alleles)
    for name in config.sets:
        if name not in names:
            yield f"sets.{name}: unknown genotype{nearest(name, names)} (genotypes are {', '.join(names[:15])})"
