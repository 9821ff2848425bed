"""COPD, its calibration and its causes; recognition. Closed forms, then laws in every replicate, then chance."""

import numpy as np
import pytest
from scipy.special import expit, logit

import simulation
from simulation.assembly.build import build_block, build_inputs
from simulation.assembly.copd import copd_model
from simulation.assembly.parameters import Draws, distributions
from simulation.assembly.smoking import pack_years_by_age
from simulation.config.load import load_config
from simulation.disease.copd import marginal_odds_ratio, mix_risk
from simulation.engines.split import Expected
from simulation.engines.walk import copd_by_smoking, walk
from simulation.labels import COPD_STATES, RECOGNISED_STATES, RISK_GENOTYPES, STATES
from tests.chance import assert_proportion

PEOPLE = {"population": {"size": 10_000_000, "age_min": 30}}
NOBODY = {"never": 1, "former": 0, "current": 0}
ONE = {
    name: 1
    for name in (
        "lung.copd_or.ms",
        "lung.copd_or.ss",
        "lung.copd_or.mz_never",
        "lung.copd_or.mz_ever.pooled",
        "lung.copd_or.sz_never.siblings",
        "lung.copd_or.sz_ever",
        "lung.copd_or.zz_never",
        "lung.copd_or.zz_ever",
    )
}
COPD = [STATES.index(state) for state in COPD_STATES]


def models(n_blocks, **config):
    loaded = load_config({**PEOPLE, **config})
    for block in range(n_blocks):
        values = Draws(loaded.base.seed, block).draw(distributions(loaded.base, loaded.pack))
        yield values, copd_model(loaded.base, loaded.pack, values, pack_years_by_age(values))


def test_solved_odds_ratios_give_back_the_drawn_marginal_in_every_replicate():
    for values, m in models(4):
        again = marginal_odds_ratio(m.central_baseline, m.ramp, m.mix, m.or_never, m.or_ever)
        np.testing.assert_allclose(again, values["lung.fixed_ratio_or.zz.ukb"], rtol=1e-9)
        np.testing.assert_allclose(m.or_ever / m.or_never, values["lung.copd_or.zz_ratio_ever_never"], rtol=1e-12)


def test_the_marginal_has_its_published_interval():
    # 6,400 replicates: 2.5 % lie beyond each published limit; a right program fails once in 10^6 runs
    drawn = np.concatenate([values["lung.fixed_ratio_or.zz.ukb"] for values, _ in models(100)])
    assert_proportion(int((drawn < 3.0).sum()), len(drawn), expected=0.025, detects=0.018, alpha=1e-6)
    assert_proportion(int((drawn > 6.9).sum()), len(drawn), expected=0.025, detects=0.018, alpha=1e-6)


def test_solved_odds_ratios_are_those_of_the_model_description():
    never, ever = (np.concatenate([getattr(m, name) for _, m in models(20)]) for name in ("or_never", "or_ever"))
    assert 2.1 < np.median(never) < 2.3
    assert 8.4 < np.median(ever) < 9.0


def test_a_config_that_gives_the_odds_ratios_overrides_the_solution():
    for _, m in models(1, parameters={"lung.copd_or.zz_never": 3, "lung.copd_or.zz_ever": 12}):
        assert (m.or_never == 3).all()
        assert (m.or_ever == 12).all()
    for values, m in models(1, parameters={"lung.copd_or.zz_never": 3}):
        np.testing.assert_allclose(m.or_ever, 3 * values["lung.copd_or.zz_ratio_ever_never"])
    for values, m in models(1, parameters={"lung.copd_or.zz_ever": 12}):
        np.testing.assert_allclose(m.or_never, 12 / values["lung.copd_or.zz_ratio_ever_never"])


