"""Figures of a fit: allele frequencies by survey, and observed against expected genotypes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import poisson

from simulation.results.plots import COLOURS
from simulation.surveys.fit import AlleleFrequencyFit
from simulation.surveys.genotypes import ALL_SURVEYS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEGEND: dict[str, Any] = {"frameon": False, "columnspacing": 1.0, "handletextpad": 0.4, "fontsize": 9}
MARKERS = "osD^vPX"
FITTED = "fitted, surveys differ"
ALONE = "fitted"
LEAST = 0.05  # people expected below which a genotype that nobody has is not drawn
N_SURVEYS_SHOWN = 30


def plot_frequencies(by_survey: pd.DataFrame, alleles: pd.DataFrame, ax: Axes) -> Axes:
    """Allele frequencies of each survey and those fitted, on a log scale.

    Parameters
    ----------
    by_survey, alleles : pandas.DataFrame
        Of a fit. [proportion]
    ax : matplotlib.axes.Axes
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        One line a survey, the fitted frequencies at the bottom; M is left out. An allele that was not seen is an arrow at
        the upper end of its interval.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from simulation.surveys.fit import fit_allele_frequencies
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "MZ", "ZZ"], "n": [960, 39, 1]})
    >>> fit = fit_allele_frequencies(table)
    >>> plot_frequencies(fit.by_survey, fit.alleles, plt.figure().gca()).get_xscale()
    'log'
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    last = FITTED if (alleles["rho"] > 0).any() else ALONE
    rows = pd.concat([by_survey, alleles.assign(survey=last)], ignore_index=True)
    rows = rows[rows["allele"] != "M"]
    surveys = list(dict.fromkeys(rows["survey"]))
    names = list(dict.fromkeys(rows["allele"]))
    for k, allele in enumerate(names):
        chosen = rows[(rows["allele"] == allele) & rows["high"].notna()]
        y = np.array([surveys.index(s) for s in chosen["survey"]]) + _offset(k, len(names))
        seen = (chosen["n_observed"] > 0).to_numpy()
        colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
        low, high, middle = (chosen[c].to_numpy(float) for c in ("low", "high", "frequency"))
        ax.hlines(y[seen], low[seen], high[seen], color=colour, linewidth=1.6)
        ax.plot(middle[seen], y[seen], marker, color=colour, markersize=6, label=allele, linestyle="none")
        ax.plot(high[~seen], y[~seen], "<", color=colour, markersize=6, fillstyle="none", linestyle="none")
    ax.set_xscale("log")
    # the lower end of an allele seen once or twice may be anything; it must not push the others together
    seen_rows = rows["n_observed"] > 0
    points = rows["frequency"].where(seen_rows, rows["high"])
    ends = rows["low"].where(seen_rows, rows["high"])
    ax.set_xlim(left=max(float(points.min()) / 10, float(ends.min()) / 1.5))
    left, right = ax.get_xlim()
    ax.xaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5) if right < 100 * left else (1,)))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(range(len(surveys)), [s.replace("_", " ") for s in surveys])
    ax.set_ylim(len(surveys) - 0.5, -0.5)
    if len(surveys) > 1:
        ax.axhline(len(surveys) - 1.5, color="0.6", linewidth=0.8)
    ax.set_xlabel("Allele frequency, 95 % interval (open triangle: not seen, upper end)")
    _tidy(ax, "x")
    if len(names) > 1:
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(len(names), 7), **LEGEND)
    return ax


