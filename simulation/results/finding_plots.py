"""Figures on finding people and on couples: each takes a result table and an Axes and returns the Axes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.results.plots import (
    COLOURS,
    DEFINITIONS,
    _axes,
    _bar,
    _beside,
    _category_axis,
    _offset,
    _one_in,
    _people_axis,
    _tidy,
    _words,
    one_definition,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
TESTING_LABELS = {
    "genotype": "Severe genotype",
    "alive": "… alive",
    "copd": "… COPD",
    "copd_diagnosed": "… COPD diagnosed",
    "tested": "… tested for the deficiency",
    "called": "… called deficient",
    "recognised": "… deficiency recognised",
}


def plot_testing(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Today's funnel from a severe genotype through diagnosed COPD to recognition.

    Parameters
    ----------
    table : pandas.DataFrame
        `testing` of one scenario and population. [people]
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        One bar a step, with its 95 % interval, and the share of the step before.

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
    >>> simulation.run({"replicates": 2}).plot.testing().get_xlabel()
    'People'
    """
    definition = one_definition(table)
    ax = _axes(ax, (8, 3.6))
    rows = table[table["genotype"] == "severe"]
    _category_axis(ax, [TESTING_LABELS[step] for step in rows["step"]])
    most = max(float(rows["n_high"].max()), 1)
    letters = len(f"{most:,.0f}") * 3 + 4  # of the longest words beside a bar; the column of shares comes after them
    _people_axis(ax, most / max(1 - (4.9 * letters + 90) / 430, 0.2))
    ax.set_xticks([tick for tick in ax.get_xticks() if tick <= most])  # right of it stand words
    column: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "center", "fontsize": 8.5}
    for y, row in enumerate(rows.to_dict("records")):
        _bar(ax, y, row["n_mean"], row["n_low"], row["n_high"], COLOURS[0], alpha=0.85)
        share = row["share_of_means"]
        if y and pd.notna(share):
            ax.annotate(f"{100 * share:.1f} %", (0.99, y), **column)
    ax.annotate("of the step before", (0.99, 0), color="0.35", **column)
    ax.set_title(f"Who is tested and recognised today ({DEFINITIONS[definition]})", loc="left")
    return ax


def plot_strategies(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """What strategies take, in tests, and what they find; the frontier is the line through those not dominated.

    Parameters
    ----------
    table : pandas.DataFrame
        `strategies` of one scenario and population. [people]
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        One labelled point a strategy, with the 95 % interval of those recognised; grey if dominated.

    Notes
    -----
    Both scales are logarithmic where no strategy is at 0. Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2, "strategies": {"all_copd": {}}}).plot.strategies().get_xscale()
    'log'
    """
    ax = _axes(ax, (8, 5.2))
    rows = table.assign(n=table["n_tested_mean"] + table["n_relatives_tested_mean"]).sort_values("n", kind="stable")
    x, y, low, high = (rows[name].to_numpy(float) for name in ("n", *(f"n_recognised_{e}" for e in _ENDS)))
    frontier = ~rows["dominated"].to_numpy(bool)
    _positive_axis(ax, "x", x, x)
    _positive_axis(ax, "y", low, high)
    bottom = ax.get_ylim()[0]
    ax.plot(x[frontier], y[frontier], color=COLOURS[0], lw=1.2, alpha=0.55, zorder=2, label="Frontier")
    kinds = (
        (frontier, COLOURS[0], "Nothing finds as many with fewer tests"),
        (~frontier, "0.6", "Dominated: another finds as many with fewer tests"),
    )
    for kind, colour, label in kinds:
        if kind.any():
            ax.vlines(x[kind], np.maximum(low[kind], bottom), high[kind], color=colour, lw=1.4, alpha=0.6, zorder=2)
            ax.plot(x[kind], y[kind], "o", color=colour, ms=6, zorder=3 + (kind is frontier), label=label)
    ax.set_xlabel("People tested, relatives among them (log scale)")
    ax.set_ylabel("Severe deficiency recognised (people, log scale)")
    ax.set_title("What each strategy takes and what it finds", loc="left")
    _tidy(ax)
    ax.grid(axis="both", color="0.9")
    ax.legend(frameon=False, fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.45, -0.13))
    lines = [*zip(x, np.maximum(low, bottom), x, high, strict=True)]
    ends = np.flatnonzero(frontier)
    lines += [(x[i], y[i], x[j], y[j]) for i, j in pairwise(ends)]
    colours = ["0.15" if kept else "0.45" for kept in frontier]
    _label_apart(ax, x, y, [strategy_words(name) for name in rows["strategy"]], colours, lines)
    return ax


