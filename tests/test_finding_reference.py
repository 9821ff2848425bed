"""Finding people: the fast engines against tests/reference_finding.py, and laws that hold in every replicate.

The reference was written from docs/model.md before the engine was read. What it takes from the chain are people, genotype,
smoking, COPD, clinical state, levels and signs; everything of sections 11 and 12 is its own.
"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

import simulation
from simulation.assembly.build import build_block, build_inputs
from simulation.config.load import load_config
from simulation.diagnosis.programme import FUNNEL, PARTS, SYMPTOMS, WORK
from simulation.engines import walk as walk_module
from simulation.engines.block import run_block
from simulation.labels import AGES, HISTORIES, SEXES, SMOKING, STATES
from tests import reference_finding as plain
from tests.chance import assert_z_scores
from tests.fixed import fixed_config

CHAIN = (
    "n_people",
    "ancestry",
    "ancestry_genotype",
    "genotype",
    "smoking",
    "pack_years",
    "copd",
    "state",
    "serum_geometric_mean",
    "serum_log_sd",
    "serum_threshold",
    "inflamed_ratio",
    "cirrhosis",
    "panniculitis",
    "bronchiectasis",
)
ALLELES = ["M", "S", "Z", "rare", "null"]
PAIRS = [(first, second) for i, first in enumerate(ALLELES) for second in ALLELES[i:]]
SEVERE = [PAIRS.index(pair) for pair in PAIRS if not set(pair) & {"M", "S"}]
ZZ = PAIRS.index(("Z", "Z"))
DATA = Path(simulation.__file__).parent / "data"
OUTBRED = {"inbreeding": 0.0, "mating": 0.0}  # else genotypes of relatives are not exact
GENOTYPE_TESTS = ("isoelectric_focusing", "sz_genotyping", "panel", "sequencing")
REASONS = [PARTS.index(part) for part in PARTS[3:]]
FOUND, BY_CASCADE = PARTS.index("found"), PARTS.index("found_by_cascade")

EVERYONE = {
    "all_copd": {"uptake": 0.35, "interval_years": 5},  # 12.5 years: three offers
    "copd_under_65_or_20_pack_years": {"uptake": 0.6},
    "classical_triggers": {"uptake": 0.8},
    "smokers_with_obstruction": {"uptake": 0.25, "interval_years": 12.5},  # a second offer on the last day
    "newborn_screening": {"uptake": 0.9},
    "whole_population": {"uptake": 1.0},
}
ALGORITHMS = {
    "level_alone": {"first_test": "level"},
    "below_the_threshold": {"first_test": "level", "then": "panel", "how": "reflex", "cut_off_umol_l": 9.5},
    "low_cut_off": {"first_test": "level", "then": "panel", "how": "parallel", "cut_off_umol_l": 5.0},
    **{f"{test}_alone": {"first_test": test} for test in GENOTYPE_TESTS},
    **{
        f"{how}_{test}": {"first_test": "level", "then": test, "how": how}
        for test in GENOTYPE_TESTS
        for how in ("series", "parallel", "reflex")
    },
}


# --- from a config to the settings of the reference -----------------------------------------------------------


def plain_algorithm(table, testing, draws, replicate):
    """Tests of a strategy, or of [testing], with its defaults filled in."""
    own = "first_test" in table
    asked = {"first_test": "level", "then": "sz_genotyping", "how": "reflex", **testing, **table}
    first = asked["first_test"]
    then = (table.get("then") if own else asked["then"]) if first == "level" else None
    how = table.get("how", "series") if own else asked["how"]
    cut_off = table.get("cut_off_umol_l", testing.get("cut_off_umol_l"))
    if cut_off is None and first == "level":
        cut_off = float((draws["diag.cutoff.optimal_mg_dl"] * draws["aat.conversion.umol_per_mgdl"])[replicate])
    return {"first": first, "then": then, "how": how, "cut_off": cut_off}


def plain_settings(config, population=0, replicate=0, **changes):
    """What the reference asks of one population of one replicate; the chain before section 11 is taken over."""
    block = build_block(load_config(config), 0)
    inputs, draws = block.inputs["base"], block.draws
    p, r = population, replicate
    arrays = {name: inputs.values(name) for name in CHAIN}

    def chain(name, *at):
        array = arrays[name]
        return float(array[tuple(0 if n == 1 else i for i, n in zip(at, array.shape, strict=True))])

    def row(name):
        return float(draws[name][r]) if name in draws else None

    def by_genotype(name, *before):
        return {pair: chain(name, *before, g) for g, pair in enumerate(PAIRS)}

    readings, cost = {}, {}
    with (DATA / "readings.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            readings.setdefault(line["test"], {})[line["allele"]] = (line["read_as"], float(line["sensitivity"]))
    with (DATA / "lab_tests.csv").open(encoding="utf-8", newline="") as file:
        cost = {line["test"]: float(line["cost"]) for line in csv.DictReader(file)}
    testing = config.get("testing", {})
    cost |= {test: own["cost"] for test, own in testing.get("tests", {}).items()}
    histories = [(name.split("_")[0], name.split("_")[-1]) for name in HISTORIES]
    ancestries = list(map(str, inputs.ancestry.coords["ancestry"].values))
    family = config.get("exposures", {}).get("family_history")
    baseline = config.get("liver", {}).get("baseline_cirrhosis") or 0.0
    todays_uptake = config.get("recognition", {}).get("uptake") or row("diag.copd_tested.recommended")
    return {
        "alleles": ALLELES,
        "like": {"M": "M", "S": "S", "Z": "Z", "rare": "Z", "null": "null"},
        "counted_as": dict(zip(PAIRS, map(str, inputs.counted_as.values), strict=True)),
        "people": {
            (sex, age): int(chain("n_people", p, i, j)) for i, sex in enumerate(SEXES) for j, age in enumerate(AGES)
        },
        "genotype": by_genotype("genotype", r, p),
        "smoking": {
            (sex, age, status): chain("smoking", r, p, i, j, k)
            for i, sex in enumerate(SEXES)
            for j, age in enumerate(AGES)
            for k, status in enumerate(SMOKING)
        },
        "pack_years": {
            (age, history): 0.0 if history[0] == "never" else chain("pack_years", j, k)
            for j, age in enumerate(AGES)
            for k, history in enumerate(histories)
        },
        "copd": {
            (sex, age, history, pair): chain("copd", r, p, i, j, k, inputs.risk_of[g])
            for i, sex in enumerate(SEXES)
            for j, age in enumerate(AGES)
            for k, history in enumerate(histories)
            for g, pair in enumerate(PAIRS)
        },
        "state": {
            (pair, copd, state): chain("state", r, p, g, int(copd), k)
            for g, pair in enumerate(PAIRS)
            for copd in (False, True)
            for k, state in enumerate(STATES)
        },
        "level": {
            pair: (chain("serum_geometric_mean", r, g), chain("serum_log_sd", r, g)) for g, pair in enumerate(PAIRS)
        },
        "threshold": chain("serum_threshold", r),
        "inflamed": (inputs.inflamed_share, chain("inflamed_ratio", r)),
        "cirrhosis": {
            (age, pair): chain("cirrhosis", r, j, g)
            if any(chain("cirrhosis", r, k, g) for k in range(len(AGES)))
            else baseline * (age >= 20)  # of adults without a risk of their own
            for j, age in enumerate(AGES)
            for g, pair in enumerate(PAIRS)
        },
        "panniculitis": by_genotype("panniculitis", r),
        "bronchiectasis": {
            (sex, pair): chain("bronchiectasis", r, i, g) for i, sex in enumerate(SEXES) for g, pair in enumerate(PAIRS)
        },
        "basal_emphysema": {who: row(f"diag.trigger.basal_emphysema.{who}") for who in ("severe", "others")},
        "family_history": (family, row("lung.copd_or.family_history")) if family else None,
        "liver_disease": config.get("liver", {}).get("baseline_cirrhosis") is not None,
        "ages": {
            "young_copd": row("diag.trigger.young_copd_years"),
            "early_emphysema": row("diag.trigger.early_emphysema_years"),
        },
        "few_pack_years": row("diag.trigger.few_pack_years"),
        "readings": readings,
        "cost": cost,
        "sequencing_names": True,
        "today": (plain_algorithm({}, testing, draws, r), todays_uptake),
        "years": testing.get("years", 10),
        "strategies": {
            name: {
                "who": table.get("who", name),
                "algorithm": plain_algorithm(table, testing, draws, r),
                "uptake": table.get("uptake", 1.0),
                "interval_years": table.get("interval_years"),
                "triggers": table.get("triggers"),
                "cascade": table.get("cascade", False),
            }
            for name, table in config.get("strategies", {}).items()
        },
        "cascade": {
            "test": "sz_genotyping",
            **{name.removeprefix("cascade."): row(name) for name in draws if name.startswith("cascade.")},
            **config.get("cascade", {}),
        },
        "ancestry": {name: chain("ancestry", p, a) for a, name in enumerate(ancestries)},
        "ancestry_genotype": {
            (name, pair): chain("ancestry_genotype", r, p, a, g)
            for a, name in enumerate(ancestries)
            for g, pair in enumerate(PAIRS)
        },
        "first_symptom": {
            who: tuple(row(f"diag.first_symptom_age.{who}.{what}_years") for what in ("mean", "sd"))
            for who in ("never", "ever")
        },
        "delay": (row("diag.delay.mean_years"), row("diag.delay.sd_years")),
        **changes,
    }


def finding_config(**changes):
    """Two ancestries in the first population, and everything fixed; the trigger of liver disease is on."""
    config = {"genetics": OUTBRED, "liver": {"baseline_cirrhosis": 0.01}, "testing": {"years": 12.5}}
    return fixed_config(**{**config, **changes})


def one_population(config, **changes):
    """Keep the first population, all ages, of another size."""
    return {**config, "populations": {"a": {**config["populations"]["a"], "age_min": 0, **changes}}}


def some_ages(config):
    """The first population at 40 to 54 years, where everything happens; the plain loops take less time."""
    return one_population(config, age_min=40, age_max=55)


def expected_sums(config, replicates=1):
    return run_block(build_inputs(config).first_replicates(replicates), "expected", seed=1, block=0)


def aligned(sums, answer, table, population=0, replicate=0):
    """(fast, plain) of one table, with axes genotype, (strategy,) and column."""
    columns = {"testing": FUNNEL, "symptoms": SYMPTOMS, "strategies": PARTS, "strategy_work": WORK}[table]
    fast = sums.expected[table][replicate, population, : len(PAIRS)]
    if fast.ndim == 2:
        slow = [[answer[table][pair, column] for column in columns] for pair in PAIRS]
    else:
        names = sums.axes.strategies
        slow = [[[answer[table][name, pair, column] for column in columns] for name in names] for pair in PAIRS]
    return fast, np.array(slow)


def assert_agrees(sums, config, without=(), population=0, replicate=0, **changes):
    """Every number of the four tables to 1e-9 of itself, or to 1e-9 of a hundredth of a person.

    The second holds what is left of numbers that are differences: ZZ with a level above the cut-off, one in 10¹⁶.
    """
    answer = plain.find(plain_settings(config, population, replicate, **changes))
    assert sums.axes.groups[: len(PAIRS)] == tuple(f"{a}{b}" if len(a + b) == 2 else f"{a}/{b}" for a, b in PAIRS)
    for table in ("testing", "symptoms", "strategies", "strategy_work"):
        fast, slow = aligned(sums, answer, table, population, replicate)
        columns = {"symptoms": SYMPTOMS, "strategy_work": WORK}.get(table, ())
        kept = [i for i in range(fast.shape[-1]) if not columns or columns[i] not in without]
        np.testing.assert_allclose(fast[..., kept], slow[..., kept], rtol=1e-9, atol=1e-11, err_msg=table)
    return answer


# --- (1) the expected engine ----------------------------------------------------------------------------------


def test_strategies_equal_the_plain_loops():
    """Every part, every column of work, the funnel and the symptoms, of all seven ways to choose people and of cascades."""
    strategies = {
        **EVERYONE,
        "cascade": {"who": "todays_practice", "cascade": True},
        "copd_cascade": {"who": "all_copd", "uptake": 0.5, "cascade": True, "first_test": "sz_genotyping"},
        "population_cascade": {"who": "whole_population", "uptake": 0.3, "cascade": True},
    }
    config = one_population(finding_config(strategies=strategies))
    assert_agrees(expected_sums(config), config)


@pytest.fixture(scope="module")
def triggers():
    """Each of the eight triggers alone, in two populations; the second is of 35 to 64 years."""
    strategies = {trigger: {"who": "classical_triggers", "triggers": [trigger]} for trigger in plain.TRIGGERS}
    config = finding_config(strategies=strategies)
    config["populations"]["b"] |= {"age_min": 35, "age_max": 65}
    return config, expected_sums(config)


def test_triggers_equal_the_plain_loops(triggers):
    """The same of each trigger by itself, in the second of two populations."""
    config, sums = triggers
    assert_agrees(sums, config, population=1)


def test_totals_are_the_sums_of_populations_and_genotypes(triggers):
    """The row `total` is a + b, and a set is the sum of its genotypes, to the last digits."""
    _, sums = triggers
    for table in ("testing", "symptoms", "strategies", "strategy_work"):
        array = sums.expected[table]
        np.testing.assert_allclose(array[:, 2], array[:, 0] + array[:, 1], rtol=1e-12)
        severe = array[:, :, sums.axes.groups.index("severe")]
        np.testing.assert_allclose(severe, array[:, :, SEVERE].sum(axis=2), rtol=1e-12)


def test_algorithms_equal_the_plain_loops():
    """Level alone, each test alone, in series, in parallel and reflex; a cut-off below the threshold too; inflamed people."""
    strategies = {name: {"who": "all_copd", "uptake": 0.7, **how} for name, how in ALGORITHMS.items()}
    serum = {"inflamed_share": 0.15}
    parameters = {"aat.acute_phase.multiplier_inflamed": 1.3}
    costs = {"level": {"cost": 3.5}, "panel": {"cost": 111.0}}
    config = some_ages(
        finding_config(strategies=strategies, serum=serum, parameters=parameters, testing={"tests": costs})
    )
    assert_agrees(expected_sums(config), config)


@pytest.mark.parametrize(
    "testing",
    [
        {"first_test": "sz_genotyping"},  # cannot find Z/rare at all
        {"first_test": "level", "then": "isoelectric_focusing", "how": "series"},
        {"first_test": "level", "then": "panel", "how": "parallel", "cut_off_umol_l": 4.6},
    ],
    ids=lambda testing: testing.get("how", "alone"),
)
def test_todays_practice_equals_the_plain_loops(testing):
    """Other tests today: how many were tested in vain, or found and not followed up; at an uptake of today's own."""
    strategies = {"all_copd": {"uptake": 0.4, "first_test": "sequencing", "cascade": True}}
    config = some_ages(finding_config(testing=testing, strategies=strategies, recognition={"uptake": 0.3}))
    assert_agrees(expected_sums(config), config)


