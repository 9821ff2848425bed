"""Who is diagnosed and whose deficiency is recognised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.results.summary import interval, spread
from simulation.results.tables.cells import (
    ALL_SMOKING,
    ASTHMA_LABEL,
    COPD,
    DIAGNOSED,
    DIAGNOSED_RECOGNISED,
    DIAGNOSED_UNRECOGNISED,
    RECOGNISED,
    RECOGNISED_COPD,
    UNDIAGNOSED,
    UNRECOGNISED_COPD,
    Run,
)


def recognition(run: Run) -> pd.DataFrame:
    """Who with COPD is diagnosed, and whose deficiency is recognised.

    Parameters
    ----------
    run : Run
        Replicates of all scenarios.

    Returns
    -------
    pandas.DataFrame
        People [people]. Columns on undiagnosed COPD are empty where COPD is defined by its diagnosis; columns on the
        deficiency are empty for genotypes that the set severe does not count.

    Notes
    -----
    Source: docs/model.md, section 6.

    Examples
    --------
    >>> import simulation
    >>> table = simulation.run({"replicates": 2}).recognition.set_index("genotype")
    >>> row = table.loc["severe"]
    >>> bool(np.isclose(row.n_copd_mean, row.undiagnosed_aatd_with_copd_mean + row.n_aatd_recognised_with_copd_mean))
    True
    """
    rows = []
    for scenario, replicates in run.replicates.items():
        for population in replicates.axes.populations:
            for genotype in replicates.axes.groups:
                drawn = replicates.drawn("people", population, genotype)[:, ALL_SMOKING]
                mean = replicates.expected("people", population, genotype)[:, ALL_SMOKING]
                row: dict[str, Any] = {"scenario": scenario, "population": population, "genotype": genotype}
                row |= {"definition": run.definition, "counted_set": "severe"}
                counts = {
                    "n_copd": COPD,
                    "n_copd_undiagnosed": UNDIAGNOSED,
                    "n_asthma_label": ASTHMA_LABEL,
                    "n_copd_diagnosed": DIAGNOSED,
                    "n_copd_diagnosed_aatd_unrecognised": DIAGNOSED_UNRECOGNISED,
                    "n_copd_diagnosed_aatd_recognised": DIAGNOSED_RECOGNISED,
                    "n_aatd_recognised_with_copd": RECOGNISED_COPD,
                    "n_aatd_recognised": RECOGNISED,
                    "undiagnosed_aatd_with_copd": UNRECOGNISED_COPD,
                }
                has_aatd = genotype in ("severe", *replicates.axes.members("severe"))
                for name, columns in counts.items():
                    unknown = run.definition == "recorded" and name in ("n_copd_undiagnosed", "n_asthma_label")
                    empty = unknown or ("aatd" in name and not has_aatd)
                    found = interval(drawn[:, columns].sum(axis=1))
                    row |= {f"{name}_{k}": np.nan if empty else float(v) for k, v in found.items()}
                burden = (drawn[:, UNRECOGNISED_COPD].sum(axis=1), mean[:, UNRECOGNISED_COPD].sum(axis=1))
                row |= {k: float(v) if has_aatd else np.nan for k, v in spread(*burden).items()}
                rows.append(row)
    return pd.DataFrame(rows)
