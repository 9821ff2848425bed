"""Survey files of any known format, read as counts of genotypes or of alleles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from simulation.errors import DataError
from simulation.surveys.genotype_csv import read_genotype_csv
from simulation.surveys.gnomad import read_gnomad
from simulation.surveys.plink import read_plink
from simulation.surveys.survey_counts import SurveyCounts
from simulation.surveys.text_file import first_bytes
from simulation.surveys.vcf import read_vcf

__all__ = ["SurveyCounts", "file_format", "read_surveys"]


def file_format(path: Path) -> str:
    r"""Which reader a file needs.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        "vcf", "plink", "gnomad" or "csv".

    Raises
    ------
    DataError
        If there is no such file or it cannot be unpacked.

    Notes
    -----
    The beginning of the unpacked content decides: BCF or ##fileformat=VCF, or a line #CHROM with QUAL; a line #CHROM
    with OBS_CT; a first line with the columns Position, Reference and Alternate. Where it does not, the name does:
    .vcf, .bcf, .acount or .afreq, also with .gz. Anything else is read as a CSV of counts. Source: docs/evidence.md.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "renamed.txt"
    ...     _ = path.write_text("##fileformat=VCFv4.2\n")
    ...     file_format(path)
    'vcf'
    """
    head = first_bytes(path)
    text = head.decode("utf-8-sig", errors="replace")
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
    first = next((line for line in lines if not line.startswith("##")), "")
    name = path.name.lower().removesuffix(".gz").removesuffix(".bgz")
    if head.startswith(b"BCF") or text.startswith("##fileformat=VCF") or (first[:6] == "#CHROM" and "QUAL" in first):
        return "vcf"
    if first.startswith("#CHROM") and "OBS_CT" in first:
        return "plink"
    header = next((line for line in lines if not line.startswith("#")), "")
    if all(word in header for word in ("Position", "Reference", "Alternate")):
        return "gnomad"
    by_name = {".vcf": "vcf", ".bcf": "vcf", ".acount": "plink", ".afreq": "plink"}
    return next((kind for ending, kind in by_name.items() if name.endswith(ending)), "csv")


def read_surveys(
    paths: str | Path | Sequence[str | Path], *, groups: str | Path | None = None, as_m: Sequence[str] = ()
) -> SurveyCounts:
    r"""Counts of genotypes or of alleles from one or several files.

    Parameters
    ----------
    paths : path or sequence of paths
        CSV of counts, gnomAD variant tables, plink2 .acount and .afreq, VCF and BCF, all giving genotypes or all
        giving alleles.
    groups : path, optional
        Which group each sample of a VCF belongs to.
    as_m : sequence of str, optional
        Allele names to be read as M.

    Returns
    -------
    SurveyCounts
        The rows of all files, one after the other.

    Raises
    ------
    DataError
        For all mistakes of all files; if kinds are mixed or two files have a survey of the same name.

    Notes
    -----
    How formats are told apart is said at `file_format`. Source: docs/evidence.md.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "Elbonia.csv"
    ...     _ = path.write_text("genotype,n\nMM,95\nMZ,5\n")
    ...     read_surveys([path]).table
        survey genotype   n               place
    0  Elbonia       MM  95  Elbonia.csv line 2
    1  Elbonia       MZ   5  Elbonia.csv line 3
    """
    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    groups = None if groups is None else Path(groups)
    if not files:
        raise DataError("no survey file was named; name at least one")
    found: list[tuple[Path, SurveyCounts]] = []
    messages: list[str] = []
    formats: list[str] = []
    for path in files:
        try:
            formats.append(file_format(path))
            found.append((path, _read(path, formats[-1], groups, as_m)))
        except DataError as error:
            messages += error.messages
    if groups is not None and formats and "vcf" not in formats:
        messages.append(f"{groups.name}: groups are of the samples of a VCF or BCF file, and none was named")
    if messages:
        raise DataError(messages)
    _check_together(found)
    table = pd.concat([counts.table for _, counts in found], ignore_index=True)
    if "panel" in table:
        table["panel"] = table["panel"].fillna("")
    notes = tuple(note for _, counts in found for note in counts.notes)
    return SurveyCounts(found[0][1].kind, table, notes, populations=set(formats) != {"csv"})


def _read(path: Path, kind: str, groups: Path | None, as_m: Sequence[str]) -> SurveyCounts:
    if kind == "vcf":
        return read_vcf(path, groups=groups)
    if kind == "csv":
        return read_genotype_csv(path, as_m)
    return {"plink": read_plink, "gnomad": read_gnomad}[kind](path)


def _check_together(found: list[tuple[Path, SurveyCounts]]) -> None:
    kinds = {counts.kind: path.name for path, counts in found}
    messages = []
    if len(kinds) > 1:
        named = " and ".join(f"{path} has {kind}" for kind, path in kinds.items())
        messages.append(f"{named}; fit files of genotypes and files of alleles one kind at a time")
    first: dict[str, str] = {}
    for path, counts in found:
        for survey in dict.fromkeys(counts.table["survey"]):
            if survey in first:
                messages.append(f"{path.name}: survey {survey} is also in {first[survey]}; give each its own name")
            first.setdefault(survey, path.name)
    if messages:
        raise DataError(messages)
