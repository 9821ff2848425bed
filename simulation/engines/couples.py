"""Couples who have a child: drawn, or multiplied for the closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.engines.split import Splitter
from simulation.genetics.couples import CoupleLaw

COUPLES = ("couples", "first_child_severe", "both_children_severe")


def couples_with_children(law: CoupleLaw, split: Splitter) -> NDArray[Any]:
    """Couples of every kind, those whose first child is severe, and those whose next child is severe too.

    Parameters
    ----------
    law : CoupleLaw
        Of a block.
    split : Splitter
        By chance, or by multiplication, which gives the closed form.

    Returns
    -------
    ndarray (replicate, population, mating, kind, 3)
        In the order of `COUPLES`. [couples]

    Notes
    -----
    The next child is drawn for couples whose first is severe only. Source: docs/model.md, section 13.

    Examples
    --------
    >>> import simulation
    >>> from simulation.engines.split import Expected
    >>> law = simulation.build_inputs({"population": {"size": "SWE"}}).couples
    >>> float(couples_with_children(law, Expected())[0, 0, 0, 0, 0].round())
    111090.0
    """
    size, n_populations, _, n, _ = law.joint.shape
    numbers = np.broadcast_to(law.n_couples, (size, n_populations))
    found = []
    for i, mating in enumerate(law.matings):
        flat = law.joint[:, :, i].reshape(size, n_populations, n * n)
        flat = flat / flat.sum(axis=-1, keepdims=True)
        # turned round, so that the commonest couple, both MM, comes last
        couple = split.divide(f"couples {mating}", numbers, flat[..., ::-1])[..., ::-1]
        child = np.broadcast_to(law.child_severe.ravel(), couple.shape)
        first = split.part(f"couples {mating} first child", couple, child)
        second = split.part(f"couples {mating} next child", first, child)
        kinds = np.stack([kind.ravel() for kind in law.kinds.values()])
        found.append(np.stack([(count[:, :, None] * kinds).sum(axis=-1) for count in (couple, first, second)], axis=-1))
    return np.stack(found, axis=2)
