"""Figures and report on carriers, couples, finding people, delay and care."""

import re
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import simulation
from simulation.report.cells import NOTHING, amount, count, one_in, percent, signed
from simulation.report.finding_rows import of_means
from simulation.results.finding_plots import (
    COUPLE_LABELS,
    PARTS,
    TESTING_LABELS,
    plot_couples,
    plot_missed,
    plot_strategies,
    plot_testing,
    strategy_words,
)

STRATEGIES = {
    "all_copd": {"uptake": 0.4},
    "whole_population": {"uptake": 0.9},
    "with_cascade": {"who": "all_copd", "uptake": 0.4, "cascade": True},
}
TESTS = ("level", "sz_genotyping", "sequencing")
TWO = {
    "sweden": {"size": "SWE", "ancestry": {"swe": 1.0}},
    "spain": {"size": "ESP", "ancestry": {"esp": 0.9, "gnomad_afr": 0.1}},
}
ANCHORS = ["genotypes", "couples", "copd", "recognised", "delay", "care", "rests", "inputs"]


@pytest.fixture(scope="module")
def results():
    return simulation.run(
        {
            "replicates": 16,
            "populations": TWO,
            "strategies": STRATEGIES,
            "testing": {"currency": "<i>€", "tests": {name: {"cost": 10} for name in TESTS}},
            "scenarios": {"tested_twice": {"recognition": {"uptake": 0.2}}},
        }
    )


@pytest.fixture(scope="module")
def folder(results, tmp_path_factory):
    return results.save(tmp_path_factory.mktemp("found") / "two")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return simulation.run({"replicates": 4}).save(tmp_path_factory.mktemp("plain") / "one")


def words(folder) -> str:
    """The page without its figures."""
    return re.sub(r"base64,[^\"]*", "", (folder / "report.html").read_text(encoding="utf-8"))


def section(page: str, anchor: str) -> str:
    return page.split(f'<h2 id="{anchor}">')[1].split("<h2")[0]


def axes():
    return Figure(figsize=(8, 5), layout="constrained").add_subplot()


def texts(ax) -> list[str]:
    ax.figure.draw_without_rendering()
    return [text.get_text() for text in (*ax.texts, *ax.get_yticklabels())]


def base(folder, table: str) -> pd.DataFrame:
    """Rows of a saved table: what a figure is drawn from, and nothing else."""
    rows = pd.read_csv(folder / "tables" / f"{table}.csv")
    return rows[(rows["scenario"] == "base") & (rows["population"] == "total")]


# --- figures ---------------------------------------------------------------------------------------------------------


def test_the_funnel_shows_the_table_and_never_rises(folder):
    table = base(folder, "testing")
    rows = table[table["genotype"] == "severe"]
    ax = plot_testing(table, axes())
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(widths, rows["n_mean"])
    assert (np.diff(widths) <= 0).all()
    shown = texts(ax)
    assert set(TESTING_LABELS.values()) <= set(shown)
    for share in rows["share_of_means"].iloc[1:]:
        assert f"{100 * share:.1f} %" in shown


def test_the_funnel_mixes_no_definitions_of_copd(folder):
    table = base(folder, "testing")
    with pytest.raises(ValueError, match="never mixed"):
        plot_testing(pd.concat([table, table.assign(definition="lln")]), axes())


def test_strategies_stand_where_their_tests_and_their_finds_are(folder):
    table = base(folder, "strategies")
    ax = plot_strategies(table, axes())
    assert {strategy_words(name) for name in table["strategy"]} <= set(texts(ax))
    drawn = {(x, y) for line in ax.lines if line.get_marker() == "o" for x, y in line.get_xydata()}
    tests = table["n_tested_mean"] + table["n_relatives_tested_mean"]
    assert drawn == set(zip(tests, table["n_recognised_mean"], strict=True))
    frontier = next(line for line in ax.lines if line.get_label() == "Frontier").get_xydata()
    assert len(frontier) == (~table["dominated"]).sum()
    assert (np.diff(frontier, axis=0) >= 0).all()


def test_dominated_strategies_are_grey_and_the_legend_says_so(folder):
    table = base(folder, "strategies").assign(dominated=[False, True, False, False])
    legend = [text.get_text() for text in plot_strategies(table, axes()).get_legend().get_texts()]
    assert any(text.startswith("Dominated") for text in legend)
    none = plot_strategies(table.assign(dominated=False), axes()).get_legend().get_texts()
    assert not any(text.get_text().startswith("Dominated") for text in none)


