"""The last splits: liver transplantation, liver disease, and the funnel of every rule of augmentation therapy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.care.augmentation import FUNNEL_STEPS
from simulation.engines.split import Splitter, divided
from simulation.inputs import Inputs
from simulation.labels import COPD_STATES, RECOGNISED_STATES, SMOKING, STATES

Array = NDArray[np.float64]
# What the funnel asks of a clinical state: COPD or not, each not recognised and recognised.
LUNG_OF = np.array([2 * (state in COPD_STATES) + (state in RECOGNISED_STATES) for state in STATES])
N_LUNG = 4
_WELL, _COPD = slice(0, 2), slice(2, 4)
_DOES_NOT_SMOKE = slice(SMOKING.index("never"), SMOKING.index("former") + 1)


@dataclass(frozen=True)
class Taken:
    """How many people a split took of those who are alike in some respects; a line list deals it out to its rows.

    Attributes
    ----------
    n : ndarray (replicate, *axes)
        [people]
    axes : tuple of str
        In what they are alike: "population", "age", "genotype", "smoking", "lung" (`LUNG_OF`), "recognised".
    genotypes : list of int
        Positions of the genotypes that the axis "genotype" has.
    """

    n: NDArray[Any]
    axes: tuple[str, ...]
    genotypes: list[int]


@dataclass(frozen=True)
class Margins:
    """What the last splits took of people who are alike, before it was summed.

    Attributes
    ----------
    transplanted : Taken
        People with a new liver.
    steps : dict of str to Taken
        At the steps of the funnel of the config's own rule that are not told by smoking or state.
    cirrhosis : Taken
        People with cirrhosis who were not transplanted.
    liver_cancer, panniculitis : Taken
        People with either.
    """

    transplanted: Taken
    steps: dict[str, Taken]
    cirrhosis: Taken
    liver_cancer: Taken
    panniculitis: Taken


@dataclass(frozen=True)
class CareLaw:
    """Probabilities of the last splits, with axes in the order in which they are split.

    Attributes
    ----------
    severe, transplantable, followed, liver : list of int
        Positions of genotypes: of the funnel; of those who may be transplanted; either; of the liver table.
    transplant : ndarray (replicate, 1, age, transplantable, 1, 1)
        P(cirrhosis by that age, and a new liver). [proportion]
    cirrhosis : ndarray (replicate, 1, age, liver)
        P(cirrhosis by that age | not transplanted). [proportion]
    liver_cancer : ndarray (replicate, 1, 1)
        P(liver cancer | cirrhosis). [proportion]
    panniculitis : ndarray (replicate, 1, liver)
        [proportion]
    age_class : ndarray (age, age_class)
        [proportion]
    low_level : ndarray (replicate, 1, severe, 1, 1, 1)
        [proportion]
    normal_airflow : float
        P(treated | no COPD). [proportion]
    fev1_band : ndarray (replicate, 1, 1, smoking, 1, 1, fev1_band)
        [proportion]
    has_iga, willing : ndarray (replicate, 1, ...)
        [proportion]
    takes_ages, takes_fev1 : ndarray of bool (rule, class)
        Classes that each rule takes.
    asks_iga : ndarray of bool (rule,)
        Whether it leaves out people without IgA.
    """

    severe: list[int]
    transplantable: list[int]
    followed: list[int]
    liver: list[int]
    transplant: Array
    cirrhosis: Array
    liver_cancer: Array
    panniculitis: Array
    age_class: Array
    low_level: Array
    normal_airflow: float
    fev1_band: Array
    has_iga: Array
    willing: Array
    takes_ages: NDArray[np.bool_]
    takes_fev1: NDArray[np.bool_]
    asks_iga: NDArray[np.bool_]


def liver_genotypes(inputs: Inputs) -> list[int]:
    """Positions of the genotypes that the liver table follows.

    Parameters
    ----------
    inputs : Inputs
        The chain.

    Returns
    -------
    list of int
        Those with any probability of cirrhosis or panniculitis.

    Notes
    -----
    Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> inputs = simulation.build_inputs({"population": {"size": 1000, "ancestry": {"gnomad_nfe": 1}}})
    >>> [inputs.genotypes[i] for i in liver_genotypes(inputs)]
    ['ZZ', 'Z/rare', 'rare/rare']
    """
    harmed = inputs.values("cirrhosis").any(axis=(0, 1)) | inputs.values("panniculitis").any(axis=0)
    return [int(i) for i in np.flatnonzero(harmed)]


def care_law(inputs: Inputs) -> CareLaw:
    """Gather the probabilities of the last splits.

    Parameters
    ----------
    inputs : Inputs
        The chain.

    Returns
    -------
    CareLaw
        For all replicates.

    Notes
    -----
    With p the probability of cirrhosis by an age and t that of a new liver given cirrhosis, p t are transplanted and
    (p − p t) / (1 − p t) of the others have cirrhosis: together p. Source: docs/model.md, section 7.

    Examples
    --------
    >>> import simulation
    >>> law = care_law(simulation.build_inputs({"population": {"size": 1000}}))
    >>> law.transplant.shape, law.cirrhosis.shape
    ((64, 1, 21, 3, 1, 1), (64, 1, 21, 3))
    """
    cirrhosis = inputs.values("cirrhosis")  # replicate, age, genotype
    transplant = cirrhosis * inputs.values("transplant")[:, None]
    rest = np.divide(cirrhosis - transplant, 1 - transplant, out=np.zeros_like(cirrhosis), where=transplant < 1)
    severe, liver = inputs.members("severe"), liver_genotypes(inputs)
    transplantable = [int(i) for i in np.flatnonzero(transplant.any(axis=(0, 1)))]
    return CareLaw(
        severe,
        transplantable,
        sorted({*severe, *transplantable}),
        liver,
        transplant=transplant[:, None, :, transplantable, None, None],
        cirrhosis=np.clip(rest[:, None, :, liver], 0.0, 1.0),
        liver_cancer=inputs.values("liver_cancer").reshape(-1, 1, 1),
        panniculitis=inputs.values("panniculitis")[:, None, liver],
        age_class=inputs.values("age_class"),
        low_level=inputs.values("low_level")[:, None, severe, None, None, None],
        normal_airflow=inputs.treated_with_normal_airflow,
        fev1_band=inputs.values("fev1_band")[:, None, None, :, None, None],
        has_iga=1 - inputs.values("iga_deficiency").reshape(-1, 1, 1, 1, 1, 1),
        willing=inputs.values("willing").reshape(-1, 1, 1, 1, 1, 1, 1),
        takes_ages=inputs.values("takes_ages"),
        takes_fev1=inputs.values("takes_fev1"),
        asks_iga=inputs.values("asks_iga"),
    )


def lung_groups(people: NDArray[Any]) -> NDArray[Any]:
    """Sum clinical states to what the funnel asks of them.

    Parameters
    ----------
    people : ndarray (..., state)
        [people]

    Returns
    -------
    ndarray (..., 4)
        Without COPD, the same recognised, with COPD, the same recognised. [people]

    Notes
    -----
    Source: docs/model.md, section 8.

    Examples
    --------
    >>> lung_groups(np.ones(len(STATES), int)).tolist()
    [1, 1, 3, 3]
    """
    return np.stack([people[..., group == LUNG_OF].sum(axis=-1) for group in range(N_LUNG)], axis=-1)


def split_care(
    split: Splitter, law: CareLaw, r: slice, by_lung: NDArray[Any], by_age: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], Margins]:
    """Split people by liver transplantation and disease, and along the funnel of every rule.

    Parameters
    ----------
    split : Splitter
        How people are divided.
    law : CareLaw
        Of all replicates.
    r : slice
        The replicates that are split.
    by_lung : ndarray (replicate, population, age, followed genotype, smoking, lung)
        People of the genotypes that the funnel or transplantation follows. [people]
    by_age : ndarray (replicate, population, age, liver genotype)
        People of the genotypes of the liver table. [people]

    Returns
    -------
    funnel : ndarray (replicate, population, severe genotype, rule, step)
        [people]
    liver : ndarray (replicate, population, liver genotype, outcome)
        Outcomes in the order of `simulation.labels.LIVER_OUTCOMES`. [people]
    margins : Margins
        Parts of both.

    Notes
    -----
    Transplantation is drawn of each kind of people by itself, so that nobody who is transplanted goes on along the funnel
    and everybody who is belongs to those with cirrhosis. Source: docs/model.md, sections 7 and 8.

    Examples
    --------
    >>> import simulation
    >>> from simulation.engines.split import Expected
    >>> law = care_law(simulation.build_inputs({"population": {"size": 1000}}))
    >>> people = np.ones((64, 1, 21, 6, 3, 4))
    >>> split_care(Expected(), law, slice(0, 64), people, people.sum(axis=(4, 5))[..., :3])[0].shape
    (64, 1, 6, 3, 10)
    """
    new = [law.followed.index(g) for g in law.transplantable]
    severe = [law.followed.index(g) for g in law.severe]
    n = by_lung[:, :, :, new]
    transplanted = split.part("liver transplant", n, np.broadcast_to(law.transplant[r], n.shape))
    left = by_lung.copy()
    left[:, :, :, new] -= transplanted
    funnel, steps = _funnel(split, law, r, by_lung[:, :, :, severe], left[:, :, :, severe])
    liver, *parts = _liver(split, law, r, by_age, transplanted.sum(axis=(4, 5)))
    axes = ("population", "age", "genotype", "smoking", "lung")
    return funnel, liver, Margins(Taken(transplanted, axes, law.transplantable), steps, *parts)


def _liver(
    split: Splitter, law: CareLaw, r: slice, by_age: NDArray[Any], transplanted: NDArray[Any]
) -> tuple[NDArray[Any], Taken, Taken, Taken]:
    """Everybody, cirrhosis by age, liver cancer, panniculitis: independent of the lung given genotype and age."""
    new = [law.liver.index(g) for g in law.transplantable]
    others = by_age.copy()
    others[..., new] -= transplanted
    rest = split.part("cirrhosis", others, np.broadcast_to(law.cirrhosis[r], others.shape))
    everybody, cirrhosis = by_age.sum(axis=2), rest.sum(axis=2)
    moved = np.zeros_like(cirrhosis)
    moved[..., new] = transplanted.sum(axis=2)
    cirrhosis = cirrhosis + moved
    cancer = split.part("liver cancer", cirrhosis, np.broadcast_to(law.liver_cancer[r], cirrhosis.shape))
    skin = split.part("panniculitis", everybody, np.broadcast_to(law.panniculitis[r], everybody.shape))
    return (
        np.stack([everybody, cirrhosis, cancer, moved, skin], axis=-1),
        Taken(rest, ("population", "age", "genotype"), law.liver),
        Taken(cancer, ("population", "genotype"), law.liver),
        Taken(skin, ("population", "genotype"), law.liver),
    )


def _funnel(
    split: Splitter, law: CareLaw, r: slice, everybody: NDArray[Any], left: NDArray[Any]
) -> tuple[NDArray[Any], dict[str, Taken]]:
    """People of severe genotypes left at each step of every rule, all of them parts of one table.

    `left` are those not transplanted; both have axes replicate, population, age, genotype, smoking, lung. The table is
    split by class of ages, level, FEV1, IgA and willingness; a rule is a sum over the classes that it takes. The level is
    independent of sex and age given the genotype, so both are summed out before it is drawn.
    """
    by_class = _by_age_class(split, law, left)
    asked = law.takes_ages.any(axis=0)  # nobody is asked for a level whom no rule takes
    grown = by_class.sum(axis=2)  # replicate, population, genotype, smoking, lung, class
    old = grown[..., asked]
    low = split.part("level", old, np.broadcast_to(law.low_level[r], old.shape))
    well, copd = low[..., _WELL, :], low[..., _COPD, :]
    treated = np.zeros_like(low)
    treated[..., _WELL, :] = split.part("normal airflow", well, np.broadcast_to(law.normal_airflow, well.shape))
    treated[..., _COPD, :] = copd
    bands = np.zeros((*low.shape, law.takes_fev1.shape[1]), low.dtype)
    bands[..., _WELL, :, -1] = treated[..., _WELL, :]  # normal airflow is the highest band
    bands[..., _COPD, :, :] = divided(split, "fev1", copd, law.fev1_band[r])
    quiet = bands[:, :, :, _DOES_NOT_SMOKE].sum(axis=3)
    # now replicate, population, genotype, recognised, class, band
    quiet = quiet[..., _WELL, :, :] + quiet[..., _COPD, :, :]
    has_iga = split.part("iga", quiet, law.has_iga[r])
    by_iga = np.stack([has_iga, quiet - has_iga], axis=-1)
    willing = split.part("willing", by_iga, law.willing[r])

    axes = ("population", "genotype", "smoking", "lung")
    all_left = left.sum(axis=2)
    sums: list[NDArray[Any]] = []
    margins: dict[str, Taken] = {}
    for rule in range(len(law.asks_iga)):
        classes = np.flatnonzero(law.takes_ages[rule])
        ages = np.flatnonzero(law.takes_ages[rule, asked])
        fev1 = np.flatnonzero(law.takes_fev1[rule])
        iga = np.arange(1 if law.asks_iga[rule] else 2)
        kept = {
            "severe": everybody.sum(axis=2),
            "not_transplanted": all_left,
            "age": grown[..., classes].sum(axis=-1),
            "below_threshold": low[..., ages].sum(axis=-1),
            "copd": treated[..., ages].sum(axis=-1),
            "fev1_in_range": bands[..., ages[:, None], fev1].sum(axis=(-2, -1)),
            "does_not_smoke": quiet[..., ages[:, None], fev1].sum(axis=(-2, -1)),
            "no_iga_deficiency": by_iga[..., ages[:, None, None], fev1[:, None], iga].sum(axis=(-3, -2, -1)),
            "willing": willing[..., ages[:, None, None], fev1[:, None], iga].sum(axis=(-3, -2, -1)),
        }
        kept["recognised"] = kept["willing"][..., 1:]
        sums.append(np.stack([_by_genotype(kept[step]) for step in FUNNEL_STEPS], axis=-1))
        if rule == 0:  # the rule of the line list
            margins["age"] = Taken(by_class[..., classes].sum(axis=-1), ("population", "age", *axes[1:]), law.severe)
            for step in ("below_threshold", "copd", "fev1_in_range"):
                margins[step] = Taken(kept[step], axes, law.severe)
            for step in ("no_iga_deficiency", "willing"):
                margins[step] = Taken(kept[step], ("population", "genotype", "recognised"), law.severe)
    return np.stack(sums, axis=-2), margins


def _by_age_class(split: Splitter, law: CareLaw, left: NDArray[Any]) -> NDArray[Any]:
    """Add a last axis of classes of ages; only age groups that belong to several are split by chance."""
    whole = law.age_class[:, None, None, None] == 1
    by_class = left[..., None] * whole
    partly = np.flatnonzero(law.age_class.max(axis=-1) < 1)
    if partly.size:
        probability = law.age_class[partly][:, None, None, None]
        by_class[:, :, partly] = divided(split, "age", left[:, :, partly], probability)
    return np.asarray(by_class)


def _by_genotype(people: NDArray[Any]) -> NDArray[Any]:
    """Sum all axes but replicate, population and genotype."""
    return np.asarray(people.sum(axis=tuple(range(3, people.ndim))))
