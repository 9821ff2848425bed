"""Families: closed forms and brute force first, then laws, then chance, then what a user can get wrong."""

from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.data.pack import data_pack
from simulation.data.rows import Reading
from simulation.diagnosis.readings import reading_probabilities
from simulation.errors import DataError
from simulation.genetics import carrier_tests, couples, pedigrees, relatives, transmission
from simulation.genetics.hardy_weinberg import genotype_frequencies
from simulation.genetics.mating import ancestry_genotypes, mixed_genotypes
from simulation.labels import allele_pairs, genotypes
from simulation.studies import families
from tests.chance import assert_proportion, assert_z_scores

Q = np.array([0.80, 0.10, 0.06, 0.03, 0.01])  # five alleles, none so rare that a fault would hide
PAIRS = allele_pairs(5)
HW = genotype_frequencies(Q)


def code(a, b, n):
    return allele_pairs(n).index((min(a, b), max(a, b)))


# Closed forms and brute force


def test_children_of_all_parents_of_five_alleles_are_mendels():
    table = transmission.offspring_probabilities(5)
    for (i, one), (j, other) in product(enumerate(PAIRS), enumerate(PAIRS)):
        by_hand = [Fraction(0)] * len(PAIRS)
        for a, b in product(one, other):
            by_hand[code(a, b, 5)] += Fraction(1, 4)
        assert table[i, j].tolist() == [float(p) for p in by_hand]
    np.testing.assert_array_equal(table.sum(axis=-1), 1)
    np.testing.assert_array_equal(table, table.swapaxes(0, 1))


def test_gametes_and_codes():
    assert transmission.gametes(3)[genotypes(["M", "S", "Z"]).index("SZ")].tolist() == [0, 0.5, 0.5]
    for k, (a, b) in enumerate(PAIRS):
        assert transmission.genotype_codes(5)[a, b] == transmission.genotype_codes(5)[b, a] == k
        assert transmission.alleles_of(5)[k].tolist() == [a, b]


def siblings_by_hand(q):
    """P(sibling | index) from every pair of parents: eight numbers are enumerated, nothing is said of descent."""
    n, pairs = len(q), allele_pairs(len(q))
    joint = np.zeros((len(pairs), len(pairs)))
    for a, b, c, d in product(range(n), repeat=4):
        children = [code(x, y, n) for x, y in product((a, b), (c, d))]
        for index, sibling in product(children, repeat=2):
            joint[index, sibling] += q[a] * q[b] * q[c] * q[d] / 16
    return joint / joint.sum(axis=1, keepdims=True)


def children_by_hand(q):
    """P(child | parent), the other parent's allele from the pool."""
    n, pairs = len(q), allele_pairs(len(q))
    table = np.zeros((len(pairs), len(pairs)))
    for k, pair in enumerate(pairs):
        for mine, x in product(pair, range(n)):
            table[k, code(mine, x, n)] += q[x] / 2
    return table


def test_relatives_equal_enumeration():
    # a chain of parents, children and siblings is a Markov chain of genotypes: every other relation is such a chain
    S, T = siblings_by_hand(Q), children_by_hand(Q)
    chains = {
        "identical_twin": np.eye(len(PAIRS)),
        "parent": T,
        "child": T,
        "sibling": S,
        "half_sibling": T @ T,
        "grandparent": T @ T,
        "grandchild": T @ T,
        "aunt_or_uncle": T @ S,
        "niece_or_nephew": S @ T,
        "first_cousin": T @ S @ T,
        "second_cousin": T @ T @ S @ T @ T,
        "unrelated": np.tile(HW, (len(PAIRS), 1)),
    }
    assert set(chains) == set(relatives.RELATIONS)
    for relation, matrix in chains.items():
        np.testing.assert_allclose(relatives.relative_probabilities(Q, relation), matrix, rtol=0, atol=1e-12)


@pytest.mark.parametrize("q", [0.0, 1e-6, 0.02, 0.5, 1.0])
def test_relatives_of_zz(q):
    zz = 2
    sibling = relatives.relative_probabilities([1 - q, q], "sibling")[zz]
    np.testing.assert_allclose(
        sibling, [((1 - q) / 2) ** 2, (1 - q) * (1 + q) / 2, ((1 + q) / 2) ** 2], rtol=0, atol=1e-12
    )
    parent = relatives.relative_probabilities([1 - q, q], "parent")[zz]
    np.testing.assert_allclose(parent, [0, 1 - q, q], rtol=0, atol=1e-12)


def test_a_batch_of_populations_is_each_by_itself():
    batch = np.array([[[0.9, 0.1, 0.0]], [[0.7, 0.2, 0.1]]])
    found = relatives.relative_probabilities(batch, "sibling")
    assert found.shape == (2, 1, 6, 6)
    for k in range(2):
        np.testing.assert_array_equal(found[k, 0], relatives.relative_probabilities(batch[k, 0], "sibling"))


@pytest.mark.parametrize("relation", relatives.RELATIONS)
def test_relatives_of_a_population_are_that_population(relation):
    matrix = relatives.relative_probabilities(Q, relation)
    np.testing.assert_allclose(HW @ matrix, HW, rtol=0, atol=1e-12)
    np.testing.assert_allclose(HW[:, None] * matrix, (HW[:, None] * matrix).T, rtol=0, atol=1e-12)


