"""Every ratio of the table of strategies by hand, from the sums of the run; and stopping smoking in closed form."""

import numpy as np
import pytest

import simulation
from simulation.assembly.smoking import after_stopping
from simulation.diagnosis.programme import FUNNEL, PARTS, WORK

STRATEGIES = {
    "all_copd": {"uptake": 0.5},
    "smokers_with_obstruction": {"uptake": 0.5, "first_test": "sz_genotyping"},
    "relatives": {"who": "all_copd", "uptake": 0.5, "cascade": True},
}


@pytest.fixture(scope="module")
def results():
    return simulation.run({"population": {"size": 3_000_000}, "replicates": 20, "strategies": STRATEGIES})


def sums(results, table, group, names, name):
    return results.replicates().drawn(table, "population", group)[..., names.index(name)].astype(float).mean(axis=0)


def test_ratios_of_strategies_by_hand(results):
    """Each is of what a strategy adds to today's practice, its relatives among the tests; ratio of means."""
    table = results.strategies
    work = {n: sums(results, "strategy_work", "all", WORK, n) for n in WORK}
    severe_work = {n: sums(results, "strategy_work", "severe", WORK, n) for n in WORK}
    parts = {n: sums(results, "strategies", "severe", PARTS, n) for n in PARTS}
    found = parts["found"] + parts["found_by_cascade"]
    tests = work["tested"] + work["relatives_tested"]
    more = tests[1:] - tests[0]
    assert found[0] == 0
    assert (found[1:] > 5).all()
    np.testing.assert_allclose(table["number_needed_to_test_of_means"].iloc[1:], more / found[1:])
    np.testing.assert_allclose(table["yield_of_means"].iloc[1:], found[1:] / more)
    np.testing.assert_allclose(
        table["cost_per_case_of_means"].iloc[1:], (work["cost"][1:] - work["cost"][0]) / found[1:]
    )
    np.testing.assert_allclose(table["n_false_positive_mean"], work["positive"] - severe_work["positive"])
    index = parts["recognised_today"] + parts["found"]
    np.testing.assert_allclose(table["cases_per_index_of_means"], parts["found_by_cascade"] / index)
    np.testing.assert_allclose(
        table["cost_per_relative_found_of_means"].iloc[3],
        work["relatives_tested"][3] * 87.5 / parts["found_by_cascade"][3],
    )
    unrecognised = results.replicates().drawn("strategy_work", "population", "severe")[
        ..., WORK.index("copd_unrecognised")
    ]
    fall = (1 - unrecognised / unrecognised[:, :1]).mean(axis=0)
    np.testing.assert_allclose(table["fall_of_unrecognised_copd_mean"], fall, atol=1e-12)
    severe = [parts[n] for n in PARTS]
    np.testing.assert_allclose(table["n_missed_mean"], sum(severe) - index - parts["found_by_cascade"])


def test_todays_own_number_is_that_of_testing_copd(results):
    """Tests of diagnosed COPD for each severe person recognised there; no cost per case."""
    steps = results.replicates()
    tested = steps.drawn("testing", "population", "all")[:, FUNNEL.index("tested")].mean()
    recognised = steps.drawn("testing", "population", "severe")[:, FUNNEL.index("recognised")].mean()
    today = results.strategies.iloc[0]
    assert np.isclose(today["number_needed_to_test_of_means"], tested / recognised)
    assert np.isnan(today["cost_per_case_of_means"])


def test_stopping_moves_current_to_former_smokers():
    """P(current) falls by the share that stopped, to former smokers; in a run too, and COPD falls with it."""
    np.testing.assert_allclose(after_stopping(np.array([0.5, 0.2, 0.3]), 0.4), [0.5, 0.32, 0.18], rtol=1e-12)
    config = {"population": {"size": 1000}}
    plain = simulation.build_inputs(config).values("smoking")
    stopped = simulation.build_inputs({**config, "smoking": {"stopped": 0.4}}).values("smoking")
    np.testing.assert_allclose(stopped[..., 2], 0.6 * plain[..., 2], rtol=1e-12)
    np.testing.assert_allclose(stopped[..., 1], plain[..., 1] + 0.4 * plain[..., 2], rtol=1e-12)
    table = simulation.run(
        {**config, "engine": "expected", "scenarios": {"x": {"smoking": {"stopped": 0.4}}}}, replicates=2
    )
    differences = table.differences.set_index("headline")["difference_mean"]
    assert (differences[["copd_in_severe", "copd_in_sz", "copd_in_mz"]] < 0).all()
