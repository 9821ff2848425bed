"""Wright's F of a sample, with its interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from simulation.inference.gene_counting import allele_counts
from simulation.labels import allele_pairs


def inbreeding(genotype_counts: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Wright's F by maximum likelihood, with its likelihood interval.

    Parameters
    ----------
    genotype_counts : array_like of int, shape (n_genotypes,)
        In the order of `simulation.labels.genotypes`. [people]
    level : float, default 0.95
        Confidence of the interval. [proportion]

    Returns
    -------
    estimate, low, high : float
        NaN with fewer than two alleles. [dimensionless]

    Notes
    -----
    L(F) = Σ n_aa log(p_a² + F p_a (1 − p_a)) + Σ n_ab log(2 p_a p_b (1 − F)) with p by gene counting, to which F is
    orthogonal at F = 0; low and high are where 2 (max L − L) is the quantile of χ² with one degree of freedom, and not
    below −p/(1 − p) of the rarest allele, where a homozygote would be negative. For two alleles the estimate is
    1 − H/(2 n p q). Source: docs/evidence.md.

    Examples
    --------
    >>> [round(x, 4) for x in inbreeding([89, 10, 1])]
    [0.1135, -0.0518, 0.4582]
    """
    n = np.asarray(genotype_counts, float)
    counted = allele_counts(n)
    if n.sum() == 0 or np.count_nonzero(counted) < 2:
        return np.nan, np.nan, np.nan
    p = counted / counted.sum()
    pairs = allele_pairs(len(p))
    seen = [(count, p[i], p[j], i == j) for count, (i, j) in zip(n, pairs, strict=True) if count > 0]
    homozygotes = np.array([(count, a) for count, a, _, same in seen if same]).reshape(-1, 2)
    n_heterozygotes = sum(count for count, _, _, same in seen if not same)

    def log_likelihood(F: float) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            same = homozygotes[:, 0] * np.log(homozygotes[:, 1] + F * (1 - homozygotes[:, 1]))
            other = float(n_heterozygotes * np.log1p(-F)) if n_heterozygotes else 0.0
        total = float(same.sum()) + other
        return float(total) if np.isfinite(total) else -1e300

    present = p[p > 0]
    lowest = float(max(-x / (1 - x) for x in present))
    found = minimize_scalar(
        lambda F: -log_likelihood(F), bounds=(lowest, 1.0), method="bounded", options={"xatol": 1e-12}
    )
    best = max([float(found.x), lowest, 1.0], key=log_likelihood)
    floor = log_likelihood(best) - float(chi2.ppf(level, 1)) / 2

    def above(F: float) -> float:
        return log_likelihood(F) - floor

    low = lowest if above(lowest) >= 0 else brentq(above, lowest, best, xtol=1e-12)
    high = 1.0 if above(1.0) >= 0 else brentq(above, best, 1.0, xtol=1e-12)
    return best, float(low), float(high)
