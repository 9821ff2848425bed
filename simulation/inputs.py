"""Inputs: the whole model as conditional probabilities with named axes, ready for any engine."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import xarray as xr

from simulation.diagnosis.programme import Programme, of_replicates
from simulation.genetics.couples import CoupleLaw
from simulation.labels import DEFICIENCY_SETS, SETS

TOLERANCE = 1e-9

# Axes that an array may have; one that does not vary along an axis may leave it out.
AXES: dict[str, tuple[str, ...]] = {
    "n_people": ("population", "sex", "age"),
    "n_births": ("population",),
    "ancestry": ("population", "ancestry"),
    "ancestry_genotype": ("replicate", "population", "ancestry", "genotype"),
    "genotype": ("replicate", "population", "genotype"),
    "risk_genotype": ("genotype",),
    "counted_as": ("genotype",),
    "smoking": ("replicate", "population", "sex", "age", "smoking"),
    "pack_years": ("age", "history"),
    "pack_years_quantile": ("age", "smoking", "quantile"),
    "copd": ("replicate", "population", "sex", "age", "history", "risk_genotype"),
    "state": ("replicate", "population", "genotype", "copd", "state"),
    "serum_geometric_mean": ("replicate", "genotype"),
    "serum_log_sd": ("replicate", "genotype"),
    "serum_threshold": ("replicate",),
    "inflamed_ratio": ("replicate",),
    "low_level": ("replicate", "genotype"),
    "cholestasis": ("replicate", "genotype"),
    "cirrhosis": ("replicate", "age", "genotype"),
    "bronchiectasis": ("replicate", "sex", "genotype"),
    "vasculitis_odds_ratio": ("replicate", "genotype"),
    "liver_cancer": ("replicate",),
    "transplant": ("replicate", "genotype"),
    "panniculitis": ("replicate", "genotype"),
    "iga_deficiency": ("replicate",),
    "willing": ("replicate",),
    "age_class": ("age", "age_class"),
    "fev1_band": ("replicate", "smoking", "fev1_band"),
    "takes_ages": ("rule", "age_class"),
    "takes_fev1": ("rule", "fev1_band"),
    "asks_iga": ("rule",),
}
# Arrays that are distributions over the axis of their own name.
SUMS_TO_ONE = ("genotype", "smoking", "state", "age_class", "fev1_band")
PROBABILITIES = (
    "genotype",
    "smoking",
    "copd",
    "state",
    "low_level",
    "cholestasis",
    "cirrhosis",
    "liver_cancer",
    "transplant",
    "panniculitis",
    "bronchiectasis",
    "iga_deficiency",
    "willing",
    "age_class",
    "fev1_band",
)


@dataclass(frozen=True)
class Inputs:
    """The frozen chain of one block of replicates of one scenario.

    Attributes
    ----------
    n_people : DataArray (population, sex, age), int64
        People alive. [people]
    n_births : DataArray (population,)
        Births a year, NaN where unknown. [people per year]
    ancestry : DataArray (population, ancestry)
        Ancestry shares. [proportion]
    ancestry_genotype : DataArray (replicate, population, ancestry, genotype)
        P(genotype | ancestry). [proportion]
    genotype : DataArray (replicate, population, genotype)
        P(genotype), ancestry summed out. [proportion]
    risk_genotype, counted_as : DataArray (genotype,) of str
        The published genotype whose odds ratio each takes; the set that counts it.
    smoking : DataArray (replicate, population, sex, age, smoking)
        P(never, former, current). [proportion]
    pack_years : DataArray (age, history)
        Mean of each equal-probability class of former and current smokers. [pack-years]
    pack_years_quantile : DataArray (age, smoking, quantile)
        Quantiles of former and current smokers, for a line list. [pack-years]
    copd : DataArray (replicate, population, sex, age, history, risk_genotype)
        P(COPD); `population` may be missing where all share it. [proportion]
    state : DataArray (replicate, population, genotype, copd, state)
        P(clinical state | genotype, COPD). [proportion]
    serum_geometric_mean, serum_log_sd : DataArray (replicate, genotype)
        Distribution of the serum level. [µmol/L, log µmol/L]
    serum_threshold, inflamed_ratio : DataArray (replicate,)
        Threshold of treatment; by how much inflammation raises the level. [µmol/L, ratio]
    low_level : DataArray (replicate, genotype)
        P(serum level below the threshold). [proportion]
    cholestasis, panniculitis : DataArray (replicate, genotype)
        P(cholestasis in infancy); P(panniculitis). [proportion]
    cirrhosis : DataArray (replicate, age, genotype)
        P(cirrhosis by that age). [proportion]
    liver_cancer, iga_deficiency, willing : DataArray (replicate,)
        P(liver cancer | cirrhosis), P(no IgA), P(willing to be treated). [proportion]
    bronchiectasis : DataArray (replicate, sex, genotype)
        P(bronchiectasis). [proportion]
    vasculitis_odds_ratio : DataArray (replicate, genotype)
        Of ANCA vasculitis with granulomas, against MM. [odds ratio]
    transplant : DataArray (replicate, genotype)
        P(liver transplantation | cirrhosis). [proportion]
    age_class : DataArray (age, age_class)
        Share of an age group in each class of ages that the rules of treatment tell apart; the coordinate is the first
        age of a class. [proportion]
    fev1_band : DataArray (replicate, smoking, fev1_band)
        P(FEV1 in a band | severe genotype, COPD); the coordinate is the lower end of a band, in % of predicted. [proportion]
    takes_ages : DataArray (rule, age_class) of bool
        Which ages each rule of treatment takes; the rule of the headlines and the line list first.
    takes_fev1 : DataArray (rule, fev1_band) of bool
        Which bands of FEV1 it takes.
    asks_iga : DataArray (rule,) of bool
        Whether it leaves out people without IgA.
    definition : str
        How COPD is defined: fixed_ratio, lln or recorded.
    inflamed_share : float
        Share of people whose level inflammation raises. [proportion]
    programme : Programme or None
        Laws of testing, today and by every strategy; without them nobody is found and no such table is made.
    couples : CoupleLaw or None
        Laws of couples who have a child.
    treated_with_normal_airflow : float
        P(emphysema on CT and treated | severe genotype, old enough, low level, no COPD). [proportion]

    Raises
    ------
    ValueError
        If an array has a wrong axis, a probability lies outside [0, 1] or a distribution does not sum to 1.
    """

    n_people: xr.DataArray
    n_births: xr.DataArray
    ancestry: xr.DataArray
    ancestry_genotype: xr.DataArray
    genotype: xr.DataArray
    risk_genotype: xr.DataArray
    counted_as: xr.DataArray
    smoking: xr.DataArray
    pack_years: xr.DataArray
    pack_years_quantile: xr.DataArray
    copd: xr.DataArray
    state: xr.DataArray
    serum_geometric_mean: xr.DataArray
    serum_log_sd: xr.DataArray
    serum_threshold: xr.DataArray
    inflamed_ratio: xr.DataArray
    low_level: xr.DataArray
    cholestasis: xr.DataArray
    cirrhosis: xr.DataArray
    liver_cancer: xr.DataArray
    panniculitis: xr.DataArray
    iga_deficiency: xr.DataArray
    willing: xr.DataArray
    bronchiectasis: xr.DataArray
    vasculitis_odds_ratio: xr.DataArray
    transplant: xr.DataArray
    age_class: xr.DataArray
    fev1_band: xr.DataArray
    takes_ages: xr.DataArray
    takes_fev1: xr.DataArray
    asks_iga: xr.DataArray
    definition: str = "fixed_ratio"
    inflamed_share: float = 0.0
    programme: Programme | None = None
    couples: CoupleLaw | None = None
    treated_with_normal_airflow: float = 0.0

    def __post_init__(self) -> None:
        for name, axes in AXES.items():
            array: xr.DataArray = getattr(self, name)
            unknown = set(map(str, array.dims)) - set(axes)
            if unknown:
                raise ValueError(f"inputs.{name} has axis {sorted(unknown)}; it may have {', '.join(axes)}")
        for name in PROBABILITIES:
            values = getattr(self, name).values
            if not np.isfinite(values).all() or values.min() < -TOLERANCE or values.max() > 1 + TOLERANCE:
                raise ValueError(
                    f"inputs.{name} must lie between 0 and 1; it goes from {values.min()} to {values.max()}"
                )
        for name in SUMS_TO_ONE:
            total = getattr(self, name).sum(dim=name).values
            if np.abs(total - 1).max() > TOLERANCE:
                raise ValueError(f"inputs.{name} must sum to 1 along {name}; it sums to {total.min()} to {total.max()}")
        if (self.n_people.values < 0).any():
            raise ValueError("inputs.n_people must not be negative")

    def values(self, name: str) -> np.ndarray:
        """One array with all its axes in order, of length 1 where it does not vary.

        Parameters
        ----------
        name : str
            Name of an attribute that holds an array.

        Returns
        -------
        ndarray
            Axes as in `simulation.inputs.AXES`.
        """
        array: xr.DataArray = getattr(self, name)
        if array.dims == AXES[name]:
            return np.asarray(array.values)
        missing = [axis for axis in AXES[name] if axis not in array.dims]
        return np.asarray(array.expand_dims(missing).transpose(*AXES[name]).values)

    @cached_property
    def populations(self) -> tuple[str, ...]:
        """Names of the populations."""
        return tuple(map(str, self.n_people.coords["population"].values))

    @cached_property
    def genotypes(self) -> tuple[str, ...]:
        """Names of the genotypes."""
        return tuple(map(str, self.genotype.coords["genotype"].values))

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """Names of the rules of treatment; the one of the headlines and the line list first."""
        return tuple(map(str, self.asks_iga.coords["rule"].values))

    @property
    def n_replicates(self) -> int:
        """How many replicates this block holds."""
        return int(self.genotype.sizes["replicate"])

    def members(self, name: str) -> list[int]:
        """Positions of the genotypes that a set counts.

        Parameters
        ----------
        name : str
            One of `simulation.labels.SETS`, or "any_deficiency" or "all".

        Returns
        -------
        list of int
            Positions on the genotype axis.
        """
        wanted = {"any_deficiency": DEFICIENCY_SETS, "all": SETS}.get(name, (name,))
        return [i for i, counted in enumerate(self._counted_as) if counted in wanted]

    @cached_property
    def risk_of(self) -> np.ndarray:
        """Position of each genotype's risk genotype on the axis of `copd`."""
        names = list(map(str, self.copd.coords["risk_genotype"].values))
        return np.array([names.index(str(name)) for name in self.risk_genotype.values])

    @cached_property
    def _counted_as(self) -> tuple[str, ...]:
        return tuple(map(str, self.counted_as.values))

    def first_replicates(self, n: int) -> Inputs:
        """Keep the first replicates only.

        Parameters
        ----------
        n : int
            How many.

        Returns
        -------
        Inputs
            The same chain for fewer replicates.
        """
        kept = {}
        for field in fields(self):
            value = getattr(self, field.name)
            has_replicates = isinstance(value, xr.DataArray) and "replicate" in value.dims
            kept[field.name] = value.isel(replicate=slice(0, n)) if has_replicates else value
        if self.programme is not None:
            kept["programme"] = of_replicates(self.programme, slice(0, n))
        if self.couples is not None:
            kept["couples"] = self.couples.first_replicates(n)
        return Inputs(**kept)
