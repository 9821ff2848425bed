"""A table of genotypes or alleles by survey, checked once: what is counted, of whom, and what could not be seen."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.data.pack import data_pack
from simulation.errors import DataError, nearest
from simulation.genetics.genotype_names import NOT_TYPED, allele_named, parse_genotype, written_alleles
from simulation.inference.gene_counting import allele_counts
from simulation.labels import allele_pairs, genotypes
from simulation.surveys.text_file import whole_number

Integers = NDArray[np.int64]
Panel = str | Sequence[str] | Mapping[str, str | Sequence[str]] | None
GENOTYPE_COLUMNS = ("survey", "genotype", "n")
ALLELE_COLUMNS = ("survey", "allele", "n_observed", "n_typed")
OPTIONAL_COLUMNS = ("panel", "place")
_ALLELE = "allele"
TOTALS = ("total", "totals", "sum", "all")


@dataclass(frozen=True)
class Surveys:
    """One or several surveys, checked.

    Attributes
    ----------
    alleles : tuple of str
        M first; those that at least one survey tells apart.
    names : tuple of str
        Surveys.
    n_observed, n_typed : ndarray of int64, shape (n_surveys, n_alleles)
        Genes of each allele and genes in which it would have been seen. [chromosomes]
    genotype_counts : dict of str to ndarray of int64, shape (n_genotypes,)
        By survey, as read; empty for a table of alleles. [people]
    not_typed, missing : dict of str to int
        People that a screen let pass; people whose genotype is not known. [people]
    panels : dict of str to tuple of str
        Alleles that each survey tells apart, M left out.
    notes : tuple of str
        What a reader must know.
    """

    alleles: tuple[str, ...]
    names: tuple[str, ...]
    n_observed: Integers
    n_typed: Integers
    genotype_counts: dict[str, Integers]
    not_typed: dict[str, int]
    missing: dict[str, int]
    panels: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]

    @property
    def genotypes(self) -> tuple[str, ...]:
        """Names of the genotypes of these alleles."""
        return genotypes(self.alleles)

    @property
    def unseen(self) -> tuple[str, ...]:
        """Alleles that nobody had; not M, of which behind a screen nobody may be typed."""
        total = self.n_observed.sum(axis=0)
        return tuple(a for a, n in zip(self.alleles[1:], total[1:], strict=True) if n == 0)

    @property
    def complete(self) -> bool:
        """Whether every survey tells all alleles apart; counts of alleles say of each by itself who was typed."""
        return not self.genotype_counts or all(set(panel) == set(self.alleles[1:]) for panel in self.panels.values())


def checked_surveys(
    table: pd.DataFrame,
    alleles: Sequence[str] | None = None,
    as_m: Sequence[str] = (),
    panel: Panel = None,
) -> Surveys:
    """Check a table of surveys, all mistakes together.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns survey, genotype, n; or survey, allele, n_observed, n_typed. Optional: panel, the alleles that a survey
        tells apart; place, where a row was read.
    alleles : sequence of str, optional
        Alleles to tell apart; others are counted as their pool (rare, null) or as M. Default: those named, rare and null
        ones pooled.
    as_m : sequence of str, optional
        Names that the data pack does not know and that are to be read as M.
    panel : str, sequence or mapping, optional
        "S,Z", or for some surveys only {"oregon": "S,Z"}: alleles told apart; every other reads as M.

    Returns
    -------
    Surveys
        Every genotype under one name.

    Raises
    ------
    DataError
        With one sentence for each mistake: place, value, what is allowed.

    Notes
    -----
    A missing genotype, or half of one, is never read as M. Source: docs/evidence.md.

    Examples
    --------
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "PI*SM", "MZ"], "n": [90, 8, 2]})
    >>> found = checked_surveys(table)
    >>> found.alleles, found.n_observed.tolist()
    (('M', 'S', 'Z'), [[190, 8, 2]])
    """
    kind = _kind(table)
    known = list(data_pack().alleles)
    mistakes = [f"unknown allele {name}{nearest(name, known)}" for name in alleles or () if name not in known]
    if mistakes:
        raise DataError(mistakes)
    rows = _rows(table, GENOTYPE_COLUMNS if kind == "genotype" else ALLELE_COLUMNS)
    merge = _Merge(known, alleles)
    panels = _panels(rows, panel, known, merge, mistakes)
    if panel is not None and kind == _ALLELE:
        mistakes.append("panel: an allele table says itself what was typed; leave the other alleles out of it")
    build = _from_genotypes if kind == "genotype" else _from_alleles
    surveys = build(rows, known, as_m, merge, panels, mistakes)
    if mistakes or surveys is None:
        raise DataError(mistakes)
    return surveys


class _Merge:
    """Which allele another is counted as."""

    def __init__(self, known: Sequence[str], wanted: Sequence[str] | None) -> None:
        rows = data_pack().alleles
        self.pool = {name: rows[name].part_of for name in known if rows[name].part_of}
        self.wanted = None if wanted is None else {"M", *wanted}
        self.parts: dict[str, set[str]] = {}

    def __call__(self, allele: str) -> str:
        if self.wanted is None or allele in self.wanted:
            counted = allele if self.wanted is not None else self.pool.get(allele, allele)
        else:
            pool = self.pool.get(allele, "M")
            counted = pool if pool in self.wanted else "M"
        if counted not in (allele, "M"):
            self.parts.setdefault(counted, set()).add(allele)
        return counted

    def notes(self) -> list[str]:
        """Which alleles a pool is made of, where it is not the whole of it."""
        return [f"{pool} is the sum of {', '.join(sorted(parts))}" for pool, parts in self.parts.items()]


def _kind(table: pd.DataFrame) -> str:
    named = [str(column) for column in table.columns]
    kind = "genotype" if "genotype" in named or _ALLELE not in named else _ALLELE
    wanted = GENOTYPE_COLUMNS if kind == "genotype" else ALLELE_COLUMNS
    lacking = [column for column in wanted if column not in named and column != "survey"]
    unknown = [column for column in named if column not in (*wanted, *OPTIONAL_COLUMNS)]
    mistakes = [f"the table has no column {column}; it must have {', '.join(wanted)}" for column in lacking]
    mistakes += [
        f"the table has an unknown column {name}{nearest(name, [*wanted, *OPTIONAL_COLUMNS])}" for name in unknown
    ]
    if mistakes:
        raise DataError(mistakes)
    if table.empty:
        raise DataError("the table is empty; it must have a row for each genotype")
    return kind


def _rows(table: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for number, row in enumerate(table.to_dict("records"), start=1):
        survey = "survey" if _absent(row.get("survey", "survey")) else str(row.get("survey", "survey")).strip()
        place = row.get("place")
        rows.append(
            {**{column: row.get(column) for column in (*columns, "panel")}, "survey": survey or "survey"}
            | {"place": f"row {number}" if _absent(place) else str(place)}
        )
    return rows


def _absent(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _count(value: Any, name: str, place: str, mistakes: list[str]) -> int | None:
    """A whole number of people or genes; None where it is none, with a sentence."""
    text = "" if _absent(value) else str(value).strip()
    count = whole_number(text)
    if count is not None and count < 2**53:
        return count
    why = "it is empty" if text == "" else f"{name} = {text}"
    hint = " (a count of people, not a share)" if re.fullmatch(r"\d*\.\d+", text) else ""
    mistakes.append(f"{place}: {why}; {name} must be a whole number, at least 0{hint}")
    return None


def _panels(
    rows: Sequence[Mapping[str, Any]], panel: Panel, known: Sequence[str], merge: _Merge, mistakes: list[str]
) -> dict[str, tuple[str, ...]]:
    """Alleles told apart by those surveys whose panel is given."""
    given: dict[str, tuple[str, Any]] = {}
    for row in rows:
        if not _absent(row["panel"]) and str(row["panel"]).strip():
            text = str(row["panel"]).strip()
            place, before = given.setdefault(row["survey"], (row["place"], text))
            if before != text:
                mistakes.append(
                    f"{row['place']}: panel = {text}; {place} gives survey {row['survey']} another, {before}"
                )
    names = list(dict.fromkeys(row["survey"] for row in rows))
    totals = [name for name in names if name.casefold() in TOTALS and len(names) > 1]
    mistakes += [f"survey {name}: would count everybody twice; leave the total out of the table" for name in totals]
    if isinstance(panel, Mapping):
        for name, value in panel.items():
            if name not in names:
                mistakes.append(
                    f"panel: unknown survey {name}{nearest(name, names)}; it must be one of {', '.join(names)}"
                )
            given[name] = ("panel", value)
    elif panel is not None:
        given = {name: ("panel", panel) for name in names}
    panels = {}
    for name, (place, value) in given.items():
        parts = [part for part in re.split(r"[\s,;/+]+", value) if part] if isinstance(value, str) else list(value)
        if isinstance(value, str) and len(parts) == 1 and allele_named(parts[0], known) is None:
            parts = list(parts[0])  # SZ
        found = [allele_named(str(part), known) for part in parts]
        for part, allele in zip(parts, found, strict=True):
            if allele is None:
                mistakes.append(f"{place}: the panel names an unknown allele, {part}{nearest(str(part), list(known))}")
        if name not in names or not parts:
            continue
        panels[name] = tuple(dict.fromkeys(merge(a) for a in found if a is not None and merge(a) != "M"))
    return panels


def _from_genotypes(
    rows: Sequence[Mapping[str, Any]],
    known: Sequence[str],
    as_m: Sequence[str],
    merge: _Merge,
    panels: Mapping[str, tuple[str, ...]],
    mistakes: list[str],
) -> Surveys | None:
    counted: dict[str, dict[tuple[str, str], int]] = {}
    not_typed: dict[str, int] = {}
    missing: dict[str, int] = {}
    seen: dict[tuple[str, Any], tuple[str, str]] = {}
    for row in rows:
        survey, place = row["survey"], row["place"]
        text = "" if _absent(row["genotype"]) else str(row["genotype"]).strip()
        n = _count(row["n"], "n", place, mistakes)
        pair: tuple[str, str] | None = None
        screened = text.casefold().replace(" ", "_") == NOT_TYPED
        if not screened:
            try:
                pair = parse_genotype(text, known, as_m)
            except ValueError as error:
                cure = "; if it is normal, say so with as_m (--as-m)" if "unknown allele" in str(error) else ""
                mistakes.append(f"{place}: genotype {text} {error}{cure}")
                continue
        key = NOT_TYPED if screened else written_alleles(text, known, as_m) if pair is not None else None
        if pair is not None or screened:
            before = seen.setdefault((survey, key), (place, text))
            if before != (place, text):
                mistakes.append(
                    f"{place}: {text} of survey {survey} was counted before ({before[0]}, {before[1]}); add the two up, or"
                    " give the surveys different names"
                )
        if n is None:
            continue
        counted.setdefault(survey, {})
        if screened:
            not_typed[survey] = n
        elif pair is None:
            missing[survey] = missing.get(survey, 0) + n
        else:
            first, second = sorted((merge(pair[0]), merge(pair[1])), key=known.index)
            merged = (first, second)
            outside = [a for a in merged if survey in panels and a != "M" and a not in panels[survey]]
            if outside and n > 0:
                mistakes.append(
                    f"{place}: genotype {text} names {outside[0]}, which the panel {', '.join(panels[survey])} of survey"
                    f" {survey} does not tell apart; correct the panel or the genotype"
                )
            counted[survey][merged] = counted[survey].get(merged, 0) + n
    for survey, table in counted.items():
        if not mistakes and not sum(table.values()) and not not_typed.get(survey):
            mistakes.append(f"survey {survey}: nobody has a genotype; there must be at least one person")
    if mistakes:
        return None
    named = {a for table in counted.values() for pair in table for a in pair} | {a for p in panels.values() for a in p}
    alleles = ("M", *(a for a in known if a in named and a != "M"))
    if len(alleles) == 1:
        mistakes.append("the table names no allele but M; name the alleles that were looked for, with n = 0")
        return None
    pairs = [(alleles[i], alleles[j]) for i, j in allele_pairs(len(alleles))]
    by_survey = {name: np.array([table.get(pair, 0) for pair in pairs], np.int64) for name, table in counted.items()}
    whole = {name: panels.get(name, alleles[1:]) for name in by_survey}
    observed = np.array([allele_counts(n) for n in by_survey.values()])
    told = np.array([[a == "M" or a in whole[name] for a in alleles] for name in by_survey])
    typed = np.where(told, observed.sum(axis=1, keepdims=True), 0)
    notes = merge.notes() + _unseen_notes(whole)
    for name, table in counted.items():
        unseen = [a for a in alleles[1:] if a in whole[name] and not any(a in pair for pair in table)]
        if unseen and name not in panels and len(counted) > 1:
            notes.append(
                f"survey {name} names no genotype with {', '.join(unseen)}: taken as looked for and not found; if it could"
                " not be seen, give its panel"
            )
    notes += [f"survey {name}: {n:,} people without a genotype are left out" for name, n in missing.items() if n]
    return Surveys(alleles, tuple(by_survey), observed, typed, by_survey, not_typed, missing, whole, tuple(notes))


def _from_alleles(
    rows: Sequence[Mapping[str, Any]],
    known: Sequence[str],
    as_m: Sequence[str],
    merge: _Merge,
    panels: Mapping[str, tuple[str, ...]],
    mistakes: list[str],
) -> Surveys | None:
    counted: dict[str, dict[str, list[tuple[int, int]]]] = {}
    seen: dict[tuple[str, str], str] = {}
    notes: list[str] = []
    for row in rows:
        survey, place = row["survey"], row["place"]
        text = "" if _absent(row["allele"]) else str(row["allele"]).strip()
        allele = allele_named(text, known, as_m)
        if allele is None:
            mistakes.append(f"{place}: unknown allele {text}{nearest(text, list(known))}")
            continue
        counted.setdefault(survey, {})
        before = seen.setdefault((survey, allele), place)
        if before != place:
            mistakes.append(f"{place}: {allele} of survey {survey} was counted before ({before}); keep one of the two")
        of = 0 if _absent(row["n_typed"]) else _count(row["n_typed"], "n_typed", place, mistakes)
        if of == 0:
            notes.append(f"{place}: no gene of survey {survey} was typed for {allele}; its frequency is missing, not 0")
            continue
        n = _count(row["n_observed"], "n_observed", place, mistakes)
        if n is None or of is None:
            continue
        if n > of:
            mistakes.append(
                f"{place}: n_observed = {n:,} exceeds n_typed = {of:,}; n_typed counts chromosomes, two a person"
            )
        counted[survey].setdefault(merge(allele), []).append((n, of))
    if not mistakes and not any(counted.values()):
        mistakes.append("no allele was typed in any survey; there is nothing to fit")
    for survey, table in counted.items():
        total = sum(n / of for name, found in table.items() if name != "M" for n, of in found if n <= of)
        if total > 1 + 1e-9:
            mistakes.append(f"survey {survey}: allele frequencies sum to {total:.6g}; together they must be at most 1")
    if mistakes:
        return None
    names = [name for name in counted if counted[name]]
    named = {a for table in counted.values() for a in table}
    alleles = ("M", *(a for a in known if a in named and a != "M"))
    if len(alleles) == 1:
        mistakes.append("the table names no allele but M; it must name the alleles that were looked for")
        return None
    observed = np.zeros((len(names), len(alleles)), np.int64)
    typed = np.zeros_like(observed)
    for k, name in enumerate(names):
        for allele, found in counted[name].items():
            if allele != "M":
                observed[k, alleles.index(allele)], typed[k, alleles.index(allele)] = _pooled(found)
        share = np.divide(observed[k], typed[k], out=np.zeros(len(alleles)), where=typed[k] > 0)
        typed[k, 0] = typed[k][typed[k] > 0].min()
        observed[k, 0] = round(float(typed[k, 0] * (1 - share[1:].sum())))
    whole = {n: tuple(a for a, of in zip(alleles[1:], typed[k, 1:], strict=True) if of) for k, n in enumerate(names)}
    notes = merge.notes() + _unseen_notes(whole) + notes
    return Surveys(alleles, tuple(names), observed, typed, {}, {}, {}, whole, tuple(notes))


def _unseen_notes(panels: Mapping[str, tuple[str, ...]]) -> list[str]:
    """S and Z are what a reader takes for granted: say so where no survey could have seen them."""
    lacking = [allele for allele in ("S", "Z") if not any(allele in panel for panel in panels.values())]
    if not lacking:
        return []
    return [
        f"no survey tells {' or '.join(lacking)} apart: M stands for {' and '.join(lacking)}, too, and so does carrier"
    ]


def _pooled(found: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Parts of a pool added up: exactly where they were typed on the same genes, else with their summed frequency."""
    total = sum(n for n, _ in found)
    share = sum(n / of for n, of in found)
    if total == 0 or len({of for _, of in found}) == 1:
        return total, min(of for _, of in found)
    return total, round(total / share)
