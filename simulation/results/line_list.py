"""The line list on disk: one row for each person, in Parquet files that are written and read piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulation.care.augmentation import ELIGIBILITY
from simulation.errors import DataError, nearest
from simulation.labels import LIVER_STATES, SEXES, SMOKING, STATES

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FOLDER = "individuals"
ROWS_TOGETHER = 1 << 17  # fewer people than this are written together with those of the next replicate


def categories(
    scenarios: Sequence[str], populations: Sequence[str], ancestries: Sequence[str], genotypes: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Labels behind the codes of a line list.

    Parameters
    ----------
    scenarios, populations, ancestries, genotypes : sequence of str
        Names, in the order of the codes.

    Returns
    -------
    dict of str to tuple of str
        By column.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> categories(["base"], ["population"], ["gnomad_nfe"], ["MM"])["sex"]
    ('male', 'female')
    """
    return {
        "scenario": tuple(scenarios),
        "population": tuple(populations),
        "ancestry": tuple(ancestries),
        "sex": SEXES,
        "smoking": SMOKING,
        "genotype": tuple(genotypes),
        "state": STATES,
        "eligibility": ELIGIBILITY,
        "liver": LIVER_STATES,
    }


def write_people(
    path: Path,
    scenario: str,
    parts: Iterable[tuple[int, int, Mapping[str, NDArray[Any]]]],
    labels: Mapping[str, Sequence[str]],
) -> int:
    """Write one file of a line list.

    Parameters
    ----------
    path : Path
        Its place; the folder is made if missing. Written beside and renamed, so that it is whole or not there.
    scenario : str
        Name of the scenario.
    parts : iterable of (replicate, first person_id, columns)
        Columns as `simulation.engines.individuals.persons` makes them.
    labels : mapping of str to sequence of str
        From `categories`.

    Returns
    -------
    int
        Rows written. [people]

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import tempfile
    >>> labels = categories(["base"], ["a"], ["x"], ["MM"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "base" / "block_000000_000000.parquet"
    ...     write_people(path, "base", [(0, 0, {"sex": np.array([1, 0], np.uint8)})], labels)
    ...     next(read_people(Path(folder)))["sex"].tolist()
    2
    ['female', 'male']
    """
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".partial")
    writer, rows = None, 0
    waiting: list[pa.Table] = []
    try:
        for replicate, first, columns in parts:
            table = _table(scenario, replicate, first, columns, labels)
            waiting.append(table)
            if writer is None:
                coded = [name for name in (*labels, "age", "replicate") if name in table.column_names]
                writer = pq.ParquetWriter(
                    beside,
                    table.schema,
                    compression="zstd",
                    compression_level=1,
                    use_dictionary=coded,
                    column_encoding={"person_id": "DELTA_BINARY_PACKED"},
                    write_statistics=["replicate"],  # of every column they take half of the time
                    write_page_checksum=True,
                )
            if sum(map(len, waiting)) >= ROWS_TOGETHER:
                rows += _write(writer, waiting)
        if writer is not None and waiting:
            rows += _write(writer, waiting)
    finally:
        if writer is not None:
            writer.close()
    if writer is not None:
        beside.replace(path)
    return rows


def _write(writer: Any, waiting: list[pa.Table]) -> int:
    import pyarrow as pa

    table = pa.concat_tables(waiting).combine_chunks()
    waiting.clear()
    writer.write_table(table, row_group_size=len(table))
    return len(table)


def _table(
    scenario: str,
    replicate: int,
    first: int,
    columns: Mapping[str, NDArray[Any]],
    labels: Mapping[str, Sequence[str]],
) -> pa.Table:
    import pyarrow as pa

    n = len(next(iter(columns.values())))
    wide = {name: np.uint8 if len(names) <= 256 else np.uint16 for name, names in labels.items()}
    keys: dict[str, NDArray[Any]] = {
        "person_id": np.arange(first, first + n, dtype=np.uint64),
        "replicate": np.full(n, replicate, np.uint32),
        "scenario": np.full(n, labels["scenario"].index(scenario), wide["scenario"]),
    }
    arrays, fields = [], []
    for name, column in {**keys, **columns}.items():
        if name in labels:
            codes = pa.array(np.asarray(column, wide[name]))
            array = pa.DictionaryArray.from_arrays(codes, pa.array(labels[name], pa.string()))
        else:
            array = pa.array(column)
        arrays.append(array)
        fields.append(pa.field(name, array.type, nullable=False))
    metadata = {"labels": json.dumps({name: list(names) for name, names in labels.items()})}
    return pa.table(arrays, schema=pa.schema(fields, metadata))


def read_people(
    folder: Path, scenarios: Sequence[str] = ("base",), columns: Sequence[str] | None = None, rows: int = 1_000_000
) -> Iterator[pd.DataFrame]:
    """Read a line list block by block.

    Parameters
    ----------
    folder : Path
        Where the files of all scenarios are.
    scenarios : sequence of str
        Which, in this order.
    columns : sequence of str, optional
        Only these.
    rows : int, default 1,000,000
        At most so many at once. [people]

    Yields
    ------
    pandas.DataFrame
        In the order of scenario, replicate and person_id. Named things are categories, with all the names there are.

    Raises
    ------
    DataError
        If there is no line list, a column is unknown, rows is not positive, or a file is cut off.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> import simulation
    >>> config = {"population": {"size": 5000}, "individuals": {"only": "carrier"}}
    >>> results = simulation.run(config, engine="individuals", replicates=2)
    >>> people = next(results.individuals(columns=["genotype", "serum_aat_umol_l"]))
    >>> list(people.columns), len(people) > 100
    (['genotype', 'serum_aat_umol_l'], True)
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    if rows < 1:
        raise DataError(f"rows = {rows}; a block of the line list has at least 1")
    columns = [columns] if isinstance(columns, str) else columns
    if not folder.is_dir():
        raise DataError(f"{folder}: no line list here; run the config with engine individuals")
    for name in scenarios:
        for path in sorted((folder / name).glob("block_*.parquet")):
            try:
                file = pq.ParquetFile(path, page_checksum_verification=True)
                known = file.schema_arrow.names
                unknown = [column for column in columns or () if column not in known]
                if unknown:
                    raise DataError(
                        f"the line list has no column {unknown[0]}{nearest(unknown[0], known)}; it has {', '.join(known)}"
                    )
                labels = json.loads(file.schema_arrow.metadata[b"labels"])
                for batch in file.iter_batches(batch_size=rows, columns=columns and list(columns)):
                    people = batch.to_pandas()
                    for column in people.columns.intersection(list(labels)):
                        kind = pd.CategoricalDtype(labels[column])
                        people[column] = people[column].astype(kind)
                    yield people
            except (pa.ArrowInvalid, OSError) as error:
                raise DataError(f"{path}: not a whole Parquet file ({error}); run the config again") from None
