"""Finding people: the funnel of today's practice, strategies compared, who is missed and why."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.diagnosis.programme import DELAY, FUNNEL, PARTS, SYMPTOMS, WORK
from simulation.diagnosis.strategies import TODAY
from simulation.labels import STATES
from simulation.results.axes import ALL
from simulation.results.store import Replicates
from simulation.results.summary import interval, monte_carlo_error, spread
from simulation.results.tables.cells import ALL_SMOKING, UNRECOGNISED_COPD, Run, before_each, frame, ratio

Array = NDArray[np.float64]


def testing(run: Run) -> pd.DataFrame:
    """From the genotype to recognition today, through diagnosed COPD.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Steps in order; people left [people] and the share of the step before [proportion].

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).testing["step"].head(3).tolist()
    ['genotype', 'alive', 'copd']
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            for genotype in ("severe", *replicates.axes.members("severe")):
                drawn = replicates.drawn("testing", population, genotype)
                before = before_each(drawn)
                parts.append(
                    frame(
                        {"scenario": scenario, "population": population, "genotype": genotype, "step": FUNNEL},
                        {"definition": run.definition},
                        n=drawn,
                        share_of_step_before=ratio(drawn, before),
                    ).assign(
                        share_of_means=ratio(drawn.mean(axis=0), before.mean(axis=0)),
                        **spread(drawn, replicates.expected("testing", population, genotype)),
                    )
                )
    return pd.concat(parts, ignore_index=True)


