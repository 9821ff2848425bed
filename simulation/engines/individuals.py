"""The people of a run-length table one by one: its rows repeated, then only what is continuous is drawn."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.care.augmentation import ELIGIBILITY
from simulation.engines.runs import Runs, Streams
from simulation.inputs import Inputs
from simulation.labels import (
    AGES,
    COPD_STATES,
    HISTORY_SMOKING,
    N_PACK_YEARS_CLASSES,
    PERSON_COLUMNS,
    SMOKING,
    STATES,
)
from simulation.physiology.serum_aat import draw_levels, draw_levels_by_side

Array = NDArray[np.float64]
NEVER = SMOKING.index("never")
YEARS_PER_GROUP = 5
HAS_COPD = np.array([state in COPD_STATES for state in STATES])


@dataclass(frozen=True)
class PersonLaw:
    """What is drawn of a person whose leaf is known, in one replicate.

    Attributes
    ----------
    ancestry : ndarray (population, genotype, ancestry)
        P(ancestry | population, genotype). [proportion]
    pack_years_class : ndarray (population or 1, sex, age, smoking, risk genotype, copd, class)
        P(class of pack-years | cell, COPD), former and current smokers. [proportion]
    risk_genotype : ndarray of int (genotype,)
        Position of each genotype's risk genotype.
    pack_years_quantile : ndarray of float32 (age, smoking, quantile)
        [pack-years]
    geometric_mean, log_sd : ndarray (genotype,)
        Serum level. [µmol/L, log µmol/L]
    threshold, inflamed_share, inflamed_ratio : float
        [µmol/L, proportion, ratio]
    treatment_age_years : tuple of (float, float)
        From which age, and from which age no longer, the config's own rule takes people. [years]
    """

    ancestry: Array
    pack_years_class: Array
    risk_genotype: NDArray[np.intp]
    pack_years_quantile: NDArray[np.float32]
    geometric_mean: Array
    log_sd: Array
    threshold: float
    inflamed_share: float
    inflamed_ratio: float
    treatment_age_years: tuple[float, float]


def person_law(inputs: Inputs, replicate: int) -> PersonLaw:
    """Gather what the people of one replicate are drawn from.

    Parameters
    ----------
    inputs : Inputs
        The chain.
    replicate : int
        Position in the block.

    Returns
    -------
    PersonLaw
        Its laws.

    Notes
    -----
    P(ancestry | genotype) and P(class | COPD) by Bayes. Source: docs/model.md, section 10.

    Examples
    --------
    >>> import simulation
    >>> law = person_law(simulation.build_inputs({"population": {"size": 1000}}), 0)
    >>> law.pack_years_class.shape
    (1, 2, 21, 2, 6, 2, 8)
    """
    joint = inputs.values("ancestry")[:, :, None] * inputs.values("ancestry_genotype")[replicate]
    copd = inputs.values("copd")[replicate]  # population, sex, age, history, risk genotype
    by_status = [[i for i, status in enumerate(HISTORY_SMOKING) if status == smoking] for smoking in SMOKING[1:]]
    risk = np.stack([np.moveaxis(copd[:, :, :, columns], 3, -1) for columns in by_status], axis=3)
    return PersonLaw(
        ancestry=_shares(np.moveaxis(joint, 1, 2)),
        pack_years_class=_shares(np.stack([1 - risk, risk], axis=-2)),
        risk_genotype=inputs.risk_of,
        pack_years_quantile=np.asarray(inputs.values("pack_years_quantile"), np.float32),
        geometric_mean=inputs.values("serum_geometric_mean")[replicate],
        log_sd=inputs.values("serum_log_sd")[replicate],
        threshold=float(inputs.values("serum_threshold")[replicate]),
        inflamed_share=inputs.inflamed_share,
        inflamed_ratio=float(inputs.values("inflamed_ratio")[replicate]),
        treatment_age_years=_treatment_ages(inputs),
    )


def persons(
    runs: Runs, law: PersonLaw, streams: Streams, columns: Container[str] = PERSON_COLUMNS, *, shuffled: bool = False
) -> dict[str, NDArray[Any]]:
    """Make one row of every person.

    Parameters
    ----------
    runs : Runs
        Kinds of people of one replicate, in order.
    law : PersonLaw
        Of that replicate.
    streams : callable
        Process name -> random numbers.
    columns : container of str
        Which of `PERSON_COLUMNS` are made; one left out changes no other.
    shuffled : bool, default False
        Whether rows are put in random order.

    Returns
    -------
    dict of str to ndarray (n_people,)
        Codes as small unsigned integers; copd and panniculitis bool; age in whole years uint8; pack_years and
        serum_aat_umol_l float32. [years, pack-years, µmol/L]

    Notes
    -----
    Source: docs/model.md, section 10.

    Examples
    --------
    >>> import simulation
    >>> from simulation.engines.dealing import runs_of
    >>> from simulation.engines.split import Drawn
    >>> from simulation.engines.walk import walk
    >>> from simulation.randomness import generator
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> streams = lambda process: generator(1, 0, process)
    >>> runs = runs_of(inputs, next(walk(inputs, Drawn(seed=1, block=0))), 0, streams)
    >>> people = persons(runs, person_law(inputs, 0), streams)
    >>> people["age"].dtype, len(people["age"])
    (dtype('uint8'), 1000)
    """
    of_each = law.ancestry[runs.codes["population"], runs.codes["genotype"]]
    runs = _split(runs, "ancestry", of_each, streams("person ancestry"))
    if "pack_years" in columns:
        runs = _with_pack_years_class(runs, law, streams("person pack-years class"))
    found: dict[str, NDArray[Any]] = {}
    for name in ("population", "ancestry", "sex", "smoking", "genotype", "state", "eligibility", "liver"):
        if name in columns:
            found[name] = np.repeat(_small(runs.codes[name]), runs.n)
    if "copd" in columns:
        found["copd"] = np.repeat(HAS_COPD[runs.codes["state"]], runs.n)
    if "panniculitis" in columns:
        found["panniculitis"] = np.repeat(runs.codes["panniculitis"] > 0, runs.n)
    if "age" in columns:
        found["age"] = _draw_age(runs, law, streams("person age"))
    if "serum_aat_umol_l" in columns:
        found["serum_aat_umol_l"] = _draw_serum(runs, law, streams("person serum"))
    if "pack_years" in columns:
        found["pack_years"] = _draw_pack_years(runs, law, streams("person pack-years"))
    if shuffled:
        order = streams("person order").permutation(runs.n_people)
        found = {name: column[order] for name, column in found.items()}
    return {name: found[name] for name in PERSON_COLUMNS if name in found}


def _treatment_ages(inputs: Inputs) -> tuple[float, float]:
    """Ages between which the config's own rule takes people."""
    taken = np.flatnonzero(inputs.values("takes_ages")[0])
    ends = [*map(float, inputs.takes_ages.coords["age_class"].values), np.inf]
    return (ends[taken[0]], ends[taken[-1] + 1]) if taken.size else (np.inf, np.inf)


