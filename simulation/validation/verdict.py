"""Pass, fail or inconclusive: a rule that was written down before any result was looked at."""

from __future__ import annotations

import pandas as pd

COVERAGE = 0.95  # of a figure's prediction interval
CONFIDENCE = 0.99  # a right model with independent figures passes at least this often
FEWEST = 10  # comparable figures
WIDE = 4.0  # upper over lower end of an interval that hardly any figure could miss
EXIT_CODES = {"pass": 0, "fail": 1, "inconclusive": 3}
RULE = (
    "Only comparable figures count. Each is expected inside its 95 % prediction interval; a published range is expected"
    " to hold the model's mean. Inconclusive (exit code 3): fewer than 10 comparable figures, or no more figures outside"
    " than allowed although for more than half of them the upper end of the interval is above 4 times the lower, so that"
    " the comparison could hardly have failed. Pass (0): at most as many outside as the 99 % quantile of"
    " Binomial(figures, 0.05). Fail (1): more. Figures of one survey, or of one group of authors, are not independent:"
    " they tend to be inside or outside together."
)


def allowed_outside(n_figures: int) -> int:
    """How many of some figures may lie outside their 95 % intervals.

    Parameters
    ----------
    n_figures : int
        Comparable figures.

    Returns
    -------
    int
        The 99 % quantile of Binomial(n_figures, 0.05).

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> allowed_outside(10), allowed_outside(20)
    (3, 4)
    """
    from scipy.stats import binom

    return int(binom.ppf(CONFIDENCE, n_figures, 1 - COVERAGE))


def verdict(table: pd.DataFrame) -> tuple[str, str]:
    """The verdict on a comparison, and why.

    Parameters
    ----------
    table : pandas.DataFrame
        As `compare` makes it: status, inside, model_low, model_high.

    Returns
    -------
    name : {"pass", "fail", "inconclusive"}
        By `RULE`.
    sentence : str
        With the numbers that decided.

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> row = {"status": "comparable", "inside": True, "model_low": 1.0, "model_high": 2.0}
    >>> verdict(pd.DataFrame([row] * 12))[0], verdict(pd.DataFrame([row] * 9))[0]
    ('pass', 'inconclusive')
    """
    counted = table[table["status"] == "comparable"]
    n, n_outside = len(counted), int((~counted["inside"].astype(bool)).sum())
    n_wide = int((counted["model_high"] > WIDE * counted["model_low"]).sum())
    allowed = allowed_outside(n) if n else 0
    if n < FEWEST:
        return "inconclusive", f"Inconclusive: {n} figures are comparable, and the rule asks for {FEWEST}."
    found = f"{n_outside} of {n} comparable figures lie outside, and the rule allows {allowed}"
    if n_outside > allowed:
        return "fail", f"Fail: {found}."
    if 2 * n_wide > n:
        return "inconclusive", f"Inconclusive: {found}, but {n_wide} of the {n} intervals are too wide to tell."
    return "pass", f"Pass: {found}."
