"""What a run rests on: every figure it used, with its source."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulation.assembly.care import rule_in_words
from simulation.assembly.genotypes import ancestry_shares, frequency_rows, mixture_of
from simulation.assembly.parameters import (
    UPTAKE,
    UPTAKE_OF,
    central,
    distributions,
    frequency_distribution,
    own_uptakes,
    smoking_distributions,
    strategy_uptake_name,
)
from simulation.assembly.people import births_area
from simulation.config.checks.finding import tests_used
from simulation.config.load import LoadedConfig
from simulation.config.populations import age_weights, ages_area, population_key
from simulation.config.schema import Config
from simulation.config.values import Count, RowName
from simulation.data.rows import Sourced
from simulation.diagnosis.readings import NO_PROTEIN
from simulation.labels import BASE
from simulation.parameters.distributions import Distribution, Fixed

COLUMNS = (
    "scenario",
    "kind",
    "name",
    "description",
    "value",
    "low",
    "high",
    "unit",
    "distribution",
    "set_by",
    "source",
    "locator",
    "verified",
    "note",
)
PACK = "data pack"
Figure = dict[str, Any]
OWN = Sourced("config", "", "config", "Given in the config; its source is the config's author.")


def figures_used(loaded: LoadedConfig) -> list[dict[str, Any]]:
    """Every figure that a run used.

    Parameters
    ----------
    loaded : LoadedConfig
        The config with its scenarios.

    Returns
    -------
    list of dict
        Keys as in `COLUMNS`: the base's figures, then those that a scenario changed. `name` is the name of the draw.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> rows = figures_used(load_config({}))
    >>> {row["kind"] for row in rows} >= {"parameter", "allele frequency", "smoking", "ages"}
    True
    """
    rows: list[dict[str, Any]] = []
    known: set[tuple[str, str, str]] = set()
    for scenario, config in loaded.scenarios.items():
        for row in _figures(config, loaded):
            key = (row["kind"], row["name"], str(row["distribution"]))
            if key not in known:
                known.add(key)
                rows.append({"scenario": scenario, **row})
    return rows


def _figures(config: Config, loaded: LoadedConfig) -> list[dict[str, Any]]:
    return [
        *_parameters(config, loaded),
        *_alleles(config, loaded),
        *_smoking(config, loaded),
        *_people(config, loaded),
        *_laboratory(config, loaded),
        *_rules(loaded),
    ]


def _laboratory(config: Config, loaded: LoadedConfig) -> list[Figure]:
    """Costs and turnaround of the tests that may be done, and what tests of the genotype read."""
    pack, rows = loaded.pack, []
    for name in sorted(tests_used(config)):
        test, own = pack.lab_tests[name], config.testing.tests.get(name)
        for what, unit in (("cost", config.testing.currency), ("turnaround_days", "days")):
            key, text = f"test.{name}.{what}", f"{test.label}, {what.replace('_', ' in ')}"
            value = getattr(own, what) if own is not None else None
            known = getattr(test, what)
            if value is not None:
                origin = _origin(loaded, f"testing.tests.{name}.{what}")
                rows.append(_of_config("laboratory test", key, text, value, unit, origin))
            elif known is not None:
                # the row's flag is that of the cost; how long a test takes is always assumed
                source = test if what == "cost" else replace(test, verified="no")
                rows.append(_of_pack("laboratory test", key, text, known, unit, source))
    for test_name, readings in pack.readings.items():
        label = pack.lab_tests[test_name].label
        for allele in config.genetics.alleles[1:]:
            if allele in readings:
                row = readings[allele]
                text = f"{label} reads {allele} as {'nothing' if row.read_as == NO_PROTEIN else row.read_as}"
                key = f"reading.{test_name}.{allele}"
                rows.append(_of_pack("reading", key, text, row.sensitivity, "proportion", row))
    return rows


def _parameters(config: Config, loaded: LoadedConfig) -> list[dict[str, Any]]:
    pack, rows = loaded.pack, []
    for name, distribution in distributions(config, pack).items():
        value, base = _given(config, name), loaded.scenarios[BASE]
        same = value == _given(base, name)
        key = name if name == UPTAKE else f"parameters.{name}"
        key = "copd.prevalence" if name.startswith("copd.prevalence ") else key
        key = "strategies" if name.startswith(UPTAKE_OF) else key
        origin = _origin(loaded, key) if same else "scenario"
        if value is None and name in pack.parameters:
            row: Any = pack.parameters[name]
            source: Sourced = row
            origin = PACK
        elif isinstance(value, RowName):
            row = pack.parameters[value.name]
            source = row
        else:
            row, source = pack.parameters.get(name), OWN
        missing = "Uptake of strategies" if name.startswith(UPTAKE_OF) else "COPD prevalence to be met"
        description = row.description if row is not None else missing
        unit = row.unit if row is not None else "proportion"
        if isinstance(value, RowName):
            description = f"{description} (row {value.name})"
        own = source is OWN
        low, high = (None, None) if own or name in config.parameters else (row.low, row.high)
        found = _row("parameter", name, description, distribution, unit, origin, source, low, high)
        if not own and row.value is not None:
            found["value"] = row.value
        rows.append(found)
    return rows


def _given(config: Config, name: str) -> Any:
    """What a config puts in the place of a parameter; None where it leaves the default row."""
    if name == UPTAKE:
        return config.recognition.uptake
    if name.startswith(UPTAKE_OF):
        return next((value for value in own_uptakes(config) if strategy_uptake_name(value) == name), None)
    return config.parameters.get(name)


def _origin(loaded: LoadedConfig, key: str) -> str:
    """The file, --set or argument that set a key, or a part of it."""
    inside = (origin for name, origin in loaded.origins.items() if name == key or name.startswith(f"{key}."))
    origin = next(inside, "scenario")
    return PACK if origin == "default" else origin


def _alleles(config: Config, loaded: LoadedConfig) -> list[Figure]:
    pack = loaded.pack
    rho = central(config, pack, "geno.between_survey_rho")
    rows = []
    for ancestry in ancestry_shares(config, pack)[0]:
        for allele in config.genetics.alleles[1:]:
            if ancestry in config.ancestries:
                value = config.ancestries[ancestry].get(allele)
                if value is not None:
                    rows.append(_own_frequency(ancestry, allele, value, rho, loaded))
                continue
            for population, part in frequency_rows(ancestry, allele, pack):
                found = pack.allele_frequencies[population, part]
                distribution = frequency_distribution(pack, population, part, rho)
                name, text = f"allele.{population}.{part}", f"{part} in {found.label}"
                row = _row(
                    "allele frequency", name, text, distribution, "proportion", PACK, found, found.low, found.high
                )
                row["value"] = found.frequency
                if pack.ancestry_alleles[ancestry][part].proxy == "yes":
                    row["note"] = f"{row['note']} Proxy for {ancestry}.".strip()
                rows.append(row)
    return rows


def _own_frequency(ancestry: str, allele: str, value: Distribution | Count, rho: float, loaded: LoadedConfig) -> Figure:
    distribution = value.distribution(rho) if isinstance(value, Count) else value
    origin = _origin(loaded, f"ancestries.{ancestry}.{allele}")
    name, text = f"allele.{ancestry}.{allele}", f"{allele} in {ancestry}"
    source = replace(OWN, note=loaded.past[ancestry]) if ancestry in loaded.past else OWN
    row = _row("allele frequency", name, text, distribution, "proportion", origin, source)
    if isinstance(value, Count):
        row["value"] = value.count / value.of
        row["description"] = f"{text}, {value.count} of {value.of}"
    return row


def _smoking(config: Config, loaded: LoadedConfig) -> list[Figure]:
    pack = loaded.pack
    rows = []
    for population, table in config.all_populations.items():
        smoking = table.smoking or config.smoking
        if smoking.shares is not None:
            where = f"{population_key(config, population)}.smoking" if table.smoking else "smoking"
            for status, share in smoking.shares.items():
                name, text = f"smoking.{population}.{status}", f"{status} smokers of {population}"
                rows.append(
                    _of_config("smoking", name, text, share, "proportion", _origin(loaded, f"{where}.{status}"))
                )
            continue
        drawn = smoking_distributions(smoking.source, pack)
        for found in pack.smoking[smoking.source]:
            stem = f"smoking.{smoking.source}.{found.sex}.{found.age_min}"
            ages = f"{found.age_min}+" if found.age_max is None else f"{found.age_min}-{found.age_max - 1}"
            who = "" if found.sex == "both" else f", {found.sex}"
            total = found.never + found.former + found.current
            shares = {
                "current": ("Current smokers", found.current / total),
                "never_given_noncurrent": (
                    "Never smokers among those not smoking",
                    found.never / (found.never + found.former),
                ),
            }
            for what, (words, share) in shares.items():
                text = f"{words}, {found.label}{who}, {ages}"
                row = _row("smoking", f"{stem}.{what}", text, drawn[f"{stem}.{what}"], "proportion", PACK, found)
                row["value"] = share
                if abs(total - 1) > 1e-9:
                    row["note"] = f"{row['note']} Printed shares sum to {total:.3f}; rescaled.".strip()
                rows.append(row)
    return rows


def _people(config: Config, loaded: LoadedConfig) -> list[Figure]:
    pack = loaded.pack
    rows = []
    for name, population in config.all_populations.items():
        where = population_key(config, name)
        size = population.size
        if isinstance(size, int):
            text = f"People of {name.replace('_', ' ')}"
            rows.append(
                _of_config("population", f"size.{name}", text, size, "people", _origin(loaded, f"{where}.size"))
            )
        elif size in pack.population_sizes:
            counted = pack.population_sizes[size]
            rows.append(_of_pack("population", f"size.{size}", counted.label, counted.n_people, "people", counted))
        total = float(age_weights(population, pack).sum())
        area = ages_area(population, pack)
        if area is not None:
            text = f"People of {pack.ages[area].label} by sex and age, 2020"
            rows.append(_of_pack("ages", f"ages.{area}", text, total, "people", pack.ages[area].row))
        else:
            origin = _origin(loaded, f"{where}.ages")
            rows.append(_of_config("ages", f"ages.{name}", f"Age table of {name}", total, "people", origin))
        born = births_area(population, pack)
        if born is not None:
            births = pack.births[born]
            text = f"Births of {births.label}, {births.year}"
            rows.append(_of_pack("births", f"births.{born}", text, births.births_per_year, "people per year", births))
        elif isinstance(population.births, int):
            origin = _origin(loaded, f"{where}.births")
            text = f"Births of {name}"
            rows.append(_of_config("births", f"births.{name}", text, population.births, "people per year", origin))
        if isinstance(population.ancestry, str):
            for share in pack.mixtures[population.ancestry]:
                key, text = f"mixture.{share.mixture}.{share.ancestry}", f"Share of {share.ancestry} in {share.label}"
                rows.append(_of_pack("mixture", key, text, share.share, "proportion", share))
        else:
            origin = _origin(loaded, f"{where}.ancestry")
            for ancestry, part in mixture_of(population.ancestry, pack).items():
                key, text = f"mixture.{name}.{ancestry}", f"Share of {ancestry} in {name}"
                rows.append(_of_config("mixture", key, text, part, "proportion", origin))
    return rows


def _rules(loaded: LoadedConfig) -> list[Figure]:
    """All rules: a run counts people by each."""
    return [
        _of_pack("treatment rule", f"treatment_rules.{name}", rule_in_words(rule), rule.age_min_years, "years", rule)
        for name, rule in loaded.pack.treatment_rules.items()
    ]


def _of_pack(kind: str, name: str, description: str, value: float, unit: str, source: Sourced) -> Figure:
    return _row(kind, name, description, Fixed(value), unit, PACK, source)


def _of_config(kind: str, name: str, description: str, value: float, unit: str, origin: str) -> Figure:
    return _row(kind, name, description, Fixed(value), unit, origin, OWN)


def _row(
    kind: str,
    name: str,
    description: str,
    distribution: Distribution,
    unit: str,
    set_by: str,
    source: Sourced,
    low: float | None = None,
    high: float | None = None,
) -> Figure:
    fixed = isinstance(distribution, Fixed)
    if not fixed and low is None:
        low, high = (float(x) for x in distribution.quantile([0.025, 0.975]))
    return {
        "kind": kind,
        "name": name,
        "description": description,
        "value": distribution.central,
        "low": low,
        "high": high,
        "unit": unit,
        "distribution": "fixed" if fixed else distribution.text,
        "set_by": set_by,
        "source": source.source,
        "locator": source.locator,
        "verified": source.verified,
        "note": source.note,
    }
