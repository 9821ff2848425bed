"""Pack-years of smokers as equal-probability classes, each at its mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, ndtr, ndtri

from simulation.labels import N_PACK_YEARS_CLASSES
from simulation.roots import increasing_root

Array = NDArray[np.float64]
N_NODES = 64  # Gauss-Legendre nodes for starting age and for quitting age
N_NODES_QUANTILES = 24  # enough where no risk depends on the answer
CELLS_PER_CLASS = 64  # quantiles tabulated within each class


@dataclass(frozen=True)
class SmokingCareer:
    """When people start and stop and how much they smoke.

    Attributes
    ----------
    cigarettes_shape, cigarettes_scale : float
        Gamma distribution of cigarettes a day. [scale: cigarettes per day]
    start_log_mean, start_log_sd : float
        Lognormal starting age. [log years]
    quit_mean, quit_sd : float
        Normal quitting age, truncated to lie between start and present age. [years]
    cigarettes_per_pack : float
        [cigarettes]
    """

    cigarettes_shape: float
    cigarettes_scale: float
    start_log_mean: float
    start_log_sd: float
    quit_mean: float
    quit_sd: float
    cigarettes_per_pack: float


def pack_years_classes(age: float, status: str, career: SmokingCareer) -> Array:
    """Mean pack-years of the equal-probability classes of smokers of one age.

    Parameters
    ----------
    age : float
        Present age. [years]
    status : {"former", "current"}
        A current smoker has smoked since the starting age, a former smoker from start to quitting.
    career : SmokingCareer
        Distributions of start, quitting and amount.

    Returns
    -------
    ndarray, shape (8,)
        Ascending. [pack-years]

    Notes
    -----
    Pack-years = cigarettes per day / cigarettes per pack × years smoked. Given the years smoked this is a gamma
    variable, so class limits and class means follow from incomplete gamma functions; the years smoked are integrated
    by Gauss-Legendre quadrature over the quantiles of starting and quitting age. Source: docs/model.md, section 3.

    Examples
    --------
    >>> career = SmokingCareer(3.2, 4.4, 2.85, 0.243, 38.6, 12, 20)
    >>> classes = pack_years_classes(62.5, "current", career)
    >>> bool((np.diff(classes) > 0).all()), round(float(classes.mean()), 1)
    (True, 31.5)
    """
    years, weight = _years_smoked(age, status, career)
    shape, scale = career.cigarettes_shape, career.cigarettes_scale / career.cigarettes_per_pack
    with np.errstate(divide="ignore"):
        per_unit = 1 / (scale * years)

    def below(limit: Array) -> Array:
        return np.asarray((weight * gammainc(shape, limit[:, None] * per_unit)).sum(axis=-1))

    targets = np.arange(1, N_PACK_YEARS_CLASSES) / N_PACK_YEARS_CLASSES
    limits = increasing_root(lambda x, i: below(x) - targets[i], targets.size, 0.0, 1000.0)
    # mean below a limit: E[X; X < x] of a gamma is its mean times the distribution function of shape + 1
    partial = (weight * shape * scale * years * gammainc(shape + 1, limits[:, None] * per_unit)).sum(axis=-1)
    total = (weight * shape * scale * years).sum()
    return np.diff(np.concatenate([[0.0], partial, [total]])) * N_PACK_YEARS_CLASSES


def pack_years_quantiles(age: float, status: str, career: SmokingCareer) -> Array:
    """Quantiles of the pack-years of smokers of one age, for drawing within a class.

    Parameters
    ----------
    age : float
        Present age. [years]
    status : {"former", "current"}
        As in `pack_years_classes`.
    career : SmokingCareer
        Distributions of start, quitting and amount.

    Returns
    -------
    ndarray, shape (8 × 64 + 1,)
        At probabilities 0, 1/512, ..., 1, ascending; the last is finite and keeps the mean of the last cell.
        [pack-years]

    Notes
    -----
    The distribution function on a grid, inverted by monotone cubic interpolation. Nobody's risk depends on these
    numbers, only on the class. Source: docs/model.md, section 3.

    Examples
    --------
    >>> career = SmokingCareer(3.2, 4.4, 2.85, 0.243, 38.6, 12, 20)
    >>> quantiles = pack_years_quantiles(62.5, "current", career)
    >>> within = (quantiles[:-1] + quantiles[1:]) / 2
    >>> gap = within.reshape(8, 64).mean(axis=1) / pack_years_classes(62.5, "current", career) - 1
    >>> bool(np.abs(gap).max() < 0.001)
    True
    """
    from scipy.interpolate import PchipInterpolator

    years, weight = _years_smoked(age, status, career, N_NODES_QUANTILES)
    shape, scale = career.cigarettes_shape, career.cigarettes_scale / career.cigarettes_per_pack
    mean = float((weight * shape * scale * years).sum())
    x = 10 * mean * np.linspace(0, 1, 97) ** 3  # dense where the young are
    with np.errstate(divide="ignore"):
        scaled = x[:, None] / (scale * years)
    below = (weight * gammainc(shape, scaled)).sum(axis=-1)
    rising = np.concatenate([[True], np.diff(below) > 1e-9])
    n_cells = CELLS_PER_CLASS * N_PACK_YEARS_CLASSES
    inverse = PchipInterpolator(below[rising], x[rising])
    quantiles = inverse(np.clip(np.arange(n_cells + 1) / n_cells, below[0], below[rising][-1]))
    limit = quantiles[-2]
    above = mean - float((weight * shape * scale * years * gammainc(shape + 1, limit / (scale * years))).sum())
    quantiles[-1] = 2 * above * n_cells - limit  # a cell is drawn evenly, so its middle is its mean
    return np.asarray(quantiles)


def _years_smoked(age: float, status: str, career: SmokingCareer, n_nodes: int = N_NODES) -> tuple[Array, Array]:
    """Years smoked at the quadrature nodes, and the nodes' probabilities."""
    nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
    u, w = (nodes + 1) / 2, weights / 2
    started = ndtr((np.log(age) - career.start_log_mean) / career.start_log_sd)  # P(start < age)
    start = np.exp(career.start_log_mean + career.start_log_sd * ndtri(u * started))
    if status == "current":
        return np.maximum(age - start, 1e-9), w
    low = ndtr((start - career.quit_mean) / career.quit_sd)[:, None]
    high = ndtr((age - career.quit_mean) / career.quit_sd)
    quit_age = career.quit_mean + career.quit_sd * ndtri(low + (high - low) * u)
    years = np.clip(quit_age - start[:, None], 1e-9, age)
    return years.ravel(), (w[:, None] * w).ravel()