def test_one_cell_by_hand():
    # a woman of 62, never smoker, MM: logit P = b0 + bA (62.5 − 60) + bP (0 − 20), b0 at the centre
    names = {
        f"lung.copd_base.epic_canada.{sex}.{w}": None
        for sex in ("male", "female")
        for w in ("intercept", "age", "pack_years")
    }
    numbers = dict(zip(names, (-4.522189, 0.03307, 0.025049, -4.074861, 0.027359, 0.030399), strict=True))
    inputs = build_inputs({**PEOPLE, "parameters": numbers})
    by_hand = expit(-4.074861 + 0.027359 * 62.5 + 0.030399 * 0)
    cell = inputs.copd.sel(sex="female", age=60, history="never", risk_genotype="MM").values
    np.testing.assert_allclose(cell, by_hand, rtol=1e-12)
    sz = inputs.copd.sel(sex="female", age=30, history="current_3", risk_genotype="SZ").values
    mm = inputs.copd.sel(sex="female", age=30, history="current_3", risk_genotype="MM").values
    values = Draws(20261120, 0).draw(
        distributions(load_config({**PEOPLE, "parameters": numbers}).base, simulation.data_pack())
    )
    onset = (32.5 - 20) / 20
    np.testing.assert_allclose(logit(sz) - logit(mm), onset * np.log(values["lung.copd_or.sz_ever"]), rtol=1e-9)


def test_nobody_below_twenty_has_copd():
    inputs = build_inputs({"population": {"size": 1000}})
    assert (inputs.copd.sel(age=slice(0, 15)).values == 0).all()
    assert (inputs.copd.sel(age=slice(20, 100)).values > 0).all()


def test_with_all_odds_ratios_one_copd_does_not_depend_on_genotype():
    inputs = build_inputs({**PEOPLE, "parameters": ONE})
    for genotype in RISK_GENOTYPES:
        np.testing.assert_allclose(
            inputs.copd.sel(risk_genotype=genotype).values, inputs.copd.sel(risk_genotype="MM").values, rtol=1e-12
        )


def total_copd(inputs):
    return np.concatenate(
        [leaves.people[..., COPD].sum(axis=(1, 2, 3, 4, 5, 6)) for leaves in walk(inputs, Expected())]
    )


def test_calibrating_keeps_the_prevalence_of_people_without_deficiency():
    plain = total_copd(build_inputs({**PEOPLE, "parameters": ONE}))
    kept = total_copd(build_inputs({**PEOPLE, "copd": {"calibrate_total": True}}))
    raised = total_copd(build_inputs(PEOPLE))
    np.testing.assert_allclose(kept, plain, rtol=1e-9)
    assert (raised > plain * 1.002).mean() > 0.9


def test_calibrating_meets_a_stated_prevalence_at_its_own_ages():
    copd = {"calibrate_total": True, "prevalence": 0.13, "prevalence_age_min": 40, "prevalence_age_max": 75}
    config = {"population": {"size": 10_000_000, "ages": "ESP", "age_min": 40, "age_max": 75}, "copd": copd}
    np.testing.assert_allclose(total_copd(build_inputs(config)) / 10_000_000, 0.13, rtol=1e-6)  # people are whole


def test_a_calibrated_row_is_met_though_the_config_simulates_other_ages():
    copd = {"calibrate_total": True, "prevalence": "lung.copd_base.spain2017.fixed"}
    a, b = (build_inputs({"population": {"size": 10**6, "ages": "ESP", "age_min": m}, "copd": copd}) for m in (0, 60))
    np.testing.assert_allclose(a.copd.values, b.copd.values, rtol=1e-12)


@pytest.mark.parametrize("calibrate", [False, True])
def test_nobody_smokes_lowers_copd(calibrate):
    config = {**PEOPLE, "copd": {"calibrate_total": calibrate}, "scenarios": {"nobody": {"smoking": NOBODY}}}
    block = build_block(load_config(config), 0)
    base, nobody = (total_copd(block.inputs[name]) for name in ("base", "nobody"))
    assert (nobody < 0.9 * base).all()


@pytest.mark.parametrize(
    "exposure",
    [
        {"passive_smoke": 0.3},
        {"family_history": 0.3},
        {"child_resp_hosp": 0.3},
        {"dust": {"share": 0.3, "odds_ratio": 2.0}},
    ],
    ids=lambda e: next(iter(e)),
)
def test_every_exposure_moves_copd(exposure):
    plain, exposed = (total_copd(build_inputs({**PEOPLE, "exposures": e})) for e in ({}, exposure))
    assert (exposed > plain).mean() > 0.95


