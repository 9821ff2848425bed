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
    Yield, number needed to test and cost per case are those of the tests beyond today's practice; in the row of today's
    practice, of its own. Source: docs/model.md, section 11.

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
            rows = frame(
                {"scenario": scenario, "population": population, "strategy": axes.strategies},
                {"tests": axes.strategy_tests, "days": axes.strategy_days},
                **measures(replicates, population, "drawn"),
            )
            expected = measures(replicates, population, "expected")
            drawn = measures(replicates, population, "drawn")
            rows = rows.assign(**spread(drawn["n_recognised"], expected["n_recognised"]))
            tests = rows["n_tested_mean"] + rows["n_relatives_tested_mean"]
            rows["dominated"] = _dominated(tests.to_numpy(), rows["n_recognised_mean"].to_numpy())
            parts.append(rows)
    return pd.concat(parts, ignore_index=True)


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
    read = getattr(replicates, kind)
    severe, everybody = (np.asarray(read("strategies", population, g), float) for g in ("severe", ALL))
    work, work_all = (np.asarray(read("strategy_work", population, g), float) for g in ("severe", ALL))

    def part(name: str) -> Array:
        return severe[..., PARTS.index(name)]

    def of(array: Array, name: str) -> Array:
        return array[..., WORK.index(name)]

    tested, cost = of(work_all, "tested"), of(work_all, "cost")
    found = part("found") + part("found_by_cascade")
    recognised = part("recognised_today") + found
    relatives = of(work_all, "relatives_tested")
    carriers = of(work_all, "named") - of(work, "named") + of(work_all, "relatives_named") - of(work, "relatives_named")
    unrecognised = of(work, "copd_unrecognised")
    all_tests = tested + relatives
    beyond = {name: value - value[:, :1] for name, value in (("t", all_tests), ("c", cost), ("k", carriers))}
    for name, value in (("t", all_tests), ("c", cost), ("k", carriers)):
        beyond[name][:, 0] = value[:, 0]  # today's practice is beyond nothing
    cases = found.copy()
    cases[:, 0] = recognised[:, 0]
    return {
        "n_tested": tested,
        "n_relatives_tested": relatives,
        "n_positive": of(work_all, "positive"),
        "n_false_positive": of(work_all, "positive") - of(work, "positive"),
        "n_found": found,
        "n_found_by_cascade": part("found_by_cascade"),
        "n_recognised": recognised,
        "n_missed": severe.sum(axis=-1) - recognised,
        "n_wrongly_found": everybody[..., PARTS.index("found")] - part("found"),
        "n_carriers_named": carriers,
        "yield": ratio(cases, beyond["t"]),
        "number_needed_to_test": ratio(beyond["t"], cases),
        "tests_per_carrier": ratio(beyond["t"], beyond["k"]),
        "cases_per_index": ratio(part("found_by_cascade"), recognised - part("found_by_cascade")),
        "relatives_named_per_index": ratio(
            of(work_all, "relatives_named") - of(work, "relatives_named"), recognised - part("found_by_cascade")
        ),
        "cost": cost,
        "cost_per_relative_found": ratio(of(work_all, "relatives_cost"), part("found_by_cascade")),
        "cost_per_case": ratio(beyond["c"], cases),
        "n_copd_unrecognised": unrecognised,
        "fall_of_unrecognised_copd": ratio(unrecognised[:, :1] - unrecognised, unrecognised[:, :1]),
        "n_symptomatic_unrecognised": of(work, "symptomatic_unrecognised"),
        "years_unrecognised": of(work, "years_unrecognised"),
    }


def _dominated(tests: Array, found: Array) -> list[bool]:
    """Whether another strategy finds as many with fewer tests, or more with no more tests."""
    return [
        bool(
            any(
                (other_found >= f and other_tests < t) or (other_found > f and other_tests <= t)
                for other_tests, other_found in zip(tests, found, strict=True)
            )
        )
        for t, f in zip(tests, found, strict=True)
    ]


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