@pytest.mark.parametrize("relation", relatives.RELATIONS)
def test_children_of_relatives_are_inbred_as_the_kinship_says(relation):
    couple = HW[:, None] * relatives.relative_probabilities(Q, relation)
    children = np.einsum("gh,ghc->c", couple, transmission.offspring_probabilities(5))
    F = relatives.inbreeding_of_children(relation)
    np.testing.assert_allclose(children, genotype_frequencies(Q, F), rtol=0, atol=1e-12)


def test_inbreeding_of_textbook_couples():
    expected = {
        "sibling": Fraction(1, 4),
        "parent": Fraction(1, 4),
        "half_sibling": Fraction(1, 8),
        "niece_or_nephew": Fraction(1, 8),
        "first_cousin": Fraction(1, 16),
        "second_cousin": Fraction(1, 64),
        "unrelated": Fraction(0),
    }
    for relation, F in expected.items():
        assert relatives.inbreeding_of_children(relation) == F
    shares = {"first_cousin": 0.25, "niece_or_nephew": 0.125, "unrelated": 0.5}
    assert relatives.inbreeding_of_matings(shares) == Fraction(1, 64) + Fraction(1, 64)
    assert relatives.inbreeding_of_matings({}) == 0


def test_relations_are_distributions():
    for k in relatives.RELATIONS.values():
        assert k.k0 + k.k1 + k.k2 == 1
        if k.degree:  # each step halves what is shared
            assert k.k1 / 2 + k.k2 == 0.5**k.degree


def test_couples_equal_loops():
    g = genotype_frequencies([[0.9, 0.06, 0.04], [0.99, 0.01, 0.0]])
    share, m = np.array([0.3, 0.7]), 0.4
    expected = np.zeros((6, 6))
    for a, i, j in product(range(2), range(6), range(6)):
        expected[i, j] += (1 - m) * share[a] * g[a, i] * g[a, j]
        for b in range(2):
            expected[i, j] += m * share[a] * share[b] * g[a, i] * g[b, j]
    np.testing.assert_allclose(couples.couple_probabilities(g, share, m), expected, rtol=0, atol=1e-15)


def test_couples_within_ancestry_at_random_and_mixed_agree():
    g = genotype_frequencies([[0.9, 0.06, 0.04], [0.99, 0.01, 0.0], [0.95, 0.0, 0.05]])
    share = np.array([0.2, 0.5, 0.3])
    affected = couples.made_of({2}, 3)
    for event in (couples.both_carry(couples.carries({1, 2}, 3)), couples.child_probability(3, affected)):
        by = couples.couples_by_ancestry(g, event)
        for a, b in product(range(3), repeat=2):
            by_hand = sum(g[a, i] * g[b, j] * event[i, j] for i, j in product(range(6), repeat=2))
            assert abs(by[a, b] - by_hand) < 1e-15
        within, mixed = (couples.couple_probabilities(g, share, m) for m in (0.0, 1.0))
        np.testing.assert_allclose((within * event).sum(), share @ np.diag(by), rtol=0, atol=1e-12)
        np.testing.assert_allclose((mixed * event).sum(), share @ by @ share, rtol=0, atol=1e-12)


def test_couples_of_relatives_are_a_mixture_of_couples():
    # a fifth first cousins, a tenth uncle and niece: only F matters
    shares = {"first_cousin": 0.2, "niece_or_nephew": 0.1}
    by_hand = 0.7 * np.outer(HW, HW)
    for relation, share in shares.items():
        by_hand += share * HW[:, None] * relatives.relative_probabilities(Q, relation)
    found = couples.related_couples(Q, relatives.inbreeding_of_matings(shares))
    np.testing.assert_allclose(found, by_hand, rtol=0, atol=1e-12)
    np.testing.assert_allclose(couples.related_couples(Q, 0.0), np.outer(HW, HW), rtol=0, atol=1e-15)


def test_which_genotypes_hold_an_allele():
    names = genotypes(["M", "S", "Z"])
    held = [name for name, yes in zip(names, couples.carries({2}, 3), strict=True) if yes]
    assert held == ["MZ", "SZ", "ZZ"]
    both = [name for name, yes in zip(names, couples.made_of({1, 2}, 3), strict=True) if yes]
    assert both == ["SS", "SZ", "ZZ"]
    assert not couples.carries([], 3).any()
    assert couples.both_carry(couples.carries({2}, 3))[2].tolist() == [0, 0, 1, 0, 1, 1]


def test_children_affected_equal_the_table_of_children():
    affected = couples.made_of({2, 3}, 5)
    table = transmission.offspring_probabilities(5)[..., affected].sum(axis=-1)
    np.testing.assert_allclose(couples.child_probability(5, affected), table, rtol=0, atol=1e-15)