@pytest.mark.parametrize("seed", range(6))
def test_labels_of_strategies_never_overlap(seed):
    random = np.random.default_rng(seed)
    n = 10
    tests = 10 ** random.uniform(4.5, 7, n) if seed else 10**6 * random.uniform(1, 1.02, n)  # seed 0: all in one place
    found = 10 ** random.uniform(3, 4, n) if seed else 1000 * random.uniform(1, 1.3, n)
    table = pd.DataFrame(
        {
            "strategy": [f"strategy_{k}_of_ten" for k in range(n)],
            "n_tested_mean": tests,
            "n_relatives_tested_mean": 0.0,
            "n_recognised_mean": found,
            "n_recognised_low": 0.7 * found,
            "n_recognised_high": 1.3 * found,
            "dominated": random.uniform(size=n) < 0.5,
        }
    )
    ax = plot_strategies(table, axes())
    ax.figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in ax.texts]  # without the line to the point
    frame = ax.get_window_extent()
    assert len(boxes) == n
    for box in boxes:
        assert box.x0 > frame.x0 - 2
        assert box.x1 < frame.x1 + 2
    # letters reach a little above and below the line that they are placed by
    assert not [pair for pair in combinations(boxes, 2) if pair[0].padded(-2).overlaps(pair[1].padded(-2))]


def test_nobody_tested_leaves_no_log_of_zero():
    table = simulation.run({"replicates": 2, "population": {"size": 1}, "strategies": STRATEGIES}).strategies
    assert plot_strategies(table, axes()).get_xscale() == "symlog"


def test_bars_of_the_missed_hold_everybody(folder):
    table = base(folder, "strategy_genotypes")
    ax = plot_missed(table, axes())
    ends = {}
    for bar in ax.patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        ends[row] = max(ends.get(row, 0), bar.get_x() + bar.get_width())
    assert len(ends) == len(STRATEGIES) + 1
    np.testing.assert_allclose(list(ends.values()), 100)
    severe = table[(table["genotype"] == "severe") & (table["share_mean"] > 0)]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(legend) == severe["part"].nunique()
    for part in set(severe["part"]):
        assert any(text.startswith(PARTS[part][0]) for text in legend)


def test_couples_show_the_closed_form_and_the_drawn(folder):
    table = base(folder, "couples")
    ax = plot_couples(table, axes())
    assert set(COUPLE_LABELS.values()) <= set(texts(ax))
    shown = table[(table["measure"] == "couples") & (table["couples"] != "all")]
    for marker, column in (("|", "closed_form_mean"), ("o", "proportion_mean")):
        drawn = np.concatenate([line.get_xdata() for line in ax.lines if line.get_marker() == marker])
        assert set(shown[column]) <= set(drawn)


def test_strategies_are_drawn_only_where_something_is_compared(results):
    assert {"testing", "couples", "strategies", "missed"} <= set(results.plot.names)
    alone = simulation.run({"replicates": 2}).plot.names
    assert {"testing", "couples"} <= set(alone)
    assert not {"strategies", "missed"} & set(alone)


def test_every_figure_is_kept_and_described(results, folder):
    for name in results.plot.names:
        for ending in ("svg", "png"):
            assert (folder / "figures" / f"{name}.{ending}").stat().st_size > 5_000
    images = re.findall(r"<img ([^>]*)>", words(folder))
    assert len(images) == len(results.plot.names)
    for image in images:
        assert len(re.search(r'alt="([^"]*)"', image)[1]) > 60


# --- report ----------------------------------------------------------------------------------------------------------


def test_every_section_is_there_with_strategies_and_without(folder, plain):
    for place, anchors in ((folder, [*ANCHORS, "strategies", "scenarios"]), (plain, ANCHORS)):
        page = words(place)
        listed = re.findall(r'href="#(\w+)"', page.split("<nav")[1].split("</nav>")[0])
        assert set(listed) == set(anchors)
        assert [listed.index(name) for name in re.findall(r'<h2 id="(\w+)"', page)] == list(range(len(listed)))
    assert "Strategies compared" not in words(plain)


def test_the_page_needs_nothing_else_and_escapes(folder):
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "<script" not in page
    assert "url(" not in page
    assert "Cost per case (&lt;i&gt;€)" in page
    assert "<i>" not in page


def test_numbers_of_the_tables_stand_in_the_report(results, folder):
    page = words(folder)
    found = section(page, "strategies")
    for row in results.select("strategies").to_dict("records"):
        assert strategy_words(row["strategy"]).replace("'", "&#39;") in found
        for stem in (
            "n_recognised",
            "n_missed",
            "n_tested",
            "n_false_positive",
        ):
            value, span = count(row, stem)
            assert f'{value}<br><span class="soft">{span}</span>' in found
        for stem in ("number_needed_to_test", "cost_per_case"):  # today's practice has no cost per case
            cell = of_means(row, stem)
            assert (cell if isinstance(cell, str) else f'{cell[0]}<br><span class="soft">{cell[1]}</span>') in found
    differences = results.select("strategy_differences", against="todays_practice", measure="n_recognised")
    for row in differences.to_dict("records"):
        assert signed(row, "difference")[0] in found
    couples = section(page, "couples")
    for row in results.select("couples", measure="couples").to_dict("records"):
        if row["couples"] != "all":
            assert one_in(row, "closed_form")[0] in couples
    for row in results.select("carriers").to_dict("records"):
        assert row["n_mean"] == 0 or one_in(row, "proportion")[0] in couples
    delay = section(page, "delay")
    for row in results.select("delay", measure="n_symptomatic_unrecognised").to_dict("records"):
        assert count(row, "value")[0] in delay
    care = section(page, "care")
    for row in results.select("treatment", genotype="severe").to_dict("records"):
        assert count(row, "n")[0] in care
    for label in ("Cirrhosis", "Panniculitis", "bronchiectasis", "ANCA", "negative control"):
        assert label in care


