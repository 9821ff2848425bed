"""What is expected of a chain: sums that involve no chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.engines.walk import copd_by_smoking
from simulation.inputs import Inputs
from simulation.labels import SMOKING

CAUSES = ("genotype", "smoking")


def attributable_copd(inputs: Inputs) -> NDArray[np.float64]:
    """COPD that would not be there had everybody the MM risk, or had nobody smoked.

    Parameters
    ----------
    inputs : Inputs
        The chain.

    Returns
    -------
    ndarray (replicate, population, genotype, smoking, cause)
        Expected people with COPD minus those expected without the cause; causes: genotype, smoking. [people]

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 10**6, "ancestry": {"gnomad_nfe": 1}}})
    >>> attributable = attributable_copd(inputs)
    >>> float(attributable[0, 0, inputs.genotypes.index("MM"), :, 0].sum())
    0.0
    """
    risk = copd_by_smoking(inputs)  # replicate, population, sex, age, smoking, risk genotype
    risk_names = list(map(str, inputs.copd.coords["risk_genotype"].values))
    mm, never = risk_names.index("MM"), SMOKING.index("never")
    smokers = inputs.values("n_people")[None, ..., None] * inputs.values("smoking")
    excess = np.stack([risk - risk[..., [mm]], risk - risk[..., [never], :]], axis=-1)
    by_risk = (smokers[..., None, None] * excess).sum(axis=(2, 3))  # replicate, population, smoking, risk, cause
    by_genotype = np.moveaxis(by_risk[..., inputs.risk_of, :], 3, 2)
    return np.asarray(inputs.values("genotype")[..., None, None] * by_genotype)


def other_diseases(inputs: Inputs) -> NDArray[np.float64]:
    """Expected cases of other diseases, those of vasculitis in multiples of its baseline, which shares do not need.

    Parameters
    ----------
    inputs : Inputs
        The chain.

    Returns
    -------
    ndarray (replicate, population, genotype, 2)
        In the order of `simulation.labels.OTHER_DISEASES`. [people, people relative to the baseline]

    Notes
    -----
    P(g | disease) = cases(g) / all cases. Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 10**6}})
    >>> 5000 < float(other_diseases(inputs)[0, 0, :, 0].sum()) < 6000
    True
    """
    people = inputs.values("n_people").sum(axis=2)  # population, sex
    genotype = inputs.values("genotype")
    bronchiectasis = np.einsum("ps,rpg,rsg->rpg", people, genotype, inputs.values("bronchiectasis"))
    vasculitis = people.sum(axis=1)[:, None] * genotype * inputs.values("vasculitis_odds_ratio")[:, None]
    return np.stack([bronchiectasis, vasculitis], axis=-1)
