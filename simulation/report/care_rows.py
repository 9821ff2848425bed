"""Rows of the report on treatment, the liver and other diseases."""

from __future__ import annotations

from typing import Any

from simulation.data.pack import data_pack
from simulation.report.cells import Cell, count, percent
from simulation.results.axes import ALL
from simulation.results.plots import SET_LABELS, STEP_LABELS
from simulation.results.results import Results

LIVER_LABELS = {
    "cholestasis_in_infancy": "Cholestasis in infancy, a year",
    "cirrhosis": "Cirrhosis",
    "liver_cancer": "Liver cancer",
    "liver_transplant": "Liver transplant",
    "panniculitis": "Panniculitis",
}
DISEASE_ROWS = ("MM", "carrier", "SS", "intermediate", "severe")  # by default everybody, each once


def rule_table(results: Results) -> dict[str, Any]:
    """Eligibility for augmentation therapy, step by step and rule by rule.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    dict
        "names" of the rules, the config's own first; "rows", a step and then the people left by rule.

    Notes
    -----
    Source: docs/model.md, section 8.

    Examples
    --------
    >>> import simulation
    >>> rule_table(simulation.run({"replicates": 2}))["rows"][0][0]
    'Severe deficiency'
    """
    rows = results.select("treatment", genotype="severe")
    rules = list(dict.fromkeys(rows["rule"]))
    cells = {(row["rule"], row["step"]): count(row, "n") for row in rows.to_dict("records")}
    known = data_pack().treatment_rules
    return {
        "names": [known[rule].label if rule in known else str(rule).replace("_", " ") for rule in rules],
        "rows": [[STEP_LABELS[step], *(cells[rule, step] for rule in rules)] for step in dict.fromkeys(rows["step"])],
    }


def liver_rows(results: Results) -> list[list[Cell]]:
    """Liver disease and panniculitis by genotype.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    list of list of Cell
        Genotype, then people with each of `LIVER_LABELS`; the sum of the genotypes last.

    Notes
    -----
    Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> liver_rows(simulation.run({"replicates": 2}))[-1][0]
    'All of these'
    """
    if results.liver.empty:
        return []
    found: list[list[Cell]] = []
    for genotype, group in results.select("liver").groupby("genotype", sort=False):
        by = {row["outcome"]: row for row in group.to_dict("records")}
        if genotype == ALL or any(by[name]["n_mean"] > 0 for name in LIVER_LABELS):
            label = "All of these" if genotype == ALL else f"PI*{genotype}"
            found.append([label, *(count(by[name], "n") for name in LIVER_LABELS)])
    return found if len(found) > 1 else []


def disease_rows(results: Results) -> list[list[Cell]]:
    """Who has bronchiectasis and vasculitis with ANCA.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    list of list of Cell
        Genotype or set, people with bronchiectasis, share of all bronchiectasis, share of all vasculitis with ANCA.

    Notes
    -----
    Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> [row[0] for row in disease_rows(simulation.run({"replicates": 2}))][:2]
    ['PI*MM', 'Carrier (M with another)']
    """
    rows = results.select("other_diseases")
    by = {(row["genotype"], row["disease"]): row for row in rows.to_dict("records")}
    return [
        [
            SET_LABELS.get(name, f"PI*{name}"),
            count(by[name, "bronchiectasis"], "n"),
            percent(by[name, "bronchiectasis"], "share_of_cases"),
            percent(by[name, "anca_vasculitis"], "share_of_cases"),
        ]
        for name in DISEASE_ROWS
        if (name, "bronchiectasis") in by and by[name, "anca_vasculitis"]["share_of_cases_mean"] > 0
    ]