def test_drawn_parameters_equal_the_plain_loops():
    """The second and the last replicate of a block whose every parameter is drawn; mixed mating, purified standard."""
    strategies = {"classical_triggers": {"uptake": 0.7}, "population": {"who": "whole_population", "cascade": True}}
    config = finding_config(strategies=strategies, serum={"standard": "purified"}, genetics={"mating": 0.3})
    config = some_ages(config) | {"parameters": {}}
    sums = expected_sums(config, replicates=64)
    for replicate in (1, 63):
        assert_agrees(sums, config, replicate=replicate)


def test_other_sets_equal_the_plain_loops():
    """SZ counted as severe may be found, never by the cascade's test of somebody else; Z/null counted as a carrier is found
    by focusing although it does not count."""
    strategies = {"all_copd": {"uptake": 0.6, "cascade": True}}
    testing = {"first_test": "isoelectric_focusing"}
    sets = {"SZ": "severe", "Z/null": "carrier"}
    config = some_ages(finding_config(strategies=strategies, testing=testing, sets=sets))
    answer = assert_agrees(expected_sums(config), config)
    assert answer["strategies"]["all_copd", ("Z", "null"), "found"] > 0
    assert answer["strategies"]["all_copd", ("Z", "null"), "found_by_cascade"] == 0


