"""Draws of uncertain parameters: stratified uniforms through the inverse distribution function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from simulation.parameters.distributions import Distribution
from simulation.randomness import BLOCK_SIZE, generator

Array = NDArray[np.float64]


def stratified_uniforms(rng: np.random.Generator, size: int) -> Array:
    """One uniform number in each of `size` equal strata of (0, 1), in random order.

    Parameters
    ----------
    rng : numpy.random.Generator
        The parameter's own stream.
    size : int
        How many; a block of replicates.

    Returns
    -------
    ndarray, shape (size,)
        Never exactly 0 or 1.

    Notes
    -----
    A Latin hypercube in one dimension; the strata of two parameters are independent permutations.
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> u = stratified_uniforms(np.random.default_rng(1), 4)
    >>> np.floor(4 * np.sort(u))
    array([0., 1., 2., 3.])
    """
    within = rng.random(size)
    within[within == 0] = 0.5  # an inverse distribution function may be infinite at 0
    return np.asarray((rng.permutation(size) + within) / size)


def draw_parameters(
    distributions: Mapping[str, Distribution],
    seed: int,
    block: int,
    correlations: Sequence[tuple[str, str, float]] = (),
) -> dict[str, Array]:
    """One value of every parameter for each replicate of a block.

    Parameters
    ----------
    distributions : mapping of str to Distribution
        By parameter name; a parameter's draws depend on its own name only.
    seed, block : int
        Key of the streams.
    correlations : sequence of (name, name, rho)
        Pairs joined by a normal copula with correlation rho in (−1, 1); a name is in one pair at most.

    Returns
    -------
    dict of str to ndarray, shape (BLOCK_SIZE,)
        In each parameter's own unit.

    Notes
    -----
    The second of a pair becomes Φ(ρ z₁ + √(1 − ρ²) z₂), so the first is the same with and without its partner.
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> from simulation.parameters.distributions import Lognormal
    >>> draws = draw_parameters({"a": Lognormal(2, 0.1), "b": Lognormal(3, 0.1)}, seed=1, block=0)
    >>> alone = draw_parameters({"a": Lognormal(2, 0.1)}, seed=1, block=0)
    >>> bool((draws["a"] == alone["a"]).all())
    True
    """
    uniform = {
        name: stratified_uniforms(generator(seed, block, f"parameter {name}"), BLOCK_SIZE) for name in distributions
    }
    for first, second, rho in correlations:
        if first in uniform and second in uniform:
            joined = rho * ndtri(uniform[first]) + np.sqrt(1 - rho**2) * ndtri(uniform[second])
            uniform[second] = ndtr(joined)
    return {name: distribution.quantile(uniform[name]) for name, distribution in distributions.items()}
