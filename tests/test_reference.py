"""The fast engines against tests/reference.py, a plain re-implementation that shares no code with the package."""

import math
import random

import numpy as np
import pytest

from simulation.assembly.build import build_inputs
from simulation.engines.block import run_block
from simulation.engines.expected import attributable_copd
from simulation.engines.split import Drawn, Expected
from simulation.engines.walk import walk
from simulation.exposures.pack_years import SmokingCareer, pack_years_classes
from simulation.labels import AGES, SEXES, SMOKING, STATES
from tests import reference
from tests.chance import assert_z_scores
from tests.fixed import fixed_config, reference_settings

STATE_OF = {
    (False, False, False, False): "no_copd",
    (False, False, False, True): "no_copd_recognised",
    (True, False, True, False): "asthma_label",
    (True, False, True, True): "asthma_label_recognised",
    (True, True, False, False): "diagnosed",
    (True, True, False, True): "diagnosed_recognised",
    (True, False, False, False): "undiagnosed",
    (True, False, False, True): "undiagnosed_recognised",
}


@pytest.fixture(scope="module")
def both():
    config = fixed_config()
    return build_inputs(config).first_replicates(1), reference.expected_tables(reference_settings(config))


def _aligned(inputs, table, leaves):
    """Pairs of (fast, plain) for every population, genotype, smoking and state."""
    names = reference.genotypes(["M", "S", "Z", "rare", "null"])
    assert [a + b if len(a) == len(b) == 1 else f"{a}/{b}" for a, b in names] == list(inputs.genotypes)
    fast, plain = [], []
    for p, population in enumerate(inputs.populations):
        for g, genotype in enumerate(names):
            for h, smoking in enumerate(SMOKING):
                for state, label in STATE_OF.items():
                    fast.append(leaves[p, g, h, STATES.index(label)])
                    plain.append(table[population, genotype, smoking, state])
    return np.array(fast, float), np.array(plain, float)


def test_expected_engine_equals_the_plain_loops(both):
    inputs, plain = both
    leaves = next(walk(inputs, Expected()))
    fast, slow = _aligned(inputs, plain["people"], leaves.people[0].sum(axis=(1, 2)))
    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-12)
    assert math.isclose(fast.sum(), 65_000, rel_tol=1e-12)


def test_expected_engine_equals_the_plain_loops_to_the_last_digits():
    # nothing solved numerically: nobody smokes, odds ratios and recognition are given
    given = {"lung.copd_or.zz_never": 2.2, "lung.copd_or.zz_ever": 8.7}
    nobody = {"never": 1, "former": 0, "current": 0}
    config = fixed_config(smoking=nobody, recognition={"severe_diagnosis": "same"}, parameters=given)
    config["populations"]["b"]["smoking"] = nobody
    settings = reference_settings(config)
    settings["odds_ratios"]["severe"] = {"never": 2.2, "ever": 8.7}
    settings["diagnosed_share"]["severe"] = settings["diagnosed_share"]["other"]
    inputs = build_inputs(config).first_replicates(1)
    leaves = next(walk(inputs, Expected()))
    fast, slow = _aligned(inputs, reference.expected_tables(settings)["people"], leaves.people[0].sum(axis=(1, 2)))
    np.testing.assert_allclose(fast, slow, rtol=1e-12, atol=1e-12)


def test_cells_by_sex_and_age_equal_the_plain_loops(both):
    inputs, plain = both
    people = next(walk(inputs, Expected())).people[0].sum(axis=4)  # population, sex, age, genotype, state
    copd = people[..., [i for i, s in enumerate(STATES) if not s.startswith("no_copd")]].sum(axis=-1)
    names = reference.genotypes(["M", "S", "Z", "rare", "null"])
    for p, population in enumerate(inputs.populations):
        for s, sex in enumerate(SEXES):
            for a, age in enumerate(AGES):
                slow = [plain["copd_by_cell"][population, sex, age, name] for name in names]
                np.testing.assert_allclose(copd[p, s, a], slow, rtol=1e-9, atol=1e-12)


def test_attributable_cases_equal_the_plain_loops(both):
    inputs, plain = both
    fast = attributable_copd(inputs)[0]
    names = reference.genotypes(["M", "S", "Z", "rare", "null"])
    for cause, table in enumerate(("copd_attributable_to_genotype", "copd_attributable_to_smoking")):
        for p, population in enumerate(inputs.populations):
            for h, smoking in enumerate(SMOKING):
                slow = [plain[table][population, name, smoking] for name in names]
                np.testing.assert_allclose(fast[p, :, h, cause], slow, rtol=1e-8, atol=1e-10)


