"""What the last splits took of people who are alike, dealt out to the rows of a run-length table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.care.augmentation import ELIGIBILITY, FUNNEL_STEPS
from simulation.engines.care import LUNG_OF, Taken, liver_genotypes
from simulation.engines.runs import ORDER, Codes, Runs, Streams, joined
from simulation.engines.split import NUMPY_LIMIT
from simulation.engines.walk import Leaves
from simulation.errors import ConfigError
from simulation.inputs import Inputs
from simulation.labels import LIVER_STATES, RECOGNISED_STATES, SMOKING, STATES

TRANSPLANT = LIVER_STATES.index("liver_transplant")
CIRRHOSIS = LIVER_STATES.index("cirrhosis")
KNOWN = np.isin(STATES, RECOGNISED_STATES)


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
        In order. Summed, they give the leaves, the funnel of the config's own rule and the liver table to the last person.

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
    margins = leaves.margins
    some = _marked(
        runs.take(special), "liver", TRANSPLANT, margins.transplanted, position, streams("line list transplant")
    )
    some = _with_eligibility(some, inputs, margins.steps, position, streams("line list eligibility"))
    rng = streams("line list liver")
    some = _marked(some, "liver", CIRRHOSIS, margins.cirrhosis, position, rng, among=some.codes["liver"] == 0)
    some = _with_cancer(some, margins.liver_cancer, position, rng)
    some = _marked(some, "panniculitis", 1, margins.panniculitis, position, rng)
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
    there = np.zeros(len(n_taken), np.int64)
    np.add.at(there, group, n)
    everybody = there == n_taken
    taken = np.where(everybody[group], n, 0)
    partly = np.flatnonzero((~everybody & (n_taken > 0))[group])  # most groups are taken whole, or nobody of them
    partly = partly[np.argsort(group[partly], kind="stable")]
    labels, starts = np.unique(group[partly], return_index=True)
    for label, rows in zip(labels, np.split(partly, starts[1:]), strict=True) if len(labels) else ():
        if there[label] >= NUMPY_LIMIT:
            raise ConfigError(
                f'engine = "individuals"; {int(there[label]):,} people of one population and genotype are alike in what'
                " decides treatment or liver disease, and fewer than 1,000,000,000 can be dealt out; lower the population's"
                " size, split it into several, or count them with engine counts"
            )
        taken[rows] = rng.multivariate_hypergeometric(n[rows], int(n_taken[label]), method="marginals")
    return taken


def _dealt(
    runs: Runs, rows: NDArray[np.intp], taken: Taken, position: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """How many people of each of some rows are among those taken."""
    place = np.zeros(int(runs.codes["genotype"].max(initial=0)) + 1 + max(taken.genotypes, default=0), np.intp)
    place[taken.genotypes] = np.arange(len(taken.genotypes))
    columns = {name: code[rows].astype(np.intp) for name, code in runs.codes.items()}
    columns |= {
        "genotype": place[columns["genotype"]],
        "lung": LUNG_OF[columns["state"]],
        "recognised": KNOWN[columns["state"]].astype(np.intp),
    }
    n = taken.n[position]
    group = np.ravel_multi_index([columns[axis] for axis in taken.axes], n.shape)
    return deal(rng, runs.n[rows], group, n.ravel())


def _marked(
    runs: Runs,
    column: str,
    value: int,
    taken: Taken,
    position: int,
    rng: np.random.Generator,
    among: NDArray[np.bool_] | None = None,
) -> Runs:
    """Give those taken of some genotypes another code."""
    may = np.isin(runs.codes["genotype"], taken.genotypes)
    rows = np.flatnonzero(may if among is None else may & among)
    if not len(rows):
        return runs
    return runs.marked(column, value, rows, _dealt(runs, rows, taken, position, rng))


def _with_eligibility(
    runs: Runs, inputs: Inputs, steps: dict[str, Taken], position: int, rng: np.random.Generator
) -> Runs:
    """Carry severe people as far along the funnel of the config's own rule as the leaves say."""
    new_liver = runs.codes["liver"] == TRANSPLANT
    severe = np.isin(runs.codes["genotype"], inputs.members("severe"))
    runs.codes["eligibility"][severe] = ELIGIBILITY.index("severe")
    runs.codes["eligibility"][severe & ~new_liver] = ELIGIBILITY.index("not_transplanted")
    smokes = np.arange(len(SMOKING)) == SMOKING.index("current")
    for step, before in zip(FUNNEL_STEPS[2:], FUNNEL_STEPS[1:], strict=False):
        value, reached = ELIGIBILITY.index(step), runs.codes["eligibility"] == ELIGIBILITY.index(before)
        if step in steps:
            runs = _marked(runs, "eligibility", value, steps[step], position, rng, among=reached)
        elif step == "does_not_smoke":
            runs.codes["eligibility"][reached & ~smokes[runs.codes["smoking"]]] = value
        else:
            runs.codes["eligibility"][reached & KNOWN[runs.codes["state"]]] = value
    return runs


def _with_cancer(runs: Runs, taken: Taken, position: int, rng: np.random.Generator) -> Runs:
    """Give cancer to some of those with cirrhosis, whether they were transplanted or not."""
    rows = np.flatnonzero(np.isin(runs.codes["genotype"], taken.genotypes) & (runs.codes["liver"] > 0))
    if not len(rows):
        return runs
    with_cancer = np.zeros(len(LIVER_STATES), np.uint16)
    with_cancer[[CIRRHOSIS, TRANSPLANT]] = [LIVER_STATES.index(f"liver_cancer{end}") for end in ("", "_and_transplant")]
    return runs.marked("liver", with_cancer[runs.codes["liver"][rows]], rows, _dealt(runs, rows, taken, position, rng))
