"""The walk along the chain, written once for all engines: people → genotype → smoking → COPD → clinical state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.care.augmentation import FUNNEL_STEPS
from simulation.engines.split import Splitter
from simulation.inputs import Inputs
from simulation.labels import COPD_STATES, HISTORY_SMOKING, RECOGNISED_STATES, SMOKING, STATES

CELLS_AT_ONCE = 200_000  # a few replicates at a time: arrays stay small, memory bounded
LIVER_OUTCOMES = ("people", "cirrhosis", "liver_cancer", "panniculitis")
_COPD = slice(STATES.index(COPD_STATES[0]), len(STATES))
_NO_COPD = STATES.index("no_copd")
_KNOWN = slice(STATES.index("asthma_label"), len(STATES))  # asthma label, diagnosed, undiagnosed; not recognised
_RECOGNISED_OF = {
    STATES.index(name): STATES.index(f"{name}_recognised")
    for name in ("no_copd", "asthma_label", "diagnosed", "undiagnosed")
}
_DOES_NOT_SMOKE = slice(SMOKING.index("never"), SMOKING.index("former") + 1)
CHANCE_STEPS = ("below_threshold", "no_iga_deficiency", "willing")
_RECOGNISED_COPD = [i for i, state in enumerate(COPD_STATES) if state in RECOGNISED_STATES]


@dataclass(frozen=True)
class Margins:
    """What the last splits took of people who are alike, before it was summed; a line list deals it out to its rows.

    Attributes
    ----------
    adult : dict of int to ndarray (replicate, population, severe genotype, smoking, state)
        Old enough for treatment, by position of an age group that is so in part. [people]
    steps : dict of str to ndarray (replicate, population, severe genotype, smoking, state)
        At the steps of the funnel where chance decides, `CHANCE_STEPS`; after the first only never and former smokers
        with COPD. [people]
    cirrhosis : ndarray (replicate, population, age, liver genotype)
        [people]
    liver_cancer, panniculitis : ndarray (replicate, population, liver genotype)
        [people]
    """

    adult: dict[int, NDArray[Any]]
    steps: dict[str, NDArray[Any]]
    cirrhosis: NDArray[Any]
    liver_cancer: NDArray[Any]
    panniculitis: NDArray[Any]


@dataclass(frozen=True)
class Leaves:
    """The one drawn table of some replicates; every result table is a sum of it.

    Attributes
    ----------
    replicates : slice
        Which replicates of the block.
    people : ndarray (replicate, population, sex, age, genotype, smoking, state)
        [people]
    cells : ndarray (replicate, population, sex, age, genotype, 2)
        All people and people with COPD, as they were before the last split: sums of `people`. [people]
    funnel : ndarray (replicate, population, severe genotype, step)
        Steps in the order of `simulation.care.augmentation.FUNNEL_STEPS`. [people]
    liver : ndarray (replicate, population, liver genotype, outcome)
        Outcomes in the order of `LIVER_OUTCOMES`. [people]
    margins : Margins
        Parts of `funnel` and `liver`.
    """

    replicates: slice
    people: NDArray[Any]
    cells: NDArray[Any]
    funnel: NDArray[Any]
    liver: NDArray[Any]
    margins: Margins


def copd_by_smoking(inputs: Inputs) -> NDArray[np.float64]:
    """P(COPD) by smoking status, the pack-years classes averaged.

    Parameters
    ----------
    inputs : Inputs
        The chain.

    Returns
    -------
    ndarray (replicate, population or 1, sex, age, smoking, risk genotype)
        [proportion]

    Notes
    -----
    Classes of one status are equally probable. Source: docs/model.md, section 3.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> copd_by_smoking(inputs).shape[-2:]
    (3, 6)
    """
    copd = inputs.values("copd")
    of_status = [[i for i, status in enumerate(HISTORY_SMOKING) if status == smoking] for smoking in SMOKING]
    return np.stack([copd[..., columns, :].mean(axis=-2) for columns in of_status], axis=-2)


def liver_genotypes(inputs: Inputs) -> list[int]:
    """Positions of the genotypes that the liver table follows.

    Parameters
    ----------
    inputs : Inputs
        The chain.

    Returns
    -------
    list of int
        Those with any probability of cirrhosis or panniculitis.

    Notes
    -----
    Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> [inputs.genotypes[i] for i in liver_genotypes(inputs)]
    ['ZZ', 'Z/rare', 'rare/rare']
    """
    harmed = inputs.values("cirrhosis").any(axis=(0, 1)) | inputs.values("panniculitis").any(axis=0)
    return [int(i) for i in np.flatnonzero(harmed)]


def walk(inputs: Inputs, split: Splitter, *, keep_ages: bool = True) -> Iterator[Leaves]:
    """Split the people of every replicate along the chain, a few replicates at a time.

    Parameters
    ----------
    inputs : Inputs
        The chain.
    split : Splitter
        How people are divided: by multiplication or by chance.
    keep_ages : bool, default True
        Whether `people` keeps sex and age. Where people are multiplied, summing them first gives the same sums at a
        fraction of the cost; where they are drawn it would be another draw.

    Yields
    ------
    Leaves
        Of consecutive replicates.

    Notes
    -----
    COPD, then diagnosis, then recognition are drawn, each from its own stream: the joint law is that of one multinomial
    over COPD × diagnosed × label × recognised, but a scenario that changes only recognition leaves COPD and its diagnosis
    as they were.
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> import simulation
    >>> from simulation.engines.split import Drawn
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> leaves = next(walk(inputs, Drawn(seed=1, block=0)))
    >>> set(leaves.people.sum(axis=(1, 2, 3, 4, 5, 6)).tolist())
    {1000}
    """
    n_people = inputs.values("n_people")
    genotype = inputs.values("genotype")
    smoking = inputs.values("smoking")
    risk = np.ascontiguousarray(np.moveaxis(copd_by_smoking(inputs), -1, -2))
    state = inputs.values("state")
    severe, liver = inputs.members("severe"), liver_genotypes(inputs)
    diagnosis, p_recognised = _diagnosis_and_recognition(state)
    recognisable = [int(i) for i in np.flatnonzero(p_recognised.any(axis=(0, 1, 3)))]
    adult = inputs.values("adult")
    funnel_chances = [
        inputs.values("low_level")[:, None, severe, None, None],
        1 - inputs.values("iga_deficiency").reshape(-1, 1, 1, 1, 1),
        inputs.values("willing").reshape(-1, 1, 1, 1, 1),
    ]
    liver_chances = [
        inputs.values("cirrhosis")[:, None, :, liver],
        inputs.values("liver_cancer").reshape(-1, 1, 1),
        inputs.values("panniculitis")[:, None, liver],
    ]

    n_cells = n_people.size * genotype.shape[-1] * len(SMOKING)
    at_once = max(1, CELLS_AT_ONCE // max(n_cells, 1))
    for begin in range(0, inputs.n_replicates, at_once):
        r = slice(begin, min(begin + at_once, inputs.n_replicates))
        size = r.stop - r.start
        n = np.broadcast_to(n_people, (size, *n_people.shape))
        # the genotype axis is turned round, so that the commonest, MM, comes last
        people_g = split.divide("genotype", n, genotype[r, :, None, None, ::-1])[..., ::-1]
        people_h = split.divide("smoking", people_g, _broad(smoking[r], people_g.shape[1:4])[..., None, ::-1])[
            ..., ::-1
        ]
        copd = split.part("copd", people_h, risk[r][..., inputs.risk_of, :])
        cells = np.stack([people_g, copd.sum(axis=-1)], axis=-1)
        if not keep_ages:
            people_h, copd = (_minors_and_adults(array, adult) for array in (people_h, copd))
        people = _clinical_states(split, people_h, copd, diagnosis[r], p_recognised[r], recognisable)
        by_age = people[:, :, :, :, _run_or_list(severe)].sum(axis=2)
        steps, adults = _funnel(split, by_age, adult if keep_ages else np.array([0.0, 1.0]), funnel_chances, r)
        outcomes = _liver(split, people_g[..., liver].sum(axis=2), liver_chances, r)
        yield Leaves(
            r,
            people,
            cells,
            np.stack([steps[step].sum(axis=(-2, -1)) for step in FUNNEL_STEPS], axis=-1),
            np.stack([outcomes[0], outcomes[1].sum(axis=2), *outcomes[2:]], axis=-1),
            Margins(adults, {step: steps[step] for step in CHANCE_STEPS}, *outcomes[1:]),
        )


def _minors_and_adults(array: NDArray[Any], adult: NDArray[np.float64]) -> NDArray[Any]:
    """Sum (replicate, population, sex, age, ...) over sex, and over age into two groups."""
    by_age = array.sum(axis=2)
    return np.asarray(np.einsum("rpa...,ba->rpb...", by_age, np.stack([1 - adult, adult])))[:, :, None]


def _clinical_states(
    split: Splitter,
    people_h: NDArray[Any],
    copd: NDArray[Any],
    diagnosis: NDArray[np.float64],
    p_recognised: NDArray[np.float64],
    recognisable: list[int],
) -> NDArray[Any]:
    """Split people with and without COPD by diagnosis, then by recognition: a last axis of states."""
    people = np.zeros((*copd.shape, len(STATES)), copd.dtype)
    people[..., _KNOWN] = split.divide("diagnosis", copd, diagnosis[:, :, None, None, :, None, :])
    people[..., _NO_COPD] = people_h - copd
    run = _run_or_list(recognisable)
    for column, found in _RECOGNISED_OF.items() if recognisable else ():
        p_found = p_recognised[:, :, None, None, :, None, column][..., run, :]
        unrecognised = people[..., column]  # a view: what is taken from it is taken from the people
        recognised = split.part(f"recognition {STATES[column]}", unrecognised[..., run, :], p_found)
        unrecognised[..., run, :] -= recognised
        people[..., found][..., run, :] = recognised
    return people


def _diagnosis_and_recognition(state: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split P(state | genotype, COPD) into P(label, diagnosed, undiagnosed | COPD) and P(recognised | each of them)."""
    joint = state[..., 1, :].copy()
    joint[..., [_NO_COPD, _RECOGNISED_OF[_NO_COPD]]] = state[..., 0, [_NO_COPD, _RECOGNISED_OF[_NO_COPD]]]
    recognised = np.zeros_like(joint)
    for column, found in _RECOGNISED_OF.items():
        joint[..., column] += joint[..., found]
        np.divide(joint[..., found], joint[..., column], out=recognised[..., column], where=joint[..., column] > 0)
    return joint[..., _KNOWN], np.clip(recognised, 0.0, 1.0)


