"""Rows of the report on carriers and couples."""

from __future__ import annotations

from typing import Any

import pandas as pd

from simulation.data.pack import data_pack
from simulation.report.cells import NOTHING, Cell, amount, count, one_in, percent
from simulation.results.finding_plots import COUPLE_LABELS
from simulation.results.plots import SET_LABELS
from simulation.results.results import Results

MATINGS = {
    "within_ancestry": "Within the same ancestry",
    "random": "At random",
    "mixed": "As in the config, between the two",
}
RESIDUAL = {
    "carrier_before": "Carries an allele, before the test",
    "carrier_after": "After it",
    "child_severe_both_negative": "Severe child of two negative partners",
    "child_severe_mz_and_negative": "Severe child of MZ and a negative partner",
}


def carrier_rows(results: Results) -> list[list[Cell]]:
    """Carriers by genotype.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    list of list of Cell
        Genotype, 1 in N drawn, in closed form, z-score, people, share of all carriers.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> carrier_rows(simulation.run({"replicates": 2}))[0][0]
    'PI*MS'
    """
    return [
        [
            SET_LABELS.get(row["genotype"], f"PI*{row['genotype']}"),
            one_in(row, "proportion"),
            f"1 in {amount(1 / row['closed_form_mean'])}",
            _z(row["z"]),
            count(row, "n"),
            percent(row, "share_of_carriers"),
        ]
        for row in results.select("carriers").to_dict("records")
        if row["n_mean"] > 0
    ]


def couple_rows(results: Results) -> list[list[Cell]]:
    """Couples at risk, in closed form and drawn.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    list of list of Cell
        Who mates with whom, kind, 1 in N couples, affected births in closed form and drawn, risk of the next child, z-scores
        of couples, of affected births and of next children.

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> import simulation
    >>> couple_rows(simulation.run({"replicates": 2}))[0][:2]
    ['Within the same ancestry', 'Both carry a deficiency allele']
    """
    rows = results.select("couples")
    rows = rows[rows["couples"] != "all"]
    found: list[list[Cell]] = []
    for mating in dict.fromkeys(rows["mating"]):
        for i, (kind, group) in enumerate(rows[rows["mating"] == mating].groupby("couples", sort=False)):
            by: dict[str, dict[str, Any]] = {row["measure"]: row for row in group.to_dict("records")}
            found.append(
                [
                    "" if i else MATINGS.get(mating, str(mating).replace("_", " ")),
                    COUPLE_LABELS[str(kind)],
                    one_in(by["couples"], "closed_form"),
                    amount(by["affected_births"]["closed_form_n"]),
                    count(by["affected_births"], "n"),
                    percent(by["next_child_affected"], "closed_form"),
                    "; ".join(_z(by[name]["z"]) for name in ("couples", "affected_births", "next_child_affected")),
                ]
            )
    return found


def births_of(results: Results) -> str:
    """Of how many couples the affected births are.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    str
        "a year", or of so many couples where births are unknown or the config gives a number.

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> import simulation
    >>> births_of(simulation.run({"replicates": 2})), births_of(simulation.run({"population": {"size": "SWE"}}, replicates=2))
    ('of 1,000,000 couples', 'a year')
    """
    row = results.select("couples", couples="all", measure="couples").iloc[0]
    if row["per"] == "year" and results.record["config"]["couples"].get("n_couples") is None:
        return "a year"
    return f"of {row['n_mean']:,.0f} couples"


def ancestry_matrix(results: Results) -> dict[str, Any] | None:
    """P(severe child) of couples of two ancestries.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    dict or None
        "population": the one it is of, or an empty text if there is only one; "names" of ancestries; "rows", the name of an
        ancestry and then 1 in N by the partner's. None with a single ancestry.

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> import simulation
    >>> results = simulation.run({"population": {"ancestry": {"swe": 0.5, "esp": 0.5}}}, replicates=2)
    >>> ancestry_matrix(results)["names"]
    ['Sweden', 'Spain']
    """
    rows = _of_populations(results, "couples_by_ancestry")
    if rows.empty:
        return None
    first = rows["population"].iloc[0]
    rows = rows[(rows["population"] == first) & (rows["measure"] == "child_severe")]
    names = list(dict.fromkeys(rows["ancestry"]))
    if len(names) < 2:
        return None
    labels = [_ancestry(name) for name in names]
    cells = {(row["ancestry"], row["partner"]): one_in(row, "proportion") for row in rows.to_dict("records")}
    several = len(results.populations) > 1
    return {
        "population": str(first).replace("_", " ") if several else "",
        "names": labels,
        "rows": [[label, *(cells[name, other] for other in names)] for name, label in zip(names, labels, strict=True)],
    }


def residual_rows(results: Results) -> list[list[Cell]]:
    """What a negative carrier test leaves open, by test.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    list of list of Cell
        Population (where there are several), test, P(carrier) before and after, P(severe child) of two negative partners.

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> import simulation
    >>> residual_rows(simulation.run({"replicates": 2}))[-1][0]
    'Sequencing of the gene'
    """
    rows = _of_populations(results, "residual_risk")
    if rows.empty:
        return []
    several = len(set(rows["population"])) > 1
    tests = data_pack().lab_tests
    found: list[list[Cell]] = []
    for population, group in rows.groupby("population", sort=False):
        for i, (test, of_test) in enumerate(group.groupby("test", sort=False)):
            by = {row["measure"]: one_in(row, "proportion") for row in of_test.to_dict("records")}
            label = tests[str(test)].label if str(test) in tests else str(test).replace("_", " ")
            named: list[Cell] = [str(population).replace("_", " ") if not i else ""] if several else []
            found.append([*named, label, *(by[key] for key in RESIDUAL)])
    return found


def residual_head(results: Results) -> list[str]:
    """Column heads of `residual_rows`.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    list of str
        Population first, where there are several.

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> import simulation
    >>> residual_head(simulation.run({"replicates": 2}))[0]
    'Test'
    """
    several = len(results.populations) > 1
    return [*(["Population"] if several else []), "Test", *RESIDUAL.values()]


def _of_populations(results: Results, table: str) -> pd.DataFrame:
    """Rows of the base of a table without a total; nothing if no population has any."""
    rows = results.tables[table]
    return rows if rows.empty else results.select(table, population=None)


def _ancestry(name: str) -> str:
    known = data_pack().ancestries
    return known[name].label if name in known else name.replace("_", " ")


def _z(value: float) -> str:
    return NOTHING if pd.isna(value) else f"{round(value, 1) + 0.0:+.1f}".replace("-", "−").replace("+0.0", "0.0")