def _shares(weight: Array) -> Array:
    """Scale the last axis to sum to 1; evenly where there is nothing."""
    total = weight.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(total > 0, weight / np.where(total > 0, total, 1.0), 1 / weight.shape[-1]))


def _small(code: NDArray[Any]) -> NDArray[Any]:
    return code.astype(np.uint8) if code.max(initial=0) < 256 else code


def _split(runs: Runs, column: str, probability: Array, rng: np.random.Generator) -> Runs:
    """Split every row among the classes of a new code; the commonest last, for NumPy gives it what rounding leaves."""
    if probability.shape[-1] == 1:
        return Runs({**runs.codes, column: np.zeros(len(runs.n), np.uint16)}, runs.n)
    order = np.argsort(probability, axis=-1)
    n = np.empty(probability.shape, np.int64)
    drawn = rng.multinomial(runs.n, np.take_along_axis(probability, order, axis=-1))
    np.put_along_axis(n, order, drawn, axis=-1)
    row, code = np.nonzero(n)
    parts = runs.take(row, n[row, code])
    return Runs({**parts.codes, column: code.astype(np.uint16)}, parts.n)


def _with_pack_years_class(runs: Runs, law: PersonLaw, rng: np.random.Generator) -> Runs:
    """Split smokers by class of pack-years; never smokers are in class 0."""
    smokes = runs.codes["smoking"] != NEVER
    smokers, others = runs.take(smokes), runs.take(~smokes)
    code = smokers.codes
    population = code["population"] if len(law.pack_years_class) > 1 else np.zeros(len(smokers.n), np.intp)
    of_each = law.pack_years_class[
        population,
        code["sex"],
        code["age"],
        code["smoking"] - 1,
        law.risk_genotype[code["genotype"]],
        HAS_COPD[code["state"]].astype(np.intp),
    ]
    # where each part came from, to put all rows back in order
    at = np.flatnonzero(smokes).astype(np.uint32)
    parts = _split(Runs({**code, "row": at}, smokers.n), "pack_years_class", of_each, rng)
    never = {**others.codes, "row": np.flatnonzero(~smokes).astype(np.uint32)}
    never["pack_years_class"] = np.zeros(len(others.n), np.uint16)
    both = {name: np.concatenate([column, parts.codes[name]]) for name, column in never.items()}
    order = np.argsort(both.pop("row"), kind="stable")
    return Runs(both, np.concatenate([others.n, parts.n])).take(order)


