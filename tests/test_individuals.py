"""The line list: it adds up to the tables exactly, and what is drawn of each person follows its law."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare, kstest, norm

import simulation
from simulation.care.augmentation import ELIGIBILITY, FUNNEL_STEPS
from simulation.config.load import load_config
from simulation.engines import runs as runs_module
from simulation.engines.dealing import deal, runs_of
from simulation.engines.individuals import person_law, persons
from simulation.engines.runs import Runs, chunks, shuffled_chunks
from simulation.engines.split import Drawn
from simulation.engines.walk import walk
from simulation.exposures.pack_years import SmokingCareer, pack_years_classes, pack_years_quantiles
from simulation.labels import AGES, PERSON_COLUMNS, SEXES, SMOKING, STATES
from simulation.randomness import fill_standard_normal, generator
from simulation.results.axes import AGE_SETS
from tests.chance import assert_proportion, assert_z_scores

# Many severe genotypes, so that every step of the funnel and every liver disease has people; minors; two mixtures; every
# setting that a person's columns depend on.
RICH = {
    "seed": 5,
    "replicates": 3,
    "engine": "individuals",
    "populations": {
        "north": {"size": 30_000, "ages": "SWE", "ancestry": {"own": 0.7, "gnomad_fin": 0.3}},
        "south": {"size": 20_000, "ages": "ESP", "age_min": 10, "ancestry": {"own": 1.0}},
    },
    "ancestries": {"own": {"S": 0.1, "Z": 0.25, "rare": 0.02, "null": 0.03}},
    "serum": {"inflamed_share": 0.2},
    "liver": {"baseline_cirrhosis": 0.01},
    "parameters": {"tx.willing": 0.7, "tx.iga_deficiency.europe_default": 0.2},
    "scenarios": {"everybody_smokes": {"smoking": {"never": 0, "former": 0, "current": 1}}},
}


@pytest.fixture(scope="module")
def rich():
    return simulation.run(RICH)


@pytest.fixture(scope="module")
def people(rich):
    return pd.concat(rich.individuals(), ignore_index=True)


def test_a_row_for_everybody(rich, people):
    assert len(people) == 2 * 3 * 50_000
    assert list(people.columns) == ["person_id", "replicate", "scenario", *PERSON_COLUMNS]
    for (_, _), some in people.groupby(["scenario", "replicate"], observed=True):
        assert some["person_id"].tolist() == list(range(50_000))
    assert set(people.dtypes[["age"]].astype(str)) == {"uint8"}
    assert set(people.dtypes[["pack_years", "serum_aat_umol_l"]].astype(str)) == {"float32"}
    assert (
        people["genotype"].cat.categories.tolist() == [g for g in rich.replicates().axes.groups if g[0] in "MSZrn"][:15]
    )
    assert people["state"].cat.categories.tolist() == list(STATES)
    assert people["eligibility"].cat.categories.tolist() == list(ELIGIBILITY)


@pytest.mark.parametrize("scenario", ["base", "everybody_smokes"])
def test_the_line_list_adds_up_to_the_tables(rich, people, scenario):
    replicates = rich.replicates(scenario)
    listed = people[people["scenario"] == scenario]
    axes = replicates.axes
    counted = dict(zip(axes.groups, axes.counted_as, strict=False))
    for r, population in product(range(3), ("north", "south")):
        some = listed[(listed["replicate"] == r) & (listed["population"] == population)]
        for genotype in counted:
            of = some[some["genotype"] == genotype]
            table = pd.crosstab(
                pd.Categorical(of["smoking"], SMOKING), pd.Categorical(of["state"], STATES), dropna=False
            ).reindex(index=SMOKING, columns=STATES, fill_value=0)
            assert (table.to_numpy() == replicates.drawn("people", population, genotype)[r][:3]).all()
        for name in ("carrier", "severe", "all"):
            members = [g for g, s in counted.items() if name in (s, "all")]
            of = some[some["genotype"].isin(members)]
            cells = replicates.drawn("by_age", population, name)[r]
            for (s, sex), (a, age) in product(enumerate(SEXES), enumerate(AGES)):
                band = of[(of["sex"] == sex) & (of["age"] >= age) & (of["age"] < age + 5)]
                assert [len(band), int(band["copd"].sum())] == cells[s, a].tolist()
        for genotype in axes.severe[:-1]:
            reached = some.loc[some["genotype"] == genotype, "eligibility"].cat.codes
            steps = [int((reached >= ELIGIBILITY.index(step)).sum()) for step in FUNNEL_STEPS]
            assert steps == replicates.drawn("funnel", population, genotype)[r, 0].tolist()
        for genotype in axes.liver[:-1]:
            of = some[some["genotype"] == genotype]
            ill = [
                len(of),
                (of["liver"] != "none").sum(),
                of["liver"].isin(["liver_cancer", "liver_cancer_and_transplant"]).sum(),
                of["liver"].isin(["liver_transplant", "liver_cancer_and_transplant"]).sum(),
                of["panniculitis"].sum(),
            ]
            assert ill == replicates.drawn("liver", population, genotype)[r].tolist()
    if scenario == "base":  # every step was tried, but FEV1, which the general rule does not ask for
        assert (listed["eligibility"].value_counts().drop("copd") > 0).all()
    assert (listed["liver"].value_counts() > 0).all()
    assert set(AGE_SETS) >= {"carrier", "severe", "all"}


def test_columns_of_a_person_agree(people):
    assert (people["copd"] == ~people["state"].astype(str).str.startswith("no_copd")).all()
    assert ((people["pack_years"] > 0) == (people["smoking"] != "never")).all()
    assert not (people["copd"] & (people["age"] < 20)).any()
    severe = people["eligibility"] != "not_severe"
    assert (severe == people["genotype"].isin(["ZZ", "Z/rare", "Z/null", "rare/rare", "rare/null", "null/null"])).all()
    step = people["eligibility"].cat.codes
    new_liver = people["liver"].isin(["liver_transplant", "liver_cancer_and_transplant"])
    left = step >= ELIGIBILITY.index("not_transplanted")
    assert (left[severe] == ~new_liver[severe]).all()
    assert not new_liver[~severe].any()
    adult = step >= ELIGIBILITY.index("age")
    assert (adult[left] == (people["age"] >= 18)[left]).all()
    low = step >= ELIGIBILITY.index("below_threshold")
    assert (low[adult] == (people["serum_aat_umol_l"] < 11)[adult]).all()
    assert (people.loc[people["genotype"] == "null/null", "serum_aat_umol_l"] == 0).all()
    assert not (people["smoking"] == "current")[step >= ELIGIBILITY.index("does_not_smoke")].any()
    assert people.loc[step == ELIGIBILITY.index("recognised"), "state"].str.endswith("_recognised").all()
    assert set(people.loc[people["population"] == "south", "ancestry"]) == {"own"}


def test_tables_do_not_change_with_the_engine(rich):
    counts = simulation.run(RICH, engine="counts")
    for name, table in rich.tables.items():
        pd.testing.assert_frame_equal(table, counts.tables[name])
    with pytest.raises(simulation.DataError, match="no line list here"):
        next(counts.individuals())


def test_settings_of_the_line_list(rich, people):
    some = simulation.run(RICH, individuals={"only": "severe", "replicates": 2, "columns": ["genotype", "age"]})
    listed = pd.concat(some.individuals("base"), ignore_index=True)
    assert list(listed.columns) == ["person_id", "replicate", "scenario", "age", "genotype"]
    assert sorted(set(listed["replicate"])) == [0, 1]
    base = people[(people["scenario"] == "base") & (people["eligibility"] != "not_severe")]
    for r in (0, 1):
        both = [x[x["replicate"] == r]["genotype"].value_counts().to_dict() for x in (listed, base)]
        assert both[0] == both[1]
    pd.testing.assert_frame_equal(some.headlines, rich.headlines)
    with pytest.raises(simulation.DataError, match="did you mean genotype"):
        next(some.individuals(columns=["genotypes"]))
    with pytest.raises(simulation.DataError, match="no scenario bse; did you mean base"):
        some.individuals("bse")


def test_leaving_a_column_out_changes_no_other():
    inputs = simulation.build_inputs(RICH)
    leaves = next(walk(inputs, Drawn(5, 0)))
    rng = lambda process: generator(5, 0, process)  # noqa: E731
    found, law = runs_of(inputs, leaves, 0, rng), person_law(inputs, 0)
    whole = persons(found, law, rng)
    for name in PERSON_COLUMNS:
        assert (persons(found, law, rng, (name,))[name] == whole[name]).all(), name


def test_a_list_of_one_set_is_the_part_of_the_whole_list():
    inputs = simulation.build_inputs(RICH)
    leaves = next(walk(inputs, Drawn(5, 0)))
    rng = lambda process: generator(5, 0, process)  # noqa: E731
    everybody, severe = (runs_of(inputs, leaves, 0, rng, only) for only in ("all", "severe"))
    part = everybody.take(np.isin(everybody.codes["genotype"], inputs.members("severe")))
    assert part.n.tolist() == severe.n.tolist()
    assert len(severe.n) > 1000
    for name in part.codes:
        assert (part.codes[name] == severe.codes[name]).all()


def test_rows_may_be_shuffled(monkeypatch):
    monkeypatch.setattr(runs_module, "CHUNK", 4096)  # several chunks of few people
    config = {**RICH, "replicates": 1, "scenarios": {}}
    results = simulation.run(config, individuals={"order": "shuffled"})
    listed = pd.concat(results.individuals(), ignore_index=True)
    assert listed["person_id"].tolist() == list(range(50_000))
    table = results.replicates().drawn("people", "total", "all")[0, 3]
    assert (listed["state"].value_counts().reindex(STATES).to_numpy() == table).all()
    # Wherever one looks there are as many men: halves, odd rows, runs of 100 rows. A right program fails once in 10^6.
    men = (listed["sex"] == "male").to_numpy()
    share = men.mean()
    for rows in (slice(0, 25_000), slice(0, None, 2), slice(40_000, None)):
        assert_proportion(int(men[rows].sum()), len(men[rows]), share, detects=0.05, alpha=1e-6)
    z = (men.reshape(500, 100).sum(axis=1) - 100 * share) / np.sqrt(100 * share * (1 - share))
    assert_z_scores(z, alpha=1e-6)


def test_chunks_cut_and_shuffle_without_losing_anybody(monkeypatch):
    monkeypatch.setattr(runs_module, "CHUNK", 1000)
    runs = Runs({"sex": np.arange(7, dtype=np.uint16)}, np.array([1, 999, 1, 2500, 0, 3, 1]))
    for parts in (list(chunks(runs)), list(shuffled_chunks(runs, generator(1, 0, "x")))):
        total = np.zeros(7, int)
        for part in parts:
            np.add.at(total, part.codes["sex"], part.n)
            assert (part.n > 0).all()
        assert total.tolist() == runs.n.tolist()
    assert [part.n_people for part in chunks(runs)] == [1000, 1000, 1000, 505]
    assert list(chunks(runs.take(slice(0, 0)))) == []


def test_people_are_dealt_by_the_hypergeometric_law(rng):
    # 12 of 30 are taken: each row's mean is n · 12/30 and its variance that of the law
    n, group = np.array([10, 15, 5, 4]), np.array([0, 0, 0, 1])
    drawn = np.array([deal(rng, n, group, np.array([12, 4])) for _ in range(4000)])
    assert (drawn[:, :3].sum(axis=1) == 12).all()
    assert (drawn[:, 3] == 4).all()
    variance = n[:3] * 0.4 * 0.6 * (30 - n[:3]) / 29
    z = (drawn[:, :3].mean(axis=0) - n[:3] * 0.4) / np.sqrt(variance / 4000)
    assert np.abs(z).max() < norm.isf(1e-6 / 6)  # a right program fails once in 10^6
    assert np.abs(drawn[:, :3].var(axis=0) / variance - 1).max() < 5 * np.sqrt(2 / 4000)


@pytest.fixture(scope="module")
def crowd():
    """Two million people of one replicate, enough to see a law."""
    inputs = simulation.build_inputs(
        {
            "seed": 11,
            "population": {"size": 2_000_000, "age_min": 40, "ancestry": {"gnomad_nfe": 0.5, "own": 0.5}},
            "ancestries": {"own": {"Z": 0.05}},
            "serum": {"inflamed_share": 0.1},
        }
    )
    leaves = next(walk(inputs, Drawn(11, 0)))
    streams = lambda process: generator(11, 0, process)  # noqa: E731
    return inputs, pd.DataFrame(persons(runs_of(inputs, leaves, 0, streams), person_law(inputs, 0), streams))


def test_years_within_a_group_are_even(crowd):
    _, people = crowd
    counts = np.bincount(people["age"] % 5, minlength=5)
    assert chisquare(counts).pvalue > 1e-6


def test_ancestry_given_genotype_by_bayes(crowd):
    inputs, people = crowd
    for genotype in ("MM", "MZ", "ZZ"):
        g = inputs.genotypes.index(genotype)
        joint = inputs.values("ancestry")[0] * inputs.values("ancestry_genotype")[0, 0, :, g]
        own = people.loc[people["genotype"] == g, "ancestry"] == 1
        assert_proportion(int(own.sum()), len(own), joint[1] / joint.sum(), detects=0.12, alpha=1e-6)


def test_pack_years_class_given_copd_by_bayes(crowd):
    inputs, people = crowd
    # by hand: P(class k | COPD) = p_k / Σ p, P(class k | no COPD) = (1 − p_k) / Σ (1 − p)
    a, mm = AGES.index(60), inputs.genotypes.index("MM")
    quantile = inputs.values("pack_years_quantile")[a]
    for copd, (s, sex), status in product((True, False), enumerate(SEXES), ("former", "current")):
        p = inputs.copd.sel(replicate=0, sex=sex, age=60, risk_genotype="MM")
        p = p.values[[h.startswith(status) for h in inputs.copd.coords["history"].values]]
        wanted = p / p.sum() if copd else (1 - p) / (1 - p).sum()
        chosen = people["copd"].eq(copd) & people["sex"].eq(s) & people["smoking"].eq(SMOKING.index(status))
        chosen &= people["genotype"].eq(mm) & people["age"].between(60, 64)
        limits = quantile[SMOKING.index(status)][[*range(64, 512, 64)]]
        found = np.bincount(np.searchsorted(limits, people.loc[chosen, "pack_years"]), minlength=8)
        assert found.sum() > 1000
        assert chisquare(found, wanted * found.sum()).pvalue > 1e-6


@pytest.mark.parametrize(("age", "status"), [(22.5, "current"), (47.5, "former"), (72.5, "current"), (72.5, "former")])
def test_pack_years_follow_the_smoking_career(rng, age, status):
    career = SmokingCareer(3.2, 4.4, 2.85, 0.243, 38.6, 12, 20)
    started = norm.cdf((np.log(age) - 2.85) / 0.243)
    start = np.exp(2.85 + 0.243 * norm.ppf(started * rng.random(400_000)))
    stop = np.full(start.size, age)
    if status == "former":  # truncated between start and present age
        low, high = norm.cdf((start - 38.6) / 12), norm.cdf((age - 38.6) / 12)
        stop = 38.6 + 12 * norm.ppf(low + (high - low) * rng.random(start.size))
    drawn = rng.gamma(3.2, 4.4, start.size) / 20 * (stop - start)
    quantiles = pack_years_quantiles(age, status, career)
    # 400,000 draws alone differ from their law by 0.0038 once in 10^5; the table may add a thousandth
    assert kstest(drawn, lambda x: np.interp(x, quantiles, np.linspace(0, 1, 513))).statistic < 0.005
    means = ((quantiles[:-1] + quantiles[1:]) / 2).reshape(8, 64).mean(axis=1)
    assert np.abs(means / pack_years_classes(age, status, career) - 1).max() < 0.003


def test_serum_is_lognormal_and_inflammation_raises_it(crowd):
    inputs, people = crowd
    mean, sd = inputs.values("serum_geometric_mean")[0], inputs.values("serum_log_sd")[0]
    ratio = float(inputs.values("inflamed_ratio")[0])
    for genotype in ("MM", "MZ"):
        g = inputs.genotypes.index(genotype)

        def below(x, g=g):
            score = (np.log(x) - np.log(mean[g])) / sd[g]
            return 0.9 * norm.cdf(score) + 0.1 * norm.cdf(score - np.log(ratio) / sd[g])

        level = people.loc[people["genotype"] == g, "serum_aat_umol_l"].to_numpy()
        assert kstest(level[:200_000], below).pvalue > 1e-6


def test_serum_of_severe_adults_is_the_same_law_cut_at_the_threshold():
    # SZ counted as severe: about half are below 11; both sides together are the uncut law
    config = {"population": {"size": 1_000_000, "age_min": 40, "ancestry": {"own": 1.0}}, "sets": {"SZ": "severe"}}
    config |= {"ancestries": {"own": {"S": 0.3, "Z": 0.3}}, "serum": {"inflamed_share": 0.2}, "seed": 3}
    config["genetics"] = {"alleles": ["M", "S", "Z"]}
    results = simulation.run(config, engine="individuals", replicates=1, individuals={"only": "severe"})
    people = pd.concat(results.individuals(columns=["genotype", "serum_aat_umol_l", "eligibility"]))
    inputs = simulation.build_inputs(load_config(config))
    g, ratio = inputs.genotypes.index("SZ"), float(inputs.values("inflamed_ratio")[0])
    mean, sd = inputs.values("serum_geometric_mean")[0, g], inputs.values("serum_log_sd")[0, g]

    def below(x):
        score = (np.log(x) - np.log(mean)) / sd
        return 0.8 * norm.cdf(score) + 0.2 * norm.cdf(score - np.log(ratio) / sd)

    level = people.loc[people["genotype"] == "SZ", "serum_aat_umol_l"].to_numpy()
    assert kstest(level, below).pvalue > 1e-6
    assert_proportion(int((level < 11).sum()), level.size, float(below(11.0)), detects=0.01, alpha=1e-6)


def test_normal_numbers(rng):
    for n in (1, 2, 7, 100_000):
        z = np.full(n, np.nan, np.float32)
        fill_standard_normal(rng, z)
        assert np.isfinite(z).all()
    assert kstest(z, norm.cdf).pvalue > 1e-6


def test_a_population_without_anybody_of_the_set_is_an_empty_list():
    config = {"population": {"size": 1000, "ancestry": {"own": 1.0}}, "ancestries": {"own": {"S": 0.01}}}
    results = simulation.run(config, engine="individuals", replicates=2, individuals={"only": "severe"})
    assert list(results.individuals()) == []


def test_more_people_than_numpy_deals_are_refused_in_a_sentence():
    config = {"population": {"size": 10**10, "ancestry": {"own": 1.0}}, "ancestries": {"own": {"Z": 0.4, "S": 0.0001}}}
    with pytest.raises(simulation.ConfigError, match="fewer than 1,000,000,000 can be dealt out; lower the population"):
        simulation.run(config, engine="individuals", replicates=1, individuals={"only": "SS"})
    assert len(simulation.run(config, engine="counts", replicates=1).prevalence)


def test_a_folder_of_files_is_one_dataset(rich, people, tmp_path):
    folder = rich.save(tmp_path / "out") / "individuals"
    assert len(pd.read_parquet(folder / "base")) == 150_000
    assert len(pd.read_parquet(folder)) == len(people)


def test_reading_mistakes_are_said(rich):
    assert list(next(rich.individuals(columns="age")).columns) == ["age"]
    with pytest.raises(simulation.DataError, match="a block of the line list has at least 1"):
        next(rich.individuals(rows=0))
    with pytest.raises(simulation.ConfigError, match="age is named twice"):
        load_config({"individuals": {"columns": ["age", "age"]}})
    with pytest.raises(simulation.ConfigError, match=r"unknown key workers; did you mean execution\.workers\?"):
        load_config({}, workers=2)
