"""The model's story, top to bottom: from config, data pack and drawn parameters to the `Inputs` of every scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulation.assembly import body, care, copd, couples, finding, genotypes, other_diseases, people, recognition
from simulation.assembly.parameters import Draws, distributions
from simulation.assembly.smoking import pack_years_by_age, pack_years_quantiles_by_age, smoking_of_populations
from simulation.config.load import LoadedConfig, load_config
from simulation.config.schema import Config
from simulation.data.pack import DataPack
from simulation.inputs import Inputs
from simulation.labels import (
    AGES,
    BASE,
    HISTORIES,
    RISK_GENOTYPES,
    SEXES,
    SMOKING,
    STATES,
    allele_pairs,
    risk_genotype,
)
from simulation.labels import genotypes as genotype_names
from simulation.randomness import BLOCK_SIZE

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Solved:
    """What is solved once per replicate on the base and kept in every scenario.

    Attributes
    ----------
    log_k : ndarray (BLOCK_SIZE, n_populations)
        Factor on the odds of COPD. [log odds]
    mix_log_k : ndarray (BLOCK_SIZE,) or None
        The same at the biobank's mix, for definitions that are not the equation's own. [log odds]
    diagnosed_copd : ndarray (BLOCK_SIZE, n_populations)
        P(diagnosed COPD | severe genotype). [proportion]
    """

    log_k: Array
    mix_log_k: Array | None
    diagnosed_copd: Array


@dataclass(frozen=True)
class Block:
    """One block of replicates: the chain of every scenario, and the parameters drawn for it.

    Attributes
    ----------
    inputs : dict of str to Inputs
        By scenario, the base first.
    draws : dict of str to ndarray (BLOCK_SIZE,)
        Every drawn parameter of the base.
    """

    inputs: dict[str, Inputs]
    draws: dict[str, Array]


def build_block(loaded: LoadedConfig, block: int) -> Block:
    """Draw the parameters of one block and assemble the chain of every scenario.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    block : int
        Number of the block.

    Returns
    -------
    Block
        A whole block, even if the run ends within it.

    Raises
    ------
    ConfigError
        If drawn allele frequencies sum to more than 1 or inbreeding makes a genotype negative.

    Notes
    -----
    Source: docs/model.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> sorted(build_block(load_config({"scenarios": {"x": {"smoking": {"source": "italy_2016"}}}}), 0).inputs)
    ['base', 'x']
    """
    inputs: dict[str, Inputs] = {}
    draws: dict[str, Array] = {}
    solved: Solved | None = None
    for name, config in loaded.scenarios.items():
        correlations = [(pair.between[0], pair.between[1], pair.rho) for pair in config.correlations]
        chance = Draws(config.seed, block, correlations)
        inputs[name], solved = _chain(config, loaded.pack, chance, solved)
        if name == BASE:
            draws = chance.values
    return Block(inputs, draws)


def build_inputs(source: str | Path | Mapping[str, Any] | LoadedConfig, block: int = 0) -> Inputs:
    """Assemble the chain of the base scenario of a config.

    Parameters
    ----------
    source : path, mapping or LoadedConfig
        A config.
    block : int, default 0
        Which block of replicates.

    Returns
    -------
    Inputs
        For 64 replicates; hand it to an engine, or look at its arrays.

    Raises
    ------
    ConfigError
        If the config is wrong.

    Notes
    -----
    Source: docs/model.md.

    Examples
    --------
    >>> inputs = build_inputs({"population": {"size": 1000}})
    >>> inputs.genotype.dims, inputs.n_replicates
    (('replicate', 'population', 'genotype'), 64)
    """
    return build_block(load_config(source), block).inputs[BASE]


def _chain(config: Config, pack: DataPack, draws: Draws, solved: Solved | None) -> tuple[Inputs, Solved]:
    """Link after link, in the order of docs/model.md."""
    values = draws.draw(distributions(config, pack))

    # 1. people
    populations = list(config.all_populations)
    n_people = [people.people(population, pack) for population in config.all_populations.values()]
    births, sizes = people.births(config, pack), [int(n.sum()) for n in n_people]

    # 2. genotype
    rho = float(values["geno.between_survey_rho"][0])
    ancestries, share, by_ancestry, genotype = genotypes.genotype_frequencies_by_population(config, pack, draws, rho)
    alleles, kinds = config.genetics.alleles, body.likes(config, pack)
    names = list(genotype_names(alleles))
    pairs = allele_pairs(len(alleles))
    risk_of = [risk_genotype(kinds[i], kinds[j]) for i, j in pairs]
    counted_as = body.counted_as(config, pack)
    risk_share = np.stack(
        [genotype[..., [r == risk for r in risk_of]].sum(axis=-1) for risk in RISK_GENOTYPES], axis=-1
    )

    # 3. smoking
    smoking = smoking_of_populations(config, pack, values, draws)
    pack_years = pack_years_by_age(values)

    # 4. serum level and liver, which depend on the genotype alone or with age
    serum = body.serum_levels(config, pack, values)
    cirrhosis = body.cirrhosis(config, pack, values, risk_of)
    two_polymers = body.pair_polymerises(config, pack)

    # 5. COPD
    known = (config, pack, values)
    mix_log_k = None if solved is None else solved.mix_log_k
    if config.copd.definition != "fixed_ratio" and mix_log_k is None:
        # the biobank's odds ratios belong to a COPD as common as this definition finds it
        nobody_deficient = np.eye(len(RISK_GENOTYPES))[0] * np.ones_like(risk_share)
        plain = copd.copd_model(*known, pack_years)
        plain_log_k = copd.solve_log_k(*known, plain, n_people, smoking, nobody_deficient)
        mix_log_k = np.average(plain_log_k, axis=1, weights=[float(n.sum()) for n in n_people])
    model = copd.copd_model(*known, pack_years, mix_log_k)
    log_k = copd.solve_log_k(*known, model, n_people, smoking, risk_share) if solved is None else solved.log_k
    uncalibrated = not log_k.any()
    probability = [model.probability()] if uncalibrated else [model.probability(k) for k in log_k.T]

    # 6. recognition
    diagnosed = recognition.diagnosed_shares(config, values, model)
    if solved is None:
        by_population = probability * len(populations) if uncalibrated else probability
        diagnosed_copd = recognition.diagnosed_copd_of_severe(n_people, smoking, by_population, diagnosed[1])
        solved = Solved(log_k, mix_log_k, diagnosed_copd)
    zz_risk = np.array([risk == "ZZ" for risk in risk_of])
    recognisable = np.array([counted == "severe" for counted in counted_as])
    state = recognition.states(config, pack, values, diagnosed, solved.diagnosed_copd, zz_risk, recognisable)

    # 7. treatment
    rules = care.treatment_rules(config, pack, values)
    bronchiectasis = other_diseases.bronchiectasis(values, risk_of)
    panniculitis = values["panniculitis.prevalence_zz"][:, None] * two_polymers

    # 8. finding people
    risk_position = np.array([RISK_GENOTYPES.index(risk) for risk in risk_of])
    links = finding.Links(
        serum,
        share,
        by_ancestry,
        state,
        probability,
        risk_position,
        pack_years,
        cirrhosis,
        panniculitis,
        bronchiectasis,
    )

    population, genotype_axis = _axis("population", populations), _axis("genotype", names)
    sex, age, history = _axis("sex", SEXES), _axis("age", AGES), _axis("history", HISTORIES)
    smoking_axis, ancestry_axis = _axis("smoking", SMOKING), _axis("ancestry", ancestries)
    replicate = _axis("replicate", range(draws.block * BLOCK_SIZE, (draws.block + 1) * BLOCK_SIZE))
    rule, age_class = _axis("rule", rules.names), _axis("age_class", rules.age_ends)
    fev1_band = _axis("fev1_band", rules.fev1_ends)
    copd_axes = [replicate, sex, age, history, _axis("risk_genotype", RISK_GENOTYPES)]
    inputs = Inputs(
        n_people=_named(np.stack(n_people), population, sex, age),
        n_births=_named(births, population),
        ancestry=_named(share, population, ancestry_axis),
        ancestry_genotype=_named(by_ancestry, replicate, population, ancestry_axis, genotype_axis),
        genotype=_named(genotype, replicate, population, genotype_axis),
        risk_genotype=_named(np.array(risk_of), genotype_axis),
        counted_as=_named(np.array(counted_as), genotype_axis),
        smoking=_named(smoking, replicate, population, sex, age, smoking_axis),
        pack_years=_named(pack_years, age, history),
        pack_years_quantile=_named(pack_years_quantiles_by_age(values), age, smoking_axis, _axis("quantile")),
        copd=_named(probability[0], *copd_axes)
        if uncalibrated
        else _named(np.stack(probability, axis=1), replicate, population, *copd_axes[1:]),
        state=_named(
            state, replicate, population, genotype_axis, _axis("copd", ("no_copd", "copd")), _axis("state", STATES)
        ),
        serum_geometric_mean=_named(serum.geometric_mean, replicate, genotype_axis),
        serum_log_sd=_named(serum.log_sd, replicate, genotype_axis),
        serum_threshold=_named(serum.threshold, replicate),
        inflamed_ratio=_named(serum.inflamed_ratio, replicate),
        low_level=_named(serum.low(), replicate, genotype_axis),
        cholestasis=_named(values["liver.infant.cholestasis_zz"][:, None] * two_polymers, replicate, genotype_axis),
        cirrhosis=_named(cirrhosis, replicate, age, genotype_axis),
        liver_cancer=_named(values["liver.adult.hcc_given_cirrhosis"], replicate),
        transplant=_named(values["liver.transplant_given_cirrhosis"][:, None] * two_polymers, replicate, genotype_axis),
        panniculitis=_named(panniculitis, replicate, genotype_axis),
        bronchiectasis=_named(bronchiectasis, replicate, sex, genotype_axis),
        vasculitis_odds_ratio=_named(
            np.broadcast_to(
                other_diseases.odds_ratios(values, risk_of, other_diseases.VASCULITIS), (BLOCK_SIZE, len(names))
            ),
            replicate,
            genotype_axis,
        ),
        iga_deficiency=_named(values["tx.iga_deficiency.europe_default"], replicate),
        willing=_named(values["tx.willing"], replicate),
        age_class=_named(rules.age_class, age, age_class),
        fev1_band=_named(rules.fev1_band, replicate, smoking_axis, fev1_band),
        takes_ages=_named(rules.takes_ages, rule, age_class),
        takes_fev1=_named(rules.takes_fev1, rule, fev1_band),
        asks_iga=_named(rules.asks_iga, rule),
        definition=config.copd.definition,
        inflamed_share=serum.inflamed_share,
        programme=finding.programme(config, pack, values, links),
        couples=couples.couples(config, pack, ancestries, share, by_ancestry, births, np.array(sizes, float)),
        treated_with_normal_airflow=config.care.treated_with_normal_airflow,
    )
    return inputs, solved


@dataclass(frozen=True)
class _Axis:
    """A named axis and its labels; an axis without labels has only positions."""

    name: str
    labels: tuple[Any, ...] = ()


def _axis(name: str, labels: Iterable[Any] = ()) -> _Axis:
    return _Axis(name, tuple(labels))


@lru_cache(maxsize=256)
def _coordinates(axes: tuple[_Axis, ...]) -> xr.Coordinates:
    """Labels of some axes, made once: making them anew for every array would take longer than the arrays."""
    return xr.Coordinates({axis.name: list(axis.labels) for axis in axes if axis.labels})


def _named(values: NDArray[Any], *axes: _Axis) -> xr.DataArray:
    return xr.DataArray(values, coords=_coordinates(axes), dims=[axis.name for axis in axes])