# --- what a first reading of the engine against the documentation found ----------------------------------------


def test_age_at_the_first_symptom():
    """E[age at first symptom | it was before now], people spread evenly over the band: those with one are the older ones."""
    config = some_ages(finding_config())
    assert_agrees(expected_sums(config), config)


def test_carriers_that_sequencing_reports_are_named():
    """M/null below the threshold reads MM by S and Z; sequencing then reports M/null, which names a deficiency allele."""
    config = some_ages(finding_config(strategies={"whole_population": {}}))
    assert_agrees(expected_sums(config), config)


def test_cirrhosis_of_people_without_a_deficiency_allele_is_a_trigger():
    """b is the share of adults without a deficiency allele who have cirrhosis: they have liver disease, and are tested."""
    strategies = {"liver_disease": {"who": "classical_triggers", "triggers": ["liver_disease"]}}
    config = some_ages(finding_config(strategies=strategies))
    answer = assert_agrees(expected_sums(config), config)
    assert answer["strategies"]["liver_disease", ("M", "M"), "negative"] > 0


def test_years_before_recognition_follow_the_draws():
    """min(delay, time since the first symptom) with the mean delay and the ages that the replicate drew."""
    config = some_ages(finding_config()) | {"parameters": {}}
    assert_agrees(expected_sums(config, replicates=2), config, replicate=1)


