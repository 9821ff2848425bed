"""Slow, plain version of "finding people" (docs/model.md, sections 11 and 12), used only by the tests.

It was written from the documentation before the fast engine was read and shares no code with the package `simulation`. It loops
over cells of one population of one replicate with dictionaries and uses only the standard library. The chain before it (people,
genotype, smoking, COPD, clinical state, levels, signs) is an argument.

The settings
------------
settings = {
    "alleles": ["M", "S", ...], "like": {allele: "M", "S", "Z" or "null"},
    "counted_as": {genotype: "normal", "carrier", "SS", "intermediate" or "severe"},
    "people": {(sex, age): number}, "genotype": {genotype: probability},
    "smoking": {(sex, age, status): probability}, "pack_years": {(age, history): mean},
    "copd": {(sex, age, history, genotype): probability}, "state": {(genotype, has COPD, state): probability},
    "level": {genotype: (geometric mean, log-sd)}, "threshold": ..., "inflamed": (share, ratio),
    "cirrhosis": {(age, genotype): ...}, "panniculitis": {genotype: ...}, "bronchiectasis": {(sex, genotype): ...},
    "basal_emphysema": {"severe": ..., "others": ...}, "family_history": (share, odds ratio) or None,
    "liver_disease": whether its trigger is on, "ages": {"young_copd": 65, "early_emphysema": 45}, "few_pack_years": 20,
    "readings": {test: {allele: (read as, sensitivity)}}, "cost": {test: ...},
    "sequencing_names": whether what a reflex sequencing reports of a carrier counts as named,
    "today": (algorithm, share of diagnosed COPD tested), "years": ...,
    "strategies": {name: {"who", "algorithm", "uptake", "interval_years", "triggers", "cascade"}},
    "cascade": {"parents_alive", "n_siblings", "n_children", "n_second_degree", "uptake_first_degree",
                "uptake_second_degree", "test"},
    "ancestry": {ancestry: share}, "ancestry_genotype": {(ancestry, genotype): probability},
    "first_symptom": {"never": (mean, sd), "ever": (mean, sd)}, "delay": (mean, sd),
}

A genotype is a pair of alleles in the order of "alleles", an age the lower end of a five-year band, a history a status and the
number of a class of pack-years ("never" has one class), a state a name of simulation.labels.STATES. An algorithm is
{"first": test, "then": test or None, "how": "series", "parallel" or "reflex", "cut_off": µmol/L}.

How the documentation was read where it leaves a choice
-------------------------------------------------------
1.  There is one level: where the threshold lies below the cut-off, a level below the threshold is also low. `reflex` asks for a
    low level as `series` does, and sequences only those whose level is also below the threshold.
2.  The first test is positive where the level is low; a test of the genotype, where it reports a severe genotype. In parallel
    both are the first, and either will do.
3.  Somebody is *named* (a carrier, or anybody reported as one) if a report holds an allele that does not behave like M and none
    is severe.
4.  Today's practice offers nobody a further test: whoever it has not tested has no trigger.
5.  Everybody recognised today counts as tested, the first test positive, at the expected cost.
6.  An uptake is offered at 0, i, 2i, ... years, up to and with the whole time.
7.  Index persons are people with severe deficiency, not those who were found to have it and do not. Only severe people are new.
8.  The share of relatives who are new is, by genotype, that of people who are not recognised after the strategy.
9.  The allele that is not shared by descent comes from the ancestry's own genotypes, half of each person's two alleles.
10. Ages of a trigger that fall within a band take their part of it, as ages of a treatment do.
"""

import itertools
import math
from typing import Any

Genotype = tuple[str, str]

BAND_YEARS = 5
NOTHING = "none"  # what a test of the protein reads where an allele makes none
RESULTS = ("found", "not_confirmed", "blind", "negative")
REASONS = ("no_trigger", "not_offered", "negative", "not_confirmed", "blind", "not_followed_up")
PARTS = ("recognised_today", "found", "found_by_cascade", *REASONS)
STEPS = ("genotype", "alive", "copd", "copd_diagnosed", "tested", "called", "recognised")
WORK = (
    "tested",
    "positive",
    "named",
    "cost",
    "relatives_tested",
    "relatives_named",
    "relatives_cost",
    "copd_unrecognised",
    "symptomatic_unrecognised",
    "years_unrecognised",
)
SYMPTOMS = ("symptomatic", "age_at_first_symptom", "symptomatic_recognised", "years_before_recognition")
TRIGGERS = (
    "emphysema_before_45",
    "copd_without_smoking",
    "asthma_with_fixed_obstruction",
    "basal_emphysema",
    "liver_disease",
    "panniculitis",
    "bronchiectasis",
    "family_history",
)
TODAY = "todays_practice"


