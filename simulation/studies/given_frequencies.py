"""Allele frequencies and tests as a caller of the Python functions may give them: a number, a mapping, a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from simulation.assembly.genotypes import frequency_rows
from simulation.config.schema import Config
from simulation.data.pack import data_pack
from simulation.errors import DataError, nearest
from simulation.genetics.genotype_names import allele_named
from simulation.genetics.hardy_weinberg import TOLERANCE

Frequencies = float | Mapping[str, float] | str  # of Z alone, by allele, or the name of an ancestry


def ordered_alleles(alleles: Collection[str]) -> list[str]:
    """Alleles in the order of the data pack.

    Parameters
    ----------
    alleles : collection of str
        Their names.

    Returns
    -------
    list of str
        M first.

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> ordered_alleles({"Z", "M"})
    ['M', 'Z']
    """
    return [name for name in data_pack().alleles if name in alleles]


def frequencies_by_allele(given: Frequencies, needed: Collection[str]) -> dict[str, float]:
    """Frequencies by allele, M left out.

    Parameters
    ----------
    given : float, mapping of str to float, or str
        Of Z alone, by allele in any spelling, or the name of an ancestry of the data pack. [proportion]
    needed : collection of str
        Alleles that must have one.

    Returns
    -------
    dict of str to float
        [proportion]

    Raises
    ------
    DataError
        If a name is unknown, a number is no proportion, or an allele that is needed has none.

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> frequencies_by_allele(0.02, ["Z"])
    {'Z': 0.02}
    """
    if isinstance(given, str):
        found, what = _of_ancestry(given), f"ancestry {given} has {', '.join(Config().genetics.alleles)}"
    elif isinstance(given, Mapping):
        found = _by_allele("allele_frequency", given)
        what = f"given are {', '.join(found) or 'none'}"
        if "M" in found:
            raise DataError("allele_frequency M: M is what the other alleles leave; remove it")
    else:
        found, what = _by_allele("allele_frequency", {"Z": given}), "a single number is that of Z"
    lacking = [name for name in ordered_alleles(needed) if name != "M" and name not in found]
    if lacking:
        raise DataError(
            f'no frequency of {", ".join(lacking)}; {what}: give frequencies by allele, "{lacking[0]}": 0.001 among them'
        )
    if sum(found.values()) > 1 + TOLERANCE:
        raise DataError(f"allele frequencies sum to {sum(found.values()):.6g}; together they must be at most 1")
    return found


def _of_ancestry(name: str) -> dict[str, float]:
    pack = data_pack()
    if name not in pack.ancestries:
        near = nearest(name, list(pack.ancestries), {key: row.label for key, row in pack.ancestries.items()})
        if name in pack.mixtures:
            parts = ", ".join(row.ancestry for row in pack.mixtures[name])
            raise DataError(
                f"{name} is a mixture of {parts}, and a product of mean frequencies is no mean of products; name one of these,"
                " or run a config with this mixture for couples of all"
            )
        raise DataError(f"unknown ancestry {name}{near}; `aatd populations` lists them")
    return {
        allele: sum(pack.allele_frequencies[row].frequency for row in frequency_rows(name, allele, pack))
        for allele in Config().genetics.alleles[1:]
    }


def readings_of(panel: str | Mapping[str, float]) -> dict[str, tuple[str, float]]:
    """What a test reads each allele as, and how often.

    Parameters
    ----------
    panel : str, or mapping of str to float
        A test of the genotype, or the sensitivity by allele. [proportion]

    Returns
    -------
    dict of str to (str, float)
        By allele. [name, proportion]

    Raises
    ------
    DataError
        If the test or an allele is unknown.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> readings_of({"Z": 0.99})
    {'Z': ('Z', 0.99)}
    """
    if not isinstance(panel, str):
        return {name: (name, value) for name, value in _by_allele("panel", panel).items()}
    pack = data_pack()
    tests = pack.readings
    if panel not in tests:
        if panel in pack.lab_tests:
            raise DataError(f"{panel} reads no alleles; name a test of the genotype: {', '.join(tests)}")
        raise DataError(f"unknown test {panel}{nearest(panel, list(tests)) or '; known are ' + ', '.join(tests)}")
    return {name: (row.read_as, row.sensitivity) for name, row in tests[panel].items()}


def _by_allele(key: str, given: Mapping[str, float]) -> dict[str, float]:
    """Proportions by the proper names of alleles; all mistakes together."""
    known, found, mistakes = list(data_pack().alleles), {}, []
    for text, value in given.items():
        name = allele_named(text, known)
        if name is None:
            mistakes.append(f"{key}: unknown allele {text}{nearest(text, known)}")
        elif name in found:
            mistakes.append(f"{key}: {text} is given twice; keep one")
        elif not isinstance(value, float | int | np.number) or not 0 <= value <= 1:
            mistakes.append(f"{key} {text} = {value}; it must be at least 0 and at most 1 (for 2 % write 0.02)")
        else:
            found[name] = float(value)
    if mistakes:
        raise DataError(mistakes)
    return found
