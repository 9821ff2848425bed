"""Slow, plain reference version of the model (docs/model.md), used only by the tests.

It was written from the description of the model alone and shares no code with the package `simulation`. It loops over cells, or
over people, and uses only the standard library. Every epidemiological number comes in through an argument.

The settings of `expected_tables` and `simulate_people`
-------------------------------------------------------
settings = {
    "alleles": ["M", "S", "Z", "rare", "null"],      # any list that has "M" in it
    "like": {"M": "M", "S": "S", "Z": "Z", "rare": "Z", "null": "null"},
    "odds_ratios": {                                 # section 5; see `risk_row` for which row is whose
        "MS": {"never": ..., "ever": ...}, "SS": {...}, "MZ": {...}, "SZ": {...},
        "severe": {"never": ..., "ever": ...},       # optional; left out, it is solved from "severe" below
    },
    "severe": {"marginal": ..., "ratio": ...,        # needed only for what is solved
               "marginal_diagnosed": ...},
    "mix": {"age": ..., "sex_share": {sex: share}, "share_ever": ..., "pack_years_ever": ...},
    "baseline": {
        "by_sex": {sex: {"intercept": ..., "age": ..., "pack_years": ...}},  # intercept at the two centres
        "centre_age": ..., "centre_pack_years": ..., "min_age": ...,
        "ramp": {"never": (start, end), "ever": (start, end)},
    },
    "exposures": [(share exposed, odds ratio), ...], # optional
    "diagnosed_share": {"other": ..., "severe": ...},# "severe" optional; left out, it is solved from "severe"
    "asthma_label_share": ...,
    "recognised": {"share": ..., "through_lung": ..., "uptake_ratio": ...},  # uptake_ratio optional, 1
    "smoking": {"centre_age": ..., "min_age": ..., "slopes": {sex: {"current_linear": ...,
                "current_quadratic": ..., "never_given_noncurrent": ...}}},  # needed only for margins
    "pack_years": {sex: {age: {"former": [class means], "current": [class means]}}},
    "populations": {
        name: {
            "people": {sex: {age: number}},          # whole numbers for simulate_people
            "ancestry_share": {ancestry: share},
            "allele_frequency": {ancestry: {allele: frequency}},             # without M
            "inbreeding": F, "mating": m,
            "smoking": {sex: {"margin": {"never", "former", "current", "age_min", "age_max"}}
                        or {"table": {age: {"never", "former", "current"}}}},
            "structure": {sex: {age: number}},       # optional: people before any age limit, for the margins
            "log_k": ...,                            # optional, 0
            "recognised_probabilities": (given diagnosed COPD, given anything else),  # optional, else solved
        },
    },
}

An age is the lower end of a five-year band. A genotype is a tuple of two alleles in the order of "alleles". A
state is (copd, diagnosed, asthma_label, recognised), all bool; there are eight, see `STATES`.

The answer of both functions
----------------------------
"people": {(population, genotype, smoking, state): people}
"people_by_cell", "copd_by_cell": {(population, sex, age, genotype): people}
"severe_by_age": {(population, age, genotype, smoking, copd, recognised): people}, severe genotypes only
"copd_attributable_to_genotype", "copd_attributable_to_smoking": {(population, genotype, smoking): cases}
"solved": {"odds_ratios_severe": (never, ever), "diagnosed_share_severe": ...,
           "recognised_probabilities": {population: (given diagnosed COPD, given anything else)}}
Every key is there, also where the number is zero.

How the description was read where it leaves a choice
----------------------------------------------
1.  Every cell has the risk and the smoking of its band's midpoint, age + 2.5, the open last band included.
2.  The ages of a margin are completed years and both ends count: 16-24 reaches up to the 25th birthday.
    People below the smoking age inside the margin's ages count as never smokers. Below that age everybody
    is a never smoker, even where a margin says 0; "every cell" of a 0 or 1 margin means every cell from
    that age on.
3.  A margin is solved for each sex by itself. P(never) is solved after P(current), as the mean of the
    product.
4.  Former smokers: start age first, conditional on start < age; then the quit age given that start. The
    start age is not reweighted by the chance of having quit.
5.  Pack-years and status of the cell fix the risk; a never smoker has 0 pack-years.
6.  The ramp r multiplies the log odds ratio of every genotype, MZ and SZ too, and is applied in the mix as
    well.
7.  "Below 20" is strict and is judged at the midpoint. It also holds for the mix.
8.  Exposures are independent of each other and of everything else, add log odds without re-centring, and
    are absent from the mix. They have no lower age of their own.
9.  All severe genotypes, not only ZZ, share the odds ratios, the diagnosed share and the recognition of ZZ.
10. If severe odds ratios are given, the severe diagnosed share is solved with those, unless it is given
    too.
11. The recognition probabilities use the population's own P(diagnosed COPD | severe), weighted by its
    people over all ages given. The uptake ratio multiplies before the cap; the second probability does not
    change with it. What a cap cuts off is not given to anybody else. Without any diagnosed COPD the first
    probability is 1, without anything else the second is 1; nobody is there to use it.
12. The asthma label exists only with undiagnosed COPD.
13. Attributable cases are P(COPD) minus the probability without the cause, summed over people. In
    `simulate_people` they are summed over the people drawn, given what was drawn for them. Had everyone
    never smoked means 0 pack-years and the never smoker's odds ratio and ramp, at the genotype the person
    has.
14. Serum levels leave out the visit-to-visit variation; the threshold is strict; inflammation multiplies
    the level.
15. "Rare as Z" in section 4 concerns the dose only: Z with rare is two doses and not the measured ZZ.
16. A smoking table by age is used as it stands, also below the smoking age.
17. `uptake_ratio` is u divided by the share tested today. k is given, not solved here.
18. Cirrhosis is judged at the band's midpoint; whether a person is of the right age at an exact age, even within the
    band, that has to do with nothing else. A new liver needs two alleles that polymerise.
19. A person without COPD who is treated has an FEV1 above every bound. A rule without bounds takes every FEV1.
"""

