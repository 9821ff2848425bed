"""Draws of allele frequencies where not everybody's genotype was seen and surveys differ: Metropolis, many chains at once.

Every survey has frequencies of its own, Dirichlet around those of the population with correlation ρ. Chains move the
population and its surveys together, each survey by itself, the population by itself, and ρ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtri

from simulation.genetics.hardy_weinberg import genotype_frequencies
from simulation.inference.between_surveys import FACTOR
from simulation.inference.incomplete import Classes, maximum_likelihood

Array = NDArray[np.float64]
N_CHAINS = 128
N_BURN_IN = 400
N_KEPT = 400  # steps kept of each chain; doubled until the draws are worth ENOUGH independent ones
THIN = 4
ENOUGH = 2000
MOST_DOUBLINGS = 3
GOAL = 0.3  # share of moves accepted
STEP = 0.02  # of numerical second derivatives, on the log scale
FLOOR = 0.05  # information of the prior alone, on the log scale


@dataclass(frozen=True)
class PosteriorSample:
    """Draws from the posterior distribution.

    Attributes
    ----------
    frequency : ndarray, shape (n_draws, n_alleles)
        Of the population, summing to 1. [proportion]
    rho : ndarray, shape (n_draws,)
        Between-survey correlation. [dimensionless]
    effective_size : float
        Independent draws that these are worth, for the allele where they are worth least.
    """

    frequency: Array
    rho: Array
    effective_size: float


def sample_posterior(
    surveys: Sequence[Classes], rng: np.random.Generator, rho: float | None, default_rho: float
) -> PosteriorSample:
    """Draw allele frequencies from their posterior distribution.

    Parameters
    ----------
    surveys : sequence of Classes
        What was seen.
    rng : numpy.random.Generator
        Chance.
    rho : float or None
        Between-survey correlation, in [0, 1); None: uncertain, with a lognormal prior around the default. [dimensionless]
    default_rho : float
        Median of that prior. [dimensionless]

    Returns
    -------
    PosteriorSample
        Of the population's frequencies, with Dirichlet prior ½ for each allele.

    Notes
    -----
    log q = log p(q) + Σ_k [log Dirichlet(q_k; q (1 − ρ)/ρ) + Σ_c n_c log Σ_g P(c | g) P(g | q_k)], sampled in logs of q/q_M by
    random walks whose steps have the shape of the curvature at the maximum. Source: docs/evidence.md.

    Examples
    --------
    >>> from simulation.inference.incomplete import classes
    >>> found = classes([810, 180, 10], 0, [0, 1, 2], [1, 1, 1])
    >>> drawn = sample_posterior([found], np.random.default_rng(1), 0.0, 0.0002)
    >>> drawn.frequency.mean(axis=0).round(2), drawn.effective_size > 1000
    (array([0.9, 0.1]), True)
    """
    chains = _Chains(surveys, rng, rho, default_rho)
    for _ in range(N_BURN_IN):
        chains.step(adapt=True)
    kept: list[tuple[Array, Array]] = []
    n_steps = N_KEPT
    for _ in range(MOST_DOUBLINGS + 1):
        for step in range(n_steps):
            chains.step(adapt=False)
            if step % THIN == 0:
                kept.append((chains.q, chains.rho))
        drawn = np.stack([q for q, _ in kept])  # (steps, chains, alleles)
        spread, of_means = drawn.var(axis=(0, 1)), drawn.mean(axis=0).var(axis=0, ddof=1)
        worth = float(np.min(N_CHAINS * spread / np.maximum(of_means, 1e-300)))
        if worth >= ENOUGH:
            break
        n_steps *= 2
    return PosteriorSample(
        drawn.reshape(-1, drawn.shape[-1]),
        np.stack([r for _, r in kept]).ravel(),
        min(worth, float(drawn.shape[0] * drawn.shape[1])),
    )


class _Chains:
    """All chains, moved together."""

    def __init__(
        self, surveys: Sequence[Classes], rng: np.random.Generator, rho: float | None, default_rho: float
    ) -> None:
        self.surveys, self.rng, self.free_rho, self.default_rho = surveys, rng, rho is None, default_rho
        start_rho = default_rho if rho is None else rho
        best = maximum_likelihood(surveys)
        best = np.maximum(best, 0.5 / sum(2 * int(s.n.sum()) for s in surveys))  # an allele that nobody had
        best /= best.sum()
        theta = np.log(best[1:] / best[0])
        n_free = len(theta)
        informations = [_information(survey, theta) for survey in surveys]
        between = start_rho * (np.diag(1 / best[1:]) + 1 / best[0])
        self.pooled = start_rho == 0 and not self.free_rho
        if self.pooled:
            total = sum(informations) + FLOOR * np.eye(n_free)
            self.shapes: dict[str | int, Array] = {"shift": _root(np.linalg.inv(total))}
        else:
            precision = np.linalg.inv(between)
            total = FLOOR * np.eye(n_free)
            for information in informations:
                own = np.linalg.inv(information + precision)
                total = total + precision - precision @ own @ precision
            self.shapes = {"shift": _root(np.linalg.inv(total)), "mean": _root(between / len(surveys))}
            for k, information in enumerate(informations):
                self.shapes[k] = _root(np.linalg.inv(information + precision))
            if self.free_rho:
                self.shapes["rho"] = np.eye(1)
        self.scales = dict.fromkeys(self.shapes, 2.4 / np.sqrt(n_free))
        self.theta = theta + self._normal("shift")
        self.of_survey = np.stack([self.theta + (0 if self.pooled else self._normal(k)) for k in range(len(surveys))])
        self.log_rho = np.full(N_CHAINS, np.log(start_rho)) if not self.pooled else np.full(N_CHAINS, -np.inf)
        if self.free_rho:
            self.log_rho = self.log_rho + rng.standard_normal(N_CHAINS)
        points = [self.theta if self.pooled else point for point in self.of_survey]
        self.data = np.stack([_data(survey, point) for survey, point in zip(surveys, points, strict=True)])
        self.prior = self._prior(self.theta, self.of_survey, self.log_rho)

    @property
    def q(self) -> Array:
        """Frequencies of the population, shape (n_chains, n_alleles)."""
        return _frequencies(self.theta)

    @property
    def rho(self) -> Array:
        """Correlation, shape (n_chains,)."""
        return np.asarray(np.exp(self.log_rho))

    def step(self, adapt: bool) -> None:
        """Try every move once."""
        for name in self.shapes:
            theta, of_survey, log_rho = self.theta, self.of_survey, self.log_rho
            move = self._normal(name)
            if isinstance(name, int):  # one survey by itself
                of_survey = of_survey.copy()
                of_survey[name] += move
            elif name == "shift":
                theta, of_survey = theta + move, of_survey + move
            elif name == "mean":
                theta = theta + move
            else:
                log_rho = log_rho + move[:, 0]
            self._accept(name, theta, of_survey, log_rho, adapt)

    def _accept(self, name: str | int, theta: Array, of_survey: Array, log_rho: Array, adapt: bool) -> None:
        changed = range(len(self.surveys)) if name == "shift" else [name] if isinstance(name, int) else []
        data = self.data.copy()
        for k in changed:
            data[k] = _data(self.surveys[k], theta if self.pooled else of_survey[k])
        prior = self._prior(theta, of_survey, log_rho)
        gain = prior + data.sum(axis=0) - self.prior - self.data.sum(axis=0)
        taken = np.log(self.rng.random(N_CHAINS)) < gain
        self.theta = np.where(taken[:, None], theta, self.theta)
        self.of_survey = np.where(taken[None, :, None], of_survey, self.of_survey)
        self.log_rho = np.where(taken, log_rho, self.log_rho)
        self.data, self.prior = np.where(taken, data, self.data), np.where(taken, prior, self.prior)
        if adapt:
            self.scales[name] *= np.exp(0.1 * (taken.mean() - GOAL))

    def _prior(self, theta: Array, of_survey: Array, log_rho: Array) -> Array:
        log_q = _log_frequencies(theta)
        total: Array = 0.5 * log_q.sum(axis=-1)  # Dirichlet(½), in logs of q/q_M
        if self.pooled:
            return total
        size = np.expm1(-log_rho)  # (1 − ρ)/ρ
        if self.free_rho:
            total = total - 0.5 * ((log_rho - np.log(self.default_rho)) / (np.log(FACTOR) / ndtri(0.975))) ** 2
            size = np.where(log_rho < 0, size, np.nan)
        share = np.exp(log_q) * size[:, None]
        each = gammaln(size) - gammaln(share).sum(axis=-1)
        total = total + len(of_survey) * each + (share * _log_frequencies(of_survey).sum(axis=0)).sum(axis=-1)
        return np.where(np.isfinite(total), total, -np.inf)

    def _normal(self, name: str | int) -> Array:
        shape = self.shapes[name]
        return np.asarray(self.scales[name] * self.rng.standard_normal((N_CHAINS, len(shape))) @ shape.T)


def _log_frequencies(theta: Array) -> Array:
    full = np.concatenate([np.zeros((*theta.shape[:-1], 1)), theta], axis=-1)
    top = full.max(axis=-1, keepdims=True)
    return np.asarray(full - top - np.log(np.exp(full - top).sum(axis=-1, keepdims=True)))


def _frequencies(theta: Array) -> Array:
    q = np.exp(_log_frequencies(theta))
    return np.asarray(q / q.sum(axis=-1, keepdims=True))


def _data(survey: Classes, theta: Array) -> Array:
    """Log likelihood of one survey at points of shape (n, n_alleles - 1)."""
    seen = survey.n > 0
    probability = genotype_frequencies(_frequencies(theta)) @ survey.probability[seen].T
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probability) @ survey.n[seen].astype(float))


def _information(survey: Classes, theta: Array) -> Array:
    """Curvature of the log likelihood, by differences; directions in which it bends upwards count as unknown."""
    n = len(theta)
    unit = STEP * np.eye(n)
    points = np.array(
        [theta + a * unit[i] + b * unit[j] for i in range(n) for j in range(n) for a in (1, -1) for b in (1, -1)]
    )
    values = _data(survey, points).reshape(n, n, 4)
    curvature = -(values[..., 0] - values[..., 1] - values[..., 2] + values[..., 3]) / (4 * STEP**2)
    weight, direction = np.linalg.eigh((curvature + curvature.T) / 2)
    return np.asarray((direction * np.maximum(weight, 0.0)) @ direction.T)


def _root(covariance: NDArray[Any]) -> Array:
    weight, direction = np.linalg.eigh((covariance + covariance.T) / 2)
    return np.asarray(direction * np.sqrt(np.maximum(weight, 0.0)))