# --- small helpers ----------------------------------------------------------------------------------------


def normal_below(x: float) -> float:
    """Give the distribution function of the standard normal, good in the tail too."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def ordered(settings: dict[str, Any], first: str, second: str) -> Genotype:
    """Put two alleles into the order of the genotype axis."""
    place = settings["alleles"].index
    return (first, second) if place(first) <= place(second) else (second, first)


def share_of_band_below(age: int, end: float) -> float:
    """Give the share of the five years from `age` that lies before `end`; people are spread evenly in a band."""
    return min(1.0, max(0.0, (end - age) / BAND_YEARS))


def gauss_legendre(n: int) -> list[tuple[float, float]]:
    """Give nodes and weights on (0, 1), by Newton's method on the Legendre polynomial."""
    result = []
    for i in range(n):
        x = math.cos(math.pi * (i + 0.75) / (n + 0.5))
        while True:
            before, p = 1.0, x
            for k in range(2, n + 1):
                before, p = p, ((2 * k - 1) * x * p - (k - 1) * before) / k
            slope = n * (x * p - before) / (x * x - 1.0)
            step = p / slope
            x -= step
            if abs(step) < 1e-15:
                break
        result.append(((1.0 + x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope)))
    return result


NODES = gauss_legendre(20)


def lower_gamma(a: float, x: float) -> float:
    """Give the regularised incomplete gamma function P(a, x), by its power series or its continued fraction."""
    if x <= 0.0:
        return 0.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1.0:
        term = total = 1.0 / a
        n = a
        while term > total * 1e-17:
            n += 1.0
            term *= x / n
            total += term
        return front * total
    b, c = x + 1.0 - a, 1e300
    d = 1.0 / b
    fraction = d
    for i in range(1, 10_000):
        factor = -i * (i - a)
        b += 2.0
        d = 1.0 / (factor * d + b)
        c = b + factor / c
        fraction *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return 1.0 - front * fraction


# --- what a test reads ------------------------------------------------------------------------------------


def readings_of_allele(settings: dict[str, Any], test: str, allele: str) -> list[tuple[str, float]]:
    """List what a test makes of one allele: as what it is, with its sensitivity, else M."""
    if allele == "M":
        return [("M", 1.0)]
    read_as, sensitivity = settings["readings"][test][allele]
    if read_as != NOTHING and read_as not in settings["alleles"]:
        read_as = "M"
    return [(read_as, sensitivity), ("M", 1.0 - sensitivity)]


def reports(settings: dict[str, Any], test: str, genotype: Genotype) -> list[tuple[Genotype | None, float]]:
    """List the genotypes that a test may report, with their probabilities; None is no protein at all."""
    result: list[tuple[Genotype | None, float]] = []
    for first, p_first in readings_of_allele(settings, test, genotype[0]):
        for second, p_second in readings_of_allele(settings, test, genotype[1]):
            probability = p_first * p_second
            if first == NOTHING and second == NOTHING:
                result.append((None, probability))
            elif first == NOTHING:
                result.append(((second, second), probability))
            elif second == NOTHING:
                result.append(((first, first), probability))
            else:
                result.append((ordered(settings, first, second), probability))
    return result


def is_severe(settings: dict[str, Any], report: Genotype | None) -> bool:
    """Whether a report is that of severe deficiency; no protein at all is."""
    return report is None or settings["counted_as"][report] == "severe"


def explains(settings: dict[str, Any], report: Genotype | None) -> bool:
    """Whether a report explains a level below the threshold."""
    return is_severe(settings, report) or settings["counted_as"][report] == "intermediate"


def names(settings: dict[str, Any], report: Genotype | None) -> bool:
    """Whether a report names an allele that does not behave like M."""
    return report is None or any(settings["like"][allele] != "M" for allele in report)


def level_below(settings: dict[str, Any], genotype: Genotype, bound: float) -> float:
    """Give P(level < bound | genotype), inflamed or not."""
    mean, log_sd = settings["level"][genotype]
    if mean == 0.0:
        return 1.0
    share, ratio = settings["inflamed"]
    calm = normal_below((math.log(bound) - math.log(mean)) / log_sd)
    inflamed = normal_below((math.log(bound) - math.log(mean * ratio)) / log_sd)
    return (1.0 - share) * calm + share * inflamed


