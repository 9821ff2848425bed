"""Figures: each takes a result table and an Axes and returns the Axes. They compute nothing and save nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette: told apart by readers with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SMOKING_COLOURS = {"never": "#0072B2", "former": "#E69F00", "current": "#D55E00"}
DEFINITIONS = {
    "fixed_ratio": "COPD by FEV1/FVC below 0.7",
    "lln": "COPD by FEV1/FVC below the lower limit of normal",
    "recorded": "COPD by recorded diagnosis",
}
COPD_SETS = ("normal", "carrier", "intermediate", "severe")
SET_LABELS = {
    "carrier": "Carrier (M with another)",
    "intermediate": "Intermediate (S with Z, rare, null)",
    "severe": "Severe (two of Z, rare, null)",
    "any_deficiency": "Any deficiency",
    "all": "All people",
    "normal": "No deficiency allele",
}


def plot_prevalence(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Share of people with each genotype and set, on a log scale.

    Parameters
    ----------
    table : pandas.DataFrame
        `prevalence` of one scenario and one "at". [proportion]
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        One point with its 95 % interval for each genotype and population.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> ax = simulation.run({"replicates": 2}).plot.prevalence()
    >>> ax.get_xscale()
    'log'
    """
    ax = _axes(ax, (8, 5.2))
    seen = table[table["proportion_mean"] > 0]
    names = [name for name in dict.fromkeys(table["genotype"]) if name in set(seen["genotype"])]
    names.sort(key=lambda name: name in SET_LABELS)
    populations = list(dict.fromkeys(table["population"]))
    for k, population in enumerate(populations):
        rows = seen[seen["population"] == population].set_index("genotype")
        rows = rows.loc[[name for name in names if name in rows.index]]
        y = np.array([names.index(name) for name in rows.index]) + _offset(k, len(populations))
        _points(ax, rows, "proportion", y, COLOURS[k % len(COLOURS)], _words(population))
        if len(populations) == 1:
            for height, (_, row) in zip(y, rows.iterrows(), strict=True):
                _beside(ax, str(row["text"]).split(" (")[0], row["proportion_high"], height, fontsize=8, color="0.3")
    ax.set_xscale("log")
    _category_axis(ax, [SET_LABELS.get(name, f"PI*{name}") for name in names])
    ax.xaxis.set_major_formatter(lambda value, _: _one_in(value))
    ax.tick_params(axis="x", labelsize=8)
    ax.set_xlabel("Share of people (log scale)")
    low, high = ax.get_xlim()
    ax.set_xlim(low, min(high * 4, 8) if len(populations) == 1 else high)
    ax.set_title("Genotypes and what they are counted as", loc="left")
    if len(populations) > 1:  # below the axes: points may lie anywhere inside
        ax.legend(frameon=False, fontsize=8, ncols=4, loc="upper center", bbox_to_anchor=(0.4, -0.1))
    return ax


