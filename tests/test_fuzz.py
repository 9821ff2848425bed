"""Any config at all, valid or broken, either runs to tables without stray gaps or is refused in sentences that name a key."""

import copy
import math
import os
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulation
from simulation.cli import main
from simulation.config.schema import Config
from simulation.data.pack import data_pack
from simulation.diagnosis.strategies import STRATEGIES, TRIGGERS
from simulation.genetics.relatives import RELATIONS
from simulation.labels import AGES, PERSON_COLUMNS, SETS
from simulation.randomness import BLOCK_SIZE
from tests.test_cli import CONFIGS

PACK = data_pack()
EXAMPLES = int(os.environ.get("AATD_FUZZ", "200"))  # the nightly setting is 10,000
LONGEST = 120  # seconds; no config of this size takes as long unless something hangs
STATUS = ("never", "former", "current")
ANCESTRIES = sorted(PACK.ancestries)
ROWS = sorted(PACK.parameters)

share = st.floats(0, 1) | st.sampled_from([0, 1, "2.2 %", "1 in 46", 0.5])
small = st.floats(0, 0.2) | st.sampled_from([0, "0.1 %", {"count": 3, "of": 200}, {"count": 0, "of": 50, "rho": 0}])


def ranged(low, high):
    return st.tuples(st.floats(low, high), st.floats(low, high)).map(sorted).filter(lambda x: x[1] > x[0])


value = st.one_of(
    st.floats(0, 3),
    share,
    st.sampled_from(ROWS),
    ranged(0.01, 0.9).map(lambda x: {"beta": {"low": x[0], "high": x[1]}}),
    ranged(0.1, 9).map(lambda x: {"lognormal": {"low": x[0], "high": x[1]}}),
    ranged(0, 5).map(lambda x: {"uniform": {"low": x[0], "high": x[1]}}),
)


@st.composite
def shares(draw, names):
    weights = [draw(st.integers(0, 10)) for _ in names]
    total = sum(weights) or 1
    parts = [round(w / total, 6) for w in weights]
    parts[-1] = round(1 - sum(parts[:-1]), 6)
    return dict(zip(names, parts, strict=True))


TESTS = sorted(PACK.lab_tests)
laboratory = {
    "first_test": st.sampled_from(TESTS),
    "then": st.sampled_from(TESTS),
    "how": st.sampled_from(["series", "parallel", "reflex"]),
    "cut_off_umol_l": st.floats(4, 45),
}
smoking = st.sampled_from(sorted(PACK.smoking)).map(lambda x: {"source": x}) | shares(STATUS)
ancestry = st.one_of(
    st.lists(st.sampled_from(ANCESTRIES), min_size=1, max_size=3, unique=True).flatmap(shares),
    st.sampled_from(sorted(PACK.mixtures)),
)
population = st.fixed_dictionaries(
    {"size": st.integers(1, 20_000) | st.sampled_from([1, 10**10, *sorted(PACK.ages)[:5], *PACK.population_sizes])},
    optional={
        "ages": st.sampled_from(sorted(PACK.ages)),
        "age_min": st.sampled_from(AGES[:16]),
        "age_max": st.sampled_from(AGES[5:]),
        "ancestry": ancestry,
        "births": st.integers(1, 10**6) | st.sampled_from(sorted(PACK.births)),
        "smoking": smoking,
    },
)
tables = {
    "genetics": st.fixed_dictionaries(
        {},
        optional={
            "alleles": st.lists(st.sampled_from(["S", "Z", "rare", "null"]), unique=True).map(lambda x: ["M", *x]),
            "inbreeding": st.floats(-0.05, 1),
            "mating": st.sampled_from(["within_ancestry", "random", 0.3]),
            "related_parents": st.dictionaries(st.sampled_from(sorted(RELATIONS)), share, max_size=2),
        },
    ),
    "smoking": smoking,
    "serum": st.fixed_dictionaries(
        {},
        optional={
            "standard": st.sampled_from(["nephelometry", "purified"]),
            "threshold_mg_dl": st.floats(1, 299),
            "inflamed_share": share,
        },
    ),
    "exposures": st.fixed_dictionaries({}, optional={"passive_smoke": share, "family_history": share}),
    "recognition": st.fixed_dictionaries(
        {}, optional={"severe_diagnosis": st.sampled_from(["solved", "same"]), "uptake": share}
    ),
    "liver": st.fixed_dictionaries({}, optional={"baseline_cirrhosis": share}),
    "parameters": st.dictionaries(st.sampled_from(ROWS), value, max_size=3),
    "testing": st.fixed_dictionaries({}, optional={**laboratory, "years": st.floats(0.5, 60)}),
    "cascade": st.fixed_dictionaries(
        {}, optional={"uptake_first_degree": share, "uptake_second_degree": share, "test": st.sampled_from(TESTS)}
    ),
    "care": st.fixed_dictionaries(
        {},
        optional={
            "rule": st.sampled_from(sorted(PACK.treatment_rules)),
            "treated_with_normal_airflow": share,
        },
    ),
}
strategy = st.fixed_dictionaries(
    {},
    optional={
        **laboratory,
        "uptake": share,
        "interval_years": st.floats(0.5, 20),
        "triggers": st.lists(st.sampled_from(sorted(TRIGGERS)), min_size=1, unique=True),
        "cascade": st.booleans(),
    },
)
scenario = st.fixed_dictionaries({}, optional=tables)
config_strategy = st.fixed_dictionaries(
    {"replicates": st.integers(1, 3)},
    optional={
        **tables,
        "seed": st.integers(0, 2**63 - 1),
        "engine": st.sampled_from(["counts", "expected", "individuals"]),
        "population": population,
        "populations": st.dictionaries(st.sampled_from(["a", "b_2", "C"]), population, min_size=1, max_size=3),
        "ancestries": st.dictionaries(
            st.sampled_from(["mine", "yours"]),
            st.dictionaries(st.sampled_from(["S", "Z", "rare", "null"]), small, max_size=4),
            max_size=2,
        ),
        "copd": st.fixed_dictionaries(
            {},
            optional={
                "definition": st.sampled_from(["fixed_ratio", "lln", "recorded"]),
                "calibrate_total": st.booleans(),
                "prevalence": share | st.sampled_from([row for row in ROWS if row.startswith("lung.copd_base.")]),
                "prevalence_age_min": st.integers(0, 100),
                "baseline": st.sampled_from(["epic_canada", "epic_us"]),
                "mz_risk": st.sampled_from(["constant", "falls_with_pack_years"]),
            },
        ),
        "sets": st.dictionaries(st.sampled_from(["MZ", "SZ", "ZZ", "Z/rare"]), st.sampled_from(SETS), max_size=2),
        "individuals": st.fixed_dictionaries(
            {},
            optional={
                "order": st.sampled_from(["sorted", "shuffled"]),
                "columns": st.lists(st.sampled_from(PERSON_COLUMNS), min_size=1, unique=True),
            },
        ),
        "strategies": st.dictionaries(st.sampled_from(sorted(STRATEGIES)), strategy, max_size=4),
        "couples": st.fixed_dictionaries({}, optional={"n_couples": st.integers(1, 10**7)}),
        "execution": st.just({"workers": 2}),
        "scenarios": st.dictionaries(st.sampled_from(["one", "two"]), scenario, max_size=2),
    },
)
junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


