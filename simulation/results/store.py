"""One Parquet file for each block of replicates, read back column by column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.errors import DataError
from simulation.results.axes import Axes

FOLDER = "replicates"  # of a run, where the sums of its blocks are

# For each quantity: the axes that name a column; what is left is the column's list.
KEYS = {
    "people": ("populations", "groups"),
    "by_age": ("populations", "sets"),
    "funnel": ("populations", "severe"),
    "liver": ("populations", "liver"),
    "attributable": ("populations", "groups"),
    "testing": ("populations", "groups"),
    "symptoms": ("populations", "groups"),
    "delay": ("populations",),
    "strategies": ("populations", "groups"),
    "strategy_work": ("populations", "groups"),
    "other_diseases": ("populations", "groups"),
    "couples": ("populations",),
    "couples_by_ancestry": ("populations",),
    "residual_risk": ("populations",),
    "birth": ("populations",),
    "cholestasis": ("populations",),
}


def block_bytes(
    axes: Axes,
    drawn: Mapping[str, NDArray[Any]],
    expected: Mapping[str, NDArray[np.float64]],
    parameters: Mapping[str, NDArray[np.float64]],
    first_replicate: int,
) -> bytes:
    """The sums of one block of one scenario as a Parquet file.

    Parameters
    ----------
    axes : Axes
        Names along the axes.
    drawn, expected : mapping of str to ndarray
        Sums with replicate first; drawn is empty when the engine draws nothing. [people, proportion]
    parameters : mapping of str to ndarray
        Drawn parameters, one value a replicate.
    first_replicate : int
        Number of the first replicate.

    Returns
    -------
    bytes
        For `write_whole`.

    Notes
    -----
    A row is a replicate; a column is a quantity of one population and group, its other axes a list of fixed length.
    Source: docs/tables.md.

    Examples
    --------
    >>> import tempfile
    >>> axes = Axes(("a",), ("MM", "all"), ("normal",), ("severe",), ("all",), (30,), ("general",))
    >>> birth = {"birth": np.array([[[0.9, 1.0]], [[0.8, 1.0]]])}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(block_path(Path(folder), "base", 0), block_bytes(axes, {}, birth, {}, 0))
    ...     Replicates(Path(folder), "base").expected("birth", "a")[:, 0].tolist()
    [0.9, 0.8]
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = len(next(iter(expected.values())))
    columns: dict[str, Any] = {"replicate": pa.array(np.arange(first_replicate, first_replicate + size))}
    shapes: dict[str, list[int]] = {}
    for kind, sums in (("drawn", drawn), ("expected", expected)):
        for quantity, array in sums.items():
            n_keys = len(KEYS[quantity])
            shapes[quantity] = list(array.shape[1 + n_keys :])
            # one copy for all columns of a quantity, each of which is then a piece of it
            by_column = np.ascontiguousarray(np.moveaxis(array, 0, n_keys))
            width = int(np.prod(shapes[quantity]))
            for name, position in _column_names(kind, quantity, axes).items():
                columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(by_column[position].ravel()), width)
    for name, values in parameters.items():
        columns[f"parameter/{name}"] = pa.array(values[:size])
    table = pa.table(columns).replace_schema_metadata({"axes": json.dumps(asdict(axes)), "shapes": json.dumps(shapes)})
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="lz4", use_dictionary=False, write_statistics=False, write_page_checksum=True
    )
    return bytes(sink.getvalue())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is whole or not there: beside its place, then renamed.

    Parameters
    ----------
    path : Path
        Its place; the folder is made if missing.
    content : bytes
        What is written.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a" / "b.txt", b"whole")
    ...     [path.name for path in (Path(folder) / "a").iterdir()]
    ['b.txt']
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".partial")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def block_path(folder: Path, scenario: str, block: int) -> Path:
    """Where the sums of a block are.

    Parameters
    ----------
    folder : Path
        Where the blocks of all scenarios are kept.
    scenario : str
        Name of the scenario.
    block : int
        Number of the block.

    Returns
    -------
    Path
        The file.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> block_path(Path("replicates"), "base", 7).name
    'block_000007.parquet'
    """
    return folder / scenario / f"block_{block:06d}.parquet"