def test_tables_without_a_total_name_their_population(results, folder):
    couples = section(words(folder), "couples")
    assert "with the figures of sweden" in couples
    matrix = results.select("couples_by_ancestry", population="sweden", measure="child_severe")
    assert matrix["ancestry"].nunique() == 3
    for row in matrix.to_dict("records"):
        assert one_in(row, "proportion")[0] in couples
    for row in results.select("residual_risk", population=None, measure="carrier_after").to_dict("records"):
        value = one_in(row, "proportion")
        assert (value if isinstance(value, str) else value[0]) in couples
    assert couples.count(">spain<") == 1


def test_one_ancestry_has_no_matrix(plain):
    assert "Partners of two ancestries" not in words(plain)


EXTREMES = {
    "births unknown": {"population": {"size": 50_000}, "strategies": STRATEGIES},
    "nobody severe": {"genetics": {"alleles": ["M"]}, "population": {"size": 1000}, "strategies": STRATEGIES},
    "one person": {"population": {"size": 1}, "strategies": STRATEGIES},
    "no COPD": {"population": {"size": "SWE", "age_max": 20}, "strategies": STRATEGIES},
    "everybody severe": {
        "population": {"size": 10**6, "ancestry": {"mine": 1.0}},
        "ancestries": {"mine": {"Z": 1.0}},
        "strategies": STRATEGIES,
    },
    "recorded": {
        "copd": {"definition": "recorded", "prevalence": 0.05, "prevalence_age_min": 40},
        "strategies": STRATEGIES,
    },
    "expected": {"engine": "expected", "populations": TWO, "strategies": STRATEGIES},
    "nobody tested today": {"recognition": {"uptake": 0.0}, "strategies": STRATEGIES},
    "births known in one of two": {"populations": {"a": {"size": "SWE"}, "b": {"size": 1000}}},
    "other tests": {"strategies": {"all_copd": {"first_test": "isoelectric_focusing"}}},
}


@pytest.mark.parametrize("config", EXTREMES.values(), ids=EXTREMES)
def test_no_run_breaks_the_report_or_prints_nan(config, tmp_path):
    page = words(simulation.run({"replicates": 3, **config}).save(tmp_path / "x"))
    assert not re.findall(r".*\b(?:nan|NaN|NaT|inf)\b|>None<.*", re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL))
    for anchor in ANCHORS:
        assert f'<h2 id="{anchor}">' in page


def test_chance_free_runs_have_a_dash_for_z(tmp_path):
    page = words(simulation.run({"replicates": 2, "engine": "expected"}).save(tmp_path / "x"))
    assert "–; –; –" in section(page, "couples")


def test_births_are_a_year_only_where_they_are(folder, plain, tmp_path):
    assert "Severe first children a year" in words(folder)
    assert "Severe first children of 1,000,000 couples" in words(plain)
    few = {"replicates": 2, "population": {"size": "SWE"}, "couples": {"n_couples": 5000}}
    assert "Severe first children of 5,000 couples" in words(simulation.run(few).save(tmp_path / "x"))


# --- cells -----------------------------------------------------------------------------------------------------------


def ends(mean, low, high):
    return {"n_mean": mean, "n_low": low, "n_high": high}


def test_cells_keep_digits_signs_and_gaps():
    nothing = ends(np.nan, np.nan, np.nan)
    assert [write(nothing, "n") for write in (count, signed, percent, one_in)] == [NOTHING] * 4
    assert amount(-0.001) == "above −0.01"
    assert count(ends(4.2e6, 1.5e6, 9e6), "n") == ("4.20 M", "1.50-9.00 M")
    assert count(ends(4.2e6, 900_000, 9e6), "n") == ("4.20 M", "900,000-9.00 M")
    assert signed(ends(-439, -834, -125), "n") == ("−439", "−834 to −125")
    assert signed(ends(0, 0, 0), "n") == "0"
    assert percent(ends(1, 1, 1), "n") == "100 %"
    assert percent(ends(1e-7, 0, 1e-6), "n") == ("below 0.001 %", "0 to below 0.001")
    assert one_in(ends(0, 0, 0), "n") == "none"
