"""The model against published figures: the comparison, the rule, the arithmetic of the sources, the report."""

import html
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from simulation.config.schema import Config
from simulation.data.pack import DataPack, data_pack
from simulation.data.rows import PublishedFigure
from simulation.errors import DataError
from simulation.labels import genotypes
from simulation.randomness import BLOCK_SIZE
from simulation.report.validation_page import write_validation
from simulation.results.forest import STATUS_MARKS, plot_forest
from simulation.validation.compare import MEASURES, STATUSES, compare, compare_figure, predicted_count, validate
from simulation.validation.populations import birth_frequencies, people_by_part, summed
from simulation.validation.verdict import EXIT_CODES, RULE, allowed_outside, verdict
from tests.chance import assert_mean, assert_proportion

PACK = data_pack()
FIGURES = PACK.published_figures
MADE_UP = PublishedFigure(
    figure="made_up", label="Demoland", population="swe", genotype="ZZ", measure="count", observed=30.0, low=None,
    high=None, n_people=1000, year="2010", status="comparable", reason="None.", source="demo", locator="here",
    verified="yes", note="",
)  # fmt: skip


@pytest.fixture(scope="module")
def outcome():
    return validate(blocks=2)


# The comparison


def test_a_count_under_a_fixed_frequency_is_binomial():
    found = compare_figure(MADE_UP, np.full(1024, 0.02), 1000, 1)
    assert found["model_mean"] == pytest.approx(20)
    assert found["standard_errors"] == pytest.approx((30 - 20) / np.sqrt(1000 * 0.02 * 0.98))


def test_the_variance_of_a_count_is_that_of_parameters_plus_that_of_chance():
    p = np.array([0.01, 0.03])
    found = compare_figure(MADE_UP, p, 1000, 1)
    variance = (1000 * 0.01) ** 2 + (10 * 0.99 + 30 * 0.97) / 2
    assert found["standard_errors"] == pytest.approx((30 - 20) / np.sqrt(variance))


def test_an_estimate_adds_its_published_interval_on_the_log_scale():
    figure = replace(MADE_UP, measure="persons", observed=40.0, low=20.0, high=80.0)
    found = compare_figure(figure, np.array([0.01, 0.04]), 1000, 1)
    sd = np.sqrt(np.log(2) ** 2 + (np.log(4) / 3.92) ** 2)  # ln 10 and ln 40 lie ln 2 from their mean, ln 20
    assert found["standard_errors"] == pytest.approx(np.log(2) / sd)
    assert found["model_mean"] == pytest.approx(25)


def test_an_estimate_without_an_interval_is_taken_as_exact():
    p = np.linspace(0.01, 0.02, 1001)
    found = compare_figure(replace(MADE_UP, measure="persons"), p, 1000, 1)
    assert found["model_low"] == pytest.approx(10.25)
    assert found["model_high"] == pytest.approx(19.75)


def test_one_in_n_is_turned_over_with_its_ends():
    figure = replace(MADE_UP, measure="one_in", observed=50.0, low=40.0, high=80.0)
    found = compare_figure(figure, np.full(64, 0.02), 1000, 1)
    assert (found["observed"], found["observed_low"], found["observed_high"]) == (1 / 50, 1 / 80, 1 / 40)
    assert found["model_mean"] == pytest.approx(0.02)
    assert found["inside"]


@pytest.mark.parametrize(("p", "inside"), [(0.001, True), (1 / 500, True), (0.01, False), (0.0001, False)])
def test_a_range_holds_the_mean_or_does_not(p, inside):
    figure = replace(MADE_UP, measure="one_in", observed=None, low=500.0, high=2000.0)
    found = compare_figure(figure, np.full(64, p), 1, 1)
    assert found["inside"] is inside
    assert np.isnan(found["standard_errors"])


@pytest.mark.parametrize("measure", ["count", "persons"])
def test_nobody_seen_and_nobody_possible_divide_by_nothing(measure):
    nobody = compare_figure(replace(MADE_UP, observed=0.0, measure=measure), np.zeros(64), 1000, 1)
    assert nobody["inside"]
    assert np.isnan(nobody["standard_errors"])
    some = compare_figure(replace(MADE_UP, observed=2.0, measure=measure), np.zeros(64), 1000, 1)
    assert not some["inside"]
    assert np.isnan(some["standard_errors"])


