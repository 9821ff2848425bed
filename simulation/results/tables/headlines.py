"""The numbers a reader looks for first, their differences between scenarios, and what drives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.care.augmentation import FUNNEL_STEPS
from simulation.labels import STATES
from simulation.results.axes import ALL
from simulation.results.store import Replicates
from simulation.results.summary import interval, monte_carlo_error, spread
from simulation.results.tables.cells import (
    ALL_SMOKING,
    COPD,
    RECOGNISED,
    UNDIAGNOSED,
    UNRECOGNISED_COPD,
    Run,
    ratio,
)


@dataclass(frozen=True)
class Headline:
    """One number that a reader of the report looks for first.

    Attributes
    ----------
    name, label : str
        Column value; words.
    values : callable
        (replicates, "drawn" or "expected", population) -> ndarray (n_replicates,). [people]
    needs_spirometry : bool
        Whether it has no meaning for recorded COPD.
    genotype : str
        The genotype it counts, which a run may not follow; empty for sets.
    """

    name: str
    label: str
    values: Callable[[Replicates, str, str], NDArray[Any]]
    needs_spirometry: bool = False
    genotype: str = ""


def _in_states(genotype: str, states: list[int]) -> Callable[[Replicates, str, str], NDArray[Any]]:
    def values(replicates: Replicates, kind: str, population: str) -> NDArray[Any]:
        array = getattr(replicates, kind)("people", population, genotype)
        return np.asarray(array[:, ALL_SMOKING][:, states].sum(axis=1))

    return values


def _attributable(cause: int) -> Callable[[Replicates, str, str], NDArray[Any]]:
    def values(replicates: Replicates, kind: str, population: str) -> NDArray[Any]:
        return replicates.expected("attributable", population, ALL)[:, ALL_SMOKING, cause]

    return values


def _funnel(step: str) -> Callable[[Replicates, str, str], NDArray[Any]]:
    def values(replicates: Replicates, kind: str, population: str) -> NDArray[Any]:
        array = getattr(replicates, kind)("funnel", population, "severe")
        return np.asarray(array[:, 0, FUNNEL_STEPS.index(step)])  # the config's own rule is the first

    return values


_EVERYBODY = list(range(len(STATES)))
HEADLINES = (
    Headline("carriers", "Carriers of a deficiency allele", _in_states("carrier", _EVERYBODY)),
    Headline("any_deficiency", "Any deficiency (SS, intermediate, severe)", _in_states("any_deficiency", _EVERYBODY)),
    Headline("severe_deficiency", "Severe deficiency", _in_states("severe", _EVERYBODY)),
    Headline("copd", "COPD, all people", _in_states(ALL, COPD)),
    Headline("copd_undiagnosed", "COPD that nobody has diagnosed", _in_states(ALL, UNDIAGNOSED), True),
    Headline("copd_in_severe", "Severe deficiency with COPD", _in_states("severe", COPD)),
    Headline(
        "copd_in_severe_undiagnosed",
        "Severe deficiency with COPD that nobody has diagnosed",
        _in_states("severe", UNDIAGNOSED),
        True,
    ),
    Headline(
        "undiagnosed_aatd_with_copd",
        "Severe deficiency with COPD whose cause nobody has recognised",
        _in_states("severe", UNRECOGNISED_COPD),
    ),
    Headline("aatd_recognised", "Severe deficiency recognised", _in_states("severe", RECOGNISED)),
    Headline("copd_in_sz", "PI*SZ with COPD", _in_states("SZ", COPD), genotype="SZ"),
    Headline("copd_in_mz", "PI*MZ with COPD", _in_states("MZ", COPD), genotype="MZ"),
    Headline("attributable_to_genotype", "COPD attributable to genotype", _attributable(0)),
    Headline("attributable_to_smoking", "COPD attributable to smoking", _attributable(1)),
    Headline("eligible_for_augmentation", "Eligible for augmentation therapy and willing", _funnel("willing")),
)


def headlines(run: Run) -> pd.DataFrame:
    """The numbers a reader looks for first.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        One row a scenario, population and headline. [people]

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).headlines["headline"].tolist()[:3]
    ['carriers', 'any_deficiency', 'severe_deficiency']
    """
    rows = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            for headline in _headlines(run):
                drawn = headline.values(replicates, "drawn", population)
                mean = headline.values(replicates, "expected", population)
                row = _headline_row(scenario, population, headline, run.definition)
                row |= {f"n_{k}": float(v) for k, v in interval(drawn).items()}
                row |= {k: float(v) for k, v in spread(drawn, mean).items()}
                row["mc_se"] = float(monte_carlo_error(drawn, replicates.block_sizes))
                rows.append(row)
    return pd.DataFrame(rows)


def differences(run: Run) -> pd.DataFrame:
    """Every scenario minus the base, replicate by replicate, for each headline.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Empty when there is no scenario but the base. [people]

    Notes
    -----
    Scenarios share their random numbers, so the difference is sharper than its two parts. Source: docs/model.md, 9.

    Examples
    --------
    >>> import simulation
    >>> nobody = {"smoking": {"never": 1, "former": 0, "current": 0}}
    >>> table = simulation.run({"replicates": 2, "scenarios": {"nobody_smokes": nobody}}).differences
    >>> bool(table.set_index("headline").loc["copd", "difference_high"] < 0)
    True
    """
    rows = []
    scenarios = list(run.replicates)
    base = run.replicates[scenarios[0]]
    for scenario in scenarios[1:]:
        replicates = run.replicates[scenario]
        for population in replicates.axes.populations:
            for headline in _headlines(run):
                drawn = [headline.values(r, "drawn", population).astype(float) for r in (base, replicates)]
                mean = [headline.values(r, "expected", population) for r in (base, replicates)]
                row = _headline_row(scenario, population, headline, run.definition)
                row |= {"base_mean": float(drawn[0].mean()), "scenario_mean": float(drawn[1].mean())}
                row |= {f"difference_{k}": float(v) for k, v in interval(drawn[1] - drawn[0]).items()}
                relative = interval(ratio(drawn[1] - drawn[0], drawn[0]))
                row |= {f"relative_{k}": float(v) for k, v in relative.items()}
                row |= {k: float(v) for k, v in spread(drawn[1] - drawn[0], mean[1] - mean[0]).items()}
                row["mc_se"] = float(monte_carlo_error(drawn[1] - drawn[0], replicates.block_sizes))
                rows.append(row)
    columns = ["scenario", "population", "headline", "label", "definition", "base_mean", "scenario_mean"]
    columns += [f"difference_{k}" for k in ("mean", "median", "low", "high")]
    columns += [f"relative_{k}" for k in ("mean", "median", "low", "high")] + ["sd_parameters", "sd_chance", "mc_se"]
    return pd.DataFrame(rows, columns=columns)


def _headlines(run: Run) -> list[Headline]:
    followed = ("", *next(iter(run.replicates.values())).axes.groups)
    kept = [h for h in HEADLINES if not (h.needs_spirometry and run.definition == "recorded")]
    return [h for h in kept if h.genotype in followed]


def _headline_row(scenario: str, population: str, headline: Headline, definition: str) -> dict[str, Any]:
    head = {"scenario": scenario, "population": population, "headline": headline.name, "label": headline.label}
    return {**head, "definition": definition}


def shares_of_variance(run: Run, headline: str = "undiagnosed_aatd_with_copd") -> dict[str, float]:
    """How much of the spread of one headline each uncertain parameter explains by itself.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios; the base is looked at.
    headline : str
        Name of the headline.

    Returns
    -------
    dict of str to float
        Squared rank correlation of the parameter's draws and the expected headline. [proportion]

    Notes
    -----
    First-order and monotone only: shares need not sum to 1, and with n replicates one of about 1/n is noise.
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 64}).parameters.set_index("name")
    >>> bool(table.loc["lung.fixed_ratio_or.zz.ukb", "share_of_variance"] > 0.1)
    True
    """
    from scipy.stats import rankdata

    replicates = next(iter(run.replicates.values()))
    chosen = next(h for h in HEADLINES if h.name == headline)
    outcome = chosen.values(replicates, "expected", replicates.axes.populations[-1])
    found: dict[str, float] = {}
    for name, values in replicates.parameters().items():
        if len(values) > 2 and np.ptp(values) > 0 and np.ptp(outcome) > 0:
            found[name] = float(np.corrcoef(rankdata(values), rankdata(outcome))[0, 1] ** 2)
        else:
            found[name] = 0.0
    return found
