"""Keys of a config about finding people and caring for them: tests, strategies, cascade, couples, treatment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from simulation.config.model import Model, Name
from simulation.config.values import Proportion, Value

How = Literal["series", "parallel", "reflex"]
MOST_UMOL_L = 45.0  # above it there is no cut-off, only a wrong unit
LEAST_MG_DL = 20.0
MG_DL_PER_UMOL_L = 5.2  # for what is said of a wrong unit; the model converts by aat.conversion.umol_per_mgdl
MOST_G_PER_L = 3.0


def level_in_umol_l(value: float) -> float:
    """Refuse a cut-off of the serum level that cannot be in µmol/L.

    Parameters
    ----------
    value : float
        As written. [µmol/L]

    Returns
    -------
    float
        The same. [µmol/L]

    Raises
    ------
    ValueError
        If it lies where no cut-off is; the message says which unit it may be in.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> level_in_umol_l(11)
    11
    >>> level_in_umol_l(57)
    Traceback (most recent call last):
    ValueError: 57 µmol/L is above what healthy people have; is it in mg/dL? 57 mg/dL are 11 µmol/L
    """
    if value > MOST_UMOL_L:
        said = f"{value:g} mg/dL are {value / MG_DL_PER_UMOL_L:.3g} µmol/L"
        raise ValueError(f"{value:g} µmol/L is above what healthy people have; is it in mg/dL? {said}")
    if value < LEAST_MG_DL / MG_DL_PER_UMOL_L:
        said = f"{value:g} g/L are {100 * value / MG_DL_PER_UMOL_L:.3g} µmol/L"
        raise ValueError(f"{value:g} µmol/L is below what most people with ZZ have; is it in g/L? {said}")
    return value


def level_in_mg_dl(value: float) -> float:
    """Refuse a cut-off of the serum level that cannot be in mg/dL.

    Parameters
    ----------
    value : float
        As written. [mg/dL]

    Returns
    -------
    float
        The same. [mg/dL]

    Raises
    ------
    ValueError
        If it lies where no cut-off is; the message says which unit it may be in.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> level_in_mg_dl(110)
    110
    >>> level_in_mg_dl(1.1)
    Traceback (most recent call last):
    ValueError: 1.1 mg/dL is below what most people with ZZ have; is it in g/L? 1.1 g/L are 110 mg/dL
    """
    if value < LEAST_MG_DL:
        unit, factor = ("g/L", 100.0) if value < MOST_G_PER_L else ("µmol/L", MG_DL_PER_UMOL_L)
        said = f"{value:g} {unit} are {factor * value:.3g} mg/dL"
        raise ValueError(f"{value:g} mg/dL is below what most people with ZZ have; is it in {unit}? {said}")
    return value


UmolPerL = Annotated[float, Field(gt=0, allow_inf_nan=False), AfterValidator(level_in_umol_l)]
MgPerDl = Annotated[float, Field(gt=0, le=300, allow_inf_nan=False), AfterValidator(level_in_mg_dl)]


class TestCost(Model):
    """What a test costs and how long it takes, where it is not as in the data pack."""

    __test__ = False  # no test of pytest's

    cost: float | None = Field(None, ge=0, le=1e6, allow_inf_nan=False, description="Cost of one test. [currency]")
    turnaround_days: float | None = Field(
        None, ge=0, le=1000, allow_inf_nan=False, description="Time until the result. [days]"
    )


class Testing(Model):
    """How people are tested: today's practice, and what strategies have in common."""

    __test__ = False

    first_test: str = Field("level", description="Today's first test: level, or a test of `aatd tests`.")
    then: str | None = Field(
        None,
        description="Today's second test. Default: sz_genotyping after the level, none after a test of the genotype.",
    )
    how: How = Field(
        "reflex",
        description="series: the second test only after a low level; parallel: both of everybody; reflex: as in series,"
        " and sequencing where a level below serum's threshold contradicts the genotype.",
    )
    cut_off_umol_l: UmolPerL | None = Field(
        None,
        description="Level below which a test of the level is positive. Default: diag.cutoff.optimal_mg_dl. [µmol/L]",
    )
    cut_off_mg_dl: MgPerDl | None = Field(None, description="The same in mg/dL. [mg/dL]")
    years: float = Field(
        10, gt=0, le=100, allow_inf_nan=False, description="How long every strategy has been running. [years]"
    )
    currency: str = Field(
        "GBP", max_length=10, description="Currency of all costs; the data pack's are GBP of about 2012."
    )
    tests: dict[Name, TestCost] = Field({}, description="Costs and turnaround of one's own, by test.")

    @model_validator(mode="after")
    def _one_way(self) -> Testing:
        _refuse_two_cut_offs(self)
        return self


class Strategy(Model):
    """Who is offered a test, which, and how many take it."""

    who: str | None = Field(None, description="Whom it offers a test (`aatd strategies`). Default: its own name.")
    uptake: Value | None = Field(
        None, description="Share of those offered a test who take it. Default: 1, everybody. [proportion]"
    )
    interval_years: float | None = Field(
        None,
        gt=0,
        le=100,
        allow_inf_nan=False,
        description="Those who did not take the test are offered it again after so long. Default: never. [years]",
    )
    first_test: str | None = Field(None, description="What is tested first. Default: as in [testing].")
    then: str | None = Field(None, description="What is tested next. Default: as in [testing], if first_test is.")
    how: How | None = Field(None, description="series, parallel or reflex. Default: as in [testing], if first_test is.")
    cut_off_umol_l: UmolPerL | None = Field(None, description="Default: as in [testing]. [µmol/L]")
    cut_off_mg_dl: MgPerDl | None = Field(None, description="The same in mg/dL. [mg/dL]")
    triggers: list[str] | None = Field(
        None, min_length=1, description="Of classical_triggers: which. Default: all whose variables are switched on."
    )
    cascade: bool = Field(False, description="Whether relatives of everybody recognised are tested too; [cascade].")

    @field_validator("triggers", mode="before")
    @classmethod
    def _some(cls, triggers: Any) -> Any:
        if triggers == []:
            raise ValueError("name at least one trigger, or leave the key away for all")
        return triggers

    @model_validator(mode="after")
    def _one_way(self) -> Strategy:
        _refuse_two_cut_offs(self)
        return self


def _refuse_two_cut_offs(table: Testing | Strategy) -> None:
    if table.cut_off_umol_l is not None and table.cut_off_mg_dl is not None:
        raise ValueError("give either cut_off_umol_l or cut_off_mg_dl, not both")


class Cascade(Model):
    """Testing the relatives of people whose deficiency is recognised."""

    uptake_first_degree: Value | None = Field(
        None,
        description="Share of parents, siblings and children tested. Default: the row cascade.uptake_first_degree.",
    )
    uptake_second_degree: Value | None = Field(
        None, description="Share of second-degree relatives tested. Default: the row cascade.uptake_second_degree."
    )
    test: str = Field("sz_genotyping", description="Test of relatives: of the genotype, not of the level.")


class Couples(Model):
    """Couples who have a child in a year."""

    n_couples: int | None = Field(
        None, ge=1, le=1_000_000_000, description="Couples drawn. Default: births a year, else 1,000,000. [couples]"
    )


class Care(Model):
    """Who may have augmentation therapy."""

    rule: str = Field("general", description="Rule of the headlines and the line list: general, cts2012 or rapid.")
    treated_with_normal_airflow: Proportion = Field(
        0.0,
        description="Share of severe people with a low level and without COPD who have emphysema on CT and are treated as if"
        " they had COPD. [proportion]",
    )
