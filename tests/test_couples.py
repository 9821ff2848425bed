"""Couples of a run: the closed form of every figure, the drawn couples beside it, ancestries, carrier tests, relatives."""

import numpy as np
import pytest

import simulation
from simulation.engines.block import run_block
from simulation.engines.couples import COUPLES
from simulation.labels import allele_pairs
from simulation.results.summary import z_score
from tests.chance import assert_z_scores

ONE = {"population": {"size": "SWE", "ancestry": {"gnomad_nfe": 1.0}}}
TWO = {"population": {"size": "SWE", "ancestry": {"gnomad_nfe": 0.7, "gnomad_afr": 0.3}}}
ALL, CARRY, ZZ, SEVERE = range(4)
N, FIRST, BOTH = range(3)


def closed(config, **more):
    """Expected couples of a block: (replicate, mating, kind, what), and its inputs."""
    inputs = simulation.build_inputs({**config, **more})
    return run_block(inputs, "expected", 1, 0).expected["couples"][:, 0], inputs


def frequencies(inputs):
    """Allele frequencies by ancestry, from the genotypes: (replicate, ancestry, allele)."""
    genotype = inputs.values("ancestry_genotype")[:, 0]
    q = np.zeros((*genotype.shape[:-1], 5))
    for g, pair in enumerate(allele_pairs(5)):
        for allele in pair:
            q[..., allele] += genotype[..., g] / 2
    return q


def test_couples_of_one_ancestry_have_their_closed_form():
    """Both carry: (1 − p²)² less two M of SS ...: a genotype carries unless it is MM; ZZ possible: both hold a Z."""
    found, inputs = closed(ONE)
    q = frequencies(inputs)[:, 0]
    m, z, severe = q[:, 0], q[:, 2], q[:, 2] + q[:, 3] + q[:, 4]
    births = 111_090
    for mating in range(2):
        np.testing.assert_allclose(found[:, mating, ALL, N], births, rtol=1e-12)
        np.testing.assert_allclose(found[:, mating, CARRY, N], births * (1 - m**2) ** 2, rtol=1e-12)
        np.testing.assert_allclose(found[:, mating, ZZ, N], births * (1 - (1 - z) ** 2) ** 2, rtol=1e-12)
        np.testing.assert_allclose(found[:, mating, SEVERE, N], births * (1 - (1 - severe) ** 2) ** 2, rtol=1e-12)
        np.testing.assert_allclose(found[:, mating, ALL, FIRST], births * severe**2, rtol=1e-12)
        # a parent passes on a severe allele with probability 1 or 1/2: E[s²] = severe² + severe (1 − severe)/2
        square = (severe**2 + severe * (1 - severe) / 2) ** 2
        np.testing.assert_allclose(found[:, mating, ALL, BOTH], births * square, rtol=1e-12)
        np.testing.assert_allclose(found[:, mating, SEVERE, FIRST], found[:, mating, ALL, FIRST], rtol=1e-12)


def test_couples_of_two_ancestries_within_at_random_and_mixed():
    """Within: the mean of the products; at random: the product of the means; mixed: the mixture of both."""
    found, inputs = closed(TWO)
    q = frequencies(inputs)
    severe = q[..., 2:].sum(axis=-1)
    share = np.array([0.7, 0.3])
    within = 111_090 * (share * severe**2).sum(axis=1)
    random = 111_090 * (share * severe).sum(axis=1) ** 2
    np.testing.assert_allclose(found[:, 0, ALL, FIRST], within, rtol=1e-12)
    np.testing.assert_allclose(found[:, 1, ALL, FIRST], random, rtol=1e-12)
    assert (within > random).all()  # Wahlund
    mixed, inputs = closed(TWO, genetics={"mating": 0.25})
    assert inputs.couples.matings == ("within_ancestry", "random", "mixed")
    np.testing.assert_allclose(mixed[:, 2], 0.75 * mixed[:, 0] + 0.25 * mixed[:, 1], rtol=1e-12)


def test_affected_births_of_couples_are_the_births_of_the_model():
    """The severe children of couples are the severe newborn of the next link, with inbreeding too."""
    for genetics in ({}, {"related_parents": {"first_cousin": 0.5, "aunt_or_uncle": 0.2}}):
        inputs = simulation.build_inputs({**ONE, "genetics": genetics})
        sums = run_block(inputs, "expected", 1, 0)
        severe = sums.axes.groups.index("severe")
        born = 111_090 * sums.expected["birth"][:, 0, severe]
        np.testing.assert_allclose(sums.expected["couples"][:, 0, 0, ALL, FIRST], born, rtol=1e-12)


def test_matings_of_relatives_make_severe_children_commoner():
    """P(severe) within an ancestry rises by F Σ q (1 − q) over severe alleles, to the last digit."""
    plain = simulation.build_inputs(ONE)
    related = simulation.build_inputs({**ONE, "genetics": {"related_parents": {"first_cousin": 0.4}}})
    F = 0.4 / 16
    q = frequencies(plain)[:, 0, 2:]
    severe = plain.members("severe")
    before, after = (i.values("genotype")[:, 0, severe].sum(axis=1) for i in (plain, related))
    total = q.sum(axis=1)
    # of two gametes: a copy with probability F, else independent; a copy of a severe allele makes a severe homozygote
    np.testing.assert_allclose(after, F * total + (1 - F) * total**2, rtol=1e-12)
    np.testing.assert_allclose(before, total**2, rtol=1e-12)


