"""Genotypes, sets and carriers at birth and among the living."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.results.axes import ALL, TOTAL
from simulation.results.store import Replicates
from simulation.results.summary import interval, monte_carlo_error, one_in, one_in_text, spread, z_score
from simulation.results.tables.cells import ALL_SMOKING, Run, people, ratio

Array = NDArray[np.float64]


def prevalence(run: Run) -> pd.DataFrame:
    """Genotypes and sets at birth and among the living.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Columns as in docs/tables.md: people [people], proportions [proportion], 1 in N [people].

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2}).prevalence
    >>> sorted(set(table["at"]))
    ['birth', 'living']
    """
    rows: list[dict[str, Any]] = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            size = _size(replicates, population)
            birth = replicates.expected("birth", population)
            births = run.n_births[scenario].get(population, np.nan)
            for i, genotype in enumerate(replicates.axes.groups):
                if genotype == ALL:
                    continue
                head = {"scenario": scenario, "population": population, "genotype": genotype}
                n = people(replicates, "drawn", population, genotype)
                mean = people(replicates, "expected", population, genotype)
                rows.append(
                    {**head, "at": "birth", **_prevalence_row(birth[:, i], birth[:, i], births, replicates, size)}
                )
                rows.append({**head, "at": "living", **_prevalence_row(n / size, mean / size, size, replicates, size)})
    order = ["scenario", "population", "at", "genotype"]
    table = pd.DataFrame(rows)
    return table[order + [c for c in table.columns if c not in order]].sort_values(
        ["scenario", "population", "at"], kind="stable", key=lambda column: column.map(_rank(column)), ignore_index=True
    )


def _rank(column: pd.Series[Any]) -> dict[Any, int]:
    return {value: i for i, value in enumerate(dict.fromkeys(column))}


def _prevalence_row(
    proportion: Array, expected: Array, denominator: float, replicates: Replicates, size: int
) -> dict[str, Any]:
    p = {name: float(value) for name, value in interval(proportion).items()}
    known = np.isfinite(denominator)
    row: dict[str, Any] = {f"n_{name}": value * denominator if known else np.nan for name, value in p.items()}
    row |= {f"proportion_{name}": value for name, value in p.items()}
    row |= {
        "one_in": float(one_in(p["mean"])),
        "one_in_low": float(one_in(p["high"])),
        "one_in_high": float(one_in(p["low"])),
    }
    row |= {name: float(value) for name, value in spread(proportion, expected).items()}
    row["mc_se"] = float(monte_carlo_error(proportion, replicates.block_sizes))
    row["text"] = one_in_text(p["mean"], p["low"], p["high"], size)
    return row


def carriers(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """Carriers among the living, by genotype and together.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.
    table : pandas.DataFrame
        Their `prevalence`.

    Returns
    -------
    pandas.DataFrame
        Rows of it for M with another allele, with the share of each among carriers, and beside the drawn proportion the
        closed form and the z-score of the drawn people, summed over replicates. [proportion]

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2}).carriers
    >>> table["genotype"].tolist()
    ['MS', 'MZ', 'M/rare', 'M/null', 'carrier']
    """
    living = table[table["at"] == "living"].drop(columns="at")
    rows = []
    for (scenario, population), part in living.groupby(["scenario", "population"], sort=False):
        part = part.set_index("genotype")
        replicates = run.replicates[str(scenario)]
        everybody = people(replicates, "drawn", str(population), "carrier")
        for name in (*replicates.axes.members("carrier"), "carrier"):
            share = ratio(people(replicates, "drawn", str(population), name), everybody)
            found = {f"share_of_carriers_{k}": float(v) for k, v in interval(share).items()}
            found["closed_form_mean"], found["z"] = _closed_form(replicates, str(population), name)
            rows.append({"scenario": scenario, "population": population, "genotype": name, **part.loc[name], **found})
    return pd.DataFrame(rows)


def _closed_form(replicates: Replicates, population: str, genotype: str) -> tuple[float, float]:
    """Proportion without chance; standard errors between the drawn people and those of the closed form."""
    several = population == TOTAL
    names = replicates.axes.populations[:-1] if several else (population,)
    drawn, expected = (people(replicates, kind, population, genotype) for kind in ("drawn", "expected"))
    variance = sum(
        n * (1 - n / _size(replicates, name))
        for name in names
        for n in [people(replicates, "expected", name, genotype)]
    )
    proportion = float(expected.mean() / _size(replicates, population))
    return proportion, z_score(drawn, expected, np.asarray(variance, float))


def _size(replicates: Replicates, population: str) -> int:
    return round(float(replicates.drawn("people", population, ALL)[0, ALL_SMOKING].sum()))
