"""Mistakes in what a config says about finding people: each is one sentence with the key, what is wrong and the cure."""

import subprocess
import sys

import pytest

from simulation import ConfigError, load_config
from simulation.config.ways import ways

DIAGNOSED = {"definition": "recorded", "prevalence": "lung.copd_base.england_wales.diagnosed"}
BELOW_ZZ, ABOVE_MM = "is below what most people with ZZ have", "is above what healthy people have"


def strategy(name="all_copd", **keys):
    return {"strategies": {name: keys}}


WRONG = {
    # strategies and tests that there are
    "unknown strategy": (
        strategy("all_cpod"),
        "strategies.all_cpod: unknown strategy; did you mean all_copd? Or give the table a name of your own and say who = ...",
    ),
    "a name that is near none": (strategy("mine"), "strategies.mine: unknown strategy; it must be one of todays_practice,"),
    "unknown who": (
        strategy("mine", who="newborns"),
        'strategies.mine.who = "newborns"; unknown strategy; did you mean newborn_screening?',
    ),
    "today's practice as another": (
        strategy("todays_practice", who="all_copd"),
        'strategies.todays_practice.who = "all_copd"; todays_practice is what the others are compared with; give the table'
        " another name",
    ),
    "unknown test today": (
        {"testing": {"then": "sz_genotypin"}},
        'testing.then = "sz_genotypin"; unknown test; did you mean sz_genotyping?',
    ),
    "unknown first test today": (
        {"testing": {"first_test": "levels"}},
        'testing.first_test = "levels"; unknown test; did you mean level?',
    ),
    "unknown test of a strategy": (
        strategy(first_test="sequencin"),
        'strategies.all_copd.first_test = "sequencin"; unknown test; did you mean sequencing?',
    ),
    "unknown test of today's practice by its name": (
        strategy("todays_practice", first_test="panels"),
        'strategies.todays_practice.first_test = "panels"; unknown test; did you mean panel?',
    ),
    "unknown test of relatives": ({"cascade": {"test": "panels"}}, 'cascade.test = "panels"; unknown test; did you mean panel?'),
    "unknown test with a cost": (
        {"testing": {"tests": {"electric_focusing": {"cost": 3}}}},
        "testing.tests.electric_focusing: unknown test; did you mean isoelectric_focusing?",
    ),
    "tests the wrong way round": (
        strategy(first_test="sz_genotyping", then="level"),
        'strategies.all_copd.then = "level" after first_test = "sz_genotyping"; the level comes first',
    ),
    "a second test of the genotype": (
        strategy(first_test="panel", then="sequencing"),
        'strategies.all_copd.then = "sequencing" after first_test = "panel"; no second test follows a test of the genotype',
    ),
    "how without a second test": (
        strategy(first_test="panel", how="parallel"),
        "strategies.all_copd.how would change nothing: there is no second test; remove it",
    ),
    "unknown how": (strategy(how="serial"), "strategies.all_copd.how = \"serial\"; it must be 'series', 'parallel' or 'reflex'"),
    "unknown key": (strategy(uptak=0.4), "unknown key strategies.all_copd.uptak; did you mean uptake?"),
    "relatives tested by level": (
        {"cascade": {"test": "level"}},
        'cascade.test = "level"; the level alone never establishes the diagnosis; name a test of the genotype',
    ),
    "costs of another currency": (
        {"testing": {"currency": "EUR", "tests": {"level": {"cost": 3}}}},
        'testing.currency = "EUR"; costs are known in GBP only; give testing.tests.sequencing.cost,'
        " testing.tests.sz_genotyping.cost in EUR",
    ),
    "negative cost": ({"testing": {"tests": {"level": {"cost": -1}}}}, "testing.tests.level.cost = -1; it must be at least 0"),
    # uptakes
    "uptake in per cent": (
        strategy(uptake=40),
        "strategies.all_copd.uptake is 40; a proportion must be at least 0 and at most 1 (for 40 % write 0.4)",
    ),
    "uptake in quotes": (
        strategy(uptake="40"),
        'strategies.all_copd.uptake = "40"; no row of this name; a number is written without quotes',
    ),
    "uptake of no row": (
        strategy(uptake="diag.copd_tested.spain"),
        'strategies.all_copd.uptake = "diag.copd_tested.spain"; no row of this name; did you mean diag.copd_tested.spain2021?',
    ),
    "uptake of a row in years": (
        strategy(uptake="diag.delay.mean_years"),
        'strategies.all_copd.uptake = "diag.delay.mean_years"; that row is in years; name one that is a proportion',
    ),
    "uptake of relatives above 1": ({"cascade": {"uptake_first_degree": 70}}, "cascade.uptake_first_degree is 70; a proportion"),
    "uptake of relatives is no proportion": (
        {"cascade": {"uptake_second_degree": "cascade.n_siblings"}},
        'cascade.uptake_second_degree = "cascade.n_siblings"; that row is in',
    ),
    "recognition by a row in years": (
        {"recognition": {"uptake": "diag.delay.mean_years"}},
        'recognition.uptake = "diag.delay.mean_years"; that row is in years',
    ),
    "today's practice with an uptake": (
        strategy("todays_practice", uptake=0.4),
        "strategies.todays_practice.uptake: today's practice has the uptake of [recognition]; remove it",
    ),
    "today's practice again": (
        strategy("mine", who="todays_practice", interval_years=2),
        "strategies.mine.interval_years would change nothing: nobody is tested beyond today's practice",
    ),
    "today's practice with other tests": (
        strategy("mine", who="todays_practice", first_test="panel"),
        "strategies.mine.first_test would change nothing: nobody is tested beyond today's practice",
    ),
    # units of the level
    "cut-off in mg/dL as µmol/L": (
        {"testing": {"cut_off_umol_l": 57}},
        f"testing.cut_off_umol_l = 57; 57 µmol/L {ABOVE_MM}; is it in mg/dL? 57 mg/dL are 11 µmol/L",
    ),
    "cut-off in g/L as µmol/L": (
        strategy(cut_off_umol_l=1.1),
        f"strategies.all_copd.cut_off_umol_l = 1.1; 1.1 µmol/L {BELOW_ZZ}; is it in g/L? 1.1 g/L are 21.2 µmol/L",
    ),
    "cut-off in µmol/L as mg/dL": (
        strategy(cut_off_mg_dl=11),
        f"strategies.all_copd.cut_off_mg_dl = 11; 11 mg/dL {BELOW_ZZ}; is it in µmol/L? 11 µmol/L are 57.2 mg/dL",
    ),
    "cut-off in g/L as mg/dL": (
        {"testing": {"cut_off_mg_dl": 1.1}},
        f"testing.cut_off_mg_dl = 1.1; 1.1 mg/dL {BELOW_ZZ}; is it in g/L? 1.1 g/L are 110 mg/dL",
    ),
    "both cut-offs": (
        {"testing": {"cut_off_umol_l": 20, "cut_off_mg_dl": 105}},
        "give either cut_off_umol_l or cut_off_mg_dl, not both",
    ),
    "both cut-offs of a strategy": (
        strategy(cut_off_umol_l=20, cut_off_mg_dl=105),
        "give either cut_off_umol_l or cut_off_mg_dl, not both",
    ),
    "cut-off without a level": (
        strategy(first_test="sequencing", cut_off_mg_dl=105),
        "strategies.all_copd.cut_off_mg_dl would change nothing: the first test is not the level; remove it",
    ),
    "threshold in µmol/L as mg/dL": (
        {"serum": {"threshold_mg_dl": 11}},
        f"serum.threshold_mg_dl = 11; 11 mg/dL {BELOW_ZZ}; is it in µmol/L? 11 µmol/L are 57.2 mg/dL",
    ),
    "threshold in mg/dL as µmol/L": (
        {"parameters": {"aat.threshold.protective_umol_l": 57}},
        f'parameters."aat.threshold.protective_umol_l" = 57; 57 µmol/L {ABOVE_MM}; is it in mg/dL? 57 mg/dL are 11 µmol/L',
    ),
    "a distribution of thresholds in mg/dL": (
        {"parameters": {"aat.threshold.protective_umol_l": {"uniform": {"low": 50, "high": 60}}}},
        f"55 µmol/L {ABOVE_MM}; is it in mg/dL?",
    ),
    "usual cut-off in µmol/L": (
        {"parameters": {"diag.cutoff.optimal_mg_dl": 11}},
        f'parameters."diag.cutoff.optimal_mg_dl" = 11; 11 mg/dL {BELOW_ZZ}; is it in µmol/L?',
    ),
    # triggers
    "cirrhosis that is not counted": (
        strategy("classical_triggers", triggers=["liver_disease"]),
        "strategies.classical_triggers.triggers: liver_disease needs a variable that this config has switched off; set"
        " liver.baseline_cirrhosis",
    ),
    "families that are not known": (
        strategy("classical_triggers", triggers=["family_history"]),
        "family_history needs a variable that this config has switched off; set exposures.family_history above 0",
    ),
    "recorded COPD is not called asthma": (
        {"copd": DIAGNOSED, **strategy("classical_triggers", triggers=["asthma_with_fixed_obstruction"])},
        "asthma_with_fixed_obstruction needs a variable that this config has switched off; choose a spirometric",
    ),
    "unknown trigger": (
        strategy("classical_triggers", triggers=["emphysema_before_50"]),
        'strategies.classical_triggers.triggers: unknown trigger "emphysema_before_50"; did you mean emphysema_before_45?',
    ),
    "trigger twice": (
        strategy("classical_triggers", triggers=["panniculitis", "panniculitis"]),
        "strategies.classical_triggers.triggers: panniculitis is named twice; name it once",
    ),
    "no trigger": (
        strategy("classical_triggers", triggers=[]),
        "strategies.classical_triggers.triggers = []; name at least one trigger, or leave the key away for all",
    ),
    "triggers of another strategy": (
        strategy(triggers=["panniculitis"]),
        "strategies.all_copd.triggers: only classical_triggers has triggers; remove them",
    ),
    # time
    "offered again after the end": (
        {"testing": {"years": 5}, **strategy(interval_years=6)},
        "strategies.all_copd.interval_years = 6; strategies have been running for testing.years = 5, so nobody is offered",
    ),
    "newborns of a population without children": (
        {"population": {"age_min": 30}, **strategy("newborn_screening")},
        "strategies.newborn_screening: newborn screening needs people below 10 years; set population.age_min = 0",
    ),
    # care, relatives, scenarios
    "unknown rule of care": ({"care": {"rule": "cts2021"}}, 'care.rule = "cts2021"; unknown rule; did you mean cts2012?'),
    "unknown relation": (
        {"genetics": {"related_parents": {"cousin": 0.2}}},
        "genetics.related_parents.cousin: unknown relation; did you mean first_cousin?",
    ),
    "related parents above 1": (
        {"genetics": {"related_parents": {"first_cousin": 0.7, "second_cousin": 0.5}}},
        "genetics.related_parents: shares sum to 1.2; together they must be at most 1",
    ),
    "a share above 1": (
        {"genetics": {"related_parents": {"first_cousin": 20}}},
        "genetics.related_parents.first_cousin = 20; it must be at least 0 and at most 1 (for 20 % write 0.2",
    ),
    "a scenario with a strategy more": (
        {"scenarios": {"x": strategy()}},
        "scenarios.x.strategies: strategies are compared on the same people, in every scenario; put another one into"
        " [strategies] of the base",
    ),
    "a scenario that changes a strategy": (
        {**strategy(), "scenarios": {"x": strategy(uptake=0.4)}},
        "scenarios.x.strategies: strategies are compared on the same people",
    ),
    "a scenario with a wrong test": (
        {"scenarios": {"x": {"testing": {"first_test": "levels"}}}},
        'scenarios.x: testing.first_test = "levels"; unknown test',
    ),
    "a scenario with other couples": ({"scenarios": {"x": {"couples": {"n_couples": 9}}}}, "a scenario cannot change couples"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "sentence"), WRONG.values(), ids=WRONG)
