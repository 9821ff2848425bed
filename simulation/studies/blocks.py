"""Blocks of replicates: drawn by workers, written as they arrive, and done only once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path

from simulation.assembly.build import build_block
from simulation.config.load import LoadedConfig
from simulation.engines.block import Listed, run_block
from simulation.errors import DataError
from simulation.labels import BASE
from simulation.randomness import BLOCK_SIZE
from simulation.results.line_list import FOLDER as LINE_LIST
from simulation.results.line_list import categories
from simulation.results.store import FOLDER as REPLICATES
from simulation.results.store import block_bytes, block_path, is_whole, write_whole
from simulation.studies.listing import (
    ListFile,
    files_of_block,
    list_people,
    manifest_path,
    read_manifest,
    write_manifest,
)
from simulation.studies.workers import Call, work_off, workers

Progress = Callable[[float, int], None]


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
        damaged = [] if is_whole(sums, every_page=True) else [sums]
        if loaded.base.engine == "individuals":
            manifest = manifest_path(folder, scenario, number)
            files = read_manifest(manifest)
            listed = [folder / LINE_LIST / scenario / name for name in files or ()]
            damaged += [path for path in listed if not is_whole(path)] if files is not None else [manifest]
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
        drawn.labels[scenario] = categories(list(loaded.scenarios), inputs.populations, ancestries, inputs.genotypes)
    return drawn


def _list_block(
    loaded: LoadedConfig, folder: Path, number: int, drawn: DrawnBlock, advance: Callable[[float], None]
) -> Iterator[Call]:
    """Calls that list the people of a block, file by file; its sums are written when the last is there."""
    manifests: dict[str, dict[str, int]] = {}
    n_people = sum(one.runs.n_people for listed in drawn.listed.values() for one in listed)
    waiting = {"the last call"}  # files, and that not all calls are given out

    def done_with(name: str, rows: int) -> None:
        waiting.discard(name)
        advance(rows / (n_people + 1))  # the sums count like one more person
        if not waiting:
            for scenario, files in manifests.items():
                write_manifest(folder, scenario, number, files)
            _write_sums(folder, number, drawn)
            advance(1 / (n_people + 1))

    def take(file: ListFile, wanted: int, rows: int) -> Iterable[Call]:
        if rows != wanted or not file.path.is_file():
            raise DataError(
                f"{file.path}: {rows:,} of {wanted:,} people arrived; a line list needs a folder that all workers see"
            )
        done_with(f"{file.path}", rows)
        return ()

    for scenario, listed in drawn.listed.items():
        manifests[scenario] = {}
        for file in files_of_block(loaded, folder, number, scenario, listed, drawn.labels[scenario]):
            wanted = manifests[scenario][file.path.name] = file.n_people
            if is_whole(file.path):  # an interrupted run had come so far
                done_with(f"{file.path}", wanted)
            else:
                waiting.add(f"{file.path}")
                yield Call(list_people, (file,), partial(take, file, wanted))
    done_with("the last call", 0)


def _write_sums(folder: Path, number: int, drawn: DrawnBlock) -> None:
    for scenario, content in drawn.sums.items():
        write_whole(block_path(folder / REPLICATES, scenario, number), content)


def _size(loaded: LoadedConfig, number: int) -> int:
    """Replicates of a block that the run still needs."""
    return min(BLOCK_SIZE, loaded.base.replicates - number * BLOCK_SIZE)