def is_whole(path: Path, *, every_page: bool = False) -> bool:
    """Whether a Parquet file is there and ends as it should.

    Parameters
    ----------
    path : Path
        The file.
    every_page : bool, default False
        Read all of it too, so that a damaged page shows.

    Returns
    -------
    bool
        False for one that is missing, cut off or damaged.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> is_whole(Path("nowhere.parquet"))
    False
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if every_page:
                file.read()
    except (pa.ArrowInvalid, OSError):
        return False
    return True


def _column_names(kind: str, quantity: str, axes: Axes) -> dict[str, tuple[int, ...]]:
    names: dict[str, tuple[int, ...]] = {f"{kind}/{quantity}": ()}
    for axis in KEYS[quantity]:
        labels = getattr(axes, axis)
        names = {
            f"{name}/{label}": (*position, i) for name, position in names.items() for i, label in enumerate(labels)
        }
    return names


class Replicates:
    """The sums of every replicate of one scenario.

    Parameters
    ----------
    folder : Path
        Where the blocks of all scenarios are.
    scenario : str
        Name of the scenario.

    Attributes
    ----------
    axes : Axes
        Names along the axes.
    block_sizes : tuple of int
        Replicates in each block, in order.

    Raises
    ------
    DataError
        If there is no block, or a file is not whole.
    """

    def __init__(self, folder: Path, scenario: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        paths = sorted((folder / scenario).glob("block_*.parquet"))
        if not paths:
            raise DataError(f"{folder / scenario}: no replicates here; run the config again")
        self._files = []
        for path in paths:
            try:
                self._files.append(pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False))
            except (pa.ArrowInvalid, OSError) as error:
                raise DataError(f"{path}: not a whole Parquet file ({error}); run the config again") from None
        metadata = self._files[0].schema_arrow.metadata
        names = {key: tuple(value) for key, value in json.loads(metadata[b"axes"]).items()}
        self.axes = Axes(**names)
        self._shapes: dict[str, list[int]] = json.loads(metadata[b"shapes"])
        self._columns = set(self._files[0].schema_arrow.names)
        self.block_sizes = tuple(file.metadata.num_rows for file in self._files)

    def __len__(self) -> int:
        return sum(self.block_sizes)

    def drawn(self, quantity: str, *key: str) -> NDArray[Any]:
        """Drawn sums of every replicate; the expected ones when the engine drew nothing.

        Parameters
        ----------
        quantity : str
            One of `KEYS`.
        *key : str
            Population and, where the quantity has them, genotype or set.

        Returns
        -------
        ndarray, shape (n_replicates, ...)
            [people]
        """
        name = "/".join(("drawn", quantity, *key))
        return self._read(name, quantity) if name in self._columns else self.expected(quantity, *key)

    def expected(self, quantity: str, *key: str) -> NDArray[np.float64]:
        """Sums without chance between people, of every replicate.

        Parameters
        ----------
        quantity : str
            One of `KEYS`.
        *key : str
            Population and, where the quantity has them, genotype or set.

        Returns
        -------
        ndarray, shape (n_replicates, ...)
            [people or proportion]
        """
        return self._read("/".join(("expected", quantity, *key)), quantity)

    def parameters(self) -> dict[str, NDArray[np.float64]]:
        """Drawn parameters of every replicate, by name.

        Returns
        -------
        dict of str to ndarray, shape (n_replicates,)
            Each in its own unit.
        """
        names = sorted(name for name in self._columns if name.startswith("parameter/"))
        tables = [file.read(columns=names) for file in self._files]
        return {
            name.removeprefix("parameter/"): np.concatenate([table[name].to_numpy() for table in tables])
            for name in names
        }

    def _read(self, name: str, quantity: str) -> NDArray[Any]:
        parts = []
        for file in self._files:
            column = file.read(columns=[name], use_threads=False).column(0).combine_chunks()
            parts.append(column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), *self._shapes[quantity]))
        return np.concatenate(parts)