@pytest.mark.parametrize("q", [Fraction(1, 50), Fraction(1, 3), Fraction(1)])
def test_next_child_risk_over_all_couples(q):
    # every couple by its four alleles, every two children by their eight choices
    first = both = Fraction(0)
    for four in product((0, 1), repeat=4):
        weight = Fraction(1)
        for allele in four:
            weight *= q if allele else 1 - q
        a, b, c, d = four
        p = Fraction(sum(x * y for x, y in product((a, b), (c, d))), 4)
        first, both = first + weight * p, both + weight * p**2
    hw = genotype_frequencies([float(1 - q), float(q)])
    found = couples.next_child_risk(np.outer(hw, hw), 2, [False, False, True])
    assert abs(found - float(both / first)) < 1e-12
    assert abs(found - float((1 + q) / 2) ** 2) < 1e-12  # it is the risk of a sibling of ZZ


def test_next_child_risk_is_missing_where_no_child_can_be_affected():
    nobody = genotype_frequencies([1.0, 0.0])
    some = genotype_frequencies([0.9, 0.1])
    found = couples.next_child_risk([np.outer(nobody, nobody), np.outer(some, some)], 2, [False, False, True])
    assert np.isnan(found[0])
    assert abs(found[1] - 0.55**2) < 1e-12


def negative_by_hand(q, s):
    """P(ordered pair of alleles, nothing seen), copy by copy."""
    return {
        (a, b): q[a] * q[b] * (1 - (s[a] if a else 0)) * (1 - (s[b] if b else 0))
        for a, b in product(range(len(q)), repeat=2)
    }


def test_residual_risk_equals_bayes_by_enumeration():
    q, s = [0.9, 0.06, 0.03, 0.01], [0.7, 0.99, 0.9, 0.0]
    cells = negative_by_hand(q, s)
    total = sum(cells.values())
    missed = carrier_tests.p_negative(s)
    genotype = genotype_frequencies(q)
    posterior = carrier_tests.genotype_after_negative(genotype, missed)
    for (i, j), p in zip(allele_pairs(4), posterior, strict=True):
        assert abs(p - sum(cells[pair] for pair in {(i, j), (j, i)}) / total) < 1e-12
    before, after = carrier_tests.residual_risk(genotype, missed, couples.carries({1, 2, 3}, 4))
    assert abs(before - (1 - 0.9**2)) < 1e-12
    assert abs(after - (1 - cells[0, 0] / total)) < 1e-12
    assert missed[0] == 1  # the sensitivity given for M is not looked at


def test_a_test_of_the_protein_misses_an_allele_without_any():
    # each copy is read as seen, as nothing or as M; negative is what shows M and no other allele
    s, no_protein = [0.0, 0.9, 0.8, 0.7], [False, False, True, True]
    found = carrier_tests.p_negative(s, no_protein)
    for pair, p in zip(allele_pairs(4), found, strict=True):
        by_hand = 0.0
        for readings in product(("M", "other"), repeat=2):
            weight = 1.0
            shown = set()
            for allele, reading in zip(pair, readings, strict=True):
                weight *= 1 - s[allele] if reading == "M" else s[allele]
                shown |= {reading if reading == "M" else "nothing" if no_protein[allele] else "seen"}
            by_hand += weight * (shown in ({"M"}, {"M", "nothing"}))
        assert abs(p - by_hand) < 1e-12


def test_residual_risk_where_nobody_is_negative():
    before, after = carrier_tests.residual_risk([0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [False, True, True])
    assert before == 1
    assert np.isnan(after)


# Laws

frequencies = (
    st.lists(st.floats(0, 1), min_size=2, max_size=5)
    .filter(lambda x: sum(x) > 0.01)
    .map(lambda x: np.array(x) / sum(x))
)


@given(frequencies, st.sampled_from(sorted(relatives.RELATIONS)))
@settings(max_examples=50)
def test_relatives_are_distributions_that_keep_the_population(q, relation):
    matrix = relatives.relative_probabilities(q, relation)
    assert (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(axis=-1), 1, rtol=0, atol=1e-12)
    hw = genotype_frequencies(q)
    np.testing.assert_allclose(hw @ matrix, hw, rtol=0, atol=1e-12)


@given(frequencies, st.floats(0, 0.25))
@settings(max_examples=50)
def test_children_of_couples_are_born_as_the_model_says(q, F):
    n = len(q)
    couple = couples.related_couples(q, F)
    children = np.einsum("gh,ghc->c", couple, transmission.offspring_probabilities(n))
    np.testing.assert_allclose(children, genotype_frequencies(q, F), rtol=0, atol=1e-12)
    np.testing.assert_allclose(couple, couple.T, rtol=0, atol=1e-15)
    np.testing.assert_allclose(couple.sum(axis=1), genotype_frequencies(q), rtol=0, atol=1e-12)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=50)
def test_children_of_mixed_couples_are_born_as_the_model_says(q1, q2, share, m):
    q, shares = np.array([[1 - q1, q1], [1 - q2, q2]]), np.array([share, 1 - share])
    couple = couples.couple_probabilities(genotype_frequencies(q), shares, m)
    children = np.einsum("gh,ghc->c", couple, transmission.offspring_probabilities(2))
    born = mixed_genotypes(shares, ancestry_genotypes(q, shares, 0.0, m))
    np.testing.assert_allclose(children, born, rtol=0, atol=1e-12)