def test_counts_agree_with_the_plain_loops():
    # 400 replicates of the same people. A right program fails once in 500,000 runs; a bias of 2 % in any cell of 60
    # people or more has an expected z of 3 and shows in the spread of all z-scores together
    inputs, plain = build_inputs(fixed_config()), reference.expected_tables(reference_settings(fixed_config()))
    total, squares, n = 0.0, 0.0, 0
    for block in range(400 // 64 + 1):
        for leaves in walk(inputs, Drawn(seed=11, block=block)):
            drawn = leaves.people.sum(axis=(2, 3)).astype(float)
            total, squares, n = total + drawn.sum(axis=0), squares + (drawn**2).sum(axis=0), n + len(drawn)
    fast, expected = _aligned(inputs, plain["people"], total / n)
    second, _ = _aligned(inputs, plain["people"], squares / n)
    seen = expected > 0.5  # enough people for the normal law of the mean of 448 replicates
    z = (fast - expected)[seen] / np.sqrt(expected[seen] / n)
    assert_z_scores(z[np.abs(expected[seen]) < 5000], alpha=1e-6)  # rare cells are nearly Poisson
    variance = second - fast**2
    assert np.all(variance[expected < 0.5 * expected.max()] >= 0)


def test_people_drawn_one_by_one_agree_with_the_fast_counts():
    # 65,000 people drawn one by one in plain Python against the expected engine: fails once in 500,000 runs when right
    config = fixed_config()
    one_by_one = reference.simulate_people(reference_settings(config), random.Random(5))
    leaves = next(walk(build_inputs(config).first_replicates(1), Expected()))
    expected, drawn = _aligned(build_inputs(config), one_by_one["people"], leaves.people[0].sum(axis=(1, 2)))
    assert drawn.sum() == 65_000
    common = expected > 20
    z = (drawn - expected)[common] / np.sqrt(expected[common] * (1 - expected[common] / 65_000))
    assert_z_scores(z, alpha=1e-6)


def test_solved_odds_ratios_equal_the_plain_bisection(both):
    inputs, plain = both
    config = fixed_config()
    settings = reference_settings(config)
    never, ever = reference.severe_odds_ratios(settings)
    given = {**config["parameters"], "lung.copd_or.zz_never": never, "lung.copd_or.zz_ever": ever}
    for solved in ("lung.fixed_ratio_or.zz.ukb", "lung.copd_or.zz_ratio_ever_never"):
        given.pop(solved)
    again = build_inputs({**config, "parameters": given})
    np.testing.assert_allclose(again.copd.values[0], inputs.copd.values[0], rtol=1e-10)
    assert plain["solved"]["diagnosed_share_severe"] < 1


@pytest.mark.parametrize(("age", "status"), [(22.5, "current"), (47.5, "former"), (62.5, "current"), (82.5, "former")])
def test_pack_years_classes_agree_with_drawn_careers(age, status):
    # 400,000 drawn careers: class means agree to 2 %, of which sampling takes at most 0.5 % (highest class 1 %)
    career = (3.2, 4.4, 2.85, 0.243, 38.6, 12, 20)
    fast = pack_years_classes(age, status, SmokingCareer(*career))
    slow = reference.pack_years_class_means(age, status, *career, n_classes=8, n_draws=400_000)
    np.testing.assert_allclose(fast, slow, rtol=0.02, atol=0.02)


def test_serum_levels_equal_the_plain_formula():
    config = fixed_config()
    value = config["parameters"]
    inputs = build_inputs(config)
    measured = ("MM", "MS", "SS", "MZ", "SZ", "ZZ")
    names = {tuple(g): g.lower() for g in measured}
    stem = "aat.serum.{}.nephelometry.{}"
    means = {g: value[stem.format(n, "geometric_mean_umol_l")] for g, n in names.items()}
    sds = {g: value[stem.format(n, "log_sd")] for g, n in names.items()}
    dose = {a: value[f"aat.serum.dose_{a.lower()}.nephelometry_umol_l"] for a in ("M", "S", "Z", "null")}
    dose["rare"] = dose["Z"]
    for i, genotype in enumerate(reference.genotypes(["M", "S", "Z", "rare", "null"])):
        slow = reference.low_level_probability(genotype, means, sds, dose, 11.0)
        assert math.isclose(inputs.low_level.values[0, i], slow, rel_tol=1e-9, abs_tol=1e-15), genotype


def test_cirrhosis_equals_the_plain_formula():
    value = fixed_config()["parameters"]
    inputs = build_inputs(fixed_config())
    stem = "liver.adult"
    numbers = [value[f"{stem}.{w}"] for w in ("cirrhosis.lifetime", "onset_age.mean_years", "onset_age.sd_years")]
    zz = inputs.genotypes.index("ZZ")
    for j, age in enumerate(AGES):
        assert math.isclose(
            inputs.cirrhosis.values[0, j, zz], reference.cirrhosis_by_age(age + 2.5, *numbers), rel_tol=1e-9
        )


def test_block_sums_are_those_of_the_leaves(both):
    inputs, plain = both
    sums = run_block(inputs, "expected", seed=1, block=0)
    total = sums.expected["people"][0, -1, sums.axes.groups.index("all"), -1].sum()
    assert math.isclose(total, sum(plain["people"].values()), rel_tol=1e-12)
