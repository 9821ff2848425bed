"""Testing the relatives of recognised people."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.diagnosis.programme import CascadeLaw
from simulation.engines.split import Splitter

Counts = NDArray[Any]
Array = NDArray[np.float64]


def draw_relatives(
    split: Splitter, law: CascadeLaw, name: str, index: Counts, missed: Counts, everybody: Counts, severe: Array
) -> tuple[Counts, Counts, Counts]:
    """Test relatives of the recognised.

    Parameters
    ----------
    split : Splitter
        By multiplication or by chance.
    law : CascadeLaw
        Of the same replicates.
    name : str
        Of the strategy; its streams are named after it.
    index : ndarray (replicate, population, genotype)
        Recognised people with a severe genotype. [people]
    missed : ndarray (replicate, population, genotype, ...)
        Who is not recognised yet, in groups. [people]
    everybody : ndarray (replicate, population, genotype)
        [people]
    severe : ndarray (genotype,)
        1 for severe genotypes, else 0.

    Returns
    -------
    taken : ndarray, shape of missed
        Found among the missed. [people]
    relatives, named : ndarray (replicate, population, genotype)
        Relatives tested, by their own genotype; those whose report names a deficiency allele and is not severe. [people]

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> strategies = {"cascade": {"who": "todays_practice", "cascade": True}}
    >>> results = simulation.run({"replicates": 2, "strategies": strategies})
    >>> bool(results.strategies["n_found_by_cascade_mean"].iloc[1] > 0)
    True
    """
    groups = missed.reshape(*everybody.shape, -1)
    total = groups.sum(axis=-1)
    unknown = np.divide(total, everybody, out=np.zeros(total.shape), where=everybody > 0)
    wanted, relatives, named = (np.zeros_like(total) for _ in range(3))
    for relation in law.relations:
        key = f"cascade {name} {relation.name}"
        tested = split.part(key, index * relation.most, relation.tested[:, None, None])
        # the genotype axis is turned round, so that the commonest, MM, comes last
        by_genotype = split.divide(f"{key} genotype", tested, relation.genotype[..., ::-1])[..., ::-1].sum(axis=2)
        reported = split.part(f"{key} reported", by_genotype, law.reported_severe[:, None])
        wanted = wanted + split.part(f"{key} unknown", reported, unknown * severe)
        named = named + split.part(f"{key} named", by_genotype - reported, law.named[:, None])
        relatives = relatives + by_genotype
    taken = split.deal(f"cascade {name} found", groups, np.minimum(wanted, total))
    return taken.reshape(missed.shape), relatives, named
