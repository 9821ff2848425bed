"""Link 4: COPD of every cell, with the factors that are solved once on the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulation.assembly.parameters import central
from simulation.config.populations import age_weights, merged_copd, population_key
from simulation.config.schema import Config, Copd
from simulation.config.slots import EXPOSURE_ROWS, GIVEN_OR_SOLVED, MARGINAL_ZZ, prevalence_name
from simulation.config.values import RowName
from simulation.data.pack import DataPack
from simulation.disease.copd import (
    LOG_ODDS_RANGE,
    Baseline,
    OnsetRamp,
    StudyMix,
    copd_probability,
    solve_severe_odds_ratios,
)
from simulation.errors import ConfigError
from simulation.exposures.smoking import age_midpoints, share_of_band_inside
from simulation.labels import HISTORY_SMOKING, N_PACK_YEARS_CLASSES, RISK_GENOTYPES, SEXES, SMOKING
from simulation.randomness import BLOCK_SIZE
from simulation.roots import increasing_root

Array = NDArray[np.float64]
REACHED = 1e-9  # how far a calibrated prevalence may be from its target


@dataclass(frozen=True)
class CopdModel:
    """The COPD equation of one scenario and block.

    Attributes
    ----------
    baseline, central_baseline : Baseline
        Drawn by replicate; and at the central coefficients, on which the biobank's odds ratios are solved: one
        replicate, or one for each where k is not 1 there.
    ramp : OnsetRamp
        Onset of the genotypes' effect.
    mix : StudyMix
        People of the biobank.
    or_never, or_ever : ndarray (BLOCK_SIZE,)
        Odds ratio of severe genotypes. [odds ratio]
    log_odds : ndarray (BLOCK_SIZE, 2, 21, 17, 6)
        By sex, age, history and risk genotype, without k and other exposures.
    exposures : list of (share, odds ratio)
        Other exposures.
    """

    baseline: Baseline
    central_baseline: Baseline
    ramp: OnsetRamp
    mix: StudyMix
    or_never: Array
    or_ever: Array
    log_odds: Array
    exposures: list[tuple[float, Array]]

    def probability(self, log_k: Array | float = 0.0, replicates: NDArray[np.intp] | slice = slice(None)) -> Array:
        """P(COPD) by replicate, sex, age, history and risk genotype, the odds multiplied by k.

        Parameters
        ----------
        log_k : ndarray (n,) or 0
            Logarithm of k. [log odds]
        replicates : index
            Which replicates; n of them.

        Returns
        -------
        ndarray (n, 2, 21, 17, 6)
            [proportion]
        """
        k = np.asarray(log_k, float).reshape(-1, 1, 1, 1, 1)
        exposures = [(share, ratio[replicates]) for share, ratio in self.exposures]
        return copd_probability(self.log_odds[replicates] + k, exposures)


def copd_model(
    config: Config, pack: DataPack, values: dict[str, Array], pack_years: Array, mix_log_k: Array | None = None
) -> CopdModel:
    """Build the COPD equation of a scenario from drawn parameters.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        For the central coefficients.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.
    pack_years : ndarray (21, 17)
        Mean pack-years by age and history. [pack-years]
    mix_log_k : ndarray (BLOCK_SIZE,), optional
        Logarithm of k at the biobank's mix; 0 by default. [log odds]

    Returns
    -------
    CopdModel
        With the odds ratios of severe genotypes solved.

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> from simulation.assembly.parameters import Draws, distributions
    >>> from simulation.assembly.smoking import pack_years_by_age
    >>> from simulation.data.pack import data_pack
    >>> values = Draws(1, 0).draw(distributions(Config(), data_pack()))
    >>> model = copd_model(Config(), data_pack(), values, pack_years_by_age(values))
    >>> model.log_odds.shape
    (64, 2, 21, 17, 6)
    """
    baseline, middle = baselines(config, pack, values)
    if mix_log_k is not None:
        middle = replace(middle, intercept=middle.intercept + mix_log_k[:, None])
    one = {name: float(value[0]) for name, value in values.items() if name.startswith("lung.")}
    ramp = OnsetRamp(
        (one["lung.onset_ramp.never.from_age_years"], one["lung.onset_ramp.ever.from_age_years"]),
        (one["lung.onset_ramp.never.to_age_years"], one["lung.onset_ramp.ever.to_age_years"]),
    )
    mix = StudyMix(*(one[f"lung.ukb_mix.{what}"] for what in ("age_years", "male_share", "ever_share", "pack_years")))
    never, ever = _severe_odds_ratios(config, values, middle, ramp, mix)
    effect = _log_odds_ratios(config, values, pack_years, never, ever)
    smokes = np.array([status != "never" for status in HISTORY_SMOKING])
    onset = ramp.fraction(age_midpoints()[:, None], smokes)
    eta = baseline.log_odds(np.broadcast_to(age_midpoints()[:, None], (2, len(onset), 1)), pack_years)
    log_odds = eta[..., None] + (onset[..., None] * effect)[:, None]
    exposures = [
        (float(getattr(config.exposures, name)), values[f"lung.copd_or.{name}"])
        for name in EXPOSURE_ROWS
        if getattr(config.exposures, name) > 0
    ]
    if config.exposures.dust is not None:
        exposures.append((config.exposures.dust.share, np.full(BLOCK_SIZE, config.exposures.dust.odds_ratio)))
    return CopdModel(baseline, middle, ramp, mix, never, ever, log_odds, exposures)


def baselines(config: Config, pack: DataPack, values: dict[str, Array]) -> tuple[Baseline, Baseline]:
    """Equation of people without a deficiency allele: drawn, and at its central coefficients.

    Parameters
    ----------
    config : Config
        Names the set of coefficients.
    pack : DataPack
        For the central coefficients of rows that the config does not override.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.

    Returns
    -------
    drawn, central : Baseline
        With BLOCK_SIZE replicates, and with one.

    Notes
    -----
    The error of the intercept is one of the log-odds at the centre age and pack-years, so the slopes' errors are
    independent of it. Source: docs/model.md, section 5.

    Examples
    --------
    >>> from simulation.assembly.parameters import Draws, distributions
    >>> from simulation.data.pack import data_pack
    >>> values = Draws(1, 0).draw(distributions(Config(), data_pack()))
    >>> baselines(Config(), data_pack(), values)[1].intercept.round(3)
    array([[-2.037, -1.825]])
    """
    stem = f"lung.copd_base.{config.copd.baseline}"
    centre_age = float(values["lung.copd_base.centre_age_years"][0])
    centre_pack = float(values["lung.copd_base.centre_pack_years"][0])
    min_age = float(values["lung.copd_base.min_age_years"][0])
    middle = {
        what: [central(config, pack, f"{stem}.{sex}.{what}") for sex in SEXES]
        for what in ("intercept", "age", "pack_years")
    }
    b0, b_age, b_pack = (np.array([middle[what]]) for what in ("intercept", "age", "pack_years"))
    shift = b_age * centre_age + b_pack * centre_pack
    drawn = {what: np.stack([values[f"{stem}.{sex}.{what}"] for sex in SEXES], axis=-1) for what in middle}
    centres = (centre_age, centre_pack, min_age)
    return (
        Baseline(drawn["intercept"] + shift, drawn["age"], drawn["pack_years"], *centres),
        Baseline(b0 + shift, b_age, b_pack, *centres),
    )


def _severe_odds_ratios(
    config: Config, values: dict[str, Array], central: Baseline, ramp: OnsetRamp, mix: StudyMix
) -> tuple[Array, Array]:
    """Solve the odds ratios of severe genotypes, unless the config gives one or both."""
    never, ever = (values.get(name) for name in GIVEN_OR_SOLVED)
    if never is not None and ever is not None:
        return never, ever
    ratio = values["lung.copd_or.zz_ratio_ever_never"]
    if never is not None:
        return never, ratio * never
    if ever is not None:
        return ever / ratio, ever
    return solve_severe_odds_ratios(central, ramp, mix, values[MARGINAL_ZZ[config.copd.definition]], ratio)


def _log_odds_ratios(
    config: Config, values: dict[str, Array], pack_years: Array, severe_never: Array, severe_ever: Array
) -> Array:
    """Log odds ratio by replicate, age, history and risk genotype, fully set in."""
    one = np.ones(BLOCK_SIZE)
    ms, ss = values["lung.copd_or.ms"], values["lung.copd_or.ss"]
    never = [one, ms, ss, values["lung.copd_or.mz_never"], values["lung.copd_or.sz_never.siblings"], severe_never]
    mz_ever = values.get("lung.copd_or.mz_ever.pooled", one)
    ever = [one, ms, ss, mz_ever, values["lung.copd_or.sz_ever"], severe_ever]
    smokes = np.array([status != "never" for status in HISTORY_SMOKING])[:, None]
    by_history = np.where(smokes, np.stack(ever, axis=-1)[:, None, :], np.stack(never, axis=-1)[:, None, :])
    effect = np.broadcast_to(np.log(by_history)[:, None], (BLOCK_SIZE, len(pack_years), *by_history.shape[1:])).copy()
    if config.copd.mz_risk == "falls_with_pack_years":
        main = np.log(values["lung.copd_or.mz_bergen.linear_main"])[:, None, None]
        per_pack_year = np.log(values["lung.copd_or.mz_bergen.linear_interaction"])[:, None, None]
        falling = main + per_pack_year * pack_years
        effect[..., RISK_GENOTYPES.index("MZ")] = np.where(
            smokes[:, 0], falling, effect[..., RISK_GENOTYPES.index("MZ")]
        )
    return effect


def history_shares(smoking: Array) -> Array:
    """P(smoking history) from P(smoking status): classes of one status are equally probable.

    Parameters
    ----------
    smoking : ndarray (..., 3)
        [proportion]

    Returns
    -------
    ndarray (..., 17)
        [proportion]

    Notes
    -----
    Source: docs/model.md, section 3.

    Examples
    --------
    >>> history_shares(np.array([0.5, 0.4, 0.1]))[[0, 1, 16]]
    array([0.5   , 0.05  , 0.0125])
    """
    status = [SMOKING.index(name) for name in HISTORY_SMOKING]
    classes = np.array([1 if name == "never" else N_PACK_YEARS_CLASSES for name in HISTORY_SMOKING])
    return np.asarray(smoking[..., status] / classes)


def solve_log_k(
    config: Config,
    pack: DataPack,
    values: dict[str, Array],
    model: CopdModel,
    n_people: Sequence[NDArray[np.int64]],
    smoking: Array,
    risk_share: Array,
) -> Array:
    """Factor on the odds of COPD that makes each population's total what it should be.

    Parameters
    ----------
    config : Config
        The base.
    pack : DataPack
        Prevalence rows and age structures.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters, prevalence rows among them.
    model : CopdModel
        The base's equation.
    n_people : sequence of ndarray (2, 21)
        People of each population. [people]
    smoking : ndarray (BLOCK_SIZE, n_populations, 2, 21, 3)
        [proportion]
    risk_share : ndarray (BLOCK_SIZE, n_populations, 6)
        Share of people with each risk genotype. [proportion]

    Returns
    -------
    ndarray (BLOCK_SIZE, n_populations)
        Logarithm of k; 0 where nothing is calibrated. [log odds]

    Raises
    ------
    ConfigError
        If a stated prevalence cannot be met, whatever k.

    Notes
    -----
    With a stated prevalence, solved over the whole age structure inside the stated ages; without, so that the simulated
    people keep the prevalence they would have with the MM risk. Source: docs/model.md, section 5.

    Examples
    --------
    >>> import simulation
    >>> config = {"population": {"size": 1000}, "copd": {"calibrate_total": True}}
    >>> simulation.build_inputs(config).copd.dims[1]
    'population'
    """
    columns = []
    for p, (name, population) in enumerate(config.all_populations.items()):
        copd = merged_copd(config.copd, population.copd)
        if copd.prevalence is None and not copd.calibrate_total:
            columns.append(np.zeros(BLOCK_SIZE))
            continue
        if copd.prevalence is None:
            people = n_people[p].astype(float)
            target = None
        else:
            people = age_weights(population, pack) * share_of_band_inside(*prevalence_ages(copd, pack))
            target = values[prevalence_name(copd)]
        people = people / people.sum() if people.sum() > 0 else people
        cells = people[None, ..., None] * history_shares(smoking[:, p])  # replicate, sex, age, history
        key = f"{population_key(config, name)}.copd" if population.copd is not None else "copd"
        columns.append(_log_k(key, model, cells, risk_share[:, p], target))
    return np.stack(columns, axis=1)


def _log_k(key: str, model: CopdModel, cells: Array, risk_share: Array, target: Array | None) -> Array:
    def total(risk: Array, i: NDArray[np.intp] | slice) -> Array:
        return np.asarray(np.einsum("rsah,rsahg,rg->r", cells[i], risk, risk_share[i], optimize=True))

    if target is None:
        mm = RISK_GENOTYPES.index("MM")
        target = np.einsum("rsah,rsah->r", cells, model.probability()[..., mm], optimize=True)
    wanted = target
    k = increasing_root(
        lambda x, i: total(model.probability(x, i), i) - wanted[i], BLOCK_SIZE, -LOG_ODDS_RANGE, LOG_ODDS_RANGE
    )
    k = np.where(wanted > 0, k, 0.0)
    reached = total(model.probability(k), slice(None))
    if np.abs(reached - wanted).max() > REACHED:
        worst = int(np.argmax(np.abs(reached - wanted)))
        raise ConfigError(
            f"{key}.prevalence cannot be met: at these ages the model can reach {reached[worst]:.3g}, not {wanted[worst]:.3g}"
            " (below 20 it has no COPD); check the prevalence and its ages"
        )
    return k


def prevalence_ages(copd: Copd, pack: DataPack) -> tuple[float, float | None]:
    """Ages that the prevalence to be met describes.

    Parameters
    ----------
    copd : Copd
        With a prevalence.
    pack : DataPack
        For a row's own ages.

    Returns
    -------
    (float, float or None)
        First age inside, first age outside. [years]

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> prevalence_ages(Copd(prevalence="lung.copd_base.spain2017.fixed"), data_pack())
    (40.0, None)
    """
    low, high = copd.prevalence_age_min, copd.prevalence_age_max
    if isinstance(copd.prevalence, RowName):
        row = pack.parameters[copd.prevalence.name]
        low = row.age_min if low is None else low
        high = row.age_max if high is None else high
    return float(low or 0), None if high is None else float(high)
