"""Finding people: whom today's practice and every strategy test, find and miss, on the same drawn people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.diagnosis.programme import RESULTS, UNRECOGNISED, AlgorithmLaw, Programme, StrategyLaw
from simulation.diagnosis.strategies import REASONS
from simulation.engines.cascade import draw_relatives
from simulation.engines.offers import Offered, people_by_offer, weighted
from simulation.engines.split import Splitter
from simulation.inputs import Inputs
from simulation.labels import COPD_STATES, RECOGNISED_STATES, STATES

Counts = NDArray[Any]
Array = NDArray[np.float64]

_RECOGNISED = [STATES.index(state) for state in RECOGNISED_STATES]
_COPD = [STATES.index(state) for state in COPD_STATES]
_COPD_RECOGNISED = [i for i in _COPD if i in _RECOGNISED]
_DIAGNOSED = [STATES.index(state) for state in ("diagnosed", "diagnosed_recognised")]
_DIAGNOSED_HERE = UNRECOGNISED.index("diagnosed")
_HAS_COPD = np.array([state != "no_copd" for state in UNRECOGNISED])
_FOUND, _NOT_CONFIRMED, _BLIND, _NEGATIVE = (RESULTS.index(name) for name in RESULTS)
_REASON_OF = {"not_confirmed": _NOT_CONFIRMED, "blind": _BLIND, "negative": _NEGATIVE}


@dataclass(frozen=True)
class Found:
    """What came of today's practice and of every strategy, in some replicates.

    Attributes
    ----------
    funnel : ndarray (replicate, population, genotype, step)
        Today, in the order of `simulation.diagnosis.programme.FUNNEL`. [people]
    symptoms : ndarray (replicate, population, genotype, 4)
        Of severe genotypes, in the order of `SYMPTOMS` there. [people, years]
    parts : ndarray (replicate, population, genotype, strategy, part)
        In the order of `PARTS` there. [people]
    work : ndarray (replicate, population, genotype, strategy, what)
        In the order of `WORK` there; the relatives by their own genotype. [people, currency, years]
    """

    funnel: Counts
    symptoms: Array
    parts: Counts
    work: Array


@dataclass(frozen=True)
class _Drawn:
    """What all strategies share: one partition of the unrecognised people of every state.

    tested, result and named_today are today's. untested has axes (replicate, population, genotype, offer); takes one more,
    the interval between uptakes; results, by algorithm and state, one more for the result; named those of takes.
    """

    people: list[Offered]
    tested: Counts
    result: Counts
    named_today: Counts
    untested: list[Counts]
    takes: list[Counts]
    results: dict[int, list[Counts]]
    named: dict[int, list[Counts]]


def find(inputs: Inputs, programme: Programme, split: Splitter, people: Counts, lung: Counts) -> Found:
    """Draw who is tested, found and missed, today and under every strategy.

    Parameters
    ----------
    inputs : Inputs
        The chain, for its sets.
    programme : Programme
        Laws of the same replicates as `people`.
    split : Splitter
        How people are divided: by multiplication or by chance.
    people : ndarray (replicate, population, sex, age, genotype, smoking, state)
        Leaves; with sex and age where a strategy beyond today's practice is compared. [people]
    lung : ndarray (replicate, population, age, severe genotype, smoking, state)
        Those of severe genotypes, summed over sex. [people]

    Returns
    -------
    Found
        Sums over sex, age and smoking.

    Notes
    -----
    One drawn partition for all strategies: whom they would offer a test, then in which interval between uptakes a person
    falls, then the result of each algorithm. A strategy is a sum of it, so that strategies differ only where they treat
    the same person differently, and one with an uptake of 0 is today's practice. Source: docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> results = simulation.run({"replicates": 2, "strategies": {"all_copd": {}}})
    >>> results.strategies["strategy"].unique().tolist()
    ['todays_practice', 'all_copd']
    """
    severe = inputs.members("severe")
    by_state = people.sum(axis=(2, 3, 5))
    drawn = _draw(programme, split, people_by_offer(programme, split, people, by_state, severe, lung))
    ledgers = [_ledger(programme, split, s, by_state, drawn, severe) for s in range(len(programme.strategies))]
    return Found(
        funnel=_funnel_today(by_state, drawn),
        symptoms=_symptoms(programme, lung, severe, by_state.shape[:-1]),
        parts=np.stack([parts for parts, _ in ledgers], axis=3),
        work=np.stack([work for _, work in ledgers], axis=3),
    )


def _draw(programme: Programme, split: Splitter, people: list[Offered]) -> _Drawn:
    """Divide everybody by what today's practice did, by uptake and by the result of every algorithm."""
    diagnosed = people[_DIAGNOSED_HERE]
    tested = split.part("tested today", diagnosed.n.sum(axis=-1), programme.tested_today)
    result = split.divide("tested today result", tested, programme.result_today)
    today = programme.algorithms[0]
    named_today = split.part("tested today named", _read_as_not_severe(today, result), today.named[:, None])
    untested = [offered.n for offered in people]
    untested[_DIAGNOSED_HERE] = diagnosed.n - split.deal("tested today offers", diagnosed.n, tested)
    results: dict[int, list[Counts]] = {}
    named: dict[int, list[Counts]] = {}
    takes = [n[..., None] for n in untested]
    if programme.beyond_today:
        widths = np.diff(_thresholds(programme), axis=-1, prepend=0.0)[:, None, None, None]
        takes = [split.divide(f"strategy uptake {o.state}", n, widths) for o, n in zip(people, untested, strict=True)]
    for number in {strategy.algorithm for strategy in programme.strategies[1:]}:
        algorithm = programme.algorithms[number]
        chance = algorithm.result[:, None, :, None, None]
        keys = [f"{algorithm.label} {offered.state}" for offered in people]
        results[number] = [split.divide(f"strategy result {k}", n, chance) for k, n in zip(keys, takes, strict=True)]
        p_named = algorithm.named[:, None, :, None, None]
        read = [_read_as_not_severe(algorithm, found) for found in results[number]]
        named[number] = [split.part(f"strategy named {k}", n, p_named) for k, n in zip(keys, read, strict=True)]
    return _Drawn(people, tested, result, named_today, untested, takes, results, named)


