"""Write the comparison with published figures: one self-contained HTML page, a table and a forest plot."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from simulation.data.pack import data_pack
from simulation.report.words import number
from simulation.results.forest import save_forest

MEANINGS = {
    "comparable": (
        "Comparable",
        "Figures of other surveys, of a known population and with a clear definition. These alone decide.",
    ),
    "same_survey": (
        "Same survey",
        "The model's own frequency comes from this survey: agreement shows only that the arithmetic holds. Genotypes can"
        " still depart from Hardy-Weinberg proportions. Not counted.",
    ),
    "not_comparable": (
        "Not comparable",
        "Patients, screens by serum level, figures without a clear definition, people or origin. Not counted.",
    ),
    "refuted": ("Refuted", "Printed figures that contradict their own source, with the right arithmetic. Not counted."),
}


def write_validation(table: pd.DataFrame, verdict: str, rule: str, sentence: str, folder: Path) -> None:
    """Write report.html, validation.csv and figures/forest.svg and .png.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a figure, as `simulation.validation.compare.compare` makes it.
    verdict : {"pass", "fail", "inconclusive"}
        The outcome.
    rule : str
        How it was reached, stated beforehand.
    sentence : str
        The outcome with the numbers that decided.
    folder : Path
        Made if missing.

    Notes
    -----
    Everything is inside the page: no network, no script; text is escaped. Source: docs/data.md.

    Examples
    --------
    >>> import tempfile
    >>> row = {"label": "<b>", "year": "", "genotype": "ZZ", "status": "comparable", "reason": "", "source": "carroll2011"}
    >>> row |= {"measure": "count", "unit": "people", "inside": True, "standard_errors": 0.5, "observed": 9}
    >>> row |= {"observed_low": float("nan"), "observed_high": float("nan"), "model_mean": 10, "model_low": 5, "model_high": 15}
    >>> with tempfile.TemporaryDirectory() as home:
    ...     write_validation(pd.DataFrame([row]), "inconclusive", "A rule.", "Too few.", Path(home))
    ...     "&lt;b&gt;" in (Path(home) / "report.html").read_text(encoding="utf-8")
    True
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    folder.mkdir(parents=True, exist_ok=True)
    save_forest(table, folder / "figures")
    table.to_csv(folder / "validation.csv", index=False, lineterminator="\n")
    pack = data_pack()
    numbers = {source: i for i, source in enumerate(dict.fromkeys(table["source"]), start=1)}
    environment = Environment(
        loader=PackageLoader("simulation.report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("validation.html").render(
        rule=rule,
        verdict=verdict,
        sentence=sentence,
        cards=_cards(table),
        alt=_alt_text(table),
        figure=b64encode((folder / "figures" / "forest.svg").read_bytes()).decode(),
        n_figures=len(table),
        groups=_groups(table, numbers),
        references=[vars(pack.references[source]) | {"number": number} for source, number in numbers.items()],
        data_hash=pack.hash[:12],
    )
    (folder / "report.html").write_text(page, encoding="utf-8")


def _groups(table: pd.DataFrame, numbers: dict[str, int]) -> list[dict[str, Any]]:
    found = []
    for status, (title, meaning) in MEANINGS.items():
        rows = [_cells(row, numbers) for row in table[table["status"] == status].to_dict("records")]
        if rows:
            found.append({"title": f"{title} ({len(rows)})", "meaning": meaning, "rows": rows})
    return found


def _cells(row: dict[str, Any], numbers: dict[str, int]) -> dict[str, Any]:
    kind = "people" if row["unit"] == "people" else "percent" if row["measure"] == "proportion" else "one_in"
    z = row["standard_errors"]
    seen, seen_span = _in_words(row["observed"], row["observed_low"], row["observed_high"], kind, "{:,.0f}".format)
    model, model_span = _in_words(row["model_mean"], row["model_low"], row["model_high"], kind, _expected)
    return {
        "label": row["label"] + (f", {row['year']}:" if row["year"] else ":"),
        "genotype": row["genotype"].replace("+", ", "),
        "reason": row["reason"],
        "number": numbers[row["source"]],
        "published": seen,
        "published_span": seen_span,
        "model": model,
        "model_span": model_span,
        "inside": "inside" if row["inside"] else "outside",
        "standard_errors": "" if pd.isna(z) else f"{round(z, 1) + 0.0:+.1f}".replace("-", "−"),
    }


def _in_words(value: float, low: float, high: float, kind: str, people: Callable[[float], str]) -> tuple[str, str]:
    """A number and its interval, as the source prints such numbers; a range where there is no number."""
    if kind == "people":
        return people(value), "" if pd.isna(low) else f"({people(low)}-{people(high)})"
    if kind == "percent":
        return f"{100 * value:.3g} %", "" if pd.isna(low) else f"({100 * low:.3g}-{100 * high:.3g})"
    ends = "" if pd.isna(low) else f"{_one_in(high)}-{_one_in(low)}"
    if pd.isna(value):
        return f"1 in {ends}", ""
    return f"1 in {_one_in(value)}", f"({ends})" if ends else ""


def _expected(people: float) -> str:
    return f"{people:.1f}" if 0 < people < 100 and people != round(people) else number(people)


def _one_in(proportion: float) -> str:
    if proportion <= 0:
        return "nobody"
    return f"{1 / proportion:,.0f}" if proportion < 0.02 else f"{1 / proportion:.1f}"


def _cards(table: pd.DataFrame) -> list[dict[str, str]]:
    counted = table[table["status"] == "comparable"]
    inside = int(counted["inside"].sum())
    return [
        {"label": "Comparable figures inside", "value": f"{inside} of {len(counted)}"},
        {"label": "Comparable figures outside", "value": str(len(counted) - inside)},
        {"label": "Shown, not counted", "value": str(len(table) - len(counted))},
    ]


def _alt_text(table: pd.DataFrame) -> str:
    counted = table[table["status"] == "comparable"]
    outside = [f"{r.label} {r.genotype}" for r in counted.itertuples() if not r.inside]
    listed = f" Outside: {'; '.join(outside)}." if outside else ""
    return (
        f"Forest plot of {len(table)} published figures over the model's mean, by status. Of {len(counted)} comparable"
        f" figures {len(counted) - len(outside)} lie inside the model's 95 % interval.{listed}"
    )
