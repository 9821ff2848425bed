"""What a run rests on: every figure it used, with its source."""

from __future__ import annotations

from typing import Any

from simulation.assembly.genotypes import ancestry_shares, frequency_rows, mixture_of
from simulation.assembly.parameters import UPTAKE, distributions, frequency_distribution, smoking_distributions
from simulation.assembly.people import births_area
from simulation.config.load import BASE, LoadedConfig
from simulation.config.populations import age_weights
from simulation.config.schema import Config
from simulation.config.values import Count, RowName
from simulation.data.pack import DataPack
from simulation.data.rows import Sourced
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
        *_alleles(config, loaded.pack),
        *_smoking(config, loaded.pack),
        *_people(config, loaded.pack),
    ]


def _parameters(config: Config, loaded: LoadedConfig) -> list[dict[str, Any]]:
    pack, rows = loaded.pack, []
    for name, distribution in distributions(config, pack).items():
        value = config.recognition.uptake if name == UPTAKE else config.parameters.get(name)
        base = loaded.scenarios[BASE]
        same = value == (base.recognition.uptake if name == UPTAKE else base.parameters.get(name))
        key = name if name == UPTAKE else f"parameters.{name}"
        origin = loaded.origins.get(key, loaded.name) if same else "scenario"
        if value is None and name in pack.parameters:
            row: Any = pack.parameters[name]
            source: Sourced = row
            origin = "data pack"
        elif isinstance(value, RowName):
            row = pack.parameters[value.name]
            source = row
        else:
            row, source = pack.parameters.get(name), OWN
        description = row.description if row is not None else "COPD prevalence to be met"
        unit = row.unit if row is not None else "proportion"
        if isinstance(value, RowName):
            description = f"{description} (row {value.name})"
        own = source is OWN
        low, high = (None, None) if own else (row.low, row.high)
        found = _row("parameter", name, description, distribution, unit, origin, source, low, high)
        if not own and row.value is not None:
            found["value"] = row.value
        rows.append(found)
    return rows


def _alleles(config: Config, pack: DataPack) -> list[dict[str, Any]]:
    rho = float(distributions(config, pack)["geno.between_survey_rho"].central)
    rows = []
    for ancestry in ancestry_shares(config, pack)[0]:
        for allele in config.genetics.alleles[1:]:
            if ancestry in config.ancestries:
                value = config.ancestries[ancestry].get(allele)
                if value is None:
                    continue
                shown: Any = value
                if isinstance(value, Count):
                    text = f"{{count = {value.count}, of = {value.of}}}"
                    shown = Fixed(value.count / value.of)
                    row = _row(
                        "allele frequency",
                        f"allele.{ancestry}.{allele}",
                        f"{allele} in {ancestry}",
                        shown,
                        "proportion",
                        "config",
                        OWN,
                    )
                    row["distribution"] = text
                    rows.append(row)
                    continue
                rows.append(
                    _row(
                        "allele frequency",
                        f"allele.{ancestry}.{allele}",
                        f"{allele} in {ancestry}",
                        shown,
                        "proportion",
                        "config",
                        OWN,
                    )
                )
                continue
            for population, part in frequency_rows(ancestry, allele, pack):
                found = pack.allele_frequencies[population, part]
                link = pack.ancestry_alleles[ancestry][part]
                row = _row(
                    "allele frequency",
                    f"allele.{population}.{part}",
                    f"{part} in {found.label}",
                    frequency_distribution(pack, population, part, rho),
                    "proportion",
                    "data pack",
                    found,
                    found.low,
                    found.high,
                )
                row["value"] = found.frequency
                if link.proxy == "yes":
                    row["note"] = f"{row['note']} Proxy for {ancestry}.".strip()
                rows.append(row)
    return rows


def _smoking(config: Config, pack: DataPack) -> list[dict[str, Any]]:
    rows = []
    for population, table in config.all_populations.items():
        smoking = table.smoking or config.smoking
        if smoking.shares is not None:
            for status, share in smoking.shares.items():
                text = f"{status} smokers of {population}"
                rows.append(
                    _row("smoking", f"smoking.{population}.{status}", text, Fixed(share), "proportion", "config", OWN)
                )
            continue
        for found in pack.smoking[smoking.source]:
            drawn = smoking_distributions(smoking.source, pack)
            stem = f"smoking.{smoking.source}.{found.sex}.{found.age_min}"
            ages = f"{found.age_min}+" if found.age_max is None else f"{found.age_min}-{found.age_max - 1}"
            who = "" if found.sex == "both" else f", {found.sex}"
            total = found.never + found.former + found.current
            for what, share in (
                ("current", found.current / total),
                ("never_given_noncurrent", found.never / (found.never + found.former)),
            ):
                text = f"{what.replace('_', ' ')}: {found.label}{who}, {ages}"
                row = _row("smoking", f"{stem}.{what}", text, drawn[f"{stem}.{what}"], "proportion", "data pack", found)
                row["value"] = share
                if abs(total - 1) > 1e-9:
                    row["note"] = f"{row['note']} Printed shares sum to {total:.3f}; rescaled.".strip()
                rows.append(row)
    return rows


def _people(config: Config, pack: DataPack) -> list[dict[str, Any]]:
    rows = []
    for name, population in config.all_populations.items():
        size, ages = population.size, population.ages
        if isinstance(size, int):
            rows.append(_row("population", f"size.{name}", f"People of {name}", Fixed(size), "people", "config", OWN))
        elif size in pack.population_sizes:
            counted = pack.population_sizes[size]
            rows.append(
                _row(
                    "population", f"size.{size}", counted.label, Fixed(counted.n_people), "people", "data pack", counted
                )
            )
        area = ages if isinstance(ages, str) else size if isinstance(size, str) and size in pack.ages else "europe"
        if not isinstance(ages, str | None):
            rows.append(
                _row(
                    "ages",
                    f"ages.{name}",
                    f"Age table of {name}",
                    Fixed(float(age_weights(population, pack).sum())),
                    "people",
                    "config",
                    OWN,
                )
            )
        else:
            total = float(age_weights(population, pack).sum())
            found = pack.ages[area]
            text = f"People of {found.label} by sex and age, 2020"
            rows.append(_row("ages", f"ages.{area}", text, Fixed(total), "people", "data pack", found.row))
        born = births_area(population, pack)
        if born is not None:
            births = pack.births[born]
            text = f"Births of {births.label}, {births.year}"
            rows.append(
                _row(
                    "births",
                    f"births.{born}",
                    text,
                    Fixed(births.births_per_year),
                    "people per year",
                    "data pack",
                    births,
                )
            )
        elif isinstance(population.births, int):
            rows.append(
                _row(
                    "births",
                    f"births.{name}",
                    f"Births of {name}",
                    Fixed(population.births),
                    "people per year",
                    "config",
                    OWN,
                )
            )
        if isinstance(population.ancestry, str):
            for share in pack.mixtures[population.ancestry]:
                rows.append(
                    _row(
                        "mixture",
                        f"mixture.{share.mixture}.{share.ancestry}",
                        f"Share of {share.ancestry} in {share.label}",
                        Fixed(share.share),
                        "proportion",
                        "data pack",
                        share,
                    )
                )
        else:
            for ancestry, part in mixture_of(population.ancestry, pack).items():
                rows.append(
                    _row(
                        "mixture",
                        f"mixture.{name}.{ancestry}",
                        f"Share of {ancestry} in {name}",
                        Fixed(part),
                        "proportion",
                        "config",
                        OWN,
                    )
                )
    return rows


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
) -> dict[str, Any]:
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
