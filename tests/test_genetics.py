"""Genotypes: closed forms in rational numbers, then laws, then chance."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.assembly.build import build_inputs
from simulation.engines.split import Drawn, Expected
from simulation.engines.walk import walk
from simulation.genetics.hardy_weinberg import genotype_frequencies, with_m_as_remainder
from simulation.genetics.mating import ancestry_genotypes, mixed_genotypes
from simulation.labels import SETS, default_set, genotypes, risk_genotype
from tests.chance import assert_proportion


def by_hand(p, F):
    """P(AA) = p² + F p(1 − p); P(AB) = 2pq(1 − F), in exact arithmetic."""
    n = len(p)
    return [
        float(p[i] ** 2 + F * p[i] * (1 - p[i])) if i == j else float(2 * p[i] * p[j] * (1 - F))
        for i in range(n)
        for j in range(i, n)
    ]


@pytest.mark.parametrize("F", [Fraction(0), Fraction(1, 16), Fraction(1), Fraction(-1, 100)])
def test_genotypes_equal_rational_arithmetic(F):
    p = [Fraction(90, 100), Fraction(6, 100), Fraction(4, 100)]
    np.testing.assert_allclose(genotype_frequencies([float(x) for x in p], float(F)), by_hand(p, F), rtol=0, atol=1e-12)


def test_order_of_genotypes():
    assert genotypes(["M", "S", "Z", "rare"])[:5] == ("MM", "MS", "MZ", "M/rare", "SS")


frequencies = (
    st.lists(st.floats(0, 1), min_size=2, max_size=8).filter(lambda x: sum(x) > 0).map(lambda x: np.array(x) / sum(x))
)


@given(frequencies, st.floats(0, 1))
def test_genotypes_sum_to_one_and_keep_the_alleles(p, F):
    g = genotype_frequencies(p, F)
    assert np.isclose(g.sum(), 1, atol=1e-12)
    assert (g >= 0).all()
    counted = np.zeros(len(p))
    pairs = [(i, j) for i in range(len(p)) for j in range(i, len(p))]
    for (i, j), value in zip(pairs, g, strict=True):
        counted[i] += value / 2
        counted[j] += value / 2
    np.testing.assert_allclose(counted, p, atol=1e-12)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=50)
def test_mating_keeps_the_alleles_and_loses_homozygotes(q1, q2, share, m, F):
    q = np.array([[1 - q1, q1], [1 - q2, q2]])
    shares = np.array([share, 1 - share])
    apart = mixed_genotypes(shares, ancestry_genotypes(q, shares, F))
    mixed = mixed_genotypes(shares, ancestry_genotypes(q, shares, F, m))
    np.testing.assert_allclose(mixed[1] / 2 + mixed[2], shares @ q[:, 1], atol=1e-12)
    assert mixed[2] <= apart[2] + 1e-12  # Wahlund
    wahlund = (1 - F) * m * share * (1 - share) * (q1 - q2) ** 2
    np.testing.assert_allclose(apart[2] - mixed[2], wahlund, atol=1e-12)


def test_random_mating_of_two_ancestries_is_hardy_weinberg_of_the_pool():
    q = np.array([[0.98, 0.02], [0.90, 0.10]])
    share = np.array([0.25, 0.75])
    mixed = mixed_genotypes(share, ancestry_genotypes(q, share, 0.0, 1.0))
    np.testing.assert_allclose(mixed, genotype_frequencies(share @ q), atol=1e-15)


def test_wrong_frequencies_are_refused():
    with pytest.raises(ValueError, match="sum to 1"):
        genotype_frequencies([0.5, 0.4])
    with pytest.raises(ValueError, match="at most 1"):
        with_m_as_remainder([0.7, 0.4])
    with pytest.raises(ValueError, match="makes a genotype negative"):
        genotype_frequencies([0.98, 0.02], -0.5)
    with pytest.raises(ValueError, match="at most 1"):
        genotype_frequencies([0.98, 0.02], 1.2)
    with pytest.raises(ValueError, match="mating"):
        ancestry_genotypes([[1.0, 0.0]], [1.0], 0.0, 1.5)


def test_every_genotype_is_in_one_set():
    alleles = {"M": "M", "S": "S", "Z": "Z", "rare": "Z", "null": "null", "F": "M", "I": "S"}
    for a, like_a in alleles.items():
        for b, like_b in alleles.items():
            assert default_set(a, b, like_a, like_b) in SETS
            assert risk_genotype(like_a, like_b) == risk_genotype(like_b, like_a)
    assert default_set("S", "null", "S", "null") == "intermediate"
    assert default_set("rare", "null", "Z", "null") == "severe"
    assert default_set("S", "S", "S", "S") == "SS"


def one_ancestry(size, inbreeding=0.0, **frequency):
    return {
        "population": {"size": size, "ancestry": {"mine": 1.0}},
        "ancestries": {"mine": frequency},
        "genetics": {"inbreeding": inbreeding},
    }


def test_drawn_carriers_match_hardy_weinberg():
    # a right program fails once in 10^6 runs; one wrong by 0.2 percentage points is caught 99 times in 100
    inputs = build_inputs(one_ancestry(1_000_000, Z=0.02)).first_replicates(1)
    leaves = next(walk(inputs, Drawn(3, 0)))
    carriers = leaves.people[..., inputs.members("carrier"), :, :].sum()
    assert_proportion(carriers, 1_000_000, expected=2 * 0.98 * 0.02, detects=0.002, alpha=1e-6)


def genotype_counts(config, split):
    inputs = build_inputs(config).first_replicates(4)
    parts = [leaves.people.sum(axis=(1, 2, 3, 5, 6)) for leaves in walk(inputs, split)]
    return inputs, np.concatenate(parts)


def test_nobody_carries_an_allele_of_frequency_zero():
    _, n = genotype_counts(one_ancestry(10**9, Z=0.0, S=0.0, rare=0.0), Drawn(1, 0))
    assert (n[:, 0] == 10**9).all()
    assert (n[:, 1:] == 0).all()


def test_everybody_is_zz_at_frequency_one():
    inputs, n = genotype_counts(one_ancestry(10**9, Z=1.0), Drawn(1, 0))
    assert (n[:, inputs.genotypes.index("ZZ")] == 10**9).all()
    assert n.sum() == 4 * 10**9


def test_full_inbreeding_leaves_only_homozygotes():
    inputs, n = genotype_counts(one_ancestry(10**8, 1.0, Z=0.02, S=0.04), Drawn(1, 0))
    homozygous = [inputs.genotypes.index(g) for g in ("MM", "SS", "ZZ", "rare/rare", "null/null")]
    assert n[:, homozygous].sum() == n.sum()
    assert_proportion(n[0, inputs.genotypes.index("ZZ")], 10**8, expected=0.02, detects=0.0002, alpha=1e-6)


def test_one_person():
    _, n = genotype_counts(one_ancestry(1, Z=0.3, S=0.3), Drawn(1, 0))
    assert (n.sum(axis=1) == 1).all()
    assert (n >= 0).all()


def test_eight_billion_people_with_a_very_rare_allele():
    # MZ is expected in 16 people of 8 billion; 400 replicates: fails once in 10^6 when right
    inputs = build_inputs(one_ancestry(8 * 10**9, Z=1e-9))
    mz = inputs.genotypes.index("MZ")
    counts = np.concatenate(
        [
            leaves.people[..., mz, :, :].sum(axis=(1, 2, 3, 4, 5))
            for b in range(7)
            for leaves in walk(inputs, Drawn(1, b))
        ]
    )
    mean, error = counts.mean(), np.sqrt(16 / len(counts))
    assert abs(mean - 16) < 4.9 * error
    expected = next(walk(inputs.first_replicates(1), Expected())).people[..., mz, :, :].sum()
    np.testing.assert_allclose(expected, 2 * 1e-9 * (1 - 1e-9) * 8e9, rtol=1e-9)


def test_thirty_alleles():
    names = [f"Z{i}" for i in range(29)]
    config = one_ancestry(10**7, **dict.fromkeys(names, 0.001))
    config["genetics"] = {"alleles": ["M", *names], "own_alleles": {name: {"like": "Z"} for name in names}}
    inputs, n = genotype_counts(config, Drawn(1, 0))
    assert n.shape == (4, 30 * 31 // 2)
    assert (n.sum(axis=1) == 10**7).all()
    assert_proportion(n[0, inputs.members("severe")].sum(), 10**7, expected=0.029**2, detects=0.0001, alpha=1e-6)
