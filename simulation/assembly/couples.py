"""Couples who have a child, and what is left after a negative carrier test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulation.assembly.body import counted_as
from simulation.assembly.genotypes import inbreeding, mating_share
from simulation.assembly.laboratory import reading_of
from simulation.config.schema import Config
from simulation.data.pack import DataPack
from simulation.genetics.carrier_tests import genotype_after_negative
from simulation.genetics.couples import (
    CoupleLaw,
    both_carry,
    carries,
    child_probability,
    couple_probabilities,
    couples_by_ancestry,
    related_couples,
)
from simulation.genetics.transmission import gametes
from simulation.labels import genotypes

Array = NDArray[np.float64]
NOMINAL_COUPLES = 1_000_000  # drawn where births are not known
MOST_RELATED = 0.25  # children of siblings


def couples(
    config: Config,
    pack: DataPack,
    ancestries: list[str],
    ancestry_share: Array,
    ancestry_genotype: Array,
    n_births: Array,
    n_people: Array,
) -> CoupleLaw:
    """Laws of couples and of carrier tests.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        What tests read.
    ancestries : list of str
        Names.
    ancestry_share : ndarray (population, ancestry)
        [proportion]
    ancestry_genotype : ndarray (replicate, population, ancestry, genotype)
        [proportion]
    n_births : ndarray (population,)
        NaN where unknown. [people per year]
    n_people : ndarray (population,)
        [people]

    Returns
    -------
    CoupleLaw
        Of one block.

    Notes
    -----
    Partners of one ancestry are as related as the config's inbreeding of children says; others are not related.
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> import simulation
    >>> simulation.build_inputs({"population": {"size": 1000}}).couples.matings
    ('within_ancestry', 'random')
    """
    alleles = config.genetics.alleles
    n = len(alleles)
    severe = np.array([counted == "severe" for counted in counted_as(config, pack)])
    child = child_probability(n, severe)
    carrier = carries(range(1, n), n)
    z = [alleles.index("Z")] if "Z" in alleles else []
    kinds = {
        "all": np.ones(child.shape, bool),
        "both_carry": both_carry(carrier) > 0,
        "zz_possible": both_carry(carries(z, n)) > 0,
        "severe_possible": child > 0,
    }
    share, m = ancestry_share[None], mating_share(config)
    within = couple_probabilities(ancestry_genotype, share)
    f = inbreeding(config)
    if 0 < f <= MOST_RELATED:
        q = ancestry_genotype @ gametes(n)
        within = np.einsum("pa,rpagh->rpgh", ancestry_share, related_couples(q / q.sum(axis=-1, keepdims=True), f))
    random = couple_probabilities(ancestry_genotype, share, 1.0)
    joint = {"within_ancestry": within, "random": random}
    if 0 < m < 1:
        joint["mixed"] = (1 - m) * within + m * random
    events = [*(kinds[kind].astype(float) for kind in list(kinds)[1:]), child]
    # births of all populations or of none: a total must not mix a year's births with nominal couples
    nominal = np.maximum(NOMINAL_COUPLES * n_people / max(n_people.sum(), 1), 1)
    default = n_births if np.isfinite(n_births).all() else nominal
    if config.couples.n_couples is not None:
        default = np.asarray(config.couples.n_couples, float)
    tests = [test for test in pack.readings]
    return CoupleLaw(
        matings=tuple(joint),
        ancestries=tuple(ancestries),
        tests=tuple(tests),
        joint=np.stack(list(joint.values()), axis=2),
        kinds=kinds,
        child_severe=child,
        n_couples=np.broadcast_to(np.round(default), n_births.shape).astype(np.int64),
        by_ancestry=np.stack([couples_by_ancestry(ancestry_genotype, event) for event in events], axis=-1),
        residual=_residual(config, pack, tests, (share[..., None] * ancestry_genotype).sum(axis=2), carrier, child),
    )


def _residual(
    config: Config, pack: DataPack, tests: list[str], genotype: Array, carrier: NDArray[np.bool_], child: Array
) -> Array:
    """Before and after a negative test; P(child severe) of two unrelated partners, both negative, or one of them MZ."""
    rows = []
    normal = np.arange(genotype.shape[-1]) == 0  # a report of MM, the first genotype, whatever the config's sets
    names = genotypes(config.genetics.alleles)
    mz = names.index("MZ") if "MZ" in names else None
    for test in tests:
        negative = reading_of(config, pack, test)[:, :-1][:, normal].sum(axis=-1)
        after = genotype_after_negative(genotype, negative)
        both = np.einsum("...g,gh,...h->...", after, child, after)
        known = np.zeros(both.shape) if mz is None else after @ child[mz]
        before, left = (p[..., carrier].sum(axis=-1) for p in (genotype, after))
        rows.append(np.stack([before, left, both, known], axis=-1))
    return np.stack(rows, axis=2)
