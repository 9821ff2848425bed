"""How many chromosomes to type, and of whom, to know a prevalence as well as one wishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulation.config.load import LoadedConfig, load_config
from simulation.errors import ConfigError
from simulation.inference.gene_counting import effective_share
from simulation.studies.knowledge import Knowledge, relative_width

MORE = 1000  # chromosomes of the survey whose narrowing is shown
MOST = 10**9  # chromosomes; nobody types more


@dataclass(frozen=True)
class SurveyPlan:
    """What a survey would have to be.

    Attributes
    ----------
    target : str
        "prevalence.ZZ.proportion".
    relative_width : float
        Wished for: (high − low)/mean of the 95 % interval. [proportion]
    mean, low, high, width : float
        As known today; width is relative. [proportion]
    table : pandas.DataFrame
        By ancestry: ancestry, share of people, n_chromosomes if it alone is typed (missing where that cannot suffice),
        width_at_best if it were known exactly, width_after_1000, narrowing_per_1000, n_chromosomes_best_mix.
    n_best_mix : int or None
        Chromosomes of the cheapest mixture of surveys; None where no survey suffices.
    width_best_mix : float
        Width promised with it. [proportion]
    """

    target: str
    relative_width: float
    mean: float
    low: float
    high: float
    width: float
    table: pd.DataFrame
    n_best_mix: int | None
    width_best_mix: float


def plan_survey(
    config: str | Path | Mapping[str, Any] | LoadedConfig, target: str, width: float, rho: float = 0.0
) -> SurveyPlan:
    """Plan a survey that brings the interval of a prevalence to a wished width.

    Parameters
    ----------
    config : path, mapping or LoadedConfig
        The base is looked at; prevalence at birth, of all populations together.
    target : str
        "prevalence.NAME.proportion", NAME a genotype or a set.
    width : float
        Wished relative width (high − low)/mean, above 0. [proportion]
    rho : float, default 0
        Between-survey correlation of the new survey: 0 where it samples the population itself. [dimensionless]

    Returns
    -------
    SurveyPlan
        By ancestry, and the cheapest mixture.

    Raises
    ------
    ConfigError
        If the target is unknown, the width is not above 0, or the prevalence is 0.

    Notes
    -----
    A survey of n chromosomes is expected to find n q copies of each allele; its posterior is today's Beta with them added.
    The cheapest mixture makes the last chromosome of every survey equally useful. Source: docs/evidence.md.

    Examples
    --------
    >>> plan = plan_survey({}, "prevalence.ZZ.proportion", 0.2)
    >>> 50_000 < plan.n_best_mix < 90_000, plan.width > 0.2, plan.width_best_mix <= 0.2
    (True, True, True)
    """
    loaded = load_config(config)
    if not width > 0:
        raise ConfigError(f"--relative-width {width:g}; it must be above 0: 0.2 asks for high - low = 20 % of the mean")
    if not 0 <= rho < 1:
        raise ConfigError(f"--rho {rho:g}; it must be at least 0 and below 1")
    known = Knowledge(loaded.base, loaded.pack, target, rho)
    now = known.after({})
    if not now.mean() > 0:
        raise ConfigError(f"--target {target}: nobody has it in this config; there is nothing to narrow")
    today = relative_width(now)
    variance = known.variance({})

    def narrowed(k: int, n: float) -> float:
        # by the variance: two small widths from draws would differ by more than a small ancestry's part
        return today * float(np.sqrt(known.variance({k: n}) / variance)) if variance > 0 else today

    rows = [
        {
            "ancestry": ancestry,
            "share": known.weight[k],
            "n_chromosomes": _fewest(lambda n, k=k: known.width({k: n}), width),  # type: ignore[misc]
            "width_at_best": narrowed(k, MOST),
            "width_after_1000": narrowed(k, MORE),
        }
        for k, ancestry in enumerate(known.ancestries)
    ]
    table = pd.DataFrame(rows)
    table["n_chromosomes"] = table["n_chromosomes"].astype("Int64")
    table["narrowing_per_1000"] = today - table["width_after_1000"]
    mix, promised = _best_mix(known, width)
    if mix is not None and len(mix) == 1:  # nothing to mix; found more finely alone
        mix = [int(table["n_chromosomes"].iloc[0])]
        promised = known.width({0: float(mix[0])})
    table["n_chromosomes_best_mix"] = pd.array(mix if mix is not None else [None] * len(table), dtype="Int64")
    low, high = np.quantile(now, [0.025, 0.975])
    return SurveyPlan(
        target=target,
        relative_width=width,
        mean=float(now.mean()),
        low=float(low),
        high=float(high),
        width=today,
        table=table.sort_values("narrowing_per_1000", ascending=False, kind="stable", ignore_index=True),
        n_best_mix=None if mix is None else int(sum(mix)),
        width_best_mix=promised,
    )


def _fewest(width: Callable[[float], float], wanted: float) -> int | None:
    """Fewest chromosomes, an even number, that bring the width down to what is wanted."""
    if width(0) <= wanted:
        return 0
    if width(MOST) > wanted:
        return None
    low, high = 0, 2
    while width(high) > wanted:
        low, high = high, 2 * high
    while high - low > 2 and high - low > high * 1e-4:
        middle = (low + high) // 4 * 2
        low, high = (middle, high) if width(middle) > wanted else (low, middle)
    return high


def _best_mix(known: Knowledge, wanted: float) -> tuple[list[int] | None, float]:
    """Chromosomes of each ancestry whose last one lowers the variance equally, as few as suffice; and the width promised."""

    def gain(k: int, n: float) -> float:
        worth = n * float(effective_share(n, known.rho))
        return float((known.sensitivities[k] / (known.behind[k] + worth) ** 2).sum())

    def shares(price: float) -> dict[int, float]:
        """Chromosomes at which one more is worth the price."""
        found = {}
        for k in range(len(known.ancestries)):
            low, high = 0.0, float(MOST)
            if gain(k, 0) > price:
                for _ in range(60):
                    middle = np.sqrt((low + 1) * (high + 1)) - 1
                    low, high = (middle, high) if gain(k, middle) > price else (low, middle)
                found[k] = high
        return found

    dearest = max(gain(k, 0) for k in range(len(known.ancestries)))
    if known.width({}) <= wanted:
        return [0] * len(known.ancestries), known.width({})
    low, high = np.log(dearest) - 60, np.log(dearest)
    narrowest = known.width(shares(float(np.exp(low))))
    if narrowest > wanted:
        return None, narrowest
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if known.width(shares(float(np.exp(middle)))) <= wanted else (low, middle)
    mix = shares(float(np.exp(low)))
    rounded = [2 * int(np.ceil(mix.get(k, 0.0) / 2)) for k in range(len(known.ancestries))]
    return rounded, known.width({k: float(n) for k, n in enumerate(rounded)})