import itertools
import math
import random
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

Genotype = tuple[str, str]
State = tuple[bool, bool, bool, bool]

REFERENCE_ALLELE = "M"
BAND_YEARS = 5
STATUSES = ("never", "former", "current")
SHARE_TOLERANCE = 0.02  # section 3: published shares that miss 1 by more than this are refused
STANDARD_NORMAL = NormalDist()

#: No COPD; diagnosed COPD; undiagnosed COPD with and without the label asthma: each recognised or not.
STATES: list[State] = [
    (copd, diagnosed, label, recognised)
    for copd, diagnosed, label, recognised in itertools.product((False, True), repeat=4)
    if (copd or not (diagnosed or label)) and not (diagnosed and label)
]


# --- small helpers ----------------------------------------------------------------------------------------


def expit(x: float) -> float:
    """Turn log odds into a probability without overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x))


def odds(probability: float) -> float:
    """Turn a probability into odds."""
    return probability / (1.0 - probability)


def midpoint(age: int) -> float:
    """Give the middle of the five-year band that starts at this age."""
    return age + BAND_YEARS / 2.0


def solve_increasing(function: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Find by bisection the x between low and high at which an increasing function equals the target."""
    if not function(low) <= target <= function(high):
        raise ValueError("the target is not reached between the two ends")
    while True:
        middle = (low + high) / 2.0
        if middle in (low, high):
            return middle
        if function(middle) < target:
            low = middle
        else:
            high = middle


# --- section 2: genotype ----------------------------------------------------------------------------------


def genotypes(alleles: Sequence[str]) -> list[Genotype]:
    """List the unordered pairs of alleles in the order of the upper triangle (section 2)."""
    return [(alleles[i], alleles[j]) for i in range(len(alleles)) for j in range(i, len(alleles))]


def full_allele_frequency(frequency: dict[str, float], alleles: Sequence[str]) -> dict[str, float]:
    """Add M as the remainder to the frequencies of one ancestry (section 2)."""
    others = {allele: frequency.get(allele, 0.0) for allele in alleles if allele != REFERENCE_ALLELE}
    unknown = set(frequency) - set(others) - {REFERENCE_ALLELE}
    if unknown:
        raise ValueError(f"frequencies of alleles that are not tracked: {sorted(unknown)}")
    remainder = 1.0 - sum(others.values())
    if remainder < 0.0 or min(others.values(), default=0.0) < 0.0:
        raise ValueError("allele frequencies must lie between 0 and 1 together")
    return {allele: remainder if allele == REFERENCE_ALLELE else others[allele] for allele in alleles}


def genotype_probability(
    ancestry_share: dict[str, float],
    allele_frequency: dict[str, dict[str, float]],
    alleles: list[str],
    inbreeding: float,
    mating: float,
) -> dict[Genotype, float]:
    """Give the probability of each genotype, summed over ancestries (section 2).

    Parameters
    ----------
    ancestry_share
        Share of each ancestry; the shares add up to 1.
    allele_frequency
        By ancestry, the frequency of each allele other than M.
    alleles
        The tracked alleles with M among them, in the order wanted for the genotypes.
    inbreeding
        F, the probability that the second gamete copies the first.
    mating
        m, the probability that a second gamete which is no copy comes from the whole population's pool.
    """
    if abs(sum(ancestry_share.values()) - 1.0) > 1e-9:
        raise ValueError("ancestry shares must add up to 1")
    frequency = {a: full_allele_frequency(allele_frequency[a], alleles) for a in ancestry_share}
    pool = {allele: sum(share * frequency[a][allele] for a, share in ancestry_share.items()) for allele in alleles}

    result = {genotype: 0.0 for genotype in genotypes(alleles)}
    for ancestry, share in ancestry_share.items():
        own = frequency[ancestry]
        for i, first in enumerate(alleles):
            for j, second in enumerate(alleles):
                copy = 1.0 if first == second else 0.0
                other = (1.0 - mating) * own[second] + mating * pool[second]
                given_first = inbreeding * copy + (1.0 - inbreeding) * other
                genotype = (first, second) if i <= j else (second, first)
                result[genotype] += share * own[first] * given_first
    return result


# --- section 3: smoking -----------------------------------------------------------------------------------


def rescale_shares(margin: dict[str, Any]) -> dict[str, float]:
    """Rescale never, former and current to add up to 1 if they miss it by at most 0.02 (section 3)."""
    total = sum(margin[status] for status in STATUSES)
    if abs(total - 1.0) > SHARE_TOLERANCE + 1e-9:
        raise ValueError(f"smoking shares add up to {total}")
    return {status: margin[status] / total for status in STATUSES}