# --- (2) the drawn engine -------------------------------------------------------------------------------------

BLOCKS = 4


@pytest.fixture(scope="module")
def drawn():
    """A million people, 256 replicates of the same parameters; their sums and those of the reference."""
    strategies = {
        **EVERYONE,
        "all_copd_more": {"who": "all_copd", "uptake": 0.9},
        "whole_population_less": {"who": "whole_population", "uptake": 0.25},
        "smokers_less": {"who": "smokers_with_obstruction", "uptake": 0.2},
        "parallel": {"who": "all_copd", "uptake": 0.6, "first_test": "level", "then": "panel", "how": "parallel"},
    }
    config = one_population(finding_config(strategies=strategies), size=1_000_000)
    inputs = build_inputs(config)
    blocks = [run_block(inputs, "counts", seed=17, block=block) for block in range(BLOCKS)]
    return config, blocks, plain.by_chance(plain_settings(config))


def _z(total, mean, variance, at_least):
    """Standard scores of sums over all replicates, where so many people are expected, in the parts and out of them."""
    n = 64 * BLOCKS
    seen = n * variance >= at_least
    return (total - n * mean)[seen] / np.sqrt(n * variance[seen])


def test_drawn_parts_follow_their_binomial_laws(drawn):
    """Everybody falls into a part on his own, with a probability by sex and age: sums of binomials, whose variance is exact.

    Genotypes are nearly independent; of each, the largest part is left out, for the parts sum to all people. Where the
    variance of the sum is 400 or more the normal law holds to the tails used. Strategies share their people, so each is a
    test of its own: eleven at 2e-7, more where there are few z-scores; a right program fails once in 50,000 runs. A bias of
    5 % in what a test reads of ZZ, or of 3 % in how many are tested today, gives z above 10 and is found.
    """
    _, blocks, (mean, variance) = drawn
    total = sum(block.drawn["strategies"][:, 0].sum(axis=0) for block in blocks)
    for s, name in enumerate(blocks[0].axes.strategies):
        z = []
        for g, pair in enumerate(PAIRS):
            m, v = (np.array([table["strategies"][name, pair, part] for part in PARTS]) for table in (mean, variance))
            others = np.arange(len(PARTS)) != m.argmax()
            z.append(_z(total[g, s][others], m[others], v[others], at_least=400))
        z = np.concatenate(z)
        assert len(z) >= 5, name
        assert_z_scores(z, alpha=2e-7)


