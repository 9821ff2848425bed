"""Genotypes of samples, or counts of alleles, from a VCF or BCF file."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import close, dup, dup2
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.errors import DataError
from simulation.surveys.survey_counts import SurveyCounts, allele_counts, genotype_counts, listed, not_typed_note
from simulation.surveys.text_file import ENDS_EARLY, GZIP, first_bytes, raw_lines, read_lines, survey_name
from simulation.surveys.variants import BUILDS, CHROMOSOME, LENGTHS, match, mismatch, pack_variants, tell_build

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")  # an empty block ends every file
REGION = "94300000-94900000"  # holds the gene in both builds
_NAME = re.compile(rb"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
PADDING = -2  # where a sample has fewer alleles than another
MISSING = "./."


@dataclass(frozen=True)
class Site:
    """One record with alleles of the data pack.

    Attributes
    ----------
    place : str
        Chromosome and position.
    alleles : dict of str to int
        Number in the record of each allele of the data pack; 0 for one that the record does not have as an alternate.
    calls : ndarray of int, shape (n_samples, ploidy), or None
        Number of the allele; -1 missing, -2 no further allele. None without samples.
    counts : dict of str to (int or None, int or None)
        AC and AN of each allele in a file without samples.
    """

    place: str
    alleles: dict[str, int]
    calls: npt.NDArray[np.integer[Any]] | None = None
    counts: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)


def read_vcf(path: Path, *, groups: Path | None = None) -> SurveyCounts:
    """Genotypes or counts of alleles from a VCF or BCF file.

    Parameters
    ----------
    path : Path
        VCF, packed or not, or BCF; of GRCh38 or GRCh37.
    groups : Path, optional
        Two columns, sample and group, parted by tab, comma or spaces, with or without a header.

    Returns
    -------
    SurveyCounts
        With samples: of kind "genotypes", each group a survey, `panel` the alleles that have a record. Without: of
        kind "alleles", from AC and AN of each record.

    Raises
    ------
    DataError
        If cyvcf2 is not installed, the file is cut off or damaged or of the other build, an allele occurs twice or has
        its bases swapped, or a sample has no group.

    Notes
    -----
    A sample with one copy each of two alleles has them in trans: S, Z and the rare alleles lie on different
    chromosomes. It is M/M only if every record of the data pack's alleles has a full call. An allele without a record,
    or with one that failed a filter, is not typed, never absent. Source: docs/evidence.md.

    Examples
    --------
    >>> read_vcf(Path("no_such_file.vcf"))
    Traceback (most recent call last):
        ...
    simulation.errors.DataError: no_such_file.vcf: no such file
    """
    _check_end(path)
    sites, samples, notes = _read_sites(path)
    typed = [allele for allele in pack_variants() if any(allele in site.alleles for site in sites)]
    absent = [allele for allele in pack_variants() if allele not in typed]
    if absent:
        notes.append(f"{path.name}: not typed, because without a record that passed: {', '.join(absent)}")
    if not samples:
        if groups is not None:
            raise DataError(f"{path.name}: has no samples, so {groups.name} cannot be used; leave out the groups")
        counts = {allele: (*n, site.place) for site in sites for allele, n in site.counts.items()}
        rows = [(survey_name(path), a, counts[a][0], counts[a][1], f"{path.name} {counts[a][2]}") for a in typed]
        return allele_counts(rows, [*notes, *not_typed_note(path.name, [(r[0], r[1]) for r in rows if not r[3]])])
    surveys, group_notes = _groups(path, samples, groups)
    genotypes, why = sample_genotypes(sites)
    for reason, text in (("missing", "no full call at a typed position"), ("many", "more than two deficiency alleles")):
        named = [sample for sample, here in zip(samples, why, strict=True) if here == reason]
        if named:
            notes.append(
                f"{path.name}: {text} in {len(named)} of {len(samples)} samples, which are missing, not M: "
                f"{listed(named)}"
            )
    if any("/" in pair and len({*pair.split("/"), "M"}) == 3 for pair in genotypes):
        notes.append(f"{path.name}: two different deficiency alleles of one sample were taken to be in trans")
    tally = Counter(zip(surveys, genotypes, strict=True))
    order = {text: number for number, text in enumerate(["M", *pack_variants(), "."])}
    rows_by_genotype = sorted(tally, key=lambda key: (key[0], *(order[half] for half in key[1].split("/"))))
    return genotype_counts(
        ((survey, pair, str(tally[survey, pair]), path.name, ",".join(typed)) for survey, pair in rows_by_genotype),
        [*notes, *group_notes],
    )


def sample_genotypes(sites: Sequence[Site]) -> tuple[list[str], list[str]]:
    """One genotype of each sample from all its records.

    Parameters
    ----------
    sites : sequence of Site
        With calls of the same samples.

    Returns
    -------
    genotypes : list of str
        Such as "M/Z"; "./." where missing.
    why : list of str
        "missing" without a full call of two alleles at every site, "many" with more than two alleles of the data
        pack, else empty.

    Notes
    -----
    Alleles at different positions are in trans. Source: docs/evidence.md.

    Examples
    --------
    >>> s = Site("14:94380925", {"S": 1}, np.array([[0, 0], [0, 1], [0, 0], [1, 1]]))
    >>> z = Site("14:94378610", {"Z": 1}, np.array([[0, 1], [1, 0], [-1, 1], [0, 1]]))
    >>> sample_genotypes([s, z])
    (['M/Z', 'S/Z', './.', './.'], ['', '', 'missing', 'many'])
    """
    calls = [site.calls for site in sites if site.calls is not None]
    n_samples = len(calls[0])
    full = np.ones(n_samples, dtype=bool)
    copies = np.zeros((n_samples, len(pack_variants())), dtype=np.int64)
    names = list(pack_variants())
    for site, call in zip(sites, calls, strict=True):
        full &= (call >= 0).sum(axis=1) == 2
        full &= (call == PADDING).sum(axis=1) == call.shape[1] - 2
        for allele, number in site.alleles.items():
            if number:
                copies[:, names.index(allele)] += (call == number).sum(axis=1)
    n_copies = copies.sum(axis=1)
    genotypes, why = ["M/M"] * n_samples, [""] * n_samples
    for sample in np.flatnonzero(~full | (n_copies > 0)):
        reason = "missing" if not full[sample] else "many" if n_copies[sample] > 2 else ""
        carried = [names[k] for k in np.flatnonzero(copies[sample]) for _ in range(copies[sample, k])]
        why[sample] = reason
        genotypes[sample] = MISSING if reason else "/".join(["M"] * (2 - len(carried)) + carried)
    return genotypes, why


def _read_sites(path: Path) -> tuple[list[Site], list[str], list[str]]:
    try:
        from cyvcf2 import VCF
    except ImportError:
        raise DataError(
            f"{path.name}: VCF and BCF files are read by cyvcf2, which is not installed; "
            "install aatd-simulation[vcf], or count alleles with plink2 --freq counts"
        ) from None
    with _quiet() as said:
        try:
            file = VCF(str(path))
            try:
                header, records = _header_build(path, file), _records(path, file)
                return _sites(path, header, list(records), list(file.samples))
            finally:
                file.close()
        except DataError:
            raise
        except Exception as error:  # cyvcf2 raises plain Exception for whatever htslib refuses
            raise DataError(_reason(path, str(error), said())) from None


def _sites(path: Path, header: str, records: list[Any], samples: list[str]) -> tuple[list[Site], list[str], list[str]]:
    fits = [
        build
        for record in records
        for build in BUILDS
        if any(match(record.POS, record.REF, alt, build)[0] == "same" for alt in record.ALT) or _unvaried(record, build)
    ]
    if not fits:  # bases swapped or of the other strand are worth a sentence of their own
        fits = [
            build
            for record in records
            for build in BUILDS
            if any(match(record.POS, record.REF, alt, build)[0] in ("swapped", "strand") for alt in record.ALT)
        ]
    build = tell_build(path.name, fits, header)
    sites, notes, messages = list[Site](), list[str](), list[str]()
    seen: set[str] = set()
    for record in records:
        place = f"{record.CHROM}:{record.POS}"
        alleles: dict[str, int] = {}
        for number, alt in enumerate(record.ALT, start=1):
            how, variant = match(record.POS, record.REF, alt, build)
            wrong = mismatch(how, variant, record.REF, alt, build)
            if wrong:
                messages.append(f"{path.name} {place}: {wrong}")
            elif variant is not None and how == "same":
                alleles[variant.allele] = number
        if not record.ALT:
            alleles = dict.fromkeys(_unvaried(record, build), 0)
        if not alleles:
            continue
        if record.FILTER is not None:
            notes.append(f"{path.name} {place}: {', '.join(alleles)} left out: FILTER = {record.FILTER}")
            continue
        messages += [f"{path.name} {place}: {a} occurs twice; keep one record" for a in alleles if a in seen]
        seen.update(alleles)
        if samples:
            if "GT" not in (record.FORMAT or []):
                messages.append(f"{path.name} {place}: has no genotypes (GT) in FORMAT; write the file with GT")
                continue
            sites.append(Site(place, alleles, record.genotype.array()[:, :-1].astype(np.int64)))
        else:
            sites.append(Site(place, alleles, None, _info_counts(path, place, record, alleles, messages)))
    if messages:
        raise DataError(messages)
    if not sites:
        raise DataError([f"{path.name}: nothing is left to count", *notes])
    return sites, samples, notes


def _unvaried(record: Any, build: str) -> list[str]:
    """Alleles whose position was read and where nobody differs from the reference."""
    at = BUILDS.index(build)
    if record.ALT:
        return []
    return [v.allele for v in pack_variants().values() if (v.positions[at], v.ref) == (record.POS, record.REF.upper())]


def _info_counts(
    path: Path, place: str, record: Any, alleles: dict[str, int], messages: list[str]
) -> dict[str, tuple[int | None, int | None]]:
    n_typed, written = record.INFO.get("AN"), record.INFO.get("AC")
    counts = list(written) if isinstance(written, tuple) else [] if written is None else [written]
    if n_typed == 0:
        return dict.fromkeys(alleles, (None, None))
    if not isinstance(n_typed, int) or n_typed < 0 or (len(counts) != len(record.ALT) and record.ALT):
        messages.append(
            f"{path.name} {place}: without samples, INFO must have AN and one AC for each ALT; here AN = {n_typed}, "
            f"AC = {written}; fill them with bcftools +fill-tags"
        )
        return {}
    found: dict[str, tuple[int | None, int | None]] = {}
    for allele, number in alleles.items():
        n_observed = counts[number - 1] if number else 0
        if not isinstance(n_observed, int) or not 0 <= n_observed <= n_typed:
            messages.append(
                f"{path.name} {place}: {allele} has AC = {n_observed}; it must be at least 0 and at most AN = {n_typed}"
            )
        found[allele] = (n_observed, n_typed)
    return found


def _records(path: Path, file: Any) -> Iterator[Any]:
    """Records of chromosome 14 near the gene, by the index if there is a fresh one."""
    low, high = (int(end) for end in REGION.split("-"))
    defined = set(file.seqnames)
    indexes = [path.with_name(path.name + end) for end in (".tbi", ".csi")]
    fresh = [index for index in indexes if index.exists() and index.stat().st_mtime >= path.stat().st_mtime]
    names = [name for name in CHROMOSOME if name in defined]
    by_index = bool(fresh and names)
    if not by_index and not first_bytes(path).startswith(b"BCF"):
        # a damaged record of a chromosome that the header lacks would crash cyvcf2 instead of raising
        for name in sorted(_chromosomes(path) - defined):
            file.add_to_header(f"##contig=<ID={name}>")
    regions = [file(f"{name}:{REGION}") for name in names] if by_index else [file]
    for region in regions:
        for record in region:
            if record.CHROM in CHROMOSOME and low <= record.POS <= high:
                yield record


def _chromosomes(path: Path) -> set[str]:
    """Names in the first column of a text VCF."""
    found = set()
    for number, line in enumerate(raw_lines(path), start=1):
        if line.startswith(b"#"):
            continue
        name = line[: line.find(b"\t") + 1].rstrip(b"\t")
        if name not in found:
            if not _NAME.fullmatch(name):
                raise DataError(f"{path.name} line {number}: does not begin with a chromosome and a tab; {ENDS_EARLY}")
            found.add(name)
    return {name.decode() for name in found}


def _header_build(path: Path, file: Any) -> str:
    try:
        lengths = dict(zip(file.seqnames, file.seqlens, strict=True))
    except AttributeError:  # no lengths in the header
        lengths = {}
    named = {CHROMOSOME[name] for name in file.seqnames if CHROMOSOME.get(name)}
    stated = named | {LENGTHS[length] for name, length in lengths.items() if name in CHROMOSOME and length in LENGTHS}
    if len(stated) > 1:
        raise DataError(f"{path.name}: the header has chromosome 14 of both {' and '.join(BUILDS)}; correct the header")
    return next(iter(stated), "")


def _check_end(path: Path) -> None:
    """Refuse a file that was cut off in a place where htslib would not notice."""
    head = first_bytes(path)
    if not head:
        raise DataError(f"{path.name}: the file is empty")
    with path.open("rb") as file:
        start = file.read(16)
        file.seek(0, 2)
        file.seek(-min(file.tell(), len(BGZF_END)), 2)
        end = file.read()
    blocked = start.startswith(GZIP) and start[12:14] == b"BC"
    cut = (
        end != BGZF_END
        if blocked
        else not start.startswith(GZIP) and head[:3] != b"BCF" and end[-1:] not in (b"\n", b"\r")
    )
    if cut:
        raise DataError(f"{path.name}: {ENDS_EARLY}")


def _groups(path: Path, samples: list[str], groups: Path | None) -> tuple[list[str], list[str]]:
    if groups is None:
        return [survey_name(path)] * len(samples), []
    found: dict[str, str] = {}
    messages = []
    for number, line in enumerate(read_lines(groups), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in re.split(r"\t|," if re.search(r"\t|,", line) else r"\s+", line.strip())]
        if len(parts) != 2 or not all(parts):
            messages.append(
                f"{groups.name} line {number}: has {len(parts)} cells; it must have a sample and a group, parted by "
                "tab, comma or spaces"
            )
        elif not found and [part.casefold() for part in parts] == ["sample", "group"] and "sample" not in samples:
            continue
        elif parts[0] in found and found[parts[0]] != parts[1]:
            messages.append(f"{groups.name} line {number}: sample {parts[0]} is in {found[parts[0]]} already; keep one")
        else:
            found[parts[0]] = parts[1]
    without = [sample for sample in samples if sample not in found]
    if without:
        messages.append(
            f"{groups.name}: {len(without)} of the {len(samples)} samples of {path.name} have no group: "
            f"{listed(without)}; add them, or take them out of the VCF"
        )
    if messages:
        raise DataError(messages)
    unknown = [sample for sample in found if sample not in set(samples)]
    note = f"{groups.name}: {len(unknown)} samples are not in {path.name} and were not used: {listed(unknown)}"
    return [found[sample] for sample in samples], [note] if unknown else []


def _reason(path: Path, error: str, said: str) -> str:
    complaint = next((line for line in said.splitlines() if line.startswith("[E::")), "")
    words = complaint.partition("] ")[2] or error
    if re.search("truncated|Failed to read BGZF|Inflate|GZIP stream", said):
        return f"{path.name}: {ENDS_EARLY} ({words})"
    return f"{path.name}: not a whole VCF or BCF file ({words}); it may end early: copy or make it again"


@contextmanager
def _quiet() -> Iterator[Any]:
    """Keep what htslib writes to the standard error stream, so that one sentence can say it."""
    with tempfile.TemporaryFile() as kept:

        def said() -> str:
            kept.seek(0)
            return kept.read().decode("utf-8", errors="replace")

        before = dup(2)
        dup2(kept.fileno(), 2)
        try:
            yield said
        finally:
            dup2(before, 2)
            close(before)