def share_of_band_inside(age: int, age_min: float | None, age_max: float | None) -> float:
    """Give the share of the five years from `age` that lies in the ages of a margin, both ends included."""
    low = -math.inf if age_min is None else age_min
    high = math.inf if age_max is None else age_max + 1
    return max(0.0, min(age + BAND_YEARS, high) - max(age, low)) / BAND_YEARS


def smoking_by_age(
    margin: dict[str, Any],
    slopes: dict[str, float],
    people_by_age: dict[int, float],
    centre_age: float,
    min_age: float,
) -> dict[int, dict[str, float]]:
    """Spread a national margin of one sex over age (section 3).

    Parameters
    ----------
    margin
        "never", "former", "current", "age_min" and "age_max" in completed years (None: no limit).
    slopes
        "current_linear" and "never_given_noncurrent" per year, "current_quadratic" per (10 years) squared.
    people_by_age
        People by the lower end of the five-year band, before any age limit of a run.
    centre_age
        Age at which the intercepts stand.
    min_age
        Below this age everybody is a never smoker.
    """
    shares = rescale_shares(margin)
    weights = {
        age: people * share_of_band_inside(age, margin["age_min"], margin["age_max"])
        for age, people in people_by_age.items()
    }
    total_weight = sum(weights.values())

    def is_child(age: int) -> bool:
        return midpoint(age) < min_age

    def weighted_mean(values: dict[int, float]) -> float:
        if total_weight <= 0.0:
            raise ValueError("nobody is of the ages that the margin describes")
        return sum(weights[age] * values[age] for age in weights) / total_weight

    def current_at(c0: float) -> dict[int, float]:
        result = {}
        for age in people_by_age:
            years = midpoint(age) - centre_age
            bend = slopes["current_quadratic"] * (years / 10.0) ** 2
            log_odds = c0 + slopes["current_linear"] * years + bend
            result[age] = 0.0 if is_child(age) else expit(log_odds)
        return result

    def never_given_noncurrent_at(d0: float) -> dict[int, float]:
        result = {}
        for age in people_by_age:
            log_odds = d0 + slopes["never_given_noncurrent"] * (midpoint(age) - centre_age)
            result[age] = 1.0 if is_child(age) else expit(log_odds)
        return result

    def constant(value: float, value_of_children: float) -> dict[int, float]:
        return {age: value_of_children if is_child(age) else value for age in people_by_age}

    if shares["current"] in (0.0, 1.0):
        current = constant(shares["current"], 0.0)
    else:
        c0 = solve_increasing(lambda x: weighted_mean(current_at(x)), shares["current"], -100.0, 100.0)
        current = current_at(c0)

    if shares["never"] == 0.0:
        conditional = constant(0.0, 1.0)  # Also where never + former is 0: there is nothing to split.
    elif shares["former"] == 0.0:
        conditional = constant(1.0, 1.0)
    else:

        def mean_never(d0: float) -> float:
            given = never_given_noncurrent_at(d0)
            return weighted_mean({age: given[age] * (1.0 - current[age]) for age in people_by_age})

        d0 = solve_increasing(mean_never, shares["never"], -100.0, 100.0)
        conditional = never_given_noncurrent_at(d0)

    return {
        age: {
            "never": (1.0 - current[age]) * conditional[age],
            "former": (1.0 - current[age]) * (1.0 - conditional[age]),
            "current": current[age],
        }
        for age in people_by_age
    }


def draw_truncated_normal(rng: random.Random, mean: float, sd: float, low: float, high: float) -> float:
    """Draw from a normal distribution cut to (low, high) through the inverse distribution function."""
    below = STANDARD_NORMAL.cdf((low - mean) / sd)
    above = STANDARD_NORMAL.cdf((high - mean) / sd)
    probability = below + rng.random() * (above - below)
    if not 0.0 < probability < 1.0:
        raise ValueError("the interval lies too far in the tail of the normal distribution")
    return min(max(mean + sd * STANDARD_NORMAL.inv_cdf(probability), low), high)


def draw_pack_years(
    rng: random.Random,
    age: float,
    status: str,
    shape: float,
    scale: float,
    start_log_mean: float,
    start_log_sd: float,
    quit_mean: float,
    quit_sd: float,
    cigarettes_per_pack: float,
) -> float:
    """Draw the exact pack-years of one former or current smoker of this exact age (section 3)."""
    per_day = rng.gammavariate(shape, scale)
    # A lognormal start age below `age`: its logarithm is a normal below log(age).
    share_before = STANDARD_NORMAL.cdf((math.log(age) - start_log_mean) / start_log_sd)
    probability = (1.0 - rng.random()) * share_before
    start = min(math.exp(start_log_mean + start_log_sd * STANDARD_NORMAL.inv_cdf(probability)), age)
    if status == "current":
        end = age
    elif status == "former":
        end = draw_truncated_normal(rng, quit_mean, quit_sd, start, age)
    else:
        raise ValueError(f"no pack-years for the status {status}")
    return per_day / cigarettes_per_pack * (end - start)


