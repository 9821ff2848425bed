"""The largest numbers: ten billion people, ten thousand replicates. Nothing overflows, nobody is lost."""

from itertools import product

import numpy as np
import pytest

import simulation
from simulation.labels import COPD_STATES, STATES
from simulation.results.axes import SETS

PEOPLE = 10**10


def parts_add_up(results):
    """In every drawn table the parts are the whole, exactly, in every replicate and over all of them."""
    replicates = results.replicates()
    axes = replicates.axes
    genotypes = axes.groups[: len(axes.counted_as)]
    own = axes.populations[:-1] if len(axes.populations) > 1 else axes.populations
    copd = [STATES.index(state) for state in COPD_STATES]
    severe = [g for g, counted in zip(genotypes, axes.counted_as, strict=True) if counted == "severe"]

    def drawn(quantity, *key):
        found = replicates.drawn(quantity, *key)
        assert found.dtype == np.int64
        assert found.min() >= 0
        return found

    for population in axes.populations:
        everybody = drawn("people", population, "all")
        assert (sum(drawn("people", population, g) for g in genotypes) == everybody).all()
        assert (sum(drawn("people", population, g) for g in severe) == drawn("people", population, "severe")).all()
        ages = drawn("by_age", population, "all")
        assert (sum(drawn("by_age", population, name) for name in SETS) == ages).all()
        assert (ages[:, :2].sum(axis=1) == ages[:, 2]).all()
        assert (ages[:, 2, :, 0].sum(axis=1) == everybody[:, 3].sum(axis=1)).all()
        assert (ages[:, 2, :, 1].sum(axis=1) == everybody[:, 3, copd].sum(axis=1)).all()
        funnel = drawn("funnel", population, "severe")
        assert (sum(drawn("funnel", population, g) for g in severe) == funnel).all()
        assert (np.diff(funnel, axis=-1) <= 0).all()
        assert (funnel[..., 0] == drawn("people", population, "severe")[:, 3].sum(axis=1)[:, None]).all()
        liver = drawn("liver", population, "all")
        assert (sum(drawn("liver", population, g) for g in axes.liver[:-1]) == liver).all()
        for group in axes.groups:
            people = drawn("people", population, group)
            assert (people[:, :3].sum(axis=1) == people[:, 3]).all()
    for quantity, group in product(("people",), axes.groups):
        whole = sum(drawn(quantity, population, group) for population in own)
        assert (whole == drawn(quantity, axes.populations[-1], group)).all()
    # summed over all replicates in whole numbers, and in the floating point that the tables' means are made of
    people = replicates.drawn("people", axes.populations[-1], "all")[:, 3].sum(axis=1)
    n = len(people)
    assert sum(map(int, people)) == int(people.sum()) == n * int(people[0])
    assert float(people.astype(float).sum()) == float(int(people.sum()))
    rows = results.select("copd", smoking="all")
    means = rows.set_index("genotype")[["n_people_mean", "n_copd_mean"]] * n
    whole = np.rint(means.to_numpy())
    assert np.abs(means.to_numpy() - whole).max() < 1  # a sum of 10¹⁴ is a whole number to the last bit but one
    counted = {name: [int(x) for x in row] for name, row in zip(means.index, whole, strict=True)}
    assert [sum(counted[g][i] for g in genotypes) for i in (0, 1)] == counted["all"]
    return people


def test_ten_billion_people():
    results = simulation.run({"population": {"size": PEOPLE, "ages": "europe"}, "replicates": 70})
    assert set(parts_add_up(results).tolist()) == {PEOPLE}


@pytest.mark.slow
def test_ten_billion_people_ten_thousand_times():
    half = {"size": PEOPLE // 2, "ages": "europe"}
    rare = {"own": {"Z": 0.3, "S": 0.2, "null": 0.1}}  # severe deficiency counted in billions too
    config = {"populations": {"a": half, "b": {**half, "ancestry": {"own": 1.0}}}, "ancestries": rare}
    results = simulation.run(config, replicates=10_000, execution={"workers": 2})
    assert set(parts_add_up(results).tolist()) == {PEOPLE}