def plot_copd(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """COPD prevalence by genotype and smoking.

    Parameters
    ----------
    table : pandas.DataFrame
        `copd` of one scenario and population. [proportion]
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        Never, former and current smokers side by side.

    Raises
    ------
    ValueError
        If the table mixes definitions of COPD.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).plot.copd().get_xlabel()
    'COPD prevalence (%)'
    """
    definition = one_definition(table)
    ax = _axes(ax, (8, 4.4))
    names = [name for name in dict.fromkeys(table["genotype"]) if name in ("MM", "MS", "MZ", "SS", "SZ", "severe")]
    occupied = table[table["n_people_mean"] > 0]
    for k, (smoking, colour) in enumerate(SMOKING_COLOURS.items()):
        rows = occupied[(occupied["smoking"] == smoking) & occupied["genotype"].isin(names)].set_index("genotype")
        y = np.array([names.index(name) for name in rows.index]) + _offset(k, 3)
        _points(ax, rows, "prevalence", y, colour, f"{smoking} smokers", scale=100)
    _category_axis(ax, [SET_LABELS.get(name, f"PI*{name}") for name in names])
    shown = occupied[occupied["genotype"].isin(names)]
    ax.set_xlim(0, _top(ax.get_xlim()[1], shown["prevalence_high"]))
    ax.set_xlabel("COPD prevalence (%)")
    ax.set_title(f"{DEFINITIONS[definition]}, by genotype and smoking", loc="left")
    ax.legend(frameon=False, fontsize=8)
    return ax


def plot_copd_by_age(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """COPD prevalence by age for some sets.

    Parameters
    ----------
    table : pandas.DataFrame
        `copd_by_age` of one scenario and population. [proportion]
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        A line with its 95 % band for each set, both sexes together.

    Raises
    ------
    ValueError
        If the table mixes definitions of COPD.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).plot.copd_by_age().get_ylabel()
    'COPD prevalence (%)'
    """
    definition = one_definition(table)
    ax = _axes(ax, (8, 4.2))
    both = table[table["sex"] == "both"]
    ages = list(dict.fromkeys(both["age"]))
    for colour, name in zip(COLOURS, COPD_SETS, strict=False):
        rows = both[(both["set"] == name) & (both["n_people_mean"] > 0)]
        x = [ages.index(age) for age in rows["age"]]
        ax.plot(x, 100 * rows["prevalence_mean"], color=colour, label=SET_LABELS[name])
        ax.fill_between(x, 100 * rows["prevalence_low"], 100 * rows["prevalence_high"], color=colour, alpha=0.18, lw=0)
    ax.set_xticks(range(len(ages)), ages, rotation=45, ha="right", fontsize=8)
    shown = both[both["set"].isin(COPD_SETS)]
    ax.set_ylim(0, _top(ax.get_ylim()[1], shown["prevalence_high"]))
    ax.set_xlabel("Age (years)")
    ax.set_ylabel("COPD prevalence (%)")
    ax.set_title(f"{DEFINITIONS[definition]}, by age", loc="left")
    ax.legend(frameon=False, fontsize=8, loc="upper left")
    _tidy(ax)
    return ax


LADDER = {
    "n_copd": "Severe deficiency and COPD",
    "n_copd_diagnosed": "… COPD diagnosed",
    "n_aatd_recognised_with_copd": "… its cause recognised",
}


def plot_recognition(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The ladder from severe deficiency with COPD down to those whose deficiency is recognised.

    Parameters
    ----------
    table : pandas.DataFrame
        `recognition` of one scenario and population. [people]
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        One bar a rung, with its 95 % interval.

    Raises
    ------
    ValueError
        If the table mixes definitions of COPD.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).plot.recognition().get_xlabel()
    'People'
    """
    definition = one_definition(table)
    ax = _axes(ax, (8, 2.9))
    row = table[table["genotype"] == "severe"].iloc[0]
    rungs = [name for name in LADDER if not (definition == "recorded" and name == "n_copd_diagnosed")]
    for y, name in enumerate(rungs):
        mean, low, high = (float(row[f"{name}_{end}"]) for end in ("mean", "low", "high"))
        _bar(ax, y, mean, low, high, COLOURS[y])
    _category_axis(ax, [LADDER[name] for name in rungs])
    _people_axis(ax, max(float(row["n_copd_high"]), 1) * 1.45)
    ax.set_title(f"Who is recognised ({DEFINITIONS[definition]})", loc="left")
    return ax


def plot_differences(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Scenarios against the base, in percent of the base.

    Parameters
    ----------
    table : pandas.DataFrame
        `differences` of one population. [proportion]
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        One point with its 95 % interval for each headline and scenario.

    Raises
    ------
    ValueError
        If the table mixes definitions of COPD.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> nobody = {"smoking": {"never": 1, "former": 0, "current": 0}}
    >>> results = simulation.run({"replicates": 2, "scenarios": {"nobody_smokes": nobody}})
    >>> results.plot.differences().get_xlabel()
    'Difference from the base (%)'
    """
    one_definition(table)
    labels = list(dict.fromkeys(table["label"]))
    scenarios = list(dict.fromkeys(table["scenario"]))
    ax = _axes(ax, (8, 1.4 + 0.36 * max(len(labels), 4)))
    for k, scenario in enumerate(scenarios):
        rows = table[(table["scenario"] == scenario) & table["relative_mean"].notna()].set_index("label")
        y = np.array([labels.index(name) for name in rows.index]) + _offset(k, len(scenarios))
        _points(ax, rows, "relative", y, COLOURS[k % len(COLOURS)], _words(scenario), scale=100)
    ax.axvline(0, color="0.4", lw=0.8)
    _category_axis(ax, labels)
    ax.set_xlabel("Difference from the base (%)")
    ax.set_title("Scenarios against the base", loc="left")
    ax.legend(frameon=False, fontsize=8)
    return ax


STEP_LABELS = {
    "severe": "Severe deficiency",
    "not_transplanted": "… no liver transplant",
    "age": "… of the right age",
    "below_threshold": "… serum level below threshold",
    "copd": "… COPD",
    "fev1_in_range": "… FEV1 in range",
    "does_not_smoke": "… never smoked or stopped",
    "no_iga_deficiency": "… no IgA deficiency",
    "willing": "… willing",
    "recognised": "… deficiency recognised",
}


def plot_treatment(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The funnel from severe genotypes to augmentation therapy.

    Parameters
    ----------
    table : pandas.DataFrame
        `treatment` of one scenario and population. [people]
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        One bar a step, with its 95 % interval, of the first rule of the table, which is the config's own; a dot a step of
        every other.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).plot.treatment().get_xlabel()
    'People'
    """
    ax = _axes(ax, (8, 4.6))
    severe = table[table["genotype"] == "severe"]
    own, *others = dict.fromkeys(severe["rule"])
    steps = list(dict.fromkeys(severe["step"]))
    furthest = severe.groupby("step")["n_mean"].max()
    rows = severe[severe["rule"] == own].set_index("step")
    for y, step in enumerate(steps):
        row = rows.loc[step]
        _bar(ax, y, row["n_mean"], row["n_low"], row["n_high"], COLOURS[0], alpha=0.85, beside=float(furthest[step]))
    for k, (rule, marker) in enumerate(zip(others, "osD^v", strict=False)):
        means = severe[severe["rule"] == rule].set_index("step").loc[steps, "n_mean"]
        heights = np.arange(len(steps)) + _offset(k, len(others))
        ax.plot(
            means, heights, marker, color=COLOURS[1 + k], ms=4.5, mec="white", mew=0.6, zorder=4, label=_words(rule)
        )
    _category_axis(ax, [STEP_LABELS[step] for step in steps])
    _people_axis(ax, max(float(rows["n_high"].max()), 1) * 1.4)
    ax.set_title(f"From severe deficiency to augmentation therapy, rule {_words(own)}", loc="left")
    if others:
        ax.legend(frameon=False, fontsize=8, title="Other rules", title_fontsize=8, loc="lower right")
    return ax


def one_definition(table: pd.DataFrame) -> str:
    """The definition of COPD that all rows of a table share.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column `definition`.

    Returns
    -------
    str
        fixed_ratio, lln or recorded.

    Raises
    ------
    ValueError
        If rows have different definitions: the fixed ratio finds about twice the COPD of LLN in never smokers.

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> one_definition(pd.DataFrame({"definition": ["lln", "lln"]}))
    'lln'
    """
    found = sorted(set(table["definition"]))
    if len(found) != 1:
        raise ValueError(f"definitions of COPD are never mixed in one comparison; the table has {', '.join(found)}")
    return str(found[0])


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def _points(ax: Axes, rows: pd.DataFrame, measure: str, y: Any, colour: str, label: str, scale: float = 1.0) -> None:
    mean, low, high = (scale * rows[f"{measure}_{end}"].to_numpy(float) for end in ("mean", "low", "high"))
    ax.hlines(y, low, high, color=colour, lw=1.6)
    ax.plot(mean, y, "o", color=colour, ms=5, label=label)


def _bar(
    ax: Axes, y: float, mean: float, low: float, high: float, colour: str, alpha: float = 1.0, beside: float = 0.0
) -> None:
    """A count of people with its interval, in a line and in words, right of everything up to `beside`."""
    ax.barh(y, mean, color=colour, height=0.62, alpha=alpha, zorder=2)
    ax.plot([low, high], [y, y], color="0.15", lw=1.4, zorder=3)
    _beside(ax, f"{mean:,.0f} ({low:,.0f}-{high:,.0f})", max(high, mean, beside), y, fontsize=8.5)


def _beside(ax: Axes, text: str, x: float, y: float, **style: Any) -> None:
    ax.annotate(text, (x, y), xytext=(6, 0), textcoords="offset points", va="center", **style)


def _people_axis(ax: Axes, end: float) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.set_xlim(0, end)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.set_xlabel("People")


def _category_axis(ax: Axes, labels: Sequence[str]) -> None:
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    _tidy(ax)


def _tidy(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="x", color="0.9", zorder=0)
    ax.set_axisbelow(True)


def _offset(k: int, n: int) -> float:
    return 0.0 if n == 1 else (k - (n - 1) / 2) * min(0.24, 0.8 / n)


def _top(now: float, high: pd.Series[Any]) -> float:
    """Upper limit that holds all intervals, also on an axis that another figure shares and has fixed."""
    return max(now, 105 * float(high.max())) if high.notna().any() else now


def _one_in(proportion: float) -> str:
    if proportion <= 0:
        return ""
    n = 1 / proportion
    return f"1 in\n{n / 1e6:,.0f} M" if n > 999_999 else f"1 in\n{n:,.0f}"


def _words(name: str) -> str:
    return str(name).replace("_", " ")
