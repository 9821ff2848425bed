"""Couples at risk, drawn beside the closed form; couples of two ancestries; what a negative carrier test leaves open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.results.summary import interval, one_in, z_score
from simulation.results.tables.cells import Run, ratio

Array = NDArray[np.float64]
BY_ANCESTRY = ("both_carry", "zz_possible", "severe_possible", "child_severe")
RESIDUAL = ("carrier_before", "carrier_after", "child_severe_both_negative", "child_severe_mz_and_negative")


def couples(run: Run) -> pd.DataFrame:
    """Couples who have a child in a year: at risk, with a severe child, and their next child.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Measures: couples, affected_births, next_child_affected; counts [couples, births], proportion of all couples, of
        couples of the kind, of couples with a severe first child [proportion]; closed form and z-score of the drawn sum.

    Notes
    -----
    z = Σ(drawn − expected) / √Σ expected (1 − expected / couples), over replicates: a right program's is standard normal.
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2}).couples
    >>> table["couples"].unique().tolist()
    ['all', 'both_carry', 'zz_possible', 'severe_possible']
    """
    rows: list[dict[str, Any]] = []
    for scenario, replicates in run.replicates.items():
        axes = replicates.axes
        for population in axes.populations:
            drawn = np.asarray(replicates.drawn("couples", population), float)
            closed = replicates.expected("couples", population)
            births = run.n_births[scenario].get(population, np.nan)  # a config may draw another number of couples
            for i, mating in enumerate(axes.matings):
                total = drawn[:, i, 0, 0]
                whole_year = bool(np.isfinite(births) and (total == np.round(births)).all())
                for j, kind in enumerate(axes.couples):
                    head = {"scenario": scenario, "population": population, "mating": mating, "couples": kind}
                    below = (total, drawn[:, i, j, 0], drawn[:, i, j, 1])
                    below_closed = (closed[:, i, 0, 0], closed[:, i, j, 0], closed[:, i, j, 1])
                    for k, measure in enumerate(("couples", "affected_births", "next_child_affected")):
                        n, exact = drawn[:, i, j, k], closed[:, i, j, k]
                        row: dict[str, Any] = {
                            **head,
                            "measure": measure,
                            "per": "year" if whole_year else "couples drawn",
                        }
                        row |= {f"n_{name}": float(v) for name, v in interval(n).items()}
                        share, exact_share = ratio(n, below[k]), ratio(exact, below_closed[k])
                        row |= {f"proportion_{name}": float(v) for name, v in interval(share).items()}
                        row |= {f"closed_form_{name}": float(v) for name, v in interval(exact_share).items()}
                        row["closed_form_n"] = float(exact.mean())
                        row["one_in"] = float(one_in(row["closed_form_mean"]))
                        row["z"] = z_score(n, exact, exact * (1 - ratio(exact, total)))
                        rows.append(row)
    return pd.DataFrame(rows)


def couples_by_ancestry(run: Run) -> pd.DataFrame:
    """Risks of couples of two ancestries, as a matrix laid out in rows: the closed form.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        One row a population, pair of ancestries and measure. [proportion]

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).couples_by_ancestry["measure"].tolist()[-1]
    'child_severe'
    """
    rows = []
    for scenario, replicates in run.replicates.items():
        names = replicates.axes.ancestries
        for population in replicates.axes.populations:
            matrix = replicates.expected("couples_by_ancestry", population)
            if np.isnan(matrix).all():
                continue
            for i, first in enumerate(names):
                for j, second in enumerate(names):
                    for k, measure in enumerate(BY_ANCESTRY):
                        head = {"scenario": scenario, "population": population, "ancestry": first, "partner": second}
                        found = {f"proportion_{name}": float(v) for name, v in interval(matrix[:, i, j, k]).items()}
                        one = float(one_in(found["proportion_mean"]))
                        rows.append({**head, "measure": measure, **found, "one_in": one})
    return pd.DataFrame(rows)


def residual_risk(run: Run) -> pd.DataFrame:
    """What a negative carrier test leaves open, by test: exact Bayes.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        One row a population, test and measure. [proportion]

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2}).residual_risk.set_index(["test", "measure"])["proportion_mean"]
    >>> bool(table["sequencing", "carrier_after"] == 0), bool(table["sz_genotyping", "carrier_after"] > 0)
    (True, True)
    """
    rows = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            table = replicates.expected("residual_risk", population)
            if np.isnan(table).all():
                continue
            for i, test in enumerate(replicates.axes.carrier_tests):
                for k, measure in enumerate(RESIDUAL):
                    found = {f"proportion_{name}": float(v) for name, v in interval(table[:, i, k]).items()}
                    head = {"scenario": scenario, "population": population, "test": test, "measure": measure}
                    rows.append({**head, **found, "one_in": float(one_in(found["proportion_mean"]))})
    return pd.DataFrame(rows)
