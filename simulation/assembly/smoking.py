"""Link 3: smoking of every population by sex and age, and pack-years."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulation.assembly.parameters import Draws, smoking_distributions
from simulation.config.populations import age_weights
from simulation.config.schema import Config
from simulation.data.pack import DataPack
from simulation.data.rows import Smoking
from simulation.exposures.pack_years import (
    CELLS_PER_CLASS,
    SmokingCareer,
    pack_years_classes,
    pack_years_quantiles,
)
from simulation.exposures.smoking import (
    AgePattern,
    age_midpoints,
    rescaled_shares,
    share_of_band_inside,
    smoking_by_age,
    smoking_from_table,
)
from simulation.labels import AGES, HISTORIES, N_PACK_YEARS_CLASSES, SEXES, SMOKING
from simulation.randomness import BLOCK_SIZE

Array = NDArray[np.float64]


def smoking_of_populations(config: Config, pack: DataPack, values: dict[str, Array], draws: Draws) -> Array:
    """P(smoking status) of every population.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        Smoking sources and age structures.
    values : dict of str to ndarray
        Drawn parameters.
    draws : Draws
        The block's random numbers, for the shares themselves.

    Returns
    -------
    ndarray, shape (BLOCK_SIZE, n_populations, 2, 21, 3)
        [proportion]

    Notes
    -----
    Source: docs/model.md, section 3.

    Examples
    --------
    >>> from simulation.assembly.parameters import distributions
    >>> from simulation.data.pack import data_pack
    >>> config, draws = Config(), Draws(1, 0)
    >>> p = smoking_of_populations(config, data_pack(), draws.draw(distributions(config, data_pack())), draws)
    >>> p.shape, bool(np.allclose(p.sum(axis=-1), 1))
    ((64, 1, 2, 21, 3), True)
    """
    min_age = float(values["smoke.min_age_years"][0])
    populations = list(config.all_populations.values())
    found = np.empty((BLOCK_SIZE, len(populations), len(SEXES), len(AGES), len(SMOKING)))
    margins: dict[tuple[int, int], tuple[Array, Array, Array]] = {}  # never, current, weight of each age
    for p, population in enumerate(populations):
        smoking = population.smoking or config.smoking
        weights = age_weights(population, pack)  # the whole age structure: a margin describes it, not the age limits
        for s, sex in enumerate(SEXES):
            if smoking.shares is not None:
                shares = rescaled_shares(smoking.shares)
                never, current = (np.full(BLOCK_SIZE, shares[status]) for status in ("never", "current"))
                margins[p, s] = never, current, weights[s] * share_of_band_inside(min_age)
                continue
            rows = sorted(
                (row for row in pack.smoking[smoking.source] if row.sex in (sex, "both")), key=lambda row: row.age_min
            )
            never, current = _drawn_shares(smoking.source, rows, pack, draws)
            if len(rows) > 1:
                found[:, p, s] = smoking_from_table(never, current, [row.age_min for row in rows], min_age)
            else:
                inside = share_of_band_inside(rows[0].age_min, rows[0].age_max)
                margins[p, s] = never[:, 0], current[:, 0], weights[s] * inside
    if margins:  # solved together: one call costs little more for many populations than for one
        never, current, weight = (np.stack(parts) for parts in zip(*margins.values(), strict=True))
        pattern = age_pattern([SEXES[s] for _, s in margins], values)
        each = np.repeat(weight, BLOCK_SIZE, axis=0)
        solved = smoking_by_age(never.ravel(), current.ravel(), each, pattern)
        for (p, s), table in zip(margins, np.split(solved, len(margins)), strict=True):
            found[:, p, s] = table
    for p, population in enumerate(populations):
        found[:, p] = after_stopping(found[:, p], (population.smoking or config.smoking).stopped)
    return found


def after_stopping(smoking: Array, stopped: float) -> Array:
    """Smoking status after a share of current smokers has stopped.

    Parameters
    ----------
    smoking : ndarray (..., 3)
        P(never, former, current). [proportion]
    stopped : float
        [proportion]

    Returns
    -------
    ndarray (..., 3)
        [proportion]

    Notes
    -----
    Who stops has the pack-years of former smokers of the same age (A): the effect is that of stopping as early as they
    did. Source: docs/model.md, section 3.

    Examples
    --------
    >>> after_stopping(np.array([0.5, 0.2, 0.3]), 0.5).round(3)
    array([0.5 , 0.35, 0.15])
    """
    never, former, current = np.moveaxis(smoking, -1, 0)
    return np.stack([never, former + stopped * current, (1 - stopped) * current], axis=-1)


def _drawn_shares(source: str, rows: Sequence[Smoking], pack: DataPack, draws: Draws) -> tuple[Array, Array]:
    """Never and current smokers of every row of a source, by replicate."""
    drawn = draws.draw(smoking_distributions(source, pack))
    stems = [f"smoking.{source}.{row.sex}.{row.age_min}" for row in rows]
    current = np.stack([drawn[f"{stem}.current"] for stem in stems], axis=-1)
    never = np.stack([drawn[f"{stem}.never_given_noncurrent"] for stem in stems], axis=-1) * (1 - current)
    return never, current


def age_pattern(sexes: Sequence[str], values: dict[str, Array]) -> AgePattern:
    """How smoking changes with age.

    Parameters
    ----------
    sexes : sequence of {"male", "female"}
        Whose patterns.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.

    Returns
    -------
    AgePattern
        Slopes by sex, then replicate: of length len(sexes) × BLOCK_SIZE.

    Notes
    -----
    Source: docs/model.md, section 3.

    Examples
    --------
    >>> slopes = ("current_linear", "current_quadratic", "never_given_noncurrent")
    >>> values = {f"smoke.age_slope.us_nhanes.male.{slope}": np.zeros(2) for slope in slopes}
    >>> values |= {"smoke.age_slope.centre_age_years": np.array([50.0]), "smoke.min_age_years": np.array([15.0])}
    >>> age_pattern(["male", "male"], values).current_linear
    array([0., 0., 0., 0.])
    """

    def slope(name: str) -> Array:
        return np.concatenate([values[f"smoke.age_slope.us_nhanes.{sex}.{name}"] for sex in sexes])

    return AgePattern(
        current_linear=slope("current_linear"),
        current_quadratic=slope("current_quadratic"),
        never_given_noncurrent=slope("never_given_noncurrent"),
        centre_age_years=float(values["smoke.age_slope.centre_age_years"][0]),
        min_age_years=float(values["smoke.min_age_years"][0]),
    )


def pack_years_by_age(values: dict[str, Array]) -> Array:
    """Mean pack-years of every smoking history by age.

    Parameters
    ----------
    values : dict of str to ndarray
        Drawn parameters; those of the smoking career do not vary.

    Returns
    -------
    ndarray, shape (21, 17)
        Never, former classes, current classes; 0 at ages at which nobody smokes. [pack-years]

    Notes
    -----
    Source: docs/model.md, section 3.

    Examples
    --------
    >>> from simulation.assembly.parameters import distributions
    >>> from simulation.data.pack import data_pack
    >>> values = Draws(1, 0).draw(distributions(Config(), data_pack()))
    >>> table = pack_years_by_age(values)
    >>> table.shape, table[:, 0].max(), table[:3].max(), bool((np.diff(table[10, 9:]) > 0).all())
    ((21, 17), np.float64(0.0), np.float64(0.0), True)
    """
    return _pack_years(*_career(values)).copy()


def pack_years_quantiles_by_age(values: dict[str, Array]) -> NDArray[np.float32]:
    """Quantiles of the pack-years of former and current smokers by age.

    Parameters
    ----------
    values : dict of str to ndarray
        Drawn parameters; those of the smoking career do not vary.

    Returns
    -------
    ndarray of float32, shape (21, 3, 513)
        Never, former, current; 0 for never smokers and at ages at which nobody smokes. [pack-years]

    Notes
    -----
    Source: docs/model.md, section 3.

    Examples
    --------
    >>> from simulation.assembly.parameters import distributions
    >>> from simulation.data.pack import data_pack
    >>> values = Draws(1, 0).draw(distributions(Config(), data_pack()))
    >>> pack_years_quantiles_by_age(values)[12, :, 256].round()  # medians at 60-64
    array([ 0., 12., 28.], dtype=float32)
    """
    return _quantiles(*_career(values)).astype(np.float32)


def _career(values: dict[str, Array]) -> tuple[float, ...]:
    """The seven numbers of a smoking career, then the age at which it may begin."""
    names = (
        "smoke.eu28.cigs_per_day.shape",
        "smoke.eu28.cigs_per_day.scale",
        "smoke.us_nhanes.start_age.log_mean",
        "smoke.us_nhanes.start_age.log_sd",
        "smoke.eu28.age_quit_mean",
        "smoke.eu28.age_quit_sd",
        "smoke.cigarettes_per_pack",
        "smoke.min_age_years",
    )
    return tuple(float(values[name][0]) for name in names)


@lru_cache(maxsize=32)
def _pack_years(*numbers: float) -> Array:
    career, min_age = SmokingCareer(*numbers[:-1]), numbers[-1]
    table = np.zeros((len(AGES), len(HISTORIES)))
    for i, age in enumerate(age_midpoints()):
        if age >= min_age:
            classes = [pack_years_classes(age, status, career) for status in SMOKING[1:]]
            table[i, 1:] = np.concatenate(classes)
    return table


@lru_cache(maxsize=32)
def _quantiles(*numbers: float) -> Array:
    career, min_age = SmokingCareer(*numbers[:-1]), numbers[-1]
    table = np.zeros((len(AGES), len(SMOKING), N_PACK_YEARS_CLASSES * CELLS_PER_CLASS + 1))
    for i, age in enumerate(age_midpoints()):
        if age >= min_age:
            table[i, 1:] = [pack_years_quantiles(age, status, career) for status in SMOKING[1:]]
    return table
