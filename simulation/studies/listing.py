"""Line lists of a run: the people of a block of replicates, cut into files that workers draw and write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulation.config.load import LoadedConfig
from simulation.engines.block import Listed
from simulation.engines.individuals import PersonLaw, persons
from simulation.engines.runs import CHUNK, Runs, chunks, shuffled_chunks
from simulation.randomness import BLOCK_SIZE, generator
from simulation.results.line_list import FOLDER, write_people
from simulation.results.store import write_whole

PEOPLE_PER_FILE = 4 * CHUNK


@dataclass(frozen=True)
class Part:
    """Some people of one replicate.

    Attributes
    ----------
    replicate, chunk : int
        Position of the replicate in its block; number of the chunk in the replicate.
    first : int
        person_id of the first.
    runs : Runs
        Kinds of people.
    law : PersonLaw
        Of the replicate.
    """

    replicate: int
    chunk: int
    first: int
    runs: Runs
    law: PersonLaw


@dataclass(frozen=True)
class ListFile:
    """One file of a line list, before it is drawn: the work of one worker.

    Attributes
    ----------
    path : Path
        Where it goes.
    scenario : str
        Name of the scenario.
    seed, block : int
        Key of the random numbers.
    parts : list of Part
        Its people.
    labels : mapping of str to sequence of str
        Names behind the codes.
    columns : sequence of str
        What is written of each person.
    shuffled : bool
        Whether rows are in random order.
    """

    path: Path
    scenario: str
    seed: int
    block: int
    parts: list[Part]
    labels: Mapping[str, Sequence[str]]
    columns: Sequence[str]
    shuffled: bool

    @property
    def n_people(self) -> int:
        """People in the file."""
        return sum(part.runs.n_people for part in self.parts)


def files_of_block(
    loaded: LoadedConfig,
    folder: Path,
    block: int,
    scenario: str,
    listed: Sequence[Listed],
    labels: Mapping[str, Sequence[str]],
) -> Iterator[ListFile]:
    """Cut the people of one block and scenario into files.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    folder : Path
        Of the run.
    block : int
        Number of the block.
    scenario : str
        Name of the scenario.
    listed : sequence of Listed
        People of the replicates that are listed.
    labels : mapping of str to sequence of str
        Names behind the codes.

    Yields
    ------
    ListFile
        Of at most `PEOPLE_PER_FILE` people; one that has only just been cut is all that is held.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> list(files_of_block(load_config({}), Path("x"), 0, "base", [], {}))
    []
    """
    settings = loaded.base.individuals
    for i, parts in enumerate(_full_files(_parts(loaded, block, listed))):
        path = (folder / FOLDER / scenario / f"block_{block:06d}_{i:06d}.parquet").absolute()
        shuffled = settings.order == "shuffled"
        yield ListFile(path, scenario, loaded.base.seed, block, parts, labels, settings.columns, shuffled)


def list_people(file: ListFile) -> int:
    """Draw and write one file of a line list.

    Parameters
    ----------
    file : ListFile
        What goes into it.

    Returns
    -------
    int
        Rows written. [people]

    Notes
    -----
    Source: docs/model.md, section 10.

    Examples
    --------
    >>> list_people(ListFile(Path("x.parquet"), "base", 1, 0, [], {}, ["sex"], False))
    0
    """

    def rows() -> Iterator[tuple[int, int, dict[str, NDArray[np.generic]]]]:
        for part in file.parts:

            def streams(process: str, part: Part = part) -> np.random.Generator:
                return generator(file.seed, file.block, f"{process} {part.replicate} {part.chunk}")

            people = persons(part.runs, part.law, streams, file.columns, shuffled=file.shuffled)
            yield file.block * BLOCK_SIZE + part.replicate, part.first, people

    return write_people(file.path, file.scenario, rows(), file.labels)


def write_manifest(folder: Path, scenario: str, block: int, files: Mapping[str, int]) -> None:
    """Write down which files list the people of a block.

    Parameters
    ----------
    folder : Path
        Of the run.
    scenario : str
        Name of the scenario.
    block : int
        Number of the block.
    files : mapping of str to int
        People in each file. [people]

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     write_manifest(Path(home), "base", 0, {"block_000000_000000.parquet": 12})
    ...     read_manifest(manifest_path(Path(home), "base", 0))
    {'block_000000_000000.parquet': 12}
    """
    write_whole(manifest_path(folder, scenario, block), json.dumps(dict(files)).encode())


def manifest_path(folder: Path, scenario: str, block: int) -> Path:
    """Where it is written which files list the people of a block.

    Parameters
    ----------
    folder : Path
        Of the run.
    scenario : str
        Name of the scenario.
    block : int
        Number of the block.

    Returns
    -------
    Path
        A JSON file.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> manifest_path(Path("run"), "base", 3).name
    '_block_000003.json'
    """
    return folder / FOLDER / scenario / f"_block_{block:06d}.json"  # Parquet readers pass over names with _


def read_manifest(path: Path) -> dict[str, int] | None:
    """Read which files list the people of a block.

    Parameters
    ----------
    path : Path
        From `manifest_path`.

    Returns
    -------
    dict of str to int, or None
        People in each file; None where it is missing or cut off. [people]

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> read_manifest(Path("nowhere.json")) is None
    True
    """
    try:
        found: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _parts(loaded: LoadedConfig, number: int, listed: Sequence[Listed]) -> Iterator[Part]:
    for one in listed:
        if loaded.base.individuals.order == "shuffled":
            rng = generator(loaded.base.seed, number, f"line list order {one.replicate}")
            cut = shuffled_chunks(one.runs, rng)
        else:
            cut = chunks(one.runs)
        first = 0
        for i, runs in enumerate(cut):
            yield Part(one.replicate, i, first, runs, one.law)
            first += runs.n_people


def _full_files(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Gather parts until a file is full."""
    held: list[Part] = []
    people = 0
    for part in parts:
        if held and people + part.runs.n_people > PEOPLE_PER_FILE:
            yield held
            held, people = [], 0
        held.append(part)
        people += part.runs.n_people
    if held:
        yield held
