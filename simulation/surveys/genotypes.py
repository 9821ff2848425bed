"""Genotypes of surveys against Hardy-Weinberg proportions, and those of patients by themselves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv

from simulation.data.pack import data_pack
from simulation.errors import DataError
from simulation.genetics.genotype_names import parse_genotype
from simulation.genetics.hardy_weinberg import genotype_frequencies
from simulation.inference.ascertainment import observed_shares
from simulation.inference.gene_counting import expected_genotype_counts
from simulation.inference.hardy_weinberg_exact import N_DRAWS, ExactTest, exact_test
from simulation.inference.inbreeding import inbreeding
from simulation.inference.incomplete import read_as
from simulation.labels import allele_pairs
from simulation.randomness import generator
from simulation.surveys.table import Surveys, checked_surveys

Array = NDArray[np.float64]
SEED = 20261120
ALL_SURVEYS = "all surveys"


def hardy_weinberg_exact_test(
    genotype_counts: Mapping[str, int], n_draws: int = N_DRAWS, seed: int = SEED
) -> ExactTest:
    """Exact test of Hardy-Weinberg proportions for any number of alleles.

    Parameters
    ----------
    genotype_counts : mapping of str to int
        People by genotype; any spelling of the alleles of the data pack, or names of one's own written A/B. [people]
    n_draws : int, default 20000
        Tables sampled where there are too many to enumerate.
    seed : int, default 20261120
        Of the sampling.

    Returns
    -------
    ExactTest
        `.p_value` and its `.standard_error` (0 unless sampled), `.test` and `.sidedness` in words.

    Raises
    ------
    DataError
        If a genotype cannot be read or a count is not a whole number of people.

    Notes
    -----
    Two-sided: all tables as probable as the observed one or less. Source: docs/evidence.md.

    Examples
    --------
    >>> found = hardy_weinberg_exact_test({"MM": 89, "MZ": 10, "ZZ": 1})
    >>> round(found.p_value, 6), found.standard_error, found.test
    (0.295557, 0.0, 'exact, two alleles (Wigginton 2005)')
    """
    known, mistakes = _allele_names(genotype_counts), []
    named: dict[tuple[str, str], int] = {}
    for text, n in genotype_counts.items():
        try:
            pair = parse_genotype(text, known)
        except ValueError as error:
            mistakes.append(f"genotype {text} {error}")
            continue
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
            mistakes.append(f"genotype {text}: {n!r}; it must be a whole number of people, at least 0")
        elif pair in named:
            mistakes.append(f"genotype {text} is given twice; add the two up")
        elif pair is not None:
            named[pair] = int(n)
    if mistakes:
        raise DataError(mistakes)
    alleles = [a for a in known if any(a in pair for pair in named)]
    counts = [named.get((alleles[i], alleles[j]), 0) for i, j in allele_pairs(len(alleles))]
    return exact_test(np.array(counts or [0], np.int64), generator(seed, 0, "hardy_weinberg"), n_draws)


def _allele_names(genotype_counts: Mapping[str, int]) -> list[str]:
    """Alleles of the data pack, and those that a slash sets apart: the test does not ask what an allele does."""
    known = list(data_pack().alleles)
    for text in genotype_counts:
        parts = text.split("/")
        if len(parts) == 2:
            known += [part for part in parts if part and part.casefold() not in [name.casefold() for name in known]]
    return known


def hardy_weinberg_table(surveys: Surveys, seed: int = SEED) -> pd.DataFrame:
    """F and the exact test of each survey.

    Parameters
    ----------
    surveys : Surveys
        Checked; those behind a screen are not tested, for the typed are no sample.
    seed : int, default 20261120
        Of the sampling.

    Returns
    -------
    pandas.DataFrame
        One row a survey; columns name the test's kind and sidedness.

    Notes
    -----
    Surveys are tested one by one: pooled, differences between them would look like inbreeding (Wahlund). Source:
    docs/evidence.md.

    Examples
    --------
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "MZ", "ZZ"], "n": [89, 10, 1]})
    >>> hardy_weinberg_table(checked_surveys(table))["p_hardy_weinberg_exact_two_sided"].round(6).tolist()
    [0.295557]
    """
    rows = []
    for name, n in surveys.genotype_counts.items():
        if surveys.not_typed.get(name) or not n.sum():
            continue
        found = exact_test(n, generator(seed, 0, f"hardy_weinberg {name}"))
        f, low, high = inbreeding(n)
        rows.append(
            {
                "survey": name,
                "n_people": found.n_people,
                "n_alleles": found.n_alleles,
                "inbreeding": f,
                "inbreeding_low": low,
                "inbreeding_high": high,
                "p_hardy_weinberg_exact_two_sided": found.p_value,
                "p_standard_error": found.standard_error,
                "test": found.test,
                "sidedness": found.sidedness,
            }
        )
    columns = ["survey", "n_people", "n_alleles", "inbreeding", "inbreeding_low", "inbreeding_high"]
    columns += ["p_hardy_weinberg_exact_two_sided", "p_standard_error", "test", "sidedness"]
    return pd.DataFrame(rows, columns=columns)


def genotype_table(surveys: Surveys, frequency: Array, detection: Array | None = None) -> pd.DataFrame:
    """Observed genotypes against those expected.

    Parameters
    ----------
    surveys : Surveys
        Checked.
    frequency : ndarray, shape (n_alleles,)
        Fitted, of all surveys together. [proportion]
    detection : ndarray, shape (n_genotypes,), optional
        Share of each genotype that a screen sends to be typed. [proportion]

    Returns
    -------
    pandas.DataFrame
        survey, genotype, n_observed, n_expected: from the survey's own genes; with several surveys, or where genes were
        not all seen, also n_expected_fitted, from the fitted frequencies as the panel and the screen would show them.
        [people]

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "MZ", "ZZ"], "n": [81, 18, 1]})
    >>> genotype_table(checked_surveys(table), np.array([0.9, 0.1])).round(6)["n_expected"].tolist()
    [81.0, 18.0, 1.0]
    """
    parts = []
    for k, (name, n) in enumerate(surveys.genotype_counts.items()):
        screened = detection is not None and bool(surveys.not_typed.get(name))
        share = detection if detection is not None and screened else np.ones(len(n))
        read = read_as(len(surveys.alleles), [surveys.alleles.index(a) for a in surveys.panels[name]])
        people = int(n.sum()) + (surveys.not_typed.get(name, 0) if screened else 0)
        shown = np.bincount(read, weights=genotype_frequencies(frequency) * share, minlength=len(n))
        whole = not screened and n.sum() > 0
        own = expected_genotype_counts(surveys.n_observed[k]) if whole else np.full(len(n), np.nan)
        part = pd.DataFrame({"survey": name, "genotype": surveys.genotypes, "n_observed": n, "n_expected": own})
        part["n_expected_fitted"] = people * shown
        parts.append(part[np.isin(np.arange(len(n)), read)])
    if not parts:
        return pd.DataFrame(columns=["survey", "genotype", "n_observed", "n_expected", "n_expected_fitted"])
    table = pd.concat(parts, ignore_index=True)
    if len(surveys.names) == 1:
        return table
    total = table.groupby("genotype", sort=False)[["n_observed", "n_expected", "n_expected_fitted"]].sum(min_count=1)
    return pd.concat([table, total.reset_index().assign(survey=ALL_SURVEYS)], ignore_index=True)


def observed_genotypes(table: pd.DataFrame, as_m: tuple[str, ...] = ()) -> pd.DataFrame:
    """Shares of genotypes in a sample, with nothing inferred beyond it: what a sample of patients allows.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns survey, genotype, n.
    as_m : tuple of str, optional
        Allele names to be read as M.

    Returns
    -------
    pandas.DataFrame
        survey, genotype, n, n_tested, share, low, high (Jeffreys' 95 % interval). [people, proportion]

    Raises
    ------
    DataError
        If the table has mistakes, or counts alleles instead of people.

    Notes
    -----
    Patients are found by what ails them, so severe genotypes are far more common among them than in the population, and
    q² of their alleles is the prevalence of nothing. Source: docs/evidence.md.

    Examples
    --------
    >>> table = pd.DataFrame({"survey": "clinic", "genotype": ["MM", "MZ", "ZZ"], "n": [2000, 430, 42]})
    >>> observed_genotypes(table)["share"].round(4).tolist()
    [0.8091, 0.1739, 0.017]
    """
    surveys = checked_surveys(table, as_m=as_m)
    if not surveys.genotype_counts:
        raise DataError("a sample of patients must be given by genotype, one person each; the table counts alleles")
    parts = []
    for name, n in surveys.genotype_counts.items():
        alpha, beta = observed_shares(n)
        low, high = (betaincinv(alpha, beta, p) for p in (0.025, 0.975))
        columns = {"genotype": surveys.genotypes, "n": n, "n_tested": int(n.sum()), "share": n / n.sum()}
        parts.append(pd.DataFrame({"survey": name, **columns, "low": np.where(n == 0, 0.0, low), "high": high}))
    return pd.concat(parts, ignore_index=True)