def _people_of(runs: Runs, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Positions of the people of some rows."""
    starts = np.cumsum(runs.n) - runs.n
    n = runs.n[rows]
    within = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    return np.asarray(np.repeat(starts[rows], n) + within)


def _draw_age(runs: Runs, law: PersonLaw, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Whole years, even within the group; within the ages of treatment, or outside, where the leaf says which."""
    first = np.array(AGES, np.uint8)
    age = np.repeat(first[runs.codes["age"]], runs.n)
    age += rng.integers(0, YEARS_PER_GROUP, age.size, np.uint8)
    band = first[runs.codes["age"]].astype(float)
    low, high = (np.clip(limit, band, band + YEARS_PER_GROUP) for limit in law.treatment_age_years)
    told = runs.codes["eligibility"] >= ELIGIBILITY.index("not_transplanted")
    rows = np.flatnonzero(told & (low < high) & (high - low < YEARS_PER_GROUP))
    if rows.size:
        band, low, high, n = band[rows], low[rows], high[rows], runs.n[rows]
        treated = runs.codes["eligibility"][rows] >= ELIGIBILITY.index("age")
        years = np.repeat(np.where(treated, high - low, YEARS_PER_GROUP - (high - low)), n) * rng.random(int(n.sum()))
        # of those outside, some are younger and some older: what lies between is skipped
        begin = np.repeat(np.where(treated, low, band), n)
        skipped = np.where(~np.repeat(treated, n) & (begin + years >= np.repeat(low, n)), np.repeat(high - low, n), 0.0)
        end = np.where(treated, high, np.where(high < band + YEARS_PER_GROUP, band + YEARS_PER_GROUP, low))
        below = np.repeat(np.nextafter(end, band), n)  # rounding must not carry anybody to the other side
        age[_people_of(runs, rows)] = np.minimum(begin + years + skipped, below).astype(np.uint8)
    return age


def _draw_serum(runs: Runs, law: PersonLaw, rng: np.random.Generator) -> NDArray[np.float32]:
    """Serum level; on the right side of the threshold of severe people of the ages of treatment."""
    genotype = runs.codes["genotype"]
    with np.errstate(divide="ignore"):
        log_mean = np.log(law.geometric_mean).astype(np.float32)
    level = draw_levels(
        rng,
        np.repeat(log_mean[genotype], runs.n),
        np.repeat(law.log_sd.astype(np.float32)[genotype], runs.n),
        law.inflamed_share,
        law.inflamed_ratio,
    )
    rows = np.flatnonzero(runs.codes["eligibility"] >= ELIGIBILITY.index("age"))
    if rows.size:
        n, g = runs.n[rows], genotype[rows]
        level[_people_of(runs, rows)] = draw_levels_by_side(
            rng,
            np.repeat(runs.codes["eligibility"][rows] >= ELIGIBILITY.index("below_threshold"), n),
            np.repeat(law.geometric_mean[g], n),
            np.repeat(law.log_sd[g], n),
            law.threshold,
            law.inflamed_share,
            law.inflamed_ratio,
        )
    return level


def _draw_pack_years(runs: Runs, law: PersonLaw, rng: np.random.Generator) -> NDArray[np.float32]:
    """Pack-years within the class; 0 for never smokers."""
    found = np.zeros(runs.n_people, np.float32)
    smokes = runs.codes["smoking"] != NEVER
    smokers = runs.take(smokes)
    quantile = law.pack_years_quantile
    per_class = (quantile.shape[-1] - 1) // N_PACK_YEARS_CLASSES
    table = np.ravel_multi_index((smokers.codes["age"], smokers.codes["smoking"]), quantile.shape[:-1])
    begin = table * quantile.shape[-1] + smokers.codes["pack_years_class"] * per_class
    u = rng.random(smokers.n_people, dtype=np.float32)
    u *= np.float32(per_class)
    cell = u.astype(np.uint8)
    u -= cell
    at = np.repeat(begin.astype(np.int32), smokers.n)
    at += cell
    flat = quantile.ravel()
    low = flat.take(at)
    u *= flat.take(at + 1) - low
    found[np.repeat(smokes, runs.n)] = u + low
    return found