def test_drawn_tests_follow_their_binomial_laws(drawn):
    """Who is tested, whose first test is positive, who has COPD that is not recognised: sums of binomials too.

    One z-score a genotype: nearly independent. Eleven strategies and three columns at 1e-7, more where there are few
    z-scores: a right program fails once in 30,000 runs.
    """
    _, blocks, (mean, variance) = drawn
    total = sum(block.drawn["strategy_work"][:, 0].sum(axis=0) for block in blocks)
    for s, name in enumerate(blocks[0].axes.strategies):
        for column in ("tested", "positive", "copd_unrecognised"):
            m, v = (
                np.array([table["strategy_work"][name, pair, column] for pair in PAIRS]) for table in (mean, variance)
            )
            assert_z_scores(_z(total[: len(PAIRS), s, WORK.index(column)], m, v, at_least=400), alpha=1e-7)


def test_strategies_share_their_random_numbers(drawn):
    """Who takes a test at 20 % takes it at 40 %: what the second finds beyond the first has the variance of its own people alone.

    With people of its own for each strategy it would be that of both together: 2.7, 1.7 and 9.3 times as much in the first three
    pairs (in the fourth the one holds the other, and no difference is negative). The mean square of 256 z-scores of the
    difference lies between 0.6 and 1.5 but for once in 100,000 runs (chi-squared with 256 degrees of freedom).
    """
    _, blocks, (mean, _) = drawn
    names = blocks[0].axes.strategies
    for less, more in (
        ("smokers_less", "smokers_with_obstruction"),
        ("whole_population_less", "whole_population"),
        ("all_copd", "all_copd_more"),
        ("all_copd_more", "whole_population"),
    ):
        m = [mean["strategies"][name, ("Z", "Z"), "found"] for name in (less, more)]
        i, j = names.index(less), names.index(more)
        d = np.concatenate([b.drawn["strategies"][:, 0, ZZ, j, FOUND] - b.drawn["strategies"][:, 0, ZZ, i, FOUND]
                            for b in blocks])  # fmt: skip
        assert d.min() >= 0, (less, more)
        square = ((d - (m[1] - m[0])) ** 2).mean() / (m[1] - m[0])  # rare: binomial to 1 in 1,000
        assert 0.6 < square < 1.5, (less, more, square)