PARTS = {
    "recognised_today": ("Recognised today", "#0072B2", "white"),
    "found": ("Found by the strategy", "#56B4E9", "black"),
    "found_by_cascade": ("Found among relatives", "#009E73", "white"),
    "no_trigger": ("Missed: nothing asks for a test", "#ECECEC", "black"),
    "not_offered": ("Missed: not tested", "#BDBDBD", "black"),
    "negative": ("Missed: first test negative", "#E69F00", "black"),
    "not_confirmed": ("Missed: low level, not confirmed", "#F0E442", "black"),
    "blind": ("Missed: the test does not see it", "#D55E00", "white"),
    "not_followed_up": ("Missed: found, not followed up", "#CC79A7", "black"),
}
LEAST_SHOWN = 0.001  # a part below it everywhere has no visible bar


def plot_missed(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Who is recognised and found by each strategy, and why the others are missed.

    Parameters
    ----------
    table : pandas.DataFrame
        `strategy_genotypes` of one scenario and population. [proportion]
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        One stacked bar a strategy, of all people with a severe genotype.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2, "strategies": {"all_copd": {}}}).plot.missed().get_xlabel()
    'Share of all people with a severe genotype (%)'
    """
    rows = table[table["genotype"] == "severe"].fillna({"share_mean": 0.0})  # no share where nobody is severe
    strategies = list(dict.fromkeys(rows["strategy"]))
    ax = _axes(ax, (8, 1.7 + 0.38 * len(strategies)))
    left = np.zeros(len(strategies))
    for part, (label, colour, ink) in PARTS.items():
        share = 100 * rows[rows["part"] == part].set_index("strategy").loc[strategies, "share_mean"].to_numpy(float)
        if not share.any():
            continue
        seldom = share.max() < 100 * LEAST_SHOWN
        label += f" (below {100 * LEAST_SHOWN:g} %)" if seldom else ""
        ax.barh(range(len(strategies)), share, left=left, height=0.7, color=colour, ec="white", lw=0.5, label=label)
        for y, (start, width) in enumerate(zip(left, share, strict=True)):
            if width >= 4.5:
                ax.text(start + width / 2, y, f"{width:.0f}", ha="center", va="center", fontsize=8, color=ink)
        left = left + share
    _category_axis(ax, [strategy_words(name) for name in strategies])
    ax.grid(visible=False)
    ax.set_xlim(0, 100)
    ax.set_xlabel("Share of all people with a severe genotype (%)")
    ax.set_title("Who is found, and why the others are missed", loc="left")
    if not left.any():
        ax.text(50, (len(strategies) - 1) / 2, "Nobody has a severe genotype", ha="center", va="center", fontsize=9)
    else:
        # fixed to the figure's width, not the axes': names of strategies may be long
        ax.legend(
            frameon=False, fontsize=8, ncols=3, loc="upper right", bbox_to_anchor=(1, -0.45 / len(strategies) - 0.1)
        )
    return ax


COUPLE_LABELS = {
    "both_carry": "Both carry a deficiency allele",
    "zz_possible": "Both carry Z",
    "severe_possible": "A severe child is possible",
    "all": "The first child is severe",
}


def plot_couples(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Couples at risk among all couples who have a child, by kind and by who mates with whom.

    Parameters
    ----------
    table : pandas.DataFrame
        `couples` of one scenario and population. [proportion]
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        Closed form with its 95 % interval as a line, drawn couples as a dot.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> simulation.run({"replicates": 2}).plot.couples().get_xscale()
    'log'
    """
    ax = _axes(ax, (8, 3.6))
    first_child = (table["couples"] == "all") & (table["measure"] == "affected_births")
    shown = table[first_child | ((table["couples"] != "all") & (table["measure"] == "couples"))]
    matings, kinds = list(dict.fromkeys(shown["mating"])), list(COUPLE_LABELS)
    ax.set_xscale("log")
    for k, mating in enumerate(matings):
        rows = shown[(shown["mating"] == mating) & (shown["closed_form_mean"] > 0)]
        y = np.array([kinds.index(kind) for kind in rows["couples"]]) + _offset(k, len(matings))
        colour = COLOURS[k % len(COLOURS)]
        ax.hlines(y, rows["closed_form_low"], rows["closed_form_high"], color=colour, lw=1.6)
        ax.plot(rows["closed_form_mean"], y, "|", color=colour, ms=11, mew=2.2, label=f"{_words(mating)}, closed form")
        drawn = rows["proportion_mean"]
        ax.plot(drawn, y, "o", color=colour, ms=5.5, mfc="white", mew=1.3, zorder=4, label=f"{_words(mating)}, drawn")
        for height, row in zip(y, rows.to_dict("records"), strict=True):
            n = 1 / row["closed_form_mean"]
            _beside(ax, f"1 in {n:,.3g}" if n < 100 else f"1 in {n:,.0f}", row["closed_form_high"], height, fontsize=8)
    _category_axis(ax, list(COUPLE_LABELS.values()))
    ax.xaxis.set_major_formatter(lambda value, _: _one_in(value) if value <= 1 else "")
    ax.tick_params(axis="x", labelsize=8)
    ax.set_xlabel("Share of all couples who have a child (log scale)")
    ax.set_title("Couples at risk", loc="left")
    if (shown["closed_form_mean"] > 0).any():
        low, high = ax.get_xlim()
        ax.set_xlim(low, high * 2)
        legend = ax.legend(frameon=False, fontsize=8, ncols=len(matings), loc="upper center")
        legend.set_bbox_to_anchor((0.4, -0.24), transform=ax.transAxes)
    else:
        ax.set_xticks([])
        ax.text(0.5, 0.5, "No couple is at risk", transform=ax.transAxes, ha="center", fontsize=9)
    return ax


