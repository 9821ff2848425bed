"""Link 5: clinical state: COPD diagnosed, called asthma, its cause recognised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.assembly.copd import CopdModel, history_shares
from simulation.assembly.parameters import UPTAKE, central
from simulation.config.schema import Config
from simulation.config.slots import DIAGNOSED_ZZ, UNDIAGNOSED
from simulation.data.pack import DataPack
from simulation.diagnosis.recognition import (
    diagnosed_share_of_severe,
    recognition_probabilities,
    state_probabilities,
)
from simulation.disease.copd import mix_risk
from simulation.labels import RISK_GENOTYPES
from simulation.randomness import BLOCK_SIZE

Array = NDArray[np.float64]
SEVERE = RISK_GENOTYPES.index("ZZ")


def diagnosed_shares(config: Config, values: dict[str, Array], model: CopdModel) -> tuple[Array, Array]:
    """P(diagnosed | COPD) of most people and of severe genotypes.

    Parameters
    ----------
    config : Config
        One scenario.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.
    model : CopdModel
        For the odds ratios and the biobank's mix.

    Returns
    -------
    most, severe : ndarray (BLOCK_SIZE,)
        1 for recorded COPD, which is diagnosed by definition. [proportion]

    Notes
    -----
    Source: docs/model.md, section 6.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000}})
    >>> float(inputs.state.sel(genotype="MM", copd="copd", state="diagnosed").mean().round(2))
    0.18
    """
    if config.copd.definition == "recorded":
        return np.ones(BLOCK_SIZE), np.ones(BLOCK_SIZE)
    most = 1 - values[UNDIAGNOSED[config.copd.definition]]
    if config.recognition.severe_diagnosis == "same":
        return most, most
    with_severe = mix_risk(model.central_baseline, model.ramp, model.mix, model.or_never, model.or_ever)
    without = mix_risk(model.central_baseline, model.ramp, model.mix, 1.0, 1.0)
    return most, diagnosed_share_of_severe(with_severe, without, most, values[DIAGNOSED_ZZ])


def diagnosed_copd_of_severe(
    people: list[NDArray[np.int64]], smoking: Array, probability: list[Array], diagnosed_severe: Array
) -> Array:
    """P(diagnosed COPD | severe genotype) in every population, over its own sexes, ages and smoking.

    Parameters
    ----------
    people : list of ndarray (2, 21)
        By population. [people]
    smoking : ndarray (BLOCK_SIZE, n_populations, 2, 21, 3)
        [proportion]
    probability : list of ndarray (BLOCK_SIZE, 2, 21, 17, 6)
        P(COPD) by population. [proportion]
    diagnosed_severe : ndarray (BLOCK_SIZE,)
        P(diagnosed | COPD) of severe genotypes. [proportion]

    Returns
    -------
    ndarray (BLOCK_SIZE, n_populations)
        [proportion]

    Notes
    -----
    Source: docs/model.md, section 6.

    Examples
    --------
    >>> everybody = [np.ones((2, 21), np.int64)]
    >>> smoking = np.broadcast_to([1.0, 0.0, 0.0], (64, 1, 2, 21, 3))
    >>> half = [np.full((64, 2, 21, 17, 6), 0.5)]
    >>> float(diagnosed_copd_of_severe(everybody, smoking, half, np.full(64, 0.4))[0, 0].round(9))
    0.2
    """
    columns = []
    for p, n in enumerate(people):
        weight = n / n.sum() if n.sum() > 0 else np.zeros(n.shape)
        cells = weight[None, ..., None] * history_shares(smoking[:, p])
        columns.append((cells * probability[p][..., SEVERE]).sum(axis=(1, 2, 3)) * diagnosed_severe)
    return np.stack(columns, axis=1)


def states(
    config: Config,
    pack: DataPack,
    values: dict[str, Array],
    diagnosed: tuple[Array, Array],
    diagnosed_copd: Array,
    zz_risk: NDArray[np.bool_],
    recognisable: NDArray[np.bool_],
) -> Array:
    """P(clinical state | genotype, COPD) of every population.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        For today's share of tested people.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.
    diagnosed : (ndarray, ndarray)
        From `diagnosed_shares`.
    diagnosed_copd : ndarray (BLOCK_SIZE, n_populations)
        From `diagnosed_copd_of_severe`, on the base.
    zz_risk : ndarray of bool (n_genotypes,)
        Genotypes with the risk of ZZ.
    recognisable : ndarray of bool (n_genotypes,)
        Genotypes that the set severe counts.

    Returns
    -------
    ndarray (BLOCK_SIZE, n_populations, n_genotypes, 2, 8)
        [proportion]

    Notes
    -----
    Only genotypes that the set severe counts are recognised, all like ZZ. An uptake multiplies the way through the lung
    by uptake / today's central share, at most to 1. Source: docs/model.md, section 6.

    Examples
    --------
    >>> import simulation
    >>> simulation.build_inputs({"population": {"size": 1000}}).state.dims
    ('replicate', 'population', 'genotype', 'copd', 'state')
    """
    ratio: Array | float = 1.0
    if UPTAKE in values:
        ratio = values[UPTAKE] / central(config, pack, "diag.copd_tested.recommended")
        ratio = np.asarray(ratio)[:, None]
    with_copd, other = recognition_probabilities(
        values["diag.share_diagnosed.zz_ukb"][:, None],
        values["diag.bias.register_identification"][:, None],
        diagnosed_copd,
        ratio,
    )
    label = values.get("diag.asthma_label_share", np.zeros(BLOCK_SIZE))
    most, severe = diagnosed
    p_diagnosed = np.where(zz_risk, severe[:, None], most[:, None])[:, None, :]
    return state_probabilities(
        p_diagnosed,
        label[:, None, None],
        np.where(recognisable, with_copd[..., None], 0.0),
        np.where(recognisable, other[..., None], 0.0),
    )
