"""Tables of genotype or allele counts that a person keeps as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulation.data.pack import data_pack
from simulation.errors import DataError, nearest
from simulation.genetics.genotype_names import MISSING, NOT_TYPED, allele_named, parse_genotype
from simulation.surveys.survey_counts import SurveyCounts, allele_counts, genotype_counts, not_typed_note
from simulation.surveys.text_file import read_cells, survey_name, whole_number

LONG = ("survey", "genotype", "n", "panel")
WIDE = ("survey", "panel", NOT_TYPED)
ALLELES = ("survey", "allele", "n_observed", "n_typed")


def read_genotype_csv(path: Path, as_m: Sequence[str] = ()) -> SurveyCounts:
    r"""Counts from a table of genotypes or of alleles.

    Parameters
    ----------
    path : Path
        One of three layouts, told apart by the header. Long: genotype, n and, optionally, survey and panel. Wide: one
        column for each genotype and, optionally, survey, panel and not_typed. Alleles: allele, n_observed, n_typed
        and, optionally, survey.
    as_m : sequence of str, optional
        Allele names to be read as M.

    Returns
    -------
    SurveyCounts
        Genotypes as they were written, not yet checked; alleles by their name in the data pack. Without a column
        survey, the survey is named after the file.

    Raises
    ------
    DataError
        For all mistakes of the format, and for all wrong counts of alleles.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mine.csv"
    ...     _ = path.write_text("survey,MM,MZ\nElbonia,95,5\n")
    ...     read_genotype_csv(path).table
        survey genotype   n                     place
    0  Elbonia       MM  95  mine.csv line 2 column MM
    1  Elbonia       MZ   5  mine.csv line 2 column MZ
    """
    header, header_line, rows = read_cells(path)
    place = f"{path.name} line {header_line}"
    folded = [name.casefold() for name in header]
    if "allele" in folded:
        return _alleles(path, _positions(place, header, ALLELES, ("allele", "n_observed", "n_typed")), rows)
    if "genotype" in folded or "n" in folded:
        return _long(path, _positions(place, header, LONG, ("genotype", "n")), rows)
    return _wide(path, place, header, rows, as_m)


def _positions(place: str, header: list[str], known: tuple[str, ...], needed: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    messages = []
    for index, name in enumerate(header):
        if name.casefold() not in known:
            unnamed = f"column {index + 1} has no name"
            what = f"unknown column {name}{nearest(name, known)}" if name else unnamed
            messages.append(f"{place}: {what}; columns are {', '.join(known)}")
        elif name.casefold() in found:
            messages.append(f"{place}: column {name} occurs twice; keep one")
        found.setdefault(name.casefold(), index)
    for name in needed:
        if name not in found:
            messages.append(f"{place}: column {name} is missing; columns are {', '.join(known)}")
    if messages:
        raise DataError(messages)
    return found


def _surveys(path: Path, column: int | None, rows: list[tuple[int, list[str]]]) -> list[str]:
    if column is None:
        return [survey_name(path)] * len(rows)
    empty = [str(line) for line, cells in rows if not cells[column]]
    if empty:
        raise DataError(f"{path.name} line {', '.join(empty)}: survey is empty; name it, or leave the column out")
    return [cells[column] for _, cells in rows]


def _long(path: Path, at: dict[str, int], rows: list[tuple[int, list[str]]]) -> SurveyCounts:
    panel = at.get("panel")
    return genotype_counts(
        (
            survey,
            cells[at["genotype"]],
            cells[at["n"]],
            f"{path.name} line {line}",
            cells[panel] if panel is not None else "",
        )
        for survey, (line, cells) in zip(_surveys(path, at.get("survey"), rows), rows, strict=True)
    )


def _wide(
    path: Path, place: str, header: list[str], rows: list[tuple[int, list[str]]], as_m: Sequence[str]
) -> SurveyCounts:
    alleles = list(data_pack().alleles)
    at: dict[str, int] = {}
    genotypes: list[int] = []
    messages = []
    for index, name in enumerate(header):
        if name.casefold() in WIDE[:2] and name.casefold() not in at:
            at[name.casefold()] = index
        elif name.casefold() in WIDE[:2]:
            messages.append(f"{place}: column {name} occurs twice; keep one")
        elif name.casefold() == NOT_TYPED:
            genotypes.append(index)
        elif not name:
            messages.append(f"{place}: column {index + 1} has no name; write a genotype such as MZ, or ./.")
        else:
            if name in header[:index]:
                messages.append(f"{place}: column {name} occurs twice; add the two up, or keep one")
            try:
                parse_genotype(name, alleles, as_m)
                genotypes.append(index)
            except ValueError as error:
                near = nearest(name, [*LONG, *WIDE, *ALLELES]) or ""
                messages.append(
                    f"{place}: unknown column {name}{near}; it {error}; a column is {', '.join(WIDE)} or a genotype "
                    "such as MZ (or use columns genotype and n)"
                )
    if not messages and not genotypes:
        messages.append(f"{place}: no column of a genotype; columns are {', '.join(LONG)}, or one for each genotype")
    if messages:
        raise DataError(messages)
    panel = at.get("panel")
    return genotype_counts(
        (
            survey,
            NOT_TYPED if header[index].casefold() == NOT_TYPED else header[index],
            cells[index],
            f"{path.name} line {line} column {header[index]}",
            cells[panel] if panel is not None else "",
        )
        for survey, (line, cells) in zip(_surveys(path, at.get("survey"), rows), rows, strict=True)
        for index in genotypes
    )


def _alleles(path: Path, at: dict[str, int], rows: list[tuple[int, list[str]]]) -> SurveyCounts:
    known = list(data_pack().alleles)
    found, missing, messages = [], [], []
    lines: dict[tuple[str, str], int] = {}
    for survey, (line, cells) in zip(_surveys(path, at.get("survey"), rows), rows, strict=True):
        place = f"{path.name} line {line}"
        written = cells[at["allele"]]
        allele = allele_named(written, known)
        if allele is None:
            messages.append(f"{place}: unknown allele {written}{nearest(written, known)}; alleles are in alleles.csv")
            continue
        if (survey, allele) in lines:
            messages.append(f"{place}: {survey} has {allele} twice, first in line {lines[survey, allele]}; keep one")
        lines.setdefault((survey, allele), line)
        counts: list[int | None] = []
        for column in ("n_observed", "n_typed"):
            text = cells[at[column]]
            count = whole_number(text)
            counts.append(count)
            if count is None and text.casefold() not in MISSING:
                messages.append(f"{place}: {column} = {text}; it must be a whole number of chromosomes, 0 or more")
        n_observed, n_typed = counts
        if n_observed is not None and n_typed is not None and n_observed > n_typed:
            messages.append(
                f"{place}: n_observed = {n_observed} is more than n_typed = {n_typed}; both are chromosomes"
            )
        if n_observed is None or not n_typed:
            n_observed = n_typed = None
            missing.append((survey, allele))
        found.append((survey, allele, n_observed, n_typed, place))
    if messages:
        raise DataError(messages)
    return allele_counts(found, not_typed_note(path.name, missing))
