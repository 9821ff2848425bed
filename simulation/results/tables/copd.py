"""COPD by genotype, smoking, sex and age."""

from __future__ import annotations

import pandas as pd

from simulation.labels import age_label
from simulation.results.axes import ALL, SEX_ROWS, SMOKING_ROWS
from simulation.results.summary import spread
from simulation.results.tables.cells import ALL_SMOKING, COPD, Run, frame, ratio


def copd(run: Run) -> pd.DataFrame:
    """COPD by genotype or set and smoking, and what of it each cause accounts for.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        People [people], prevalence and share of all COPD [proportion]. Attributable numbers are expected ones.

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2}).copd
    >>> set(table["definition"]), set(table["smoking"])  # doctest: +SKIP
    ({'fixed_ratio'}, {'all', 'current', 'former', 'never'})
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            total = replicates.drawn("people", population, ALL)[:, ALL_SMOKING][:, COPD].sum(axis=1)
            for genotype in replicates.axes.groups:
                drawn = replicates.drawn("people", population, genotype)
                mean = replicates.expected("people", population, genotype)
                n, with_copd = drawn.sum(axis=-1), drawn[..., COPD].sum(axis=-1)
                attributable = replicates.expected("attributable", population, genotype)
                parts.append(
                    frame(
                        {"scenario": scenario, "population": population, "genotype": genotype, "smoking": SMOKING_ROWS},
                        {"definition": run.definition},
                        n_people=n,
                        n_copd=with_copd,
                        prevalence=ratio(with_copd, n),
                        attributable_genotype=attributable[..., 0],
                        attributable_smoking=attributable[..., 1],
                        share_of_copd=ratio(with_copd, total[:, None]),
                    ).assign(**spread(with_copd, mean[..., COPD].sum(axis=-1)))
                )
    return pd.concat(parts, ignore_index=True)


def copd_by_age(run: Run) -> pd.DataFrame:
    """COPD by set, sex and age group.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        People [people] and prevalence [proportion]; age groups without people are left out.

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).copd_by_age["sex"].unique().tolist()
    ['male', 'female', 'both']
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        ages = [age_label(age) for age in replicates.axes.ages]
        index = pd.MultiIndex.from_product([SEX_ROWS, ages], names=["sex", "age"])
        for population in replicates.axes.populations:
            occupied = replicates.drawn("by_age", population, ALL)[..., 0].any(axis=0).ravel()
            for name in replicates.axes.sets:
                drawn = replicates.drawn("by_age", population, name).reshape(len(replicates), -1, 2)
                mean = replicates.expected("by_age", population, name).reshape(len(replicates), -1, 2)
                rows = frame(
                    {
                        "scenario": scenario,
                        "population": population,
                        "set": name,
                        "sex": index.get_level_values("sex"),
                        "age": index.get_level_values("age"),
                    },
                    {"definition": run.definition},
                    n_people=drawn[..., 0],
                    n_copd=drawn[..., 1],
                    prevalence=ratio(drawn[..., 1], drawn[..., 0]),
                ).assign(**spread(drawn[..., 1], mean[..., 1]))
                parts.append(rows[occupied])
    return pd.concat(parts, ignore_index=True)
