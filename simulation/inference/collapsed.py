"""From a collapsed gene-level frequency, which counts every allele alike, to severe deficiency: what each step takes away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulation.genetics.hardy_weinberg import genotype_frequencies, with_m_as_remainder
from simulation.labels import allele_pairs, default_set, genotypes

ROUNDING = 0.05  # of the estimate; a difference beyond it is no matter of decimals


@dataclass(frozen=True)
class Step:
    """One step from one estimate to another.

    Attributes
    ----------
    step : str
        What it is, in words.
    proportion : float
        What it adds; negative where it takes away. For the first and the last, the estimate itself. [proportion]
    """

    step: str
    proportion: float


def reconcile_steps(collapsed: float, allele_frequency: Mapping[str, float], like: Mapping[str, str]) -> list[Step]:
    """Additive steps from the square of a collapsed frequency to severe deficiency.

    Parameters
    ----------
    collapsed : float
        The other estimate: all pathogenic alleles of the gene added, and squared; in [0, 1]. [proportion]
    allele_frequency : mapping of str to float
        Of each allele that was added, M left out; together at most 1. [proportion]
    like : mapping of str to str
        What each behaves like: "M", "S", "Z" or "null".

    Returns
    -------
    list of Step
        The collapsed estimate; rounding (unexplained, where it is more than 5 %); minus SS; minus SZ; minus others that are
        not severe; severe deficiency. The first
        and all that follow but the last add up to the last.

    Raises
    ------
    ValueError
        If frequencies are negative or sum to more than 1.

    Notes
    -----
    (Σ q)² = Σ q_a² + 2 Σ q_a q_b, a sum over genotypes without M; each genotype is in one step. Rounding is what the printed
    estimate and the alleles given differ by: decimals, or an allele that only one of the two has. Source:
    docs/evidence.md.

    Examples
    --------
    >>> steps = reconcile_steps(0.0036, {"S": 0.04, "Z": 0.02}, {"S": "S", "Z": "Z"})
    >>> [(s.step.split(":")[0], round(s.proportion, 6)) for s in steps[1:]]
    [('rounding', 0.0), ('minus SS', -0.0016), ('minus SZ', -0.0016), ('severe deficiency', 0.0004)]
    """
    alleles = ["M", *allele_frequency]
    kinds = ["M", *(like[a] for a in allele_frequency)]
    q = with_m_as_remainder(list(allele_frequency.values()))
    frequency = genotype_frequencies(q)
    groups: dict[str, list[int]] = {"minus SS": [], "minus SZ": [], "other": [], "severe": []}
    for k, (i, j) in enumerate(allele_pairs(len(alleles))):
        if i == 0:
            continue
        counted = default_set(alleles[i], alleles[j], kinds[i], kinds[j])
        if counted == "severe":
            groups["severe"].append(k)
        elif alleles[i] == alleles[j] == "S":
            groups["minus SS"].append(k)
        elif "S" in (alleles[i], alleles[j]) and counted == "intermediate":
            groups["minus SZ"].append(k)
        else:
            groups["other"].append(k)
    names = genotypes(alleles)

    def share(group: str) -> float:
        return float(frequency[groups[group]].sum())

    squared = float((q[1:].sum()) ** 2)
    steps = [
        Step("collapsed estimate: all alleles counted alike, squared", collapsed),
        Step(_difference_in_words(squared, collapsed), squared - collapsed),
        Step("minus SS: two copies of S", -share("minus SS")),
        Step(f"minus SZ: {_listed([names[k] for k in groups['minus SZ']])}", -share("minus SZ")),
    ]
    if groups["other"]:
        steps.append(Step(f"minus other non-severe: {_listed([names[k] for k in groups['other']])}", -share("other")))
    return [*steps, Step("severe deficiency: two of Z, rare, null", share("severe"))]


def _difference_in_words(squared: float, collapsed: float) -> str:
    if abs(squared - collapsed) <= ROUNDING * collapsed:
        return "rounding: decimals, and alleles that only one of the two counts"
    return (
        f"unexplained: these alleles collapse to 1 in {1 / squared:,.0f}" if squared > 0 else "unexplained: no alleles"
    )


def sum_of_steps(steps: Sequence[Step]) -> float:
    """The last estimate as the sum of the first and every step between.

    Parameters
    ----------
    steps : sequence of Step
        As `reconcile_steps` gives them.

    Returns
    -------
    float
        Equal to the last to rounding. [proportion]

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> sum_of_steps([Step("first", 0.5), Step("minus", -0.25), Step("last", 0.25)])
    0.25
    """
    return float(np.sum([step.proportion for step in steps[:-1]]))


def _listed(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
