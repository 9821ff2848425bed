"""Sentences of the report: the question, the population, what a figure shows, what is uncertain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulation.config.populations import ages_area
from simulation.config.schema import Config, Population
from simulation.data.pack import DataPack, data_pack
from simulation.results.finding_plots import COUPLE_LABELS, strategy_words
from simulation.results.plots import DEFINITIONS
from simulation.results.results import Results
from simulation.results.summary import one_in_text

CARD_HEADLINES = ("severe_deficiency", "copd_in_severe", "undiagnosed_aatd_with_copd", "carriers")


def number(value: float) -> str:
    """A count in words of a report.

    Parameters
    ----------
    value : float
        [people]

    Returns
    -------
    str
        Three significant figures, thousands separated; whole below 1,000.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> number(12119.9), number(7.2), number(0.0)
    ('12,100', '7', '0')
    """
    digits = 10 ** max(len(str(int(abs(value)))) - 3, 0)
    rounded = round(value / digits) * digits
    return f"{rounded:,.0f}".replace("-", "−")


def with_interval(mean: float, low: float, high: float) -> str:
    """A count with its interval.

    Parameters
    ----------
    mean, low, high : float
        [people]

    Returns
    -------
    str
        "12,100 (8,170-17,300)".

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> with_interval(12119.9, 8172.0, 17313.0)
    '12,100 (8,170-17,300)'
    >>> with_interval(-504.0, -987.0, -173.0)
    '−504 (−987 to −173)'
    """
    between = " to " if low < 0 else "-"
    return f"{number(mean)} ({number(low)}{between}{number(high)})"


def people_sentence(config: Mapping[str, Any], results: Results, pack: DataPack) -> str:
    """Who was simulated.

    Parameters
    ----------
    config : mapping
        The resolved config.
    results : Results
        For the number of people.
    pack : DataPack
        For names of areas and ancestries.

    Returns
    -------
    str
        One sentence.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> results = simulation.run({"population": {"size": 1000, "ages": "SWE", "age_min": 30}}, replicates=2)
    >>> people_sentence(results.record["config"], results, simulation.data_pack())
    '1,000 people aged 30 and over with the ages of Sweden (European, all but Finnish).'
    """
    populations = Config.model_validate(config).all_populations
    parts = [_one_population(table, _everybody(results, name), pack) for name, table in populations.items()]
    if len(parts) == 1:
        return f"{parts[0]}."
    total = _everybody(results)
    names = [name.replace("_", " ") for name in populations]
    listed = "; ".join(f"{name}: {part}" for name, part in zip(names, parts, strict=True))
    return f"{total:,.0f} people in {len(parts)} populations. {listed[0].upper()}{listed[1:]}."


def _one_population(population: Population, size: float, pack: DataPack) -> str:
    low, high = population.age_min, population.age_max
    ages = f" aged {low} to {high - 1}" if high else f" aged {low} and over" if low else " of all ages"
    area = ages_area(population, pack)
    where = f" with the ages of {pack.ages[area].label}" if area is not None else " with ages as in the config"
    ancestry = population.ancestry
    if isinstance(ancestry, str):
        mixture = pack.mixtures[ancestry]
        who = "mixture " + mixture[0].label + (" (A)" if any(row.verified == "no" for row in mixture) else "")
    else:
        labels = [pack.ancestries[name].label if name in pack.ancestries else name for name in ancestry]
        shares = list(ancestry.values())
        one = len(labels) == 1
        who = (
            labels[0] if one else ", ".join(f"{label} {share:.3g}" for label, share in zip(labels, shares, strict=True))
        )
    return f"{size:,.0f} people{ages}{where} ({who})"


def cards(results: Results) -> list[tuple[str, str, str]]:
    """The numbers on top of the report.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    list of (str, str, str)
        What, how many, with which interval or remark.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> cards(simulation.run({"replicates": 2}))[0][0]
    'Severe deficiency at birth'
    """
    rows = results.select("headlines").set_index("headline")
    born = results.select("prevalence", at="birth", genotype="severe").iloc[0]
    size = round(_everybody(results))
    words = one_in_text(born.proportion_mean, born.proportion_low, born.proportion_high, size)
    first, _, rest = words.partition(" (")
    found = [
        (
            "Severe deficiency at birth",
            first,
            f"95 % interval 1 in {rest.rstrip(')').replace('-', ' to ')}" if rest else "",
        )
    ]
    for name in CARD_HEADLINES:
        row = rows.loc[name]
        span = f"95 % interval {number(row.n_low)} to {number(row.n_high)}"
        found.append((row.label, number(row.n_mean), span))
    return found


def _everybody(results: Results, population: str | None = None) -> float:
    rows = results.select("copd", population=population or results.whole, genotype="all", smoking="all")
    return float(rows["n_people_mean"].iloc[0])


def answer(results: Results) -> str:
    """The answer in two sentences.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    str
        How many have severe deficiency, COPD with it, and how many of these nobody knows about.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> answer(simulation.run({"replicates": 2})).startswith("Of ")
    True
    """
    rows = results.select("headlines").set_index("headline")

    def said(name: str) -> str:
        row = rows.loc[name]
        return with_interval(row.n_mean, row.n_low, row.n_high)

    text = (
        f"Of {_everybody(results):,.0f} people, {said('severe_deficiency')} have a severe deficiency genotype, and"
        f" {said('copd_in_severe')} of these have COPD. In {said('undiagnosed_aatd_with_copd')} of them nobody has"
        " recognised the deficiency"
    )
    if "copd_in_severe_undiagnosed" in rows.index:
        text += f"; in {said('copd_in_severe_undiagnosed')} nobody has diagnosed even the COPD"
    return f"{text}."


def assumed(results: Results) -> str:
    """Which parts of the answer rest on smoking or ancestries that nobody has measured.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    str
        One sentence, or an empty text.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> assumed(simulation.run({"smoking": {"source": "world_2018"}}, replicates=2))
    'Assumed (A): smoking of World, 2018, and with it every number on COPD.'
    """
    rows = results.parameters[results.parameters["verified"] == "no"]
    sources = {name.split(".")[1] for name in rows.loc[rows["kind"] == "smoking", "name"]}
    smoking = sorted(data_pack().smoking[source][0].label for source in sources)
    named = {name.split(".")[1] for name in rows.loc[rows["kind"] == "mixture", "name"]}
    mixtures = sorted(data_pack().mixtures[name][0].label for name in named)
    parts = [f"smoking of {'; '.join(smoking)}, and with it every number on COPD"] if smoking else []
    parts += [f"the mixture of ancestries of {', '.join(mixtures)}"] if mixtures else []
    text = f"Assumed (A): {'; '.join(parts)}." if parts else ""
    own = {f"no_frequency.{name}" for name in results.record["config"].get("ancestries", {})}
    missing = results.assumptions.loc[results.assumptions["assumption"].isin(own), "text"]
    return " ".join([text, *missing]).strip()


def alt_texts(results: Results) -> dict[str, str]:
    """What each figure shows, for those who do not see it.

    Parameters
    ----------
    results : Results
        Of a run.

    Returns
    -------
    dict of str to str
        By figure name.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> sorted(alt_texts(simulation.run({"replicates": 2})))
    ['copd', 'copd_by_age', 'couples', 'prevalence', 'recognition', 'testing', 'treatment']
    """
    definition = DEFINITIONS[results.definition]
    living = results.select("prevalence", at="living")
    common = ", ".join(
        f"{r.genotype} {r.text}" for r in living.itertuples() if r.genotype in ("MZ", "SZ", "ZZ", "severe")
    )
    copd = results.select("copd").set_index(["genotype", "smoking"])
    cells = "; ".join(
        f"{genotype} {100 * copd.loc[(genotype, 'never'), 'prevalence_mean']:.0f} % in never smokers,"
        f" {100 * copd.loc[(genotype, 'current'), 'prevalence_mean']:.0f} % in current smokers"
        for genotype in ("MM", "MZ", "SZ", "severe")
        if (genotype, "never") in copd.index
        and copd.loc[(genotype, "never"), "n_people_mean"] > 0
        and copd.loc[(genotype, "current"), "n_people_mean"] > 0
    )
    ladder = results.select("recognition", genotype="severe").iloc[0]
    treatment = results.select("treatment", genotype="severe")
    own = treatment["rule"].iloc[0]
    funnel = treatment[treatment["rule"] == own].set_index("step")["n_mean"]
    texts = {
        "prevalence": f"Points with intervals on a log scale: share of people with each genotype. {common}.",
        "copd": f"{definition}: points with intervals by genotype and smoking. {cells}.",
        "copd_by_age": f"{definition}: prevalence rises with age in every set and is highest in severe deficiency.",
        "recognition": (
            f"Bars: severe deficiency with COPD {number(ladder.n_copd_mean)}; COPD diagnosed"
            f" {number(ladder.n_copd_diagnosed_mean)}; cause recognised"
            f" {number(ladder.n_aatd_recognised_with_copd_mean)}."
        ),
        "treatment": f"Bars that get shorter, rule {own}: "
        + "; ".join(f"{step.replace('_', ' ')} {number(n)}" for step, n in funnel.items())
        + ".",
    }
    texts |= _finding_texts(results)
    if len(results.differences):
        rows = results.select("differences", scenario=None, headline="undiagnosed_aatd_with_copd")
        said = "; ".join(
            f"{r.scenario.replace('_', ' ')} {with_interval(r.difference_mean, r.difference_low, r.difference_high)}"
            for r in rows.itertuples()
        )
        texts["differences"] = (
            f"Points with intervals: every scenario against the base. Severe deficiency with COPD unrecognised: {said}."
        )
    return texts


def _finding_texts(results: Results) -> dict[str, str]:
    """What the figures on couples and on finding people show."""
    couples = results.select("couples", measure="couples")
    couples = couples[(couples["couples"] != "all") & couples["one_in"].notna()]
    at_risk = "; ".join(
        f"{COUPLE_LABELS[kind][0].lower()}{COUPLE_LABELS[kind][1:]}, {str(mating).replace('_', ' ')}: 1 in {one:,.0f}"
        for kind, mating, one in zip(couples["couples"], couples["mating"], couples["one_in"], strict=True)
    )
    steps = results.select("testing", genotype="severe")
    funnel = "; ".join(
        f"{str(step).replace('_', ' ')} {number(n)}" for step, n in zip(steps["step"], steps["n_mean"], strict=True)
    )
    texts = {
        "couples": f"Lines with dots on a log scale: couples at risk among all couples. {at_risk or 'There are none'}.",
        "testing": f"Bars that get shorter, severe genotype in today's practice: {funnel}.",
    }
    rows = results.select("strategies")
    if len(rows) > 1:
        said = "; ".join(
            f"{strategy_words(row['strategy'])}: {number(row['n_tested_mean'] + row['n_relatives_tested_mean'])} tested,"
            f" {with_interval(row['n_recognised_mean'], row['n_recognised_low'], row['n_recognised_high'])} recognised"
            + (", dominated" if row["dominated"] else "")
            for row in rows.to_dict("records")
        )
        missed = "; ".join(
            f"{strategy_words(row['strategy'])}: {number(row['n_found_mean'])} found, {number(row['n_missed_mean'])} missed"
            for row in rows.to_dict("records")
        )
        texts["strategies"] = f"Points with intervals, people tested against people recognised. {said}."
        texts["missed"] = f"Stacked bars of all people with a severe genotype, by strategy. {missed}."
    return texts
