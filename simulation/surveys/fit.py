"""Fit allele frequencies to surveys: what they are, how uncertain, and whether the genotypes agree with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.data.pack import data_pack
from simulation.errors import DataError, nearest
from simulation.genetics.hardy_weinberg import genotype_frequencies, with_m_as_remainder
from simulation.inference.between_surveys import BetweenSurveys, between_surveys
from simulation.inference.gene_counting import effective_share, posterior
from simulation.inference.incomplete import N_BURN_IN, N_SAMPLES, Classes, classes, maximum_likelihood, read_as
from simulation.inference.incomplete import sample_posterior as _sample_posterior
from simulation.labels import allele_pairs, default_set
from simulation.parameters.distributions import Beta
from simulation.parameters.draws import stratified_uniforms
from simulation.randomness import generator
from simulation.results.summary import interval, one_in, one_in_text
from simulation.surveys.genotypes import genotype_table, hardy_weinberg_table
from simulation.surveys.table import Panel, Surveys, checked_surveys

Array = NDArray[np.float64]
SEED = 20261120
N_DRAWS = 16_384
SETS_SHOWN = ("carrier", "SS", "intermediate", "severe")


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
    table: pd.DataFrame,
    rho: float | None = None,
    *,
    alleles: Sequence[str] | None = None,
    as_m: Sequence[str] = (),
    panel: Panel = None,
    detected: Mapping[str, float] | None = None,
    seed: int = SEED,
) -> AlleleFrequencyFit:
    """Fit allele frequencies to genotype or allele counts of one or several surveys of a population.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns survey, genotype, n; or survey, allele, n_observed, n_typed. Optional: panel, the alleles a survey tells
        apart. Surveys of a population: for a sample of patients take `observed_genotypes`.
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
    seed : int, default 20261120
        Of the random numbers.

    Returns
    -------
    AlleleFrequencyFit
        Frequencies with intervals, tests, expected genotypes.

    Raises
    ------
    DataError
        With one sentence for each mistake in the table.

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
    if rho is not None and not 0 <= rho < 1:
        raise DataError(f"rho = {rho:g}; it must be at least 0 and below 1")
    surveys = checked_surveys(table, alleles, as_m, panel)
    default_rho = float(data_pack().parameters["geno.between_survey_rho"].value or 0.0)
    notes = list(surveys.notes)
    detection = _detection(surveys, detected, notes)
    between = _between(surveys, default_rho) if rho is None else {}
    used = np.array(
        [between[a].median if a in between else default_rho if rho is None else rho for a in surveys.alleles]
    )
    if rho is None:
        notes += _rho_notes(between, default_rho)
    if surveys.complete:
        alpha, beta = _complete_posterior(surveys, between, used)
        frequency = _gene_counting(surveys, used)
    else:
        seen = _classes(surveys, detection)
        rhos = _rho_steps(between.get(surveys.alleles[1]), float(used[1]), seed)
        try:
            drawn = _sample_posterior(seen, rhos, generator(seed, 0, "fit posterior"))
            sizes = np.array([2 * survey.n.sum() for survey in seen])
            frequency = maximum_likelihood(seen, effective_share(sizes, used[1]))
        except ValueError as error:
            raise DataError(f"{error}; check the panel and the screen") from None
        alpha, beta = _matched(drawn.mean(axis=0), drawn.var(axis=0))
    rows = _allele_rows(surveys, frequency, alpha, beta)
    rows["rho"] = used
    return AlleleFrequencyFit(
        frequency=rows.set_index("allele")["frequency"],
        interval=rows.set_index("allele")[["low", "high"]],
        alleles=rows,
        by_survey=_by_survey(surveys),
        genotype_table=genotype_table(surveys, frequency, detection),
        hardy_weinberg=hardy_weinberg_table(surveys, screened=detection is not None, seed=seed),
        prevalence=_prevalence(surveys, alpha, beta, seed),
        rho=pd.Series(used, index=surveys.alleles),
        between=between,
        default_rho=default_rho,
        surveys=surveys,
        notes=tuple(notes),
    )