@given(
    observed=st.integers(0, 400),
    p=st.floats(0, 1),
    measure=st.sampled_from(["count", "persons"]),
    interval=st.one_of(st.none(), st.floats(1.1, 5)),
)
def test_inside_means_between_the_ends(observed, p, measure, interval):
    low, high = (None, None) if interval is None or observed == 0 else (observed / interval, observed * interval)
    figure = replace(MADE_UP, observed=float(observed), measure=measure, low=low, high=high)
    found = compare_figure(figure, np.full(64, p), 400, 1)
    assert found["model_low"] <= found["model_high"]
    assert found["inside"] == (found["model_low"] <= observed <= found["model_high"])


def test_drawn_counts_have_their_mean():
    # a right program fails once in 10^6 runs; a mean wrong by 1 % is found 99 times in 100
    drawn = predicted_count(np.full(2**15, 0.02), 5000, 1, "validate mean")
    assert_mean(drawn, 100, alpha=1e-6, detects=1.0)


def test_the_interval_holds_95_percent():
    # 20,000 figures drawn from the model itself; the binomial's own steps leave a little more than 95 % inside
    n, p = 100_000, 0.02
    found = compare_figure(replace(MADE_UP, n_people=n), np.full(2**15, p), n, 1)
    exact = binom.cdf(found["model_high"], n, p) - binom.cdf(found["model_low"] - 1, n, p)
    assert 0.94 < exact < 0.96  # ends are whole numbers and drawn: each is off by at most about 0.5 %
    drawn = predicted_count(np.full(20_000, p), n, 2, "validate coverage")
    inside = int(((drawn >= found["model_low"]) & (drawn <= found["model_high"])).sum())
    # a right program fails once in 10^6 runs; an interval that holds 2 % less or more is found 99 times in 100
    assert_proportion(inside, 20_000, expected=exact, detects=0.02, alpha=1e-6)


def test_every_figure_and_block_has_a_stream_of_its_own():
    p = np.full(2 * BLOCK_SIZE, 0.5)
    one, other = (predicted_count(p, 10**6, 1, f"validate {name}") for name in ("a", "b"))
    assert not np.isin(one[:BLOCK_SIZE], other[:BLOCK_SIZE]).all()
    assert (one[:BLOCK_SIZE] == predicted_count(p[:BLOCK_SIZE], 10**6, 1, "validate a")).all()
    assert not (one[:BLOCK_SIZE] == one[BLOCK_SIZE:]).all()


# Whom a figure counts


def test_parts_are_weighed_by_people():
    q = birth_frequencies(["can", "usa", "region_asia"], PACK, 1, 1)
    assert people_by_part("can:1+usa:3", PACK) == {"can": 1, "usa": 3}
    assert q["can"].shape == (BLOCK_SIZE, 15)
    regions = people_by_part("world", PACK)
    assert len(regions) == 6
    assert sum(regions.values()) == pytest.approx(sum(map(sum, PACK.ages["world"].values())), rel=1e-5)
    assert people_by_part("gnomad_nfe:us_white_nh_2020", PACK) == {
        "gnomad_nfe": PACK.population_sizes["us_white_nh_2020"].n_people
    }


def test_a_mixture_is_the_weighted_mean_of_its_ancestries():
    shares = {row.ancestry: row.share for row in PACK.mixtures["region_africa"]}
    q = birth_frequencies(["region_africa", *shares], PACK, 1, 2)
    assert np.allclose(q["region_africa"], sum(share * q[name] for name, share in shares.items()))


def test_frequencies_are_those_of_a_run():
    from simulation.assembly.build import build_inputs

    inputs = build_inputs({"seed": 5, "population": {"ancestry": {"swe": 1.0}}}, 1)
    mine = birth_frequencies(["gbr", "swe"], PACK, 5, 2)["swe"][BLOCK_SIZE:]
    assert np.allclose(mine, inputs.genotype.values[:, 0])


@pytest.mark.parametrize("population", ["elbonia", "swe+swe", "gnomad_nfe+swe", "swe:elbonia"])
def test_an_unknown_population_is_said(population):
    with pytest.raises(DataError, match=r"published_figures\.csv: population"):
        people_by_part(population, PACK)


