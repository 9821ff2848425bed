"""Blocks of replicates, and of people: drawn by workers, written as they arrive, and done only once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from simulation.assembly.build import build_block
from simulation.config.load import LoadedConfig
from simulation.engines.block import Listed, run_block
from simulation.engines.individuals import PersonLaw, persons
from simulation.engines.runs import CHUNK, Runs, chunks, shuffled_chunks
from simulation.errors import DataError
from simulation.labels import BASE
from simulation.randomness import BLOCK_SIZE, generator
from simulation.results import line_list
from simulation.results.store import block_bytes, block_path, is_undamaged, write_whole
from simulation.studies.workers import Call, work_off, workers

Progress = Callable[[float, int], None]
PEOPLE_PER_FILE = 4 * CHUNK
REPLICATES, LINE_LIST = "replicates", line_list.FOLDER  # folders of a run


@dataclass(frozen=True)
class DrawnBlock:
    """What a worker gives back of one block of replicates.

    Attributes
    ----------
    sums : dict of str to bytes
        By scenario, a Parquet file.
    listed : dict of str to list of Listed
        By scenario, the people to be listed.
    labels : dict of str to dict of str to tuple of str
        By scenario, names behind the codes of a line list.
    """

    sums: dict[str, bytes]
    listed: dict[str, list[Listed]]
    labels: dict[str, dict[str, tuple[str, ...]]]


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


def run_blocks(loaded: LoadedConfig, folder: Path, progress: Progress | None = None) -> None:
    """Run every block of every scenario that is not in the folder yet.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    folder : Path
        Sums go to `replicates/SCENARIO`, one file a block; a line list to `individuals/SCENARIO`.
    progress : callable, optional
        Called with (blocks done, blocks in all).

    Raises
    ------
    ConfigError
        If drawn allele frequencies or inbreeding are impossible in some replicate.
    DataError
        If the workers are gone, or do not see the folder.

    Notes
    -----
    A block is drawn whole even if the run ends within it, so a longer run begins with the same replicates. Its sums are
    written last: where they are, all of the block is. Source: docs/architecture.md.

    Examples
    --------
    >>> import tempfile
    >>> from simulation.config.load import load_config
    >>> with tempfile.TemporaryDirectory() as home:
    ...     run_blocks(load_config({"replicates": 70}), Path(home))
    ...     finished_blocks(load_config({"replicates": 70}), Path(home))
    [0, 1]
    """
    n_blocks = ceil(loaded.base.replicates / BLOCK_SIZE)
    finished = set(finished_blocks(loaded, folder))
    done = float(len(finished))

    def advance(by: float) -> None:
        nonlocal done
        done += by
        if progress is not None:
            progress(round(done, 6), n_blocks)

    def take(number: int, drawn: DrawnBlock) -> Iterable[Call]:
        if loaded.base.engine == "individuals":
            return _list_block(loaded, folder, number, drawn, advance)
        _write_sums(folder, number, drawn)
        advance(1)
        return ()

    def calls() -> Iterator[Call]:
        for number in range(n_blocks):
            if number not in finished:
                yield Call(draw_block, (loaded, number), partial(take, number))

    advance(0)
    if len(finished) < n_blocks:
        with workers(loaded.base.execution) as crew:
            work_off(crew, calls())


def finished_blocks(loaded: LoadedConfig, folder: Path) -> list[int]:
    """Blocks that are whole, sums and line list.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    folder : Path
        As `run_blocks` wrote it.

    Returns
    -------
    list of int
        Their numbers.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> finished_blocks(load_config({}), Path("nowhere"))
    []
    """

    def whole(scenario: str, number: int) -> bool:
        sums = block_path(folder / REPLICATES, scenario, number)
        if not sums.exists():
            return False
        damaged = [] if is_undamaged(sums) else [sums]
        if loaded.base.engine == "individuals":
            manifest = _manifest(folder, scenario, number)
            files = _read_manifest(manifest)
            listed = [folder / LINE_LIST / scenario / name for name in files or ()]
            damaged += [path for path in listed if not line_list.is_whole(path)] if files is not None else [manifest]
        for path in damaged:
            logging.getLogger("aatd").warning("%s: cut off or damaged; block %d is done again", path, number)
        return not damaged

    n_blocks = ceil(loaded.base.replicates / BLOCK_SIZE)
    return [number for number in range(n_blocks) if all(whole(scenario, number) for scenario in loaded.scenarios)]


def draw_block(loaded: LoadedConfig, number: int) -> DrawnBlock:
    """Assemble and draw one block of all scenarios: the work of one worker.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    number : int
        Number of the block.

    Returns
    -------
    DrawnBlock
        Its sums.

    Raises
    ------
    ConfigError
        If drawn allele frequencies or inbreeding are impossible in some replicate.

    Notes
    -----
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> drawn = draw_block(load_config({"replicates": 2, "population": {"size": 1000}}), 0)
    >>> drawn.sums["base"][:4]
    b'PAR1'
    """
    base = loaded.base
    block = build_block(loaded, number)
    size = _size(loaded, number)
    listed = base.individuals.replicates
    n_listed = size if listed is None else min(max(listed - number * BLOCK_SIZE, 0), size)
    drawn = DrawnBlock({}, {}, {})
    for scenario, inputs in block.inputs.items():
        kept = inputs if size == BLOCK_SIZE else inputs.first_replicates(size)
        sums = run_block(kept, base.engine, base.seed, number, base.individuals.only, n_listed)
        counted = sums.drawn if base.engine != "expected" else {}
        parameters = block.draws if scenario == BASE else {}
        # made into a file here, so that the work is shared among the workers
        drawn.sums[scenario] = block_bytes(sums.axes, counted, sums.expected, parameters, number * BLOCK_SIZE)
        drawn.listed[scenario] = sums.listed
        ancestries = tuple(map(str, inputs.ancestry.coords["ancestry"].values))
        drawn.labels[scenario] = line_list.categories(
            list(loaded.scenarios), inputs.populations, ancestries, inputs.genotypes
        )
    return drawn


def list_people(
    path: Path,
    scenario: str,
    key: tuple[int, int],
    parts: Sequence[Part],
    labels: Mapping[str, Sequence[str]],
    columns: Sequence[str],
    shuffled: bool,
) -> int:
    """Draw and write one file of a line list: the work of one worker.

    Parameters
    ----------
    path : Path
        The file.
    scenario : str
        Name of the scenario.
    key : (int, int)
        Seed and number of the block.
    parts : sequence of Part
        Its people.
    labels : mapping of str to sequence of str
        Names behind the codes.
    columns : sequence of str
        What is written of each.
    shuffled : bool
        Whether rows are in random order.

    Returns
    -------
    int
        Rows written. [people]

    Notes
    -----
    Source: docs/model.md, section 9.

    Examples
    --------
    >>> import tempfile, simulation
    >>> with tempfile.TemporaryDirectory() as home:
    ...     labels = line_list.categories(["base"], ["a"], ["x"], ["MM"])
    ...     list_people(Path(home) / "x.parquet", "base", (1, 0), [], labels, ["sex"], False)
    0
    """

    def rows() -> Iterator[tuple[int, int, dict[str, NDArray[np.generic]]]]:
        for part in parts:

            def streams(process: str, part: Part = part) -> np.random.Generator:
                return generator(*key, f"{process} {part.replicate} {part.chunk}")

            people = persons(part.runs, part.law, streams, columns, shuffled=shuffled)
            yield key[1] * BLOCK_SIZE + part.replicate, part.first, people

    return line_list.write_people(path, scenario, rows(), labels)


def time_to_list(loaded: LoadedConfig, folder: Path, drawn: DrawnBlock) -> tuple[float, int]:
    """List some people of the first block to see how long it takes.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    folder : Path
        Where the trial is written.
    drawn : DrawnBlock
        The first block.

    Returns
    -------
    seconds : float
        [seconds]
    n_people : int
        At most `CHUNK`, or one replicate.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> import tempfile
    >>> from simulation.config.load import load_config
    >>> loaded = load_config({"population": {"size": 500}}, engine="individuals", replicates=2)
    >>> with tempfile.TemporaryDirectory() as home:
    ...     time_to_list(loaded, Path(home), draw_block(loaded, 0))[1]
    1000
    """
    began, n = perf_counter(), 0
    parts = []
    for part in _parts(loaded, 0, drawn.listed[BASE]):
        parts.append(part)
        n += part.runs.n_people
        if n >= CHUNK:
            break
    settings = loaded.base.individuals
    shuffled = settings.order == "shuffled"
    path, key = folder / "trial.parquet", (loaded.base.seed, 0)
    list_people(path, BASE, key, parts, drawn.labels[BASE], settings.columns, shuffled)
    return perf_counter() - began, n


def _list_block(
    loaded: LoadedConfig, folder: Path, number: int, drawn: DrawnBlock, advance: Callable[[float], None]
) -> Iterator[Call]:
    """Calls that list the people of a block, file by file; its sums are written when the last is there."""
    files: dict[str, dict[str, int]] = {}
    n_people = sum(one.runs.n_people for listed in drawn.listed.values() for one in listed)
    waiting = {"the last call"}  # file names, and that not all calls are given out

    def done_with(name: str, rows: int) -> None:
        waiting.discard(name)
        advance(rows / (n_people + 1))  # the sums count like one more person
        if not waiting:
            for scenario, names in files.items():
                write_whole(_manifest(folder, scenario, number), json.dumps(names).encode())
            _write_sums(folder, number, drawn)
            advance(1 / (n_people + 1))

    def take(path: Path, wanted: int, rows: int) -> Iterable[Call]:
        if rows != wanted or not path.is_file():
            raise DataError(
                f"{path}: {rows:,} of {wanted:,} people arrived; a line list needs a folder all workers see"
            )
        done_with(f"{path}", rows)
        return ()

    settings = loaded.base.individuals
    for scenario, listed in drawn.listed.items():
        files[scenario] = {}
        for i, parts in enumerate(_files(_parts(loaded, number, listed))):
            path = (folder / LINE_LIST / scenario / f"block_{number:06d}_{i:04d}.parquet").absolute()
            wanted = sum(part.runs.n_people for part in parts)
            files[scenario][path.name] = wanted
            if line_list.is_whole(path):  # an interrupted run had come so far
                done_with(f"{path}", wanted)
                continue
            waiting.add(f"{path}")
            key = (loaded.base.seed, number)
            shuffled = settings.order == "shuffled"
            arguments = (path, scenario, key, parts, drawn.labels[scenario], settings.columns, shuffled)
            yield Call(list_people, arguments, partial(take, path, wanted))
    done_with("the last call", 0)


def _manifest(folder: Path, scenario: str, number: int) -> Path:
    """Where it says which files list the people of a block."""
    return folder / LINE_LIST / scenario / f"block_{number:06d}.json"


def _read_manifest(path: Path) -> dict[str, int] | None:
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


def _files(parts: Iterable[Part]) -> Iterator[list[Part]]:
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


def _write_sums(folder: Path, number: int, drawn: DrawnBlock) -> None:
    for scenario, content in drawn.sums.items():
        write_whole(block_path(folder / REPLICATES, scenario, number), content)


def _size(loaded: LoadedConfig, number: int) -> int:
    """Replicates of a block that the run still needs."""
    return min(BLOCK_SIZE, loaded.base.replicates - number * BLOCK_SIZE)
