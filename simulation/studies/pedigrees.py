"""Families round people of a config: who they are by the line list, their relatives by Mendel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulation.assembly.build import build_block
from simulation.assembly.genotypes import inbreeding
from simulation.config.load import LoadedConfig, load_config
from simulation.engines.block import run_block
from simulation.engines.individuals import persons
from simulation.engines.runs import Runs
from simulation.errors import ConfigError, nearest
from simulation.genetics import pedigrees
from simulation.genetics.transmission import gametes
from simulation.inputs import Inputs
from simulation.labels import ANY_SETS, BASE, RECOGNISED_STATES, SEXES, STATES
from simulation.randomness import generator

MOST_FAMILIES = 1_000_000
MOST_RELATIVES = 20.0  # as a mean; above it, a mistake
RECOGNISED = np.isin(STATES, RECOGNISED_STATES)
COLUMNS = ("population", "ancestry", "sex", "age", "genotype", "state")  # of index persons


def families_of(
    source: str | Path | Mapping[str, Any] | LoadedConfig,
    index: str = "severe",
    number: int = 1000,
    siblings: float = 1.5,
    children: float = 1.5,
    only_recognised: bool = False,
    children_from_years: int = 20,
) -> pd.DataFrame:
    """Draw families round people of a config.

    Parameters
    ----------
    source : path, mapping or LoadedConfig
        A config; its first replicate and its seed are taken.
    index : str, default "severe"
        Whom to start from: a set of genotypes, or a genotype.
    number : int, default 1000
        Index persons, at most 1,000,000. [people]
    siblings, children : float, default 1.5
        Mean numbers, at most 20. [people]
    only_recognised : bool, default False
        Start only from people whose deficiency is recognised.
    children_from_years : int, default 20
        Index persons who are younger have no children. [years]

    Returns
    -------
    pandas.DataFrame
        A person a row, as `simulation.draw_families` gives them (family, person, relation, father, mother, sex, genotype),
        and population and ancestry of the family; whether the genotype counts as severe; index_age [years] and
        index_recognised, of the family's index person.

    Raises
    ------
    ConfigError
        If the config is wrong or its inbreeding negative, a set or genotype is unknown, a number is out of its range, or
        there are fewer such people.

    Notes
    -----
    Index persons are a random sample, without repetition, of the living people of the line list. Numbers of siblings and
    children are Poisson, whatever the genotype (A). The alleles that do not come from the index person are drawn at the
    frequencies of that person's ancestry in the replicate, with the config's inbreeding; parents and spouses share the
    ancestry (A). Source: docs/model.md, section 13.

    Examples
    --------
    >>> drawn = families_of({"population": {"size": 10**6}}, "ZZ", number=2, siblings=1, children=1)
    >>> drawn.query("relation == 'index'")[["genotype", "severe"]].to_numpy().tolist()
    [['ZZ', True], ['ZZ', True]]
    """
    loaded = source if isinstance(source, LoadedConfig) else load_config(source)
    base = loaded.base
    _check_numbers(loaded, number, siblings, children)
    inputs = build_block(replace(loaded, scenarios={BASE: base}), 0).inputs[BASE].first_replicates(1)
    inputs = replace(inputs, programme=None, couples=None)
    streams = partial(_stream, base.seed)
    people = _index_persons(inputs, base.seed, index, number, only_recognised)
    by_ancestry = inputs.values("ancestry_genotype")[0] @ gametes(len(base.genetics.alleles))
    by_ancestry = np.broadcast_to(by_ancestry, (len(inputs.populations), *by_ancestry.shape[1:]))
    pool = by_ancestry[people["population"], people["ancestry"]]
    n_siblings = streams("siblings").poisson(siblings, number)
    n_children = streams("children").poisson(children, number) * (people["age"] >= children_from_years)
    found = pedigrees.draw_families(
        streams("genotypes"),
        people["genotype"].astype(np.int32),
        pool / pool.sum(axis=-1, keepdims=True),
        n_siblings,
        n_children,
        inbreeding(base),
        people["sex"].astype(np.int8) + pedigrees.MALE,
    )
    severe = np.zeros(len(inputs.genotypes), bool)
    severe[inputs.members("severe")] = True
    ancestries = inputs.ancestry.coords["ancestry"].values
    return pd.DataFrame(
        {
            "family": found.family + 1,
            "person": found.person,
            "relation": pd.Categorical.from_codes(found.relation, list(pedigrees.MEMBERS)),
            "father": found.father,
            "mother": found.mother,
            "sex": pd.Categorical.from_codes(found.sex - pedigrees.MALE, list(SEXES)),
            "genotype": pd.Categorical.from_codes(found.genotype, list(inputs.genotypes)),
            "population": pd.Categorical.from_codes(people["population"][found.family], list(inputs.populations)),
            "ancestry": pd.Categorical.from_codes(people["ancestry"][found.family], list(map(str, ancestries))),
            "severe": severe[found.genotype],
            "index_age": people["age"][found.family],
            "index_recognised": RECOGNISED[people["state"]][found.family],
        }
    )


def _check_numbers(loaded: LoadedConfig, number: int, siblings: float, children: float) -> None:
    mistakes = []
    if not 1 <= number <= MOST_FAMILIES:
        mistakes.append(f"number {number}; it must be at least 1 and at most {MOST_FAMILIES:,}")
    for name, mean in (("siblings", siblings), ("children", children)):
        if not 0 <= mean <= MOST_RELATIVES:
            mistakes.append(f"{name} {mean:g}; a mean number must be at least 0 and at most {MOST_RELATIVES:g}")
    if inbreeding(loaded.base) < 0:
        mistakes.append(f"genetics.inbreeding = {inbreeding(loaded.base):g}; families need an F of at least 0")
    if mistakes:
        raise ConfigError([f"{loaded.name}: {mistake}" for mistake in mistakes])


def _index_persons(
    inputs: Inputs, seed: int, index: str, number: int, only_recognised: bool
) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """A random sample of the listed people of the first replicate, in random order."""
    known = [*ANY_SETS, *inputs.genotypes]
    if index not in known:
        near = nearest(index, known) or f"; sets are {', '.join(ANY_SETS)}"
        raise ConfigError(f"index {index}: unknown set or genotype{near}")
    code = inputs.genotypes.index(index) if index in inputs.genotypes and index not in ANY_SETS else None
    only = index if code is None else str(inputs.values("counted_as")[code])
    listed = run_block(inputs, "individuals", seed, 0, only).listed[0]
    runs = listed.runs
    wanted = np.ones(len(runs.n), bool)
    if code is not None:
        wanted &= runs.codes["genotype"] == code
    if only_recognised:
        wanted &= RECOGNISED[runs.codes["state"]]
    runs = runs.take(wanted)
    if runs.n_people < number:
        who = f"{index}, recognised" if only_recognised else index
        raise ConfigError(
            f"number {number:,}: the first replicate has {runs.n_people:,} people ({who}); ask for fewer, or simulate more"
        )
    streams = partial(_stream, seed)
    return persons(_sample(runs, number, streams("index")), listed.law, streams, COLUMNS, shuffled=True)


def _sample(runs: Runs, n: int, rng: np.random.Generator) -> Runs:
    """Draw n people of a run-length table, nobody twice."""
    chosen = rng.choice(runs.n_people, n, replace=False, shuffle=False)
    rows, counts = np.unique(np.searchsorted(np.cumsum(runs.n), chosen, side="right"), return_counts=True)
    return runs.take(rows, counts.astype(np.int64))


def _stream(seed: int, process: str) -> np.random.Generator:
    return generator(seed, 0, f"families {process}")