@st.composite
def any_config(draw):
    """A config; half of them with one thing broken somewhere: a value, a key, a whole table."""
    config = draw(config_strategy)
    if "populations" in config and draw(st.booleans()):
        config.pop("population", None)
    if config.get("engine") == "individuals":  # a list of few: the point is which, not how many
        config["individuals"] = {**config.get("individuals", {}), "only": "severe", "replicates": 1}
    if draw(st.booleans()):
        table = config = copy.deepcopy(config)
        for _ in range(draw(st.integers(0, 3))):
            inner = sorted(key for key, held in table.items() if isinstance(held, dict))
            if not inner:
                break
            table = table[draw(st.sampled_from(inner))]
        known = sorted(table) or ["nothing"]
        key = draw(st.sampled_from(known) | st.text(max_size=6))
        table[key] = draw(junk)
    replicates = config.get("replicates")
    if isinstance(replicates, int) and 10 < replicates <= 10_000_000:  # right, and too long for a test
        config["replicates"] = 10
    return config


ENDS = ("_of_means", "_mean", "_median", "_low", "_high")
# of strategies: there may be no tests, nobody to be found, or no carrier
RATIOS = (
    "yield",
    "number_needed_to_test",
    "tests_per_carrier",
    "cases_per_index",
    "relatives_named_per_index",
    "cost_per_case",
    "cost_per_relative_found",
    "fall_of_unrecognised_copd",
)