def _broad(array: NDArray[np.float64], cells: tuple[int, ...]) -> NDArray[np.float64]:
    """Stretch (replicate, population, sex, age, ...) to the cells that there are."""
    return np.broadcast_to(array, (array.shape[0], *cells, *array.shape[4:]))


def _run_or_list(positions: list[int]) -> slice | list[int]:
    """A slice where positions follow each other: it needs no copy."""
    together = positions == list(range(positions[0], positions[-1] + 1)) if positions else False
    return slice(positions[0], positions[-1] + 1) if together else positions


def _funnel(
    split: Splitter, by_age: NDArray[Any], adult: NDArray[np.float64], chances: list[NDArray[np.float64]], r: slice
) -> tuple[dict[str, NDArray[Any]], dict[int, NDArray[Any]]]:
    """People of severe genotypes left at each step towards treatment, and adults of age groups that are so in part.

    `by_age` has axes replicate, population, age, genotype, smoking, state. The level is independent of sex and age given
    the genotype, so both are summed out before it is drawn.
    """
    adults = by_age[:, :, adult >= 1].sum(axis=2)
    partly = {
        i: split.part("adult", by_age[:, :, i], adult[i : i + 1]) for i, share in enumerate(adult) if 0 < share < 1
    }
    for some in partly.values():
        adults = adults + some
    p_low, p_iga, p_willing = (chance[r] for chance in chances)
    low = split.part("level", adults, np.broadcast_to(p_low, adults.shape))
    copd = low[..., _COPD]
    quiet = copd[..., _DOES_NOT_SMOKE, :]
    no_iga = split.part("iga", quiet, p_iga)
    willing = split.part("willing", no_iga, p_willing)
    kept = {
        "severe": by_age.sum(axis=2),
        "adult": adults,
        "below_threshold": low,
        "copd": copd,
        "does_not_smoke": quiet,
        "no_iga_deficiency": no_iga,
        "willing": willing,
        "recognised": willing[..., _RECOGNISED_COPD],
    }
    return kept, partly


def _liver(
    split: Splitter, by_age: NDArray[Any], chances: list[NDArray[np.float64]], r: slice
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Everybody, cirrhosis by age, liver cancer, panniculitis: independent of the lung given genotype and age."""
    p_cirrhosis, p_cancer, p_skin = (chance[r] for chance in chances)
    everybody = by_age.sum(axis=2)
    cirrhosis = split.part("cirrhosis", by_age, np.broadcast_to(p_cirrhosis, by_age.shape))
    by_genotype = cirrhosis.sum(axis=2)
    cancer = split.part("liver cancer", by_genotype, np.broadcast_to(p_cancer, by_genotype.shape))
    skin = split.part("panniculitis", everybody, np.broadcast_to(p_skin, everybody.shape))
    return everybody, cirrhosis, cancer, skin
