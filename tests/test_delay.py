"""Delay to recognition, doctors seen, and shares of other diseases. Closed forms, then laws, then chance."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import ndtr

from simulation.assembly.parameters import row_distribution
from simulation.data.pack import data_pack
from simulation.diagnosis.delay import (
    age_at_first_symptom,
    draw_delay,
    draw_first_symptom_age,
    draw_n_doctors,
    n_doctors_distribution,
    recognised_years,
    share_over,
    unrecognised_years,
    years_since_first_symptom,
)
from simulation.disease.liver import raised_probability
from simulation.disease.other_diseases import disease_probability, genotype_shares
from tests.chance import assert_mean, assert_proportion

# from, to, mean, sd: the model's two laws, a band next to birth, a long band, a law that is largely cut off at birth
BANDS = [(30, 35, 36, 8), (60, 65, 51, 10), (0, 5, 36, 8), (20, 85, 36, 8), (10, 40, 20, 20), (0, 105, 60, 60)]
DELAYS = [(5.6, 8.5), (7.2, 8.3), (5, 0.5), (0.5, 5)]
ages = st.floats(0, 100)
widths = st.floats(1, 20)
means = st.floats(0, 90)
sds = st.floats(2, 30)
delay_means = st.floats(0.2, 20)
delay_sds = st.floats(1, 20)


def first_symptom_cdf(age, mean, sd):
    return np.maximum(ndtr((age - mean) / sd) - ndtr(-mean / sd), 0) / ndtr(mean / sd)


def quad(function, low, high):
    """Integral cut into pieces of a year, so that quad cannot step over a narrow peak."""
    edges = np.linspace(low, high, int(np.ceil(high - low)) + 1)
    return sum(integrate.quad(function, *ends, epsabs=0, epsrel=1e-13)[0] for ends in pairwise(edges))


# Closed forms


@pytest.mark.parametrize(("a", "b", "mean", "sd"), BANDS)
def test_share_with_symptoms_is_the_mean_distribution_function(a, b, mean, sd):
    p, _ = years_since_first_symptom(a, b, mean, sd)
    np.testing.assert_allclose(p, quad(lambda t: first_symptom_cdf(t, mean, sd), a, b) / (b - a), rtol=1e-12)


@pytest.mark.parametrize(("a", "b", "mean", "sd"), BANDS)
def test_years_since_are_the_mean_integral_of_the_distribution_function(a, b, mean, sd):
    # ∫ over ages t of ∫ F(x) dx up to t, in the other order: F(x) counts for all ages of the band beyond x
    p, years = years_since_first_symptom(a, b, mean, sd)
    below = quad(lambda x: first_symptom_cdf(x, mean, sd), 0, a) * (b - a) if a else 0.0
    within = quad(lambda x: first_symptom_cdf(x, mean, sd) * (b - x), a, b)
    np.testing.assert_allclose(p * years, (below + within) / (b - a), rtol=1e-12)


@pytest.mark.parametrize(("a", "b", "mean", "sd"), BANDS)
def test_age_at_first_symptom_is_the_mean_of_those_who_have_had_one(a, b, mean, sd):
    # ∫ x f(x) P(age > x) dx, with P(age > x) = 1 before the band and (b − x)/(b − a) within
    law = stats.truncnorm(-mean / sd, np.inf, loc=mean, scale=sd)
    p, _ = years_since_first_symptom(a, b, mean, sd)
    before = quad(lambda x: x * law.pdf(x), 0, a) if a else 0.0
    within = quad(lambda x: x * law.pdf(x) * (b - x) / (b - a), a, b)
    np.testing.assert_allclose(age_at_first_symptom(a, b, mean, sd), (before + within) / p, rtol=1e-9)


def test_all_bands_at_once_are_each_band_by_itself():
    edges = np.arange(0, 110, 5.0)
    means, sds, delays = (
        np.array([[36.0, 51.0], [33.0, 45.0]]),
        np.array([[8.0, 10.0], [6.0, 12.0]]),
        np.array([5.6, 9.0]),
    )
    together = recognised_years(edges, means, sds, delays, delays * 1.4)
    for i, j in np.ndindex(2, 2):
        law = (means[i, j], sds[i, j], delays[j], delays[j] * 1.4)
        _, alone = unrecognised_years(edges[:-1], edges[1:], *law)
        np.testing.assert_allclose(together[i, j], alone, rtol=1e-8, atol=1e-9)


def test_long_after_the_first_symptom_the_years_are_a_difference_of_means():
    p, years = years_since_first_symptom([80, 90], [85, 100], [36, 51], [2, 3])
    np.testing.assert_allclose(p, 1, rtol=1e-12)
    np.testing.assert_allclose(years, [82.5 - 36, 95 - 51], rtol=1e-12)


def test_nobody_has_symptoms_where_the_law_has_no_weight():
    for result in (*years_since_first_symptom(0, 5, 51, 0.1), *unrecognised_years(0, 5, 51, 0.1, 5.6, 8.5)):
        assert result == 0


@pytest.mark.parametrize(("a", "b", "mean", "sd"), BANDS)
def test_recognised_years_with_an_exponential_delay(a, b, mean, sd):
    # E[min(D, T)] = θ(1 − E exp(−T/θ)), and an exponential of a normal age is a shifted normal integral
    scale = 4.0

    def decayed(t):
        shift = np.exp((mean - t) / scale + (sd / scale) ** 2 / 2)
        part = ndtr((t - mean) / sd - sd / scale) - ndtr(-mean / sd - sd / scale)
        return shift * part / ndtr(mean / sd)

    p, _ = years_since_first_symptom(a, b, mean, sd)
    _, recognised = unrecognised_years(a, b, mean, sd, scale, scale)
    expected = scale * (1 - quad(decayed, a, b) / (b - a) / p)
    np.testing.assert_allclose(recognised, expected, rtol=1e-10)  # the difference from 1 costs the oracle two digits


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize(("a", "b", "mean", "sd"), BANDS)
def test_recognised_years_are_the_area_under_both_survival_functions(a, b, mean, sd, delay):
    # E[min(D, T)] = ∫ P(D > s) P(T > s) ds, with s = u⁴ because P(D > s) is steep at 0
    law = stats.gamma((delay[0] / delay[1]) ** 2, scale=delay[1] ** 2 / delay[0])
    p, _ = years_since_first_symptom(a, b, mean, sd)

    def both(u):
        s = u**4
        low = max(a - s, 0)  # nobody had a symptom before birth
        still_ill = years_since_first_symptom(low, b - s, mean, sd)[0] * (b - s - low) / (b - a) if s < b else 0.0
        return 4 * u**3 * law.sf(s) * still_ill

    ends = sorted({0.0, (a or b) ** 0.25, b**0.25, *np.linspace(0, b**0.25, 6)})
    area = sum(integrate.quad(both, *e, epsabs=1e-13, epsrel=1e-12)[0] for e in pairwise(ends))
    _, recognised = unrecognised_years(a, b, mean, sd, *delay)
    # the oracle's own shares next to birth are differences of small numbers
    np.testing.assert_allclose(recognised, area / p, rtol=1e-11 if p > 1e-3 else 1e-10)


def test_a_number_of_replicates_and_ages_are_done_at_once():
    age, mean = np.arange(0, 100, 5.0), np.array([[36.0], [51.0]])
    still, recognised = unrecognised_years(age, age + 5, mean, 8, np.array([5.6, 7.2])[:, None, None], 8.5)
    assert still.shape == recognised.shape == (2, 2, 20)
    alone = unrecognised_years(60, 65, 51, 8, 7.2, 8.5)
    np.testing.assert_allclose([still[1, 1, 12], recognised[1, 1, 12]], alone, rtol=1e-12)


@pytest.mark.parametrize(("mean", "sd"), [(3.2, 2.4), (1.5, 0.9), (8, 12)])
def test_doctors_have_the_mean_and_the_sd_asked_for(mean, sd):
    p = n_doctors_distribution(mean, sd, most=5000)
    n = np.arange(1, 5001)
    np.testing.assert_allclose([p.sum(), p @ n, p @ (n - mean) ** 2], [1, mean, sd**2], rtol=1e-11)
    r, q = (mean - 1) ** 2 / (sd**2 - mean + 1), (mean - 1) / sd**2
    np.testing.assert_allclose(p[:200], stats.nbinom.pmf(np.arange(200), r, q), rtol=1e-10)
    np.testing.assert_allclose(share_over(np.arange(20), mean, sd), 1 - np.r_[0, p.cumsum()[:19]], atol=1e-12)
    short = n_doctors_distribution(mean, sd, most=4)
    np.testing.assert_allclose(short, [*p[:3], share_over(3, mean, sd)], rtol=1e-12)
    assert n_doctors_distribution([[mean], [mean]], [sd, sd]).shape == (2, 2, 60)


def test_the_unbounded_odds_ratio_keeps_its_published_lower_end():
    published = row_distribution(data_pack().parameters["vasculitis.gpa_or.zz_ss_sz"])
    np.testing.assert_allclose(published.quantile([0.025, 0.5]), [2.33, 14.58], rtol=1e-4)


def test_shares_by_counting_people_one_genotype_at_a_time():
    # MM, MZ, ZZ in a village: a tenth of MM ill; odds ratios 2 and 9 turn odds of 1/9 into 2/9 and 1
    people, ill = [900, 165, 20], [900 * 1 / 10, 165 * 2 / 11, 20 * 1 / 2]
    expected = np.array(ill) / sum(ill)
    np.testing.assert_allclose(genotype_shares(people, [1, 2, 9], 0.1), expected, rtol=1e-12)
    np.testing.assert_allclose(disease_probability(0.1, [1, 2, 9]), [1 / 10, 2 / 11, 1 / 2], rtol=1e-12)
    rare = np.array([900, 330, 180]) / 1410
    np.testing.assert_allclose(genotype_shares(people, [1, 2, 9]), rare, rtol=1e-12)


def test_disease_probability_is_that_of_the_liver():
    p, ratio = np.array([0.005661, 0.004855]), np.array([1, 1, 1, 1, 1, 7.3])
    np.testing.assert_array_equal(disease_probability(p, ratio)[1], raised_probability(p[1], ratio))


# Laws


@given(ages, widths, means, sds, st.floats(0.1, 20))
def test_older_people_have_more_often_and_longer_had_symptoms(a, width, mean, sd, later):
    p, years = years_since_first_symptom([a, a + later], [a + width, a + width + later], mean, sd)
    assume(p[0] > 1e-6)  # below, rounding shows in the years
    assert p[1] >= p[0] - 1e-12
    assert years[1] >= years[0] - 1e-8
    assert (p <= 1).all()
    assert (years <= [a + width, a + width + later]).all()


@settings(max_examples=50, deadline=None)
@given(ages, widths, means, sds, delay_means, delay_sds, st.floats(1.01, 3))
def test_recognition_only_shortens_and_a_longer_delay_shortens_less(a, width, mean, sd, delay, delay_sd, factor):
    still, recognised = unrecognised_years(
        a, a + width, mean, sd, [delay, delay * factor], [delay_sd, delay_sd * factor]
    )
    assume(still[0] > 1e-6)
    assert (recognised <= still).all()
    assert (recognised <= np.array([delay, delay * factor]) * (1 + 1e-9)).all()
    assert 0 < recognised[0] <= recognised[1] * (1 + 1e-9)
    np.testing.assert_allclose(still, years_since_first_symptom(a, a + width, mean, sd)[1], rtol=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.floats(20, 100), widths, st.floats(10, 60), sds)
def test_a_delay_longer_than_any_life_leaves_all_years_unrecognised(a, width, mean, sd):
    assume(a > mean - 4 * sd)  # below, rounding shows in the years
    still, recognised = unrecognised_years(a, a + width, mean, sd, 1e5, 1e4)
    np.testing.assert_allclose(recognised, still, rtol=1e-9)


@given(st.floats(1.1, 10), st.floats(1.05, 4), st.integers(2, 100))
def test_doctors_sum_to_one_and_shares_fall(mean, spread, most):
    sd = np.sqrt(mean - 1) * spread
    assert n_doctors_distribution(mean, sd, most).sum() == pytest.approx(1, abs=1e-12)
    shares = share_over(np.arange(1, 30), mean, sd)
    assert (np.diff(shares) <= 0).all()


genotypes = st.lists(st.tuples(st.floats(1e-6, 1), st.floats(0.1, 50)), min_size=2, max_size=6)


@given(genotypes, st.floats(1e-6, 0.9), st.floats(1.1, 10))
def test_shares_sum_to_one_and_rise_with_their_own_odds_ratio(rows, baseline, factor):
    frequency, ratio = np.array(rows).T
    for prevalence in (None, baseline):
        share = genotype_shares(frequency, ratio, prevalence)
        assert share.sum() == pytest.approx(1, abs=1e-12)
        np.testing.assert_allclose(genotype_shares(1000 * frequency, ratio, prevalence), share, rtol=1e-12)
        raised = ratio * np.r_[factor, np.ones(len(ratio) - 1)]
        assert genotype_shares(frequency, raised, prevalence)[0] > share[0]
        same = genotype_shares(frequency, np.ones(len(ratio)), prevalence)
        np.testing.assert_allclose(same, frequency / frequency.sum(), rtol=1e-12)
    few = genotype_shares(frequency, ratio, 1e-9)
    np.testing.assert_allclose(few, genotype_shares(frequency, ratio), rtol=1e-6)


def test_shares_of_many_replicates_and_cells_are_done_at_once():
    frequency, baseline = np.array([0.97, 0.0298, 0.0002]), np.array([[0.1, 0.2], [0.3, 0.4]])
    ratio = np.array([[[1, 1, 7.3]], [[1, 1.5, 14.58]]])
    share = genotype_shares(frequency, ratio, baseline)
    assert share.shape == (2, 2, 3)
    np.testing.assert_allclose(share[1, 0], genotype_shares(frequency, ratio[1, 0], 0.3), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: years_since_first_symptom(5, 5, 36, 8), "0 <= from < to"),
        (lambda: years_since_first_symptom(-1, 5, 36, 8), "0 <= from < to"),
        (lambda: years_since_first_symptom(0, 5, 36, 0), "sd above 0"),
        (lambda: unrecognised_years(0, 5, 36, 8, 0, 1), "delay must be above 0"),
        (lambda: n_doctors_distribution(3.2, 1.4), "sd² above mean − 1"),
        (lambda: n_doctors_distribution(1, 1), "mean above 1"),
        (lambda: n_doctors_distribution(3.2, 2.4, most=1), "at least 2, not 1"),
        (lambda: genotype_shares([1, -1], [1, 1]), "at least 0"),
        (lambda: genotype_shares([1, 1], [1, 1], 0), "above 0 and below 1"),
        (lambda: genotype_shares([1, 0], [0, 5]), "nobody has the disease"),
    ],
)
def test_impossible_numbers_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Chance: a right program fails each assertion once in 10^6 runs


@pytest.mark.parametrize(("a", "b", "mean", "sd"), BANDS)
def test_brute_force_over_people(rng, a, b, mean, sd):
    n = 2_000_000
    age = rng.uniform(a, b, n)
    since = age - draw_first_symptom_age(rng, n, mean, sd)
    ill = since > 0
    p, _ = years_since_first_symptom(a, b, mean, sd)
    still, recognised = unrecognised_years(a, b, mean, sd, 5.6, 8.5)
    assert_proportion(int(ill.sum()), n, expected=float(p), detects=0.003, alpha=1e-6)
    if p > 0.01:  # of a band next to birth 30 people are left, which would show nothing
        assert_mean(since[ill], float(still), detects=0.01 * float(still), alpha=1e-6)
        delay = draw_delay(rng, int(ill.sum()), 5.6, 8.5)
        assert_mean(np.minimum(delay, since[ill]), float(recognised), detects=0.02 * float(recognised), alpha=1e-6)


def test_drawn_ages_follow_the_normal_law_that_is_cut_off_at_birth(rng):
    mean, sd = np.tile([36.0, 20.0], 500_000), np.tile([8.0, 20.0], 500_000)
    drawn = draw_first_symptom_age(rng, 1_000_000, mean, sd).reshape(-1, 2).T
    assert (drawn >= 0).all()
    for law, values in zip(((36, 8), (20, 20)), drawn, strict=True):
        for age in (10, 30, 60):
            expected = float(first_symptom_cdf(age, *law))
            assert_proportion(int((values < age).sum()), 500_000, expected, detects=0.006, alpha=1e-6)


def test_drawn_delays_and_doctors_follow_their_laws(rng):
    n = 1_000_000
    delay, doctors = draw_delay(rng, n, 5.6, 8.5), draw_n_doctors(rng, n, 3.2, 2.4)
    law = stats.gamma((5.6 / 8.5) ** 2, scale=8.5**2 / 5.6)
    for years in (0.5, 2, 10, 30):
        assert_proportion(int((delay < years).sum()), n, float(law.cdf(years)), detects=0.004, alpha=1e-6)
    assert_mean(delay, 5.6, detects=0.07, alpha=1e-6)
    p = n_doctors_distribution(3.2, 2.4)
    for k in (1, 2, 5):
        assert_proportion(int((doctors == k).sum()), n, float(p[k - 1]), detects=0.004, alpha=1e-6)
    assert_proportion(int((doctors > 3).sum()), n, float(share_over(3, 3.2, 2.4)), detects=0.004, alpha=1e-6)


def test_shares_of_drawn_cases(rng):
    # a million people by genotype, then who of them is ill
    frequency, ratio = np.array([0.9, 0.08, 0.02]), np.array([1, 1.47, 14.58])
    people = rng.multinomial(1_000_000, frequency)
    ill = rng.binomial(people, disease_probability(0.1, ratio))
    share = genotype_shares(people, ratio, 0.1)  # given how many have each genotype
    n = int(ill.sum())
    for k in range(3):
        assert_proportion(int(ill[k]), n, float(share[k]), detects=0.015, alpha=1e-6)
