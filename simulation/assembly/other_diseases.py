"""Diseases beside COPD and the liver, of which the deficiency causes a small share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.disease.other_diseases import disease_probability
from simulation.labels import SEXES

Array = NDArray[np.float64]
# the row of each risk genotype; the paper of vasculitis pools genotypes with one allele and with two
BRONCHIECTASIS = {genotype: f"lung.bronchiectasis_or.{genotype.lower()}" for genotype in ("MS", "SS", "MZ", "SZ", "ZZ")}
VASCULITIS = {
    **{genotype: "vasculitis.gpa_or.mz_ms" for genotype in ("MS", "MZ")},
    **{genotype: "vasculitis.gpa_or.zz_ss_sz" for genotype in ("SS", "SZ", "ZZ")},
}


def bronchiectasis(values: dict[str, Array], risk_of: list[str]) -> Array:
    """P(bronchiectasis), all ages together.

    Parameters
    ----------
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.
    risk_of : list of str
        Risk genotype of each genotype.

    Returns
    -------
    ndarray (replicate, sex, genotype)
        [proportion]

    Notes
    -----
    Independent of COPD and of age given the genotype (A). Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000}})
    >>> float(inputs.bronchiectasis.sel(sex="female", genotype="MM")[0])
    0.005661
    """
    baseline = np.stack([values[f"lung.bronchiectasis.baseline.{sex}"] for sex in SEXES], axis=1)
    return disease_probability(baseline, odds_ratios(values, risk_of, BRONCHIECTASIS)[:, None])


def odds_ratios(values: dict[str, Array], risk_of: list[str], rows: dict[str, str]) -> Array:
    """Odds ratio of a disease by genotype.

    Parameters
    ----------
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.
    risk_of : list of str
        Risk genotype of each genotype.
    rows : dict of str to str
        Row of each risk genotype; one without a row has an odds ratio of 1.

    Returns
    -------
    ndarray (replicate, genotype)
        [odds ratio]

    Notes
    -----
    Source: docs/model.md, section 7.

    Examples
    --------
    >>> odds_ratios({"a": np.array([2.0])}, ["MM", "ZZ"], {"ZZ": "a"})
    array([[1., 2.]])
    """
    return np.stack(np.broadcast_arrays(*(values[rows[g]] if g in rows else np.ones(1) for g in risk_of)), axis=-1)
