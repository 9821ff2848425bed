"""Results of a run: its tables, its figures and its folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulation.errors import DataError, nearest
from simulation.labels import BASE
from simulation.results import line_list, store
from simulation.results.bibtex import bibtex
from simulation.results.figures import Plots
from simulation.results.store import Replicates
from simulation.results.tables.cells import ALL_SMOKING

TABLES = (
    "prevalence",
    "carriers",
    "copd",
    "copd_by_age",
    "recognition",
    "liver",
    "treatment",
    "other_diseases",
    "testing",
    "strategies",
    "strategy_genotypes",
    "strategy_differences",
    "delay",
    "couples",
    "couples_by_ancestry",
    "residual_risk",
    "headlines",
    "differences",
    "parameters",
    "assumptions",
)
ReportWriter = Callable[["Results", Path], None]


class Results:
    """What a run found.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        One for each name in `TABLES`.
    record : mapping
        What run.json holds: resolved config with origins, seed, versions, data hash, time, command.
    references : list of mapping
        The sources of every figure used.
    blocks_folder : Path, optional
        Where the blocks of replicates and the line list are.
    write_report : callable, optional
        Writes report.html from these results into a folder.

    Attributes
    ----------
    prevalence, carriers, copd, copd_by_age, recognition, liver, treatment, other_diseases, testing, strategies, \