def test_each_mistake_is_exactly_one_sentence(config, sentence):
    with pytest.raises(ConfigError) as caught:
        load_config(config)
    assert len(caught.value.messages) == 1, caught.value.messages
    message = caught.value.messages[0]
    assert sentence in message
    assert message.startswith("config: ")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[strategies.all_cpod]", "mine.toml: strategies.all_cpod: unknown strategy; did you mean all_copd?"),
        ("[strategies.all_copd]\nuptake = 40", "mine.toml: strategies.all_copd.uptake is 40; a proportion"),
        ("[testing]\ncut_off_umol_l = 57", "mine.toml: testing.cut_off_umol_l = 57; 57 µmol/L is above what healthy"),
        ("[cascade]\ntest = 'level'", 'mine.toml: cascade.test = "level"; the level alone never'),
        ("[scenarios.x.strategies.all_copd]", "mine.toml: scenarios.x.strategies: strategies are compared on the same"),
    ],
    ids=lambda text: text.split("\n")[0][:20],
)
def test_a_mistake_ends_the_command_with_code_2(tmp_path, text, sentence):
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "simulation", "run", "mine.toml"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=tmp_path, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


def test_the_file_that_set_a_wrong_test_is_named(tmp_path):
    (tmp_path / "base.toml").write_text('[testing]\nfirst_test = "levels"\n', encoding="utf-8")
    (tmp_path / "top.toml").write_text('extends = "base.toml"\n[strategies.all_copd]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r'^base\.toml: testing\.first_test = "levels"; unknown test'):
        load_config(tmp_path / "top.toml")


@pytest.mark.parametrize(
    "config",
    [
        {"testing": {"first_test": "sequencing"}},
        {"testing": {"first_test": "level", "then": "panel", "how": "series"}},
        strategy(first_test="level"),
        strategy("todays_practice", first_test="sequencing"),
        strategy("mine", who="classical_triggers", triggers=["panniculitis"], uptake="diag.copd_tested.spain2021"),
    ],
    ids=["today by genotype", "today in series", "level alone", "today by name", "triggers"],
)
def test_a_resolved_config_tests_the_same_people_again(config):
    first = load_config(config)
    again = load_config(first.resolved)
    assert ways(first.base) == ways(again.base)


def test_no_second_test_follows_a_test_of_the_genotype_by_itself():
    (today,) = ways(load_config({"testing": {"first_test": "sequencing"}}).base)
    assert today.algorithm == "sequencing"
    (today,) = ways(load_config({}).base)
    assert today.algorithm == "level, then sz_genotyping, reflex sequencing"