def pack_years_class_means(
    age: float,
    status: str,
    shape: float,
    scale: float,
    start_log_mean: float,
    start_log_sd: float,
    quit_mean: float,
    quit_sd: float,
    cigarettes_per_pack: float,
    n_classes: int = 8,
    n_draws: int = 80_000,
    seed: int = 1,
) -> list[float]:
    """Give the mean pack-years of K equal-probability classes by plain Monte Carlo (section 3).

    `age` is the exact age at which years smoked are counted, so pass the midpoint of a band.
    """
    rng = random.Random(seed)
    draws = sorted(
        draw_pack_years(
            rng,
            age,
            status,
            shape,
            scale,
            start_log_mean,
            start_log_sd,
            quit_mean,
            quit_sd,
            cigarettes_per_pack,
        )
        for _ in range(n_draws)
    )
    edges = [k * n_draws // n_classes for k in range(n_classes + 1)]
    return [math.fsum(draws[low:high]) / (high - low) for low, high in itertools.pairwise(edges)]


# --- section 4: serum level -------------------------------------------------------------------------------


def low_level_probability(
    genotype: Genotype,
    geometric_mean_by_genotype: dict[Genotype, float],
    log_sd_by_genotype: dict[Genotype, float],
    dose_by_allele: dict[str, float],
    threshold: float,
    inflamed_share: float = 0.0,
    multiplier: float = 1.3,
) -> float:
    """Give the probability that the serum level lies below the threshold (section 4).

    A genotype without a measured row has the sum of its doses as geometric mean, and the log-sd of the
    measured genotype whose geometric mean is nearest on the log scale. A dose of 0 lies below any threshold.
    """
    geometric_mean, log_sd = None, None
    for key in (genotype, genotype[::-1]):
        if key in geometric_mean_by_genotype:
            geometric_mean, log_sd = geometric_mean_by_genotype[key], log_sd_by_genotype[key]
    if geometric_mean is None or log_sd is None:
        dose = dose_by_allele[genotype[0]] + dose_by_allele[genotype[1]]
        if dose == 0.0:
            return 1.0

        def distance(measured: Genotype) -> float:
            return abs(math.log(geometric_mean_by_genotype[measured]) - math.log(dose))

        geometric_mean = dose
        log_sd = log_sd_by_genotype[min(geometric_mean_by_genotype, key=distance)]

    calm = STANDARD_NORMAL.cdf((math.log(threshold) - math.log(geometric_mean)) / log_sd)
    inflamed = STANDARD_NORMAL.cdf((math.log(threshold) - math.log(geometric_mean * multiplier)) / log_sd)
    return (1.0 - inflamed_share) * calm + inflamed_share * inflamed


# --- section 5: COPD --------------------------------------------------------------------------------------


def ramp_value(age: float, start: float, end: float) -> float:
    """Give r, which rises in a straight line from 0 at `start` to 1 at `end` (section 5)."""
    return min(1.0, max(0.0, (age - start) / (end - start)))


def copd_probability(
    age: float,
    pack_years: float,
    ever: bool,
    intercept: float,
    slope_age: float,
    slope_pack_years: float,
    centre_age: float,
    centre_pack_years: float,
    ramp: dict[str, tuple[float, float]],
    or_never: float,
    or_ever: float,
    min_age: float,
    exposures: Sequence[tuple[float, float]] = (),
    log_k: float = 0.0,
) -> float:
    """Give the probability of COPD in one cell (section 5).

    Parameters
    ----------
    age
        Exact age, or the midpoint of the band.
    pack_years
        Pack-years of the cell, 0 for a never smoker.
    ever
        Whether the person has ever smoked; picks the odds ratio and the ramp.
    intercept, slope_age, slope_pack_years
        b0 at the two centres, bA and bP of the sex.
    centre_age, centre_pack_years
        Where the intercept stands.
    ramp
        "never" and "ever": the ages at which r is 0 and 1.
    or_never, or_ever
        The genotype's odds ratios.
    min_age
        Below this age the risk is 0.
    exposures
        (share exposed, odds ratio) of each independent exposure; the result averages over all combinations.
    log_k
        log k of the population.
    """
    if age < min_age:
        return 0.0
    start, end = ramp["ever" if ever else "never"]
    log_odds = (
        intercept
        + slope_age * (age - centre_age)
        + slope_pack_years * (pack_years - centre_pack_years)
        + ramp_value(age, start, end) * math.log(or_ever if ever else or_never)
        + log_k
    )
    probability = 0.0
    for exposed in itertools.product((False, True), repeat=len(exposures)):
        weight, extra = 1.0, 0.0
        for is_exposed, (share, odds_ratio) in zip(exposed, exposures, strict=True):
            weight *= share if is_exposed else 1.0 - share
            extra += math.log(odds_ratio) if is_exposed else 0.0
        probability += weight * expit(log_odds + extra)
    return probability


def cell_copd_probability(
    baseline: dict[str, Any],
    sex: str,
    age: float,
    pack_years: float,
    ever: bool,
    odds_ratios: tuple[float, float],
    exposures: Sequence[tuple[float, float]] = (),
    log_k: float = 0.0,
) -> float:
    """Call `copd_probability` with the coefficients of one sex taken from `baseline` (section 5)."""
    coefficients = baseline["by_sex"][sex]
    return copd_probability(
        age=age,
        pack_years=pack_years,
        ever=ever,
        intercept=coefficients["intercept"],
        slope_age=coefficients["age"],
        slope_pack_years=coefficients["pack_years"],
        centre_age=baseline["centre_age"],
        centre_pack_years=baseline["centre_pack_years"],
        ramp=baseline["ramp"],
        or_never=odds_ratios[0],
        or_ever=odds_ratios[1],
        min_age=baseline["min_age"],
        exposures=exposures,
        log_k=log_k,
    )


def mean_risk_at_mix(mix: dict[str, Any], baseline: dict[str, Any], or_never: float, or_ever: float) -> float:
    """Give the mean probability of COPD at the biobank's mix, without exposures, with k = 1 (section 5)."""
    mean = 0.0
    for sex, share in mix["sex_share"].items():
        pair = (or_never, or_ever)
        never = cell_copd_probability(baseline, sex, mix["age"], 0.0, False, pair)
        ever = cell_copd_probability(baseline, sex, mix["age"], mix["pack_years_ever"], True, pair)
        mean += share * ((1.0 - mix["share_ever"]) * never + mix["share_ever"] * ever)
    return mean


def solve_severe_odds_ratios(
    marginal: float, ratio: float, mix: dict[str, Any], baseline: dict[str, Any]
) -> tuple[float, float]:
    """Solve the odds ratios of severe genotypes in never and ever smokers (section 5).

    The odds ratio of the mean risks at the mix, severe against MM, equals `marginal`. The odds ratio in ever
    smokers is `ratio` times that in never smokers.
    """
    odds_of_mm = odds(mean_risk_at_mix(mix, baseline, 1.0, 1.0))

    def log_marginal(log_or_never: float) -> float:
        or_never = math.exp(log_or_never)
        return math.log(odds(mean_risk_at_mix(mix, baseline, or_never, ratio * or_never)) / odds_of_mm)

    or_never = math.exp(solve_increasing(log_marginal, math.log(marginal), -15.0, 15.0))
    return or_never, ratio * or_never


def risk_row(genotype: Genotype, like: dict[str, str]) -> str:
    """Say which row of the table of section 5 a genotype belongs to: MM, MS, SS, MZ, SZ or severe."""
    kinds = sorted(like[allele] for allele in genotype)
    n_of_m, n_of_s = kinds.count("M"), kinds.count("S")
    rows = {(2, 0): "MM", (1, 1): "MS", (0, 2): "SS", (1, 0): "MZ", (0, 1): "SZ", (0, 0): "severe"}
    if not set(kinds) <= {"M", "S", "Z", "null"}:
        raise ValueError(f"unknown kind of allele in {kinds}")
    return rows[n_of_m, n_of_s]


# --- section 6: who is recognised -------------------------------------------------------------------------


def diagnosed_share_severe(
    marginal_diagnosed: float,
    diagnosed_share: float,
    mix: dict[str, Any],
    baseline: dict[str, Any],
    or_never: float,
    or_ever: float,
) -> float:
    """Solve P(diagnosed | COPD) of severe genotypes, at most 1 (section 6).

    The odds ratio of diagnosed COPD at the mix, severe against MM, equals `marginal_diagnosed`.
    """
    odds_of_mm = odds(diagnosed_share * mean_risk_at_mix(mix, baseline, 1.0, 1.0))
    odds_of_severe = marginal_diagnosed * odds_of_mm
    diagnosed_copd = odds_of_severe / (1.0 + odds_of_severe)
    return min(1.0, diagnosed_copd / mean_risk_at_mix(mix, baseline, or_never, or_ever))


def recognised_probabilities(
    share_recognised: float,
    through_lung: float,
    p_diagnosed_copd_severe: float,
    uptake_ratio: float = 1.0,
) -> tuple[float, float]:
    """Give P(recognised | severe, diagnosed COPD) and P(recognised | other severe), capped (section 6)."""

    def capped_ratio(numerator: float, denominator: float) -> float:
        if numerator == 0.0:
            return 0.0
        return 1.0 if denominator <= 0.0 else min(1.0, max(0.0, numerator / denominator))

    first = capped_ratio(uptake_ratio * through_lung * share_recognised, p_diagnosed_copd_severe)
    second = capped_ratio((1.0 - through_lung) * share_recognised, 1.0 - p_diagnosed_copd_severe)
    return first, second


# --- section 7: liver -------------------------------------------------------------------------------------


def cirrhosis_by_age(age: float, lifetime: float, mean: float, sd: float) -> float:
    """Give the cumulative probability of cirrhosis by an age in ZZ (section 7)."""
    return lifetime * STANDARD_NORMAL.cdf((age - mean) / sd)


# --- section 8: treatment ---------------------------------------------------------------------------------

STEPS = (
    "severe",
    "not_transplanted",
    "age",
    "below_threshold",
    "copd",
    "fev1_in_range",
    "does_not_smoke",
    "no_iga_deficiency",
    "willing",
    "recognised",
)

# care = {
#     "cirrhosis": (lifetime, mean, sd), "transplant": P(new liver | cirrhosis), "polymerises": {allele: bool},
#     "low": {genotype: P(level below the threshold)}, "normal_airflow": P(treated | no COPD),
#     "fev1": {"never": (mean, sd), "ever": (mean, sd)}, "iga_deficiency": ..., "willing": ...,
#     "rules": {name: {"age": (from, below or None), "fev1": (from or None, to or None), "asks_iga": bool}},
# }


def transplanted_probability(care: dict[str, Any], age: int, genotype: Genotype) -> float:
    """Give the probability of cirrhosis by this age band and a new liver (section 7)."""
    if not all(care["polymerises"][allele] for allele in genotype):
        return 0.0
    return cirrhosis_by_age(midpoint(age), *care["cirrhosis"]) * care["transplant"]


def fev1_in_range_probability(
    mean: float, sd: float, low: float | None, high: float | None, floor: float = 0.0
) -> float:
    """Give the probability that a normal FEV1 that is not below the floor lies between two bounds (section 8)."""

    def above(x: float) -> float:
        return 1.0 - STANDARD_NORMAL.cdf((x - mean) / sd)

    begin = above(floor if low is None else low)
    return (begin - (0.0 if high is None else above(high))) / above(floor)


def expected_funnel(
    severe_by_age: dict[tuple, float], care: dict[str, Any]
) -> dict[tuple[str, Genotype, str], list[float]]:
    """Give the people left at each step of each rule, by population, genotype and rule (section 8)."""
    result: dict[tuple[str, Genotype, str], list[float]] = {}
    for (population, age, genotype, smoking, copd, recognised), people in severe_by_age.items():
        for name, rule in care["rules"].items():
            youngest, end = rule["age"]
            last = age + BAND_YEARS if end is None else end
            right_age = max(0.0, min(age + BAND_YEARS, last) - max(age, youngest)) / BAND_YEARS
            law = care["fev1"]["never" if smoking == "never" else "ever"]
            low, high = rule["fev1"]
            shares = [
                1.0,
                1.0 - transplanted_probability(care, age, genotype),
                right_age,
                care["low"][genotype],
                1.0 if copd else care["normal_airflow"],
                fev1_in_range_probability(*law, low, high) if copd else float(high is None),
                float(smoking != "current"),
                1.0 - care["iga_deficiency"] if rule["asks_iga"] else 1.0,
                care["willing"],
                float(recognised),
            ]
            steps = result.setdefault((population, genotype, name), [0.0] * len(STEPS))
            for i, left in enumerate(itertools.accumulate(shares, lambda a, b: a * b, initial=people)):
                if i > 0:
                    steps[i - 1] += left
    return result


def draw_funnel(
    severe_by_age: dict[tuple, int], care: dict[str, Any], rng: random.Random
) -> dict[tuple[str, Genotype, str], list[int]]:
    """Ask person after person what each rule asks, once, and count who is left at each step (section 8)."""
    result: dict[tuple[str, Genotype, str], list[int]] = {}
    for (population, age, genotype, smoking, copd, recognised), people in severe_by_age.items():
        for _ in range(people):
            transplanted = rng.random() < transplanted_probability(care, age, genotype)
            exact_age = age + BAND_YEARS * rng.random()
            low_level = rng.random() < care["low"][genotype]
            treated = copd or rng.random() < care["normal_airflow"]
            law = care["fev1"]["never" if smoking == "never" else "ever"]
            fev1 = draw_truncated_normal(rng, *law, 0.0, law[0] + 8 * law[1]) if copd else math.inf
            has_iga = rng.random() >= care["iga_deficiency"]
            willing = rng.random() < care["willing"]
            for name, rule in care["rules"].items():
                youngest, end = rule["age"]
                low, high = rule["fev1"]
                passes = [
                    True,
                    not transplanted,
                    exact_age >= youngest and (end is None or exact_age < end),
                    low_level,
                    treated,
                    (low is None or fev1 >= low) and (high is None or fev1 <= high),
                    smoking != "current",
                    has_iga or not rule["asks_iga"],
                    willing,
                    recognised,
                ]
                steps = result.setdefault((population, genotype, name), [0] * len(STEPS))
                for i, passed in enumerate(passes):
                    if not passed:
                        break
                    steps[i] += 1
    return result


# --- the whole chain --------------------------------------------------------------------------------------


def odds_ratios_by_genotype(
    settings: dict[str, Any], severe: tuple[float, float]
) -> dict[Genotype, tuple[float, float]]:
    """Give the odds ratios in never and ever smokers of every genotype (table of section 5)."""
    result = {}
    for genotype in genotypes(settings["alleles"]):
        row = risk_row(genotype, settings["like"])
        if row == "MM":
            result[genotype] = (1.0, 1.0)
        elif row == "severe":
            result[genotype] = severe
        else:
            result[genotype] = (settings["odds_ratios"][row]["never"], settings["odds_ratios"][row]["ever"])
    return result


def severe_odds_ratios(settings: dict[str, Any]) -> tuple[float, float]:
    """Take the severe odds ratios from the settings if they are given, otherwise solve them (section 5)."""
    given = settings["odds_ratios"].get("severe")
    if given is not None:
        return given["never"], given["ever"]
    severe = settings["severe"]
    return solve_severe_odds_ratios(severe["marginal"], severe["ratio"], settings["mix"], settings["baseline"])


def severe_diagnosed_share(settings: dict[str, Any], severe: tuple[float, float]) -> float:
    """Take the severe diagnosed share from the settings if it is given, otherwise solve it (section 6)."""
    given = settings["diagnosed_share"].get("severe")
    if given is not None:
        return given
    return diagnosed_share_severe(
        settings["severe"]["marginal_diagnosed"],
        settings["diagnosed_share"]["other"],
        settings["mix"],
        settings["baseline"],
        *severe,
    )


def smoking_of_population(settings: dict[str, Any], population: dict[str, Any]) -> dict[str, dict[int, dict]]:
    """Give never, former and current by sex and age, from a table or from a margin (section 3)."""
    result = {}
    for sex in population["people"]:
        source = population["smoking"][sex]
        if "table" in source:
            result[sex] = source["table"]
        else:
            rules = settings["smoking"]
            structure = population.get("structure", population["people"])[sex]
            result[sex] = smoking_by_age(
                source["margin"], rules["slopes"][sex], structure, rules["centre_age"], rules["min_age"]
            )
    return result


def history_classes(
    settings: dict[str, Any], sex: str, age: int, shares: dict[str, float]
) -> list[tuple[str, float, float]]:
    """List (status, pack-years, probability) of the axis `history` in one cell (section 3).

    A status whose share is 0 is left out, so it needs no class means.
    """
    result = []
    for status in STATUSES:
        if shares[status] == 0.0:
            continue
        means = [0.0] if status == "never" else settings["pack_years"][sex][age][status]
        result.extend((status, pack_years, shares[status] / len(means)) for pack_years in means)
    return result


def p_diagnosed_copd_given_severe(
    settings: dict[str, Any],
    population: dict[str, Any],
    smoking: dict[str, dict[int, dict]],
    severe: tuple[float, float],
    share_diagnosed: float,
) -> float:
    """Give P(diagnosed COPD | severe) over the population's people of all cells (section 6)."""
    numerator, denominator = 0.0, 0.0
    for sex, by_age in population["people"].items():
        for age, people in by_age.items():
            denominator += people
            for status, pack_years, share in history_classes(settings, sex, age, smoking[sex][age]):
                copd = cell_copd_probability(
                    settings["baseline"],
                    sex,
                    midpoint(age),
                    pack_years,
                    status != "never",
                    severe,
                    settings.get("exposures", ()),
                    population.get("log_k", 0.0),
                )
                numerator += people * share * copd * share_diagnosed
    return numerator / denominator if denominator > 0.0 else 0.0


def solve_all(settings: dict[str, Any]) -> dict[str, Any]:
    """Solve what both versions of the chain need before they look at any person (sections 3, 5 and 6)."""
    severe = severe_odds_ratios(settings)
    share_severe = severe_diagnosed_share(settings, severe)
    smoking, recognised = {}, {}
    for name, population in settings["populations"].items():
        smoking[name] = smoking_of_population(settings, population)
        given = population.get("recognised_probabilities")
        if given is None:
            rules = settings["recognised"]
            given = recognised_probabilities(
                rules["share"],
                rules["through_lung"],
                p_diagnosed_copd_given_severe(settings, population, smoking[name], severe, share_severe),
                rules.get("uptake_ratio", 1.0),
            )
        recognised[name] = tuple(given)
    return {
        "odds_ratios_severe": severe,
        "diagnosed_share_severe": share_severe,
        "smoking": smoking,
        "recognised_probabilities": recognised,
    }


def empty_tables(settings: dict[str, Any], solved: dict[str, Any]) -> dict[str, dict]:
    """Make the tables of the answer with every key and only zeros."""
    tables: dict[str, dict] = {
        "people": {},
        "people_by_cell": {},
        "copd_by_cell": {},
        "severe_by_age": {},
        "copd_attributable_to_genotype": {},
        "copd_attributable_to_smoking": {},
        "solved": {key: value for key, value in solved.items() if key != "smoking"},
    }
    for name, population in settings["populations"].items():
        for genotype in genotypes(settings["alleles"]):
            for status in STATUSES:
                tables["copd_attributable_to_genotype"][name, genotype, status] = 0.0
                tables["copd_attributable_to_smoking"][name, genotype, status] = 0.0
                for state in STATES:
                    tables["people"][name, genotype, status, state] = 0.0
            severe = risk_row(genotype, settings["like"]) == "severe"
            for sex, by_age in population["people"].items():
                for age in by_age:
                    tables["people_by_cell"][name, sex, age, genotype] = 0.0
                    tables["copd_by_cell"][name, sex, age, genotype] = 0.0
                    for key in itertools.product(STATUSES, (False, True), (False, True)) if severe else ():
                        tables["severe_by_age"][(name, age, genotype, *key)] = 0
    return tables


def state_probabilities(
    copd: float, diagnosed: float, label: float, recognised: tuple[float, float], severe: bool
) -> dict[State, float]:
    """Give the probability of each leaf COPD x diagnosed x label asthma x recognised (section 6)."""
    result = {}
    for has_copd, is_diagnosed, has_label, is_recognised in STATES:
        p = copd if has_copd else 1.0 - copd
        if has_copd:
            p *= diagnosed if is_diagnosed else 1.0 - diagnosed
            if not is_diagnosed:
                p *= label if has_label else 1.0 - label
        p_recognised = 0.0
        if severe:
            p_recognised = recognised[0] if has_copd and is_diagnosed else recognised[1]
        p *= p_recognised if is_recognised else 1.0 - p_recognised
        result[has_copd, is_diagnosed, has_label, is_recognised] = p
    return result


def expected_tables(settings: dict[str, Any]) -> dict[str, dict]:
    """Give the expected number of people in every table, with fixed parameters (sections 1 to 6).

    The settings and the answer are described at the top of this file.
    """
    solved = solve_all(settings)
    tables = empty_tables(settings, solved)
    odds_ratios = odds_ratios_by_genotype(settings, solved["odds_ratios_severe"])
    exposures = settings.get("exposures", ())
    for name, population in settings["populations"].items():
        p_genotype = genotype_probability(
            population["ancestry_share"],
            population["allele_frequency"],
            settings["alleles"],
            population["inbreeding"],
            population["mating"],
        )
        log_k = population.get("log_k", 0.0)
        for sex, by_age in population["people"].items():
            for age, people_in_band in by_age.items():
                histories = history_classes(settings, sex, age, solved["smoking"][name][sex][age])
                for genotype, p_of_genotype in p_genotype.items():
                    severe = risk_row(genotype, settings["like"]) == "severe"
                    diagnosed = solved["diagnosed_share_severe"] if severe else settings["diagnosed_share"]["other"]
                    for status, pack_years, p_history in histories:
                        people = people_in_band * p_of_genotype * p_history
                        place = (settings["baseline"], sex, midpoint(age))
                        rest = (exposures, log_k)
                        ever = status != "never"
                        copd = cell_copd_probability(*place, pack_years, ever, odds_ratios[genotype], *rest)
                        copd_if_mm = cell_copd_probability(*place, pack_years, ever, (1.0, 1.0), *rest)
                        if_never_smoked = (*place, 0.0, False, odds_ratios[genotype], *rest)
                        copd_if_never = cell_copd_probability(*if_never_smoked)

                        tables["people_by_cell"][name, sex, age, genotype] += people
                        tables["copd_by_cell"][name, sex, age, genotype] += people * copd
                        key = (name, genotype, status)
                        tables["copd_attributable_to_genotype"][key] += people * (copd - copd_if_mm)
                        tables["copd_attributable_to_smoking"][key] += people * (copd - copd_if_never)
                        leaves = state_probabilities(
                            copd,
                            diagnosed,
                            settings["asthma_label_share"],
                            solved["recognised_probabilities"][name],
                            severe,
                        )
                        for state, p_state in leaves.items():
                            tables["people"][name, genotype, status, state] += people * p_state
                            if severe:
                                key = (name, age, genotype, status, state[0], state[3])
                                tables["severe_by_age"][key] += people * p_state
    return tables


def draw_key(rng: random.Random, weights: dict[str, float]) -> str:
    """Draw one key of a dictionary of probabilities."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def draw_genotype(rng: random.Random, population: dict[str, Any], alleles: list[str]) -> Genotype:
    """Draw ancestry, then the first gamete, then the second, for one person (section 2)."""

    def draw_gamete(of_ancestry: str) -> str:
        return draw_key(rng, full_allele_frequency(population["allele_frequency"][of_ancestry], alleles))

    ancestry = draw_key(rng, population["ancestry_share"])
    first = draw_gamete(ancestry)
    if rng.random() < population["inbreeding"]:
        second = first
    elif rng.random() < population["mating"]:
        second = draw_gamete(draw_key(rng, population["ancestry_share"]))
    else:
        second = draw_gamete(ancestry)
    return (first, second) if alleles.index(first) <= alleles.index(second) else (second, first)


def simulate_people(settings: dict[str, Any], rng: random.Random) -> dict[str, dict]:
    """Draw person after person and count them in the same tables as `expected_tables` (sections 1 to 6).

    The numbers of people in the settings must be whole. Attributable cases sum the differences of
    probabilities over the people drawn.
    """
    solved = solve_all(settings)
    tables = empty_tables(settings, solved)
    odds_ratios = odds_ratios_by_genotype(settings, solved["odds_ratios_severe"])
    for name, population in settings["populations"].items():
        log_k = population.get("log_k", 0.0)
        p_recognised_lung, p_recognised_other = solved["recognised_probabilities"][name]
        for sex, by_age in population["people"].items():
            for age, people_in_band in by_age.items():
                if people_in_band != int(people_in_band):
                    raise ValueError("people must be whole numbers")
                smoking = solved["smoking"][name][sex][age]
                for _ in range(int(people_in_band)):
                    genotype = draw_genotype(rng, population, settings["alleles"])
                    severe = risk_row(genotype, settings["like"]) == "severe"

                    status = draw_key(rng, smoking)
                    ever = status != "never"
                    pack_years = rng.choice(settings["pack_years"][sex][age][status]) if ever else 0.0

                    # Each exposure that the person has is passed on as certain, so nothing is averaged.
                    exposed = [
                        (1.0, odds_ratio) for share, odds_ratio in settings.get("exposures", ()) if rng.random() < share
                    ]
                    place = (settings["baseline"], sex, midpoint(age))
                    p_copd = cell_copd_probability(*place, pack_years, ever, odds_ratios[genotype], exposed, log_k)
                    p_if_mm = cell_copd_probability(*place, pack_years, ever, (1.0, 1.0), exposed, log_k)
                    p_if_never = cell_copd_probability(*place, 0.0, False, odds_ratios[genotype], exposed, log_k)

                    copd = rng.random() < p_copd
                    diagnosed, label = False, False
                    if copd:
                        p_diagnosed = settings["diagnosed_share"]["other"]
                        if severe:
                            p_diagnosed = solved["diagnosed_share_severe"]
                        diagnosed = rng.random() < p_diagnosed
                        if not diagnosed:
                            label = rng.random() < settings["asthma_label_share"]
                    recognised = False
                    if severe:
                        recognised = rng.random() < (p_recognised_lung if diagnosed else p_recognised_other)

                    tables["people"][name, genotype, status, (copd, diagnosed, label, recognised)] += 1
                    if severe:
                        tables["severe_by_age"][name, age, genotype, status, copd, recognised] += 1
                    tables["people_by_cell"][name, sex, age, genotype] += 1
                    tables["copd_by_cell"][name, sex, age, genotype] += int(copd)
                    key = (name, genotype, status)
                    tables["copd_attributable_to_genotype"][key] += p_copd - p_if_mm
                    tables["copd_attributable_to_smoking"][key] += p_copd - p_if_never
    return tables
