"""Allele counts and frequencies as plink2 --freq writes them: .acount and .afreq."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simulation.errors import DataError, nearest
from simulation.surveys.survey_counts import SurveyCounts, allele_counts, not_typed_note
from simulation.surveys.text_file import ENDS_EARLY, read_lines, survey_name, whole_number
from simulation.surveys.variants import BUILDS, CHROMOSOME, Variant, match, mismatch, pack_variants, tell_build

COUNTS, FREQUENCIES, TYPED = "ALT_CTS", "ALT_FREQS", "OBS_CT"
N_DIGITS = 6  # that plink2 prints of a frequency
_ID = re.compile(r"(?:chr)?14[:_-](?P<position>[0-9]+)(?:[:_-].*)?")


@dataclass(frozen=True)
class _Row:
    line: int
    cells: dict[str, str]
    position: int | None

    @property
    def alts(self) -> list[str]:
        return self.cells["ALT"].split(",")


@dataclass(frozen=True)
class _Hit:
    """One alternate of a row that is, or may be, an allele of the data pack."""

    row: _Row
    which: int  # of the alternates
    how: str
    variant: Variant


def read_plink(path: Path) -> SurveyCounts:
    r"""Counts of alleles from one file of plink2 --freq.

    Parameters
    ----------
    path : Path
        .acount with columns #CHROM, ID, REF, ALT, ALT_CTS, OBS_CT, or .afreq with ALT_FREQS, in any order and with or
        without POS.

    Returns
    -------
    SurveyCounts
        Of kind "alleles": one survey, named after the file.

    Raises
    ------
    DataError
        For all rows whose counts are no whole numbers, exceed OBS_CT or cannot be told from a rounded frequency; for
        an allele that occurs twice or is of the other strand; if the file is cut off or has none of the alleles.

    Notes
    -----
    A row is an allele by POS, else by the position in an ID such as 14:94378610:C:T, else by its rsID, always together
    with REF and ALT. Where these are swapped, the count is OBS_CT minus the counts of all ALT. A frequency gives a
    count only if one whole number, and no other, lies within half a unit of its sixth digit. Source: docs/evidence.md.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mine.acount"
    ...     _ = path.write_text("#CHROM\tID\tREF\tALT\tALT_CTS\tOBS_CT\n14\trs28929474\tC\tT\t20\t1000\n")
    ...     read_plink(path).table[["survey", "allele", "n_observed", "n_typed"]]
      survey allele n_observed n_typed
    0   mine      Z         20    1000
    """
    rows = list(_rows(path))
    fits = list(_fits(rows))
    build = tell_build(path.name, fits) if fits else BUILDS[0]  # without fits, rsIDs are all that is left
    survey, messages = survey_name(path), list[str]()
    found: dict[str, tuple[str, str, int | None, int | None, str]] = {}
    n_other = 0
    for row in rows:
        place = f"{path.name} line {row.line}"
        hits = _hits(row, build)
        wrong = _wrong(row, hits, build)
        if wrong:
            messages.append(f"{place}: {wrong}")
            continue
        n_other += not hits
        for hit in hits:
            allele = hit.variant.allele
            if allele in found:
                messages.append(f"{place}: {allele} occurs twice, first in {found[allele][4]}; keep one")
                continue
            counts = _counts(hit)
            if isinstance(counts, str):
                messages.append(f"{place}: {allele} ({row.cells['ID']}): {counts}")
            else:
                found[allele] = (survey, allele, *counts, place)
    if messages:
        raise DataError(messages)
    if not found:
        tell_build(path.name, [])
    notes = []
    if n_other:
        verb = "row of another variant was" if n_other == 1 else "rows of other variants were"
        notes.append(f"{path.name}: {n_other} {verb} not used; a chromosome with such a variant counts as M")
    absent = [allele for allele in pack_variants() if allele not in found]
    if absent:
        notes.append(f"{path.name}: not typed, because not in the file: {', '.join(absent)}")
    kept = [found[allele] for allele in pack_variants() if allele in found]
    return allele_counts(kept, [*notes, *not_typed_note(path.name, [(row[0], row[1]) for row in kept if not row[3]])])


def _rows(path: Path) -> Iterator[_Row]:
    """Rows of chromosome 14. All ragged lines are reported together."""
    header: list[str] = []
    ragged, line, number, n_rows = [], "", 0, 0
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip() or line.startswith("##"):
            continue
        # plink2 writes tabs; a table passed through another program may have spaces
        cells = [cell.strip() for cell in (line.split("\t") if "\t" in line else line.split())]
        if not header:
            header = cells
            _check_header(path, number, header)
            continue
        n_rows += 1
        if len(cells) != len(header):
            ragged.append(f"line {number} has {len(cells)}")
            continue
        named = dict(zip(header, cells, strict=True))
        if named["#CHROM"] in CHROMOSOME:
            in_id = _ID.fullmatch(named["ID"])
            written = named.get("POS") or (in_id.group("position") if in_id else "")
            position = whole_number(written)
            if written and position is None:
                raise DataError(f"{path.name} line {number}: POS = {written}; it must be a whole number")
            yield _Row(number, named, position)
    if not header:
        raise DataError(f"{path.name}: the file is empty; make it again with plink2 --freq counts")
    if ragged or not line.endswith("\n"):
        cut = [] if line.endswith("\n") else [f"{path.name} line {number}: has no line end; {ENDS_EARLY}"]
        many = [f"{path.name}: the header has {len(header)} cells, but {', '.join(ragged)}"] if ragged else []
        raise DataError([*many, *cut])
    if not n_rows:
        raise DataError(f"{path.name}: has a header and no rows; did plink2 keep a variant and a sample?")


def _check_header(path: Path, line: int, header: list[str]) -> None:
    place, cure = f"{path.name} line {line}", "make it again with plink2 --freq counts cols=+pos"
    if header[0] != "#CHROM":
        raise DataError(f"{place}: begins with {header[0]}; a plink2 table begins with #CHROM; {cure}")
    known = ("#CHROM", "POS", "ID", "REF", "ALT", COUNTS, FREQUENCIES, TYPED)
    absent = [name for name in ("ID", "REF", "ALT", TYPED) if name not in header]
    if COUNTS not in header and FREQUENCIES not in header:
        absent.append(f"{COUNTS} (or {FREQUENCIES})")
    if absent:
        extra = [name for name in header if name not in known]
        near = next((text for text in (nearest(name.split()[0], extra) for name in absent) if text), "")
        raise DataError(f"{place}: column {', '.join(absent)} is missing{near}; {cure}")
    twice = [name for name in known if header.count(name) > 1]
    if twice:
        raise DataError(f"{place}: column {', '.join(twice)} occurs twice; {cure}")


def _fits(rows: list[_Row]) -> Iterator[str]:
    for row in rows:
        for build in BUILDS:
            if row.position is not None and any(
                match(row.position, row.cells["REF"], alt, build)[1] is not None for alt in row.alts
            ):
                yield build


def _hits(row: _Row, build: str) -> list[_Hit]:
    ref = row.cells["REF"].upper()
    rsids = set(row.cells["ID"].split(";"))
    known = [variant for variant in pack_variants().values() if variant.rsid in rsids and variant.rsid]
    hits = []
    for which, alt in enumerate(row.alts):
        if row.position is not None:
            how, variant = match(row.position, ref, alt, build)
            if variant is None and alt == ".":
                how, variant = next(
                    (
                        ("same", v)
                        for v in pack_variants().values()
                        if (v.positions[BUILDS.index(build)], v.ref) == (row.position, ref)
                    ),
                    (how, None),
                )
            if variant is None and known and row.position not in known[0].positions:
                how, variant = "position", known[0]
        else:
            here = known[0] if known else None
            how, variant = "other", None
            if here is not None and alt == ".":
                how, variant = ("same", here) if here.ref == ref else ("reference", here)
            elif here is not None:
                # the position of the data pack, since the rsID says so
                how, variant = match(here.positions[0], ref, alt, BUILDS[0])
        if variant is not None:
            hits.append(_Hit(row, which, how, variant))
    good = [hit for hit in hits if hit.how in ("same", "swapped")]
    return good or hits


def _wrong(row: _Row, hits: list[_Hit], build: str) -> str | None:
    for hit in hits:
        alt = row.alts[hit.which]
        if hit.how == "position":
            return (
                f"{row.cells['ID']} is at {row.position}; {hit.variant.says(BUILDS[0])} and at "
                f"{hit.variant.positions[1]} of {BUILDS[1]}; lift the file over to one of them"
            )
        if hit.how not in ("same", "swapped"):
            return mismatch(hit.how, hit.variant, row.cells["REF"], alt, build)
    return None


def _counts(hit: _Hit) -> tuple[int | None, int | None] | str:
    """Count of the allele and of all chromosomes, or what is wrong."""
    cells, alts = hit.row.cells, hit.row.alts
    n_typed = whole_number(cells[TYPED])
    if n_typed is None:
        return f"{TYPED} = {cells[TYPED]}; it must be a whole number of chromosomes, 0 or more"
    if n_typed == 0:
        return None, None
    column = COUNTS if COUNTS in cells else FREQUENCIES
    texts = cells[column].split(",")
    if alts == ["."] and texts == ["."]:
        texts = ["0"]
    if len(texts) != len(alts):
        return f"{column} has {len(texts)} values, but ALT has {len(alts)} alleles"
    counts = []
    for text in texts:
        count = whole_number(text) if column == COUNTS else _from_frequency(text, n_typed)
        if count is None:
            return f"{column} = {text}; it must be a whole number, 0 or more; count hard calls, not dosages"
        if isinstance(count, str):
            return count
        counts.append(count)
    if sum(counts) > n_typed:
        return f"{column} = {cells[column]} is more than {TYPED} = {n_typed}"
    n_observed = n_typed - sum(counts) if hit.how == "swapped" else counts[hit.which]
    doubtful = hit.how == "swapped" or hit.variant.palindromic
    if doubtful and 2 * n_observed > n_typed:
        return (
            f"REF {cells['REF']}, ALT {cells['ALT']} would make it the allele of {n_observed} of {n_typed} chromosomes; "
            f"{hit.variant.says(BUILDS[0])}; the bases may be of the reverse strand: set REF with plink2 --ref-from-fa"
        )
    return n_observed, n_typed


def _from_frequency(text: str, n_typed: int) -> int | str:
    """The only whole number of chromosomes that a printed frequency allows."""
    try:
        frequency = float(text)
    except ValueError:
        frequency = math.nan
    if not 0 <= frequency <= 1:
        return f"{FREQUENCIES} = {text}; it must be at least 0 and at most 1"
    if frequency == 0:
        return 0
    half_unit = 0.5 * 10.0 ** (math.floor(math.log10(frequency)) - N_DIGITS + 1)
    slack = 1e-9  # of a chromosome: binary fractions
    lowest = math.ceil((frequency - half_unit) * n_typed - slack)
    highest = min(n_typed, math.floor((frequency + half_unit) * n_typed + slack))
    if lowest > highest:
        near = f"{frequency * n_typed:.6g}"
        return (
            f"{FREQUENCIES} = {text} times {TYPED} = {n_typed} is {near}, which is no whole number of chromosomes; "
            "count hard calls, not dosages, with plink2 --freq counts"
        )
    if lowest < highest:
        return (
            f"{FREQUENCIES} = {text} of {TYPED} = {n_typed} may be {lowest} to {highest} chromosomes; "
            "write counts with plink2 --freq counts"
        )
    return lowest