def test_the_matrix_of_ancestries_is_a_product_of_its_margins():
    """For every pair of ancestries, P(both carry) is the product of both carrier frequencies; the matrix is symmetric."""
    inputs = simulation.build_inputs(TWO)
    q = frequencies(inputs)
    matrix = run_block(inputs, "expected", 1, 0).expected["couples_by_ancestry"][:, 0]
    carry, severe = 1 - q[..., 0] ** 2, q[..., 2:].sum(axis=-1)
    np.testing.assert_allclose(matrix[..., 0], carry[:, :, None] * carry[:, None], rtol=1e-12)
    np.testing.assert_allclose(matrix[..., 3], severe[:, :, None] * severe[:, None], rtol=1e-12)
    np.testing.assert_allclose(matrix, matrix.swapaxes(1, 2), rtol=1e-12)


def test_residual_risk_of_genotyping_is_bayes():
    """After S/Z genotyping read MM: carriers of rare or null alleles among all who read MM."""
    inputs = simulation.build_inputs(ONE)
    q = frequencies(inputs)[:, 0]
    blind = q[:, 3] + q[:, 4]
    table = run_block(inputs, "expected", 1, 0).expected["residual_risk"][
        :, 0, inputs.couples.tests.index("sz_genotyping")
    ]
    reads_mm = (q[:, 0] + blind) ** 2
    np.testing.assert_allclose(table[:, 0], 1 - q[:, 0] ** 2, rtol=1e-12)
    carrier = 2 * q[:, 0] * blind + blind**2
    np.testing.assert_allclose(table[:, 1], carrier / reads_mm, rtol=1e-12)


def test_drawn_couples_agree_with_the_closed_form():
    """z-scores of couples at risk, affected births and next children over 40 seeds.

    A right program fails once in 500,000 runs; each figure is a sum of 64 binomials, so its variance is exact.
    """
    inputs = simulation.build_inputs({**TWO, "couples": {"n_couples": 3_000_000}})
    exact = run_block(inputs, "expected", 1, 0).expected["couples"][:, 0]
    z = []
    for seed in range(40):
        drawn = run_block(inputs, "counts", seed, 0).drawn["couples"][:, 0]
        for mating in range(2):
            for kind, what in ((CARRY, N), (ZZ, N), (ALL, FIRST), (ALL, BOTH)):
                n, e = drawn[:, mating, kind, what], exact[:, mating, kind, what]
                z.append(z_score(n, e, e * (1 - e / 3_000_000)))
    # four figures of the same couples go together; the two matings are independent, so a quarter of z's count
    assert_z_scores(z[::4], alpha=1e-6)
    assert_z_scores(z[2::4], alpha=1e-6)


def test_drawn_couples_are_nested_in_every_replicate():
    """Couples at risk are couples, their first severe children are theirs, and next children are of these."""
    drawn = run_block(simulation.build_inputs(TWO), "counts", 3, 0).drawn["couples"][:, 0]
    assert (drawn[..., FIRST] <= drawn[..., N]).all()
    assert (drawn[..., BOTH] <= drawn[..., FIRST]).all()
    assert (drawn[:, :, ZZ] <= drawn[:, :, SEVERE]).all()
    assert (drawn[:, :, SEVERE] <= drawn[:, :, CARRY]).all()
    assert (drawn[:, :, ALL, FIRST] == drawn[:, :, SEVERE, FIRST]).all()
    assert (drawn[:, :, ALL, N] == 111_090).all()
    assert len(COUPLES) == drawn.shape[-1]


def test_tables_give_the_closed_form_beside_the_drawn_figure():
    """Each row has both and the z-score; without births a million couples are drawn and said so."""
    results = simulation.run({"population": {"size": 10_000}}, replicates=64)
    table = results.couples.set_index(["mating", "couples", "measure"])
    row = table.loc["within_ancestry", "both_carry", "couples"]
    assert row["per"] == "couples drawn"
    assert np.isclose(row["closed_form_n"], 1_000_000 * row["closed_form_mean"])
    assert abs(row["z"]) < 6
    assert results.couples_by_ancestry["one_in"].notna().all()
    carriers = results.carriers.set_index("genotype")
    assert np.isclose(carriers.loc["MZ", "closed_form_mean"], carriers.loc["MZ", "proportion_mean"], rtol=0.05)
    assert carriers.loc[["MS", "MZ"], "z"].abs().max() < 6


def test_a_total_sums_couples_of_populations():
    """Couples of several populations add up; proportions of ancestries have no total."""
    populations = {name: {"size": area, "ancestry": {"gnomad_nfe": 1.0}} for name, area in (("a", "SWE"), ("b", "DNK"))}
    results = simulation.run({"populations": populations}, replicates=2)
    whole = results.couples.query("couples == 'all' and measure == 'couples' and mating == 'random'")
    counts = dict(zip(whole["population"], whole["n_mean"], strict=True))
    assert counts["total"] == counts["a"] + counts["b"]
    assert set(results.couples_by_ancestry["population"]) == {"a", "b"}


@pytest.mark.parametrize("n", [1, 7])
def test_the_number_of_couples_is_the_configs(n):
    """couples.n_couples is how many are drawn."""
    results = simulation.run({**ONE, "couples": {"n_couples": n}}, replicates=2)
    whole = results.couples.query("couples == 'all' and measure == 'couples'")
    assert (whole["n_mean"] == n).all()
