"""Tables of a fit: alleles, surveys by themselves, and what they say of people."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.data.pack import data_pack
from simulation.genetics.hardy_weinberg import genotype_frequencies, with_m_as_remainder
from simulation.inference.gene_counting import posterior
from simulation.labels import allele_pairs, default_set
from simulation.parameters.distributions import Beta
from simulation.parameters.draws import stratified_uniforms
from simulation.randomness import generator
from simulation.results.summary import at_most_text, interval, one_in, one_in_text
from simulation.surveys.table import Surveys

Array = NDArray[np.float64]
N_DRAWS = 16_384
SETS_SHOWN = ("carrier", "SS", "intermediate", "severe")


def allele_rows(surveys: Surveys, frequency: Array, alpha: Array, beta: Array) -> pd.DataFrame:
    """Frequencies of alleles with their posterior intervals.

    Parameters
    ----------
    surveys : Surveys
        Checked.
    frequency : ndarray, shape (n_alleles,)
        Most likely. [proportion]
    alpha, beta : ndarray, shape (n_alleles,)
        Of the Beta posterior of each allele.

    Returns
    -------
    pandas.DataFrame
        allele, n_observed, n_typed, frequency, mean, low, high, alpha, beta, text; low is 0 where nobody had the allele.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> from simulation.surveys.table import checked_surveys
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "MZ"], "n": [100, 0]})
    >>> allele_rows(checked_surveys(table), np.array([1.0, 0.0]), np.array([200.5, 0.5]), np.array([0.5, 200.5]))["text"][1]
    'not seen in 200 chromosomes; at most 0.012'
    """
    rows = []
    observed, typed = surveys.n_observed.sum(axis=0), surveys.n_typed.sum(axis=0)
    for k, allele in enumerate(surveys.alleles):
        law = Beta(float(alpha[k]), float(beta[k]))
        low, high = (float(x) for x in law.quantile([0.025, 0.975]))
        unseen = allele in surveys.unseen
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


def by_survey(surveys: Surveys) -> pd.DataFrame:
    """Frequencies in each survey by its own genes, as if surveys did not differ.

    Parameters
    ----------
    surveys : Surveys
        Checked; those behind a screen are left out, for the typed are no sample.

    Returns
    -------
    pandas.DataFrame
        survey, allele, n_observed, n_typed, frequency, low, high. [chromosomes, proportion]

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> from simulation.surveys.table import checked_surveys
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "MZ"], "n": [90, 10]})
    >>> by_survey(checked_surveys(table))["frequency"].tolist()
    [0.95, 0.05]
    """
    parts = [pd.DataFrame(columns=["survey", "allele", "n_observed", "n_typed", "frequency", "low", "high"])]
    for k, name in enumerate(surveys.names):
        if surveys.not_typed.get(name):
            continue
        typed = surveys.n_typed[k] > 0
        x, n = surveys.n_observed[k : k + 1], surveys.n_typed[k : k + 1]
        alpha, beta = posterior(x, n)
        share = np.divide(x[0], n[0], out=np.full(len(typed), np.nan), where=typed)
        low, high = Beta(alpha, beta).quantile(0.025), Beta(alpha, beta).quantile(0.975)  # type: ignore[arg-type]
        columns = {"allele": surveys.alleles, "n_observed": x[0], "n_typed": n[0], "frequency": share}
        part = pd.DataFrame({"survey": name, **columns, "low": np.where(x[0] == 0, 0.0, low), "high": high})
        parts.append(part[typed])
    return pd.concat(parts[1:] or parts, ignore_index=True)


def prevalence(surveys: Surveys, alpha: Array, beta: Array, seed: int) -> pd.DataFrame:
    """Genotypes of people of this population, from draws of the frequencies as a run would make them.

    Parameters
    ----------
    surveys : Surveys
        Checked.
    alpha, beta : ndarray, shape (n_alleles,)
        Of the Beta posterior of each allele.
    seed : int
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        As `prevalence_of_draws`.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> from simulation.surveys.table import checked_surveys
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "MZ"], "n": [90, 10]})
    >>> prevalence(checked_surveys(table), np.array([190.5, 10.5]), np.array([10.5, 190.5]), 1)["genotype"].tolist()
    ['MM', 'MZ', 'ZZ', 'carrier', 'severe']
    """
    drawn = np.stack(
        [
            Beta(float(alpha[k]), float(beta[k])).quantile(
                stratified_uniforms(generator(seed, 0, f"fit {allele}"), N_DRAWS)
            )
            for k, allele in enumerate(surveys.alleles)
            if k > 0
        ],
        axis=1,
    )
    return prevalence_of_draws(surveys, with_m_as_remainder(drawn / np.maximum(drawn.sum(axis=1, keepdims=True), 1.0)))


def prevalence_of_draws(surveys: Surveys, drawn: Array) -> pd.DataFrame:
    """Genotypes and sets at drawn frequencies, in Hardy-Weinberg proportions.

    Parameters
    ----------
    surveys : Surveys
        Checked.
    drawn : ndarray, shape (n_draws, n_alleles)
        Frequencies, summing to 1. [proportion]

    Returns
    -------
    pandas.DataFrame
        genotype, proportion_mean, _median, _low, _high, one_in, text; "at most" where nobody had an allele of it.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> from simulation.surveys.table import checked_surveys
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "MZ"], "n": [90, 10]})
    >>> prevalence_of_draws(checked_surveys(table), np.array([[0.95, 0.05]]))["proportion_mean"].round(6).tolist()
    [0.9025, 0.095, 0.0025, 0.095, 0.0025]
    """
    pack = data_pack()
    alleles, names = surveys.alleles, surveys.genotypes
    share = genotype_frequencies(drawn)
    likes = [pack.alleles[a].like for a in alleles]
    pairs = allele_pairs(len(alleles))
    groups = {name: [k] for k, name in enumerate(names)}
    for k, (i, j) in enumerate(pairs):
        counted = default_set(alleles[i], alleles[j], likes[i], likes[j])
        if counted in SETS_SHOWN and counted not in names:
            groups.setdefault(counted, []).append(k)
    unseen = {alleles.index(allele) for allele in surveys.unseen}
    rows = []
    for name, group in groups.items():
        found = {k: float(v) for k, v in interval(share[:, group].sum(axis=1)).items()}
        text = one_in_text(found["mean"], found["low"], found["high"], 1)
        if all(set(pairs[k]) & unseen for k in group):  # nobody had the allele: an upper bound, never a prevalence of 0
            found["low"] = 0.0
            text = at_most_text(found["high"])
        rows.append(
            {"genotype": name, **{f"proportion_{k}": v for k, v in found.items()}}
            | {"one_in": float(one_in(found["mean"])), "text": text}
        )
    return pd.DataFrame(rows)