strategy_genotypes, strategy_differences, delay, couples, couples_by_ancestry, residual_risk, headlines, differences, \
parameters, assumptions : pandas.DataFrame
        The tables; columns in docs/tables.md.
    plot : Plots
        Their figures.
    """

    prevalence: pd.DataFrame
    carriers: pd.DataFrame
    copd: pd.DataFrame
    copd_by_age: pd.DataFrame
    recognition: pd.DataFrame
    liver: pd.DataFrame
    treatment: pd.DataFrame
    other_diseases: pd.DataFrame
    testing: pd.DataFrame
    strategies: pd.DataFrame
    strategy_genotypes: pd.DataFrame
    strategy_differences: pd.DataFrame
    delay: pd.DataFrame
    couples: pd.DataFrame
    couples_by_ancestry: pd.DataFrame
    residual_risk: pd.DataFrame
    headlines: pd.DataFrame
    differences: pd.DataFrame
    parameters: pd.DataFrame
    assumptions: pd.DataFrame

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        record: Mapping[str, Any],
        references: list[dict[str, str]],
        blocks_folder: Path | None = None,
        write_report: ReportWriter | None = None,
    ) -> None:
        self.tables = dict(tables)
        for name in TABLES:
            setattr(self, name, self.tables[name])
        self.record = dict(record)
        self.references = references
        self.blocks_folder = blocks_folder
        self.plot = Plots(self)
        self._write_report = write_report

    @property
    def title(self) -> str:
        """Title of the run."""
        return str(self.record["config"]["title"])

    @property
    def definition(self) -> str:
        """How COPD is defined: fixed_ratio, lln or recorded."""
        return str(self.record["config"]["copd"]["definition"])

    @property
    def populations(self) -> list[str]:
        """Names of the populations, the total last where there are several."""
        return list(dict.fromkeys(self.prevalence["population"]))

    @property
    def whole(self) -> str:
        """The population that stands for all: the total, or the only one."""
        return self.populations[-1]

    @property
    def summary(self) -> pd.DataFrame:
        """Headlines of the base and all people together, each with its interval.

        Returns
        -------
        pandas.DataFrame
            Words only: what, how many, 95 % interval.
        """
        rows = self.select("headlines")
        return pd.DataFrame(
            {
                "": rows["label"],
                "people": rows["n_mean"].map("{:,.0f}".format),
                "95 % interval": [
                    f"{low:,.0f} to {high:,.0f}" for low, high in zip(rows["n_low"], rows["n_high"], strict=True)
                ],
            }
        ).reset_index(drop=True)

    def select(self, table: str, **equal: str | None) -> pd.DataFrame:
        """Rows of a table, of the base and all people together unless another scenario or population is named.

        Parameters
        ----------
        table : str
            One of `TABLES`.
        **equal
            Column values that the rows must have: genotype="severe", at="birth"; None for any.

        Returns
        -------
        pandas.DataFrame
            The rows, in the table's order.

        Raises
        ------
        DataError
            If the table has no such column, or the run no such scenario or population.
        """
        rows = self.tables[table]
        wanted = {"scenario": BASE, "population": self.whole, **equal}
        for column, value in wanted.items():
            if column not in rows.columns:
                raise DataError(f"{table} has no column {column}; it has {', '.join(rows.columns)}")
            known = {"scenario": list(self.record["scenarios"]), "population": self.populations}.get(column)
            if known is not None and value is not None and value not in known:
                raise DataError(f"no {column} {value}{nearest(value, known)}; there are {', '.join(known)}")
            if value is not None:
                rows = rows[rows[column] == value]
        return rows

    def replicates(self, scenario: str = BASE) -> Replicates:
        """The sums of every replicate of one scenario.

        Parameters
        ----------
        scenario : str, default "base"
            Name of the scenario.

        Returns
        -------
        Replicates
            Reads columns on demand.

        Raises
        ------
        DataError
            If these results were kept without their replicates.
        """
        if self.blocks_folder is None or not (self.blocks_folder / store.FOLDER).is_dir():
            raise DataError("these results were kept without their replicates; run the config again")
        return Replicates(self.blocks_folder / store.FOLDER, scenario)

    def people_with(self, genotype: str, population: str | None = None, scenario: str = BASE) -> NDArray[np.float64]:
        """People living with a genotype, in each replicate.

        Parameters
        ----------
        genotype : str
            Genotype or set.
        population : str, optional
            Default: all of them together.
        scenario : str, default "base"
            Name of a scenario.

        Returns
        -------
        ndarray, shape (n_replicates,)
            [people]
        """
        drawn = self.replicates(scenario).drawn("people", population or self.whole, genotype)
        return np.asarray(drawn[:, ALL_SMOKING].sum(axis=1), float)

    def individuals(
        self, scenario: str | None = None, columns: Sequence[str] | None = None, rows: int = 1_000_000
    ) -> Iterator[pd.DataFrame]:
        """The line list, block by block.

        Parameters
        ----------
        scenario : str, optional
            Only this one; by default all, one after the other.
        columns : sequence of str, optional
            Only these columns.
        rows : int, default 1,000,000
            At most so many people in a block.

        Yields
        ------
        pandas.DataFrame
            One row for each person; columns in docs/tables.md.

        Raises
        ------
        DataError
            If the run made no line list, or a scenario or column is unknown.
        """
        scenarios = list(self.record["scenarios"])
        if scenario is not None and scenario not in scenarios:
            raise DataError(f"no scenario {scenario}{nearest(scenario, scenarios)}; there are {', '.join(scenarios)}")
        if self.blocks_folder is None:
            raise DataError("these results were kept without their line list; run the config again")
        folder = self.blocks_folder / line_list.FOLDER
        return line_list.read_people(folder, scenarios if scenario is None else [scenario], columns, rows)

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write everything into a folder, or nothing.

        Parameters
        ----------
        folder : path
            Where to; made, with its parents.
        force : bool, default False
            Replace a folder that exists.

        Returns
        -------
        Path
            The folder: run.json, config.toml, tables, figures, replicates, a line list if there is one, report.html,
            references.bib.

        Raises
        ------
        DataError
            If the folder exists and force is false, or cannot be written.
        """
        from simulation.results.folder import written_beside

        with written_beside(Path(folder), force=force) as beside:
            self.write_into(beside)
        return Path(folder)

    def write_into(self, folder: Path) -> None:
        """Write every file into a folder that exists.

        Parameters
        ----------
        folder : Path
            Where to; files of the same names are replaced.
        """
        import tomli_w

        (folder / "tables").mkdir(exist_ok=True)
        for name, table in self.tables.items():
            safe = table.map(_no_formula) if name in ("parameters", "assumptions") else table
            safe.to_csv(folder / "tables" / f"{name}.csv", index=False, lineterminator="\n")
            table.to_parquet(folder / "tables" / f"{name}.parquet", index=False)
        (folder / "run.json").write_text(json.dumps(self.record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        (folder / "config.toml").write_text(tomli_w.dumps(self.record["config"]), encoding="utf-8")
        (folder / "references.bib").write_text(bibtex(self.references), encoding="utf-8")
        (folder / "references.json").write_text(
            json.dumps(self.references, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        for name in (store.FOLDER, line_list.FOLDER):
            if self.blocks_folder not in (None, folder) and (self.blocks_folder / name).is_dir():
                shutil.copytree(self.blocks_folder / name, folder / name, dirs_exist_ok=True)
        self.plot.save_all(folder / "figures")
        if self._write_report is not None:
            self._write_report(self, folder)

    def _repr_html_(self) -> str:
        return f"<b>{_escaped(self.title)}</b>{self.summary.to_html(index=False)}"

    def __repr__(self) -> str:
        return f"{self.title}\n{self.summary.to_string(index=False)}"


def load_folder(folder: str | Path, write_report: ReportWriter | None = None) -> Results:
    """Read results that were saved.

    Parameters
    ----------
    folder : path
        As `Results.save` wrote it.
    write_report : callable, optional
        Writes report.html when the results are saved again.

    Returns
    -------
    Results
        The same tables.

    Raises
    ------
    DataError
        If the folder does not hold whole results.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import tempfile, simulation
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saved = simulation.run({"replicates": 2}).save(f"{folder}/mine")
    ...     simulation.load_results(saved).title
    'AATD simulation'
    """
    path = Path(folder)
    if not (path / "run.json").is_file():
        raise DataError(f"{path}: no results here (run.json is missing); name a folder that aatd run wrote")
    try:
        record = json.loads((path / "run.json").read_text(encoding="utf-8"))
        references = json.loads((path / "references.json").read_text(encoding="utf-8"))
        tables = {name: pd.read_parquet(path / "tables" / f"{name}.parquet") for name in TABLES}
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: the results are not whole ({error}); run the config again") from None
    return Results(tables, record, references, path, write_report)


def _no_formula(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula begins with a space instead."""
    return f" {value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