@pytest.mark.parametrize("genotype", ["ZM", "MS+MS", ""])
def test_an_unknown_genotype_is_said(genotype):
    with pytest.raises(DataError, match=r"published_figures\.csv: genotype"):
        summed(genotype, np.zeros(15))


# The rule


def rows(n_inside, n_outside, n_wide=0, status="comparable"):
    found = [
        {"status": status, "inside": k < n_inside, "model_low": 1.0, "model_high": 9.0 if k < n_wide else 2.0}
        for k in range(n_inside + n_outside)
    ]
    return pd.DataFrame(found, columns=["status", "inside", "model_low", "model_high"])


@pytest.mark.parametrize("n", [10, 14, 20, 50, 200])
def test_as_many_may_lie_outside_as_chance_gives_99_times_in_100(n):
    allowed = allowed_outside(n)
    assert binom.cdf(allowed, n, 0.05) >= 0.99 > binom.cdf(allowed - 1, n, 0.05)
    assert verdict(rows(n - allowed, allowed))[0] == "pass"
    assert verdict(rows(n - allowed - 1, allowed + 1))[0] == "fail"


def test_few_figures_tell_nothing():
    assert verdict(rows(9, 0))[0] == verdict(rows(0, 9))[0] == verdict(rows(0, 0))[0] == "inconclusive"
    assert verdict(rows(10, 0))[0] == "pass"


def test_wide_intervals_cannot_pass_and_can_fail():
    assert verdict(rows(12, 0, n_wide=6))[0] == "pass"
    assert verdict(rows(12, 0, n_wide=7))[0] == "inconclusive"
    assert verdict(rows(6, 6, n_wide=12))[0] == "fail"
    none = rows(12, 0).assign(model_low=0.0)
    assert verdict(none)[0] == "inconclusive"


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "comparable"])
def test_only_comparable_figures_count(status):
    both = pd.concat([rows(12, 0), rows(0, 100, n_wide=100, status=status)])
    assert verdict(both) == verdict(rows(12, 0))


def test_the_rule_says_what_is_done():
    assert EXIT_CODES == {"pass": 0, "fail": 1, "inconclusive": 3}
    for words in ("95 %", "99 % quantile", "Binomial(figures, 0.05)", "fewer than 10", "4 times", "not independent"):
        assert words in RULE


def test_validate_gives_the_verdict_on_its_own_table(outcome):
    assert (outcome.verdict, outcome.sentence) == verdict(outcome.table)
    assert outcome.exit_code == EXIT_CODES[outcome.verdict]
    assert outcome.rule == RULE
    pd.testing.assert_frame_equal(outcome.table, compare(PACK, 20261120, 2))


def test_no_published_number_is_altered(outcome):
    table = outcome.table.set_index("figure")
    assert set(table.index) == set(FIGURES)
    assert list(dict.fromkeys(table["status"])) == list(STATUSES)
    for name, figure in FIGURES.items():
        if figure.observed is not None:
            printed = 1 / figure.observed if figure.measure == "one_in" else figure.observed
            assert table.loc[name, "observed"] == printed
        explained = figure.status != "comparable" or not table.loc[name, "inside"]
        assert table.loc[name, "reason"] == (figure.reason if explained else "")


def test_a_damaged_row_is_said(tmp_path):
    for path in PACK.folder.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / "published_figures.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",9187,", ",many,"), encoding="utf-8")
    with pytest.raises(DataError, match=r"published_figures\.csv line \d+: n_people = 'many'"):
        _ = DataPack(tmp_path).published_figures


# The table of figures


@pytest.mark.parametrize("figure", FIGURES.values(), ids=lambda figure: figure.figure)
def test_published_figures(figure):
    assert figure.source in PACK.references
    assert people_by_part(figure.population, PACK)
    summed(figure.genotype, np.zeros(len(genotypes(Config().genetics.alleles))))
    assert figure.measure in MEASURES
    assert figure.status in STATUSES
    assert re.fullmatch(r"[A-Z0-9][^\n]*\.", figure.reason)
    assert len(figure.reason) < 200
    if figure.observed is None:
        assert 0 < figure.low < figure.high
    else:
        assert figure.observed >= 0
        assert figure.low is None or figure.low < figure.observed < figure.high
    if figure.measure == "count":
        assert figure.observed == int(figure.observed) <= figure.n_people
    if figure.status == "comparable":
        assert figure.verified in ("yes", "derived")