def strategy_words(name: str) -> str:
    """Name of a strategy in words.

    Parameters
    ----------
    name : str
        As the config calls it.

    Returns
    -------
    str
        For labels.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> strategy_words("todays_practice"), strategy_words("all_copd")
    ("today's practice", 'all COPD')
    """
    if name == "copd_under_65_or_20_pack_years":
        return "COPD under 65 or under 20 pack-years"
    return " ".join({"todays": "today's", "copd": "COPD"}.get(word, word) for word in _words(name).split())


_ENDS = ("mean", "low", "high")


def _positive_axis(ax: Axes, which: str, low: Array, high: Array) -> None:
    """A log axis for counts, with room for labels; linear near 0 where somebody counts nothing."""
    from matplotlib.ticker import LogLocator, NullLocator

    axis, scale, limits = (
        (ax.xaxis, ax.set_xscale, ax.set_xlim) if which == "x" else (ax.yaxis, ax.set_yscale, ax.set_ylim)
    )
    top = max(float(high.max()), 1.0)
    if float(low.min()) < 1:
        scale("symlog", linthresh=1)
        limits(-0.2, top * 2.5)
    else:
        scale("log")
        limits(float(low.min()) / 1.6, top * (2.0 if which == "x" else 1.5))
        axis.set_major_locator(LogLocator(subs=(1.0, 3.0) if which == "x" else (1.0, 2.0, 5.0)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: f"{value / 1e6:,g} M" if value >= 1e6 else f"{value:,.0f}")


def _label_apart(
    ax: Axes,
    x: Array,
    y: Array,
    texts: Sequence[str],
    colours: Sequence[str],
    lines: Sequence[tuple[float, float, float, float]],
    fontsize: float = 8.5,
) -> None:
    """Write a text beside each point, in the nearest place that is free of other texts and points.

    `lines` (x0, y0, x1, y1) may be crossed, but are better kept free.
    """
    from matplotlib.figure import Figure
    from matplotlib.textpath import TextPath

    if isinstance(ax.figure, Figure):
        ax.figure.draw_without_rendering()  # places the axes: only now is known what lies beside what
    points_per_pixel = 72 / ax.figure.dpi

    def on_paper(xy: Any) -> Array:
        return np.asarray(ax.transData.transform(xy)) * points_per_pixel

    at = on_paper(np.column_stack([x, y]))
    frame = ax.bbox.get_points() * points_per_pixel
    taken = [np.array([point - 4, point + 4]) for point in at]
    along = np.linspace(0, 1, 60)[:, None]
    soft = np.concatenate(
        [s + along * (e - s) for s, e in ((on_paper(line[:2]), on_paper(line[2:])) for line in lines)]
    )
    for i, (point, text, colour) in enumerate(zip(at, texts, colours, strict=True)):
        size = np.array([TextPath((0, 0), text, size=fontsize).get_extents().width, fontsize])
        best = (np.inf, np.array([7.0, 0.0]), np.array([point, point]), soft[:0])
        for distance in (7, 12, 18, 26, 36, 48, 62, 78, 96):
            for angle in np.arange(16) * np.pi / 8:
                way = np.array([np.cos(angle), np.sin(angle)]).round(6)
                low = point + distance * way + size / 2 * (np.sign(way) - 1)
                box = np.array([low, low + size])
                if (box[0] < frame[0]).any() or (box[1] > frame[1]).any():
                    continue
                if any((box[0] < other[1] + 2).all() and (box[1] > other[0] - 2).all() for other in taken):
                    continue
                leader = point + along * distance * way
                crossed = sum(_inside(leader, other).any() for other in taken) - 1  # its own point is one
                cost = distance + 6.0 * _inside(soft, box).sum() + 60.0 * crossed
                if cost < best[0]:
                    best = (cost, distance * way, box, leader)
        _, offset, box, leader = best
        taken.append(box)
        soft = np.concatenate([soft, leader])
        across, up = (int(sign) for sign in np.sign(offset))
        line = {"arrowstyle": "-", "color": "0.6", "lw": 0.7, "relpos": ((1 - across) / 2, (1 - up) / 2)}
        ax.annotate(
            text,
            (x[i], y[i]),
            xytext=tuple(offset),
            textcoords="offset points",
            ha=("right", "center", "left")[across + 1],
            va=("top", "center", "bottom")[up + 1],
            fontsize=fontsize,
            color=colour,
            zorder=5,
            arrowprops=line if np.hypot(*offset) > 10 else None,
        )


def _inside(points: Array, box: Array) -> NDArray[np.bool_]:
    return np.asarray(((points > box[0]) & (points < box[1])).all(axis=-1))
