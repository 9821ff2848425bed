"""Liver transplantation and the funnel to augmentation therapy by rival rules: laws, chance, and the line list."""

import random
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import simulation
from simulation.assembly.build import build_block, build_inputs
from simulation.care.augmentation import ELIGIBILITY, FUNNEL_STEPS, age_class_shares, classes_within, lower_ends
from simulation.config.load import load_config
from simulation.data.pack import data_pack
from simulation.disease.fev1 import fev1_band_probability
from simulation.engines.block import run_block
from simulation.engines.split import Drawn, Expected
from simulation.engines.walk import walk
from simulation.labels import AGES, COPD_STATES, LIVER_OUTCOMES, RECOGNISED_STATES, SMOKING, STATES
from tests import reference
from tests.chance import assert_proportion
from tests.fixed import fixed_config, reference_care, reference_settings

RULES = ("general", "cts2012", "rapid")
AIRFLOW = {"treated_with_normal_airflow": 0.15}
# Many severe genotypes of all ages, and frequent cirrhosis, so that every step has people who fail it.
MANY = {
    "seed": 8,
    "replicates": 2,
    "population": {"size": 40_000, "ages": "SWE", "ancestry": {"own": 1.0}},
    "ancestries": {"own": {"S": 0.05, "Z": 0.35, "rare": 0.05, "null": 0.1}},
    "parameters": {
        "liver.adult.cirrhosis.lifetime": 0.6,
        "liver.transplant_given_cirrhosis": 0.5,
        "tx.iga_deficiency.europe_default": 0.2,
        "tx.willing": 0.7,
        "aat.threshold.protective_umol_l": 5.0,
    },
    "care": AIRFLOW,
}


# --- the classes of the rules --------------------------------------------------------------------------------------


def test_the_rules_are_those_of_their_sources():
    rules = data_pack().treatment_rules
    assert tuple(rules) == RULES
    asked = {name: (r.age_min_years, r.age_max_years, r.fev1_min_percent, r.fev1_max_percent, r.asks_iga)
             for name, r in rules.items()}  # fmt: skip
    assert asked == {
        "general": (18, None, None, None, "yes"),
        "cts2012": (18, None, 25, 80, "no"),
        "rapid": (18, 66, 35, 70, "no"),
    }


def test_classes_partition_the_ages_and_bounds_are_those_of_the_rule():
    ends = lower_ends([18, 66, None, 18, 21])
    assert ends == (0, 18, 21, 66)
    shares = age_class_shares(ends)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares[AGES.index(15)], [0.6, 0.4, 0, 0])
    np.testing.assert_allclose(shares[AGES.index(65)], [0, 0, 0.2, 0.8])
    assert classes_within(ends, 18, 66).tolist() == [False, True, True, False]
    assert classes_within(ends, None, None).all()


@pytest.mark.parametrize(("mean", "sd"), [(48.4, 23.0), (81.3, 26.5), (5.0, 30.0), (200.0, 1.0)])
def test_fev1_is_a_normal_law_without_its_negative_part(mean, sd):
    bands = fev1_band_probability(mean, sd, (0, 25, 35, 70, 80))
    x = np.random.default_rng(1).normal(mean, sd, 1_000_000)
    kept = x[x > 0]
    assert np.isclose(bands.sum(), 1, rtol=1e-12)
    for p, low, high in zip(bands, (0, 25, 35, 70, 80), (25, 35, 70, 80, np.inf), strict=True):
        n = int(((kept >= low) & (kept < high)).sum())
        if p < 1e-12 or p > 1 - 1e-12:
            assert n == (kept.size if p > 0.5 else 0)
        else:
            assert_proportion(n, kept.size, float(p), detects=min(0.006, 0.9 * max(p, 1 - p)), alpha=1e-6)


def test_smokers_have_the_lower_fev1():
    bands = build_inputs({}).fev1_band
    np.testing.assert_array_equal(bands.sel(smoking="former"), bands.sel(smoking="current"))
    assert (bands.sel(smoking="never", fev1_band=80) > bands.sel(smoking="former", fev1_band=80)).all()


# --- expected numbers ----------------------------------------------------------------------------------------------