def frequency_sources(figure):
    """Sources of the S and Z rows of every ancestry in a figure's population."""
    names = people_by_part(figure.population, PACK)
    ancestries = {row.ancestry for name in names for row in PACK.mixtures.get(name, ())} | set(names) - set(
        PACK.mixtures
    )
    links = [PACK.ancestry_alleles[a][x] for a in ancestries for x in ("S", "Z") if x in PACK.ancestry_alleles[a]]
    return {PACK.allele_frequencies[link.population, link.allele].source for link in links}


@pytest.mark.parametrize("figure", FIGURES.values(), ids=lambda figure: figure.figure)
def test_a_figure_shares_a_survey_exactly_if_its_status_says_so(figure):
    # the first count of the Swedish screen and the wider circle of UK Biobank are the same people under another key
    same_people = {"sveger1976": "sveger_cohort", "nakanishi2020": "hakim2021"}
    shared = same_people.get(figure.source, figure.source) in frequency_sources(figure)
    if figure.status == "same_survey":
        assert shared
    if figure.status == "comparable":
        assert not shared


def test_comparable_sums_hold_more_than_half_of_their_people():
    for figure in FIGURES.values():
        if (
            figure.measure == "persons"
            and figure.n_people is not None
            and "region" in figure.population + "region_world"
        ):
            people = sum(people_by_part(figure.population, PACK).values())
            if figure.status == "comparable":
                assert figure.n_people > people / 2, figure.figure
    africa = FIGURES["africa_2021_mz"]
    assert africa.status == "not_comparable"
    assert africa.n_people < sum(people_by_part(africa.population, PACK).values()) / 2


# The arithmetic of the sources


def people_of(printed):
    """The number of people beside a printed 1 in N: same source, population and genotype."""
    return [
        figure
        for figure in FIGURES.values()
        if figure.measure == "persons"
        and (figure.source, figure.population, figure.genotype, figure.n_people)
        == (printed.source, printed.population, printed.genotype, printed.n_people)
    ]


@pytest.mark.parametrize(
    "printed", [f for f in FIGURES.values() if f.measure == "one_in" and people_of(f)], ids=lambda f: f.figure
)
def test_one_in_n_is_refuted_exactly_if_people_over_number_is_another(printed):
    (persons,) = people_of(printed)
    fits = printed.observed - 0.5 <= printed.n_people / persons.observed <= printed.observed + 0.5
    assert fits == (printed.status != "refuted")
    if not fits:
        right = re.search(r"is 1 in ([\d,]+), not 1 in ([\d,]+)", printed.reason)
        own, wrong = (float(text.replace(",", "")) for text in right.groups())
        assert (own, wrong) == (round(printed.n_people / persons.observed), printed.observed)


@pytest.mark.parametrize(("prefix", "digit", "refuted"), [("world_2017_book", 5e-4, True), ("europe_2006", 0.5, False)])
def test_no_mixture_has_more_sz_than_cauchy_and_schwarz_allow(prefix, digit, refuted):
    # SZ = E 2sz over peoples, SS = E s², ZZ = E z²: SZ² <= 4 SS ZZ whatever the mixture; half a printed digit is allowed
    ss, sz, zz = (FIGURES[f"{prefix}_{genotype}"] for genotype in ("ss", "sz", "zz"))
    half = {"ss": digit, "sz": digit, "zz": digit / 100 if refuted else digit}
    impossible = (sz.observed - half["sz"]) ** 2 > 4 * (ss.observed + half["ss"]) * (zz.observed + half["zz"])
    assert impossible is refuted
    assert {figure.status == "refuted" for figure in (ss, sz, zz)} == {refuted}
    others = [figure for name, figure in FIGURES.items() if name.startswith(prefix)]
    if not refuted:
        assert sz.observed == pytest.approx(2 * np.sqrt(ss.observed * zz.observed), abs=1)  # equal: one pair s, z
    else:
        assert sum(figure.observed for figure in others) == pytest.approx(1, abs=6 * digit)


