"""Alleles of the data pack as variants of chromosome 14, in both builds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from simulation.data.pack import data_pack
from simulation.errors import DataError

BUILDS = ("GRCh38", "GRCh37")
LENGTHS = {107043718: "GRCh38", 107349540: "GRCh37"}  # of chromosome 14
CHROMOSOME = {"14": "", "chr14": "", "NC_000014.9": "GRCh38", "NC_000014.8": "GRCh37"}
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Variant:
    """An allele of the data pack: its name, rsID, position by build, reference and alternate bases."""

    allele: str
    rsid: str
    positions: tuple[int, int]  # in the order of BUILDS
    ref: str
    alt: str

    @property
    def palindromic(self) -> bool:
        """Whether it reads the same on the other strand with its bases swapped."""
        return len(self.ref) == len(self.alt) == 1 and self.ref.translate(_COMPLEMENT) == self.alt

    def says(self, build: str) -> str:
        """Where it lies and what it changes, in words."""
        return f"{self.allele} is {self.ref}>{self.alt} at {self.positions[BUILDS.index(build)]} of {build}"


@lru_cache(maxsize=1)
def pack_variants() -> dict[str, Variant]:
    """Alleles of the data pack that have a position.

    Returns
    -------
    dict of str to Variant
        By name, in the order of the data pack.

    Notes
    -----
    Source: alleles.csv of the data pack.

    Examples
    --------
    >>> pack_variants()["Z"]
    Variant(allele='Z', rsid='rs28929474', positions=(94378610, 94844947), ref='C', alt='T')
    """
    return {
        row.allele: Variant(row.allele, row.rsid, (row.grch38_position, row.grch37_position), row.ref, row.alt)
        for row in data_pack().alleles.values()
        if row.grch38_position is not None and row.grch37_position is not None
    }


@lru_cache(maxsize=2)
def _by_change(build: str) -> dict[tuple[int, str, str], Variant]:
    side = BUILDS.index(build)
    return {shortest(v.positions[side], v.ref, v.alt): v for v in pack_variants().values()}


@lru_cache(maxsize=2)
def _by_position(build: str) -> dict[int, Variant]:
    side = BUILDS.index(build)
    return {v.positions[side]: v for v in pack_variants().values()}


def shortest(position: int, ref: str, alt: str) -> tuple[int, str, str]:
    """A change without the bases that both sides share.

    Parameters
    ----------
    position : int
        Of the first base, counted from 1.
    ref, alt : str
        Reference and alternate bases, as a record with several alternates may write them.

    Returns
    -------
    tuple of int, str, str
        Position, reference and alternate, each with at least one base.

    Notes
    -----
    Shared bases are taken off at the right, then at the left; a deletion is not shifted along a repeat.
    Source: docs/evidence.md.

    Examples
    --------
    >>> shortest(94383008, "GAGA", "AAGA"), shortest(94383008, "GAGA", "G")
    ((94383008, 'G', 'A'), (94383008, 'GAGA', 'G'))
    """
    ref, alt = ref.upper(), alt.upper()
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        ref, alt, position = ref[1:], alt[1:], position + 1
    return position, ref, alt


def match(position: int, ref: str, alt: str, build: str) -> tuple[str, Variant | None]:
    """Which variant of the data pack a change is.

    Parameters
    ----------
    position : int
        Of the first base, counted from 1.
    ref, alt : str
        Reference and alternate bases.
    build : str
        "GRCh38" or "GRCh37".

    Returns
    -------
    how : str
        "same"; "swapped" where reference and alternate change places; "strand" where the bases are those of the other
        strand; "reference" where the data pack has another reference base at this position; "other" for a variant
        that is not in the data pack.
    variant : Variant or None
        None for "other".

    Notes
    -----
    A palindromic variant (A/T, C/G) on the other strand looks swapped. Source: docs/evidence.md.

    Examples
    --------
    >>> [match(94378610, ref, alt, "GRCh38")[0] for ref, alt in ("CT", "TC", "GA", "CG", "AC")]
    ['same', 'swapped', 'strand', 'other', 'reference']
    """
    changes = _by_change(build)
    key = shortest(position, ref, alt)
    if key in changes:
        return "same", changes[key]
    if (key[0], key[2], key[1]) in changes:
        return "swapped", changes[key[0], key[2], key[1]]
    single = len(key[1]) == len(key[2]) == 1
    for first, second in ((key[1], key[2]), (key[2], key[1])):
        other = (key[0], first.translate(_COMPLEMENT), second.translate(_COMPLEMENT))
        if single and other in changes:
            return "strand", changes[other]
    here = _by_position(build).get(position)
    if here is not None and here.ref[0] != ref[:1].upper():
        return "reference", here
    return "other", None


def mismatch(how: str, variant: Variant | None, ref: str, alt: str, build: str) -> str | None:
    """Say why a change at a known position cannot be counted.

    Parameters
    ----------
    how : str
        As `match` says it.
    variant : Variant or None
        As `match` says it.
    ref, alt : str
        What the file says.
    build : str
        "GRCh38" or "GRCh37".

    Returns
    -------
    str or None
        A clause with the cure; None where the change is the data pack's own or another variant.

    Notes
    -----
    Swapped insertions and deletions are other variants, since both may occur. Source: docs/evidence.md.

    Examples
    --------
    >>> mismatch("swapped", pack_variants()["Z"], "T", "C", "GRCh38")
    'T>C has reference and alternate swapped: Z is C>T at 94378610 of GRCh38; set them by the reference sequence'
    """
    if variant is None or how in ("same", "other") or (how == "swapped" and len(ref) != len(alt)):
        return None
    reason = {
        "swapped": "has reference and alternate swapped" + (" or is of the reverse strand" * variant.palindromic),
        "strand": "is of the reverse strand",
        "reference": "has another reference base",
    }[how]
    return f"{ref}>{alt} {reason}: {variant.says(build)}; set them by the reference sequence"


def tell_build(name: str, fits: Iterable[str], header: str = "") -> str:
    """The build of a file.

    Parameters
    ----------
    name : str
        The file.
    fits : iterable of str
        For each variant of the data pack that was found, the build whose position it has.
    header : str, optional
        The build that the header of the file states.

    Returns
    -------
    str
        "GRCh38" or "GRCh37".

    Raises
    ------
    DataError
        If no variant was found, if the header says another build, or if positions of both builds occur.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> tell_build("mine.vcf", ["GRCh37", "GRCh37"])
    'GRCh37'
    """
    counts = Counter(fits)
    if header and counts[header]:
        return header
    if header and counts:
        other = next(iter(counts))
        raise DataError(
            f"{name}: the header says {header}, but SERPINA1 variants are found only at positions of {other}; this is "
            "a file of the other build, or its header was replaced: lift it over or correct the header"
        )
    if len(counts) == 2:
        both = " and ".join(f"{counts[build]} at positions of {build}" for build in BUILDS)
        raise DataError(f"{name}: {both}; one file must be of one build: lift one part over")
    if counts:
        return next(iter(counts))
    z = pack_variants()["Z"].positions
    raise DataError(
        f"{name}: no SERPINA1 variant of the data pack was found, neither of {BUILDS[0]} nor of {BUILDS[1]}; "
        f"Z, for example, is looked for on chromosome 14 at {z[0]} or {z[1]}"
    )