@given(frequencies, st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=50)
def test_a_negative_test_never_raises_the_risk_and_a_better_one_lowers_it(q, s1, s2):
    genotype, n = genotype_frequencies(q), len(q)
    carrier = couples.carries(range(1, n), n)
    risks = []
    for s in sorted((s1, s2)):
        before, after = carrier_tests.residual_risk(genotype, carrier_tests.p_negative(np.full(n, s)), carrier)
        if np.isnan(after):
            return
        assert after <= before + 1e-12
        risks.append(after)
    assert risks[1] <= risks[0] + 1e-12


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_a_child_has_one_allele_of_each_parent(n_alleles, seed):
    rng = np.random.default_rng(seed)
    n = n_alleles * (n_alleles + 1) // 2
    mother, father = rng.integers(0, n, (20, 1)), rng.integers(0, n, 20)
    child = transmission.draw_offspring(rng, mother, father, n_alleles)
    assert child.shape == (20, 20)
    table = transmission.offspring_probabilities(n_alleles)
    assert (table[mother, father, child] > 0).all()


# Chance


def z_scores(n_observed, probability):
    """Of counts in the rows of a table; cells expected to hold fewer than 25, or to be certain, are left out."""
    of = n_observed.sum(axis=1, keepdims=True)
    variance = of * probability * (1 - probability)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (n_observed - of * probability) / np.sqrt(variance)
    return z[(of * probability >= 25) & (of * (1 - probability) >= 25)]


def counts(index, relative, n):
    found = np.zeros((n, n))
    np.add.at(found, (index, relative), 1)
    return found


@pytest.fixture(scope="module")
def drawn():
    """Families of 600,000 index persons of all genotypes alike, one sibling and one child each."""
    rng = np.random.default_rng(20261120)
    index = rng.integers(0, len(PAIRS), 600_000)
    return pedigrees.draw_families(rng, index, Q, n_siblings=1, n_children=1)


@pytest.mark.parametrize(
    ("member", "relation"),
    [
        (pedigrees.FATHER, "parent"),
        (pedigrees.MOTHER, "parent"),
        (pedigrees.SIBLING, "sibling"),
        (pedigrees.SPOUSE, "unrelated"),
        (pedigrees.CHILD, "child"),
    ],
)
def test_drawn_relatives_follow_the_matrices(drawn, member, relation):
    # 40,000 index persons of each genotype: a cell wrong by 2 percentage points stands 8 deviations off; a right program
    # fails 2 times in 10^6 for each relation
    index = drawn.genotype[drawn.relation == pedigrees.INDEX]
    found = counts(index, drawn.genotype[drawn.relation == member], len(PAIRS))
    expected = relatives.relative_probabilities(Q, relation)
    assert (found[expected == 0] == 0).all()
    assert_z_scores(z_scores(found, expected), alpha=1e-6)


def test_drawn_siblings_and_parents_together(drawn):
    # not only the sibling given the index, but the sibling given the index person and the father: both parents' other
    # alleles are from the pool, so P(father, sibling | ZZ) is written down by hand; fails 2 times in 10^6 when right
    zz, n = code(2, 2, 5), len(PAIRS)
    index = drawn.genotype[drawn.relation == pedigrees.INDEX] == zz
    father = drawn.genotype[drawn.relation == pedigrees.FATHER][index]
    sibling = drawn.genotype[drawn.relation == pedigrees.SIBLING][index]
    expected = np.zeros((n, n))
    for x, y in product(range(5), repeat=2):  # the other allele of father and mother
        for a, b in product((2, x), (2, y)):
            expected[code(2, x, 5), code(a, b, 5)] += Q[x] * Q[y] / 4
    found = counts(father, sibling, n)
    assert (found[expected == 0] == 0).all()
    assert_z_scores(z_scores(found.reshape(1, -1), expected.reshape(1, -1)), alpha=1e-6)


def test_drawn_siblings_of_zz():
    # a right program fails once in 10^6 runs; one wrong by half a percentage point is caught 99 times in 100
    q, n = 0.02, 500_000
    found = pedigrees.draw_families(np.random.default_rng(7), np.full(n, 2), [1 - q, q], 1, 0)
    affected = (found.genotype[found.relation == pedigrees.SIBLING] == 2).sum()
    assert_proportion(affected, n, expected=((1 + q) / 2) ** 2, detects=0.005, alpha=1e-6)


def test_drawn_parents_and_spouses_are_inbred():
    # parents of MM: one M passed on, the other allele a copy with probability F; spouses in the model's own proportions
    q, F, n = 0.3, 0.2, 400_000
    found = pedigrees.draw_families(np.random.default_rng(8), np.zeros(n, int), [1 - q, q], 0, 1, inbreeding=F)
    for member in (pedigrees.FATHER, pedigrees.MOTHER):
        mm = (found.genotype[found.relation == member] == 0).sum()
        # fails once in 10^6 when right; an F wrong by 0.05 moves it by 0.015
        assert_proportion(mm, n, expected=F + (1 - F) * (1 - q), detects=0.01, alpha=1e-6)
    spouses = np.bincount(found.genotype[found.relation == pedigrees.SPOUSE], minlength=3)
    for k, expected in enumerate(genotype_frequencies([1 - q, q], F)):
        assert_proportion(spouses[k], n, expected=expected, detects=0.01, alpha=1e-6)


