"""Every key of a config: type, unit, range, default and meaning. Unknown keys are refused."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from simulation.config.model import Model, Name
from simulation.config.programme import Care, Cascade, Couples, MgPerDl, Strategy, Testing
from simulation.config.values import Frequency, Proportion, Value, parse_proportion
from simulation.labels import AGES, ANY_SETS, PERSON_COLUMNS

Like = Literal["M", "S", "Z", "null"]
Definition = Literal["fixed_ratio", "lln", "recorded"]


def _age_limit(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value not in AGES:
        raise ValueError(f"it must be a multiple of 5 from 0 to {AGES[-1]} (people are counted in five-year groups)")
    return value


AgeLimit = Annotated[int, BeforeValidator(_age_limit), WithJsonSchema({"type": "integer", "enum": list(AGES)})]


class Smoking(Model):
    """Never, former and current smokers: a source of the data pack, or three shares."""

    source: str = Field("eu28_2017", description="Name of a smoking source (`aatd populations`).")
    never: Proportion | None = Field(None, description="Share of never smokers from 15 years. [proportion]")
    former: Proportion | None = Field(None, description="Share of former smokers from 15 years. [proportion]")
    current: Proportion | None = Field(None, description="Share of current smokers from 15 years. [proportion]")

    stopped: Proportion = Field(
        0.0,
        description="Share of current smokers who have stopped: they count as former smokers of their age, with the"
        " pack-years of these. For scenarios. [proportion]",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Smoking:
        shares = [self.never, self.former, self.current]
        given = [share for share in shares if share is not None]
        if given and "source" in self.model_fields_set:
            raise ValueError("give either source or never, former and current, not both")
        if given and len(given) < 3:
            raise ValueError("never, former and current must be given together; they must sum to 1")
        if len(given) == 3 and abs(sum(given) - 1) > 0.02 + 1e-12:
            raise ValueError(f"never + former + current must be 1; they sum to {sum(given):.6g}")
        return self

    @property
    def shares(self) -> dict[str, float] | None:
        """The three shares, if they were given instead of a source."""
        if self.never is None or self.former is None or self.current is None:
            return None
        return {"never": self.never, "former": self.former, "current": self.current}


class Copd(Model):
    """How COPD is defined and whether its total is made to meet a published prevalence."""

    definition: Definition = Field(
        "fixed_ratio",
        description="fixed_ratio: FEV1/FVC below 0.7. lln: below the lower limit of normal. recorded: a diagnosis on"
        " record. lln and recorded need `prevalence`.",
    )
    calibrate_total: bool = Field(
        False,
        description="Solve one factor on the odds so that the population has the prevalence `prevalence`, or, without"
        " it, the prevalence it would have if nobody had a deficiency genotype.",
    )
    prevalence: Value | None = Field(
        None, description="Prevalence to be met: a row of the same definition, a proportion or a distribution."
    )
    prevalence_age_min: int | None = Field(
        None, ge=0, le=100, description="First age that the prevalence describes. Default: the row's. [years]"
    )
    prevalence_age_max: int | None = Field(
        None, ge=1, le=130, description="First age that it no longer describes. Default: the row's, or none. [years]"
    )
    baseline: Literal["epic_canada", "epic_us"] = Field(
        "epic_canada", description="Equation for people without a deficiency allele; the two sets are never mixed."
    )
    mz_risk: Literal["constant", "falls_with_pack_years"] = Field(
        "constant",
        description="Odds ratio of MZ in ever smokers: one number, or the rival form that falls with pack-years"
        " (lung.copd_or.mz_bergen).",
    )


class PopulationCopd(Model):
    """What one of several populations may set for itself; unset keys are those of [copd]."""

    definition: Definition | None = Field(None, description="Must be that of [copd]: definitions are never mixed.")
    calibrate_total: bool | None = Field(None, description="As in [copd].")
    prevalence: Value | None = Field(None, description="As in [copd].")
    prevalence_age_min: int | None = Field(None, ge=0, le=100, description="As in [copd]. [years]")
    prevalence_age_max: int | None = Field(None, ge=1, le=130, description="As in [copd]. [years]")


class AgeTable(Model):
    """A table of one's own: relative numbers of people in 21 five-year age groups, 0-4 to 100 and over."""

    male: list[Annotated[int, Field(ge=0)]] = Field(min_length=21, max_length=21, description="Men. [people]")
    female: list[Annotated[int, Field(ge=0)]] = Field(min_length=21, max_length=21, description="Women. [people]")


