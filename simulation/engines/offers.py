"""Whom strategies would offer a test: the people of each clinical state, by the set of strategies that would."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.diagnosis.programme import UNRECOGNISED, Programme
from simulation.diagnosis.strategies import STRATEGIES, Known
from simulation.engines.split import Splitter
from simulation.labels import AGES, SMOKING, STATES

Counts = NDArray[Any]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Offered:
    """People of one clinical state whose deficiency nobody has recognised.

    Attributes
    ----------
    state : str
        One of `simulation.diagnosis.programme.UNRECOGNISED`.
    n : ndarray (replicate, population, genotype, offer)
        [people]
    symptomatic, years : ndarray (replicate, population, genotype, offer)
        Of severe genotypes with COPD: expected people with symptoms, and their years since the first. [people, years]
    member : ndarray of bool (strategy, offer)
        Which strategies would offer a test.
    """

    state: str
    n: Counts
    symptomatic: Array
    years: Array
    member: NDArray[np.bool_]


def people_by_offer(
    programme: Programme, split: Splitter, people: Counts, by_state: Counts, severe: list[int], lung: Counts
) -> list[Offered]:
    """Divide unrecognised people of each state by which strategies would offer them a test.

    Parameters
    ----------
    programme : Programme
        Laws of the same replicates.
    split : Splitter
        By multiplication or by chance.
    people : ndarray (replicate, population, sex, age, genotype, smoking, state)
        Leaves; looked at only where a strategy beyond today's practice is compared. [people]
    by_state : ndarray (replicate, population, genotype, state)
        The same, summed. [people]
    severe : list of int
        Positions of the severe genotypes.
    lung : ndarray (replicate, population, age, severe genotype, smoking, state)
        The severe ones, summed over sex. [people]

    Returns
    -------
    list of Offered
        In the order of `UNRECOGNISED`.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> programme = simulation.build_inputs({"population": {"size": 1000}}).programme
    >>> programme.beyond_today
    False
    """
    found = []
    for position, state in enumerate(UNRECOGNISED):
        column = STATES.index(state)
        if not programme.beyond_today:
            n, member = by_state[..., column, None], np.zeros((1, 1), bool)
            ill = lung[..., column, None]
        else:
            leaf = people[..., column]
            probability, member = _offer_probabilities(programme, state, leaf.shape[1:], position)
            by_offer = split.divide(f"strategy offers {state}", leaf, probability)
            n = by_offer.sum(axis=(2, 3, 5))
            ill = by_offer[:, :, :, :, severe].sum(axis=2)
        symptomatic, years = (np.zeros(n.shape) for _ in range(2))
        if state != "no_copd":
            symptomatic[:, :, severe] = weighted(ill, programme.symptomatic)
            years[:, :, severe] = weighted(ill, programme.years)
        found.append(Offered(state, n, symptomatic, years, member))
    return found


def weighted(people: Counts, each: Array) -> Array:
    """Sum people over age and smoking, each with a weight of their own.

    Parameters
    ----------
    people : ndarray (replicate, population, age, genotype, smoking, ...)
        [people]
    each : ndarray (replicate or 1, smoking, age)
        Weight of one person.

    Returns
    -------
    ndarray (replicate, population, genotype, ...)
        [people times the unit of the weight]

    Notes
    -----
    Source: docs/model.md, section 12.

    Examples
    --------
    >>> weighted(np.ones((1, 1, 2, 1, 3, 1)), np.full((1, 3, 2), 0.5)).item()
    3.0
    """
    each = np.broadcast_to(each, (len(people), *each.shape[1:]))
    return np.asarray(np.einsum("rpags...,rsa->rpg...", people, each))


def _offer_probabilities(
    programme: Programme, state: str, leaf: tuple[int, ...], position: int
) -> tuple[Array, NDArray[np.bool_]]:
    """P(set of strategies that offer a test | leaf), the emptiest set last, and which strategies each set is.

    Leaves have axes population, sex, age, genotype, smoking. What a leaf does not decide (few pack-years, born since, the
    signs of disease) is independent given the leaf.
    """
    shape = (1, 1, len(AGES), 1, len(SMOKING))
    signs = _signs_by_use(programme)
    asked = {strategy.who for strategy in programme.strategies}
    never = np.zeros((1,) * 6)
    few = state == "diagnosed" and "copd_under_65_or_20_pack_years" in asked
    chances: list[Array] = [
        np.moveaxis(programme.few_pack_years, -1, -2) if few else never,
        programme.born_since.reshape(1, 1, 1, len(AGES), 1, 1) if "newborn_screening" in asked else never,
        *(_any_of([programme.signs[name][..., position] for name in names]) for names in signs),
    ]
    sets: dict[tuple[bool, ...], Array] = {}
    for flags in product((False, True), repeat=len(chances)):
        p = np.ones(1)
        for flag, chance in zip(flags, chances, strict=True):
            p = p * (chance if flag else 1 - chance)
        if not p.any():
            continue
        known = _known(programme, state, shape, flags, signs)
        offered = np.stack(
            [np.broadcast_to(STRATEGIES[s.who](known, s.triggers), shape) for s in programme.strategies], axis=-1
        )
        for pattern in {tuple(map(bool, row)) for row in offered.reshape(-1, offered.shape[-1])}:
            here = (offered == np.array(pattern)).all(axis=-1)
            part = np.where(here, p, 0.0)
            if part.any():
                sets[pattern] = sets.get(pattern, np.zeros(1)) + part
    order = sorted(sets, key=lambda pattern: (-sum(pattern), pattern))
    shapes = np.broadcast_shapes(*(p.shape for p in sets.values()), (1, *leaf))
    probability = np.stack([np.broadcast_to(sets[pattern], shapes) for pattern in order], axis=-1)
    return np.clip(probability, 0.0, 1.0), np.array(order, bool).T  # rounding may go beyond 1


def _any_of(chances: list[Array]) -> Array:
    """P(at least one of independent things)."""
    none = np.ones(1)
    for chance in chances:
        none = none * (1 - chance)
    return 1 - none


def _signs_by_use(programme: Programme) -> list[tuple[str, ...]]:
    """Signs that the same strategies ask for, together: to have any of them is then all that matters."""
    users = {name: tuple(name in strategy.triggers for strategy in programme.strategies) for name in programme.signs}
    return [tuple(name for name in users if users[name] == use) for use in dict.fromkeys(users.values())]


def _known(
    programme: Programme,
    state: str,
    shape: tuple[int, ...],
    flags: tuple[bool, ...],
    signs: list[tuple[str, ...]],
) -> Known:
    few, born, *has = flags
    ages = np.array(AGES, float).reshape(1, 1, -1, 1, 1)
    smoked = np.array([status != "never" for status in SMOKING])
    everywhere = np.ones(shape, bool)
    present = {name: value for names, value in zip(signs, has, strict=True) for name in names}
    return Known(
        age_years=np.broadcast_to(ages, shape),
        copd=everywhere & (state != "no_copd"),
        diagnosed_copd=everywhere & (state == "diagnosed"),
        asthma_label=everywhere & (state == "asthma_label"),
        ever_smoked=everywhere & smoked,
        few_pack_years=everywhere & few,
        born_since=everywhere & born,
        signs={name: everywhere & value for name, value in present.items()},
        young_copd_years=programme.ages[0],
        early_emphysema_years=programme.ages[1],
    )