def outcomes(settings: dict[str, Any], algorithm: dict[str, Any], genotype: Genotype) -> dict[str, dict[str, float]]:
    """Give, for each result of an algorithm, its probability and how much of it is positive, named, and its cost."""
    table = {result: {"share": 0.0, "positive": 0.0, "named": 0.0, "cost": 0.0} for result in RESULTS}

    def add(result: str, share: float, positive: bool, named: bool, tests: list[str]) -> None:
        row = table[result]
        row["share"] += share
        row["positive"] += share * positive
        row["named"] += share * (named and result != "found")
        row["cost"] += share * sum(settings["cost"][test] for test in tests)

    first, then, how = algorithm["first"], algorithm["then"], algorithm["how"]
    if first != "level":
        for report, p in reports(settings, first, genotype):
            severe = is_severe(settings, report)
            add("found" if severe else "blind", p, severe, names(settings, report), [first])
        return table

    below_cut_off = level_below(settings, genotype, algorithm["cut_off"])
    below_both = level_below(settings, genotype, min(algorithm["cut_off"], settings["threshold"]))
    levels = [(True, True, below_both), (True, False, below_cut_off - below_both), (False, False, 1.0 - below_cut_off)]
    for low, very_low, p_level in levels:
        if then is None:
            add("not_confirmed" if low else "negative", p_level, low, False, [first])
            continue
        if not low and how != "parallel":
            add("negative", p_level, False, False, [first])
            continue
        for report, p_report in reports(settings, then, genotype):
            p, named, tests = p_level * p_report, names(settings, report), [first, then]
            if is_severe(settings, report):
                add("found", p, low or how == "parallel", named, tests)
            elif how == "parallel":
                add("not_confirmed" if low else "blind", p, low, named, tests)
            elif how == "reflex" and very_low and not explains(settings, report):
                for again, p_again in reports(settings, "sequencing", genotype):
                    result = "found" if is_severe(settings, again) else "blind"
                    either = named or (settings["sequencing_names"] and names(settings, again))
                    add(result, p * p_again, low, either, [*tests, "sequencing"])
            else:
                add("blind", p, low, named, tests)
    return table


# --- today's practice -------------------------------------------------------------------------------------


def todays_shares(
    settings: dict[str, Any], genotype: Genotype, recognised: float, table: dict[str, dict[str, float]], needed: float
) -> dict[str, float]:
    """Split the people of one genotype with diagnosed COPD: recognised, not followed up, other results, not tested.

    `recognised` is the share r; `table` are the outcomes of today's algorithm; `needed` is what all severe genotypes together
    need to have tested for r. Who is recognised and not found by the test was recognised in another way. The shares add up
    to 1.
    """
    tested = min(1.0, max(settings["today"][1], needed)) if recognised > 0.0 else settings["today"][1]
    shares = {"recognised": recognised}
    shares["not_followed_up"] = max(0.0, tested * table["found"]["share"] - recognised)
    for result in RESULTS[1:]:
        shares[result] = tested * table[result]["share"]
    in_vain = sum(share for name, share in shares.items() if name != "recognised")
    if in_vain > 1.0 - recognised:
        for name in shares:
            shares[name] *= 1.0 if name == "recognised" else (1.0 - recognised) / in_vain
        in_vain = 1.0 - recognised
    shares["untested"] = 1.0 - recognised - in_vain
    return shares


def needed_today(settings: dict[str, Any], today: dict) -> float:
    """Give r / P(found) of all severe people together: the share that must have been tested."""
    severe = [g for g in settings["genotype"] if settings["counted_as"][g] == "severe"]
    sought = sum(settings["genotype"][g] * diagnosed_and_recognised(settings, g) for g in severe)
    seen = sum(settings["genotype"][g] * today[g]["found"]["share"] for g in severe)
    return sought / seen if seen > 0.0 else 0.0


# --- strategies -------------------------------------------------------------------------------------------


