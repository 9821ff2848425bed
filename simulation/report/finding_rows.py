"""Rows of the report on finding people: strategies, their differences, the delay to recognition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulation.data.pack import data_pack
from simulation.diagnosis.strategies import TODAY
from simulation.report.cells import Cell, count, percent, signed
from simulation.results.finding_plots import strategy_words
from simulation.results.results import Results

DELAY_LABELS = {  # in words, and unit; a share has none
    "first_symptom_age_never_smokers": ("Age at the first symptom, never smokers", "years"),
    "first_symptom_age_ever_smokers": ("Age at the first symptom, people who have smoked", "years"),
    "delay_years": ("From the first symptom to recognition, of those who are recognised", "years"),
    "n_doctors": ("Doctors seen before recognition", "doctors"),
    "share_over_3_doctors": ("… more than three of them", ""),
    "age_at_first_symptom": ("Age at the first symptom, of the people simulated who have COPD and symptoms", "years"),
    "years_before_recognition": ("Years these lived before recognition, if they are recognised today", "years"),
    "share_called_asthma": ("Severe deficiency with COPD, not recognised: called asthma", ""),
}
COMPARED = {
    "n_tested": "People tested",
    "n_recognised": "Severe deficiency recognised",
    "n_false_positive": "First test false positive",
    "cost": "Cost",
    "n_copd_unrecognised": "COPD whose cause is unrecognised",
    "n_symptomatic_unrecognised": "Person-years unrecognised, a year",
}  # what a report compares: those missed are those recognised with the other sign


def found_table(results: Results) -> dict[str, Any]:
    """What strategies find.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    dict
        "head" and "rows": strategy, recognised, newly found, of these relatives where anybody tests them, missed, fall of
        unrecognised COPD; "tests": those of all strategies if they are the same, else they stand below each name.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> found_table(simulation.run({"replicates": 2}))["rows"][0][0]
    "today's practice"
    """
    rows = results.select("strategies").to_dict("records")
    cascade = any(row["n_relatives_tested_mean"] > 0 for row in rows)
    tests = {tests_words(row["tests"]) for row in rows}
    found: list[list[Cell]] = []
    for row in rows:
        name, today = strategy_words(row["strategy"]), row["strategy"] == TODAY
        found.append(
            [
                name if len(tests) == 1 else (name, tests_words(row["tests"])),
                count(row, "n_recognised"),
                "" if today and not row["n_found_mean"] else count(row, "n_found"),
                *([count(row, "n_found_by_cascade") if row["n_relatives_tested_mean"] else ""] if cascade else []),
                count(row, "n_missed"),
                "" if today else percent(row, "fall_of_unrecognised_copd"),
            ]
        )
    relatives = ["… among relatives"] if cascade else []
    head = ["Strategy", "Recognised", "Newly found", *relatives, "Missed", "Fall of unrecognised COPD"]
    return {"head": head, "rows": found, "tests": tests.pop() if len(tests) == 1 else ""}


def work_table(results: Results) -> dict[str, Any]:
    """What strategies take.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    dict
        "head" and "rows": strategy, people tested, relatives tested where anybody tests them, false positives of the first
        test, tests for one severe case and for one carrier, cost per case, days.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> work_table(simulation.run({"replicates": 2}))["head"][-2:]
    ['Cost per case (GBP)', 'Days']
    """
    rows = results.select("strategies").to_dict("records")
    cascade = any(row["n_relatives_tested_mean"] > 0 for row in rows)
    currency = results.record["config"]["testing"]["currency"]
    found: list[list[Cell]] = [
        [
            strategy_words(row["strategy"]),
            count(row, "n_tested"),
            *([count(row, "n_relatives_tested") if row["n_relatives_tested_mean"] else ""] if cascade else []),
            count(row, "n_false_positive"),
            of_means(row, "number_needed_to_test"),
            of_means(row, "tests_per_carrier"),
            of_means(row, "cost_per_case"),
            *([of_means(row, "cases_per_index") if row["n_relatives_tested_mean"] else ""] if cascade else []),
            f"{row['days']:g}",
        ]
        for row in rows
    ]
    head = ["Strategy", "People tested", *(["Relatives tested"] if cascade else []), "First test false positive"]
    head += ["Tests per severe case", "Tests per carrier", f"Cost per case ({currency})"]
    head += [*(["Relatives newly found per index person"] if cascade else []), "Days"]
    return {"head": head, "rows": found}


def of_means(row: Mapping[str, Any], stem: str) -> Cell:
    """A ratio as the ratio of its means; a dash where there is none.

    Parameters
    ----------
    row : mapping
        Of the table `strategies`.
    stem : str
        Of the column.

    Returns
    -------
    Cell
        With the interval over replicates.

    Notes
    -----
    The mean of a ratio of small numbers is that of its few largest values. Source: docs/tables.md.

    Examples
    --------
    >>> of_means({"yield_of_means": float("nan")}, "yield")
    '–'
    """
    value = row[f"{stem}_of_means"]
    return "–" if value != value else count({**row, f"{stem}_mean": value}, stem)


def scenario_table(results: Results) -> dict[str, Any] | None:
    """Strategies in every population and scenario, where there is more than one.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    dict or None
        "head" and "rows": scenario, population, strategy, people tested, recognised, newly found, tests per severe case.
        None where the other tables of the report say it all.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> scenario_table(simulation.run({"replicates": 2})) is None
    True
    """
    table = results.strategies
    places = table[["scenario", "population"]].drop_duplicates()
    if len(places) == 1 or table["strategy"].nunique() == 1:
        return None
    rows: list[list[Cell]] = []
    before: tuple[str, str] | None = None
    for row in table.to_dict("records"):
        place = (str(row["scenario"]).replace("_", " "), str(row["population"]).replace("_", " "))
        today = row["strategy"] == TODAY
        rows.append(
            [
                *(("", "") if place == before else place),
                strategy_words(row["strategy"]),
                count(row, "n_tested"),
                count(row, "n_recognised"),
                "" if today and not row["n_found_mean"] else count(row, "n_found"),
                of_means(row, "number_needed_to_test"),
            ]
        )
        before = place
    head = ["Scenario", "Population", "Strategy", "People tested", "Recognised", "Newly found"]
    return {"head": [*head, "Tests per severe case"], "rows": rows}


def tests_words(tests: str) -> str:
    """A laboratory algorithm in words.

    Parameters
    ----------
    tests : str
        As in the table `strategies`.

    Returns
    -------
    str
        With the tests' labels.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> tests_words("level, then sz_genotyping, reflex sequencing")
    'serum level, then genotyping of S and Z, reflex sequencing of the gene'
    """
    labels = {name: test.label[0].lower() + test.label[1:] for name, test in data_pack().lab_tests.items()}
    return " ".join(labels.get(word.rstrip(","), word.rstrip(",")) + "," * word.endswith(",") for word in tests.split())


def strategy_difference_rows(results: Results) -> list[list[Cell]]:
    """Strategies against today's practice.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    list of list of Cell
        Strategy, then the difference in each of `COMPARED`; no rows if today's practice is the only one.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> strategy_difference_rows(simulation.run({"replicates": 2}))
    []
    """
    if results.strategy_differences.empty:
        return []
    rows = results.select("strategy_differences", against=TODAY)
    return [
        [
            strategy_words(str(strategy)),
            *(signed(by[measure], "difference") for measure in COMPARED),
        ]
        for strategy, by in (
            (strategy, {row["measure"]: row for row in group.to_dict("records")})
            for strategy, group in rows.groupby("strategy", sort=False)
        )
    ]


def delay_rows(results: Results) -> list[list[Cell]]:
    """The way from the first symptom to recognition, in words.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    list of list of Cell
        What, and its mean with the interval.

    Notes
    -----
    Source: docs/model.md, section 12.

    Examples
    --------
    >>> import simulation
    >>> delay_rows(simulation.run({"replicates": 2}))[3][1][0].endswith(" doctors")
    True
    """
    rows = {row["measure"]: row for row in results.select("delay", strategy=TODAY).to_dict("records")}
    found: list[list[Cell]] = []
    for name, (label, unit) in DELAY_LABELS.items():
        cell = count(rows[name], "value") if unit else percent(rows[name], "value")
        found.append([label, cell if isinstance(cell, str) or not unit else (f"{cell[0]} {unit}", cell[1])])
    return found


def unrecognised_rows(results: Results) -> list[list[Cell]]:
    """Person-years that people with symptoms live unrecognised, by strategy.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    list of list of Cell
        Strategy, person-years in each year from now, years that people now unrecognised have lived so until now.

    Notes
    -----
    Source: docs/model.md, section 12.

    Examples
    --------
    >>> import simulation
    >>> len(unrecognised_rows(simulation.run({"replicates": 2})))
    1
    """
    return [
        [strategy_words(row["strategy"]), count(row, "n_symptomatic_unrecognised"), count(row, "years_unrecognised")]
        for row in results.select("strategies").to_dict("records")
    ]
