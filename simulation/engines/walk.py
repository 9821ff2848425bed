"""The walk along the chain, written once for all engines: people → genotype → smoking → COPD → clinical state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.engines.care import Margins, care_law, lung_groups, split_care
from simulation.engines.split import Splitter
from simulation.inputs import Inputs
from simulation.labels import HISTORY_SMOKING, SMOKING, STATES

CELLS_AT_ONCE = 200_000  # a few replicates at a time: arrays stay small, memory bounded
_NO_COPD = STATES.index("no_copd")
_KNOWN = slice(STATES.index("asthma_label"), len(STATES))  # asthma label, diagnosed, undiagnosed; not recognised
_RECOGNISED_OF = {
    STATES.index(name): STATES.index(f"{name}_recognised")
    for name in ("no_copd", "asthma_label", "diagnosed", "undiagnosed")
}


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
    severe : ndarray (replicate, population, age, severe genotype, smoking, state)
        Those of severe genotypes, summed over sex; with ages even where `people` has none. [people]
    funnel : ndarray (replicate, population, severe genotype, rule, step)
        Steps in the order of `simulation.care.augmentation.FUNNEL_STEPS`. [people]
    liver : ndarray (replicate, population, liver genotype, outcome)
        Outcomes in the order of `simulation.labels.LIVER_OUTCOMES`. [people]
    margins : Margins
        Parts of `funnel` and `liver`.
    """

    replicates: slice
    people: NDArray[Any]
    cells: NDArray[Any]
    severe: NDArray[Any]
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
    diagnosis, p_recognised = _diagnosis_and_recognition(state)
    recognisable = [int(i) for i in np.flatnonzero(p_recognised.any(axis=(0, 1, 3)))]
    care = care_law(inputs)
    followed = _run_or_list(care.followed)
    severe = [care.followed.index(g) for g in inputs.members("severe")]

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
        if keep_ages:
            people = _clinical_states(split, people_h, copd, diagnosis[r], p_recognised[r], recognisable)
            by_age = people[:, :, :, :, followed].sum(axis=2)
        else:
            h, c = (array[..., followed, :].sum(axis=2, keepdims=True) for array in (people_h, copd))
            p_diagnosed, p_found = diagnosis[r][:, :, followed], p_recognised[r][:, :, followed]
            of_these = [i for i, g in enumerate(care.followed) if g in recognisable]
            by_age = _clinical_states(split, h, c, p_diagnosed, p_found, of_these)[:, :, 0]
            h, c = (array.sum(axis=(2, 3), keepdims=True) for array in (people_h, copd))
            people = _clinical_states(split, h, c, diagnosis[r], p_recognised[r], recognisable)
        by_lung = lung_groups(by_age)
        funnel, liver, margins = split_care(split, care, r, by_lung, people_g[..., care.liver].sum(axis=2))
        yield Leaves(r, people, cells, by_age[:, :, :, severe], funnel, liver, margins)


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
