"""Whom a screen by serum level sends to be typed."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.assembly.build import build_inputs
from simulation.config.programme import level_in_umol_l
from simulation.errors import ConfigError

THRESHOLD = "aat.threshold.protective_umol_l"


def share_below(cutoff_umol_l: float, alleles: Sequence[str], standard: str = "nephelometry") -> dict[str, float]:
    """Share of each genotype whose serum level is below a cut-off, by the model's own serum levels.

    Parameters
    ----------
    cutoff_umol_l : float
        One that can be in this unit. [µmol/L]
    alleles : sequence of str
        M first.
    standard : {"nephelometry", "purified"}
        Calibration of the assay.

    Returns
    -------
    dict of str to float
        By genotype. [proportion]

    Raises
    ------
    ConfigError
        If the cut-off is not a level in µmol/L.

    Notes
    -----
    The mean over what is uncertain of the levels. Source: docs/model.md, section 4.

    Examples
    --------
    >>> found = share_below(11, ["M", "S", "Z"])
    >>> found["MM"] < 0.01, 0.4 < found["SZ"] < 0.6, found["ZZ"] > 0.99
    (True, True, True)
    """
    if not cutoff_umol_l > 0:
        raise ConfigError(f"--serum-cutoff {cutoff_umol_l:g}; it must be above 0 µmol/L")
    try:
        level_in_umol_l(cutoff_umol_l)
    except ValueError as error:
        raise ConfigError(f"--serum-cutoff {cutoff_umol_l:g}; {error}") from None
    inputs = build_inputs(
        {
            "genetics": {"alleles": list(alleles)},
            "serum": {"standard": standard},
            "parameters": {THRESHOLD: float(cutoff_umol_l)},
        }
    )
    mean = inputs.low_level.mean("replicate")
    return {str(name): float(mean.sel(genotype=name)) for name in mean["genotype"].values}