def test_an_exposure_by_hand():
    inputs = build_inputs({**PEOPLE, "exposures": {"dust": {"share": 0.25, "odds_ratio": 2.0}}})
    plain = build_inputs(PEOPLE)
    p = plain.copd.sel(age=60).values
    by_hand = 0.75 * p + 0.25 * (2 * p / (1 - p + 2 * p))
    np.testing.assert_allclose(inputs.copd.sel(age=60).values, by_hand, rtol=1e-12)


def test_the_rival_form_of_mz_falls_with_pack_years():
    inputs = build_inputs({**PEOPLE, "copd": {"mz_risk": "falls_with_pack_years"}})
    odds = logit(inputs.copd.sel(age=60, sex="male"))
    ratio = (odds.sel(risk_genotype="MZ") - odds.sel(risk_genotype="MM")).values[0]
    packs = inputs.pack_years.sel(age=60).values
    np.testing.assert_allclose(ratio[9:], np.log(2.78) + packs[9:] * np.log(0.97), rtol=1e-9)


@pytest.mark.parametrize(
    ("definition", "row"), [("lln", "lung.copd_base.spain2017.lln"), ("recorded", "lung.copd_dx.us_reported")]
)
def test_other_definitions_meet_their_row(definition, row):
    ages = {"lln": (40, None), "recorded": (40, 80)}[definition]
    population = {"size": 10**7, "ages": "ESP", "age_min": ages[0], **({"age_max": ages[1]} if ages[1] else {})}
    config = {"population": population, "copd": {"definition": definition, "prevalence": row}}
    inputs = build_inputs(config)
    values = Draws(20261120, 0).draw(distributions(load_config(config).base, simulation.data_pack()))
    np.testing.assert_allclose(total_copd(inputs) / 10**7, values[row], rtol=1e-6)


def test_recorded_copd_is_diagnosed_and_has_no_table_of_undiagnosed():
    copd = {"definition": "recorded", "prevalence": "lung.copd_dx.us_brfss2018.40plus"}
    results = simulation.run({**PEOPLE, "copd": copd}, replicates=4)
    assert results.recognition[["n_copd_undiagnosed_mean", "n_asthma_label_mean"]].isna().all(axis=None)
    assert "copd_undiagnosed" not in set(results.headlines["headline"])
    assert set(results.copd["definition"]) == {"recorded"}


def test_definitions_are_never_mixed():
    import pandas as pd

    from simulation.results.plots import plot_copd

    a = simulation.run(PEOPLE, replicates=2).copd
    b = simulation.run(
        {**PEOPLE, "copd": {"definition": "lln", "prevalence": "lung.copd_base.spain2017.lln"}}, replicates=2
    ).copd
    with pytest.raises(ValueError, match="never mixed"):
        plot_copd(pd.concat([a, b]))


# --- recognition -------------------------------------------------------------------------------------------------


def test_diagnosed_share_gives_back_its_odds_ratio_in_every_replicate():
    loaded = load_config(PEOPLE)
    for values, m in models(3):
        severe = mix_risk(m.central_baseline, m.ramp, m.mix, m.or_never, m.or_ever)
        others = mix_risk(m.central_baseline, m.ramp, m.mix, 1.0, 1.0)
        from simulation.assembly.recognition import diagnosed_shares

        most, of_severe = diagnosed_shares(loaded.base, values, m)
        odds_ratio = np.exp(logit(severe * of_severe) - logit(others * most))
        solved = of_severe < 1
        np.testing.assert_allclose(odds_ratio[solved], values["lung.copd_or.zz.ukb"][solved], rtol=1e-9)
        assert (odds_ratio[~solved] <= values["lung.copd_or.zz.ukb"][~solved]).all()
        np.testing.assert_allclose(most, 1 - values["lung.copd_dx.undiagnosed.sweden1996_gold"])


