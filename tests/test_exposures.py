"""Smoking: the published margin is met at whatever ages it describes; extremes hold everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.assembly.build import build_inputs
from simulation.exposures.pack_years import SmokingCareer, pack_years_classes
from simulation.exposures.smoking import (
    AgePattern,
    rescaled_shares,
    share_of_band_inside,
    smoking_by_age,
    smoking_from_table,
)
from simulation.labels import AGES

PATTERN = AgePattern(np.full(1, -0.016), np.full(1, -0.088), np.full(1, -0.043), 50, 15)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(15, 40))
@settings(max_examples=100, deadline=None)
def test_margins_are_met(current, never_of_rest, age_min):
    never = never_of_rest * (1 - current)
    weights = np.linspace(9, 1, len(AGES)) * share_of_band_inside(age_min)
    p = smoking_by_age([never], [current], weights, PATTERN)[0]
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)
    assert (p >= 0).all()
    mean = weights @ p / weights.sum()
    np.testing.assert_allclose(mean, [never, 1 - never - current, current], atol=1e-9)


def test_children_are_never_smokers():
    p = smoking_by_age([0.0], [1.0], np.ones(21) * share_of_band_inside(15), PATTERN)[0]
    assert (p[:3] == [1, 0, 0]).all()
    assert (p[3:] == [0, 0, 1]).all()


@pytest.mark.parametrize("shares", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_margins_of_one_hold_in_every_cell(shares):
    p = smoking_by_age([shares[0]], [shares[2]], np.ones(21) * share_of_band_inside(15), PATTERN)[0]
    assert (p[3:] == shares).all()


def test_a_margin_that_counts_children():
    p = smoking_by_age([0.6], [0.2], np.ones(21), PATTERN)[0]
    np.testing.assert_allclose(p.mean(axis=0), [0.6, 0.2, 0.2], atol=1e-9)
    assert (p[:3] == [1, 0, 0]).all()


def test_the_age_limit_of_a_config_does_not_move_the_margin():
    young, old = (
        build_inputs(
            {"population": {"size": 1000, "age_min": a}, "smoking": {"never": 0.5, "former": 0.2, "current": 0.3}}
        )
        for a in (0, 60)
    )
    np.testing.assert_array_equal(young.smoking.values, old.smoking.values)


def test_shares_that_miss_one_by_rounding_are_rescaled_and_more_is_refused():
    assert sum(rescaled_shares({"never": 0.53, "former": 0.20, "current": 0.26}).values()) == pytest.approx(1)
    with pytest.raises(ValueError, match=r"sum to 0\.9"):
        rescaled_shares({"never": 0.5, "former": 0.2, "current": 0.2})


def test_a_table_by_age_is_used_as_it_stands():
    p = smoking_from_table([[0.7, 0.5, 0.4]], [[0.2, 0.3, 0.1]], [20, 40, 60], 15)[0]
    assert (p[:3] == [1, 0, 0]).all()
    np.testing.assert_allclose(p[[3, 5, 9, 14]], [[0.7, 0.1, 0.2], [0.7, 0.1, 0.2], [0.5, 0.2, 0.3], [0.4, 0.5, 0.1]])


@pytest.mark.parametrize("status", ["former", "current"])
def test_class_means_average_to_the_mean_of_the_law(status):
    # the mean of gamma × years is the product of the means: closed form for the cigarettes, quadrature for the years
    career = SmokingCareer(3.2, 4.4, 2.85, 0.243, 38.6, 12, 20)
    double = SmokingCareer(3.2, 8.8, 2.85, 0.243, 38.6, 12, 20)
    classes = pack_years_classes(57.5, status, career)
    assert (np.diff(classes) > 0).all()
    np.testing.assert_allclose(pack_years_classes(57.5, status, double), 2 * classes, rtol=1e-9)


@pytest.mark.parametrize("slope", [0.025, 0.030])
def test_eight_classes_keep_the_mean_risk(slope):
    # docs/model.md promises mean risk within 0.5 %: eight classes against 400,000 drawn pack-years
    rng = np.random.default_rng(2)
    start = np.exp(rng.normal(2.85, 0.243, 400_000))
    packs = rng.gamma(3.2, 4.4, 400_000) / 20 * np.maximum(62.5 - start, 0)
    packs = packs[start < 62.5]

    def risk(x):
        return 1 / (1 + np.exp(-(-2.0 + slope * (x - 20))))

    classes = pack_years_classes(62.5, "current", SmokingCareer(3.2, 4.4, 2.85, 0.243, 38.6, 12, 20))
    assert abs(risk(classes).mean() / risk(packs).mean() - 1) < 0.005
