"""Ways to find people: whom each strategy offers a test, given what a doctor knows of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]

TODAY = "todays_practice"

# Why a person with the genotype is still not recognised; with those recognised they make up everybody.
REASONS = ("no_trigger", "not_offered", "negative", "not_confirmed", "blind", "not_followed_up")


@dataclass(frozen=True)
class Known:
    """What decides whether a person is offered a test; arrays that broadcast against each other.

    Attributes
    ----------
    age_years : ndarray
        Lower end of the age group. [years]
    copd, diagnosed_copd, asthma_label : ndarray of bool
        Has COPD, found by whoever looks; has it diagnosed; has it and is called asthmatic.
    ever_smoked, few_pack_years, born_since : ndarray of bool
        Has smoked; has smoked less than the guideline's pack-years; was born since the strategy began.
    signs : mapping of str to ndarray of bool
        What only some have, by name of the trigger: basal_emphysema, liver_disease, ...
    young_copd_years, early_emphysema_years : float
        Ages below which a guideline asks for a test, whatever else; below which emphysema is early. [years]
    """

    age_years: NDArray[Any]
    copd: Bools
    diagnosed_copd: Bools
    asthma_label: Bools
    ever_smoked: Bools
    few_pack_years: Bools
    born_since: Bools
    signs: Mapping[str, Bools]
    young_copd_years: float
    early_emphysema_years: float


def all_copd(known: Known, triggers: tuple[str, ...] = ()) -> Bools:
    """Everybody whose COPD is diagnosed, once: WHO, ERS, GOLD.

    Parameters
    ----------
    known : Known
        What is known.
    triggers : tuple of str
        Not used.

    Returns
    -------
    ndarray of bool
        Whether the test is offered.

    Notes
    -----
    Source: soriano2018, which names the three recommendations.

    Examples
    --------
    >>> all_copd(person(diagnosed_copd=True)).item(), all_copd(person(copd=True)).item()
    (True, False)
    """
    return known.diagnosed_copd


def copd_under_65_or_20_pack_years(known: Known, triggers: tuple[str, ...] = ()) -> Bools:
    """Diagnosed COPD below 65 years or with less than 20 pack-years: Canadian Thoracic Society 2012.

    Parameters
    ----------
    known : Known
        What is known.
    triggers : tuple of str
        Not used.

    Returns
    -------
    ndarray of bool
        Whether the test is offered.

    Notes
    -----
    The guideline means the age at diagnosis; the age now is taken for it. Source: doi 10.1155/2012/920918.

    Examples
    --------
    >>> copd_under_65_or_20_pack_years(person(diagnosed_copd=True, age_years=70, few_pack_years=True)).item()
    True
    >>> copd_under_65_or_20_pack_years(person(diagnosed_copd=True, age_years=70)).item()
    False
    """
    return known.diagnosed_copd & ((known.age_years < known.young_copd_years) | known.few_pack_years)


def smokers_with_obstruction(known: Known, triggers: tuple[str, ...] = ()) -> Bools:
    """Everybody who has smoked and has COPD, diagnosed or not: spirometry of all smokers comes first.

    Parameters
    ----------
    known : Known
        What is known.
    triggers : tuple of str
        Not used.

    Returns
    -------
    ndarray of bool
        Whether the test is offered.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> smokers_with_obstruction(person(copd=True, ever_smoked=True)).item()
    True
    """
    return known.copd & known.ever_smoked


def newborn_screening(known: Known, triggers: tuple[str, ...] = ()) -> Bools:
    """Everybody born since screening began.

    Parameters
    ----------
    known : Known
        What is known.
    triggers : tuple of str
        Not used.

    Returns
    -------
    ndarray of bool
        Whether the test is offered.

    Notes
    -----
    Source: sveger1976 screened 200,000 newborn so.

    Examples
    --------
    >>> newborn_screening(person(born_since=True)).item()
    True
    """
    return known.born_since


def whole_population(known: Known, triggers: tuple[str, ...] = ()) -> Bools:
    """Everybody.

    Parameters
    ----------
    known : Known
        What is known.
    triggers : tuple of str
        Not used.

    Returns
    -------
    ndarray of bool
        Whether the test is offered.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> whole_population(person()).item()
    True
    """
    return np.ones_like(known.copd)


def emphysema_before_45(known: Known) -> Bools:
    """Diagnosed COPD below 45 years; emphysema is read as COPD.

    Parameters
    ----------
    known : Known
        What is known.

    Returns
    -------
    ndarray of bool
        Whether the trigger is there.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> emphysema_before_45(person(diagnosed_copd=True, age_years=40)).item()
    True
    """
    return known.diagnosed_copd & (known.age_years < known.early_emphysema_years)


def copd_without_smoking(known: Known) -> Bools:
    """Diagnosed COPD of somebody who never smoked.

    Parameters
    ----------
    known : Known
        What is known.

    Returns
    -------
    ndarray of bool
        Whether the trigger is there.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> copd_without_smoking(person(diagnosed_copd=True)).item()
    True
    """
    return known.diagnosed_copd & ~known.ever_smoked


def asthma_with_fixed_obstruction(known: Known) -> Bools:
    """COPD that is called asthma.

    Parameters
    ----------
    known : Known
        What is known.

    Returns
    -------
    ndarray of bool
        Whether the trigger is there.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> asthma_with_fixed_obstruction(person(copd=True, asthma_label=True)).item()
    True
    """
    return known.asthma_label


def _sign(name: str, meaning: str) -> Callable[[Known], Bools]:
    def trigger(known: Known) -> Bools:
        return known.signs[name]

    trigger.__doc__ = meaning
    return trigger


# Triggers that the leaf decides, and signs that only some people of a leaf have.
SIGNS = {
    "basal_emphysema": "Diagnosed COPD whose emphysema lies mainly at the base of the lungs on CT.",
    "liver_disease": "Cirrhosis.",
    "panniculitis": "Panniculitis.",
    "bronchiectasis": "Bronchiectasis.",
    "family_history": "Diagnosed COPD, and COPD in the family.",
}
TRIGGERS: dict[str, Callable[[Known], Bools]] = {
    "emphysema_before_45": emphysema_before_45,
    "copd_without_smoking": copd_without_smoking,
    "asthma_with_fixed_obstruction": asthma_with_fixed_obstruction,
    **{name: _sign(name, meaning) for name, meaning in SIGNS.items()},
}


def classical_triggers(known: Known, triggers: tuple[str, ...] = ()) -> Bools:
    """Everybody with at least one of the classical reasons to think of the deficiency.

    Parameters
    ----------
    known : Known
        What is known.
    triggers : tuple of str
        Which of `TRIGGERS` count.

    Returns
    -------
    ndarray of bool
        Whether the test is offered.

    Notes
    -----
    Source: arupconsult, after the American Thoracic and European Respiratory Societies 2003.

    Examples
    --------
    >>> classical_triggers(person(diagnosed_copd=True), ("copd_without_smoking",)).item()
    True
    """
    found = np.zeros_like(known.copd)
    for name in triggers:
        found = found | TRIGGERS[name](known)
    return found


def todays_practice(known: Known, triggers: tuple[str, ...] = ()) -> Bools:
    """Nobody beyond those whom today's practice tests.

    Parameters
    ----------
    known : Known
        What is known.
    triggers : tuple of str
        Not used.

    Returns
    -------
    ndarray of bool
        Whether a further test is offered.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> todays_practice(person(diagnosed_copd=True)).item()
    False
    """
    return np.zeros_like(known.copd)


STRATEGIES: dict[str, Callable[[Known, tuple[str, ...]], Bools]] = {
    TODAY: todays_practice,
    "all_copd": all_copd,
    "copd_under_65_or_20_pack_years": copd_under_65_or_20_pack_years,
    "classical_triggers": classical_triggers,
    "smokers_with_obstruction": smokers_with_obstruction,
    "newborn_screening": newborn_screening,
    "whole_population": whole_population,
}


def person(
    *,
    age_years: float = 50.0,
    copd: bool = False,
    diagnosed_copd: bool = False,
    asthma_label: bool = False,
    ever_smoked: bool = False,
    few_pack_years: bool = False,
    born_since: bool = False,
    signs: Mapping[str, bool] | None = None,
    young_copd_years: float = 65.0,
    early_emphysema_years: float = 45.0,
) -> Known:
    """What is known of one person.

    Parameters
    ----------
    age_years : float, default 50
        [years]
    copd, diagnosed_copd, asthma_label, ever_smoked, few_pack_years, born_since : bool, default False
        As in `Known`; diagnosed COPD is COPD.
    signs : mapping of str to bool, optional
        By name of the trigger; those left out are absent.
    young_copd_years, early_emphysema_years : float
        As in `Known`. [years]

    Returns
    -------
    Known
        Arrays without an axis.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> bool(person(diagnosed_copd=True).copd)
    True
    """
    has = copd or diagnosed_copd or asthma_label
    return Known(
        age_years=np.asarray(age_years),
        copd=np.asarray(has),
        diagnosed_copd=np.asarray(diagnosed_copd),
        asthma_label=np.asarray(asthma_label),
        ever_smoked=np.asarray(ever_smoked),
        few_pack_years=np.asarray(few_pack_years),
        born_since=np.asarray(born_since),
        signs={name: np.asarray((signs or {}).get(name, False)) for name in SIGNS},
        young_copd_years=young_copd_years,
        early_emphysema_years=early_emphysema_years,
    )


def uptake_after_offers(uptake: NDArray[np.float64], interval_years: float | None, years: float) -> NDArray[np.float64]:
    """Share who have taken a test that is offered again and again.

    Parameters
    ----------
    uptake : ndarray
        Share who take it at one offer. [proportion]
    interval_years : float or None
        Time between offers; None: one offer. [years]
    years : float
        How long the strategy has been running. [years]

    Returns
    -------
    ndarray
        1 − (1 − uptake)ⁿ after n offers, the first at the beginning. [proportion]

    Notes
    -----
    Whoever declines one offer is as likely as anybody to take the next. Source: docs/model.md, section 11.

    Examples
    --------
    >>> uptake_after_offers(np.array([0.5]), 5, 10).tolist()
    [0.875]
    """
    offers = 1 if interval_years is None else 1 + int(np.floor(years / interval_years))
    if offers == 1:
        return uptake
    return np.asarray(1 - (1 - uptake) ** offers)