EXTREME = {
    "children": {"population": {"size": 1000, "age_max": 15}},
    "the very old": {"population": {"size": 1000, "age_min": 100}},
    "nobody smokes": {**PEOPLE, "smoking": NOBODY},
    "everybody smokes": {**PEOPLE, "smoking": {"never": 0, "former": 0, "current": 1}},
    "all are tested": {**PEOPLE, "recognition": {"uptake": 1}},
    "nobody is tested": {**PEOPLE, "recognition": {"uptake": 0}},
    "all are recognised": {**PEOPLE, "parameters": {"diag.share_diagnosed.zz_ukb": 1}},
    "all through the lung": {**PEOPLE, "parameters": {"diag.bias.register_identification": 1}},
    "none is undiagnosed": {**PEOPLE, "parameters": {"lung.copd_dx.undiagnosed.sweden1996_gold": 0}},
    "all are undiagnosed": {**PEOPLE, "parameters": {"lung.copd_dx.undiagnosed.sweden1996_gold": 1}},
    "same for all": {**PEOPLE, "recognition": {"severe_diagnosis": "same"}},
}


@pytest.mark.parametrize("config", EXTREME.values(), ids=EXTREME)
def test_recognition_is_a_probability_in_every_replicate(config):
    for block in range(2):
        state = build_inputs(config, block).state
        assert float(state.min()) >= 0
        assert float(state.max()) <= 1
        np.testing.assert_allclose(state.sum("state"), 1, atol=1e-12)


def test_the_published_share_is_recognised_and_its_share_through_the_lung():
    inputs = build_inputs(PEOPLE)
    values = Draws(20261120, 0).draw(distributions(load_config(PEOPLE).base, simulation.data_pack()))
    people = next(walk(inputs, Expected())).people[:, 0][:, :, :, inputs.members("severe")].sum(axis=(1, 2, 3, 4))
    recognised = people[:, [STATES.index(s) for s in RECOGNISED_STATES]].sum(axis=1) / people.sum(axis=1)
    lung = people[:, STATES.index("diagnosed_recognised")] / people.sum(axis=1)
    wanted = values["diag.share_diagnosed.zz_ukb"]
    capped = inputs.state.sel(genotype="ZZ", copd="copd", state="diagnosed").values[:, 0] == 0
    np.testing.assert_allclose(recognised[~capped], wanted[~capped], rtol=1e-9)
    np.testing.assert_allclose(
        lung[~capped], (wanted * values["diag.bias.register_identification"])[~capped], rtol=1e-9
    )
    assert capped.mean() < 0.2


def test_uptake_multiplies_the_way_through_the_lung():
    base, double = (build_inputs({**PEOPLE, "recognition": {"uptake": u}}) for u in (0.10, 0.20))
    cell = dict(genotype="ZZ", copd="copd")
    p = [
        i.state.sel(**cell, state="diagnosed_recognised")
        / i.state.sel(**cell, state=["diagnosed", "diagnosed_recognised"]).sum("state")
        for i in (base, double)
    ]
    np.testing.assert_allclose(p[1], np.minimum(2 * p[0], 1), rtol=1e-9)


def test_only_severe_genotypes_are_recognised():
    state = build_inputs(PEOPLE).state.sel(state=list(RECOGNISED_STATES))
    for genotype in ("MM", "MZ", "SS", "SZ", "S/null"):
        assert float(state.sel(genotype=genotype).max()) == 0


def test_levels_below_the_threshold_follow_the_standard():
    shares = {
        s: build_inputs({**PEOPLE, "serum": {"standard": s}}).low_level.sel(genotype="SZ").values[0]
        for s in ("nephelometry", "purified")
    }
    assert 0.5 < shares["nephelometry"] < 0.56
    assert 0.09 < shares["purified"] < 0.12


def test_inflammation_hides_low_levels_and_a_threshold_in_mg_dl_is_converted():
    plain = build_inputs(PEOPLE).low_level.sel(genotype="SZ")
    ratio = {"aat.acute_phase.multiplier_inflamed": 1.3}
    inflamed = build_inputs({**PEOPLE, "serum": {"inflamed_share": 0.5}, "parameters": ratio}).low_level.sel(
        genotype="SZ"
    )
    assert (inflamed < plain).all()
    mg = build_inputs({**PEOPLE, "serum": {"threshold_mg_dl": 11 / 0.1923}}).low_level.sel(genotype="SZ")
    np.testing.assert_allclose(mg, plain, rtol=1e-9)


