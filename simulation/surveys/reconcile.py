"""Explain a collapsed estimate of another tool, step by step, from allele counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.data.pack import data_pack
from simulation.errors import DataError
from simulation.inference.collapsed import reconcile_steps
from simulation.results.summary import one_in

ALL_GNOMAD = "gnomad_v4_all"
NOT_PATHOGENIC = ("F",)  # gnomAD's lists of pathogenic variants leave it out, and it behaves as M here


def reconcile(collapsed: float | None = None, table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Additive steps from a collapsed gene-level estimate to severe deficiency.

    Parameters
    ----------
    collapsed : float, optional
        The other estimate: all pathogenic alleles added and squared, such as 1/331. Default: that of all gnomAD samples.
        [proportion]
    table : pandas.DataFrame, optional
        Columns allele, n_observed, n_typed, of one survey. Default: all gnomAD samples, from the data pack. [chromosomes]

    Returns
    -------
    pandas.DataFrame
        step, proportion, total (after the step), one_in (of the total); the last row is severe deficiency. [proportion]

    Raises
    ------
    DataError
        If the estimate is no proportion, or the table has several surveys or none.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> steps = reconcile()
    >>> steps["one_in"].round().iloc[[0, -1]].tolist()
    [331.0, 3505.0]
    """
    pack = data_pack()
    if table is None:
        frequency = {
            allele: row.n_observed / row.n_typed
            for (population, allele), row in pack.allele_frequencies.items()
            if population == ALL_GNOMAD and row.n_observed is not None and row.n_typed
        }
    else:
        frequency = _frequencies(table)
    kept = {allele: q for allele, q in frequency.items() if allele not in NOT_PATHOGENIC}
    if collapsed is None:
        collapsed = pack.allele_frequency_checks[ALL_GNOMAD].any_pathogenic ** 2
        if table is not None:
            collapsed = sum(kept.values()) ** 2
    if not 0 < collapsed <= 1:
        raise DataError(f"collapsed = {collapsed:g}; it must be above 0 and at most 1 (for 1 in 331 write 1/331)")
    steps = reconcile_steps(collapsed, kept, {allele: pack.alleles[allele].like for allele in kept})
    rows = pd.DataFrame([{"step": step.step, "proportion": step.proportion} for step in steps])
    rows["total"] = [*np.cumsum(rows["proportion"])[:-1], rows["proportion"].iloc[-1]]
    rows["one_in"] = one_in(rows["total"])
    return rows


def _frequencies(table: pd.DataFrame) -> dict[str, float]:
    # here every allele keeps its own name: pools would hide what the other tool added
    from simulation.surveys.table import checked_surveys

    surveys = checked_surveys(table, alleles=list(data_pack().alleles))
    if len(surveys.names) != 1:
        raise DataError(
            f"reconcile takes one survey; the data have {', '.join(surveys.names)}; choose one with --survey"
        )
    pairs = zip(surveys.alleles, surveys.n_observed[0], surveys.n_typed[0], strict=True)
    return {allele: int(n) / int(of) for allele, n, of in pairs if allele != "M" and of > 0}