def _thresholds(programme: Programme) -> Array:
    """Upper ends of the intervals between the uptakes of all strategies, each replicate's in order, 1 the last."""
    uptake = [strategy.uptake for strategy in programme.strategies[1:]]
    return np.sort(np.stack(np.broadcast_arrays(*uptake, np.ones(1)), axis=-1), axis=-1)


def _accepts(programme: Programme, strategy: StrategyLaw) -> Counts:
    """1 where people of an interval take the test of a strategy: who takes it at 20 % takes it at 40 %."""
    uptake = np.asarray(strategy.uptake).reshape(-1, 1)
    return (_thresholds(programme) <= uptake)[:, None, None, None].astype(np.int64)


def _read_as_not_severe(algorithm: AlgorithmLaw, result: Counts) -> Counts:
    """People whose genotype was read and reported as not severe."""
    return np.asarray(sum(result[..., i] for i in (_BLIND, _NOT_CONFIRMED) if algorithm.genotyped[i]))


def _ledger(
    programme: Programme, split: Splitter, number: int, by_state: Counts, drawn: _Drawn, severe: list[int]
) -> tuple[Counts, Array]:
    """Parts and work of one strategy: its sums of the shared partition, then its relatives."""
    strategy, everybody = programme.strategies[number], by_state.sum(axis=-1)
    algorithm, today = programme.algorithms[strategy.algorithm], programme.algorithms[0]
    recognised = by_state[..., _RECOGNISED].sum(axis=-1)
    is_severe = np.isin(np.arange(everybody.shape[-1]), severe)
    found, tested = np.zeros_like(everybody), np.zeros_like(everybody)
    positive, named = np.zeros(everybody.shape), np.zeros(everybody.shape)
    missed = np.zeros((*everybody.shape, len(UNRECOGNISED), len(REASONS)), by_state.dtype)
    years, symptomatic = (np.zeros(missed.shape[:-1]) for _ in range(2))

    for i, offered in enumerate(drawn.people):
        member, left = offered.member[number], offered.n.astype(float)
        missed[..., i, REASONS.index("no_trigger")] = drawn.untested[i][..., ~member].sum(axis=-1)
        if member.any():
            accepts = _accepts(programme, strategy)
            takers = (drawn.takes[i][..., member, :] * accepts).sum(axis=(-2, -1))
            missed[..., i, REASONS.index("not_offered")] = drawn.untested[i][..., member].sum(axis=-1) - takers
            by_offer = (drawn.results[strategy.algorithm][i][..., member, :, :] * accepts[..., None]).sum(axis=-2)
            result = by_offer.sum(axis=-2)
            for name, column in _REASON_OF.items():
                missed[..., i, REASONS.index(name)] = result[..., column]
            found += result[..., _FOUND]
            tested += takers
            positive += result[..., list(algorithm.positive)].sum(axis=-1)
            named += (drawn.named[strategy.algorithm][i][..., member, :] * accepts).sum(axis=(-2, -1))
            left[..., member] -= by_offer[..., _FOUND]
        share = np.divide(left, offered.n, out=np.zeros(left.shape), where=offered.n > 0)
        years[..., i] = (offered.years * share).sum(axis=-1)
        symptomatic[..., i] = (offered.symptomatic * share).sum(axis=-1)

    # those whom today's practice tested and did not recognise stay missed, whatever the strategy
    for name, column in {"not_followed_up": _FOUND, **_REASON_OF}.items():
        missed[..., _DIAGNOSED_HERE, REASONS.index(name)] += drawn.result[..., column]
    tested_today = recognised + drawn.tested
    positive += recognised + drawn.result[..., list(today.positive)].sum(axis=-1)
    named += drawn.named_today
    cost = tested_today * today.cost[:, None] + tested * algorithm.cost[:, None]

    cascade, relatives, relatives_named = (np.zeros_like(everybody) for _ in range(3))
    relatives_cost = np.zeros(everybody.shape)
    if strategy.cascade and programme.cascade is not None:
        index = (recognised + found) * is_severe
        taken, relatives, relatives_named = draw_relatives(
            split, programme.cascade, strategy.name, index, missed, everybody, is_severe.astype(float)
        )
        before = missed.sum(axis=-1)
        cascade, missed = taken.sum(axis=(-2, -1)), missed - taken
        share = np.divide(missed.sum(axis=-1), before, out=np.zeros(before.shape), where=before > 0)
        years, symptomatic = years * share, symptomatic * share
        relatives_cost = relatives * programme.cascade.cost
        cost = cost + relatives_cost
    by_reason = np.moveaxis(missed.sum(axis=-2), -1, 0)
    copd = missed[..., _HAS_COPD, :].sum(axis=(-2, -1))
    work = [tested_today + tested, positive, named, cost, relatives, relatives_named, relatives_cost, copd]
    work += [symptomatic.sum(axis=-1), years.sum(axis=-1)]
    parts = np.stack([recognised, found, cascade, *by_reason], axis=-1)
    return parts, np.stack(np.broadcast_arrays(*work), axis=-1).astype(float)


