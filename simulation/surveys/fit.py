"""Fit allele frequencies to surveys: what they are, how uncertain, and whether the genotypes agree with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from simulation.data.pack import data_pack
from simulation.errors import DataError, nearest
from simulation.genetics.genotype_names import NOT_TYPED
from simulation.genetics.hardy_weinberg import genotype_frequencies
from simulation.inference.between_surveys import BetweenSurveys, between_surveys
from simulation.inference.gene_counting import effective_share, posterior
from simulation.inference.incomplete import Classes, classes, maximum_likelihood, read_as
from simulation.inference.posterior_sample import ENOUGH, PosteriorSample
from simulation.inference.posterior_sample import sample_posterior as _sample_posterior
from simulation.randomness import generator
from simulation.surveys.fit_tables import allele_rows, by_survey, prevalence, prevalence_of_draws
from simulation.surveys.genotypes import genotype_table, hardy_weinberg_table
from simulation.surveys.survey_counts import SurveyCounts
from simulation.surveys.table import Panel, Surveys, checked_surveys

Array = NDArray[np.float64]
SEED = 20261120
MISFIT = 1e-4  # a survey that fits is called a misfit once in 10,000
FEW_SURVEYS = 6  # fewer and the interval holds the truth in less than 90 % where surveys differ much


@dataclass(frozen=True)
class AlleleFrequencyFit:
    """Allele frequencies of one population, fitted to its surveys.

    Attributes
    ----------
    frequency : pandas.Series
        By allele, M included: the most likely values; gene counting where everybody's alleles were seen. [proportion]
    interval : pandas.DataFrame
        Columns low and high by allele: 95 % posterior interval. [proportion]
    alleles : pandas.DataFrame
        All of it: allele, n_observed, n_typed, frequency, mean, low, high, alpha, beta, text.
    by_survey : pandas.DataFrame
        The same for each survey by itself, without between-survey variation.
    genotype_table : pandas.DataFrame
        Observed and expected genotypes of each survey; none for allele counts. [people]
    hardy_weinberg : pandas.DataFrame
        F with its interval and the exact test, by survey.
    prevalence : pandas.DataFrame
        Genotypes and sets in Hardy-Weinberg proportions, with intervals. [proportion]
    rho : pandas.Series
        Between-survey correlation used, by allele; where it was estimated the median of its posterior. [dimensionless]
    between : dict of str to BetweenSurveys
        What the surveys say of it, by allele; empty where it was given or there is one survey.
    default_rho : float
        That of the data pack. [dimensionless]
    surveys : Surveys
        The data.
    notes : tuple of str
        What a reader must know.
    """

    frequency: pd.Series
    interval: pd.DataFrame
    alleles: pd.DataFrame
    by_survey: pd.DataFrame
    genotype_table: pd.DataFrame
    hardy_weinberg: pd.DataFrame
    prevalence: pd.DataFrame
    rho: pd.Series
    between: dict[str, BetweenSurveys]
    default_rho: float
    surveys: Surveys
    notes: tuple[str, ...]


def fit_allele_frequencies(
    table: pd.DataFrame | SurveyCounts,
    rho: float | None = None,
    *,
    alleles: Sequence[str] | None = None,
    as_m: Sequence[str] = (),
    panel: Panel = None,
    detected: Mapping[str, float] | None = None,
    sample: str = "population",
    seed: int = SEED,
) -> AlleleFrequencyFit:
    """Fit allele frequencies to genotype or allele counts of one or several surveys of a population.

    Parameters
    ----------
    table : pandas.DataFrame or SurveyCounts
        Columns survey, genotype, n; or survey, allele, n_observed, n_typed. Optional: panel, the alleles a survey tells
        apart. Or what `read_surveys` gave; several populations of one file must be fitted one by one.
    rho : float, optional
        Between-survey correlation, in [0, 1). Default: estimated from two surveys or more, else that of the data pack;
        0 if the sample is the population itself. [dimensionless]
    alleles : sequence of str, optional
        Alleles to tell apart. Default: those named, rare and null ones pooled.
    as_m : sequence of str, optional
        Allele names that the data pack does not know and that are to be read as M.
    panel : str, sequence or mapping, optional
        "S,Z": alleles that the assay tells apart; every other reads as M.
    detected : mapping of str to float, optional
        For a screen by serum level before typing: share of each genotype that the screen sends to be typed; genotypes
        left out are never sent. The people it let pass stand in the table as genotype not_typed. [proportion]
    sample : {"population", "patients"}
        Patients are refused: take `observed_genotypes`, and `ascertained_prevalence` for what lies behind.
    seed : int, default 20261120
        Of the random numbers.

    Returns
    -------
    AlleleFrequencyFit
        Frequencies with intervals, tests, expected genotypes.

    Raises
    ------
    DataError
        With one sentence for each mistake in the table; for a sample of patients.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> n = {"MM": 937, "MS": 113, "MZ": 46, "SS": 2, "SZ": 2, "ZZ": 0}
    >>> fit = fit_allele_frequencies(pd.DataFrame({"survey": "irl", "genotype": list(n), "n": list(n.values())}))
    >>> fit.frequency.round(5).to_dict()
    {'M': 0.92409, 'S': 0.05409, 'Z': 0.02182}
    >>> fit.interval.loc["Z"].round(4).tolist()
    [0.0153, 0.03]
    """
    if sample != "population":
        raise DataError(
            f'sample = "{sample}"; only a sample of the population has allele frequencies of the population: for patients take'
            " observed_genotypes, and ascertained_prevalence for the prevalence behind them"
        )
    if isinstance(table, SurveyCounts):
        names = list(dict.fromkeys(table.table["survey"]))
        if table.populations and len(names) > 1:
            raise DataError(
                f"{', '.join(names[:5])} are different populations; fit the rows of each of them:"
                f' counts.table[counts.table["survey"] == "{names[0]}"]'
            )
        table = table.table
    if not isinstance(table, pd.DataFrame):
        raise DataError(
            "the surveys must be a DataFrame with columns survey, genotype, n, or what read_surveys gives for a file; not"
            f" {type(table).__name__}"
        )
    if rho is not None and not 0 <= rho < 1:
        raise DataError(f"rho = {rho:g}; it must be at least 0 and below 1")
    surveys = checked_surveys(table, alleles, as_m, panel)
    default_rho = float(data_pack().parameters["geno.between_survey_rho"].value or 0.0)
    notes = list(surveys.notes)
    detection = _detection(surveys, detected)
    drawn: Array | None = None
    if surveys.complete and detection is None:
        between = _between(surveys, default_rho) if rho is None else {}
        used = np.array(
            [between[a].median if a in between else default_rho if rho is None else rho for a in surveys.alleles]
        )
        alpha, beta = _complete_posterior(surveys, between, used)
        frequency = _gene_counting(surveys, used)
    else:
        frequency, draws = _incomplete_posterior(surveys, detection, rho, default_rho, seed)
        between = _from_sample(surveys, draws) if rho is None and len(surveys.names) > 1 else {}
        drawn, used = draws.frequency, np.full(len(surveys.alleles), float(np.median(draws.rho)))
        alpha, beta = _matched(drawn.mean(axis=0), drawn.var(axis=0))
        if draws.effective_size < ENOUGH / 2:
            notes.append(f"the posterior was sampled {draws.effective_size:,.0f} times in effect; intervals are rough")
        notes += _misfit_notes(surveys, _classes(surveys, detection), frequency)
    if rho is None:
        notes += _rho_notes(between, default_rho)
    rows = allele_rows(surveys, frequency, alpha, beta)
    rows["rho"] = used
    if surveys.unseen:
        notes.append(
            f"{', '.join(surveys.unseen)}: seen in nobody; what is said of it is an upper bound, and a run's mean a guess"
        )
    return AlleleFrequencyFit(
        frequency=rows.set_index("allele")["frequency"],
        interval=rows.set_index("allele")[["low", "high"]],
        alleles=rows,
        by_survey=by_survey(surveys),
        genotype_table=genotype_table(surveys, frequency, detection),
        hardy_weinberg=hardy_weinberg_table(surveys, seed),
        prevalence=prevalence(surveys, alpha, beta, seed) if drawn is None else prevalence_of_draws(surveys, drawn),
        rho=pd.Series(used, index=surveys.alleles),
        between=between,
        default_rho=default_rho,
        surveys=surveys,
        notes=tuple(notes),
    )


def _detection(surveys: Surveys, detected: Mapping[str, float] | None) -> Array | None:
    """Share of each genotype that the screen sends to be typed."""
    if detected is None:
        if surveys.not_typed:
            raise DataError(
                [
                    f"survey {name}: {n:,} people were not typed; if a serum level decided, say which share of each genotype"
                    " it sends to be typed (detected); if chance did, leave the row out"
                    for name, n in surveys.not_typed.items()
                ]
            )
        return None
    mistakes = []
    if not surveys.genotype_counts:
        mistakes.append("detected needs genotypes; the table has alleles")
    for name, share in detected.items():
        if name not in surveys.genotypes:
            mistakes.append(f"detected: unknown genotype {name}{nearest(name, surveys.genotypes)}")
        if not 0 <= share <= 1:
            mistakes.append(f"detected: {name} = {share:g}; it must be at least 0 and at most 1")
    sent = np.array([float(detected.get(name, 0.0)) for name in surveys.genotypes])
    if surveys.genotype_counts and not any(surveys.not_typed.values()):
        mistakes.append(
            "detected describes a screen, but the table has no genotype not_typed; give the people whom it let pass"
        )
    for survey, counted in surveys.genotype_counts.items():
        if surveys.not_typed.get(survey):
            mistakes += [
                f"detected: {surveys.genotypes[k]} is left out, so never typed, but survey {survey} has {counted[k]:,};"
                " give its share"
                for k in np.flatnonzero((counted > 0) & (sent == 0))
            ]
    if mistakes:
        raise DataError(mistakes)
    return sent


def _between(surveys: Surveys, default_rho: float) -> dict[str, BetweenSurveys]:
    """ρ of each allele that two surveys or more typed, and that has copies enough to say something of it.

    Alleles differ: in Europe S runs from 4 to 10 % and Z from 1 to 2 %.
    """
    x, n = surveys.n_observed, surveys.n_typed
    found = {a: between_surveys(x[:, [k]], n[:, [k]], default_rho) for k, a in enumerate(surveys.alleles)}
    return {a: b for a, b in found.items() if b.n_surveys > 1}


def _rho_notes(between: dict[str, BetweenSurveys], default_rho: float) -> list[str]:
    if not between:
        return [
            "too few surveys or copies to say how surveys differ: the default between-survey correlation"
            f" {default_rho:g} is used; give rho = 0 if the sample is the population itself"
        ]
    shown = []
    for allele, found in between.items():
        where = "inside" if found.low <= default_rho <= found.high else "outside"
        shown.append(
            f"{allele} {found.estimate:.2g} ({found.low:.2g}-{'no upper end' if np.isinf(found.high) else f'{found.high:.2g}'}),"
            f" the default {default_rho:g} is {where}, used {found.median:.2g}"
        )
    n = max(found.n_surveys for found in between.values())
    few = "; so few surveys leave it to the prior, and the interval with it" if n < FEW_SURVEYS else ""
    return [f"between-survey correlation of {n} surveys: {'; '.join(shown)}{few}"]


def _incomplete_posterior(
    surveys: Surveys, detection: Array | None, rho: float | None, default_rho: float, seed: int
) -> tuple[Array, PosteriorSample]:
    """Most likely frequencies, where surveys differ posterior means; and draws."""
    seen = _classes(surveys, detection)
    fixed = default_rho if rho is None and len(seen) == 1 else rho
    try:
        sample = _sample_posterior(seen, generator(seed, 0, "fit posterior"), fixed, default_rho)
        if len(seen) == 1 or rho == 0:
            return maximum_likelihood(seen), sample
    except ValueError as error:
        raise DataError(f"{error}; check the panel and the screen") from None
    return sample.frequency.mean(axis=0), sample


def _misfit_notes(surveys: Surveys, seen: list[Classes], frequency: Array) -> list[str]:
    """Surveys that the fitted frequencies, their panel and their screen do not explain: by the likelihood ratio."""
    notes = []
    for name, survey in zip(surveys.names, seen, strict=True):
        expected = survey.n.sum() * (survey.probability @ genotype_frequencies(frequency))
        there = survey.n > 0
        ratio = 2 * float((survey.n[there] * np.log(survey.n[there] / expected[there])).sum())
        free = int((expected > 0.5).sum()) - 1
        if free > 0 and chi2.sf(ratio, free) < MISFIT:
            worst = int(np.argmax(np.abs(survey.n - expected) / np.sqrt(expected + 0.5)))
            label = [*surveys.genotypes, NOT_TYPED][worst]
            notes.append(
                f"survey {name}: does not fit; {survey.n[worst]:,} {label} where {expected[worst]:,.1f} are expected; check panel"
                " and screen, for the answer rests on them"
            )
    return notes


def _from_sample(surveys: Surveys, sample: PosteriorSample) -> dict[str, BetweenSurveys]:
    """ρ as sampled, one for all alleles."""
    low, median, high = (float(x) for x in np.quantile(sample.rho, [0.025, 0.5, 0.975]))
    grid = np.sort(sample.rho)
    found = BetweenSurveys(median, low, high, len(surveys.names), grid, np.full(len(grid), 1 / len(grid)))
    return dict.fromkeys(surveys.alleles[1:], found)


def _complete_posterior(surveys: Surveys, between: dict[str, BetweenSurveys], used: Array) -> tuple[Array, Array]:
    """Beta of each allele; where ρ is uncertain, the one with the mean and variance of the mixture."""
    alpha, beta = posterior(surveys.n_observed, surveys.n_typed, used)
    for k, allele in enumerate(surveys.alleles):
        if allele not in between:
            continue
        grid, weight = between[allele].grid, between[allele].weight
        parts = np.array([posterior(surveys.n_observed, surveys.n_typed, r) for r in grid])[:, :, k]
        mean = parts[:, 0] / parts.sum(axis=1)
        variance = mean * (1 - mean) / (parts.sum(axis=1) + 1)
        overall = (weight * mean).sum()
        alpha[k], beta[k] = _matched(overall, (weight * (variance + (mean - overall) ** 2)).sum())
    return alpha, beta


def _matched(mean: Array, variance: Array) -> tuple[Array, Array]:
    size = mean * (1 - mean) / variance - 1
    return mean * size, (1 - mean) * size


def _gene_counting(surveys: Surveys, rho: Array) -> Array:
    """Share of each allele among the genes typed for it, each survey weighed by what its genes are worth."""
    e = effective_share(surveys.n_typed, rho) * (surveys.n_typed > 0)
    share = (e * surveys.n_observed).sum(axis=0) / (e * surveys.n_typed).sum(axis=0)
    share[0] = 1 - share[1:].sum()
    return np.asarray(share)


def _classes(surveys: Surveys, detection: Array | None) -> list[Classes]:
    found = []
    for name in surveys.names:
        read = read_as(len(surveys.alleles), [surveys.alleles.index(a) for a in surveys.panels[name]])
        screened = detection if detection is not None and surveys.not_typed.get(name) else np.ones(len(read))
        found.append(classes(surveys.genotype_counts[name], surveys.not_typed.get(name, 0), read, screened))
    return found