class Population(Model):
    """Who is simulated."""

    size: Annotated[int, Field(ge=1, le=100_000_000_000)] | str = Field(
        100_000_000,
        description="People simulated, after the age limits; or the name of an area (all its people in 2020) or of a"
        " counted population, from which the age limits then take their part. [people]",
    )
    ages: str | AgeTable | None = Field(
        None, description="Age structure: an area, or a table. Default: the area named by size, else europe."
    )
    age_min: AgeLimit = Field(0, description="Youngest age simulated, a multiple of 5. [years]")
    age_max: AgeLimit | None = Field(None, description="First age not simulated, a multiple of 5. [years]")
    ancestry: dict[str, Proportion] | str = Field(
        {"gnomad_nfe": 1.0},
        description="Share of each ancestry, summing to 1; or the name of a mixture. Names: `aatd populations`.",
    )
    births: Annotated[int, Field(ge=1, le=1_000_000_000)] | str | None = Field(
        None,
        description="Births a year, or an area whose births to take. Default: those of the area named by size.",
    )
    smoking: Smoking | None = Field(None, description="This population's own smoking. Default: [smoking].")
    copd: PopulationCopd | None = Field(None, description="This population's own COPD prevalence. Default: [copd].")


class OwnAllele(Model):
    """An allele that the data pack does not know."""

    like: Like = Field(description="The allele it behaves like in blood and lung.")
    polymerises: bool = Field(False, description="Whether two copies harm the liver.")


class Genetics(Model):
    """Alleles followed, inbreeding and who mates with whom."""

    alleles: list[Name] = Field(
        ["M", "S", "Z", "rare", "null"],
        min_length=1,
        max_length=60,
        description="Alleles followed, M first. Every other allele counts as M.",
    )
    inbreeding: float = Field(0.0, ge=-1, le=1, allow_inf_nan=False, description="Wright's F. [dimensionless]")
    mating: (
        Literal["within_ancestry", "random"]
        | Annotated[
            float,
            BeforeValidator(parse_proportion),
            Field(ge=0, le=1),
            WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
        ]
    ) = Field(
        "within_ancestry",
        description="within_ancestry (0), random (1), or the share of second gametes from the whole population.",
    )
    related_parents: dict[str, Proportion] = Field(
        {},
        description="Share of people whose parents are related, by relation: first_cousin = 0.2. It adds to inbreeding."
        " [proportion]",
    )
    own_alleles: dict[Name, OwnAllele] = Field({}, description="Alleles that the data pack does not know.")


class Serum(Model):
    """How the serum level is measured."""

    standard: Literal["nephelometry", "purified"] = Field(
        "nephelometry", description="Calibration of the assay; SZ below the threshold depends on it."
    )
    threshold_mg_dl: MgPerDl | None = Field(
        None,
        description="Threshold in mg/dL instead of aat.threshold.protective_umol_l, converted by"
        " aat.conversion.umol_per_mgdl. [mg/dL]",
    )
    inflamed_share: Proportion = Field(0.0, description="Share of people whose level inflammation raises. [proportion]")


class Dust(Model):
    """Occupational dust; the data pack has no odds ratio for it."""

    share: Proportion = Field(description="Share of people exposed. [proportion]")
    odds_ratio: float = Field(gt=0, le=1000, allow_inf_nan=False, description="Odds ratio of COPD. [odds ratio]")


class Exposures(Model):
    """Other causes of COPD, by share of people exposed; all off by default."""

    passive_smoke: Proportion = Field(0.0, description="Share exposed to others' smoke. [proportion]")
    family_history: Proportion = Field(0.0, description="Share with COPD in the family. [proportion]")
    child_resp_hosp: Proportion = Field(
        0.0, description="Share who were in hospital for a respiratory disease as children. [proportion]"
    )
    dust: Dust | None = Field(None, description="Occupational dust: share and odds_ratio.")


class Recognition(Model):
    """Who is diagnosed with COPD and whose deficiency is recognised."""

    severe_diagnosis: Literal["solved", "same"] = Field(
        "solved",
        description="P(COPD diagnosed) of severe genotypes: solved from the odds ratio of recorded COPD, or the same as"
        " other people's.",
    )
    uptake: Value | None = Field(
        None,
        description="Share of people with diagnosed COPD who are tested for the deficiency: a proportion or a row such as"
        " diag.copd_tested.spain2021. Default: today's, diag.copd_tested.recommended. [proportion]",
    )


class Liver(Model):
    """Liver disease of genotypes for which only odds ratios are known."""

    baseline_cirrhosis: Proportion | None = Field(
        None,
        description="Share of adults without a deficiency allele who have cirrhosis; with it MZ, SZ and SS are counted.",
    )