def assert_no_stray_gaps(results):
    """A cell is empty only where docs/tables.md says that there is nothing to say; no number is infinite."""
    for name, table in results.tables.items():
        numbers = table.select_dtypes("number")
        assert not np.isinf(numbers.to_numpy(float)).any(), name
        empty = numbers.isna() if name != "parameters" else numbers[["share_of_variance"]].isna()
        allowed = empty & False
        if "mc_se" in empty and results.record["replicates"] <= BLOCK_SIZE:
            allowed["mc_se"] = True
        for column in empty:
            stem = column.rpartition("_")[0]
            if name in ("prevalence", "carriers"):
                if column.startswith("one_in"):
                    of = {"one_in": "mean", "one_in_low": "high", "one_in_high": "low"}[column]
                    allowed[column] |= table[f"proportion_{of}"] < 1e-300
                elif column.startswith("n_") and "at" in table:
                    allowed[column] |= table["at"] == "birth"
                elif stem == "share_of_carriers":
                    allowed[column] |= table.groupby(["scenario", "population"])["n_mean"].transform("max") == 0
            elif stem == "prevalence":
                allowed[column] |= table["n_people_mean"] == 0
            elif stem == "share_of_copd":
                whole = table.groupby(["scenario", "population"])["n_copd_mean"].transform("max")
                allowed[column] |= whole == 0
            elif name == "recognition":
                if "aatd" in column or column.startswith("sd_"):
                    allowed[column] |= table["n_aatd_recognised_mean"].isna()
                if table["definition"].eq("recorded").all():
                    allowed[column] |= "undiagnosed" in column or "asthma" in column
            elif name == "liver":
                infants = table["outcome"] == "cholestasis_in_infancy"
                allowed[column] |= (
                    infants if stem == "n" or column.startswith("sd_") else table["n_mean"].fillna(0) == 0
                )
            elif name == "treatment":
                before = table.groupby(["scenario", "population", "rule", "genotype"])["n_mean"].shift()
                allowed[column] |= (before == 0) | before.isna()
            elif name == "differences":
                allowed[column] |= (table["base_mean"] <= 0) & (stem == "relative")
            stem = next((column.removesuffix(end) for end in ENDS if column.endswith(end)), column)
            if column in ("z", "mc_se"):  # nothing is left to chance, or there is one block only
                allowed[column] = True
            elif name == "testing":
                before = table.groupby(["scenario", "population", "genotype"])["n_mean"].shift(fill_value=0)
                allowed[column] |= (before == 0) & column.startswith("share_of")
            elif name == "strategies":
                allowed[column] |= stem in RATIOS
            elif name == "strategy_genotypes":
                people = table.groupby(["scenario", "population", "strategy", "genotype"])["n_mean"].transform("sum")
                allowed[column] |= (people == 0) & (stem == "share")
            elif name == "delay":
                allowed[column] |= table["measure"].isin(
                    ["age_at_first_symptom", "share_called_asthma", "years_before_recognition"]
                )
            elif name in ("couples", "couples_by_ancestry", "residual_risk"):
                nobody = table["n_mean"] == 0 if "n_mean" in table else table["proportion_mean"] < 1e-300
                allowed[column] |= (column == "one_in") | (nobody & (stem in ("proportion", "closed_form")))
            elif name == "other_diseases":
                whole = table.groupby(["scenario", "population", "disease"])["share_of_cases_mean"].transform("max")
                allowed[column] |= (table["disease"] == "anca_vasculitis") if stem == "n" else whole.isna()
        stray = empty & ~allowed
        assert not stray.to_numpy().any(), (name, table[stray.any(axis=1)].iloc[0].to_dict(), stray.any())


def keys_in(config, prefix=""):
    for key, held in config.items():
        yield f"{prefix}{key}"
        if isinstance(held, dict):
            yield from keys_in(held, f"{prefix}{key}.")


def check(config):
    began = time.monotonic()
    try:
        results = simulation.run(config)
    except simulation.ConfigError as error:
        names = {*Config.model_fields, *(key.rpartition(".")[2] for key in keys_in(config)), *keys_in(config)}
        for message in error.messages:
            assert message
            assert any(name in message for name in names if name) or '""' in message or "key" in message, message
    else:
        assert_no_stray_gaps(results)
        if config.get("engine") == "individuals":
            for people in results.individuals():
                gaps = people.isna()
                assert not gaps.to_numpy().any()
                assert all(math.isfinite(x) for x in people.select_dtypes("float").max())
    assert time.monotonic() - began < LONGEST


@given(any_config())
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_a_config_runs_or_is_refused_by_key(config):
    check(config)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
@given(data=st.data())
@settings(max_examples=max(EXAMPLES // 40, 3), suppress_health_check=list(HealthCheck))
def test_a_mutilated_file_is_read_or_refused(path, data, tmp_path_factory):
    """Letters taken out of or put into a file: `aatd check` ends with 0 or with 2 and sentences."""
    text = path.read_text(encoding="utf-8").replace("extends = ", "# ")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.text(max_size=3)) + text[at + data.draw(st.integers(0, 3)) :]
    folder = tmp_path_factory.mktemp("mutilated")
    (folder / "broken.toml").write_text(text, encoding="utf-8", errors="replace")
    argv, stderr = sys.argv, sys.stderr
    sys.argv = ["aatd", "check", str(folder / "broken.toml")]
    sys.stderr = open(folder / "stderr", "w", encoding="utf-8")  # noqa: SIM115
    try:
        with pytest.raises(SystemExit) as end:
            main()
    finally:
        sys.stderr.close()
        sys.argv, sys.stderr = argv, stderr
    said = (folder / "stderr").read_text(encoding="utf-8")
    assert end.value.code in (0, 2)
    assert (end.value.code == 2) == bool(said)
    assert "Traceback" not in said
