"""Forest plot: published figures over what the model predicts for the same people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

# Okabe and Ito's colours with a shape each: told apart without colour as well.
STATUS_MARKS = {
    "comparable": ("#0072B2", "o", "Comparable: these decide"),
    "same_survey": ("#009E73", "s", "Same survey as the model's input: shown, not counted"),
    "not_comparable": ("#6E6E6E", "D", "Not comparable: shown, not counted"),
    "refuted": ("#D55E00", "X", "Refuted by its own source: shown, not counted"),
}
REACH = 40.0  # ratios beyond this, or its inverse, stand at the edge with their number


def plot_forest(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Every published figure as a multiple of the model's mean, on a log scale.

    Parameters
    ----------
    table : pandas.DataFrame
        A comparison: label, year, genotype, status, inside, observed, observed_low, observed_high, model_mean, model_low
        and model_high [people or proportion]; rows of one status together.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new one by default.

    Returns
    -------
    matplotlib.axes.Axes
        One row a figure: a pale bar for the model's 95 % interval, a mark for the figure, filled where it lies inside,
        with its published interval as a thin line. A published range is a thick line.

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> row = {"label": "Demoland", "year": "2010", "genotype": "ZZ", "status": "comparable", "inside": True}
    >>> numbers = {"observed": 9, "observed_low": 6, "observed_high": 14, "model_mean": 10, "model_low": 5, "model_high": 15}
    >>> plot_forest(pd.DataFrame([row | numbers])).get_xscale()
    'log'
    """
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=forest_size(table), layout="constrained")[1]
    y, heads = _heights(table)
    for height, row in zip(y, table.to_dict("records"), strict=True):
        _row(ax, height, row)
    ax.axvline(1, color="0.25", lw=0.9, zorder=1)
    labels = [_label(row) for row in table.to_dict("records")]
    ax.set_yticks(y, labels, fontsize=8)
    ax.tick_params(axis="y", length=0)
    for status, height in heads.items():
        colour, _, text = STATUS_MARKS[status]
        ax.annotate(
            text, (0, height), (4, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
            fontsize=9, color=colour, fontweight="bold", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    ax.set_ylim(max(y, default=0) + 0.8, -1.9)
    _axis(ax)
    _legend(ax)
    ax.set_title("Published figures over the model's", loc="left")
    return ax


def forest_size(table: pd.DataFrame) -> tuple[float, float]:
    """Width and height that give every figure a line of its own.

    Parameters
    ----------
    table : pandas.DataFrame
        As for `plot_forest`.

    Returns
    -------
    width, height : float
        [inches]

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> forest_size(pd.DataFrame({"status": ["comparable"] * 10}))[0]
    8.6
    """
    return 8.6, 2.0 + 0.185 * (len(table) + 2 * table["status"].nunique())


def save_forest(table: pd.DataFrame, folder: Path) -> None:
    """Draw the forest plot into a folder, as forest.svg and forest.png.

    Parameters
    ----------
    table : pandas.DataFrame
        As for `plot_forest`.
    folder : Path
        Made if missing.

    Notes
    -----
    The same figure is the same bytes. Source: docs/data.md.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> row = {"label": "Demoland", "year": "2010", "genotype": "ZZ", "status": "comparable", "inside": True}
    >>> numbers = {"observed": 9, "observed_low": 6, "observed_high": 14, "model_mean": 10, "model_low": 5, "model_high": 15}
    >>> with tempfile.TemporaryDirectory() as home:
    ...     save_forest(pd.DataFrame([row | numbers]), Path(home))
    ...     sorted(path.name for path in Path(home).iterdir())
    ['forest.png', 'forest.svg']
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    # no dates, no random ids; letters as paths look alike everywhere
    with mpl.rc_context({"svg.hashsalt": "aatd", "svg.fonttype": "path", "font.size": 10}):
        figure = Figure(figsize=forest_size(table), layout="constrained")
        plot_forest(table, figure.add_subplot())
        figure.savefig(folder / "forest.svg", metadata={"Date": None})
        figure.savefig(folder / "forest.png", dpi=160, metadata={"Software": None})


def _heights(table: pd.DataFrame) -> tuple[list[float], dict[str, float]]:
    """A line for every row, and one with room above it for the heading of every status."""
    y: list[float] = []
    heads: dict[str, float] = {}
    at = -1.0
    for status in table["status"]:
        if status not in heads:
            at += 1.5 if heads else 0.0
            heads[status] = at
            at += 1.0
        y.append(at)
        at += 1.0
    return y, heads


def _row(ax: Axes, y: float, row: dict[str, Any]) -> None:
    colour, marker, _ = STATUS_MARKS[row["status"]]
    mean = row["model_mean"]
    if mean <= 0:  # the model has nobody: no ratio
        _at_edge(ax, REACH, y, "white", colour, f"{row['observed']:,.0f} against 0")
        return
    low, high, seen_low, seen_high, seen = (
        float(np.clip(row[name] / mean, 1 / REACH, REACH)) if row[name] == row[name] else np.nan
        for name in ("model_low", "model_high", "observed_low", "observed_high", "observed")
    )
    ax.plot([low, high], [y, y], color=colour, alpha=0.28, lw=6, solid_capstyle="butt", zorder=2)
    is_range = np.isnan(seen)
    if not np.isnan(seen_low):
        ax.plot([seen_low, seen_high], [y, y], color=colour, lw=2.6 if is_range else 1.0, zorder=3)
    face = colour if row["inside"] else "white"
    if is_range:
        ax.plot([seen_low, seen_high], [y, y], ls="", marker="|", ms=7, mew=1.6, color=colour, zorder=4)
        ax.plot([1], [y], ls="", marker=marker, ms=4.6, mfc=face, mec=colour, zorder=5)
    elif not 1 / REACH < row["observed"] / mean < REACH:
        ratio = row["observed"] / mean
        _at_edge(ax, seen, y, face, colour, "0" if ratio == 0 else f"{ratio:.3g} times")
    else:
        ax.plot([seen], [y], ls="", marker=marker, ms=5.4, mfc=face, mec=colour, mew=1.2, zorder=5)


def _at_edge(ax: Axes, x: float, y: float, face: str, colour: str, text: str) -> None:
    left = x < 1
    ax.plot([x], [y], ls="", marker="<" if left else ">", ms=5.4, mfc=face, mec=colour, mew=1.2, zorder=5)
    ax.annotate(
        text, (x, y), (6 if left else -6, 0), textcoords="offset points", va="center", ha="left" if left else "right",
        fontsize=7.5, color="0.3",
    )  # fmt: skip


def _label(row: dict[str, Any]) -> str:
    genotypes = row["genotype"].replace("M/rare+S/rare+Z/rare+rare/rare", "any rare").replace("+", ", ")
    year = f", {row['year']}" if row["year"] else ""
    turned = ", 1 in N" if row.get("measure") == "one_in" and row["observed"] == row["observed"] else ""
    return f"{row['label']}{year}: {genotypes}{turned}"


def _axis(ax: Axes) -> None:
    ax.set_xscale("log")
    ax.set_xlim(1 / REACH / 1.15, REACH * 1.15)
    ticks = [1 / 20, 1 / 10, 1 / 5, 1 / 2, 1, 2, 5, 10, 20]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_xticks([], minor=True)
    ax.set_xlabel("Published figure / model's mean (log scale)")
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="x", color="0.9", zorder=0)
    ax.set_axisbelow(True)


def _legend(ax: Axes) -> None:
    from matplotlib.lines import Line2D

    ink = "0.25"
    handles = [
        Line2D([], [], ls="", marker="o", mfc=ink, mec=ink, label="inside the model's interval"),
        Line2D([], [], ls="", marker="o", mfc="white", mec=ink, label="outside"),
        Line2D([], [], color=ink, alpha=0.28, lw=6, label="model, 95 % interval"),
        Line2D([], [], color=ink, lw=1, label="published interval"),
        Line2D([], [], color=ink, lw=2.6, marker="|", label="published range; mark at the model"),
    ]
    # below the axes by a fixed distance, however tall they are: marks may lie anywhere inside
    ax.legend(
        handles=handles, frameon=False, fontsize=8, ncols=3, loc="upper right", bbox_to_anchor=(1, 0), borderaxespad=5.2
    )
