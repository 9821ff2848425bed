"""Genotypes as people write them: MS, PI*MS, PiMS, M/S, SM, M1Z, Z/Q0, ./. and what is meant by each."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simulation.errors import nearest

# What stands for "not known" in one half of a genotype, or in its place.
MISSING = frozenset({"", ".", "?", "na", "n/a", "nan", "none", "missing", "unknown", "failed", "no call", "nocall"})
NOT_TYPED = "not_typed"  # seen by the screen that decides who is typed, and not typed
_PREFIX = re.compile(r"^(?:PI|Pi|pi)(?:[\s*:_-]+|(?=[A-Z]))")
_M_SUBTYPE = re.compile(r"^m[1-9](?:[av]|\((?:val|ala)213\))?$", re.IGNORECASE)
_NULL = re.compile(r"^(?:q0|qo|null)$", re.IGNORECASE)
_UNCLEAR = re.compile(r"^[-0]$")  # a null allele to some, a missing one to others, the reference allele to a VCF
_WITH_NULL = re.compile(r"^([A-Za-z])-$")  # Z-: how the literature writes Z with null
_SEPARATOR = re.compile(r"\s*[/|,;]\s*|\s+|(?<=\w)-(?=\w)")


def allele_named(text: str, alleles: Sequence[str], as_m: Sequence[str] = ()) -> str | None:
    """The allele that a text names.

    Parameters
    ----------
    text : str
        Such as "Z", "M2", "Q0bellingham".
    alleles : sequence of str
        Names that are known.
    as_m : sequence of str, optional
        Further names to be read as M.

    Returns
    -------
    str or None
        M for every subtype of M, null for Q0; None for a name that is not known.

    Notes
    -----
    Letter case is not looked at. Source: docs/evidence.md.

    Examples
    --------
    >>> [allele_named(text, ["M", "Z", "null", "Mmalton"]) for text in ("z", "M1", "Q0", "mmalton", "Y")]
    ['Z', 'M', 'null', 'Mmalton', None]
    """
    folded = {name.casefold(): name for name in alleles} | {name.casefold(): "M" for name in as_m}
    if text.casefold() in folded:
        return folded[text.casefold()]
    if "M" in alleles and _M_SUBTYPE.match(text):
        return "M"
    return "null" if "null" in alleles and _NULL.match(text) else None


def parse_genotype(text: str, alleles: Sequence[str], as_m: Sequence[str] = ()) -> tuple[str, str] | None:
    """The two alleles that a text names.

    Parameters
    ----------
    text : str
        Such as "MS", "PI*MS", "PiMS", "M/S", "SM", "M1Z", "Z/Q0bellingham" or "./.".
    alleles : sequence of str
        Names that are known, in the order in which a genotype is to name them.
    as_m : sequence of str, optional
        Further names to be read as M.

    Returns
    -------
    tuple of two str, or None
        None where the genotype is missing, or half of it: what is not known is never read as M.

    Raises
    ------
    ValueError
        If it names an unknown allele, or not two; the message says which.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> known = ["M", "S", "Z", "null", "Mmalton"]
    >>> {parse_genotype(text, known) for text in ("MS", "PI*MS", "PiMS", "M/S", "SM", "M2S", "pi s m")}
    {('M', 'S')}
    >>> parse_genotype("MMmalton", known), parse_genotype("ZQ0", known), parse_genotype("Z/.", known)
    (('M', 'Mmalton'), ('Z', 'null'), None)
    """
    written = written_alleles(text, alleles, as_m)
    if written is None:
        return None
    first, second = sorted((str(allele_named(part, alleles, as_m)) for part in written), key=list(alleles).index)
    return first, second


def written_alleles(text: str, alleles: Sequence[str], as_m: Sequence[str] = ()) -> tuple[str, str] | None:
    """The two alleles of a text as they are written there.

    Parameters
    ----------
    text : str
        A genotype.
    alleles, as_m : sequence of str
        As for `parse_genotype`.

    Returns
    -------
    tuple of two str, or None
        In small letters and in order of the alphabet, so that MS and SM are the same and M1M2 and MM are not.

    Raises
    ------
    ValueError
        As `parse_genotype`.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> written_alleles("PI*SM2", ["M", "S"]), written_alleles("SM", ["M", "S"])
    (('m2', 's'), ('m', 's'))
    """
    whole = text.strip()
    if whole.casefold() in MISSING or whole == "--":
        return None
    for candidate in dict.fromkeys([whole, _PREFIX.sub("", whole)]):
        spelt = _WITH_NULL.sub(r"\1/null", candidate)
        parts = [part for part in _SEPARATOR.split(spelt) if part]
        if len(parts) == 1:
            found = _split(parts[0], alleles, as_m)
            if found is not None:
                return _in_order(found)
        if len(parts) == 2:
            if any(part.casefold() in MISSING for part in parts):
                return None
            if all(allele_named(part, alleles, as_m) is not None for part in parts):
                return _in_order((parts[0], parts[1]))
    raise ValueError(_complaint(_PREFIX.sub("", whole) or whole, alleles, as_m))


def _split(text: str, alleles: Sequence[str], as_m: Sequence[str]) -> tuple[str, str] | None:
    """Two allele names written without anything between them."""
    if allele_named(text, alleles, as_m) is not None and len(text) > 2:
        return None  # Mmalton is one allele, not M and malton
    for cut in range(1, len(text)):
        if all(allele_named(part, alleles, as_m) is not None for part in (text[:cut], text[cut:])):
            return text[:cut], text[cut:]
    return None


def _in_order(pair: tuple[str, str]) -> tuple[str, str]:
    first, second = sorted(part.casefold() for part in pair)
    return first, second


def _complaint(text: str, alleles: Sequence[str], as_m: Sequence[str]) -> str:
    parts = [part for part in _SEPARATOR.split(text) if part]
    if len(parts) == 1 and allele_named(text, alleles, as_m) is not None:
        return f"names one allele; a genotype has two, such as {text}{text} or M/{text}"
    if len(parts) == 1:
        starts = [cut for cut in range(len(text) - 1, 0, -1) if allele_named(text[:cut], alleles, as_m) is not None]
        parts = [text[: starts[0]], text[starts[0] :]] if starts else [text]
    unknown = [part for part in parts if allele_named(part, alleles, as_m) is None]
    if any(_UNCLEAR.match(part) for part in parts):
        return "may be a null allele or a missing one; write Q0 for null, . for missing"
    if len(parts) > 2 or not unknown:
        return "does not name two alleles; write it as M/S"
    return f"names an unknown allele, {unknown[0]}{nearest(unknown[0], list(alleles))}"
