"""Patients: which genotypes a programme tests more often, and the prevalence behind what it found."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulation.data.pack import data_pack
from simulation.errors import DataError, nearest
from simulation.genetics.genotype_names import parse_genotype
from simulation.inference.ascertainment import prevalence_behind_yield, selection_by_disease
from simulation.labels import genotype_name
from simulation.parameters.distributions import Distribution, Fixed, parse_distribution
from simulation.parameters.draws import stratified_uniforms
from simulation.randomness import generator
from simulation.results.summary import at_most_text, interval, one_in, one_in_text
from simulation.surveys.table import checked_surveys

SEED = 20261120
N_DRAWS = 16_384
KEYS = ("tested", "relative_probability", "odds_ratio", "prevalence")


@dataclass(frozen=True)
class Selection:
    """How a programme came to test the people it tested.

    Attributes
    ----------
    tested : str
        Who they are, in words.
    relative_probability : dict of str to Distribution
        By genotype: how many times likelier than MM to be tested; genotypes left out are as likely. [ratio]
    odds_ratio : dict of str to Distribution
        By genotype: of the disease that led to the test, against MM; instead of relative_probability. [odds ratio]
    prevalence : Distribution or None
        Of that disease in MM; with odds_ratio. [proportion]
    """

    tested: str
    relative_probability: dict[str, Distribution]
    odds_ratio: dict[str, Distribution]
    prevalence: Distribution | None


def read_selection(source: Path | Mapping[str, Any]) -> Selection:
    """Read how people were selected.

    Parameters
    ----------
    source : Path or mapping
        A TOML file, or the same as a dict: tested, and either relative_probability by genotype or odds_ratio by genotype
        with prevalence. Each value a number or a distribution such as { lognormal = { low = 3, high = 8 } }.

    Returns
    -------
    Selection
        Checked.

    Raises
    ------
    DataError
        With one sentence for each mistake.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> read_selection({"tested": "people with COPD", "odds_ratio": {"ZZ": 8.8}, "prevalence": 0.1}).odds_ratio
    {'ZZ': Fixed(value=8.8)}
    """
    label = source.name if isinstance(source, Path) else "ascertainment"
    data = _toml(source) if isinstance(source, Path) else dict(source)
    mistakes = [f"{label}: unknown key {key}{nearest(key, KEYS)}" for key in data if key not in KEYS]
    if not isinstance(data.get("tested"), str):
        mistakes.append(f'{label}: tested must say who was tested, for example tested = "adults with COPD"')
    by_disease = "odds_ratio" in data
    if by_disease == ("relative_probability" in data):
        mistakes.append(f"{label}: give either relative_probability or odds_ratio (with prevalence), by genotype")
    if by_disease != ("prevalence" in data):
        mistakes.append(f"{label}: prevalence of the disease in MM and odds_ratio belong together; give both")
    tables = {key: _table(data.get(key, {}), f"{label}: {key}", mistakes) for key in KEYS[1:3]}
    prevalence = None
    if "prevalence" in data:
        prevalence = _value(data["prevalence"], f"{label}: prevalence", mistakes)
        if prevalence is not None and not 0 < prevalence.quantile(1e-6) <= prevalence.quantile(1 - 1e-6) < 1:
            mistakes.append(f"{label}: prevalence must lie between 0 and 1 (for 10 % write 0.1)")
    if mistakes:
        raise DataError(mistakes)
    return Selection(data["tested"], tables["relative_probability"], tables["odds_ratio"], prevalence)


def ascertained_prevalence(
    table: pd.DataFrame, selection: Selection | Mapping[str, Any], as_m: tuple[str, ...] = (), seed: int = SEED
) -> pd.DataFrame:
    """Prevalence of genotypes in the population behind a programme that tests patients.

    Parameters
    ----------
    table : pandas.DataFrame
        People tested: survey, genotype, n. MM must be counted, too. [people]
    selection : Selection or mapping
        Who was tested, as `read_selection` reads it.
    as_m : tuple of str, optional
        Allele names to be read as M.
    seed : int, default 20261120
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        survey, genotype, n, n_tested, share, relative_probability (median), proportion_mean, _median, _low, _high, one_in,
        text. [people, proportion]

    Raises
    ------
    DataError
        If the table has mistakes, counts alleles, or nobody with MM; or the selection names an unknown genotype.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> table = pd.DataFrame({"survey": "clinic", "genotype": ["MM", "MZ", "ZZ"], "n": [2500, 450, 50]})
    >>> found = ascertained_prevalence(table, {"tested": "people with COPD", "odds_ratio": {"ZZ": 9}, "prevalence": 0.1})
    >>> found.set_index("genotype").loc["ZZ", ["share", "proportion_mean"]].astype(float).round(4).tolist()
    [0.0167, 0.0034]
    """
    chosen = selection if isinstance(selection, Selection) else read_selection(selection)
    surveys = checked_surveys(table, as_m=as_m)
    if not surveys.genotype_counts:
        raise DataError("a sample of patients must be given by genotype, one person each; the table counts alleles")
    names = surveys.genotypes
    mistakes = [
        f"ascertainment: {name} is not among the genotypes of the data ({', '.join(names)}){nearest(name, names)}"
        for name in (*chosen.relative_probability, *chosen.odds_ratio)
        if name not in names
    ]
    mistakes += [
        f"survey {name}: nobody has MM; without the people who have no deficiency allele the selection cannot be undone"
        for name, n in surveys.genotype_counts.items()
        if n[0] == 0
    ]
    if mistakes:
        raise DataError(mistakes)
    relative = np.stack([_relative(chosen, name, seed) for name in names], axis=1)
    parts = []
    for survey, n in surveys.genotype_counts.items():
        drawn = prevalence_behind_yield(n, relative, generator(seed, 0, f"ascertainment {survey}"))
        found = interval(drawn)
        part = pd.DataFrame(
            {"survey": survey, "genotype": names, "n": n, "n_tested": int(n.sum()), "share": n / n.sum()}
        )
        part["relative_probability"] = np.median(relative, axis=0)
        for key in ("mean", "median", "low", "high"):
            part[f"proportion_{key}"] = found[key]
        part.loc[n == 0, "proportion_low"] = 0.0
        part["one_in"] = one_in(found["mean"])
        part["text"] = [
            one_in_text(row.proportion_mean, row.proportion_low, row.proportion_high, 1)
            if row.n
            else at_most_text(row.proportion_high)
            for row in part.itertuples()
        ]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _relative(selection: Selection, genotype: str, seed: int) -> np.ndarray:
    """Draws of how many times likelier a genotype is to be tested than MM."""

    def draw(law: Distribution, name: str) -> np.ndarray:
        return law.quantile(stratified_uniforms(generator(seed, 0, f"ascertainment {name}"), N_DRAWS))

    if genotype in selection.odds_ratio and selection.prevalence is not None:
        prevalence = draw(selection.prevalence, "prevalence")  # the same for all genotypes
        return selection_by_disease(draw(selection.odds_ratio[genotype], genotype), prevalence)
    if genotype in selection.relative_probability:
        return draw(selection.relative_probability[genotype], genotype)
    return np.ones(N_DRAWS)


def _table(value: Any, where: str, mistakes: list[str]) -> dict[str, Distribution]:
    if not isinstance(value, Mapping):
        mistakes.append(f"{where} must be a table by genotype, for example ZZ = 8.8")
        return {}
    found = {}
    known = list(data_pack().alleles)
    for name, entry in value.items():
        try:
            pair = parse_genotype(str(name), known)
        except ValueError as error:
            mistakes.append(f"{where}.{name}: genotype {name} {error}")
            continue
        if pair is None:
            mistakes.append(f"{where}.{name}: not a genotype; write it as M/S")
            continue
        law = _value(entry, f"{where}.{name}", mistakes)
        if law is not None and not law.quantile(1e-6) > 0:
            mistakes.append(f"{where}.{name}: must be above 0")
        elif law is not None:
            found[genotype_name(*pair)] = law
    return found


def _value(value: Any, where: str, mistakes: list[str]) -> Distribution | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fixed(float(value))
    try:
        if isinstance(value, Mapping):
            return parse_distribution(value)
        raise ValueError("it must be a number or a distribution such as { lognormal = { low = 3, high = 8 } }")
    except ValueError as error:
        mistakes.append(f"{where} = {value}: {error}")
        return None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path.name}: not valid TOML: {error}") from None