def test_drawn_relatives_follow_their_law():
    """Relatives tested are linear in the index persons, so their mean is exact; their number is binomial.

    Index persons of a genotype are nearly Poisson; each has up to two parents, and up to four times the mean number of others
    (the engine's choice). Genotypes of relatives with a variance of 400 or more; a right program fails once in 500,000 runs,
    and 5 % more siblings than there ought to be give z = 13.
    """
    config = finding_config(strategies={"cascade": {"who": "all_copd", "uptake": 0.8, "cascade": True}})
    config = one_population(config, size=50_000_000)
    settings = plain_settings(config)
    means, variances = plain.by_chance(
        settings | {"strategies": {"c": settings["strategies"]["cascade"] | {"cascade": False}}}
    )
    law, n = settings["cascade"], 64 * BLOCKS
    mean, variance = dict.fromkeys(PAIRS, 0.0), dict.fromkeys(PAIRS, 0.0)
    kinds = [("parents_alive", 2), *((f"n_{who}", None) for who in ("siblings", "children", "second_degree"))]
    for g in SEVERE:
        index, each = PAIRS[g], dict.fromkeys(PAIRS, 0.0)
        parts = [("c", index, part) for part in ("recognised_today", "found")]
        people, spread = (sum(table["strategies"][key] for key in parts) for table in (means, variances))
        for row, most in kinds:
            none = {key: 0.0 for key in law if key.startswith(("n_", "parents"))}
            one = plain.relatives_tested(settings | {"cascade": law | none | {row: law[row]}}, {index: 1.0})
            for pair, m in one.items():
                tries = most or math.ceil(4 * law[row])
                each[pair] += m
                variance[pair] += people * m * (1 - m / tries)
        for pair, m in each.items():
            mean[pair] += people * m
            variance[pair] += spread * m**2
    inputs = build_inputs(config)
    total = sum(
        run_block(inputs, "counts", seed=23, block=b).drawn["strategy_work"][:, 0, : len(PAIRS), 1].sum(axis=0)
        for b in range(BLOCKS)
    )[:, WORK.index("relatives_tested")]  # fmt: skip
    m, v = (np.array([table[pair] for pair in PAIRS]) for table in (mean, variance))
    np.testing.assert_allclose(expected_sums(config).expected["strategy_work"][0, 0, : len(PAIRS), 1, 4], m, rtol=1e-9)
    assert (n * v >= 400).sum() >= 3
    assert_z_scores(_z(total, m, v, at_least=400), alpha=1e-6)


# --- laws of every replicate ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def uncertain():
    """Drawn parameters and drawn people, 32 replicates: every strategy with and without a cascade; two populations."""
    strategies = EVERYONE | {
        f"{name}_and_family": {"who": name, **how, "cascade": True} for name, how in EVERYONE.items()
    }
    strategies |= {"family": {"who": "todays_practice", "cascade": True}}
    strategies |= {
        f"algorithm_{name}": {"who": "smokers_with_obstruction", "uptake": 0.5, **how}
        for name, how in ALGORITHMS.items()
    }
    config = finding_config(strategies=strategies) | {"parameters": {}}
    for population in config["populations"].values():
        population["size"] *= 20
    return run_block(build_inputs(config).first_replicates(32), "counts", seed=3, block=0)


def test_parts_sum_to_all_people(uncertain):
    """Recognised + found + missed for each reason = all people with the genotype: exactly, in every replicate."""
    parts, people = uncertain.drawn["strategies"], uncertain.drawn["people"][:, :, :, -1].sum(axis=-1)
    assert parts.dtype.kind == "i"
    assert parts.min() >= 0
    np.testing.assert_array_equal(parts.sum(axis=-1), np.broadcast_to(people[..., None], parts.shape[:-1]))
    np.testing.assert_allclose(
        uncertain.expected["strategies"].sum(axis=-1),
        np.broadcast_to(uncertain.expected["people"][:, :, :, -1].sum(axis=-1)[..., None], parts.shape[:-1]),
        rtol=1e-11,
    )


def test_funnels_never_widen_and_recognised_people_stay(uncertain):
    """Each step of the funnel is a part of the one before; what is recognised today is so under every strategy."""
    steps = uncertain.drawn["testing"]
    assert (np.diff(steps, axis=-1) <= 0).all()
    people = uncertain.drawn["people"][:, :, :, -1]
    recognised = people[..., [STATES.index(s) for s in STATES if s.endswith("_recognised")]].sum(axis=-1)
    parts = uncertain.drawn["strategies"][..., PARTS.index("recognised_today")]
    np.testing.assert_array_equal(parts, np.broadcast_to(recognised[..., None], parts.shape))
    np.testing.assert_array_equal(
        steps[..., FUNNEL.index("recognised")], people[..., STATES.index("diagnosed_recognised")]
    )