class Individuals(Model):
    """The line list of the engine `individuals`: who is in it and how."""

    only: Literal[ANY_SETS] = Field(  # type: ignore[valid-type]
        "all", description="Set of genotypes whose people are listed; the tables count everybody all the same."
    )
    replicates: int | None = Field(
        None, ge=1, le=10_000_000, description="List only the first replicates. Default: all."
    )
    columns: list[Literal[PERSON_COLUMNS]] = Field(  # type: ignore[valid-type]
        list(PERSON_COLUMNS),
        min_length=1,
        description="Columns written beside person_id, replicate and scenario; fewer take less room.",
    )
    order: Literal["sorted", "shuffled"] = Field(
        "sorted", description="Rows by population, genotype, sex, age and so on, or in random order."
    )

    @field_validator("columns")
    @classmethod
    def _once(cls, columns: list[str]) -> list[str]:
        twice = [column for column in columns if columns.count(column) > 1]
        if twice:
            raise ValueError(f"{twice[0]} is named twice")
        return columns


class Execution(Model):
    """Where the work is done; no answer depends on it."""

    workers: int = Field(1, ge=1, le=1024, description="Blocks of replicates, or of people, worked on at a time.")
    executor: Literal["threads", "processes"] = Field(
        "threads", description="What the workers are. Processes take a second or two to start."
    )
    scheduler: Annotated[str, Field(max_length=500)] | None = Field(
        None,
        description='Address of a Dask scheduler, such as "tcp://host:8786", whose workers to use instead. Needs'
        " `aatd-simulation[cluster]`; a line list needs a folder that all machines see.",
    )

    @field_validator("scheduler")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"^(tcp|tls|ws|wss|ucx)://[^\s/]+:\d+$", value):
            raise ValueError("it must be an address such as tcp://host:8786")
        return value


class Correlation(Model):
    """Two parameters that are uncertain together."""

    between: list[str] = Field(min_length=2, max_length=2, description="Names of the two parameters.")
    rho: float = Field(gt=-1, lt=1, description="Correlation of their normal scores. [dimensionless]")


class Config(Model):
    """One run: who, with which evidence, how often, and what else to compare it with."""

    title: str = Field("AATD simulation", max_length=200, description="Title of the report.")
    seed: int = Field(20261120, ge=0, le=2**63 - 1, description="Seed of all random numbers.")
    replicates: int = Field(1000, ge=1, le=10_000_000, description="Draws of all parameters and people.")
    engine: Literal["counts", "individuals", "expected"] = Field(
        "counts",
        description="counts draws whole people; individuals draws the same and lists them one by one; expected multiplies"
        " (no chance between people).",
    )
    population: Population | None = Field(None, description="The one population simulated.")
    populations: dict[Name, Population] | None = Field(None, description="Several populations, by name.", min_length=1)
    ancestries: dict[Name, dict[Name, Frequency]] = Field(
        {},
        description="Ancestries of one's own: allele frequencies by allele, M being the remainder; or `from`, the"
        " population file that `aatd fit` wrote.",
    )
    genetics: Genetics = Field(Genetics(), description="Alleles, inbreeding, mating.")
    smoking: Smoking = Field(Smoking(), description="Smoking of all populations that have none of their own.")
    serum: Serum = Field(Serum(), description="Serum level and its threshold.")
    copd: Copd = Field(Copd(), description="COPD.")
    exposures: Exposures = Field(Exposures(), description="Other causes of COPD.")
    recognition: Recognition = Field(Recognition(), description="Diagnosis and recognition.")
    liver: Liver = Field(Liver(), description="Liver disease.")
    testing: Testing = Field(Testing(), description="How people are tested, today and by strategies.")
    strategies: dict[Name, Strategy] = Field(
        {}, description="Ways to find people, compared on the same people: all_copd, newborn_screening, ..."
    )
    cascade: Cascade = Field(Cascade(), description="Testing the relatives of recognised people.")
    couples: Couples = Field(Couples(), description="Couples who have a child.")
    care: Care = Field(Care(), description="Who may have augmentation therapy.")
    sets: dict[str, Literal["normal", "carrier", "SS", "intermediate", "severe"]] = Field(
        {}, description='Genotypes counted in another set than by default: SZ = "severe".'
    )
    parameters: dict[str, Value] = Field(
        {}, description="Parameters by the name of their default row: a number, a distribution or another row's name."
    )
    correlations: list[Correlation] = Field([], description="Pairs of parameters that are uncertain together.")
    individuals: Individuals = Field(Individuals(), description="The line list of the engine individuals.")
    execution: Execution = Field(Execution(), description="Workers; no answer depends on them.")
    scenarios: dict[Name, dict[str, Any]] = Field(
        {}, description="Named tables that override keys of the base; all run on the same random numbers."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Config:
        if self.population is not None and self.populations is not None:
            raise ValueError("give either [population] or [populations.NAME], not both")
        return self

    @property
    def all_populations(self) -> dict[str, Population]:
        """Populations by name; a single one is called `population`."""
        return dict(self.populations) if self.populations else {"population": self.population or Population()}