def _detection(surveys: Surveys, detected: Mapping[str, float] | None, notes: list[str]) -> Array | None:
    """Share of each genotype that the screen sends to be typed."""
    if detected is None:
        for name, n in surveys.not_typed.items():
            notes.append(
                f"survey {name}: {n:,} people were not typed and are left out, as if chance had decided; if a serum level"
                " did, say which share of each genotype it sends to be typed (detected)"
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
    """ρ of each allele that two surveys or more typed.

    Alleles differ: in Europe S runs from 4 to 10 % and Z from 1 to 2 %. Where genotypes were not all seen one ρ serves all
    alleles, for there surveys are weighed as a whole.
    """
    x, n = surveys.n_observed, surveys.n_typed
    if surveys.complete:
        columns = {a: [k] for k, a in enumerate(surveys.alleles) if np.count_nonzero(n[:, k]) > 1}
        return {a: between_surveys(x[:, k], n[:, k], default_rho) for a, k in columns.items()}
    if np.count_nonzero(n[:, 1:], axis=0).max() < 2:
        return {}
    return dict.fromkeys(surveys.alleles, between_surveys(x[:, 1:], n[:, 1:], default_rho))


def _rho_notes(between: dict[str, BetweenSurveys], default_rho: float) -> list[str]:
    if not between:
        return [
            f"one survey says nothing of how surveys differ: the default between-survey correlation {default_rho:g} is used;"
            " give rho = 0 if the sample is the population itself"
        ]
    shown = []
    for allele, found in between.items():
        where = "inside" if found.low <= default_rho <= found.high else "outside"
        shown.append(
            f"{allele} {found.estimate:.2g} ({found.low:.2g}-{found.high:.2g}), the default {default_rho:g} is {where}, used"
            f" {found.median:.2g}"
        )
    n = max(found.n_surveys for found in between.values())
    return [f"between-survey correlation by the likelihood of {n} surveys: {'; '.join(shown)}"]


def _rho_steps(between: BetweenSurveys | None, used: float, seed: int) -> Array:
    n = N_SAMPLES + N_BURN_IN
    if between is None:
        return np.full(n, used)
    return np.asarray(generator(seed, 0, "fit rho").choice(between.grid, size=n, p=between.weight))


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
        n_passed = surveys.not_typed.get(name, 0) if detection is not None else 0
        found.append(classes(surveys.genotype_counts[name], n_passed, read, screened))
    return found


def _allele_rows(surveys: Surveys, frequency: Array, alpha: Array, beta: Array) -> pd.DataFrame:
    rows = []
    observed, typed = surveys.n_observed.sum(axis=0), surveys.n_typed.sum(axis=0)
    for k, allele in enumerate(surveys.alleles):
        law = Beta(float(alpha[k]), float(beta[k]))
        low, high = (float(x) for x in law.quantile([0.025, 0.975]))
        unseen = observed[k] == 0 and k > 0  # behind a screen nobody with MM is typed
        low = 0.0 if unseen else low
        text = f"{frequency[k]:.4g} ({low:.4g}-{high:.4g})"
        if unseen:
            text = f"not seen in {typed[k]:,} chromosomes; at most {high:.2g}"
        rows.append(
            {
                "allele": allele,
                "n_observed": int(observed[k]),
                "n_typed": int(typed[k]),
                "frequency": float(frequency[k]),
                "mean": law.central,
                "low": low,
                "high": high,
                "alpha": law.alpha,
                "beta": law.beta,
                "text": text,
            }
        )
    return pd.DataFrame(rows)


def _by_survey(surveys: Surveys) -> pd.DataFrame:
    parts = []
    for k, name in enumerate(surveys.names):
        typed = surveys.n_typed[k] > 0
        x, n = surveys.n_observed[k : k + 1], surveys.n_typed[k : k + 1]
        alpha, beta = posterior(x, n)
        share = np.divide(x[0], n[0], out=np.full(len(typed), np.nan), where=typed)
        low, high = Beta(alpha, beta).quantile(0.025), Beta(alpha, beta).quantile(0.975)  # type: ignore[arg-type]
        columns = {"allele": surveys.alleles, "n_observed": x[0], "n_typed": n[0], "frequency": share}
        part = pd.DataFrame({"survey": name, **columns, "low": np.where(x[0] == 0, 0.0, low), "high": high})
        parts.append(part[typed])
    return pd.concat(parts, ignore_index=True)


def _prevalence(surveys: Surveys, alpha: Array, beta: Array, seed: int) -> pd.DataFrame:
    """Genotypes of people of this population, from draws of the frequencies as a run would make them."""
    pack = data_pack()
    alleles, names = surveys.alleles, surveys.genotypes
    drawn = np.stack(
        [
            Beta(float(alpha[k]), float(beta[k])).quantile(
                stratified_uniforms(generator(seed, 0, f"fit {allele}"), N_DRAWS)
            )
            for k, allele in enumerate(alleles)
            if k > 0
        ],
        axis=1,
    )
    drawn /= np.maximum(drawn.sum(axis=1, keepdims=True), 1.0)
    share = genotype_frequencies(with_m_as_remainder(drawn))
    likes = [pack.alleles[a].like for a in alleles]
    sets = [default_set(alleles[i], alleles[j], likes[i], likes[j]) for i, j in allele_pairs(len(alleles))]
    unseen = {a for a, n in zip(alleles, surveys.n_observed.sum(axis=0), strict=True) if n == 0}
    rows = []
    for name, column, group in [
        *((name, share[:, [k]], [k]) for k, name in enumerate(names)),
        *((s, share[:, [g == s for g in sets]], [k for k, g in enumerate(sets) if g == s]) for s in SETS_SHOWN),
    ]:
        if not group or (name in SETS_SHOWN and name in names):
            continue
        found = {k: float(v) for k, v in interval(column.sum(axis=1)).items()}
        pairs = [allele_pairs(len(alleles))[k] for k in group]
        seen = any(alleles[i] not in unseen and alleles[j] not in unseen for i, j in pairs)
        text = one_in_text(found["mean"], found["low"], found["high"], 1)
        if not seen:  # an allele that nobody had leaves an upper bound, never a prevalence of 0
            found["low"] = 0.0
            text = f"at most 1 in {1 / found['high']:,.0f}"
        rows.append(
            {"genotype": name, **{f"proportion_{k}": v for k, v in found.items()}}
            | {"one_in": float(one_in(found["mean"])), "text": text}
        )
    return pd.DataFrame(rows)
