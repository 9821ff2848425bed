"""Every published figure against the model of its own population and definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.data.pack import DataPack, data_pack
from simulation.data.rows import PublishedFigure
from simulation.randomness import BLOCK_SIZE, generator
from simulation.validation.populations import birth_frequencies, people_by_part, summed
from simulation.validation.verdict import EXIT_CODES, RULE, verdict

Array = NDArray[np.float64]
STATUSES = ("comparable", "same_survey", "not_comparable", "refuted")  # in the order of the report
MEASURES = ("count", "persons", "proportion", "one_in")
NORMAL_WIDTH = 3.92  # standard deviations between the ends of a normal 95 % interval


@dataclass(frozen=True)
class Validation:
    """Outcome of a comparison with all published figures.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a figure; columns in docs/data.md.
    verdict : {"pass", "fail", "inconclusive"}
        By `rule`.
    rule : str
        As it was stated beforehand.
    sentence : str
        The verdict with the numbers that decided.
    exit_code : int
        0 pass, 1 fail, 3 inconclusive.
    """

    table: pd.DataFrame
    verdict: str
    rule: str
    sentence: str
    exit_code: int


def published(figure: PublishedFigure) -> tuple[float, float, float]:
    """What a figure says, as people or as a proportion.

    Parameters
    ----------
    figure : PublishedFigure
        A row of published_figures.csv.

    Returns
    -------
    observed, low, high : float
        NaN where not published; 1 in N turned over, ends too. [people or proportion]

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> published(data_pack().published_figures["usa_workshop_zz"])
    (nan, 0.00028571428571428574, 0.0005)
    """
    observed, low, high = (np.nan if x is None else float(x) for x in (figure.observed, figure.low, figure.high))
    return (1 / observed, 1 / high, 1 / low) if figure.measure == "one_in" else (observed, low, high)


def predicted_count(probability: Array, n_people: int, seed: int, process: str) -> Array:
    """Drawn numbers of people with a genotype among people examined.

    Parameters
    ----------
    probability : ndarray, shape (replicates,)
        Of the genotype, in whole blocks or one part of a block. [proportion]
    n_people : int
        Examined. [people]
    seed : int
        With the block and the process the key of the stream.
    process : str
        Name of the stream.

    Returns
    -------
    ndarray, shape (replicates,)
        Binomial(n_people, probability). [people]

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> predicted_count(np.array([0.0, 1.0]), 7, 1, "validate example")
    array([0., 7.])
    """
    parts = np.split(probability, range(BLOCK_SIZE, len(probability), BLOCK_SIZE))
    drawn = [generator(seed, block, process).binomial(n_people, part) for block, part in enumerate(parts)]
    return np.concatenate(drawn).astype(float)


def predicted_estimate(expected: Array, log_sd: float, seed: int, process: str) -> Array:
    """What an estimate with a published interval would say if the model were right.

    Parameters
    ----------
    expected : ndarray, shape (replicates,)
        The model's, in whole blocks or one part of a block. [people or proportion]
    log_sd : float
        Standard deviation of the estimate's logarithm; 0 where no interval is published.
    seed : int
        With the block and the process the key of the stream.
    process : str
        Name of the stream.

    Returns
    -------
    ndarray, shape (replicates,)
        Expected × exp(log_sd × normal). [people or proportion]

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> predicted_estimate(np.array([3.0, 5.0]), 0.0, 1, "validate example")
    array([3., 5.])
    """
    parts = np.split(expected, range(BLOCK_SIZE, len(expected), BLOCK_SIZE))
    noise = [generator(seed, block, process).standard_normal(len(part)) for block, part in enumerate(parts)]
    return np.asarray(expected * np.exp(log_sd * np.concatenate(noise)))


def compare_figure(figure: PublishedFigure, probability: Array, n_people: int, seed: int) -> dict[str, Any]:
    """One figure against the model.

    Parameters
    ----------
    figure : PublishedFigure
        A row of published_figures.csv.
    probability : ndarray, shape (replicates,)
        The model's, of the figure's genotype in its population. [proportion]
    n_people : int
        Examined, or size of the population. [people]
    seed : int
        Of the figure's own stream.

    Returns
    -------
    dict
        observed, observed_low, observed_high, model_mean, model_low, model_high [people or proportion]; inside;
        standard_errors, NaN for a range and where the model allows no variation.

    Notes
    -----
    A count x has mean n E P and variance n² Var P + n E[P(1 − P)]. An estimate y is compared by its logarithm, whose
    variance is Var ln(nP) + (ln(high/low)/3.92)². The interval is between the 2.5 and 97.5 % quantiles of what is
    predicted. A range holds the model's mean or does not. Source: docs/data.md.

    Examples
    --------
    >>> figure = data_pack().published_figures["sapaldia_2012_zz"]
    >>> found = compare_figure(figure, np.full(64, 0.5), 100, 1)
    >>> found["model_mean"], found["inside"], round(found["standard_errors"], 1)  # (1 − 50) / 5
    (50.0, False, -9.8)
    """
    observed, low, high = published(figure)
    process = f"validate {figure.figure}"
    expected = probability if figure.measure in ("proportion", "one_in") else n_people * probability
    standard_errors = np.nan
    if figure.measure == "count":
        predicted = predicted_count(probability, n_people, seed, process)
        sd = np.sqrt(expected.var() + (expected * (1 - probability)).mean())
        if sd > 0:
            standard_errors = (observed - expected.mean()) / sd
    elif np.isnan(observed):  # a range
        predicted = expected
    else:
        log_sd = 0.0 if np.isnan(low) else np.log(high / low) / NORMAL_WIDTH
        predicted = predicted_estimate(expected, log_sd, seed, process)
        if observed > 0 and (expected > 0).all():
            logs = np.log(expected)
            sd = np.sqrt(logs.var() + log_sd**2)
            if sd > 0:
                standard_errors = (np.log(observed) - logs.mean()) / sd
    mean = float(expected.mean())
    model_low, model_high = (float(x) for x in np.quantile(predicted, [0.025, 0.975]))
    return {
        "observed": observed,
        "observed_low": low,
        "observed_high": high,
        "model_mean": mean,
        "model_low": model_low,
        "model_high": model_high,
        "inside": bool(low <= mean <= high if np.isnan(observed) else model_low <= observed <= model_high),
        "standard_errors": float(standard_errors),
    }


def compare(pack: DataPack, seed: int, blocks: int) -> pd.DataFrame:
    """All published figures against the model.

    Parameters
    ----------
    pack : DataPack
        Figures and frequencies.
    seed : int
        Of all streams.
    blocks : int
        Blocks of replicates, at least 1.

    Returns
    -------
    pandas.DataFrame
        One row a figure, comparable ones first; columns in docs/data.md.

    Notes
    -----
    Genotypes at birth: nobody's survival depends on the genotype in the model. Source: docs/data.md.

    Examples
    --------
    >>> table = compare(data_pack(), 1, 1)
    >>> len(table) == len(data_pack().published_figures)
    True
    """
    figures = list(pack.published_figures.values())
    parts = {figure.figure: people_by_part(figure.population, pack) for figure in figures}
    frequencies = birth_frequencies((name for part in parts.values() for name in part), pack, seed, blocks)
    rows = []
    for figure in figures:
        people = parts[figure.figure]
        total = sum(people.values())
        mixed = sum(n / total * frequencies[name] for name, n in people.items())
        n_people = total if figure.n_people is None else figure.n_people
        found = compare_figure(figure, summed(figure.genotype, np.asarray(mixed)), n_people, seed)
        explained = figure.status != "comparable" or not found["inside"]
        rows.append(
            {
                "figure": figure.figure,
                "label": figure.label,
                "population": figure.population,
                "genotype": figure.genotype,
                "year": figure.year,
                "measure": figure.measure,
                "unit": "people" if figure.measure in ("count", "persons") else "proportion",
                "n_people": n_people if figure.measure in ("count", "persons") else figure.n_people,
            }
            | found
            | {
                "status": figure.status,
                "reason": figure.reason if explained else "",
                "source": figure.source,
                "locator": figure.locator,
                "verified": figure.verified,
            }
        )
    table = pd.DataFrame(rows).astype({"n_people": "Int64"})
    return table.sort_values("status", key=lambda s: s.map(STATUSES.index), kind="stable", ignore_index=True)


def validate(seed: int = 20261120, blocks: int = 16) -> Validation:
    """Compare the model with every published figure and say whether it stands.

    Parameters
    ----------
    seed : int, default 20261120
        At least 0.
    blocks : int, default 16
        Blocks of 64 replicates, at least 1.

    Returns
    -------
    Validation
        The table, the verdict, the rule behind it, and the exit code of `aatd validate`.

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> outcome = validate(blocks=1)
    >>> outcome.exit_code == {"pass": 0, "fail": 1, "inconclusive": 3}[outcome.verdict]
    True
    """
    table = compare(data_pack(), seed, blocks)
    name, sentence = verdict(table)
    return Validation(table, name, RULE, sentence, EXIT_CODES[name])
