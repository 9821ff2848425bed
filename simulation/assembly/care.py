"""Link 7: rival rules of augmentation therapy, and what they ask of a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.care.augmentation import age_class_shares, classes_within, lower_ends
from simulation.config.schema import Config
from simulation.config.slots import fev1_rows
from simulation.data.pack import DataPack
from simulation.data.rows import TreatmentRule
from simulation.disease.fev1 import fev1_band_probability
from simulation.labels import SMOKING

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rules:
    """What all rules together ask, in classes that they share.

    Attributes
    ----------
    names : tuple of str
        The config's own rule first.
    age_ends, fev1_ends : tuple of float
        Lower ends of the classes of ages and of FEV1. [years, % of predicted]
    age_class : ndarray (21, n_age_classes)
        Share of each age group in each class. [proportion]
    fev1_band : ndarray (BLOCK_SIZE, n_smoking, n_fev1_bands)
        P(band | severe genotype, COPD, smoking). [proportion]
    takes_ages, takes_fev1 : ndarray of bool (n_rules, n_classes)
        Which classes each rule takes.
    asks_iga : ndarray of bool (n_rules,)
        Whether a rule leaves out people without IgA.
    """

    names: tuple[str, ...]
    age_ends: tuple[float, ...]
    fev1_ends: tuple[float, ...]
    age_class: Array
    fev1_band: Array
    takes_ages: NDArray[np.bool_]
    takes_fev1: NDArray[np.bool_]
    asks_iga: NDArray[np.bool_]


def treatment_rules(config: Config, pack: DataPack, values: dict[str, Array]) -> Rules:
    """Put the rules of the data pack into classes of ages and of FEV1.

    Parameters
    ----------
    config : Config
        One scenario.
    pack : DataPack
        The rules.
    values : dict of str to ndarray (BLOCK_SIZE,)
        Drawn parameters.

    Returns
    -------
    Rules
        All of them, so that they can be compared on the same people.

    Notes
    -----
    Source: docs/model.md, section 8.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"care": {"rule": "rapid"}})
    >>> inputs.rules, inputs.takes_fev1.sel(rule="rapid").values.tolist()
    (('rapid', 'general', 'cts2012'), [False, False, True, False, False])
    """
    names = (config.care.rule, *(name for name in pack.treatment_rules if name != config.care.rule))
    rules = [pack.treatment_rules[name] for name in names]
    ages = lower_ends(bound for rule in rules for bound in (rule.age_min_years, rule.age_max_years))
    fev1 = lower_ends(bound for rule in rules for bound in (rule.fev1_min_percent, rule.fev1_max_percent))
    by_smoking = []
    for status in SMOKING:
        mean, sd = (values[name] for name in fev1_rows(ever=status != "never"))
        by_smoking.append(fev1_band_probability(mean, sd, fev1))
    return Rules(
        names,
        ages,
        fev1,
        age_class_shares(ages),
        np.stack(by_smoking, axis=1),
        np.array([classes_within(ages, rule.age_min_years, rule.age_max_years) for rule in rules]),
        np.array([classes_within(fev1, rule.fev1_min_percent, rule.fev1_max_percent) for rule in rules]),
        np.array([rule.asks_iga == "yes" for rule in rules]),
    )


def rule_in_words(rule: TreatmentRule) -> str:
    """What a rule asks beyond severe deficiency, a low level, COPD and not smoking.

    Parameters
    ----------
    rule : TreatmentRule
        A row of treatment_rules.csv.

    Returns
    -------
    str
        Its ages, FEV1 and whether it asks for IgA.

    Notes
    -----
    Source: docs/model.md, section 8.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> rule_in_words(data_pack().treatment_rules["rapid"])
    'RAPID trial: 18 to 65 years, FEV1 35 to 70 % of predicted, IgA not asked for'
    """
    first, end = rule.age_min_years, rule.age_max_years
    ages = f"{first:g} years and over" if end is None else f"{first:g} to {end - 1:g} years"
    low, high = rule.fev1_min_percent, rule.fev1_max_percent
    bounds = [f"from {low:g} %" if low is not None else "", f"up to {high:g} %" if high is not None else ""]
    fev1 = f"{low:g} to {high:g} %" if low is not None and high is not None else "".join(bounds)
    fev1 = f"FEV1 {fev1} of predicted" if fev1 else "any FEV1"
    return f"{rule.label}: {ages}, {fev1}, {'no IgA deficiency' if rule.asks_iga == 'yes' else 'IgA not asked for'}"
