"""Write the report: one self-contained HTML page."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pandas as pd

from simulation.data.pack import data_pack
from simulation.report.words import CARD_HEADLINES, alt_texts, answer, assumed, cards, people_sentence, with_interval
from simulation.results.plots import DEFINITIONS, SET_LABELS
from simulation.results.results import Results

N_PARAMETERS_SHOWN = 10
NOISE = 6.63  # 99 % point of chi-squared with one degree of freedom: n r² of two unrelated numbers
CAPTIONS = {
    "prevalence": "Share of living people with each genotype and set.",
    "copd": "COPD by genotype and smoking, not adjusted for age: former smokers are older than current ones.",
    "copd_by_age": "COPD by age.",
    "recognition": "From severe deficiency with COPD down to those whose deficiency is recognised, whether their COPD is"
    " diagnosed or not.",
    "treatment": "Eligibility for augmentation therapy, step by step; each step keeps a part of the one before.",
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


def _definition_note(name: str, results: Results) -> str:
    return "" if name == "prevalence" else f" {DEFINITIONS[results.definition]}."


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