def plot_genotypes(table: pd.DataFrame, ax: Axes) -> Axes:
    """Observed genotypes against those expected in Hardy-Weinberg proportions.

    Parameters
    ----------
    table : pandas.DataFrame
        `genotype_table` of a fit; with several surveys, all of them together are drawn. [people]
    ax : matplotlib.axes.Axes
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        Bars of expected people with their 95 % range by chance, points of observed ones.

    Notes
    -----
    The range is that of a Poisson number. Source: docs/evidence.md.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from simulation.surveys.fit import fit_allele_frequencies
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "MZ", "ZZ"], "n": [960, 39, 1]})
    >>> plot_genotypes(fit_allele_frequencies(table).genotype_table, plt.figure().gca()).get_ylabel()
    'People'
    """
    surveys = list(dict.fromkeys(table["survey"]))
    rows = table[table["survey"] == (ALL_SURVEYS if ALL_SURVEYS in surveys else surveys[0])]
    screened = rows["n_expected"].isna()
    expected = rows["n_expected"].where(~screened, rows["n_expected_fitted"]).to_numpy(float)
    drawn = (expected >= LEAST) | (rows["n_observed"].to_numpy() > 0)
    rows, expected = rows[drawn], expected[drawn]
    x = np.arange(len(rows))
    low, high = poisson.ppf(0.025, expected), poisson.ppf(0.975, expected)
    floor = 0.3  # a log axis has no zero; nobody is drawn on the floor
    ax.vlines(
        x,
        np.maximum(low, floor),
        np.maximum(high, floor),
        color=COLOURS[5],
        linewidth=7,
        alpha=0.5,
        label="95 % by chance",
    )
    ax.plot(x, np.maximum(expected, floor), "_", color=COLOURS[0], markersize=13, markeredgewidth=2, label="expected")
    n = rows["n_observed"].to_numpy(float)
    ax.plot(x[n > 0], n[n > 0], "o", color=COLOURS[1], markersize=6, label="observed")
    if (n == 0).any():
        none = x[n == 0]
        ax.plot(none, np.full(none.size, floor), "o", color=COLOURS[1], markersize=6, fillstyle="none", label="nobody")
    ax.set_yscale("log")
    ax.set_ylim(floor / 1.5, None)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else "")
    if len(rows) < 9:
        ax.set_xticks(x, rows["genotype"])
    else:
        ax.set_xticks(x, rows["genotype"], rotation=60, ha="right", rotation_mode="anchor", fontsize=8)
    ax.set_ylabel("People")
    _tidy(ax, "y")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, **LEGEND)
    return ax


def plot_fit(fit: AlleleFrequencyFit) -> Figure:
    """Both figures of a fit side by side; the second only where genotypes were counted.

    Parameters
    ----------
    fit : AlleleFrequencyFit
        What was fitted.

    Returns
    -------
    matplotlib.figure.Figure
        To be saved or shown; pyplot knows it, so that a notebook shows it.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> from simulation.surveys.fit import fit_allele_frequencies
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "MZ", "ZZ"], "n": [960, 39, 1]})
    >>> import matplotlib.pyplot as plt
    >>> figure = plot_fit(fit_allele_frequencies(table))
    >>> len(figure.axes)
    2
    >>> plt.close(figure)
    """
    import matplotlib.pyplot as plt

    surveys = list(dict.fromkeys(fit.by_survey["survey"]))
    shown = surveys[:N_SURVEYS_SHOWN]
    both = not fit.genotype_table.empty
    height = max(3.6, 0.32 * len(shown) + 2)
    figure = plt.figure(figsize=(11 if both else 6.5, height), layout="constrained")
    axes = figure.subplots(1, 2 if both else 1, squeeze=False)[0]
    plot_frequencies(fit.by_survey[fit.by_survey["survey"].isin(shown)], fit.alleles, axes[0])
    if len(shown) < len(surveys):
        axes[0].set_title(f"{len(shown)} of {len(surveys)} surveys shown", fontsize=9, pad=24)
    if both:
        plot_genotypes(fit.genotype_table, axes[1])
    return figure


def _offset(k: int, n: int) -> float:
    return 0.0 if n == 1 else (k - (n - 1) / 2) * min(0.22, 0.8 / n)


def _tidy(ax: Axes, grid: str) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis=grid, color="0.9", zorder=0)  # type: ignore[arg-type]
    ax.set_axisbelow(True)
