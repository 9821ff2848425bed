"""Tests on draws: each states how often a right program fails and how small a fault it would find."""

import numpy as np
from scipy.stats import binom, norm


def assert_proportion(n, of, expected, detects, alpha):
    """A count agrees with its expected proportion.

    A right program fails with probability at most alpha. The test refuses to run if a program wrong by `detects` would
    be found less than 99 times in 100.
    """
    low, high = binom.ppf([alpha / 2, 1 - alpha / 2], of, expected)
    power = min(
        binom.cdf(low - 1, of, p) + binom.sf(high, of, p)
        for p in (expected - detects, expected + detects)
        if 0 <= p <= 1
    )
    assert power >= 0.99, f"this test would find a fault of {detects} only {power:.0%} of the time; draw more people"
    assert low <= n <= high, f"{n} of {of} is {n / of:.6g}; expected {expected:.6g} ({low / of:.6g} to {high / of:.6g})"


def assert_mean(values, expected, alpha, detects):
    """The mean of independent values agrees with its expectation, by the normal law of means.

    A right program fails with probability about alpha; one wrong by `detects` is found 99 times in 100.
    """
    values = np.asarray(values, float)
    error = values.std(ddof=1) / np.sqrt(len(values))
    reach = norm.ppf(1 - alpha / 2) * error
    assert reach + norm.ppf(0.99) * error <= detects, f"a fault of {detects} would be missed; reach is {reach:.3g}"
    assert abs(values.mean() - expected) <= reach, f"{values.mean():.6g} ± {error:.2g} is not {expected:.6g}"


def assert_z_scores(z, alpha):
    """Many standard scores look like standard normal ones: none too large, and their spread is 1.

    A right program fails with probability at most 2 alpha.
    """
    z = np.asarray(z, float)
    z = z[np.isfinite(z)]
    largest = norm.isf(alpha / (2 * len(z)))
    assert np.abs(z).max() <= largest, f"largest |z| is {np.abs(z).max():.2f} of {len(z)}; {largest:.2f} is allowed"
    spread = np.sqrt((z**2).mean())
    reach = norm.isf(alpha / 2) * np.sqrt(1 / (2 * len(z)))
    assert abs(spread - 1) <= reach + 0.02, f"root mean square of {len(z)} z-scores is {spread:.3f}"
