"""What a row of each table holds. Column names are the field names; an empty cell is None or an empty text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sourced:
    """What every figure carries: where it comes from and whether it was read there.

    Attributes
    ----------
    source : str
        Key in references.csv.
    locator : str
        Where in the source.
    verified : str
        "yes" read in the source, "derived" computed from what was read, "no" assumed or recalled.
    note : str
        Remarks; an assumption of ours begins with "(A)".
    """

    source: str
    locator: str
    verified: str
    note: str


@dataclass(frozen=True)
class Reference:
    """A source. Year as printed; any field but the key may be empty."""

    source: str
    authors: str
    title: str
    journal: str
    year: str
    doi: str
    pmid: str
    url: str
    note: str


@dataclass(frozen=True)
class Parameter(Sourced):
    """One uncertain number. Distribution in config form; empty means fixed at the value."""

    name: str
    description: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    distribution: str
    definition: str
    age_min: int | None
    age_max: int | None
    sex: str


@dataclass(frozen=True)
class Allele(Sourced):
    """One allele: what it behaves like, whether it is part of an aggregate, where it lies on chromosome 14."""

    allele: str
    label: str
    like: str
    part_of: str
    polymerises: str
    pi_name: str
    hgvs_c: str
    hgvs_p: str
    rsid: str
    chromosome: str
    grch38_position: int | None
    grch37_position: int | None
    ref: str
    alt: str
    production_class: str
    lung_risk: str


@dataclass(frozen=True)
class AlleleFrequency(Sourced):
    """One allele in one sampled population: a count of chromosomes, or a frequency with its interval."""

    population: str
    label: str
    kind: str
    area: str
    allele: str
    frequency: float
    n_observed: int | None
    n_typed: int | None
    low: float | None
    high: float | None
    distribution: str
    assay: str
    year: str


@dataclass(frozen=True)
class AlleleFrequencyCheck(Sourced):
    """Sum over all pathogenic alleles of a group, which its rows must not contradict."""

    ancestry: str
    any_pathogenic: float
    low: float
    high: float


@dataclass(frozen=True)
class Ancestry:
    """An ancestry that a config may name."""

    ancestry: str
    label: str
    kind: str
    area: str
    proxy: str
    note: str


@dataclass(frozen=True)
class AncestryAllele:
    """Which row of allele_frequencies gives an allele in an ancestry; proxy: another population's row."""

    ancestry: str
    allele: str
    population: str
    proxy: str
    note: str


@dataclass(frozen=True)
class Smoking(Sourced):
    """Published shares of never, former and current smokers of some ages and one or both sexes."""

    smoking_source: str
    label: str
    sex: str
    age_min: int
    age_max: int | None
    never: float
    former: float
    current: float
    effective_n: float


@dataclass(frozen=True)
class Births(Sourced):
    """Live births of an area in a year."""

    area: str
    label: str
    births_per_year: int
    year: int


@dataclass(frozen=True)
class PopulationSize(Sourced):
    """A counted population, all ages together."""

    population_size: str
    label: str
    n_people: int
    year: int


@dataclass(frozen=True)
class Mixture(Sourced):
    """Share of one ancestry in a named mixture."""

    mixture: str
    label: str
    ancestry: str
    share: float


@dataclass(frozen=True)
class PublishedFigure(Sourced):
    """A published number of people with some genotypes, never an input; docs/data.md says what each cell may hold."""

    figure: str
    label: str
    population: str
    genotype: str
    measure: str
    observed: float | None
    low: float | None
    high: float | None
    n_people: int | None
    year: str
    status: str
    reason: str


@dataclass(frozen=True)
class Assumption(Sourced):
    """Something the model takes for granted; applies_to says in which runs."""

    assumption: str
    applies_to: str
    text: str
    consequence: str


@dataclass(frozen=True)
class Limit(Sourced):
    """Something that a reader of any report must bear in mind."""

    limit: str
    text: str


@dataclass(frozen=True)
class LabTest(Sourced):
    """A laboratory test: what it looks at (serum, protein or dna), what it costs and how long a result takes."""

    test: str
    label: str
    looks_at: str
    cost: float | None
    currency: str
    turnaround_days: float | None


@dataclass(frozen=True)
class Reading(Sourced):
    """What a test makes of one allele: how it reads it, and how often; otherwise it reads M."""

    test: str
    allele: str
    read_as: str
    sensitivity: float


@dataclass(frozen=True)
class TreatmentRule(Sourced):
    """Who may have augmentation therapy: ages, FEV1 in % of predicted (empty: any), and whether IgA is asked for."""

    rule: str
    label: str
    age_min_years: float
    age_max_years: float | None
    fev1_min_percent: float | None
    fev1_max_percent: float | None
    asks_iga: str