def _funnel_by_hand(config, rule):
    """Every step of ZZ from the leaves of the engine `expected`, in formulas of docs/model.md written anew."""
    inputs = build_inputs(config).first_replicates(1)
    value, row = config["parameters"], data_pack().treatment_rules[rule]
    zz = inputs.genotypes.index("ZZ")
    people = next(walk(inputs, Expected())).people[0][:, :, :, zz].sum(axis=1)  # population, age, smoking, state
    middle = np.array(AGES) + 2.5
    p = value["liver.adult.cirrhosis.lifetime"] * norm.cdf(
        (middle - value["liver.adult.onset_age.mean_years"]) / value["liver.adult.onset_age.sd_years"]
    )
    steps = [people, people * (1 - p * value["liver.transplant_given_cirrhosis"])[:, None, None]]
    last = row.age_max_years or 200
    old = np.clip((np.array(AGES) + 5 - row.age_min_years) / 5, 0, 1) - np.clip((np.array(AGES) + 5 - last) / 5, 0, 1)
    steps.append(steps[-1] * old[:, None, None])
    stem = "aat.serum.zz.nephelometry"
    z = np.log(value["aat.threshold.protective_umol_l"] / value[f"{stem}.geometric_mean_umol_l"])
    steps.append(steps[-1] * norm.cdf(z / value[f"{stem}.log_sd"]))
    copd = np.array([state in COPD_STATES for state in STATES])
    steps.append(steps[-1] * np.where(copd, 1, config["care"]["treated_with_normal_airflow"]))
    inside = np.zeros((len(SMOKING), len(STATES)))
    for i, who in enumerate(("never", "ever", "ever")):
        mean, sd = (value[f"lung.fev1pct.zz_{who}.earco.{what}_percent"] for what in ("mean", "sd"))
        low, high = row.fev1_min_percent or 0, row.fev1_max_percent or np.inf
        inside[i] = (norm.cdf((high - mean) / sd) - norm.cdf((low - mean) / sd)) / norm.cdf(mean / sd)
    inside[:, ~copd] = row.fev1_max_percent is None
    steps.append(steps[-1] * inside)
    steps.append(steps[-1] * np.array([1, 1, 0])[:, None])
    steps.append(steps[-1] * (1 - value["tx.iga_deficiency.europe_default"] * (row.asks_iga == "yes")))
    steps.append(steps[-1] * value["tx.willing"])
    steps.append(steps[-1] * np.array([state in RECOGNISED_STATES for state in STATES]))
    return np.stack([step.sum(axis=(1, 2, 3)) for step in steps], axis=-1)


