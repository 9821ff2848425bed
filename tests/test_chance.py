"""The helpers of the tests do find faults, and refuse tests that could not."""

import numpy as np
import pytest

from tests.chance import assert_mean, assert_proportion, assert_z_scores


def test_a_fault_is_found(rng):
    n = rng.binomial(1_000_000, 0.041)
    with pytest.raises(AssertionError, match=r"expected 0\.04"):
        assert_proportion(n, 1_000_000, 0.04, detects=0.002, alpha=1e-6)


def test_a_test_without_power_is_refused():
    with pytest.raises(AssertionError, match="draw more people"):
        assert_proportion(4, 100, 0.04, detects=0.002, alpha=1e-6)


def test_a_wrong_mean_is_found(rng):
    with pytest.raises(AssertionError, match="is not 0"):
        assert_mean(rng.normal(0.2, 1, 10_000), 0.0, alpha=1e-6, detects=0.1)


def test_wide_z_scores_are_found(rng):
    with pytest.raises(AssertionError, match="root mean square"):
        assert_z_scores(1.3 * rng.normal(size=2000), alpha=1e-6)


def test_right_numbers_pass(rng):
    assert_proportion(rng.binomial(1_000_000, 0.04), 1_000_000, 0.04, detects=0.002, alpha=1e-6)
    assert_z_scores(rng.normal(size=2000), alpha=1e-6)
    assert_mean(rng.normal(0, 1, 100_000), 0.0, alpha=1e-6, detects=0.05)
    assert np.isfinite(1.0)
