"""Does the 95 % interval of ZZ hold the truth in 95 % of surveys?"""

import numpy as np
from scipy.stats import binom

from simulation.parameters.distributions import beta_from_count, beta_from_interval
from simulation.parameters.draws import stratified_uniforms


def test_interval_of_zz_from_a_survey_holds_the_truth():
    # 2,000 surveys of 4,000 chromosomes, q log-uniform from 0.005 to 0.03, ρ = 0, 1,024 draws of q² each. The issue asks
    # for 93.5 to 96.5 %; exact coverage of the Jeffreys interval at these q is 94 to 96 %, so a right program fails
    # less than once in 1,000 seeds and one whose intervals are 10 % too narrow covers 92 % and is caught
    rng = np.random.default_rng(2026)
    truth = np.exp(rng.uniform(np.log(0.005), np.log(0.03), 2000))
    inside = 0
    for q in truth:
        drawn = beta_from_count(int(rng.binomial(4000, q)), 4000).quantile(stratified_uniforms(rng, 1024))
        low, high = np.quantile(drawn**2, [0.025, 0.975])
        inside += low <= q**2 <= high
    assert 0.935 <= inside / 2000 <= 0.965
    assert binom.cdf(int(0.935 * 2000), 2000, 0.92) > 0.99  # narrower intervals would be found


def test_mean_square_exceeds_the_squared_mean():
    q = beta_from_count(20, 1000).quantile(stratified_uniforms(np.random.default_rng(1), 4096))
    assert (q**2).mean() > q.mean() ** 2 * 1.03


def test_between_survey_variation_widens_and_does_not_move():
    narrow, wide = beta_from_count(4641, 126702), beta_from_count(4641, 126702, 0.0002)
    assert np.isclose(narrow.central, wide.central, rtol=1e-12)
    spread = [np.diff(b.quantile([0.025, 0.975]))[0] for b in (narrow, wide)]
    assert spread[1] > 4 * spread[0]


def test_rare_alleles_of_large_surveys_keep_their_frequency():
    # five rare alleles of gnomAD; a prior of ½ added after shrinking would give them half as much again
    counts = [(291, 1610444), (576, 1614126), (110, 1613972), (89, 1613126), (592, 1614164)]
    counted = sum(x / n for x, n in counts)
    mean = sum(beta_from_count(x, n, 0.0002).central for x, n in counts)
    assert abs(mean / counted - 1) < 0.01


def test_an_interval_is_met():
    for low, high in ((0.01654, 0.02122), (0.0039, 0.0083), (0.5, 0.6), (1e-5, 3e-4)):
        np.testing.assert_allclose(beta_from_interval(low, high).quantile([0.025, 0.975]), [low, high], rtol=1e-6)