def sign_probability(settings: dict[str, Any], trigger: str, cell: dict[str, Any]) -> float:
    """Give the probability that a person of one cell has one of the classical triggers."""
    genotype = cell["genotype"]
    severe = settings["counted_as"][genotype] == "severe"
    diagnosed = cell["state"] == "diagnosed"
    if trigger == "emphysema_before_45":
        return diagnosed * share_of_band_below(cell["age"], settings["ages"]["early_emphysema"])
    if trigger == "copd_without_smoking":
        return float(diagnosed and cell["status"] == "never")
    if trigger == "asthma_with_fixed_obstruction":
        return float(cell["state"] == "asthma_label")
    if trigger == "basal_emphysema":
        return diagnosed * settings["basal_emphysema"]["severe" if severe else "others"]
    if trigger == "liver_disease":
        return settings["cirrhosis"][cell["age"], genotype] if settings["liver_disease"] else 0.0
    if trigger == "panniculitis":
        return settings["panniculitis"][genotype]
    if trigger == "bronchiectasis":
        return settings["bronchiectasis"][cell["sex"], genotype]
    if trigger == "family_history":
        if settings["family_history"] is None or not diagnosed:
            return 0.0
        share, odds_ratio = settings["family_history"]
        return share * odds_ratio / (1.0 - share + share * odds_ratio)
    raise ValueError(trigger)


def offered_probability(settings: dict[str, Any], strategy: dict[str, Any], cell: dict[str, Any]) -> float:
    """Give the probability that a strategy would offer a test to a person of one cell."""
    who, diagnosed = strategy["who"], cell["state"] == "diagnosed"
    if who == TODAY:
        return 0.0
    if who == "all_copd":
        return float(diagnosed)
    if who == "copd_under_65_or_20_pack_years":
        if cell["pack_years"] < settings["few_pack_years"]:
            return float(diagnosed)
        return diagnosed * share_of_band_below(cell["age"], settings["ages"]["young_copd"])
    if who == "classical_triggers":
        none = 1.0
        for trigger in strategy["triggers"] or TRIGGERS:
            none *= 1.0 - sign_probability(settings, trigger, cell)
        return 1.0 - none
    if who == "smokers_with_obstruction":
        return float(cell["state"] != "no_copd" and cell["status"] != "never")
    if who == "newborn_screening":
        return share_of_band_below(cell["age"], settings["years"])
    if who == "whole_population":
        return 1.0
    raise ValueError(who)


def share_who_take_it(settings: dict[str, Any], strategy: dict[str, Any]) -> float:
    """Give the share of those with a trigger who have been tested after all the offers."""
    n_offers, time = 0, 0.0
    while time <= settings["years"]:
        n_offers += 1
        if strategy["interval_years"] is None:
            break
        time = n_offers * strategy["interval_years"]
    return 1.0 - (1.0 - strategy["uptake"]) ** n_offers


# --- the cascade ------------------------------------------------------------------------------------------


def relative_given_index(
    settings: dict[str, Any], frequency: dict[str, float], index: Genotype, k: tuple[float, float, float]
) -> dict[Genotype, float]:
    """Give P(genotype of a relative | genotype of the index person), with k alleles shared by descent."""
    result = dict.fromkeys(settings["genotype"], 0.0)
    result[index] += k[2]
    for shared in index:
        for other, q in frequency.items():
            result[ordered(settings, shared, other)] += k[1] * 0.5 * q
    for first, p in frequency.items():
        for second, q in frequency.items():
            result[ordered(settings, first, second)] += k[0] * p * q
    return result


def relatives_tested(settings: dict[str, Any], index: dict[Genotype, float]) -> dict[Genotype, float]:
    """Give the expected number of relatives tested, by their genotype, from the index people by theirs."""
    c = settings["cascade"]
    first, second = c["uptake_first_degree"], c["uptake_second_degree"]
    kinds = [
        (2.0 * c["parents_alive"] * first, (0.0, 1.0, 0.0)),
        (c["n_children"] * first, (0.0, 1.0, 0.0)),
        (c["n_siblings"] * first, (0.25, 0.5, 0.25)),
        (c["n_second_degree"] * second, (0.5, 0.5, 0.0)),
    ]
    result = dict.fromkeys(settings["genotype"], 0.0)
    frequency = {}
    for ancestry in settings["ancestry"]:
        frequency[ancestry] = dict.fromkeys(settings["alleles"], 0.0)
        for genotype in settings["genotype"]:
            for allele in genotype:
                frequency[ancestry][allele] += settings["ancestry_genotype"][ancestry, genotype] / 2.0
    for genotype, people in index.items():
        if people == 0.0:
            continue
        weight = {a: p * settings["ancestry_genotype"][a, genotype] for a, p in settings["ancestry"].items()}
        for ancestry, w in weight.items():
            for n, k in kinds:
                for relative, p in relative_given_index(settings, frequency[ancestry], genotype, k).items():
                    result[relative] += people * w / sum(weight.values()) * n * p
    return result