def test_only_severe_people_are_found_where_no_reading_errs_upwards(uncertain):
    """No test reads a healthy allele as a deficiency allele: nobody is found without severe deficiency; a level finds nobody."""
    names, parts = uncertain.axes.strategies, uncertain.drawn["strategies"]
    others = [g for g in range(len(PAIRS)) if g not in SEVERE]
    assert parts[:, :, others][..., [FOUND, BY_CASCADE]].sum() == 0
    assert parts[..., names.index("algorithm_level_alone"), FOUND].sum() == 0
    assert parts[..., names.index("algorithm_sequencing_alone"), FOUND].sum() > 0


def test_work_goes_with_the_parts(uncertain):
    """Everybody found was tested and positive; who has COPD and is not recognised is missed; relatives only with a cascade."""
    work, parts = uncertain.drawn["strategy_work"], uncertain.drawn["strategies"]
    column = {name: work[..., i] for i, name in enumerate(WORK)}
    known = parts[..., PARTS.index("recognised_today")] + parts[..., FOUND]
    assert (column["tested"] >= column["positive"]).all()
    assert (column["positive"] >= known).all()
    assert (column["copd_unrecognised"] <= parts[..., REASONS].sum(axis=-1)).all()
    assert (column["symptomatic_unrecognised"] <= column["copd_unrecognised"] + 1e-9).all()
    without = [i for i, name in enumerate(uncertain.axes.strategies) if not name.endswith("family")]
    for name in ("relatives_tested", "relatives_named"):
        assert column[name][..., without].sum() == 0
    assert parts[..., without, BY_CASCADE].sum() == 0
    assert (column["relatives_named"] <= column["relatives_tested"]).all()
    # a cascade adds to a strategy and takes nothing from it
    names = uncertain.axes.strategies
    for name in EVERYONE:
        alone, family = parts[..., names.index(name), :], parts[..., names.index(f"{name}_and_family"), :]
        np.testing.assert_array_equal(alone[..., FOUND], family[..., FOUND])
        assert (family[..., REASONS] <= alone[..., REASONS]).all()


@pytest.mark.parametrize("engine", ["counts", "expected"])
def test_an_uptake_of_zero_is_todays_practice(engine):
    """In every column, bit for bit; only why people were missed is told apart: no trigger, or not offered."""
    strategies = {name: {"uptake": 0.0} for name in EVERYONE}
    strategies |= {"again": {"who": "all_copd", "uptake": 0.0, "interval_years": 2, "first_test": "sequencing"}}
    strategies |= {"other": {"who": "whole_population", "uptake": 0.5}}  # so that there are intervals to fall into
    config = finding_config(strategies=strategies) | {"parameters": {}}
    inputs = build_inputs(config)
    sums = run_block(inputs if engine == "counts" else inputs.first_replicates(3), engine, seed=5, block=0)
    zero = [i for i, name in enumerate(sums.axes.strategies) if name != "other"]
    parts, work = sums.drawn["strategies"][..., zero, :], sums.drawn["strategy_work"][..., zero, :]
    told_apart = [PARTS.index(part) for part in ("no_trigger", "not_offered")]
    same = [i for i in range(len(PARTS)) if i not in told_apart]
    together = parts[..., told_apart].sum(axis=-1)
    if engine == "counts":
        np.testing.assert_array_equal(work, np.broadcast_to(work[..., :1, :], work.shape))
        np.testing.assert_array_equal(together, np.broadcast_to(together[..., :1], together.shape))
    else:  # sums of products in another order
        np.testing.assert_allclose(work, np.broadcast_to(work[..., :1, :], work.shape), rtol=1e-12)
        np.testing.assert_allclose(together, np.broadcast_to(together[..., :1], together.shape), rtol=1e-12)
    np.testing.assert_array_equal(parts[..., same], np.broadcast_to(parts[..., :1, same], parts[..., same].shape))


