"""Leaves of one replicate as a run-length table: a row for each kind of people, and how many there are of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.care.augmentation import ELIGIBILITY, FUNNEL_STEPS
from simulation.engines.walk import Leaves, liver_genotypes
from simulation.errors import ConfigError
from simulation.inputs import Inputs
from simulation.labels import COPD_STATES, LIVER_STATES, RECOGNISED_STATES, SMOKING, STATES

ORDER = ("population", "genotype", "sex", "age", "smoking", "state", "eligibility", "liver", "panniculitis")
NUMPY_LIMIT = 10**9  # people among whom multivariate_hypergeometric draws
CHUNK = 1 << 20  # people of a line list that are drawn and written together; fixed, for random numbers go by chunk

Streams = Callable[[str], np.random.Generator]
Codes = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Runs:
    """Kinds of people and how many there are of each.

    Attributes
    ----------
    codes : dict of str to ndarray of unsigned int (n_runs,)
        Positions on the axes of `ORDER`, and of others that were split later.
    n : ndarray of int64 (n_runs,)
        [people]
    """

    codes: dict[str, Codes]
    n: NDArray[np.int64]

    @property
    def n_people(self) -> int:
        """People in all."""
        return int(self.n.sum())

    def take(self, rows: NDArray[Any] | slice, n: NDArray[np.int64] | None = None) -> Runs:
        """Keep some rows, perhaps with other numbers of people.

        Parameters
        ----------
        rows : index
            Which.
        n : ndarray of int64, optional
            Their people. [people]

        Returns
        -------
        Runs
            Those rows.
        """
        return Runs({name: code[rows] for name, code in self.codes.items()}, self.n[rows] if n is None else n)

    def marked(self, column: str, value: int, rows: NDArray[np.intp], n: NDArray[np.int64]) -> Runs:
        """Give n people of each of some rows another code; a row of which only a part is taken becomes two.

        Parameters
        ----------
        column : str
            Which code.
        value : int
            The new one.
        rows : ndarray of int
            Rows.
        n : ndarray of int64
            How many people of each. [people]

        Returns
        -------
        Runs
            Without empty rows; new rows last.
        """
        moved = self.take(rows, n)
        moved.codes[column] = np.full_like(moved.codes[column], value)
        left = self.n.copy()
        left[rows] -= n
        both = joined(Runs(self.codes, left), moved)
        return both.take(both.n > 0)

    def in_order(self) -> Runs:
        """Sort rows by population, genotype, sex, age and so on."""
        key = np.zeros(len(self.n), np.int64)
        for name in ORDER:
            code = self.codes[name]
            key = key * (int(code.max(initial=0)) + 1) + code
        return self.take(np.argsort(key, kind="stable"))


def joined(first: Runs, second: Runs) -> Runs:
    """Put one table below another.

    Parameters
    ----------
    first, second : Runs
        With the same codes.

    Returns
    -------
    Runs
        The rows of both.

    Notes
    -----
    Source: docs/model.md, section 10.

    Examples
    --------
    >>> runs = Runs({"sex": np.array([0, 1], np.uint16)}, np.array([3, 4]))
    >>> joined(runs, runs).n.tolist()
    [3, 4, 3, 4]
    """
    codes = {name: np.concatenate([code, second.codes[name]]) for name, code in first.codes.items()}
    return Runs(codes, np.concatenate([first.n, second.n]))


def runs_of(inputs: Inputs, leaves: Leaves, position: int, streams: Streams, only: str = "all") -> Runs:
    """Make the run-length table of one replicate.

    Parameters
    ----------
    inputs : Inputs
        The chain.
    leaves : Leaves
        Drawn people of some replicates.
    position : int
        Which of these replicates.
    streams : callable
        Process name -> random numbers.
    only : str
        The set of genotypes that is kept: one of `simulation.labels.ANY_SETS`.

    Returns
    -------
    Runs
        In order. Summed, they give the leaves, the funnel and the liver table to the last person.

    Notes
    -----
    People of one leaf are exchangeable, so those whom a later split took of several leaves together are dealt out by the
    multivariate hypergeometric law. Source: docs/model.md, section 10.

    Examples
    --------
    >>> import simulation
    >>> from simulation.engines.split import Drawn
    >>> from simulation.engines.walk import walk
    >>> from simulation.randomness import generator
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> leaves = next(walk(inputs, Drawn(seed=1, block=0)))
    >>> runs_of(inputs, leaves, 0, lambda process: generator(1, 0, process)).n_people
    1000
    """
    split_on = {*inputs.members("severe"), *liver_genotypes(inputs)}
    wanted = inputs.members(only)
    kept = sorted(split_on | set(wanted))  # dealt out among all, so that a part of the list is a part of the whole list
    people = leaves.people[position][:, :, :, kept]  # population, sex, age, genotype, smoking, state
    found = np.nonzero(np.moveaxis(people, 3, 1))
    names = ("population", "genotype", "sex", "age", "smoking", "state")
    codes: dict[str, Codes] = {name: column.astype(np.uint16) for name, column in zip(names, found, strict=True)}
    n = np.moveaxis(people, 3, 1)[found].astype(np.int64)
    codes["genotype"] = np.array(kept, np.uint16)[codes["genotype"]]
    for name in ORDER[len(names) :]:
        codes[name] = np.zeros(len(n), np.uint16)
    special = np.isin(codes["genotype"], sorted(split_on))
    runs = Runs(codes, n)
    some = _with_eligibility(runs.take(special), inputs, leaves, position, streams("line list eligibility"))
    some = _with_liver(some, inputs, leaves, position, streams("line list liver"))
    everybody = joined(runs.take(~special), some)
    return everybody.take(np.isin(everybody.codes["genotype"], wanted)).in_order()


def deal(
    rng: np.random.Generator, n: NDArray[np.int64], group: NDArray[np.intp], n_taken: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Take a given number of the people of each group at random and count those taken in every row.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    n : ndarray of int64 (n_rows,)
        People in each row. [people]
    group : ndarray of int (n_rows,)
        Group of each row.
    n_taken : ndarray of int64 (n_groups,)
        How many of each group are taken, no more than it has. [people]

    Returns
    -------
    ndarray of int64 (n_rows,)
        [people]

    Raises
    ------
    ConfigError
        If a group of which a part is taken has 10⁹ people or more: NumPy does not draw that.

    Notes
    -----
    Source: docs/model.md, section 10.

    Examples
    --------
    >>> taken = deal(np.random.default_rng(1), np.array([5, 5, 7]), np.array([0, 0, 1]), np.array([4, 7]))
    >>> int(taken[:2].sum()), int(taken[2])
    (4, 7)
    """
    taken = np.zeros_like(n)
    order = np.argsort(group, kind="stable")
    labels, starts = np.unique(group[order], return_index=True)
    for label, rows in zip(labels, np.split(order, starts[1:]), strict=True) if len(labels) else ():
        wanted = int(n_taken[label])
        if wanted == n[rows].sum():
            taken[rows] = n[rows]
        elif wanted > 0 and n[rows].sum() >= NUMPY_LIMIT:
            raise ConfigError(
                f'engine = "individuals"; {int(n[rows].sum()):,} people of one population and genotype are alike in what'
                " decides treatment or liver disease, and fewer than 1,000,000,000 can be dealt out; lower the population's"
                " size, split it into several, or count them with engine counts"
            )
        elif wanted > 0:
            taken[rows] = rng.multivariate_hypergeometric(n[rows], wanted, method="marginals")
    return taken


