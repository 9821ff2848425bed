"""Cells of the report's tables: a number in words, with its interval below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from simulation.report.words import number
from simulation.results.summary import SMALLEST, one_in_text

Cell = str | tuple[str, str]  # text; or a number and, in small letters below, its interval
NOTHING = "–"


def amount(value: float) -> str:
    """A number in words, however small.

    Parameters
    ----------
    value : float
        [people, years, currency]

    Returns
    -------
    str
        As `words.number`, with digits after the point below 10, millions as M; a dash if there is none.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> amount(42_085_428), amount(12119.9), amount(7.24), amount(0.041), amount(0.0003), amount(float("nan"))
    ('42.1 M', '12,100', '7.2', '0.04', 'below 0.01', '–')
    """
    if pd.isna(value):
        return NOTHING
    if abs(value) >= 1e6:  # columns of a table stay narrow
        text = f"{value / 1e6:#.3g}".rstrip(".") if abs(value) < 999.5e6 else f"{value / 1e6:,.0f}"
        return f"{text} M".replace("-", "−")
    if abs(value) >= 10 or value == round(value):
        return number(value)
    text = f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
    if float(text) == 0:
        return f"{'below' if value > 0 else 'above −'} 0.01".replace("− ", "−")
    return text.replace("-", "−")


def count(row: Mapping[str, Any], stem: str) -> Cell:
    """A number with its interval.

    Parameters
    ----------
    row : mapping
        Of a table.
    stem : str
        Columns STEM_mean, STEM_low, STEM_high.

    Returns
    -------
    Cell
        A dash where there is no number.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> count({"n_mean": 460.1, "n_low": 209.5, "n_high": 775.9}, "n")
    ('460', '210-776')
    """
    mean, low, high = (row[f"{stem}_{end}"] for end in ("mean", "low", "high"))
    return (amount(mean), _span(amount(low), amount(high))) if pd.notna(mean) else NOTHING


def signed(row: Mapping[str, Any], stem: str) -> Cell:
    """A difference with its interval, with their signs where the interval holds any but positive numbers.

    Parameters
    ----------
    row : mapping
        Of a table.
    stem : str
        Columns STEM_mean, STEM_low, STEM_high.

    Returns
    -------
    Cell
        A dash where there is no number.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> signed({"d_mean": 439.0, "d_low": -12.2, "d_high": 834.0}, "d")
    ('+439', '−12 to +834')
    """
    mean, low, high = (row[f"{stem}_{end}"] for end in ("mean", "low", "high"))
    if pd.isna(mean):
        return NOTHING
    first, *ends = (f"+{amount(value)}" if value > 0 else amount(value) for value in (mean, low, high))
    if low == high:
        return first
    return first, _span(amount(low), amount(high)) if low >= 0 else " to ".join(ends)


def percent(row: Mapping[str, Any], stem: str) -> Cell:
    """A share in percent, with its interval.

    Parameters
    ----------
    row : mapping
        Of a table. [proportion]
    stem : str
        Columns STEM_mean, STEM_low, STEM_high.

    Returns
    -------
    Cell
        A dash where there is no share.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> percent({"share_mean": 0.138, "share_low": 0.0393, "share_high": 0.2794}, "share")
    ('13.8 %', '3.93-27.9')
    """
    mean, low, high = (row[f"{stem}_{end}"] for end in ("mean", "low", "high"))
    if pd.isna(mean):
        return NOTHING
    if low == high:
        return f"{_digits(100 * mean)} %"
    return f"{_digits(100 * mean)} %", _span(_digits(100 * low), _digits(100 * high))


def one_in(row: Mapping[str, Any], stem: str) -> Cell:
    """A share as 1 in N, with its interval.

    Parameters
    ----------
    row : mapping
        Of a table. [proportion]
    stem : str
        Columns STEM_mean, STEM_low, STEM_high.

    Returns
    -------
    Cell
        "none" for a share of 0; a dash where there is no share.

    Notes
    -----
    Source: docs/model.md, section 0.

    Examples
    --------
    >>> one_in({"p_mean": 1 / 2400, "p_low": 1 / 2600, "p_high": 1 / 2200}, "p")
    ('1 in 2,400', '2,200-2,600')
    """
    mean, low, high = (row[f"{stem}_{end}"] for end in ("mean", "low", "high"))
    if pd.isna(mean):
        return NOTHING
    if mean <= SMALLEST:
        return "none"
    value, _, span = one_in_text(mean, low, high, 1).partition(" (")
    return value, span.rstrip(")")


def _digits(value: float) -> str:
    """A number of percent, to three significant digits, without an exponent."""
    if abs(value) >= 99.95 or not value:
        return f"{value:.0f}".replace("-", "−")
    return f"{value:#.3g}".replace("-", "−") if abs(value) >= 0.001 else "below 0.001"


def _span(low: str, high: str) -> str:
    if low.endswith(" M") and high.endswith(" M"):
        low = low.removesuffix(" M")
    return f"{low} to {high}" if low.startswith(("−", "above")) or "below" in low + high else f"{low}-{high}"