def test_each_family_may_have_its_own_pool():
    q = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = pedigrees.draw_families(np.random.default_rng(9), [2, 0], q, 0, 1)
    by = {(f, pedigrees.MEMBERS[r]): g for f, r, g in zip(found.family, found.relation, found.genotype, strict=True)}
    assert (by[0, "father"], by[0, "mother"], by[0, "spouse"], by[0, "child"]) == (1, 1, 0, 1)
    assert (by[1, "father"], by[1, "mother"], by[1, "spouse"], by[1, "child"]) == (1, 1, 2, 1)


def test_alleles_of_frequency_zero_are_never_drawn():
    found = pedigrees.draw_families(np.random.default_rng(10), np.zeros(10**5, int), [0.5, 0, 0.5, 0], 2, 2)
    held = transmission.alleles_of(4)[found.genotype]
    assert set(np.unique(held)) == {0, 2}


# father and mother of each person, −1 for founders; the last is the child
PEDIGREES = {
    "sibling": ([-1, -1, 0, 0, 2], [-1, -1, 1, 1, 3]),
    "parent": ([-1, -1, 0, 0], [-1, -1, 1, 2]),
    "half_sibling": ([-1, -1, -1, 0, 0, 3], [-1, -1, -1, 1, 2, 4]),
    "niece_or_nephew": ([-1, -1, 0, 0, -1, 3, 2], [-1, -1, 1, 1, -1, 4, 5]),
    "first_cousin": ([-1, -1, 0, 0, -1, -1, 2, 3, 6], [-1, -1, 1, 1, -1, -1, 4, 5, 7]),
    "second_cousin": (
        [-1, -1, 0, 0, -1, -1, 2, 3, -1, -1, 6, 7, 10],
        [-1, -1, 1, 1, -1, -1, 4, 5, -1, -1, 8, 9, 11],
    ),
    "unrelated": ([-1, -1, 0], [-1, -1, 1]),
}


@pytest.mark.parametrize("relation", PEDIGREES)
def test_gene_dropping_gives_the_inbreeding_of_children(relation):
    # each founder has two alleles that nobody else has: who is homozygous has two copies of one. A right program fails
    # once in 10^6 runs; an F wrong by 0.005 is caught 99 times in 100
    father, mother = (np.array(x) for x in PEDIGREES[relation])
    n_founders, n = int((father < 0).sum()), 400_000
    founders = [code(2 * k, 2 * k + 1, 2 * n_founders) for k in range(n_founders)]
    genotype = pedigrees.draw_pedigree(
        np.random.default_rng(11), father, mother, np.tile(founders, (n, 1)), 2 * n_founders
    )
    first, second = transmission.alleles_of(2 * n_founders)[genotype[:, -1]].T
    F = relatives.inbreeding_of_children(relation)
    if F == 0:
        assert (first != second).all()
    else:
        assert_proportion((first == second).sum(), n, expected=F, detects=0.005, alpha=1e-6)


# Names, tables and files


def test_offspring_by_name():
    assert families.offspring_genotypes("ZM", "PI*MZ") == {"MM": 0.25, "MZ": 0.5, "ZZ": 0.25}
    assert families.offspring_genotypes("MM", "ZZ") == {"MZ": 1.0}
    assert families.offspring_genotypes("Z/null", "SMmalton") == {
        "SZ": 0.25,
        "S/null": 0.25,
        "Z/Mmalton": 0.25,
        "null/Mmalton": 0.25,
    }


def test_relatives_by_name():
    q = {"Z": 0.02, "S": 0.04}
    found = families.relative_genotypes("ZZ", relation="sibling", allele_frequency=q)
    pool = {"M": 0.94, "S": 0.04, "Z": 0.02}
    expected = dict.fromkeys(found, 0.0)
    for x, y in product(pool, repeat=2):  # the other alleles of the two parents
        for a, b in product(("Z", x), ("Z", y)):
            expected["".join(sorted((a, b)))] += pool[x] * pool[y] / 4
    assert list(found) == ["MM", "MS", "MZ", "SS", "SZ", "ZZ"]
    for name, p in expected.items():
        assert abs(found[name] - p) < 1e-12
    assert families.relative_genotypes("Z/null", "parent", {"Z": 0.0, "null": 0.0}) == {"MZ": 0.5, "M/null": 0.5}


def test_relatives_in_an_ancestry_of_the_data_pack():
    pack = data_pack()
    rows = pack.ancestry_alleles["gnomad_nfe"]
    q = {a: pack.allele_frequencies[rows[a].population, a].frequency for a in ("S", "Z")}
    q["rare"] = sum(
        pack.allele_frequencies[row.population, part].frequency
        for part, row in rows.items()
        if pack.alleles[part].part_of == "rare"
    )
    found = families.relative_genotypes("Z/null", "child", "gnomad_nfe")
    by_allele = families.relative_genotypes("Z/null", "child", {**q, "null": 0.0})
    assert set(found) == set(by_allele)
    for name, p in by_allele.items():
        assert abs(found[name] - p) < 1e-12