def chunks(runs: Runs) -> Iterator[Runs]:
    """Cut a table into chunks of `CHUNK` people; a row may end in one and go on in the next.

    Parameters
    ----------
    runs : Runs
        A whole replicate.

    Yields
    ------
    Runs
        Each of CHUNK people, the last of what is left.

    Notes
    -----
    Source: docs/model.md, section 10.

    Examples
    --------
    >>> runs = Runs({"sex": np.array([0, 1], np.uint16)}, np.array([CHUNK + 5, 7]))
    >>> [chunk.n.tolist() for chunk in chunks(runs)]
    [[1048576], [5, 7]]
    """
    ends = np.cumsum(runs.n)
    for begin in range(0, runs.n_people, CHUNK):
        end = min(begin + CHUNK, int(ends[-1]))
        rows = slice(int(np.searchsorted(ends, begin, "right")), int(np.searchsorted(ends, end, "left")) + 1)
        n = np.minimum(ends[rows], end) - np.maximum(ends[rows] - runs.n[rows], begin)
        part = runs.take(rows, n)
        yield part.take(part.n > 0)


def shuffled_chunks(runs: Runs, rng: np.random.Generator) -> Iterator[Runs]:
    """Put everybody into one of several chunks at random.

    Parameters
    ----------
    runs : Runs
        A whole replicate.
    rng : numpy.random.Generator
        Source of chance.

    Yields
    ------
    Runs
        About CHUNK people each, still in order: shuffled within, all of them together are a random permutation.

    Notes
    -----
    Everybody goes to each chunk with the same probability, whoever else is in it. Source: docs/model.md, section 10.

    Examples
    --------
    >>> runs = Runs({"sex": np.array([0, 1], np.uint16)}, np.array([CHUNK, CHUNK]))
    >>> parts = list(shuffled_chunks(runs, np.random.default_rng(1)))
    >>> len(parts), sum(part.n_people for part in parts) == 2 * CHUNK
    (2, True)
    """
    n_chunks = -(-runs.n_people // CHUNK)
    left = runs.n
    for still in range(n_chunks, 0, -1):
        n = rng.binomial(left, 1 / still) if still > 1 else left
        left = left - n
        yield runs.take(n > 0, n[n > 0])


def _with_eligibility(runs: Runs, inputs: Inputs, leaves: Leaves, position: int, rng: np.random.Generator) -> Runs:
    """Carry severe people as far along the funnel as the leaves say."""
    severe = inputs.members("severe")
    n_like = [len(severe), len(SMOKING), len(STATES)]
    place = np.zeros(len(inputs.genotypes), np.intp)
    place[severe] = np.arange(len(severe))

    def alike(rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Population × severe genotype × smoking × state of rows, as one number."""
        code = {name: runs.codes[name][rows].astype(np.intp) for name in ("population", "smoking", "state")}
        shape = (len(inputs.populations), *n_like)
        genotype = place[runs.codes["genotype"][rows]]
        return np.ravel_multi_index((code["population"], genotype, code["smoking"], code["state"]), shape)

    def reached(step: str) -> NDArray[np.intp]:
        return np.flatnonzero(runs.codes["eligibility"] == ELIGIBILITY.index(step))

    def move(step: str, rows: NDArray[np.intp], n: NDArray[np.int64] | None = None) -> Runs:
        people = runs.n[rows] if n is None else n
        return runs.marked("eligibility", ELIGIBILITY.index(step), rows, people)

    runs = move("severe", np.flatnonzero(np.isin(runs.codes["genotype"], severe)))
    old = inputs.values("adult") >= 1
    for i, adults in leaves.margins.adult.items():
        rows = reached("severe")
        rows = rows[runs.codes["age"][rows] == i]
        runs = move("adult", rows, deal(rng, runs.n[rows], alike(rows), adults[position].ravel()))
    grown = reached("severe")
    runs = move("adult", grown[old[runs.codes["age"][grown]]])
    full = (len(inputs.populations), *n_like)
    copd = np.isin(np.arange(len(STATES)), [STATES.index(state) for state in COPD_STATES])
    known = np.isin(np.arange(len(STATES)), [STATES.index(state) for state in RECOGNISED_STATES])
    smokes = np.arange(len(SMOKING)) == SMOKING.index("current")
    for step, before in zip(FUNNEL_STEPS[2:], FUNNEL_STEPS[1:], strict=False):
        rows = reached(before)
        if step in leaves.margins.steps:
            taken = np.zeros(full, np.int64)
            part = leaves.margins.steps[step][position]
            taken[..., : part.shape[-2], -part.shape[-1] :] = part
            runs = move(step, rows, deal(rng, runs.n[rows], alike(rows), taken.ravel()))
        else:
            state, smoking = runs.codes["state"][rows], runs.codes["smoking"][rows]
            goes_on = {"copd": copd[state], "does_not_smoke": ~smokes[smoking], "recognised": known[state]}[step]
            runs = move(step, rows[goes_on])
    return runs


def _with_liver(runs: Runs, inputs: Inputs, leaves: Leaves, position: int, rng: np.random.Generator) -> Runs:
    """Give people the liver disease and panniculitis that the leaves say."""
    harmed = liver_genotypes(inputs)
    place = np.zeros(len(inputs.genotypes), np.intp)
    place[harmed] = np.arange(len(harmed))
    n_populations, margins = len(inputs.populations), leaves.margins

    def rows_with(column: str, value: int) -> NDArray[np.intp]:
        return np.flatnonzero(np.isin(runs.codes["genotype"], harmed) & (runs.codes[column] == value))

    def alike(rows: NDArray[np.intp]) -> NDArray[np.intp]:
        return runs.codes["population"][rows].astype(np.intp) * len(harmed) + place[runs.codes["genotype"][rows]]

    rows = rows_with("liver", 0)
    n_ages = margins.cirrhosis.shape[2]
    by_age = np.moveaxis(margins.cirrhosis[position], 1, 2).reshape(n_populations * len(harmed) * n_ages)
    group = alike(rows) * n_ages + runs.codes["age"][rows]
    runs = runs.marked("liver", LIVER_STATES.index("cirrhosis"), rows, deal(rng, runs.n[rows], group, by_age))
    rows = rows_with("liver", LIVER_STATES.index("cirrhosis"))
    taken = deal(rng, runs.n[rows], alike(rows), margins.liver_cancer[position].ravel())
    runs = runs.marked("liver", LIVER_STATES.index("liver_cancer"), rows, taken)
    rows = rows_with("panniculitis", 0)
    taken = deal(rng, runs.n[rows], alike(rows), margins.panniculitis[position].ravel())
    return runs.marked("panniculitis", 1, rows, taken)