def _symptoms(programme: Programme, lung: Counts, severe: list[int], shape: tuple[int, ...]) -> Array:
    """Symptoms of people with COPD today; ages and years are summed over people."""
    copd, known = (lung[..., states].sum(axis=-1) for states in (_COPD, _COPD_RECOGNISED))
    columns = np.zeros((*shape, 4))
    columns[:, :, severe] = np.stack(
        [
            weighted(copd, programme.symptomatic),
            weighted(copd, programme.age_at_first_symptom),
            weighted(known, programme.symptomatic),
            weighted(known, programme.years_until_recognised),
        ],
        axis=-1,
    )
    return columns


def _funnel_today(by_state: Counts, drawn: _Drawn) -> Counts:
    """From the genotype to recognition; nobody dies earlier for the genotype, so all who were born with it are alive."""
    alive = by_state.sum(axis=-1)
    copd, diagnosed = (by_state[..., states].sum(axis=-1) for states in (_COPD, _DIAGNOSED))
    recognised = by_state[..., STATES.index("diagnosed_recognised")]
    called = recognised + drawn.result[..., [_FOUND, _NOT_CONFIRMED]].sum(axis=-1)
    return np.stack([alive, alive, copd, diagnosed, recognised + drawn.tested, called, recognised], axis=-1)
