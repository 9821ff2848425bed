"""Sums of the leaves that the tables are made of, with totals over populations, sets, smoking and sex."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.inputs import Inputs
from simulation.results.axes import AGE_SETS, ALL, COUNTED_SETS, TOTAL, Axes


def axes_of(inputs: Inputs, liver: Sequence[int]) -> Axes:
    """Names along the axes of the sums of a chain.

    Parameters
    ----------
    inputs : Inputs
        The chain.
    liver : sequence of int
        Positions of the genotypes that the liver table follows.

    Returns
    -------
    Axes
        Names with their totals.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000}})
    >>> axes_of(inputs, []).severe[-1]
    'severe'
    """
    names, populations = inputs.genotypes, inputs.populations
    return Axes(
        populations=populations + ((TOTAL,) if len(populations) > 1 else ()),
        groups=names + COUNTED_SETS,
        counted_as=tuple(map(str, inputs.counted_as.values)),
        severe=(*(names[i] for i in inputs.members("severe")), "severe"),
        liver=(*(names[i] for i in liver), ALL),
        ages=tuple(int(age) for age in inputs.n_people.coords["age"].values),
        rules=inputs.rules,
        strategies=() if inputs.programme is None else inputs.programme.names,
        strategy_tests=() if inputs.programme is None else inputs.programme.tests,
        strategy_days=() if inputs.programme is None else inputs.programme.days,
        matings=() if inputs.couples is None else inputs.couples.matings,
        couples=() if inputs.couples is None else tuple(inputs.couples.kinds),
        ancestries=() if inputs.couples is None else inputs.couples.ancestries,
        carrier_tests=() if inputs.couples is None else inputs.couples.tests,
    )


def sum_people(inputs: Inputs, people: NDArray[Any]) -> NDArray[Any]:
    """People by population, genotype or set, smoking and state.

    Parameters
    ----------
    inputs : Inputs
        The chain, for its sets.
    people : ndarray (replicate, population, sex, age, genotype, smoking, state)
        Leaves. [people]

    Returns
    -------
    ndarray (replicate, population + total, genotype + sets, smoking + all, state)
        [people]

    Notes
    -----
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> sum_people(inputs, np.ones((1, 1, 2, 21, 15, 3, 8), int)).shape
    (1, 1, 20, 4, 8)
    """
    return with_totals(inputs, people.sum(axis=(2, 3)), smoking_axis=3)


def sum_by_age(inputs: Inputs, cells: NDArray[Any]) -> NDArray[Any]:
    """People and people with COPD by population, set, sex and age.

    Parameters
    ----------
    inputs : Inputs
        The chain, for its sets.
    cells : ndarray (replicate, population, sex, age, genotype, 2)
        All people; with COPD. [people]

    Returns
    -------
    ndarray (replicate, population + total, set, sex + both, age, 2)
        All people; with COPD. [people]

    Notes
    -----
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> sum_by_age(inputs, np.ones((1, 1, 2, 21, 15, 2), int)).shape
    (1, 1, 7, 3, 21, 2)
    """
    sets = np.stack([cells[..., inputs.members(name), :].sum(axis=-2) for name in AGE_SETS], axis=2)
    sexes = np.concatenate([sets, sets.sum(axis=3, keepdims=True)], axis=3)
    return _with_total_population(inputs, sexes)


def with_totals(inputs: Inputs, array: NDArray[Any], smoking_axis: int | None = None) -> NDArray[Any]:
    """Append sets after the genotypes, `all` after the smoking statuses and `total` after the populations.

    Parameters
    ----------
    inputs : Inputs
        The chain, for its sets.
    array : ndarray (replicate, population, genotype, ...)
        Counts that may be added. [people]
    smoking_axis : int, optional
        Where smoking is, if it is there.

    Returns
    -------
    ndarray (replicate, population + total, genotype + sets, ...)
        [people]

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> with_totals(inputs, np.ones((1, 1, 15), int))[0, 0, -5:].tolist()
    [4, 3, 6, 10, 15]
    """
    sets = [array[:, :, inputs.members(name)].sum(axis=2, keepdims=True) for name in COUNTED_SETS]
    array = np.concatenate([array, *sets], axis=2)
    if smoking_axis is not None:
        array = np.concatenate([array, array.sum(axis=smoking_axis, keepdims=True)], axis=smoking_axis)
    return _with_total_population(inputs, array)


def with_last_total(inputs: Inputs, array: NDArray[Any]) -> NDArray[Any]:
    """Append the sum of the genotypes after them, and `total` after the populations.

    Parameters
    ----------
    inputs : Inputs
        The chain.
    array : ndarray (replicate, population, genotype, ...)
        Counts that may be added. [people]

    Returns
    -------
    ndarray (replicate, population + total, genotype + total, ...)
        [people]

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> with_last_total(inputs, np.array([[[1, 2]]])).tolist()
    [[[1, 2, 3]]]
    """
    return _with_total_population(inputs, np.concatenate([array, array.sum(axis=2, keepdims=True)], axis=2))


def _with_total_population(inputs: Inputs, array: NDArray[Any]) -> NDArray[Any]:
    if len(inputs.populations) == 1:
        return array
    return np.concatenate([array, array.sum(axis=1, keepdims=True)], axis=1)
