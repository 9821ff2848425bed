"""The drawn table: nobody lost, tables agree to the last person, spread as the law says, the same on any path."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.assembly.build import build_block, build_inputs
from simulation.care.augmentation import FUNNEL_STEPS
from simulation.config.load import load_config
from simulation.demography.people import apportion, within_ages
from simulation.engines import walk as walk_module
from simulation.engines.block import run_block
from simulation.engines.split import Drawn, Expected
from simulation.engines.walk import walk
from simulation.errors import ConfigError
from simulation.labels import COPD_STATES, LIVER_OUTCOMES, STATES
from simulation.randomness import BLOCK_SIZE, generator
from simulation.results.axes import ALL
from tests.chance import assert_z_scores

COPD = [STATES.index(state) for state in COPD_STATES]
TWO = {
    "populations": {
        "a": {"size": 300_000, "ages": "SWE", "ancestry": {"swe": 1.0}},
        "b": {"size": 200_000, "ages": "ESP", "age_min": 40, "ancestry": {"esp": 1.0}},
    }
}


@pytest.fixture(scope="module")
def sums():
    inputs = build_inputs(TWO)
    return inputs, run_block(inputs, "counts", 5, 0)


def test_tables_agree_with_each_other_to_the_last_person_in_every_replicate(sums):
    _, s = sums
    people, by_age = s.drawn["people"], s.drawn["by_age"]
    funnel, liver = s.drawn["funnel"], s.drawn["liver"]
    groups, populations = s.axes.groups, s.axes.populations
    n_genotypes = len(s.axes.counted_as)
    everybody, severe = groups.index(ALL), groups.index("severe")
    assert people.dtype == by_age.dtype == funnel.dtype == liver.dtype == np.int64
    assert (people[:, populations.index("a"), everybody, -1].sum(axis=-1) == 300_000).all()
    assert (people[:, -1, everybody, -1].sum(axis=-1) == 500_000).all()
    np.testing.assert_array_equal(people[:, -1], people[:, :-1].sum(axis=1))
    np.testing.assert_array_equal(people[:, :, everybody], people[:, :, :n_genotypes].sum(axis=2))
    np.testing.assert_array_equal(people[..., -1, :], people[..., :-1, :].sum(axis=-2))
    sets = list(s.axes.sets)
    both, copd = by_age[:, :, :, -1].sum(axis=3), people[:, :, :, -1][..., COPD].sum(axis=-1)
    np.testing.assert_array_equal(by_age[:, :, :, -1], by_age[:, :, :, :-1].sum(axis=3))
    np.testing.assert_array_equal(both[:, :, sets.index(ALL), 1], copd[:, :, everybody])
    np.testing.assert_array_equal(both[:, :, sets.index("severe"), 1], copd[:, :, severe])
    np.testing.assert_array_equal(both[:, :, sets.index("severe"), 0], funnel[:, :, -1, 0, 0])
    partition = [sets.index(name) for name in ("normal", "carrier", "SS", "intermediate", "severe")]
    np.testing.assert_array_equal(by_age[:, :, partition].sum(axis=2), by_age[:, :, sets.index(ALL)])
    for i, genotype in enumerate(s.axes.liver[:-1]):
        np.testing.assert_array_equal(liver[:, :, i, 0], people[:, :, groups.index(genotype), -1].sum(axis=-1))


def test_no_step_of_the_funnel_rises_in_any_replicate(sums):
    _, s = sums
    assert s.drawn["funnel"].shape[-2] == len(s.axes.rules) == 3
    assert (np.diff(s.drawn["funnel"], axis=-1) <= 0).all()
    assert (s.drawn["funnel"] >= 0).all()
    assert len(FUNNEL_STEPS) == s.drawn["funnel"].shape[-1]
    for part in ("liver_cancer", "liver_transplant"):
        assert (s.drawn["liver"][..., LIVER_OUTCOMES.index(part)] <= s.drawn["liver"][..., 1]).all()


def test_summing_ages_before_multiplying_changes_no_sum():
    inputs = build_inputs(TWO)
    for whole, summed in zip(walk(inputs, Expected()), walk(inputs, Expected(), keep_ages=False), strict=True):
        np.testing.assert_allclose(summed.people.sum(axis=(2, 3)), whole.people.sum(axis=(2, 3)), rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(summed.funnel, whole.funnel, rtol=1e-12, atol=1e-9)
        np.testing.assert_array_equal(summed.cells, whole.cells)
        np.testing.assert_allclose(summed.liver, whole.liver, rtol=1e-12, atol=1e-9)


def test_cells_are_sums_of_the_leaves(sums):
    inputs, _ = sums
    leaves = next(walk(inputs, Drawn(5, 0)))
    np.testing.assert_array_equal(leaves.cells[..., 0], leaves.people.sum(axis=(5, 6)))
    np.testing.assert_array_equal(leaves.cells[..., 1], leaves.people[..., COPD].sum(axis=(5, 6)))


def test_people_of_each_sex_and_age_are_fixed_integers(sums):
    inputs, _ = sums
    leaves = next(walk(inputs, Drawn(5, 0)))
    np.testing.assert_array_equal(
        leaves.people.sum(axis=(4, 5, 6)), np.broadcast_to(inputs.n_people.values, leaves.people.shape[:4])
    )


def test_counts_agree_with_expected_and_with_the_law_of_total_variance():
    # one fixed parameter draw repeated 4,096 times: mean and variance are those of multinomial sums; a right program
    # fails once in 10^5 runs, a variance wrong by 10 % in any common cell shows as z = 4.5
    inputs = build_inputs(TWO)
    one = inputs.first_replicates(1)
    expected = next(walk(one, Expected())).people[0].sum(axis=(1, 2))
    repeated = [
        leaves.people[0].sum(axis=(1, 2))
        for block in range(4096)
        for leaves in walk(one, Drawn(9, block))
    ]  # fmt: skip
    drawn = np.array(repeated, float)
    common = expected > 25
    n = len(drawn)
    # by cells of fixed people, variance is the sum over sex and age of n p (1 − p)
    cells = next(walk(one, Expected())).people[0]
    people = one.n_people.values[..., None, None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(people > 0, cells * (1 - cells / people), 0).sum(axis=(1, 2))
    z = (drawn.mean(axis=0) - expected)[common] / np.sqrt(variance[common] / n)
    assert np.abs(z).max() < 6
    ratio = drawn.var(axis=0, ddof=1)[common] / variance[common]
    assert np.abs((ratio - 1) / np.sqrt(2 / n)).max() < 6
    chance = run_block(inputs, "counts", 5, 0)
    carriers = chance.axes.groups.index("carrier")
    x = chance.drawn["people"][:, -1, carriers, -1].sum(axis=-1)
    e = chance.expected["people"][:, -1, carriers, -1].sum(axis=-1)
    share = e / 500_000
    assert_z_scores((x - e) / np.sqrt(500_000 * share * (1 - share)) * 1.0, alpha=1e-4)


def test_how_many_replicates_are_drawn_at_once_changes_nothing(monkeypatch):
    inputs = build_inputs(TWO)
    whole = list(walk(inputs, Drawn(5, 3)))
    monkeypatch.setattr(walk_module, "CELLS_AT_ONCE", 1)
    singly = list(walk(inputs, Drawn(5, 3)))
    for name in ("people", "funnel", "liver"):
        both = [np.concatenate([getattr(leaves, name) for leaves in parts]) for parts in (whole, singly)]
        np.testing.assert_array_equal(*both)
    assert len(whole) < len(singly)
    monkeypatch.setattr(walk_module, "CELLS_AT_ONCE", 10**9)
    fewer = np.concatenate([leaves.people for leaves in walk(inputs.first_replicates(10), Drawn(5, 3))])
    np.testing.assert_array_equal(np.concatenate([leaves.people for leaves in whole])[:10], fewer)


def test_parameters_of_a_longer_run_begin_with_those_of_a_shorter_one():
    a, b = (build_block(load_config({"replicates": n}), 0).draws for n in (10, 1000))
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


def test_a_new_parameter_disturbs_no_other():
    plain = build_block(load_config({}), 2).draws
    more = build_block(load_config({"exposures": {"passive_smoke": 0.3}, "serum": {"inflamed_share": 0.1}}), 2).draws
    for name, values in plain.items():
        np.testing.assert_array_equal(values, more[name])


def test_parameters_are_stratified_and_independent():
    draws = [build_block(load_config({}), block).draws for block in range(40)]
    a, b = (
        np.concatenate([d[name] for d in draws]) for name in ("lung.copd_or.sz_ever", "lung.copd_or.mz_ever.pooled")
    )
    ranks = np.sort(draws[0]["lung.copd_or.sz_ever"])
    from scipy.stats import lognorm

    strata = np.floor(BLOCK_SIZE * lognorm.cdf(ranks, 0.493, scale=3.26)).astype(int)
    np.testing.assert_array_equal(strata, np.arange(BLOCK_SIZE))
    # 2,560 pairs: |r| above 0.1 has probability below 10^-6
    assert abs(np.corrcoef(np.log(a), np.log(b))[0, 1]) < 0.1


def test_a_correlated_pair_is_correlated_and_its_first_member_unmoved():
    pair = ["lung.copd_or.sz_ever", "lung.copd_or.mz_ever.pooled"]
    loaded = load_config({"correlations": [{"between": pair, "rho": 0.8}]})
    joined = [build_block(loaded, block).draws for block in range(40)]
    plain = [build_block(load_config({}), block).draws for block in range(40)]
    a, b = (np.concatenate([d[name] for d in joined]) for name in pair)
    np.testing.assert_array_equal(a, np.concatenate([d[pair[0]] for d in plain]))
    # standard error of r is (1 − 0.64)/√2560 = 0.007
    assert abs(np.corrcoef(np.log(a), np.log(b))[0, 1] - 0.8) < 0.036


def test_streams_are_their_own():
    x = [generator(1, b, p).random(4).tolist() for b in (0, 1) for p in ("copd", "genotype")]
    assert len({tuple(v) for v in x}) == 4


def test_what_a_scenario_leaves_alone_is_bit_equal():
    scenarios = {
        "uptake": {"recognition": {"uptake": 0.4}},
        "nobody": {"smoking": {"never": 1, "former": 0, "current": 0}},
    }
    block = build_block(load_config({**TWO, "scenarios": scenarios}), 0)
    people = {n: np.concatenate([x.people for x in walk(i, Drawn(1, 0))]) for n, i in block.inputs.items()}
    copd = {name: p[..., COPD].sum(axis=-1) for name, p in people.items()}
    np.testing.assert_array_equal(copd["base"], copd["uptake"])
    diagnosed = [STATES.index("diagnosed"), STATES.index("diagnosed_recognised")]
    np.testing.assert_array_equal(
        people["base"][..., diagnosed].sum(axis=-1), people["uptake"][..., diagnosed].sum(axis=-1)
    )
    np.testing.assert_array_equal(people["base"].sum(axis=(5, 6)), people["nobody"].sum(axis=(5, 6)))
    assert (people["base"] != people["uptake"]).any()


def test_a_scenario_that_changes_nothing_is_the_base():
    block = build_block(load_config({**TWO, "scenarios": {"same": {"smoking": {"source": "eu28_2017"}}}}), 1)
    a, b = (run_block(block.inputs[name], "counts", 3, 1) for name in ("base", "same"))
    for name in a.drawn:
        np.testing.assert_array_equal(a.drawn[name], b.drawn[name])


def test_the_number_of_people_does_not_change_the_parameters_or_the_cost_of_a_cell():
    small, large = (build_inputs({"population": {"size": n}}) for n in (10**4, 10**10))
    np.testing.assert_array_equal(small.genotype.values, large.genotype.values)
    sums = run_block(large, "counts", 1, 0)
    assert (sums.drawn["people"][:, 0, sums.axes.groups.index(ALL), -1].sum(axis=-1) == 10**10).all()


def test_unknown_engines_are_refused():
    with pytest.raises(ValueError, match="counts, individuals, expected"):
        run_block(build_inputs({}), "exact", 1, 0)


@given(st.integers(0, 10**11), st.lists(st.integers(0, 10**10), min_size=1, max_size=42).filter(any))
@settings(max_examples=200)
def test_apportioning_loses_and_invents_nobody(size, weights):
    people = apportion(size, weights)
    assert people.sum() == size
    assert (people >= 0).all()
    exact = [size * w / sum(weights) for w in weights]
    assert all(abs(int(p) - e) < 1 + 1e-6 * e for p, e in zip(people, exact, strict=True))


def test_age_limits_cut_at_their_ages():
    kept = within_ages(np.arange(42).reshape(2, 21), 40, 65)
    np.testing.assert_array_equal(np.flatnonzero(kept[0]), np.arange(8, 13))


def test_inputs_refuse_what_is_no_distribution():
    inputs = build_inputs({})
    with pytest.raises(ValueError, match="must sum to 1"):
        type(inputs)(**{**vars(inputs), "smoking": inputs.smoking * 0.9})
    with pytest.raises(ValueError, match="between 0 and 1"):
        type(inputs)(**{**vars(inputs), "copd": inputs.copd * 3})
    with pytest.raises(ValueError, match="has axis"):
        type(inputs)(**{**vars(inputs), "willing": inputs.willing.rename(replicate="draw")})


# --- dealing out -----------------------------------------------------------------------------------------------


def test_nobody_and_everybody_are_dealt_without_chance_from_any_number_of_people():
    """Of 5 · 10⁹ people none or all are taken; a part of them is refused with a sentence."""
    n = np.array([[3_000_000_000, 2_000_000_000], [5, 7]])
    np.testing.assert_array_equal(Drawn(1, 0).deal("x", n, np.array([0, 12])), [[0, 0], [5, 7]])
    np.testing.assert_array_equal(Drawn(1, 0).deal("x", n, np.array([5_000_000_000, 0])), [n[0], [0, 0]])
    with pytest.raises(ConfigError, match="fewer than 1,000,000,000"):
        Drawn(1, 0).deal("x", n, np.array([1, 0]))


def test_dealing_follows_the_hypergeometric_law():
    """Means and variances of 20,000 deals of 30 among (20, 50, 30); z-scores fail a right program once in 10⁶ runs."""
    groups, taken, times = np.array([20, 50, 30]), 30, 20_000
    dealt = Drawn(2, 0).deal("x", np.broadcast_to(groups, (times, 3)), np.full(times, taken))
    assert (dealt.sum(axis=1) == taken).all()
    share = groups / 100
    variance = taken * share * (1 - share) * 70 / 99
    assert_z_scores((dealt.mean(axis=0) - taken * share) / np.sqrt(variance / times), alpha=1e-6)
    # the variance of a variance is about 2 v² / n; 5.5 standard errors
    np.testing.assert_allclose(dealt.var(axis=0), variance, rtol=5.5 * np.sqrt(2 / times))
    np.testing.assert_allclose(Expected().deal("x", groups, np.array(taken)), taken * share)
