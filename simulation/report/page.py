"""Write the report: one self-contained HTML page."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pandas as pd

from simulation.data.pack import data_pack
from simulation.report.care_rows import LIVER_LABELS, disease_rows, liver_rows, rule_table
from simulation.report.couples_rows import (
    ancestry_matrix,
    births_of,
    carrier_rows,
    couple_rows,
    residual_head,
    residual_rows,
)
from simulation.report.finding_rows import (
    COMPARED,
    delay_rows,
    found_table,
    scenario_table,
    strategy_difference_rows,
    unrecognised_rows,
    work_table,
)
from simulation.report.words import CARD_HEADLINES, alt_texts, answer, assumed, cards, people_sentence, with_interval
from simulation.results.plots import DEFINITIONS, SET_LABELS
from simulation.results.results import Results

N_PARAMETERS_SHOWN = 10
NOISE = 6.63  # 99 % point of chi-squared with one degree of freedom: n r² of two unrelated numbers
CAPTIONS = {
    "prevalence": "Share of living people with each genotype and set.",
    "couples": "Couples at risk among all couples who have a child. Line and stroke: the closed form with its 95 % interval."
    " Dot: mean of the couples drawn.",
    "copd": "COPD by genotype and smoking, not adjusted for age: former smokers are older than current ones.",
    "copd_by_age": "COPD by age.",
    "recognition": "From severe deficiency with COPD down to those whose deficiency is recognised, whether their COPD is"
    " diagnosed or not.",
    "testing": "Today's practice in people with a severe genotype, by way of diagnosed COPD. Called deficient: reported as"
    " severe, or a low level that nobody followed up. People who are recognised in another way are not in these bars."
    " As many are taken to have been tested as it takes to recognise the share that is known to be recognised.",
    "strategies": "Each strategy adds to today's practice. It is dominated if in most replicates another one finds as many with"
    " fewer tests. Tests are those of the deficiency: spirometry to find obstruction, and costs, are not on this axis."
    " All strategies test the same people, so they differ by more than these intervals suggest: the differences below have"
    " intervals of their own.",
    "missed": "Of all people with a severe genotype: who is recognised today, who is found, and why the others are missed."
    " Not tested: the test was not offered, or not taken.",
    "treatment": "Eligibility for augmentation therapy by each rule, step by step; each step keeps a part of the one before.",
    "differences": "Scenarios against the base, on the same random numbers.",
}


def write_report(results: Results, folder: Path) -> None:
    """Write report.html into a folder whose figures are drawn.

    Parameters
    ----------
    results : Results
        Of a run.
    folder : Path
        With `figures/NAME.svg`, drawn by `results.plot.save_all`.

    Notes
    -----
    Everything is inside the page: no network, no script. Text from the config is escaped. Source: docs/tables.md.

    Examples
    --------
    >>> import tempfile, simulation
    >>> with tempfile.TemporaryDirectory() as home:
    ...     folder = simulation.run({"title": "<b>", "replicates": 2}).save(f"{home}/mine")
    ...     "&lt;b&gt;" in (folder / "report.html").read_text(encoding="utf-8")
    True
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("simulation.report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("template.html").render(**_content(results, folder))
    (folder / "report.html").write_text(page, encoding="utf-8")


def _content(results: Results, folder: Path) -> dict[str, Any]:
    record, pack = results.record, data_pack()
    texts = alt_texts(results)
    unverified = results.parameters[results.parameters["verified"] == "no"]
    figures = [
        {
            "name": name,
            "alt": texts[name],
            "caption": CAPTIONS[name] + _definition_note(name, results),
            "data": b64encode((folder / "figures" / f"{name}.svg").read_bytes()).decode(),
        }
        for name in results.plot.names
    ]
    used = {reference["source"]: i for i, reference in enumerate(results.references, start=1)}
    return {
        "title": results.title,
        "question": people_sentence(record["config"], results, pack),
        "answer": answer(results),
        "assumed": assumed(results),
        "definition": DEFINITIONS[results.definition],
        "cards": cards(results),
        "figures": figures,
        "prevalence": _prevalence_rows(results),
        "populations": _population_rows(results),
        "headlines": _headline_rows(results),
        "differences": _difference_rows(results),
        "pages": _pages(results),
        **_finding_content(results),
        "drivers": _driver_rows(results, results.parameters, used)[:N_PARAMETERS_SHOWN],
        "unverified": _driver_rows(results, unverified, used),
        "n_unverified": len(unverified),
        "assumptions": [
            {**row, "number": used.get(row["source"])} for row in results.assumptions.fillna("").to_dict("records")
        ],
        "limits": [{"text": row.text, "number": used.get(row.source)} for row in pack.limits.values()],
        "inputs": _input_rows(results, used),
        "references": [{**reference, "number": used[reference["source"]]} for reference in results.references],
        "record": record,
        "config": (folder / "config.toml").read_text(encoding="utf-8"),
    }


def _finding_content(results: Results) -> dict[str, Any]:
    """Rows of the sections on couples, on finding people, on the delay and on care."""
    return {
        "carriers": carrier_rows(results),
        "couples": couple_rows(results),
        "births_of": births_of(results),
        "ancestry_matrix": ancestry_matrix(results),
        "residual": residual_rows(results),
        "residual_head": residual_head(results),
        "found": found_table(results),
        "work": work_table(results),
        "everywhere": scenario_table(results),
        "currency": results.record["config"]["testing"]["currency"],
        "compared": list(COMPARED.values()),
        "strategy_differences": strategy_difference_rows(results),
        "delay": delay_rows(results),
        "unrecognised": unrecognised_rows(results),
        "rules": rule_table(results),
        "liver_labels": list(LIVER_LABELS.values()),
        "liver": liver_rows(results),
        "diseases": disease_rows(results),
    }


def _pages(results: Results) -> dict[str, str]:
    """Names of the sections by their anchors, in the order of the page."""
    return {
        "genotypes": "Genotypes",
        "couples": "Carriers and couples",
        "copd": "COPD",
        "recognised": "Who is recognised",
        **({"strategies": "Strategies"} if "strategies" in results.plot.names else {}),
        "delay": "Delay",
        "care": "Treatment and care",
        **({"scenarios": "Scenarios"} if "differences" in results.plot.names else {}),
        "rests": "What the answer rests on",
        "inputs": "Inputs",
    }


def _definition_note(name: str, results: Results) -> str:
    return "" if name in ("prevalence", "couples") else f" {DEFINITIONS[results.definition]}."


def _prevalence_rows(results: Results) -> list[dict[str, str]]:
    rows = results.select("prevalence").set_index(["at", "genotype"])
    names = dict.fromkeys(results.prevalence["genotype"])
    return [
        {
            "genotype": SET_LABELS.get(name, f"PI*{name}"),
            "birth": rows.loc[("birth", name), "text"],
            "people": with_interval(*rows.loc[("living", name), ["n_mean", "n_low", "n_high"]]),
        }
        for name in names
        if rows.loc[("birth", name), "proportion_mean"] > 0
    ]


def _population_rows(results: Results) -> list[dict[str, str]]:
    if len(results.populations) == 1:
        return []
    rows = {name: results.select("headlines", population=name).set_index("headline") for name in results.populations}
    return [
        {
            "population": name.replace("_", " "),
            "birth": results.select("prevalence", population=name, at="birth", genotype="severe")["text"].iloc[0],
        }
        | {key: with_interval(*rows[name].loc[key, ["n_mean", "n_low", "n_high"]]) for key in CARD_HEADLINES}
        for name in results.populations
    ]


def _headline_rows(results: Results) -> list[dict[str, str]]:
    rows = results.select("headlines")
    return [{"label": r.label, "value": with_interval(r.n_mean, r.n_low, r.n_high)} for r in rows.itertuples()]


def _difference_rows(results: Results) -> list[dict[str, str]]:
    rows = results.select("differences", scenario=None)
    rows = rows[
        (rows["difference_low"] != 0) | (rows["difference_high"] != 0)
    ]  # what a scenario leaves alone is not listed
    return [
        {
            "scenario": str(r.scenario).replace("_", " "),
            "label": str(r.label),
            "value": with_interval(r.difference_mean, r.difference_low, r.difference_high),
            "relative": _percent(r.relative_mean, r.relative_low, r.relative_high),
        }
        for r in rows.itertuples()
    ]


def _percent(mean: float, low: float, high: float) -> str:
    if pd.isna(mean):
        return ""
    return f"{100 * mean:+.1f} % ({100 * low:+.1f} to {100 * high:+.1f})".replace("-", "−")


def _driver_rows(results: Results, rows: pd.DataFrame, used: dict[str, int]) -> list[dict[str, Any]]:
    """Figures whose share is more than chance gives one in a hundred that has nothing to do with it, the largest first."""
    rows = rows[rows["share_of_variance"] > NOISE / results.record["replicates"]].drop_duplicates("name")
    rows = rows.sort_values("share_of_variance", ascending=False, kind="stable")
    return [{**row, "number": used.get(row["source"])} for row in rows.to_dict("records")]


def _input_rows(results: Results, used: dict[str, int]) -> list[dict[str, Any]]:
    found = []
    for row in results.parameters.to_dict("records"):
        low, high = row["low"], row["high"]
        row["span"] = f"{low:.4g} to {high:.4g}" if pd.notna(low) and pd.notna(high) else ""
        row["value"] = f"{row['value']:,.6g}" if abs(row["value"]) < 1e5 else f"{row['value']:,.0f}"
        row["number"] = used.get(row["source"])
        found.append(row)
    return found
