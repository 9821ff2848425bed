"""Families of a config: the people they start from, the law of their relatives, the command and what it writes."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import simulation
from simulation import ConfigError, load_config
from simulation.data.pack import data_pack
from simulation.diagnosis.strategies import STRATEGIES, TRIGGERS
from simulation.genetics.relatives import relative_probabilities
from simulation.studies.families import write_ped
from simulation.studies.pedigrees import families_of
from tests.chance import assert_proportion

PED = ["family", "person", "father", "mother", "sex", "phenotype"]
Q = 0.06
# one allele of a known frequency, so that the law of relatives is a number
KNOWN = {
    "population": {"size": 10_000_000, "ancestry": {"mine": 1.0}},
    "ancestries": {"mine": {"Z": Q}},
    "genetics": {"alleles": ["M", "Z"]},
}
TWO = {
    "populations": {
        "a": {"size": 400_000, "ancestry": {"swe": 0.5, "gnomad_nfe": 0.5}},
        "b": {"size": 300_000, "ancestry": {"gnomad_fin": 1.0}, "age_min": 30},
    }
}


def aatd(*arguments, cwd=None):
    command = [sys.executable, "-m", "simulation", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=300)


def index_persons(families):
    return families[families["relation"] == "index"]


# Whom families start from


@pytest.mark.parametrize("index", ["severe", "intermediate", "Z/rare"])
def test_all_index_persons_are_all_the_listed_people(index):
    wanted = {"severe": "severe", "intermediate": "intermediate", "Z/rare": "severe"}[index]
    results = simulation.run(TWO, engine="individuals", replicates=1, individuals={"only": wanted})
    listed = pd.concat(results.individuals())
    if index == "Z/rare":
        listed = listed[listed["genotype"] == index]
    listed = listed.assign(recognised=listed["state"].astype(str).str.endswith("recognised"), band=listed["age"] // 5)
    found = index_persons(families_of(TWO, index, len(listed), siblings=0, children=0))
    found = found.assign(recognised=found["index_recognised"], band=found["index_age"] // 5)
    by = ["population", "sex", "genotype", "band", "recognised"]
    counts = [table[by].astype(str).value_counts().sort_index() for table in (listed, found)]
    pd.testing.assert_series_equal(*counts)
    with pytest.raises(ConfigError, match=f"the first replicate has {len(listed):,} people"):
        families_of(TWO, index, len(listed) + 1)


def test_a_sample_of_index_persons_is_in_proportion():
    inputs = simulation.build_inputs(TWO).first_replicates(1)
    carrier = inputs.values("genotype")[0][:, inputs.members("carrier")].sum(axis=-1)
    carriers = inputs.values("n_people") * carrier[:, None, None]  # population, sex, age
    found = index_persons(families_of(TWO, "carrier", 20_000, siblings=0, children=0))
    for column, axes in (("population", (1, 2)), ("sex", (0, 2))):
        expected = carriers.sum(axis=axes)[0] / carriers.sum()
        n = int((found[column] == ("a" if column == "population" else "male")).sum())
        assert_proportion(n, 20_000, expected=float(expected), detects=0.03, alpha=1e-6)


def test_only_recognised_people_if_asked():
    found = families_of(TWO, number=20, only_recognised=True)
    assert found["index_recognised"].all()
    assert found.loc[found["relation"] == "index", "severe"].all()
    with pytest.raises(ConfigError, match=r"has 0 people \(carrier, recognised\)"):
        families_of(TWO, "carrier", 20, only_recognised=True)


# The law of relatives


def test_relatives_of_zz_are_those_of_li_and_sacks():
    # one of each kind from each family: siblings are independent only given their parents
    found = families_of(KNOWN, "ZZ", 25_000, siblings=3, children=2).drop_duplicates(["family", "relation"])
    assert (found["ancestry"] == "mine").all()
    zz = 2
    for relation, named in (("sibling", "sibling"), ("father", "parent"), ("mother", "parent"), ("child", "child")):
        people = found[found["relation"] == relation]
        expected = relative_probabilities([1 - Q, Q], named)[zz, zz]
        # a right program fails once in 10^6 runs of each line
        assert_proportion(int(people["severe"].sum()), len(people), expected=expected, detects=0.025, alpha=1e-6)


def test_inbreeding_of_the_config_makes_parents_alike():
    f = 0.2
    config = {**KNOWN, "genetics": {"alleles": ["M", "Z"], "inbreeding": 0.1, "related_parents": {"sibling": 0.4}}}
    fathers = families_of(config, "ZZ", 20_000).query("relation == 'father'")
    assert_proportion(int(fathers["severe"].sum()), 20_000, expected=f + (1 - f) * Q, detects=0.03, alpha=1e-6)


def test_numbers_of_relatives():
    found = families_of(KNOWN, "MZ", 20_000, siblings=1.2, children=0.7)
    by_family = pd.crosstab(found["family"], found["relation"])
    young = index_persons(found).set_index("family")["index_age"] < 20
    assert 0.1 < young.mean() < 0.4
    assert (by_family.loc[young, ["child", "spouse"]] == 0).all(axis=None)
    # Poisson: P(none) = exp(-mean)
    assert_proportion(int((by_family["sibling"] == 0).sum()), 20_000, expected=np.exp(-1.2), detects=0.025, alpha=1e-6)
    old = by_family[~young]
    assert_proportion(int((old["child"] == 0).sum()), len(old), expected=np.exp(-0.7), detects=0.03, alpha=1e-6)
    assert ((old["spouse"] == 1) == (old["child"] > 0)).all()


def test_the_seed_alone_decides():
    pd.testing.assert_frame_equal(families_of(TWO, number=50), families_of(load_config(TWO), number=50))
    assert not families_of(TWO, number=50).equals(families_of({**TWO, "seed": 2}, number=50))
    more = families_of(
        {**TWO, "strategies": {"whole_population": {}}, "scenarios": {"x": {"smoking": {"source": "italy_2016"}}}},
        number=50,
    )
    pd.testing.assert_frame_equal(families_of(TWO, number=50), more)  # strategies and scenarios have no part in it


def test_severe_is_what_the_config_counts_as_severe(tmp_path):
    config = {**TWO, "sets": {"SZ": "severe"}}
    found = families_of(config, number=200)
    assert found.loc[found["genotype"] == "SZ", "severe"].all()
    assert "SZ" in index_persons(found)["genotype"].tolist()
    write_ped(found, tmp_path / "a.ped")
    ped = pd.read_csv(tmp_path / "a.ped", sep="\t", header=None, names=PED)
    assert (ped["phenotype"] == 1 + found["severe"]).all()


def test_an_allele_of_ones_own_is_no_obstacle(tmp_path):
    config = {
        "population": {"size": 1_000_000, "ancestry": {"mine": 1.0}},
        "ancestries": {"mine": {"Z": 0.02, "Q9": 0.02}},
        "genetics": {"alleles": ["M", "Z", "Q9"], "own_alleles": {"Q9": {"like": "Z"}}},
    }
    found = families_of(config, number=50)
    assert found["genotype"].astype(str).str.contains("Q9").any()
    write_ped(found, tmp_path / "a.ped")


# The command


def test_families_are_written_as_ped_and_csv(tmp_path):
    arguments = ["families", "europe", "--number", 200, "-o", "a.ped", "--table", "a.csv", "--seed", 5]
    done = aatd(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Wrote a.ped and a.csv: the first replicate, seed 5" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"a.ped", "a.csv"}
    ped = pd.read_csv(tmp_path / "a.ped", sep="\t", header=None)
    assert ped.shape[1] == 6
    ped.columns = PED
    table = pd.read_csv(tmp_path / "a.csv")
    assert len(table) == len(ped)
    assert {"relation", "ancestry", "genotype", "severe", "index_recognised"} <= set(table)
    assert table["family"].nunique() == 200
    assert (ped["phenotype"] == 1 + table["severe"]).all()
    people = ped.set_index(["family", "person"])
    assert people.index.is_unique
    for parent, sex in (("father", 1), ("mother", 2)):
        named = ped[ped[parent] > 0]
        assert len(named) >= 200
        assert (people.loc[list(zip(named["family"], named[parent], strict=True)), "sex"] == sex).all()
    assert ((ped["father"] > 0) == (ped["mother"] > 0)).all()
    assert (table["sex"].map({"male": 1, "female": 2}) == ped["sex"]).all()

    before = (tmp_path / "a.ped").read_bytes()
    refused = aatd(*arguments, cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        f"a.{kind}: exists already; choose another name, or replace it with --force" for kind in ("ped", "csv")
    ]
    assert aatd(*arguments, "--force", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a.ped").read_bytes() == before  # the same seed, the same bytes


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--index", "severre"], "index severre: unknown set or genotype; did you mean severe?"),
        (["--number", "0"], "europe: number 0; it must be at least 1 and at most 1,000,000"),
        (["--siblings", "-1"], "europe: siblings -1; a mean number must be at least 0 and at most 20"),
        (["--children", "nan"], "europe: children nan; a mean number must be at least 0 and at most 20"),
        (
            ["--set", "genetics.inbreeding=-0.001"],
            "europe: genetics.inbreeding = -0.001; families need an F of at least 0",
        ),
        (["--table", "families.ped"], "--table families.ped: is the file of --out; choose another name"),
        (["--set", "population.size=1000"], "people (severe); ask for fewer, or simulate more"),
        (["-o", "file/a.ped"], "file/a.ped: cannot be written"),
    ],
    ids=lambda value: "",
)
def test_a_mistake_is_one_sentence_and_leaves_no_file(arguments, sentence, tmp_path):
    (tmp_path / "file").write_text("")
    done = aatd("families", "europe", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_tests_and_strategies_are_listed():
    tests, strategies = aatd("tests").stdout, aatd("strategies").stdout
    for name in data_pack().lab_tests:
        assert name in tests
    focusing = next(line for line in tests.splitlines() if line.split()[:1] == ["isoelectric_focusing"])
    assert focusing.split()[4:6] == ["yes", "yes"]
    assert "nothing" in focusing
    for name, law in {**STRATEGIES, **TRIGGERS}.items():
        line = next(line for line in strategies.splitlines() if line.split()[:1] == [name])
        assert line.split(maxsplit=1)[1].startswith(law.__doc__.split("\n")[0])
    assert "Off by default: set exposures.family_history above 0." in strategies


def test_check_names_the_strategies():
    shown = aatd("check", "cascade").stdout
    assert "strategy todays_practice: level, then sz_genotyping, reflex sequencing" in shown
    assert "strategy all_copd_cascade: all_copd; uptake 0.5; level, then" in shown
    assert "; and relatives\n" in shown
    assert "strategy" not in aatd("check", "europe").stdout
    idle = aatd("check", "europe", "--set", "cascade.uptake_first_degree=0.2").stdout
    assert "mind: [cascade] is of use to a strategy with cascade = true only" in idle
