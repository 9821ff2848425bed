"""The variant table that the gnomAD browser exports as CSV for a gene, of version 2 (GRCh37) or 4 (GRCh38)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from simulation.errors import DataError
from simulation.surveys.survey_counts import SurveyCounts, allele_counts, not_typed_note
from simulation.surveys.text_file import read_cells, survey_name, whole_number
from simulation.surveys.variants import BUILDS, CHROMOSOME, Variant, match, mismatch, pack_variants, tell_build

# Column names as browser/src/VariantList/ExportVariantsButton writes them; all columns are found by name.
NEEDED = ("Chromosome", "Position", "Reference", "Alternate", "Allele Count", "Allele Number")
COUNT, NUMBER, FILTERS, VARIANT_ID = "Allele Count", "Allele Number", "Filters - ", "gnomAD ID"
SEXES = ("XX", "XY")  # parts of every population: would count people twice


@dataclass
class _Table:
    name: str
    header: list[str]
    messages: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)

    def cell(self, cells: list[str], column: str) -> str:
        return cells[self.header.index(column)]


@dataclass(frozen=True)
class _Row:
    line: int
    cells: list[str]
    position: int
    ref: str
    alt: str


def read_gnomad(path: Path) -> SurveyCounts:
    r"""Counts of alleles from a gnomAD variant table.

    Parameters
    ----------
    path : Path
        As "Export variants to CSV" on a gene's page writes it.

    Returns
    -------
    SurveyCounts
        Of kind "alleles": each population that has columns of its own is a survey; the total is one only if there is
        no population.

    Raises
    ------
    DataError
        For all rows with a count above the number of chromosomes, negative or fractional; for a variant that occurs
        twice or has its bases swapped; if no variant of the data pack is in the table.

    Notes
    -----
    A variant is an allele of the data pack by position, reference and alternate in the build that fits. It is left out
    if it passed no filter in any data set that has it. A variant which is not in the table is not typed: gnomAD lists
    only what somebody carries, so nothing tells a frequency of 0 from a position that was not read. Source:
    docs/evidence.md.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "gnomad.csv"
    ...     _ = path.write_text(
    ...         "Chromosome,Position,Reference,Alternate,Allele Count,Allele Number,Allele Count Amish,"
    ...         "Allele Number Amish\n14,94378610,C,T,20,1000,3,90\n"
    ...     )
    ...     read_gnomad(path).table[["survey", "allele", "n_observed", "n_typed"]]
      survey allele n_observed n_typed
    0  Amish      Z          3      90
    """
    header, header_line, rows = read_cells(path)
    absent = [name for name in NEEDED if name not in header]
    if absent:
        raise DataError(
            f"{path.name} line {header_line}: not a whole gnomAD variant table, column {', '.join(absent)} is missing; "
            "export it again with Export variants to CSV"
        )
    table = _Table(path.name, header)
    here = _on_chromosome_14(table, rows)
    build = tell_build(path.name, [build for row in here for build in _fitting(row)])
    kept, n_failed = _kept(table, here, build)
    n_other = len(rows) - len(kept) - n_failed
    if n_other and not table.messages:
        verb = "row of another variant was" if n_other == 1 else "rows of other variants were"
        table.notes.append(f"{path.name}: {n_other} {verb} not used; a chromosome with such a variant counts as M")
    populations = _populations(table, kept)
    found = [_counts(table, row, variant, population) for population in populations for variant, row in kept]
    if table.messages:
        raise DataError(table.messages)
    if not kept:
        raise DataError([f"{path.name}: nothing is left to count", *table.notes])
    absent = [allele for allele in pack_variants() if allele not in {variant.allele for variant, _ in kept}]
    if absent:
        table.notes.append(
            f"{path.name} ({build}): not typed, because not in the table: {', '.join(absent)}; gnomAD lists only "
            "variants that somebody carries, so this is missing, not a frequency of 0"
        )
    surveys = [(name or survey_name(path), *rest) for name, *rest in found]
    missing = [(name or survey_name(path), allele) for name, allele in table.missing]
    return allele_counts(surveys, [*table.notes, *not_typed_note(path.name, missing)])


def _on_chromosome_14(table: _Table, rows: list[tuple[int, list[str]]]) -> list[_Row]:
    found = []
    for line, cells in rows:
        chromosome, written, ref, alt = (table.cell(cells, name) for name in NEEDED[:4])
        position = whole_number(written)
        if position is None:
            table.messages.append(f"{table.name} line {line}: Position = {written}; it must be a whole number")
            continue
        if VARIANT_ID in table.header and table.cell(cells, VARIANT_ID):
            stated = table.cell(cells, VARIANT_ID).removeprefix("chr")
            if stated != f"{chromosome.removeprefix('chr')}-{position}-{ref}-{alt}":
                table.messages.append(
                    f"{table.name} line {line}: {VARIANT_ID} {stated} contradicts {chromosome}, {position}, {ref}, "
                    f"{alt} of the same row; was the table sorted in part? Export it again"
                )
                continue
        if chromosome in CHROMOSOME:
            found.append(_Row(line, cells, position, ref, alt))
    if table.messages:
        raise DataError(table.messages)
    return found


def _fitting(row: _Row) -> list[str]:
    return [build for build in BUILDS if match(row.position, row.ref, row.alt, build)[1] is not None]


def _kept(table: _Table, rows: list[_Row], build: str) -> tuple[list[tuple[Variant, _Row]], int]:
    """Alleles of the data pack that passed a filter, in its order, and how many passed none."""
    n_failed = 0
    found: dict[str, tuple[Variant, _Row]] = {}
    for row in rows:
        how, variant = match(row.position, row.ref, row.alt, build)
        wrong = mismatch(how, variant, row.ref, row.alt, build)
        if wrong:
            table.messages.append(f"{table.name} line {row.line}: {wrong}")
        if variant is None or how != "same":
            continue
        if variant.allele in found:
            first = found[variant.allele][1].line
            table.messages.append(
                f"{table.name} line {row.line}: {variant.allele} occurs twice, first in line {first}; keep one"
            )
            continue
        filters = {name: table.cell(row.cells, name) for name in table.header if name.startswith(FILTERS)}
        said = {name: text for name, text in filters.items() if text.upper() not in ("", "NA")}
        failed = ", ".join(f"{name} = {text}" for name, text in said.items() if text.upper() != "PASS")
        if said and all(text.upper() != "PASS" for text in said.values()):
            table.notes.append(f"{table.name} line {row.line}: {variant.allele} is left out: {failed}")
            n_failed += 1
            continue
        if failed:
            table.notes.append(f"{table.name} line {row.line}: {variant.allele} is kept although {failed}")
        found[variant.allele] = (variant, row)
    return [found[allele] for allele in pack_variants() if allele in found], n_failed


def _populations(table: _Table, kept: list[tuple[Variant, _Row]]) -> list[str]:
    """Names of populations with both columns; the empty name for the total."""
    named = {
        prefix: [name.removeprefix(f"{prefix} ") for name in table.header if name.startswith(f"{prefix} ")]
        for prefix in (COUNT, NUMBER)
    }
    for prefix, other in ((COUNT, NUMBER), (NUMBER, COUNT)):
        table.messages += [
            f"{table.name}: column {prefix} {name} has no column {other} {name}; export the table again"
            for name in named[prefix]
            if name not in named[other]
        ]
    populations = []
    for name in dict.fromkeys(name for name in named[COUNT] if name in named[NUMBER]):
        pairs = [[index for index, title in enumerate(table.header) if title == f"{p} {name}"] for p in named]
        if name in SEXES:
            table.notes.append(f"{table.name}: {name} is not a population and was not used")
            continue
        # the browser's list of version 2 has African/African American twice
        if any(len({row.cells[index] for index in same}) > 1 for same in pairs for _, row in kept):
            table.messages.append(f"{table.name}: {name} has two columns that differ; delete the wrong one")
        elif any(len(same) > 1 for same in pairs):
            table.notes.append(f"{table.name}: {name} has two columns that agree; it was read once")
        if kept and not any(row.cells[index] for same in pairs for index in same for _, row in kept):
            table.notes.append(f"{table.name}: {name} has no counts at all and is left out as a population")
            continue
        populations.append(name)
    return populations or [""]


def _counts(
    table: _Table, row: _Row, variant: Variant, population: str
) -> tuple[str, str, int | None, int | None, str]:
    count, number = f"{COUNT} {population}".strip(), f"{NUMBER} {population}".strip()
    place = f"{table.name} line {row.line} column {count}"
    texts = [table.cell(row.cells, name) for name in (count, number)]
    if texts == ["", ""] or texts[1] == "0":
        if texts[0] not in ("", "0"):
            table.messages.append(f"{place}: {variant.allele} has {count} = {texts[0]}, but {number} = 0")
        table.missing.append((population, variant.allele))
        return population, variant.allele, None, None, place
    numbers = [whole_number(text) for text in texts]
    for column, text, value in zip((count, number), texts, numbers, strict=True):
        if value is None:
            table.messages.append(
                f"{table.name} line {row.line}: {variant.allele} has {column} = {text or 'nothing'}; "
                "it must be a whole number, 0 or more"
            )
    n_observed, n_typed = numbers
    if n_observed is not None and n_typed is not None and n_observed > n_typed:
        table.messages.append(
            f"{table.name} line {row.line}: {variant.allele} of {population or 'all samples'} has {count} = "
            f"{n_observed}, more than {number} = {n_typed}"
        )
    return population, variant.allele, n_observed, n_typed, place