def test_couples_at_risk_by_hand():
    s, z = 0.04, 0.02
    table = families.at_risk_couples({"S": s, "Z": z}, births=50_000).set_index("couples")
    assert abs(table.loc["both_carry", "proportion"] - (1 - (1 - s - z) ** 2) ** 2) < 1e-12
    for row in ("zz_possible", "severe_possible"):
        carrier = 1 - (1 - z) ** 2
        assert abs(table.loc[row, "proportion"] - carrier**2) < 1e-12
        assert abs(table.loc[row, "one_in"] * carrier**2 - 1) < 1e-12
        assert abs(table.loc[row, "affected_child"] - z**2 / carrier**2) < 1e-12
    np.testing.assert_allclose(table["affected_births_per_year"], 50_000 * z**2, rtol=1e-12)
    np.testing.assert_allclose(table["next_child_risk"], ((1 + z) / 2) ** 2, rtol=1e-12)


def test_couples_at_risk_make_the_births_of_the_model():
    q = {"S": 0.03, "Z": 0.01, "rare": 0.001, "null": 0.0005}
    names = ["M", *q]
    born = genotype_frequencies([1 - sum(q.values()), *q.values()], 0.02)
    severe = sum(p for p, name in zip(born, genotypes(names), strict=True) if not set("MS") & set(name.split("/")[0]))
    table = families.at_risk_couples(q, births=1e6, inbreeding=0.02).set_index("couples")
    assert abs(table.loc["severe_possible", "affected_births_per_year"] / (1e6 * severe) - 1) < 1e-9
    assert abs(table.loc["both_carry", "affected_births_per_year"] / (1e6 * severe) - 1) < 1e-9
    assert table.loc["zz_possible", "affected_births_per_year"] < 1e6 * severe


def test_mixed_couples():
    alike = families.at_risk_couples({"S": 0.03, "Z": 0.01}, partner={"S": 0.03, "Z": 0.01})
    pd.testing.assert_frame_equal(alike, families.at_risk_couples({"S": 0.03, "Z": 0.01}), rtol=1e-12)
    mixed = families.at_risk_couples(0.02, partner={"Z": 0.001, "S": 0.1}, births=1000).set_index("couples")
    carrier = (1 - 0.98**2) * (1 - 0.999**2)
    assert abs(mixed.loc["zz_possible", "proportion"] - carrier) < 1e-12
    assert abs(mixed.loc["zz_possible", "affected_births_per_year"] - 1000 * 0.02 * 0.001) < 1e-12
    assert "affected_births_per_year" not in alike


def test_nobody_at_risk():
    table = families.at_risk_couples({"Z": 0.0, "S": 0.1}).set_index("couples")
    assert table.loc["zz_possible", "proportion"] == 0
    assert table.loc["zz_possible", ["one_in", "affected_child", "next_child_risk"]].isna().all()
    assert table.loc["both_carry", "affected_child"] == 0


def test_residual_risk_by_name():
    q, s = 0.02, 0.95
    found = families.residual_risk(q, {"Z": s})
    negative = (1 - q) ** 2 + 2 * q * (1 - q) * (1 - s) + q**2 * (1 - s) ** 2
    before, missed = 1 - (1 - q) ** 2, negative - (1 - q) ** 2
    assert abs(found["before"] - before) < 1e-12
    assert abs(found["after"] - missed / negative) < 1e-12
    assert abs(found["share_missed"] - missed / before) < 1e-12
    assert abs(found["one_in_before"] * before - 1) < 1e-12
    assert abs(found["one_in_after"] * found["after"] - 1) < 1e-12
    nothing = families.residual_risk({"S": 0.1}, {"Z": 1.0})
    assert abs(nothing["after"] - nothing["before"]) < 1e-12
    assert abs(nothing["share_missed"] - 1) < 1e-12


def test_residual_risk_of_a_named_test(monkeypatch):
    row = {"source": "", "locator": "", "verified": "no", "note": ""}
    reads = {
        "Z": Reading(test="mine", allele="Z", read_as="Z", sensitivity=0.9, **row),
        "S": Reading(test="mine", allele="S", read_as="M", sensitivity=0.9, **row),
        "rare": Reading(test="mine", allele="rare", read_as="Z", sensitivity=0.5, **row),
        "null": Reading(test="mine", allele="null", read_as="none", sensitivity=1.0, **row),
    }
    monkeypatch.setitem(data_pack().__dict__, "readings", {"mine": reads})
    q = {"Z": 0.02, "S": 0.05, "Mmalton": 0.01}  # of the pooled rare alleles
    found = families.residual_risk(q, "mine")
    by_hand = families.residual_risk(q, {"Z": 0.9, "Mmalton": 0.5})
    assert found == by_hand
    # of carriers of null alone only null/null, who shows no band at all, is seen
    assert abs(families.residual_risk({"null": 0.1}, "mine")["share_missed"] - 0.18 / 0.19) < 1e-12
    with pytest.raises(DataError, match="unknown test mime; did you mean mine"):
        families.residual_risk(q, "mime")


