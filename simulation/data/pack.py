"""Read the tables of the data pack."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from simulation.data.rows import (
    Allele,
    AlleleFrequency,
    AlleleFrequencyCheck,
    Ancestry,
    AncestryAllele,
    Assumption,
    Births,
    LabTest,
    Limit,
    Mixture,
    Parameter,
    PopulationSize,
    PublishedFigure,
    Reading,
    Reference,
    Smoking,
    Sourced,
    TreatmentRule,
)
from simulation.errors import DataError
from simulation.labels import AGES, SEXES

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parent
Row = TypeVar("Row")
_TYPES = {"float": float, "int": int, "str": str, "float | None": float, "int | None": int}


class AreaAges(dict[str, list[int]]):
    """People of an area by sex, each a list over the five-year age groups."""

    label: str = ""
    row: Sourced


class DataPack:
    """All tables, each by the key that a config names.

    Parameters
    ----------
    folder : Path
        Where the CSV tables are.

    Attributes
    ----------
    parameters, alleles, references, ancestries, births, population_sizes, published_figures, lab_tests, treatment_rules : dict
        Rows by name.
    allele_frequencies : dict
        Rows by (population, allele).
    ancestry_alleles, readings : dict
        Rows by ancestry, or test, and allele.
    smoking, mixtures : dict
        Lists of rows by smoking source, mixture.
    ages : dict
        People by area, sex and age group.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Parameters by name."""
        return {row.name: row for row in self._rows("parameters", Parameter)}

    @cached_property
    def alleles(self) -> dict[str, Allele]:
        """Alleles by name."""
        return {row.allele: row for row in self._rows("alleles", Allele)}

    @cached_property
    def references(self) -> dict[str, Reference]:
        """Sources by key."""
        return {row.source: row for row in self._rows("references", Reference)}

    @cached_property
    def ancestries(self) -> dict[str, Ancestry]:
        """Ancestries by name."""
        return {row.ancestry: row for row in self._rows("ancestries", Ancestry)}

    @cached_property
    def allele_frequencies(self) -> dict[tuple[str, str], AlleleFrequency]:
        """Allele frequencies by (population, allele)."""
        return {(row.population, row.allele): row for row in self._rows("allele_frequencies", AlleleFrequency)}

    @cached_property
    def allele_frequency_checks(self) -> dict[str, AlleleFrequencyCheck]:
        """Sums of all pathogenic alleles by ancestry."""
        return {row.ancestry: row for row in self._rows("allele_frequency_checks", AlleleFrequencyCheck)}

    @cached_property
    def ancestry_alleles(self) -> dict[str, dict[str, AncestryAllele]]:
        """Which frequency row each allele of each ancestry takes."""
        found: dict[str, dict[str, AncestryAllele]] = {}
        for row in self._rows("ancestry_alleles", AncestryAllele):
            found.setdefault(row.ancestry, {})[row.allele] = row
        return found

    @cached_property
    def smoking(self) -> dict[str, list[Smoking]]:
        """Rows by smoking source."""
        return _grouped(self._rows("smoking", Smoking), "smoking_source")

    @cached_property
    def mixtures(self) -> dict[str, list[Mixture]]:
        """Rows by mixture."""
        return _grouped(self._rows("mixtures", Mixture), "mixture")

    @cached_property
    def births(self) -> dict[str, Births]:
        """Births by area."""
        return {row.area: row for row in self._rows("births", Births)}

    @cached_property
    def population_sizes(self) -> dict[str, PopulationSize]:
        """Counted populations by name."""
        return {row.population_size: row for row in self._rows("population_sizes", PopulationSize)}

    @cached_property
    def published_figures(self) -> dict[str, PublishedFigure]:
        """Published numbers of genotypes by name, for comparison and never as inputs."""
        return {row.figure: row for row in self._rows("published_figures", PublishedFigure)}

    @cached_property
    def lab_tests(self) -> dict[str, LabTest]:
        """Laboratory tests by name."""
        return {row.test: row for row in self._rows("lab_tests", LabTest)}

    @cached_property
    def readings(self) -> dict[str, dict[str, Reading]]:
        """What each test makes of each allele, by test and allele."""
        return {
            test: {row.allele: row for row in rows}
            for test, rows in _grouped(self._rows("readings", Reading), "test").items()
        }

    @cached_property
    def treatment_rules(self) -> dict[str, TreatmentRule]:
        """Rules of augmentation therapy by name."""
        return {row.rule: row for row in self._rows("treatment_rules", TreatmentRule)}

    @cached_property
    def assumptions(self) -> dict[str, Assumption]:
        """Assumptions by name."""
        return {row.assumption: row for row in self._rows("assumptions", Assumption)}

    @cached_property
    def limits(self) -> dict[str, Limit]:
        """Limits by name."""
        return {row.limit: row for row in self._rows("limits", Limit)}

    @cached_property
    def ages(self) -> dict[str, AreaAges]:
        """People by area, sex and five-year age group."""
        areas: dict[str, AreaAges] = {}
        for cells in self._cells("ages"):
            area = areas.setdefault(cells["area"], AreaAges())
            area.label = cells["label"]
            area.row = Sourced(cells["source"], cells["locator"], cells["verified"], cells["note"])
            area[cells["sex"]] = [int(cells[f"age_{age}"]) for age in AGES]
        for name, area in areas.items():
            if set(area) != set(SEXES):
                raise DataError(f"ages.csv: area {name} has sexes {sorted(area)}; it must have {', '.join(SEXES)}")
        return areas

    @cached_property
    def hash(self) -> str:
        """SHA-256 of all tables, in order of their names."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.glob("*.csv")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    def tables(self) -> list[str]:
        """Names of the tables.

        Returns
        -------
        list of str
            In alphabetical order.
        """
        return sorted(path.stem for path in self.folder.glob("*.csv"))

    def table(self, name: str) -> pd.DataFrame:
        """One table as pandas sees it.

        Parameters
        ----------
        name : str
            One of `tables()`.

        Returns
        -------
        pandas.DataFrame
            Numbers as numbers; "null" stays a name.

        Raises
        ------
        DataError
            If there is no such table.
        """
        import pandas as pd

        if name not in self.tables():
            raise DataError(f"unknown table {name}; it must be one of {', '.join(self.tables())}")
        return pd.read_csv(self.folder / f"{name}.csv", keep_default_na=False, na_values=[""])

    def _cells(self, table: str) -> list[dict[str, str]]:
        path = self.folder / f"{table}.csv"
        try:
            with path.open(newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file))
        except OSError as error:
            raise DataError(f"{path.name}: cannot be read ({error.strerror}); reinstall the package") from error

    def _rows(self, table: str, kind: type[Row]) -> list[Row]:
        types = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]
        return [kind(**_typed(table, number, cells, types)) for number, cells in enumerate(self._cells(table), start=2)]


def _typed(table: str, line: int, cells: dict[str, str], types: dict[str, str]) -> dict[str, Any]:
    if set(cells) != set(types):
        raise DataError(f"{table}.csv: columns are {sorted(cells)}; they must be {sorted(types)}")
    values: dict[str, Any] = {}
    for column, kind in types.items():
        text = cells[column]
        if text == "" and "None" in kind:
            values[column] = None
            continue
        try:
            values[column] = _TYPES[kind](text)
        except ValueError as error:
            raise DataError(f"{table}.csv line {line}: {column} = {text!r}; it must be a {kind}") from error
    return values


def _grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(getattr(row, key), []).append(row)
    return groups


@lru_cache(maxsize=1)
def data_pack() -> DataPack:
    """The project's own tables.

    Returns
    -------
    DataPack
        Read when first asked for.

    Notes
    -----
    Every row carries its source; `data_pack().references` holds them.

    Examples
    --------
    >>> row = data_pack().allele_frequencies["gnomad_nfe", "S"]
    >>> row.n_observed, row.n_typed, row.verified
    (4641, 126702, 'yes')
    """
    return DataPack()