def strategies(run: Run) -> pd.DataFrame:
    """What every strategy takes and what it finds.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        One row a scenario, population and strategy; columns in docs/tables.md. [people, proportion, currency, years]

    Notes
    -----
    Ratios have a column `of_means` too: the mean of a ratio of small numbers is that of its few largest values. Source:
    docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2, "strategies": {"all_copd": {}}}).strategies
    >>> bool(table["n_found_mean"].iloc[1] > 0)
    True
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        axes = replicates.axes
        for population in axes.populations:
            drawn, expected = (measures(replicates, population, kind) for kind in ("drawn", "expected"))
            ratios = _ratios(replicates, population)
            rows = frame(
                {"scenario": scenario, "population": population, "strategy": axes.strategies},
                {"tests": axes.strategy_tests, "days": axes.strategy_days},
                **drawn,
                **{name: ratio(above, below) for name, (above, below) in ratios.items()},
            )
            of_means = {f"{n}_of_means": ratio(a.mean(axis=0), b.mean(axis=0)) for n, (a, b) in ratios.items()}
            rows = rows.assign(**of_means, **spread(drawn["n_recognised"], expected["n_recognised"]))
            rows["dominated"] = _dominated(drawn["n_tested"] + drawn["n_relatives_tested"], drawn["n_recognised"])
            parts.append(rows)
    return pd.concat(parts, ignore_index=True)


class _Read:
    """Columns of the sums of strategies: `part` of severe people, `work` and `everybody` of a group."""

    def __init__(self, replicates: Replicates, population: str, kind: str) -> None:
        read = getattr(replicates, kind)
        self._parts = {g: np.asarray(read("strategies", population, g), float) for g in ("severe", ALL)}
        self._work = {g: np.asarray(read("strategy_work", population, g), float) for g in ("severe", ALL)}

    def part(self, name: str, group: str = "severe") -> Array:
        return np.asarray(self._parts[group][..., PARTS.index(name)])

    def work(self, name: str, group: str = ALL) -> Array:
        return np.asarray(self._work[group][..., WORK.index(name)])

    def others(self, name: str) -> Array:
        """Of people without a severe genotype."""
        return self.work(name) - self.work(name, "severe")

    @property
    def severe(self) -> Array:
        return np.asarray(self._parts["severe"].sum(axis=-1))


def measures(replicates: Replicates, population: str, kind: str) -> dict[str, Array]:
    """What strategies are compared by, in every replicate.

    Parameters
    ----------
    replicates : Replicates
        Of one scenario.
    population : str
        Name.
    kind : {"drawn", "expected"}
        With or without chance between people.

    Returns
    -------
    dict of str to ndarray (replicate, strategy)
        By the stem of the column. [people, proportion, currency, years]

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> found = measures(simulation.run({"replicates": 2}).replicates(), "population", "drawn")
    >>> found["n_found"].tolist()
    [[0.0], [0.0]]
    """
    of = _Read(replicates, population, kind)
    found = of.part("found") + of.part("found_by_cascade")
    recognised = of.part("recognised_today") + found
    unrecognised = of.work("copd_unrecognised", "severe")
    return {
        "n_tested": of.work("tested"),
        "n_relatives_tested": of.work("relatives_tested"),
        "n_positive": of.work("positive"),
        "n_false_positive": of.others("positive"),
        "n_found": found,
        "n_found_by_cascade": of.part("found_by_cascade"),
        "n_recognised": recognised,
        "n_missed": of.severe - recognised,
        "n_wrongly_found": of.part("found", ALL) - of.part("found"),
        "n_carriers_named": of.others("named") + of.others("relatives_named"),
        "cost": of.work("cost"),
        "n_copd_unrecognised": unrecognised,
        "fall_of_unrecognised_copd": ratio(unrecognised[:, :1] - unrecognised, unrecognised[:, :1]),
        "n_symptomatic_unrecognised": of.work("symptomatic_unrecognised", "severe"),
        "years_unrecognised": of.work("years_unrecognised", "severe"),
    }


def _ratios(replicates: Replicates, population: str) -> dict[str, tuple[Array, Array]]:
    """Numbers above and below the line, of tests beyond today's practice; today's own are those of diagnosed COPD."""
    of, drawn = _Read(replicates, population, "drawn"), measures(replicates, population, "drawn")
    cases, tests = drawn["n_found"].copy(), drawn["n_tested"] + drawn["n_relatives_tested"]
    carriers, cost = drawn["n_carriers_named"], drawn["cost"]
    tests, carriers, cost = (x - x[:, :1] for x in (tests, carriers, cost))
    # most people recognised today were not found by testing COPD, so their tests would say nothing of its yield
    tested, recognised = (FUNNEL.index(name) for name in ("tested", "recognised"))
    tests[:, 0] = replicates.drawn("testing", population, ALL)[:, tested]
    cases[:, 0] = replicates.drawn("testing", population, "severe")[:, recognised]
    carriers[:, 0], cost[:, 0] = np.nan, np.nan
    cascade = drawn["n_found_by_cascade"]
    index = drawn["n_recognised"] - cascade
    return {
        "yield": (cases, tests),
        "number_needed_to_test": (tests, cases),
        "tests_per_carrier": (tests, carriers),
        "cost_per_case": (cost, cases),
        "cases_per_index": (cascade, index),
        "relatives_named_per_index": (of.others("relatives_named"), index),
        "cost_per_relative_found": (of.work("relatives_cost"), cascade),
    }


def _dominated(tests: Array, found: Array) -> list[bool]:
    """Whether in most replicates one other strategy finds as many with fewer tests, or more with no more tests.

    By replicates, not means: of two that find the same people but for a few, none is dominated by chance.
    """
    beaten = []
    for s in range(tests.shape[1]):
        others = [o for o in range(tests.shape[1]) if o != s]
        fewer, more = tests[:, others] < tests[:, [s]], found[:, others] > found[:, [s]]
        no_more, no_fewer = tests[:, others] <= tests[:, [s]], found[:, others] >= found[:, [s]]
        share = ((no_fewer & fewer) | (more & no_more)).mean(axis=0)
        beaten.append(bool((share > 0.5).any()))
    return beaten


def strategy_genotypes(run: Run) -> pd.DataFrame:
    """Found and missed by genotype, and why: the parts of a row sum to all people, in every replicate.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        One row a scenario, population, strategy, genotype or set and part. [people, proportion]

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).strategy_genotypes["part"].unique().tolist()[:3]
    ['recognised_today', 'found', 'found_by_cascade']
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        axes = replicates.axes
        for population in axes.populations:
            for genotype in axes.groups:
                drawn = replicates.drawn("strategies", population, genotype)
                expected = replicates.expected("strategies", population, genotype)
                for i, strategy in enumerate(axes.strategies):
                    n = drawn[:, i]
                    head = {"scenario": scenario, "population": population, "strategy": strategy, "genotype": genotype}
                    rows = frame({**head, "part": PARTS}, {}, n=n, share=ratio(n, n.sum(axis=1, keepdims=True)))
                    parts.append(rows.assign(**spread(n, expected[:, i])))
    return pd.concat(parts, ignore_index=True)


