"""What finding people is drawn from: the laws of today's practice, of every strategy and of every laboratory algorithm."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.diagnosis.strategies import REASONS

Array = NDArray[np.float64]

# What may come of a test, as the drawn partition has it; commonest last, for NumPy gives it what rounding leaves.
RESULTS = ("found", "not_confirmed", "blind", "negative")
# Where everybody with a genotype is in the end; the parts sum to all people.
PARTS = ("recognised_today", "found", "found_by_cascade", *REASONS)
# What a strategy takes and leaves behind; "tested", "positive", "named" and "cost" include today's practice.
WORK = (
    "tested",
    "positive",
    "named",
    "cost",
    "relatives_tested",
    "relatives_named",
    "relatives_cost",
    "copd_unrecognised",
    "symptomatic_unrecognised",
    "years_unrecognised",
)
# Symptoms of people with COPD today; the ages and years are sums over people.
SYMPTOMS = ("symptomatic", "age_at_first_symptom", "symptomatic_recognised", "years_before_recognition")
# Laws of the delay, whoever has it.
DELAY = (
    "first_symptom_age_never_smokers",
    "first_symptom_age_ever_smokers",
    "delay_years",
    "n_doctors",
    "share_over_3_doctors",
)
FUNNEL = ("genotype", "alive", "copd", "copd_diagnosed", "tested", "called", "recognised")
UNRECOGNISED = ("asthma_label", "diagnosed", "undiagnosed", "no_copd")  # states of people who may still be found


@dataclass(frozen=True)
class AlgorithmLaw:
    """What a laboratory algorithm makes of each genotype.

    Attributes
    ----------
    label : str
        Its tests in order.
    result : ndarray (replicate, genotype, 4)
        P(`RESULTS` | tested). Sums to 1. [proportion]
    positive : tuple of bool
        Whether the first test was positive, for each of `RESULTS`.
    genotyped : tuple of bool
        Whether the genotype was read, for each of `RESULTS`.
    named : ndarray (replicate, genotype)
        P(the report names a deficiency allele | the genotype was read as not severe). [proportion]
    cost : ndarray (replicate, genotype)
        Of all laboratory tests, expected, for one person. [currency]
    days : float
        Until the last of its tests is back, one after the other. [days]
    """

    label: str
    result: Array
    positive: tuple[bool, ...]
    genotyped: tuple[bool, ...]
    named: Array
    cost: Array
    days: float


@dataclass(frozen=True)
class StrategyLaw:
    """One strategy.

    Attributes
    ----------
    name : str
        As the config calls it.
    who : str
        One of `simulation.diagnosis.strategies.STRATEGIES`.
    triggers : tuple of str
        Of classical triggers.
    algorithm : int
        Position of its algorithm.
    uptake : ndarray (replicate,)
        Share of those offered a test who have taken it. [proportion]
    cascade : bool
        Whether relatives are tested too.
    """

    name: str
    who: str
    triggers: tuple[str, ...]
    algorithm: int
    uptake: Array
    cascade: bool


@dataclass(frozen=True)
class Relation:
    """One kind of relative.

    Attributes
    ----------
    name : str
        parents, siblings, children, second_degree.
    most : int
        The largest number that one person can have; each of them is there with probability mean / most. [people]
    tested : ndarray (replicate,)
        P(there and tested), of each of the `most`. [proportion]
    genotype : ndarray (replicate, population, genotype, genotype)
        P(genotype of the relative | that of the index person), by their order. [proportion]
    """

    name: str
    most: int
    tested: Array
    genotype: Array


@dataclass(frozen=True)
class CascadeLaw:
    """Testing the relatives of recognised people.

    Attributes
    ----------
    relations : tuple of Relation
        Who is asked.
    reported_severe, named : ndarray (replicate, genotype)
        P(the test reports a severe genotype), P(it names a deficiency allele | it does not). [proportion]
    cost : float
        Of one relative tested. [currency]
    """

    relations: tuple[Relation, ...]
    reported_severe: Array
    named: Array
    cost: float


@dataclass(frozen=True)
class Programme:
    """Everything about finding people in one block of replicates of one scenario.

    Attributes
    ----------
    strategies : tuple of StrategyLaw
        Today's practice first.
    algorithms : tuple of AlgorithmLaw
        That of today's practice first.
    tested_today : ndarray (replicate, population, genotype)
        P(tested today | COPD diagnosed, deficiency not recognised). [proportion]
    result_today : ndarray (replicate, population, genotype, 4)
        P(`RESULTS` | tested today, not recognised); what was found was not followed up. Sums to 1. [proportion]
    few_pack_years : ndarray (replicate, population or 1, sex, age, smoking, genotype)
        P(few pack-years | cell, COPD). [proportion]
    born_since : ndarray (age,)
        Share of an age group born since strategies began. [proportion]
    signs : dict of str to ndarray
        P(sign | leaf), broadcastable to (replicate, population, sex, age, genotype, smoking, state of `UNRECOGNISED`);
        only those that some strategy asks for; the last axis is never left out. [proportion]
    ages : tuple of float
        young_copd_years, early_emphysema_years. [years]
    cascade : CascadeLaw or None
        If any strategy has one.
    symptomatic, years : ndarray (replicate, smoking, age)
        P(first symptom before now | COPD), and expected years since then of one person with COPD, 0 where there was no
        symptom yet. [proportion, years]
    age_at_first_symptom, years_until_recognised : ndarray (replicate, smoking, age)
        The same of the age at the first symptom; and of the years of recognised people, no longer than the delay. [years]
    delay : ndarray (replicate, 5)
        In the order of `DELAY`. [years, doctors, proportion]
    """

    strategies: tuple[StrategyLaw, ...]
    algorithms: tuple[AlgorithmLaw, ...]
    tested_today: Array
    result_today: Array
    few_pack_years: Array
    born_since: Array
    signs: dict[str, Array]
    ages: tuple[float, float]
    cascade: CascadeLaw | None
    symptomatic: Array
    years: Array
    age_at_first_symptom: Array
    years_until_recognised: Array
    delay: Array

    @property
    def beyond_today(self) -> bool:
        """Whether any strategy but today's practice is compared."""
        return len(self.strategies) > 1

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the strategies."""
        return tuple(strategy.name for strategy in self.strategies)

    @property
    def tests(self) -> tuple[str, ...]:
        """Laboratory algorithm of each strategy."""
        return tuple(self.algorithms[strategy.algorithm].label for strategy in self.strategies)

    @property
    def days(self) -> tuple[float, ...]:
        """Days until the last test of each strategy is back."""
        return tuple(self.algorithms[strategy.algorithm].days for strategy in self.strategies)


def of_replicates(law: Any, part: slice) -> Any:
    """Keep some replicates of a programme or of a part of it.

    Parameters
    ----------
    law : Programme or one of its parts
        With a leading replicate axis on every array but `born_since`.
    part : slice
        Which replicates.

    Returns
    -------
    Same type
        Of those replicates.

    Notes
    -----
    An axis of length 1 stands for all replicates. Source: docs/architecture.md.

    Examples
    --------
    >>> import numpy as np
    >>> law = StrategyLaw("all_copd", "all_copd", (), 0, np.array([0.1, 0.2, 0.3]), False)
    >>> of_replicates(law, slice(1, 3)).uptake.tolist()
    [0.2, 0.3]
    """
    changed = {field.name: _part(getattr(law, field.name), part) for field in fields(law) if field.name != "born_since"}
    return replace(law, **changed)


def _part(value: Any, part: slice) -> Any:
    if isinstance(value, np.ndarray):
        return value if len(value) == 1 else value[part]
    if isinstance(value, dict):
        return {name: _part(inner, part) for name, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(_part(inner, part) for inner in value)
    if isinstance(value, AlgorithmLaw | StrategyLaw | CascadeLaw | Relation):
        return of_replicates(value, part)
    return value