def test_a_null_allele_alone_gives_no_level_and_no_liver_risk():
    inputs = build_inputs(
        {**PEOPLE, "ancestries": {"mine": {"null": 0.1}}, "population": {"size": 1000, "ancestry": {"mine": 1}}}
    )
    assert float(inputs.low_level.sel(genotype="null/null").min()) == 1
    assert float(inputs.cirrhosis.sel(genotype=["null/null", "Z/null"]).max()) == 0


def test_a_baseline_lets_mz_cirrhosis_be_counted():
    inputs = build_inputs({**PEOPLE, "liver": {"baseline_cirrhosis": 0.01}})
    values = Draws(20261120, 0).draw(
        distributions(load_config({**PEOPLE, "liver": {"baseline_cirrhosis": 0.01}}).base, simulation.data_pack())
    )
    ratio = values["liver.or.fibrosis_cirrhosis.mz"]
    np.testing.assert_allclose(
        inputs.cirrhosis.sel(genotype="MZ", age=50), 0.01 * ratio / (0.99 + 0.01 * ratio), rtol=1e-12
    )
    assert float(inputs.cirrhosis.sel(genotype="MM").max()) == 0


def test_copd_by_smoking_averages_the_classes():
    inputs = build_inputs(PEOPLE)
    current = inputs.copd.sel(history=[f"current_{k}" for k in range(1, 9)]).mean("history")
    np.testing.assert_allclose(copd_by_smoking(inputs)[:, 0, :, :, 2], current.values, rtol=1e-12)


@pytest.mark.parametrize("definition", ["lln", "recorded"])
def test_severe_odds_ratios_hold_at_the_prevalence_of_their_definition(definition):
    # solved at k = 1, an odds ratio of 8.8 would come out as 12 where recorded COPD is as rare as 2 %
    row = {"lln": "lung.copd_base.england_wales.lln", "recorded": "lung.copd_base.england_wales.diagnosed"}[definition]
    config = {"population": {"size": 10**7, "ages": "GBR"}, "copd": {"definition": definition, "prevalence": row}}
    inputs = build_inputs(config)
    values = Draws(20261120, 0).draw(distributions(load_config(config).base, simulation.data_pack()))
    wanted = values["lung.copd_or.zz.ukb" if definition == "recorded" else "lung.fixed_ratio_or.zz.ukb"]
    # the biobank's mix read off the cells: 55-59, both sexes, never smokers and the class nearest to 20 pack-years
    near = int(np.argmin(np.abs(inputs.pack_years.sel(age=55).values - 20)))
    cells = inputs.copd.sel(age=55).squeeze("population")
    risk = {
        g: 0.55 * cells.sel(risk_genotype=g).isel(history=0).mean("sex")
        + 0.45 * cells.sel(risk_genotype=g).isel(history=near).mean("sex")
        for g in ("MM", "ZZ")
    }
    found = np.exp(logit(risk["ZZ"]) - logit(risk["MM"])).values
    np.testing.assert_allclose(
        found, wanted, rtol=0.12
    )  # the cell's age, class and drawn coefficients are not the mix's


def test_null_alleles_are_exempt_from_liver_risk_and_a_single_z_is_not():
    config = {
        **PEOPLE,
        "ancestries": {"mine": {"null": 0.01, "Z": 0.02, "S": 0.03}},
        "liver": {"baseline_cirrhosis": 0.01},
    }
    config["population"] = {**PEOPLE["population"], "ancestry": {"mine": 1.0}}
    table = build_inputs(config).cirrhosis.sel(age=60)
    assert float(table.sel(genotype=["M/null", "S/null", "null/null"]).max()) == 0
    np.testing.assert_array_equal(table.sel(genotype="Z/null"), table.sel(genotype="MZ"))
    assert float(table.sel(genotype="ZZ").min()) > float(table.sel(genotype="MZ").max())


def test_a_prevalence_that_cannot_be_met_is_said():
    copd = {"calibrate_total": True, "prevalence": 0.9, "prevalence_age_min": 0}
    with pytest.raises(simulation.ConfigError, match="cannot be met"):
        build_inputs({"population": {"size": 1000}, "copd": copd})
