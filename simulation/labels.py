"""Ordered axes shared by every stage: alleles and genotypes, sexes, ages, smoking, clinical states, sets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

BASE = "base"  # the config itself, beside its scenarios
SEXES = ("male", "female")
AGES = tuple(range(0, 105, 5))  # lower ends of five-year groups; the last is 100 and over
SMOKING = ("never", "former", "current")
N_PACK_YEARS_CLASSES = 8  # equal-probability classes: mean risk within 0.5 % of the continuous law
HISTORIES = (
    "never",
    *(f"former_{k}" for k in range(1, N_PACK_YEARS_CLASSES + 1)),
    *(f"current_{k}" for k in range(1, N_PACK_YEARS_CLASSES + 1)),
)
HISTORY_SMOKING = tuple(history.split("_")[0] for history in HISTORIES)

# Clinical states. Those with COPD stand together and rarest first: NumPy's multinomial gives what is missing from 1 to
# the last class.
STATES = (
    "no_copd_recognised",
    "no_copd",
    "asthma_label_recognised",
    "undiagnosed_recognised",
    "diagnosed_recognised",
    "asthma_label",
    "diagnosed",
    "undiagnosed",
)
COPD_STATES = tuple(state for state in STATES if not state.startswith("no_copd"))
RECOGNISED_STATES = tuple(state for state in STATES if state.endswith("_recognised"))
UNDIAGNOSED_STATES = tuple(state for state in STATES if state.startswith(("undiagnosed", "asthma_label")))

RISK_GENOTYPES = ("MM", "MS", "SS", "MZ", "SZ", "ZZ")  # the genotypes that odds ratios are published for
SETS = ("normal", "carrier", "SS", "intermediate", "severe")  # never overlap
DEFICIENCY_SETS = ("SS", "intermediate", "severe")
ANY_SETS = ("all", *SETS, "any_deficiency")  # what a person may be asked to belong to
LIVER_OUTCOMES = (
    "people",
    "cirrhosis",
    "liver_cancer",
    "liver_transplant",
    "panniculitis",
)  # columns of the liver sums
LIVER_STATES = ("none", "cirrhosis", "liver_cancer", "liver_transplant", "liver_cancer_and_transplant")  # of one person
OTHER_DISEASES = ("bronchiectasis", "anca_vasculitis")  # beside COPD and the liver

# Columns of a line list that a person's leaf or chance decides.
PERSON_COLUMNS = (
    "population",
    "ancestry",
    "sex",
    "age",
    "smoking",
    "pack_years",
    "genotype",
    "serum_aat_umol_l",
    "copd",
    "state",
    "eligibility",
    "liver",
    "panniculitis",
)


def genotype_name(first: str, second: str) -> str:
    """Name of the genotype of two alleles.

    Parameters
    ----------
    first, second : str
        Allele names, in the order of the config's allele list.

    Returns
    -------
    str
        Both letters together, or separated by a slash when a name is longer than one letter.

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> genotype_name("M", "Z"), genotype_name("Z", "rare")
    ('MZ', 'Z/rare')
    """
    return f"{first}{second}" if len(first) == len(second) == 1 else f"{first}/{second}"


def allele_pairs(n_alleles: int) -> list[tuple[int, int]]:
    """Unordered pairs of allele positions, in the order of the genotype axis.

    Parameters
    ----------
    n_alleles : int
        Number of alleles, at least 1.

    Returns
    -------
    list of (int, int)
        n_alleles (n_alleles + 1) / 2 pairs; the first of a pair is never the larger.

    Notes
    -----
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> allele_pairs(2)
    [(0, 0), (0, 1), (1, 1)]
    """
    return list(combinations_with_replacement(range(n_alleles), 2))


def genotypes(alleles: Sequence[str]) -> tuple[str, ...]:
    """Names of all genotypes of these alleles.

    Parameters
    ----------
    alleles : sequence of str
        Allele names, M first.

    Returns
    -------
    tuple of str
        In the order of `allele_pairs`.

    Notes
    -----
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> genotypes(["M", "S", "Z"])
    ('MM', 'MS', 'MZ', 'SS', 'SZ', 'ZZ')
    """
    return tuple(genotype_name(alleles[i], alleles[j]) for i, j in allele_pairs(len(alleles)))


def age_label(age: int) -> str:
    """Name of the five-year age group that begins at this age.

    Parameters
    ----------
    age : int
        Lower end of the group, a multiple of 5 from 0 to 100. [years]

    Returns
    -------
    str
        "30-34", or "100+" for the last.

    Notes
    -----
    Source: docs/model.md, section 1.

    Examples
    --------
    >>> age_label(30), age_label(100)
    ('30-34', '100+')
    """
    return "100+" if age == AGES[-1] else f"{age}-{age + 4}"


def risk_genotype(like_first: str, like_second: str) -> str:
    """The published genotype whose COPD odds ratio stands for a pair of allele kinds.

    Parameters
    ----------
    like_first, like_second : {"M", "S", "Z", "null"}
        What each allele behaves like.

    Returns
    -------
    str
        One of `RISK_GENOTYPES`. M with a Z-like or null allele is read as MZ, S with one as SZ, two of them as ZZ.

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> risk_genotype("M", "null"), risk_genotype("Z", "S"), risk_genotype("null", "null")
    ('MZ', 'SZ', 'ZZ')
    """
    kinds = sorted(("Z" if like == "null" else like for like in (like_first, like_second)), key="MSZ".index)
    return "".join(kinds)


def default_set(first: str, second: str, like_first: str, like_second: str) -> str:
    """The set that counts a genotype unless the config says otherwise.

    Parameters
    ----------
    first, second : str
        Allele names.
    like_first, like_second : {"M", "S", "Z", "null"}
        What each allele behaves like.

    Returns
    -------
    str
        "normal" (M with M), "carrier" (M with another tracked allele), "SS", "intermediate" or "severe".

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> default_set("M", "F", "M", "M"), default_set("Z", "null", "Z", "null"), default_set("F", "Z", "M", "Z")
    ('carrier', 'severe', 'carrier')
    """
    if first == second == "M":
        return "normal"
    kind = risk_genotype(like_first, like_second)
    return {"SS": "SS", "SZ": "intermediate", "ZZ": "severe"}.get(kind, "carrier")