# --- first symptom and delay ------------------------------------------------------------------------------


def first_symptom_before(age: float, mean: float, sd: float) -> float:
    """Give P(first symptom before this age): a normal, cut off at birth."""
    if age <= 0.0:
        return 0.0
    born = normal_below(-mean / sd)
    return (normal_below((age - mean) / sd) - born) / (1.0 - born)


def mean_of_smaller(t: float, mean: float, sd: float) -> float:
    """Give E[min(D, t)] of a gamma delay."""
    shape, scale = (mean / sd) ** 2, sd**2 / mean
    return mean * lower_gamma(shape + 1.0, t / scale) + t * (1.0 - lower_gamma(shape, t / scale))


def integral(f: Any, low: float, high: float) -> float:
    """Integrate over (low, high), cut into six pieces that are finer near the lower end."""
    if high <= low:
        return 0.0
    ends = [low + (high - low) * (i / 6.0) ** 3 for i in range(7)]
    return math.fsum((b - a) * w * f(a + (b - a) * x) for a, b in itertools.pairwise(ends) for x, w in NODES)


def symptoms_in_band(settings: dict[str, Any], age: int, smoked: bool) -> dict[str, float]:
    """Give, for one person of a band: P(symptom), and its product with the age at it, the time since, min(delay, time)."""
    mean, sd = settings["first_symptom"]["ever" if smoked else "never"]
    delay = settings["delay"]
    end = age + BAND_YEARS

    def density(s: float) -> float:
        """Density of the time since the first symptom, over people spread evenly over the band."""
        return (first_symptom_before(end - s, mean, sd) - first_symptom_before(age - s, mean, sd)) / BAND_YEARS

    def over_time(f: Any) -> float:
        return integral(lambda s: f(s) * density(s), 0.0, age) + integral(lambda s: f(s) * density(s), age, end)

    years = over_time(lambda s: s)
    age_now = integral(lambda x: x * first_symptom_before(x, mean, sd), age, end) / BAND_YEARS
    return {
        "symptomatic": over_time(lambda s: 1.0),
        "age_at_first_symptom": age_now - years,
        "years": years,
        "years_before_recognition": over_time(lambda s: mean_of_smaller(s, *delay)),
    }


# --- everything -------------------------------------------------------------------------------------------


