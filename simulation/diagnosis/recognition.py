"""Diagnosis of COPD and recognition of its cause."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from simulation.labels import STATES

Array = NDArray[np.float64]


def diagnosed_share_of_severe(
    risk_severe: ArrayLike, risk_others: ArrayLike, diagnosed_share: ArrayLike, diagnosed_odds_ratio: ArrayLike
) -> Array:
    """Share of COPD that is diagnosed among severe genotypes.

    Parameters
    ----------
    risk_severe, risk_others : array_like, shape (n_replicates,)
        Mean risk of COPD at the study's mix of people, with a severe genotype and without. [proportion]
    diagnosed_share : array_like, shape (n_replicates,)
        P(diagnosed | COPD) of most people. [proportion]
    diagnosed_odds_ratio : array_like, shape (n_replicates,)
        Odds ratio of diagnosed COPD, severe genotypes against others. [odds ratio]

    Returns
    -------
    ndarray, shape (n_replicates,)
        At most 1. [proportion]

    Notes
    -----
    Solves odds(risk_severe · d) = OR · odds(risk_others · diagnosed_share) for d. Source: docs/model.md, section 6.

    Examples
    --------
    >>> diagnosed_share_of_severe([0.4], [0.1], [0.2], [1.0]).round(4)
    array([0.05])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        diagnosed_others = np.asarray(risk_others, float) * np.asarray(diagnosed_share, float)
        diagnosed_severe = expit(logit(diagnosed_others) + np.log(np.asarray(diagnosed_odds_ratio, float)))
        share = diagnosed_severe / np.asarray(risk_severe, float)
    return np.asarray(np.clip(np.nan_to_num(share, nan=0.0, posinf=1.0), 0.0, 1.0))


def recognition_probabilities(
    recognised_share: ArrayLike,
    through_lung: ArrayLike,
    diagnosed_copd: ArrayLike,
    uptake_ratio: ArrayLike = 1.0,
) -> tuple[Array, Array]:
    """Probability that a severe deficiency is recognised, with and without diagnosed COPD.

    Parameters
    ----------
    recognised_share : array_like
        Share of all people with a severe genotype who are recognised. [proportion]
    through_lung : array_like
        Share of these who were found through their lungs. [proportion]
    diagnosed_copd : array_like
        P(diagnosed COPD | severe genotype) in the population. [proportion]
    uptake_ratio : array_like, default 1
        Share of diagnosed COPD that is tested, relative to today. [ratio]

    Returns
    -------
    given_diagnosed_copd, given_other : ndarray, broadcast shape
        Never below 0 or above 1. [proportion]

    Notes
    -----
    lung · share / P(diagnosed COPD | severe), and (1 − lung) · share / (1 − that). Source: docs/model.md, section 6.

    Examples
    --------
    >>> recognition_probabilities(0.064, 0.43, 0.10)
    (array(0.2752), array(0.04053333))
    >>> recognition_probabilities(0.064, 0.43, 0.10, uptake_ratio=10)[0]
    array(1.)
    """
    share, lung, copd = (np.asarray(x, float) for x in (recognised_share, through_lung, diagnosed_copd))
    with np.errstate(divide="ignore", invalid="ignore"):
        given_copd = lung * share / copd * np.asarray(uptake_ratio, float)
        given_other = (1 - lung) * share / (1 - copd)
    clipped = [np.clip(np.nan_to_num(p, nan=0.0, posinf=1.0), 0.0, 1.0) for p in (given_copd, given_other)]
    return np.asarray(clipped[0]), np.asarray(clipped[1])


def state_probabilities(
    diagnosed: ArrayLike, asthma_label: ArrayLike, recognised_diagnosed: ArrayLike, recognised_other: ArrayLike
) -> Array:
    """Clinical state given whether a person has COPD.

    Parameters
    ----------
    diagnosed : array_like, shape (...)
        P(diagnosed | COPD). [proportion]
    asthma_label : array_like, shape (...)
        Of undiagnosed COPD, the share called asthma. [proportion]
    recognised_diagnosed, recognised_other : array_like, shape (...)
        P(deficiency recognised) with diagnosed COPD, and otherwise. [proportion]

    Returns
    -------
    ndarray, shape (..., 2, 8)
        Without COPD, with COPD; states in the order of `simulation.labels.STATES`. Sums to 1. [proportion]

    Notes
    -----
    Source: docs/model.md, section 6.

    Examples
    --------
    >>> p = state_probabilities(0.2, 0.25, 0.5, 0.1)
    >>> dict(zip(STATES, p[1].round(2).tolist()))["undiagnosed"], p.sum(axis=-1)
    (0.54, array([1., 1.]))
    """
    d, label, with_copd, other = np.broadcast_arrays(
        *(np.asarray(x, float) for x in (diagnosed, asthma_label, recognised_diagnosed, recognised_other))
    )
    state = {name: i for i, name in enumerate(STATES)}
    p = np.zeros((*d.shape, 2, len(STATES)))
    p[..., 0, state["no_copd_recognised"]] = other
    p[..., 0, state["no_copd"]] = 1 - other
    for name, share, recognised in (
        ("diagnosed", d, with_copd),
        ("asthma_label", (1 - d) * label, other),
        ("undiagnosed", (1 - d) * (1 - label), other),
    ):
        p[..., 1, state[f"{name}_recognised"]] = share * recognised
        p[..., 1, state[name]] = share * (1 - recognised)
    return p