@pytest.mark.parametrize("rule", RULES)
def test_each_step_has_its_closed_form(rule):
    config = fixed_config(care=AIRFLOW)
    inputs = build_inputs(config).first_replicates(1)
    zz = [inputs.genotypes[i] for i in inputs.members("severe")].index("ZZ")
    for keep_ages in (True, False):
        funnel = next(walk(inputs, Expected(), keep_ages=keep_ages)).funnel[0]
        fast = funnel[:, zz, inputs.rules.index(rule)]
        np.testing.assert_allclose(fast, _funnel_by_hand(config, rule), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("airflow", [0.0, 0.15])
def test_expected_funnel_equals_the_plain_loops(airflow):
    config = fixed_config(care={"treated_with_normal_airflow": airflow})
    inputs = build_inputs(config).first_replicates(1)
    plain = reference.expected_funnel(
        reference.expected_tables(reference_settings(config))["severe_by_age"], reference_care(config)
    )
    assert reference.STEPS == FUNNEL_STEPS
    funnel = next(walk(inputs, Expected())).funnel[0]
    names = reference.genotypes(["M", "S", "Z", "rare", "null"])
    for p, population in enumerate(inputs.populations):
        for g, genotype in enumerate(inputs.members("severe")):
            for k, rule in enumerate(inputs.rules):
                slow = plain[population, names[genotype], rule]
                np.testing.assert_allclose(funnel[p, g, k], slow, rtol=1e-9, atol=1e-12)


def test_people_asked_one_by_one_agree_with_the_expected_funnel():
    # some 20,000 people asked one by one in plain Python; each step given the one before is binomial: 4 groups × 3 rules
    # × 9 steps, a right program fails once in 10^5 runs
    config = fixed_config(care=AIRFLOW)
    care = reference_care(config)
    people = reference.expected_tables(reference_settings(config))["severe_by_age"]
    many = {key: round(n * 200) for key, n in people.items()}
    expected, drawn = reference.expected_funnel(many, care), reference.draw_funnel(many, care, random.Random(3))
    tried = 0
    for key, steps in drawn.items():
        for step in range(1, len(steps)):
            n, p = steps[step - 1], expected[key][step] / max(expected[key][step - 1], 1e-300)
            if n * p * (1 - p) > 25:
                assert abs(steps[step] - n * p) / np.sqrt(n * p * (1 - p)) < norm.isf(1e-5 / 100), (key, step)
                tried += 1
    assert tried > 30


def test_cirrhosis_keeps_its_law_whatever_share_is_transplanted():
    none, half, everybody = (
        next(walk(build_inputs(fixed_config(parameters={"liver.transplant_given_cirrhosis": t})), Expected())).liver
        for t in (0.0, 0.5, 1.0)
    )
    cirrhosis, transplant = LIVER_OUTCOMES.index("cirrhosis"), LIVER_OUTCOMES.index("liver_transplant")
    np.testing.assert_allclose(half[..., cirrhosis], none[..., cirrhosis], rtol=1e-12)
    np.testing.assert_allclose(everybody[..., cirrhosis], none[..., cirrhosis], rtol=1e-12)
    np.testing.assert_allclose(half[..., transplant], none[..., cirrhosis] / 2, rtol=1e-12)
    np.testing.assert_allclose(everybody[..., transplant], none[..., cirrhosis], rtol=1e-12)
    assert (none[..., transplant] == 0).all()


def test_null_has_none_of_the_liver_risk_of_zz():
    config = {**MANY, "liver": {"baseline_cirrhosis": 0.02}}
    inputs = build_inputs(config)
    assert float(inputs.transplant.sel(genotype=["Z/null", "rare/null", "null/null", "MZ", "SZ"]).max()) == 0
    assert float(inputs.transplant.sel(genotype=["ZZ", "Z/rare", "rare/rare"]).min()) > 0
    table = simulation.run(config).liver.set_index(["genotype", "outcome"])["n_high"]
    assert "null/null" not in table.index
    assert table["Z/null", "liver_transplant"] == table["MZ", "liver_transplant"] == 0
    assert table["Z/null", "cirrhosis"] > 0  # one Z harms as in MZ
    assert table["ZZ", "liver_transplant"] > 0
    without = simulation.run(MANY).liver
    assert set(without["genotype"]) == {"ZZ", "Z/rare", "rare/rare", "all"}
    assert list(without["outcome"].unique()) == ["cholestasis_in_infancy", *LIVER_OUTCOMES[1:]]


# --- drawn numbers -------------------------------------------------------------------------------------------------


def test_counts_agree_with_expected():
    # one parameter draw, 1,024 times: cells of rare people are nearly Poisson, and so are those lost at each step. A
    # right program fails once in 10^4 runs; a step of 20 people that is wrong by 4 % has an expected z of 5.7
    inputs = build_inputs(fixed_config(care=AIRFLOW)).first_replicates(1)
    leaves = next(walk(inputs, Expected()))
    drawn = [next(walk(inputs, Drawn(4, block))) for block in range(1024)]
    for name, wanted in (("funnel", leaves.funnel[0]), ("liver", leaves.liver[0])):
        mean = np.mean([getattr(found, name)[0] for found in drawn], axis=0)
        if name == "funnel":  # and those lost between steps
            wanted, mean = (np.concatenate([x, -np.diff(x, axis=-1)], axis=-1) for x in (wanted, mean))
        seen = wanted > 0.05  # 50 people in all the draws together
        z = (mean - wanted)[seen] / np.sqrt(wanted[seen] / len(drawn))
        assert seen.sum() > 15
        assert np.abs(z).max() < norm.isf(1e-4 / 4 / seen.sum())


@pytest.mark.parametrize("rule", RULES)
def test_rules_are_sums_over_one_table(rule):
    inputs = build_inputs({**MANY, "care": {**AIRFLOW, "rule": rule}})
    same = build_inputs(MANY)
    a, b = (run_block(i, "counts", 8, 0) for i in (inputs, same))
    assert inputs.rules[0] == rule == a.axes.rules[0]
    for k, name in enumerate(inputs.rules):  # whichever rule a config chooses, the numbers of each are the same
        np.testing.assert_array_equal(a.drawn["funnel"][..., k, :], b.drawn["funnel"][..., same.rules.index(name), :])
    step = {name: a.drawn["funnel"][..., inputs.rules.index(name), :] for name in RULES}
    for name in RULES:
        assert (np.diff(step[name], axis=-1) <= 0).all()
        assert (step[name][..., :2] == step["general"][..., :2]).all()
    # rules share their people: those of the trial are some of those of the guideline, who are some of general's
    before_iga = FUNNEL_STEPS.index("does_not_smoke") + 1
    assert (step["rapid"] <= step["cts2012"]).all()
    assert (step["cts2012"][..., :before_iga] <= step["general"][..., :before_iga]).all()
    iga = FUNNEL_STEPS.index("no_iga_deficiency")
    for name in ("cts2012", "rapid"):
        assert (step[name][..., iga] == step[name][..., iga - 1]).all()
    fev1 = FUNNEL_STEPS.index("fev1_in_range")
    assert (step["general"][..., fev1] == step["general"][..., fev1 - 1]).all()
    assert (step["rapid"][..., fev1] < step["rapid"][..., fev1 - 1]).any()


def test_nobody_with_normal_airflow_is_treated_unless_a_config_says_so():
    plain, some = (build_inputs({**MANY, "care": care}) for care in ({}, AIRFLOW))
    a, b = (run_block(i, "counts", 8, 0).drawn["funnel"][:, 0, -1] for i in (plain, some))
    copd = FUNNEL_STEPS.index("copd")
    assert (a[..., :copd] == b[..., :copd]).all()
    assert (a[..., copd] < b[..., copd]).all()
    after = FUNNEL_STEPS.index("fev1_in_range")
    general, cts = plain.rules.index("general"), plain.rules.index("cts2012")
    assert (a[:, general, after] < b[:, general, after]).all()
    np.testing.assert_array_equal(a[:, cts, after], b[:, cts, after])  # their FEV1 is above 80 %


def test_a_scenario_may_choose_another_rule():
    found = simulation.run({**MANY, "scenarios": {"trial": {"care": {"rule": "rapid"}}}})
    eligible = found.headlines[found.headlines["headline"] == "eligible_for_augmentation"].set_index("scenario")[
        "n_mean"
    ]
    willing = found.treatment.query("genotype == 'severe' and step == 'willing'").set_index(["scenario", "rule"])[
        "n_mean"
    ]
    assert eligible["base"] == willing["base", "general"] == willing["trial", "general"]
    assert eligible["trial"] == willing["base", "rapid"] == willing["trial", "rapid"]
    assert found.treatment.groupby("scenario")["rule"].first().to_dict() == {"base": "general", "trial": "rapid"}


def test_a_scenario_of_treatment_leaves_lungs_and_livers_as_they_were():
    changes = {"care": {"rule": "cts2012"}, "parameters": {"tx.willing": 0.2}}
    block = build_block(load_config({**MANY, "scenarios": {"other": changes}}), 0)
    a, b = (next(walk(block.inputs[name], Drawn(8, 0))) for name in ("base", "other"))
    np.testing.assert_array_equal(a.people, b.people)
    np.testing.assert_array_equal(a.liver, b.liver)


def test_an_unknown_rule_is_refused_with_the_nearest_name():
    with pytest.raises(simulation.ConfigError, match=r'care\.rule = "cts_2012"; unknown rule; did you mean cts2012\?'):
        load_config({"care": {"rule": "cts_2012"}})
    with pytest.raises(simulation.ConfigError, match=r'scenarios\.x: .*care\.rule = "rapd".*did you mean rapid\?'):
        load_config({"scenarios": {"x": {"care": {"rule": "rapd"}}}})
    with pytest.raises(simulation.ConfigError, match="it must be above 0"):
        load_config({"parameters": {"lung.fev1pct.zz_ever.earco.sd_percent": 0}})


# --- the line list -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_the_line_list_adds_up_to_the_funnel_of_the_chosen_rule(rule):
    config = {**MANY, "care": {**AIRFLOW, "rule": rule}, "liver": {"baseline_cirrhosis": 0.02}}
    results = simulation.run(config, engine="individuals", individuals={"only": "severe"})
    listed = pd.concat(results.individuals(), ignore_index=True)
    replicates, row = results.replicates(), data_pack().treatment_rules[rule]
    for r, genotype in product(range(2), replicates.axes.severe[:-1]):
        of = listed[(listed["replicate"] == r) & (listed["genotype"] == genotype)]
        steps = [int((of["eligibility"].cat.codes >= ELIGIBILITY.index(step)).sum()) for step in FUNNEL_STEPS]
        assert steps == replicates.drawn("funnel", "population", genotype)[r, 0].tolist()
        if genotype in replicates.axes.liver:
            liver = of["liver"].astype(str)
            table = [
                len(of),
                (liver != "none").sum(),
                liver.str.startswith("liver_cancer").sum(),
                liver.str.endswith("transplant").sum(),
                of["panniculitis"].sum(),
            ]
            assert table == replicates.drawn("liver", "population", genotype)[r].tolist()
    reached = listed["eligibility"].cat.codes
    new_liver = listed["liver"].astype(str).str.endswith("transplant")
    assert ((reached == ELIGIBILITY.index("severe")) == new_liver).all()
    left = ~new_liver
    right_age = (listed["age"] >= row.age_min_years) & (listed["age"] < (row.age_max_years or 200))
    old = reached >= ELIGIBILITY.index("age")
    assert (old[left] == right_age[left]).all()
    assert ((reached >= ELIGIBILITY.index("below_threshold"))[old] == (listed["serum_aat_umol_l"] < 5)[old]).all()
    treated = reached >= ELIGIBILITY.index("copd")
    assert treated[listed["copd"] & (reached >= ELIGIBILITY.index("below_threshold"))].all()
    in_range = reached >= ELIGIBILITY.index("fev1_in_range")
    assert (in_range & ~listed["copd"]).any() == (rule == "general")  # with normal airflow
    assert not (listed["smoking"] == "current")[reached >= ELIGIBILITY.index("does_not_smoke")].any()
    unasked = {"general": {"copd"}, "cts2012": {"does_not_smoke"}, "rapid": {"does_not_smoke"}}[rule]
    for step in FUNNEL_STEPS:
        assert (reached == ELIGIBILITY.index(step)).any() == (step not in unasked), step
    assert (listed["liver"].value_counts() > 0).all()


def test_a_new_liver_has_nothing_to_do_with_the_lung_given_age_and_genotype():
    config = {**MANY, "population": {"size": 400_000, "age_min": 40, "ancestry": {"own": 1.0}}, "replicates": 1}
    results = simulation.run(config, engine="individuals", individuals={"only": "severe"})
    columns = ["genotype", "age", "smoking", "copd", "liver", "eligibility"]
    listed = pd.concat(results.individuals(columns=columns), ignore_index=True)
    listed["new_liver"] = listed["liver"].astype(str).str.endswith("transplant")
    assert (listed.loc[listed["new_liver"], "eligibility"] == "severe").all()
    some = listed[listed["genotype"].isin(["ZZ", "Z/rare", "rare/rare"])]
    # Mantel and Haenszel over age and genotype: the odds ratio of a new liver, COPD against none, is 1. A right program
    # fails once in 10^5 runs; an odds ratio of 1.2 would give a z of about 6
    excess, variance = 0.0, 0.0
    for _, stratum in some.groupby([some["age"] // 5, "genotype"], observed=True):
        n, with_copd, new = len(stratum), stratum["copd"].sum(), stratum["new_liver"].sum()
        if n > 1:
            excess += (stratum["copd"] & stratum["new_liver"]).sum() - with_copd * new / n
            variance += with_copd * (n - with_copd) * new * (n - new) / n**2 / (n - 1)
    assert variance > 1000
    assert abs(excess / np.sqrt(variance)) < norm.isf(0.5e-5)