def cells(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """List the cells: sex, age, genotype, class of pack-years and state, with the expected people of each."""
    result = []
    for (sex, age), people in settings["people"].items():
        for genotype, p_genotype in settings["genotype"].items():
            for (a, history), pack_years in settings["pack_years"].items():
                if a != age:
                    continue
                status = history[0]
                n_classes = sum(1 for b, h in settings["pack_years"] if b == age and h[0] == status)
                n = people * p_genotype * settings["smoking"][sex, age, status] / n_classes
                p_copd = settings["copd"][sex, age, history, genotype]
                for (g, has_copd, state), p_state in settings["state"].items():
                    p = p_state * (p_copd if has_copd else 1.0 - p_copd)
                    if g == genotype and n * p > 0.0:
                        result.append(
                            {
                                "sex": sex,
                                "age": age,
                                "genotype": genotype,
                                "status": status,
                                "pack_years": pack_years,
                                "state": state,
                                "copd": has_copd,
                                "people": n * p,
                            }
                        )
    return result


def diagnosed_and_recognised(settings: dict[str, Any], genotype: Genotype) -> float:
    """Give r: the share of people of one genotype with diagnosed COPD who are recognised."""
    yes, no = (settings["state"].get((genotype, True, s), 0.0) for s in ("diagnosed_recognised", "diagnosed"))
    return yes / (yes + no) if yes + no > 0.0 else 0.0


def find(settings: dict[str, Any]) -> dict[str, dict]:
    """Give the expected numbers of the tables of testing.

    The answer: "testing" {(genotype, step): people}, "strategies" {(strategy, genotype, part): people}, "strategy_work"
    {(strategy, genotype, what): ...}, "symptoms" {(genotype, what): ...}.
    """
    leaves = cells(settings)
    bands = {(age, smoked): symptoms_in_band(settings, age, smoked)
             for age in sorted({c["age"] for c in leaves}) for smoked in (False, True)}  # fmt: skip
    today = {g: outcomes(settings, settings["today"][0], g) for g in settings["genotype"]}
    needed = needed_today(settings, today)
    shares = {
        g: todays_shares(settings, g, diagnosed_and_recognised(settings, g), today[g], needed)
        for g in settings["genotype"]
    }
    return {
        "testing": funnel(settings, leaves, today, shares),
        "symptoms": symptoms(settings, leaves, bands),
        **strategies(settings, leaves, bands, today, shares),
    }


def funnel(settings: dict[str, Any], leaves: list, today: dict, shares: dict) -> dict[tuple, float]:
    """Give the steps from the genotype to recognition in diagnosed COPD, by genotype."""
    steps = {(g, step): 0.0 for g in settings["genotype"] for step in STEPS}
    for cell in leaves:
        g, people = cell["genotype"], cell["people"]
        steps[g, "genotype"] += people
        steps[g, "alive"] += people
        if cell["copd"]:
            steps[g, "copd"] += people
        if cell["state"] in ("diagnosed", "diagnosed_recognised"):
            steps[g, "copd_diagnosed"] += people
            s = shares[g]
            called = s["recognised"] + s["not_followed_up"] + s["not_confirmed"]
            steps[g, "tested"] += people * (1.0 - s["untested"])
            steps[g, "called"] += people * called
            steps[g, "recognised"] += people * s["recognised"]
    return steps


def symptoms(settings: dict[str, Any], leaves: list, bands: dict) -> dict[tuple, float]:
    """Give the first symptoms of severe people with COPD today, by genotype."""
    result = {(g, what): 0.0 for g in settings["genotype"] for what in SYMPTOMS}
    for cell in leaves:
        g, people = cell["genotype"], cell["people"]
        if settings["counted_as"][g] != "severe" or not cell["copd"]:
            continue
        band = bands[cell["age"], cell["status"] != "never"]
        result[g, "symptomatic"] += people * band["symptomatic"]
        result[g, "age_at_first_symptom"] += people * band["age_at_first_symptom"]
        if cell["state"].endswith("_recognised"):
            result[g, "symptomatic_recognised"] += people * band["symptomatic"]
            result[g, "years_before_recognition"] += people * band["years_before_recognition"]
    return result


def strategies(settings: dict[str, Any], leaves: list, bands: dict, today: dict, shares: dict) -> dict[str, dict]:
    """Give the parts and the work of today's practice and of every strategy, by genotype."""
    parts: dict[tuple, float] = {}
    work: dict[tuple, float] = {}
    nobody_more = {"who": TODAY, "algorithm": None, "uptake": 0.0, "interval_years": None, "cascade": False}
    for name, strategy in {TODAY: nobody_more, **settings["strategies"]}.items():
        table = today if strategy["algorithm"] is None else {
            g: outcomes(settings, strategy["algorithm"], g) for g in settings["genotype"]
        }  # fmt: skip
        taken = share_who_take_it(settings, strategy)
        for g in settings["genotype"]:
            parts |= {(name, g, part): 0.0 for part in PARTS}
            work |= {(name, g, what): 0.0 for what in WORK}
        for cell in leaves:
            g, people = cell["genotype"], cell["people"]
            recognised = cell["state"].endswith("_recognised")
            missed = one_cell(settings, strategy, cell, table[g], taken, today[g], shares[g], name, parts, work)
            if recognised:
                parts[name, g, "recognised_today"] += people
            elif cell["copd"]:
                work[name, g, "copd_unrecognised"] += missed
                if settings["counted_as"][g] == "severe":
                    band = bands[cell["age"], cell["status"] != "never"]
                    work[name, g, "symptomatic_unrecognised"] += missed * band["symptomatic"]
                    work[name, g, "years_unrecognised"] += missed * band["years"]
        if strategy["cascade"]:
            add_cascade(settings, name, parts, work)
    return {"strategies": parts, "strategy_work": work}


def by_chance(settings: dict[str, Any]) -> tuple[dict[str, dict], dict[str, dict]]:
    """Give the means of `strategies` without a cascade, and the variances of the same numbers drawn.

    Given the parameters, each person is tested, found or missed on his own, with a probability that depends on his sex and age;
    people of one sex and age are exchangeable. A number of people is then a sum of binomials over sex and age: exact.
    """
    leaves = cells(settings)
    bands = {(age, smoked): dict.fromkeys(("symptomatic", "years"), 0.0) for _, age in settings["people"]
             for smoked in (False, True)}  # fmt: skip
    today = {g: outcomes(settings, settings["today"][0], g) for g in settings["genotype"]}
    needed = needed_today(settings, today)
    shares = {
        g: todays_shares(settings, g, diagnosed_and_recognised(settings, g), today[g], needed)
        for g in settings["genotype"]
    }
    mean: dict[str, dict] = {}
    variance: dict[str, dict] = {}
    for band, people in settings["people"].items():
        here = [cell for cell in leaves if (cell["sex"], cell["age"]) == band]
        for kind, table in strategies(settings, here, bands, today, shares).items() if people else ():
            for key, n in table.items():
                mean.setdefault(kind, {}).setdefault(key, 0.0)
                variance.setdefault(kind, {}).setdefault(key, 0.0)
                mean[kind][key] += n
                variance[kind][key] += n * (1.0 - n / people)
    return mean, variance


def one_cell(
    settings: dict[str, Any],
    strategy: dict[str, Any],
    cell: dict[str, Any],
    table: dict,
    taken: float,
    today: dict,
    shares: dict[str, float],
    name: str,
    parts: dict[tuple, float],
    work: dict[tuple, float],
) -> float:
    """Add one cell to the parts and the work; give how many of it are still not recognised."""
    g, people, state = cell["genotype"], cell["people"], cell["state"]

    def add_tests(result: str, n: float, of: dict) -> None:
        """Count what n people with one result of an algorithm mean for the laboratory, but for the cost."""
        work[name, g, "tested"] += n
        for what in ("positive", "named"):
            share = of[result]["share"]
            work[name, g, what] += n * of[result][what] / share if share > 0.0 else 0.0

    def add_cost(n: float, of: dict) -> None:
        """A test costs what it is expected to cost for the genotype, whatever comes of it."""
        work[name, g, "cost"] += n * sum(of[result]["cost"] for result in RESULTS)

    if state.endswith("_recognised"):
        work[name, g, "tested"] += people
        work[name, g, "positive"] += people
        add_cost(people, today)
        return 0.0

    untested = people
    if state == "diagnosed":  # of these today's practice has tested some in vain
        unrecognised = 1.0 - shares["recognised"]
        for reason in ("not_followed_up", *RESULTS[1:]):
            n = people * shares[reason] / unrecognised
            parts[name, g, reason] += n
            add_tests("found" if reason == "not_followed_up" else reason, n, today)
            add_cost(n, today)
        untested = people * shares["untested"] / unrecognised

    offered = offered_probability(settings, strategy, cell)
    parts[name, g, "no_trigger"] += untested * (1.0 - offered)
    parts[name, g, "not_offered"] += untested * offered * (1.0 - taken)
    tested = untested * offered * taken
    for result in RESULTS:
        n = tested * table[result]["share"]
        parts[name, g, result] += n
        add_tests(result, n, table)
    add_cost(tested, table)
    return people - tested * table["found"]["share"]


def add_cascade(settings: dict[str, Any], name: str, parts: dict[tuple, float], work: dict[tuple, float]) -> None:
    """Test relatives of everybody recognised, and move those who are new out of the reasons."""
    test = settings["cascade"]["test"]
    known = {g: parts[name, g, "recognised_today"] + parts[name, g, "found"] for g in settings["genotype"]}
    index = {g: n for g, n in known.items() if settings["counted_as"][g] == "severe"}
    for g, n in relatives_tested(settings, index).items():
        read = reports(settings, test, g)
        work[name, g, "relatives_tested"] += n
        work[name, g, "relatives_named"] += n * sum(
            p for report, p in read if names(settings, report) and not is_severe(settings, report)
        )
        work[name, g, "cost"] += n * settings["cost"][test]
        work[name, g, "relatives_cost"] += n * settings["cost"][test]
        missed = sum(parts[name, g, reason] for reason in REASONS)
        if missed == 0.0 or g not in index:
            continue
        severe = n * sum(p for report, p in read if is_severe(settings, report))
        new = min(missed, severe * missed / (missed + index[g]))
        for reason in REASONS:
            parts[name, g, reason] *= 1.0 - new / missed
        for what in ("copd_unrecognised", "symptomatic_unrecognised", "years_unrecognised"):
            work[name, g, what] *= 1.0 - new / missed
        parts[name, g, "found_by_cascade"] += new