def test_every_refuted_row_is_recomputed_above():
    recomputed = {f.figure for f in FIGURES.values() if f.measure == "one_in" and people_of(f)}
    recomputed |= {f"world_2017_book_{genotype}" for genotype in ("ss", "sz", "zz")}
    assert {name for name, figure in FIGURES.items() if figure.status == "refuted"} <= recomputed


def test_the_mean_of_countries_that_was_printed_for_north_america():
    mean = np.mean([FIGURES[f"{country}_2017_sz_one_in"].observed for country in ("can", "usa", "mex")])
    assert FIGURES["north_america_2017_sz_printed"].observed == int(mean)


def test_totals_of_europe_2006_are_one_pair_of_frequencies():
    mm_free = {g: FIGURES[f"europe_2006_{g}"].observed for g in ("ms", "mz", "ss", "sz", "zz")}
    assert mm_free["ms"] / mm_free["mz"] == pytest.approx(np.sqrt(mm_free["ss"] / mm_free["zz"]), rel=1e-5)
    mm = mm_free["ms"] ** 2 / (4 * mm_free["ss"])
    people = mm + sum(mm_free.values())
    assert {FIGURES[f"europe_2006_{g}"].n_people for g in mm_free} == {round(people, -3)}
    # the 21 countries it stands for have nearly as many people in 2020
    assert sum(people_by_part(FIGURES["europe_2006_ms"].population, PACK).values()) == pytest.approx(people, rel=0.05)


@pytest.mark.parametrize(
    ("total", "parts"),
    [
        ("world_2017_sz", ["europe", "america", "africa", "asia", "australasia"]),
        ("north_america_2017_sz", ["can", "usa", "mex"]),
        ("central_america_2017_sz", ["cri", "cub", "dom", "slv", "gtm", "hnd", "nic", "pan"]),
    ],
)
def test_parts_sum_to_their_total(total, parts):
    figures = [FIGURES[f"{part}_2017_sz"] for part in parts]
    assert FIGURES[total].observed == pytest.approx(sum(figure.observed for figure in figures), abs=1)
    if FIGURES[total].n_people is not None:
        assert FIGURES[total].n_people == pytest.approx(sum(figure.n_people for figure in figures), abs=1)
        assert people_by_part(FIGURES[total].population, PACK) == {
            part: figure.n_people for part, figure in zip(parts, figures, strict=True)
        }


@pytest.mark.parametrize(
    "country", ["can", "usa", "mex", "cri", "cub", "dom", "slv", "gtm", "hnd", "nic", "pan", "arg"]
)
def test_sz_of_a_country_is_twice_the_product_of_its_frequencies(country):
    figure = FIGURES[f"{country}_2017_sz"]
    s, z = (PACK.allele_frequencies[country, allele].frequency for allele in "SZ")
    half = 0.0005  # frequencies are printed in whole per mille
    low, high = (2 * (s + sign * half) * (z + sign * half) * figure.n_people for sign in (-1, 1))
    if country == "usa":  # a footnote on the people counted was not seen; the row says by how much it misses
        assert figure.note.startswith("0.6 % more")
        assert figure.observed / high == pytest.approx(1.006, abs=5e-4)
    else:
        assert low <= figure.observed <= high


def test_people_examined_are_half_the_chromosomes_typed():
    for group in ("nfe", "amr", "fin", "asj"):
        row = PACK.allele_frequencies[f"gnomad_{group}", "S"]
        assert 2 * FIGURES[f"gnomad_{group}_ss"].n_people == row.n_typed
    for figure, population in (
        ("ireland_2011_zz", "irl"),
        ("sapaldia_2012_zz", "che"),
        ("asturias_1999_zz", "esp_asturias"),
    ):
        assert 2 * FIGURES[figure].n_people == PACK.allele_frequencies[population, "S"].n_typed
        stem = figure.removesuffix("zz")
        for allele, others in (("S", ("ms", "ss", "ss", "sz")), ("Z", ("mz", "sz", "zz", "zz"))):
            counted = sum(FIGURES[stem + genotype].observed for genotype in others)
            assert counted == PACK.allele_frequencies[population, allele].n_observed


# The report


