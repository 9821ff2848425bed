"""Liver disease, and the way to augmentation therapy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.care.augmentation import FUNNEL_STEPS
from simulation.labels import LIVER_OUTCOMES, OTHER_DISEASES
from simulation.results.axes import ALL
from simulation.results.summary import interval, spread
from simulation.results.tables.cells import Run, before_each, frame, ratio


def liver(run: Run) -> pd.DataFrame:
    """Liver disease and panniculitis by genotype.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Outcomes: cholestasis_in_infancy (a year, expected, where births are known), cirrhosis, liver_cancer,
        liver_transplant, panniculitis. People [people], proportion of people with the genotype [proportion].

    Notes
    -----
    Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).liver["outcome"].unique().tolist()
    ['cholestasis_in_infancy', 'cirrhosis', 'liver_cancer', 'liver_transplant', 'panniculitis']
    """
    rows: list[dict[str, Any]] = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            births = run.n_births[scenario].get(population, np.nan)
            infants = replicates.expected("cholestasis", population)
            born = replicates.expected("birth", population)
            for genotype in replicates.axes.liver:
                head = {"scenario": scenario, "population": population, "genotype": genotype}
                names = replicates.axes.liver[:-1] if genotype == ALL else (genotype,)
                columns = [replicates.axes.groups.index(name) for name in names]
                per_year, at_risk = infants[:, columns].sum(axis=1), born[:, columns].sum(axis=1)
                row: dict[str, Any] = {**head, "outcome": "cholestasis_in_infancy", "per": "year"}
                row |= {f"n_{k}": float(v) * births for k, v in interval(per_year).items()}
                row |= {f"proportion_{k}": float(v) for k, v in interval(ratio(per_year, at_risk)).items()}
                rows.append(row | {"sd_parameters": float(per_year.std()) * births, "sd_chance": 0.0})
                drawn = replicates.drawn("liver", population, genotype)
                mean = replicates.expected("liver", population, genotype)
                for i, outcome in enumerate(LIVER_OUTCOMES[1:], start=1):
                    row = {**head, "outcome": outcome, "per": "living"}
                    row |= {f"n_{k}": float(v) for k, v in interval(drawn[:, i]).items()}
                    share = interval(ratio(drawn[:, i], drawn[:, 0]))
                    row |= {f"proportion_{k}": float(v) for k, v in share.items()}
                    rows.append(row | {k: float(v) for k, v in spread(drawn[:, i], mean[:, i]).items()})
    return pd.DataFrame(rows, columns=None if rows else ["scenario", "population", "genotype", "outcome", "per"])


def treatment(run: Run) -> pd.DataFrame:
    """The funnel from severe genotypes to augmentation therapy, by every rule.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Rules, the config's own first; steps in order; people left [people] and the share of the step before [proportion].

    Notes
    -----
    Source: docs/model.md, section 8.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).treatment["step"].head(4).tolist()
    ['severe', 'not_transplanted', 'age', 'below_threshold']
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            for genotype in reversed(replicates.axes.severe):
                drawn = replicates.drawn("funnel", population, genotype)
                mean = replicates.expected("funnel", population, genotype)
                for k, rule in enumerate(replicates.axes.rules):
                    head = {"scenario": scenario, "population": population, "rule": rule, "genotype": genotype}
                    n = drawn[:, k]
                    before = before_each(n)
                    parts.append(
                        frame(
                            {**head, "step": FUNNEL_STEPS},
                            {"definition": run.definition},
                            n=n,
                            share_of_step_before=ratio(n, before),
                        ).assign(share_of_means=ratio(n.mean(axis=0), before.mean(axis=0)), **spread(n, mean[:, k]))
                    )
    return pd.concat(parts, ignore_index=True)


def other_diseases(run: Run) -> pd.DataFrame:
    """Shares of bronchiectasis and of ANCA vasculitis by genotype.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        Expected people with bronchiectasis [people]; share of all cases of a disease [proportion].

    Notes
    -----
    There is no row for bone marrow failure: it is the negative control. Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).other_diseases["disease"].unique().tolist()
    ['bronchiectasis', 'anca_vasculitis']
    """
    parts = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            total = replicates.expected("other_diseases", population, ALL)
            for genotype in replicates.axes.groups:
                cases = replicates.expected("other_diseases", population, genotype)
                head = {"scenario": scenario, "population": population, "genotype": genotype}
                n = cases.copy()
                n[:, OTHER_DISEASES.index("anca_vasculitis")] = np.nan  # its baseline is not known, and not needed
                parts.append(frame({**head, "disease": OTHER_DISEASES}, {}, n=n, share_of_cases=ratio(cases, total)))
    return pd.concat(parts, ignore_index=True)
