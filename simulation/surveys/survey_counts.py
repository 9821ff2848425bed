"""What a file of a survey says: counts of genotypes or of alleles, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

GENOTYPE_COLUMNS = ("survey", "genotype", "n", "place")
ALLELE_COLUMNS = ("survey", "allele", "n_observed", "n_typed", "place")


@dataclass(frozen=True, eq=False)
class SurveyCounts:
    """What one or several files say.

    Attributes
    ----------
    kind : str
        "genotypes" or "alleles".
    table : pandas.DataFrame
        Genotypes: survey, genotype, n and place, all as text, and `panel` where a file says which alleles were looked
        for. Alleles: survey, allele, n_observed, n_typed and place; the two counts are int, or None where the allele
        was not typed. `place` says where a row stands, such as "mine.csv line 3".
    notes : tuple of str
        What was left out, and why, in sentences.
    populations : bool
        Whether the surveys are different populations (gnomAD's, groups of a VCF's samples, plink's categories) rather than
        several surveys of one.
    """

    kind: str
    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    populations: bool = False


def genotype_counts(rows: Iterable[Sequence[str]], notes: Iterable[str] = ()) -> SurveyCounts:
    """Counts of genotypes as one table.

    Parameters
    ----------
    rows : iterable of sequences of str
        Survey, genotype, n, place and, optionally, the panel.
    notes : iterable of str, optional
        What was left out.

    Returns
    -------
    SurveyCounts
        Of kind "genotypes"; with a column `panel` if any row has one, empty where a row has none.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> genotype_counts([("Elbonia", "M/Z", "12", "mine.csv line 3")]).table
        survey genotype   n            place
    0  Elbonia      M/Z  12  mine.csv line 3
    """
    filled = [(*row, "") if len(row) == len(GENOTYPE_COLUMNS) else tuple(row) for row in rows]
    table = pd.DataFrame(filled, columns=[*GENOTYPE_COLUMNS, "panel"], dtype=object)
    if not any(row[-1] for row in filled):
        table = table.drop(columns="panel")
    return SurveyCounts("genotypes", table, tuple(notes))


def allele_counts(rows: Iterable[Sequence[Any]], notes: Iterable[str] = ()) -> SurveyCounts:
    """Counts of alleles as one table.

    Parameters
    ----------
    rows : iterable of sequences
        Survey, allele, n_observed, n_typed, place. [chromosomes]
    notes : iterable of str, optional
        What was left out.

    Returns
    -------
    SurveyCounts
        Of kind "alleles". What was not typed stays None and does not become a zero.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> allele_counts([("Elbonia", "Z", None, None, "mine.csv line 3")]).table
        survey allele n_observed n_typed            place
    0  Elbonia      Z       None    None  mine.csv line 3
    """
    # object, because pandas would turn a column of int and None into floats
    table = pd.DataFrame([tuple(row) for row in rows], columns=list(ALLELE_COLUMNS), dtype=object)
    return SurveyCounts("alleles", table, tuple(notes))


def not_typed_note(name: str, missing: Iterable[tuple[str, str]]) -> list[str]:
    """Say which alleles of which surveys have no count.

    Parameters
    ----------
    name : str
        The file.
    missing : iterable of (survey, allele)
        Those with no typed chromosome.

    Returns
    -------
    list of str
        One sentence, or none.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> not_typed_note("mine.csv", [("Elbonia", "S"), ("Elbonia", "Z")])
    ['mine.csv: no chromosome was typed for Elbonia (S, Z); this is missing, not a frequency of 0']
    """
    by_survey: dict[str, list[str]] = {}
    for survey, allele in missing:
        by_survey.setdefault(survey, []).append(allele)
    if not by_survey:
        return []
    named = ", ".join(f"{survey} ({', '.join(alleles)})" for survey, alleles in by_survey.items())
    return [f"{name}: no chromosome was typed for {named}; this is missing, not a frequency of 0"]


def listed(names: Sequence[object], most: int = 5) -> str:
    """Name the first few.

    Parameters
    ----------
    names : sequence
        Such as samples.
    most : int, default 5
        How many are named.

    Returns
    -------
    str
        Names with commas, and how many more there are.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = len(names) - most
    return ", ".join(str(name) for name in names[:most]) + (f" and {more} more" if more > 0 else "")