COMPARED = (
    ("n_tested", "People tested"),
    ("n_recognised", "Severe deficiency recognised"),
    ("n_missed", "Severe deficiency missed"),
    ("n_false_positive", "First test positive without severe deficiency"),
    ("cost", "Cost"),
    ("n_copd_unrecognised", "Severe deficiency with COPD whose cause nobody has recognised"),
    ("n_symptomatic_unrecognised", "Person-years lived unrecognised with symptoms, a year"),
)


def strategy_differences(run: Run) -> pd.DataFrame:
    """Every strategy minus every one before it, replicate by replicate.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Empty when today's practice is the only one. [people, currency]

    Notes
    -----
    Strategies test the same drawn people, so the difference is sharper than its two parts. Source: docs/model.md, 11.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2, "strategies": {"all_copd": {}}}).strategy_differences
    >>> table["against"].unique().tolist()
    ['todays_practice']
    """
    rows: list[dict[str, Any]] = []
    columns = ["scenario", "population", "strategy", "against", "measure", "label"]
    columns += [f"difference_{k}" for k in ("mean", "median", "low", "high")] + ["sd_parameters", "sd_chance", "mc_se"]
    for scenario, replicates in run.replicates.items():
        names = replicates.axes.strategies
        for population in replicates.axes.populations if len(names) > 1 else ():
            drawn, expected = (measures(replicates, population, kind) for kind in ("drawn", "expected"))
            for before, after in combinations(range(len(names)), 2):
                for measure, label in COMPARED:
                    d = drawn[measure][:, after] - drawn[measure][:, before]
                    e = expected[measure][:, after] - expected[measure][:, before]
                    head = {"scenario": scenario, "population": population, "strategy": names[after]}
                    row: dict[str, Any] = {**head, "against": names[before], "measure": measure, "label": label}
                    row |= {f"difference_{k}": float(v) for k, v in interval(d).items()}
                    row |= {k: float(v) for k, v in spread(d, e).items()}
                    row["mc_se"] = float(monte_carlo_error(d, replicates.block_sizes))
                    rows.append(row)
    return pd.DataFrame(rows, columns=columns)


def delay(run: Run) -> pd.DataFrame:
    """Age at first symptom, time to recognition, and years lived unrecognised.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        One row a scenario, population and measure; those that a strategy changes, one for each strategy.
        [years, doctors, people, person-years, proportion]

    Notes
    -----
    Source: docs/model.md, section 12.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).delay["measure"].tolist()[2]
    'delay_years'
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            head = {"scenario": scenario, "population": population}
            parts.append(
                frame({**head, "strategy": TODAY, "measure": DELAY}, {}, value=replicates.expected("delay", population))
            )
            drawn = {
                name: column.astype(float)
                for name, column in zip(SYMPTOMS, replicates.drawn("symptoms", population, "severe").T, strict=True)
            }
            states = replicates.drawn("people", population, "severe")[:, ALL_SMOKING]
            today = {
                "age_at_first_symptom": ratio(drawn["age_at_first_symptom"], drawn["symptomatic"]),
                "share_called_asthma": ratio(
                    states[:, STATES.index("asthma_label")], states[:, UNRECOGNISED_COPD].sum(axis=1)
                ),
                "years_before_recognition": ratio(drawn["years_before_recognition"], drawn["symptomatic_recognised"]),
            }
            parts += [
                frame({**head, "strategy": TODAY, "measure": [name]}, {}, value=v[:, None]) for name, v in today.items()
            ]
            measured = measures(replicates, population, "drawn")
            for name in ("n_symptomatic_unrecognised", "years_unrecognised"):
                parts.append(
                    frame({**head, "strategy": replicates.axes.strategies, "measure": name}, {}, value=measured[name])
                )
    return pd.concat(parts, ignore_index=True)