def test_tests_of_the_data_pack_are_negative_where_they_report_mm():
    alleles = ["M", "S", "Z", "rare", "null", "F", "I", "Siiyama", "PLowell", "Mmalton", "Mheerlen", "Mprocida"]
    q = np.array([0.45, *[0.05] * 11])
    for name, test in data_pack().readings.items():
        known = [a for a in alleles if a == "M" or test[a].read_as in (*alleles, "none")]
        share = q[[alleles.index(a) for a in known]]
        share[0] = 1 - share[1:].sum()
        reported = reading_probabilities(known, {a: (test[a].read_as, test[a].sensitivity) for a in known[1:]})
        negative = genotype_frequencies(share) * reported[:, 0]
        found = families.residual_risk(dict(zip(known[1:], share[1:], strict=True)), name)
        assert abs(found["after"] - (1 - negative[0] / negative.sum())) < 1e-12, name


def test_every_test_of_the_data_pack_lowers_the_risk():
    for name in data_pack().readings:
        found = families.residual_risk("gnomad_nfe", name)
        assert 0 <= found["after"] <= found["before"] + 1e-12, name
        assert 0 <= found["share_missed"] <= 1 + 1e-12, name


def test_a_ped_file_reads_back(tmp_path, rng):
    n = 500
    genotype = rng.choice(["ZZ", "MZ", "Z/null", "MM"], n).tolist()
    siblings, children = rng.integers(0, 4, n), rng.integers(0, 4, n)
    table = families.draw_families(genotype, n, {"Z": 0.2, "null": 0.05}, siblings, children, seed=3)
    pd.testing.assert_frame_equal(
        table, families.draw_families(genotype, n, {"Z": 0.2, "null": 0.05}, siblings, children, seed=3)
    )
    assert table.loc[table["relation"] == "index", "genotype"].tolist() == genotype
    assert len(table) == 3 * n + siblings.sum() + children.sum() + (children > 0).sum()
    by_family = pd.crosstab(table["family"], table["relation"])
    assert (by_family["sibling"].to_numpy() == siblings).all()
    assert (by_family["child"].to_numpy() == children).all()
    assert (by_family["spouse"].to_numpy() == (children > 0)).all()

    families.write_ped(table, tmp_path / "families.ped")
    columns = ["family", "person", "father", "mother", "sex", "phenotype"]
    ped = pd.read_csv(tmp_path / "families.ped", sep="\t", header=None, names=columns)
    assert ped.notna().all(axis=None)
    people = ped.set_index(["family", "person"])
    assert people.index.is_unique
    assert set(ped["sex"]) == {1, 2}
    for parent, sex in (("father", 1), ("mother", 2)):
        named = ped[ped[parent] > 0]
        assert (people.loc[list(zip(named["family"], named[parent], strict=True)), "sex"] == sex).all()
    assert ((ped["father"] > 0) == (ped["mother"] > 0)).all()
    founders = table["relation"].isin(["father", "mother", "spouse"]).to_numpy()
    assert ((ped["father"] == 0) == founders).all()
    severe = {"ZZ", "Z/null", "null/null"}
    assert (ped["phenotype"] == np.where(table["genotype"].isin(severe), 2, 1)).all()

    # every child has one allele of each of its parents as the file names them
    genotypes_by_person = table.set_index(["family", "person"])["genotype"].astype(str)
    for row in table[table["father"] > 0].itertuples():
        parents = (genotypes_by_person[row.family, row.father], genotypes_by_person[row.family, row.mother])
        assert row.genotype in families.offspring_genotypes(*parents)


def test_a_person_without_genotype_or_sex_is_not_known_to_the_ped_file(tmp_path):
    table = families.draw_families("ZZ", 1, 0.02, 0, 0, seed=1).astype({"genotype": object, "sex": object})
    table.loc[1, ["genotype", "sex"]] = [None, None]
    families.write_ped(table.assign(genotype=["ZZ", None, "./."]), tmp_path / "a.ped")
    lines = [line.split("\t") for line in (tmp_path / "a.ped").read_text(encoding="utf-8").splitlines()]
    assert [line[5] for line in lines] == ["2", "0", "0"]
    assert lines[1][4] == "0"


def test_the_sex_of_index_persons_may_be_given():
    found = pedigrees.draw_families(np.random.default_rng(1), [0, 0], [0.9, 0.1], 0, 1, index_sex=[2, 1])
    by = {(f, pedigrees.MEMBERS[r]): k for k, (f, r) in enumerate(zip(found.family, found.relation, strict=True))}
    assert [found.sex[by[f, m]] for f, m in ((0, "index"), (0, "spouse"), (1, "index"), (1, "spouse"))] == [2, 1, 1, 2]
    spouse = found.person[by[0, "spouse"]]
    assert (found.father[by[0, "child"]], found.mother[by[0, "child"]]) == (spouse, 1)
    assert (found.father[by[1, "child"]], found.mother[by[1, "child"]]) == (1, found.person[by[1, "spouse"]])
    assert len(found) == 10


