"""One block of replicates: drawn and expected sums, ready to be stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.diagnosis.programme import DELAY, of_replicates
from simulation.engines.care import liver_genotypes
from simulation.engines.couples import couples_with_children
from simulation.engines.dealing import runs_of
from simulation.engines.expected import attributable_copd, other_diseases
from simulation.engines.finding import find
from simulation.engines.individuals import PersonLaw, person_law
from simulation.engines.runs import Runs
from simulation.engines.split import Drawn, Expected, Splitter
from simulation.engines.sums import axes_of, sum_by_age, sum_people, with_last_total, with_totals
from simulation.engines.walk import Leaves, walk
from simulation.genetics.couples import CoupleLaw
from simulation.inputs import Inputs
from simulation.randomness import generator
from simulation.results.axes import Axes

ENGINES = ("counts", "individuals", "expected")


@dataclass(frozen=True)
class Listed:
    """The people of one replicate, ready to be listed.

    Attributes
    ----------
    replicate : int
        Position in the block.
    runs : Runs
        Kinds of people and how many there are.
    law : PersonLaw
        What else is drawn of each.
    """

    replicate: int
    runs: Runs
    law: PersonLaw


@dataclass(frozen=True)
class BlockSums:
    """Sums of one block of one scenario, replicate first.

    Attributes
    ----------
    axes : Axes
        Names along the axes.
    drawn : dict of str to ndarray
        "people", "by_age", "funnel", "liver", "testing", "strategies": integers drawn (the expected numbers with the
        engine `expected`); "strategy_work". [people; also currency, years]
    expected : dict of str to ndarray
        The same without chance, and "attributable", "birth", "cholestasis". [people, proportion]
    listed : list of Listed
        Of the engine `individuals`, the replicates that are listed.
    """

    axes: Axes
    drawn: dict[str, NDArray[Any]]
    expected: dict[str, NDArray[np.float64]]
    listed: list[Listed]


def run_block(
    inputs: Inputs, engine: str, seed: int, block: int, only: str = "all", n_listed: int | None = None
) -> BlockSums:
    """Split the people of a block and sum the leaves.

    Parameters
    ----------
    inputs : Inputs
        The chain of this block.
    engine : {"counts", "individuals", "expected"}
        Draw whole people, draw the same and keep them for a line list, or multiply.
    seed, block : int
        Key of the random numbers.
    only : str, default "all"
        Set of genotypes that is listed.
    n_listed : int, optional
        List only the first replicates.

    Returns
    -------
    BlockSums
        Everything that the tables need.

    Raises
    ------
    ValueError
        If the engine is unknown.

    Notes
    -----
    Expected numbers are computed with either engine: they split the variance into what the parameters do and what
    chance does. Source: docs/model.md, section 9.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> sums = run_block(inputs, "counts", seed=1, block=0)
    >>> int(sums.drawn["people"][0, 0, sums.axes.groups.index("all"), -1].sum())
    1000
    """
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine}; it must be one of {', '.join(ENGINES)}")
    expected, _ = _sum_leaves(inputs, Expected())
    drawn: dict[str, NDArray[Any]] = dict(expected)
    split_drawn: Splitter = Expected() if engine == "expected" else Drawn(seed, block)
    listed: list[Listed] = []
    if engine != "expected":
        stop = inputs.n_replicates if n_listed is None else n_listed

        def list_people(leaves: Leaves) -> list[Listed]:
            positions = range(leaves.replicates.start, min(leaves.replicates.stop, stop))
            return [_listed(inputs, leaves, r, seed, block, only) for r in positions]

        drawn, listed = _sum_leaves(inputs, split_drawn, list_people if engine == "individuals" else None)
    birth = inputs.values("genotype")
    expected["attributable"] = with_totals(inputs, attributable_copd(inputs), smoking_axis=3)
    expected["birth"] = _at_birth(inputs, birth)
    expected["other_diseases"] = with_totals(inputs, other_diseases(inputs))
    if inputs.programme is not None:
        shape = (inputs.n_replicates, expected["people"].shape[1], len(DELAY))
        expected["delay"] = np.broadcast_to(inputs.programme.delay[:, None], shape)
    if inputs.couples is not None:
        drawn["couples"] = _couples(inputs, inputs.couples, split_drawn)
        expected["couples"] = _couples(inputs, inputs.couples, Expected())
        expected["couples_by_ancestry"] = _without_total(inputs, inputs.couples.by_ancestry)
        expected["residual_risk"] = _without_total(inputs, inputs.couples.residual)
    expected["cholestasis"] = _at_birth(inputs, birth * inputs.values("cholestasis")[:, None, :])
    return BlockSums(axes_of(inputs, liver_genotypes(inputs)), drawn, expected, listed)


def _listed(inputs: Inputs, leaves: Leaves, replicate: int, seed: int, block: int, only: str) -> Listed:
    def streams(process: str) -> np.random.Generator:
        return generator(seed, block, f"{process} {replicate}")

    runs = runs_of(inputs, leaves, replicate - leaves.replicates.start, streams, only)
    return Listed(replicate, runs, person_law(inputs, replicate))


def _sum_leaves(
    inputs: Inputs, split: Splitter, list_people: Callable[[Leaves], list[Listed]] | None = None
) -> tuple[dict[str, NDArray[Any]], list[Listed]]:
    parts: dict[str, list[NDArray[Any]]] = {"people": [], "by_age": [], "funnel": [], "liver": []}
    listed: list[Listed] = []
    programme = inputs.programme
    if programme is not None:
        parts |= {"testing": [], "symptoms": [], "strategies": [], "strategy_work": []}
    keep_ages = isinstance(split, Drawn) or (programme is not None and programme.beyond_today)
    for leaves in walk(inputs, split, keep_ages=keep_ages):
        parts["people"].append(sum_people(inputs, leaves.people))
        parts["by_age"].append(sum_by_age(inputs, leaves.cells))
        parts["funnel"].append(with_last_total(inputs, leaves.funnel))
        parts["liver"].append(with_last_total(inputs, leaves.liver))
        if programme is not None:
            found = find(inputs, of_replicates(programme, leaves.replicates), split, leaves.people, leaves.severe)
            parts["testing"].append(with_totals(inputs, found.funnel))
            parts["symptoms"].append(with_totals(inputs, found.symptoms))
            parts["strategies"].append(with_totals(inputs, found.parts))
            parts["strategy_work"].append(with_totals(inputs, found.work))
        if list_people is not None:
            listed += list_people(leaves)
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}, listed


def _couples(inputs: Inputs, law: CoupleLaw, split: Splitter) -> NDArray[Any]:
    """Couples of every population, and their sum."""
    found = couples_with_children(law, split)
    return found if len(inputs.populations) == 1 else np.concatenate([found, found.sum(axis=1, keepdims=True)], axis=1)


def _without_total(inputs: Inputs, array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Proportions of every population; the total has none of its own."""
    if len(inputs.populations) == 1:
        return array
    return np.concatenate([array, np.full_like(array[:, :1], np.nan)], axis=1)


def _at_birth(inputs: Inputs, probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability at birth by population and set; the total weighs populations by births, or by people without them."""
    births, people = inputs.values("n_births"), inputs.values("n_people").sum(axis=(1, 2))
    weight = births if np.isfinite(births).all() else people.astype(float)
    rows = with_totals(inputs, probability)
    if len(inputs.populations) > 1:
        rows[:, -1] = (rows[:, :-1] * weight[None, :, None]).sum(axis=1) / weight.sum()
    return rows