def test_genotyping_of_s_and_z_misses_exactly_the_rare_share():
    """All severe people but ZZ read as carriers or normal: whoever of them was not recognised is blind, and of ZZ nobody is.

    In every replicate, of all people tested by S and Z, today and in the strategy.
    """
    strategies = {"whole_population": {"uptake": 1.0, "first_test": "sz_genotyping"}}
    config = finding_config(strategies=strategies, testing={"first_test": "sz_genotyping"}) | {"parameters": {}}
    for population in config["populations"].values():
        population["size"] *= 50
    sums = run_block(build_inputs(config), "counts", seed=8, block=0)
    part = {name: sums.drawn["strategies"][:, :, :, 1, i] for i, name in enumerate(PARTS)}
    people = sums.drawn["strategies"][:, :, :, 1].sum(axis=-1)
    rare = [g for g in SEVERE if g != ZZ]
    unrecognised = people - part["recognised_today"]
    np.testing.assert_array_equal(part["blind"][:, :, rare], unrecognised[:, :, rare])
    assert unrecognised[:, :, rare].sum() > 1000
    assert part["found"][:, :, rare].sum() == 0
    np.testing.assert_array_equal(part["found"][:, :, ZZ] + part["not_followed_up"][:, :, ZZ], unrecognised[:, :, ZZ])
    severe = sums.axes.groups.index("severe")
    np.testing.assert_array_equal(part["blind"][:, :, severe], unrecognised[:, :, rare].sum(axis=-1))


def test_more_is_found_with_a_higher_uptake_and_a_wider_offer():
    """The same strategy at a higher uptake, or one that offers the test to more people at the same: in every replicate, for
    every genotype, at least as many are tested, positive and found, and at most as many have COPD that is not recognised."""
    uptakes = (0.0, 0.05, 0.3, 0.3001, 0.75, 1.0)
    wider = ("copd_under_65_or_20_pack_years", "all_copd", "whole_population")
    strategies = {f"{who}_at_{round(10_000 * u)}": {"who": who, "uptake": u} for who in EVERYONE for u in uptakes}
    config = finding_config(strategies=strategies) | {"parameters": {}}
    sums = run_block(build_inputs(config).first_replicates(32), "counts", seed=9, block=0)
    names, work = sums.axes.strategies, sums.drawn["strategy_work"]
    chains = [[f"{who}_at_{round(10_000 * u)}" for u in uptakes] for who in EVERYONE]
    chains += [[f"{who}_at_{round(10_000 * u)}" for who in wider] for u in uptakes]
    chains += [
        [f"{who}_at_{round(10_000 * u)}" for who in ("smokers_with_obstruction", "whole_population")] for u in uptakes
    ]
    for chain in chains:
        at = [names.index(name) for name in chain]
        for column in ("tested", "positive", "named"):
            assert (np.diff(work[..., at, WORK.index(column)], axis=-1) >= -1e-9).all(), (chain, column)
        assert (np.diff(sums.drawn["strategies"][..., at, FOUND], axis=-1) >= 0).all(), chain
        assert (np.diff(work[..., at, WORK.index("copd_unrecognised")], axis=-1) <= 0).all(), chain


@pytest.mark.parametrize("engine", ["counts", "expected"])
def test_strategies_move_nobody(engine):
    """With and without strategies: the same people, COPD, recognition, treatment, funnel, symptoms and today's practice."""
    config = finding_config() | {"parameters": {}}
    with_strategies = {**config, "strategies": EVERYONE | {"family": {"who": "all_copd", "cascade": True}}}
    n = 64 if engine == "counts" else 3
    without, compared = (
        run_block(build_inputs(c).first_replicates(n), engine, seed=2, block=1) for c in (config, with_strategies)
    )
    for table in ("people", "by_age", "funnel", "liver", "testing", "symptoms", "strategies", "strategy_work"):
        here, there = without.drawn[table], compared.drawn[table]
        if table.startswith("strateg"):
            here, there = here[..., 0, :], there[..., 0, :]
        if here.dtype.kind == "i":
            np.testing.assert_array_equal(here, there, err_msg=table)
        else:  # sums of products in another order
            np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-12, err_msg=table)


@pytest.mark.parametrize("at_once", [1, 10**9], ids=["one replicate", "all replicates"])
def test_chunks_change_nothing(monkeypatch, at_once):
    """Whether replicates are drawn one by one, a few at a time or all together, bit for bit."""
    strategies = EVERYONE | {"family": {"who": "all_copd", "uptake": 0.5, "cascade": True}}
    config = finding_config(strategies=strategies) | {"parameters": {}}
    inputs = build_inputs(config).first_replicates(8)
    before = run_block(inputs, "counts", seed=4, block=0)
    monkeypatch.setattr(walk_module, "CELLS_AT_ONCE", at_once)
    after = run_block(inputs, "counts", seed=4, block=0)
    for table in ("people", "testing", "symptoms", "strategies", "strategy_work"):
        np.testing.assert_array_equal(before.drawn[table], after.drawn[table], err_msg=table)