# What a user can get wrong


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: families.offspring_genotypes("MZ", "ZY"), "genotype ZY names an unknown allele, Y"),
        (lambda: families.offspring_genotypes("./.", "MZ"), "missing one; write two alleles"),
        (lambda: families.relative_genotypes("ZZ", "sibbling", 0.02), "sibbling; did you mean sibling"),
        (lambda: families.relative_genotypes("ZZ", "neighbour", 0.02), "it must be one of identical_twin"),
        (lambda: families.relative_genotypes("SZ", "child", 0.02), "no frequency of S; a single number is that of Z"),
        (lambda: families.relative_genotypes("SZ", "child", {"Z": 0.02}), "no frequency of S; given are Z"),
        (lambda: families.relative_genotypes("ZMmalton", "child", "irl"), "no frequency of Mmalton; ancestry irl has"),
        (lambda: families.relative_genotypes("ZZ", "child", "Ireland"), "unknown ancestry Ireland; did you mean irl"),
        (lambda: families.relative_genotypes("ZZ", "child", {"Z": 2}), "Z = 2; it must be at least 0 and at most 1"),
        (lambda: families.relative_genotypes("ZZ", "child", float("nan")), "Z = nan; it must be at least 0"),
        (lambda: families.relative_genotypes("ZZ", "child", {"Z": 0.7, "S": 0.7}), r"sum to 1\.4"),
        (lambda: families.relative_genotypes("ZZ", "child", {"Z": 0.1, "z": 0.1}), "z is given twice"),
        (lambda: families.relative_genotypes("ZZ", "child", {"Z": 0.1, "M": 0.9}), "M is what the other alleles leave"),
        (lambda: families.relative_genotypes("ZZ", "child", {"Z": 0.1, "mmaltone": 0}), "unknown allele mmaltone; did"),
        (lambda: families.at_risk_couples(0.02, births=-1), "births = -1; it must be"),
        (lambda: families.at_risk_couples(0.02, inbreeding=0.5), "at most 0.25"),
        (lambda: families.at_risk_couples(0.02, partner=0.01, inbreeding=0.01), "two populations are not related"),
        (lambda: families.residual_risk(0.02, {"Z": 99}), "panel Z = 99; it must be"),
        (lambda: families.residual_risk(0.02, "no such test"), "unknown test no such test"),
        (lambda: families.draw_families("ZZ", 0, 0.02, 0, 0, seed=1), "n = 0"),
        (lambda: families.draw_families(["ZZ"], 2, 0.02, 0, 0, seed=1), "genotype names 1 people, n = 2"),
        (lambda: families.draw_families("ZZ", 2, 0.02, -1, 0, seed=1), "n_siblings must be whole numbers"),
        (lambda: families.draw_families("ZZ", 2, 0.02, 0, [1, 2, 3], seed=1), "n_children has 3 values"),
        (lambda: families.draw_families("ZZ", 2, 0.02, 0, 0, seed=1, inbreeding=-0.1), "inbreeding = -0.1"),
        (lambda: families.write_ped(pd.DataFrame({"family": [1]}), "a.ped"), "no column person, father"),
    ],
)
def test_mistakes_are_said_in_sentences(call, message):
    with pytest.raises(DataError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: transmission.draw_offspring(rng, [-1], [0], 2), "genotype code -1; it must be at least 0"),
        (lambda rng: transmission.draw_offspring(rng, [3], [0], 2), "genotype code 3"),
        (lambda rng: transmission.draw_offspring(rng, [0.5], [0], 2), "must be whole numbers"),
        (lambda rng: relatives.ito_matrices([0.5, 0.4]), "sum to 1"),
        (lambda rng: relatives.inbreeding_of_matings({"first_cousin": 20}), "first_cousin = 20; it must be"),
        (lambda rng: relatives.inbreeding_of_matings({"sibling": 0.7, "parent": 0.7}), r"sum to 1\.4"),
        (lambda rng: relatives.inbreeding_of_matings({"cousin": 0.2}), "unknown relation cousin"),
        (lambda rng: couples.couple_probabilities([[1.0]], [1.0], 1.5), "mating must be"),
        (lambda rng: carrier_tests.p_negative([0, 1.2]), "sensitivities must be"),
        (lambda rng: pedigrees.draw_families(rng, [0], [np.nan, 0.1], 0, 0), "sum to 1"),
        (lambda rng: pedigrees.draw_families(rng, [0], [[0.9, 0.1]] * 2, 0, 0), "of 2 families; there are 1"),
        (lambda rng: pedigrees.draw_families(rng, [0], [0.9, 0.1], 0, 0, index_sex=[0]), "index_sex must be 1"),
        (lambda rng: pedigrees.draw_pedigree(rng, [-1, 0], [-1, -1], [[0]], 2), "has one parent"),
        (lambda rng: pedigrees.draw_pedigree(rng, [1, -1], [1, -1], [[0]], 2), "stands before a parent"),
        (lambda rng: pedigrees.draw_pedigree(rng, [-1], [-1], [[0, 0]], 2), "of 2 founders; the pedigree has 1"),
    ],
)
def test_arrays_that_would_go_wrong_silently_are_refused(rng, call, message):
    with pytest.raises(ValueError, match=message):
        call(rng)