def table_of(n, status="comparable", **changes):
    row = {"figure": "x", "label": "Demoland", "year": "2010", "genotype": "ZZ", "measure": "count", "unit": "people"}
    row |= {"observed": 9.0, "observed_low": 6.0, "observed_high": 14.0, "model_mean": 10.0, "model_low": 5.0}
    row |= {"model_high": 15.0, "inside": True, "standard_errors": -0.3, "reason": "", "source": "carroll2011"}
    return pd.DataFrame([row | {"status": status} | changes for _ in range(n)])


def test_the_forest_plot_shows_every_row(outcome):
    from matplotlib.figure import Figure

    ax = plot_forest(outcome.table, Figure().add_subplot())
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert len(labels) == len(outcome.table) == len(FIGURES)
    for label, row in zip(labels, outcome.table.itertuples(), strict=True):
        assert label.startswith(row.label)
    assert set(STATUS_MARKS) == set(STATUSES)
    low, high = ax.get_xlim()
    for line in ax.lines[:-1]:
        x = np.asarray(line.get_xdata(), float)
        assert ((x[np.isfinite(x)] >= low) & (x[np.isfinite(x)] <= high)).all()


@pytest.mark.parametrize(
    ("observed", "mean", "text"), [(0.0, 10.0, "0"), (5000.0, 10.0, "500 times"), (2.0, 0.0, "2 against 0")]
)
def test_what_leaves_the_axis_is_said_in_numbers(observed, mean, text):
    from matplotlib.figure import Figure

    table = table_of(1, observed=observed, observed_low=np.nan, observed_high=np.nan, model_mean=mean)
    ax = plot_forest(table, Figure().add_subplot())
    assert text in [note.get_text() for note in ax.texts]


def test_the_page_is_whole_and_self_contained(outcome, tmp_path):
    write_validation(outcome.table, outcome.verdict, outcome.rule, outcome.sentence, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|@import|url\(|src=\"(?!data:)|href=\"(?!#)", page)
    assert page.index("The rule") < page.index(outcome.sentence) < page.index("<figure>") < page.index("<table>")
    assert RULE in html.unescape(page)
    assert re.search(r'<img alt="Forest plot of \d+ published figures[^"]+" src="data:image/svg', page)
    assert page.count("<tr><td>") == len(FIGURES)
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"forest.svg", "forest.png"}
    back = pd.read_csv(tmp_path / "validation.csv", keep_default_na=False, na_values=[""])
    assert list(back.columns) == list(outcome.table.columns)
    assert list(back["figure"]) == list(outcome.table["figure"])
    assert "Z/null" in set(back["genotype"])


def test_the_columns_are_described(outcome):
    docs = (PACK.folder.parent.parent / "docs" / "data.md").read_text(encoding="utf-8")
    for column in outcome.table.columns:
        assert f"`{column}`" in docs, column


def test_the_same_comparison_is_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_validation(table_of(3), "pass", "A rule.", "Pass.", tmp_path / name)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_text_is_escaped(tmp_path):
    table = table_of(1, label="<b>bold</b>", reason="<i>&", inside=False)
    write_validation(table, "fail", "<rule>", "<sentence>", tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for text in ("<b>bold", "<i>&", "<rule>", "<sentence>"):
        assert text not in page
    assert "&lt;b&gt;bold" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ["9", "(6-14)", "10", "(5-15)"]),
        ({"observed": 16_323_226.0, "observed_low": np.nan}, ["16,323,226"]),
        ({"unit": "proportion", "observed": 1 / 58, "observed_low": np.nan, "model_mean": 0.02}, ["1 in 58", "1 in 50.0"]),
        ({"unit": "proportion", "observed": np.nan, "observed_low": 1 / 3500, "observed_high": 1 / 2000},
         ["1 in 2,000-3,500"]),
        ({"measure": "proportion", "unit": "proportion", "observed": 4e-5, "observed_low": np.nan}, ["0.004 %"]),
        ({"standard_errors": np.nan}, ['<td class="n"></td>']),
    ],
)  # fmt: skip
def test_numbers_are_shown_as_printed(changes, words, tmp_path):
    write_validation(table_of(1, **changes), "pass", "A rule.", "Pass.", tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for text in words:
        assert text in page
