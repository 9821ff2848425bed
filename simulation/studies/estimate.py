"""What a run will need of a machine, before it is begun."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from time import perf_counter

import psutil

from simulation.assembly.build import build_block
from simulation.assembly.people import people
from simulation.config.load import LoadedConfig
from simulation.config.ways import ways
from simulation.diagnosis.programme import FUNNEL, PARTS, SYMPTOMS, WORK
from simulation.errors import ConfigError
from simulation.labels import AGES, BASE, SEXES, SMOKING, STATES
from simulation.randomness import BLOCK_SIZE
from simulation.results.axes import AGE_SETS, COUNTED_SETS
from simulation.results.folder import existing_parent
from simulation.results.unfinished import working_folder
from simulation.studies.blocks import DrawnBlock, draw_block
from simulation.studies.listing import PEOPLE_PER_FILE, files_of_block, list_people

MB = 1_000_000
# Measured: peak memory and disk of some twenty configs, from one population and 64 replicates to forty populations,
# eleven scenarios, 6,400 replicates and 10⁸ listed people; tests/test_estimate.py measures some of them again.
PROGRAM_MB = 268  # Python and its libraries, figures and report included
WORKER_MB = 45
WORKER_MB_PER_POPULATION = 9  # of 15 genotypes
WORKER_MB_PER_STRATEGY = 8
LISTING_MB = 110
SCENARIO_MB = 3
TABLE_MB_PER_REPLICATE = 0.022
TABLE_MB_PER_REPLICATE_AND_POPULATION = 0.004
USUAL_GENOTYPES = 15
COMPRESSED = 0.75  # of the bytes of the sums
# of each column of a listed person; those not named here take little when sorted
COLUMN_BYTES = {"serum_aat_umol_l": 3.5, "pack_years": 1.6, "age": 0.5}
OTHER_COLUMN_BYTES = {"sorted": 0.06, "shuffled": 0.25}
FIGURES_SECONDS = 4.5
TABLE_SECONDS_PER_POPULATION = 0.1
TABLE_SECONDS_PER_BLOCK_AND_POPULATION = 0.025


@dataclass(frozen=True)
class Needs:
    """What a run needs.

    Attributes
    ----------
    memory, disk : float
        [bytes]
    n_listed : float
        Expected rows of the line list. [people]
    because : str
        What the memory is mostly for: "replicates", "workers" or "populations".
    """

    memory: float
    disk: float
    n_listed: float
    because: str


def needs(loaded: LoadedConfig) -> Needs:
    """Reckon what a run needs, without beginning it.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.

    Returns
    -------
    Needs
        From the sizes of its arrays; memory errs on the large side.

    Notes
    -----
    Workers of a cluster need their part of the memory elsewhere. Source: docs/architecture.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> found = needs(load_config({"population": {"size": 10**6}}, engine="individuals", replicates=3))
    >>> int(found.n_listed), 100e6 < found.memory < 1e9, found.disk < 50e6
    (3000000, True, True)
    """
    base = loaded.base
    n_populations, n_scenarios = len(base.all_populations), len(loaded.scenarios)
    n_alleles = len(base.genetics.alleles)
    n_genotypes = n_alleles * (n_alleles + 1) // 2
    n_rows = n_populations + (n_populations > 1)
    n_listed = _n_listed(loaded)
    n_strategies = len(ways(base))
    wide = max(1.0, n_genotypes / USUAL_GENOTYPES)
    worker = WORKER_MB + WORKER_MB_PER_POPULATION * n_populations * wide + (LISTING_MB if n_listed else 0)
    worker += WORKER_MB_PER_STRATEGY * (n_strategies - 1)
    parts = {
        "workers": worker * (base.execution.workers if base.execution.scheduler is None else 1),
        "populations": SCENARIO_MB * n_scenarios * (1 + n_populations * wide),
        "replicates": base.replicates
        * (TABLE_MB_PER_REPLICATE + TABLE_MB_PER_REPLICATE_AND_POPULATION * (n_rows - 1) * n_scenarios),
    }
    n_groups = n_genotypes + len(COUNTED_SETS)
    n_sums = n_groups * (len(SMOKING) + 1) * (2 * len(STATES) + 2)
    n_sums += 2 * len(AGE_SETS) * (len(SEXES) + 1) * len(AGES) * 2
    n_sums += 2 * n_groups * (len(FUNNEL) + len(SYMPTOMS) + n_strategies * (len(PARTS) + len(WORK)))
    sums = base.replicates * n_scenarios * n_rows * n_sums * 8 * (0.5 if base.engine == "expected" else 1)
    other = OTHER_COLUMN_BYTES[base.individuals.order]
    person_bytes = other + sum(COLUMN_BYTES.get(column, other) for column in base.individuals.columns)
    return Needs(
        memory=(PROGRAM_MB + sum(parts.values())) * MB,
        disk=sums * COMPRESSED + n_listed * person_bytes + 5 * MB,
        n_listed=n_listed,
        because=max(parts, key=lambda part: parts[part]),
    )


def refuse_what_does_not_fit(loaded: LoadedConfig, folder: Path) -> Needs:
    """Refuse a run that needs more memory or disk than there is.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    folder : Path
        Where the results are to be.

    Returns
    -------
    Needs
        What the run needs, where it fits.

    Raises
    ------
    ConfigError
        With the numbers and the setting to change.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> refuse_what_does_not_fit(load_config({}), Path("results")).n_listed
    0.0
    """
    wanted = needs(loaded)
    work = working_folder(folder)
    there = sum(path.stat().st_size for path in work.rglob("*.parquet")) if work.is_dir() else 0
    free_memory = psutil.virtual_memory().available
    free_disk = shutil.disk_usage(existing_parent(folder)).free + there
    mistakes = []
    if wanted.memory > free_memory:
        cure = {
            "workers": f"lower execution.workers = {loaded.base.execution.workers} or follow fewer populations or alleles",
            "populations": "follow fewer populations, alleles or scenarios in one config",
            "replicates": f"lower replicates = {loaded.base.replicates}",
        }[wanted.because]
        mistakes.append(
            f"the run needs about {_size(wanted.memory)} of memory and {_size(free_memory)} are free; {cure}"
        )
    if wanted.disk > free_disk:
        cure = f"lower replicates = {loaded.base.replicates}"
        if wanted.n_listed:
            cure = (
                f"{wanted.n_listed:,.0f} people would be listed: set individuals.replicates or individuals.only to list"
                f" fewer, or lower replicates = {loaded.base.replicates}"
            )
        mistakes.append(
            f"the run needs about {_size(wanted.disk)} of disk and {_size(free_disk)} are free where {folder} is to be;"
            f" {cure}, or write elsewhere with --out"
        )
    if mistakes:
        raise ConfigError([f"{loaded.name}: {mistake}" for mistake in mistakes])
    return wanted


def trial_seconds(loaded: LoadedConfig) -> float:
    """Reckon how long a run will take here, by doing a little of it.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.

    Returns
    -------
    float
        [seconds]

    Raises
    ------
    ConfigError
        If drawn allele frequencies or inbreeding are impossible in some replicate of the first block.

    Notes
    -----
    One block is drawn, and some of its people listed; tables and figures are added from experience. Source:
    docs/architecture.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> 1 < trial_seconds(load_config({"replicates": 64})) < 600
    True
    """
    began = perf_counter()
    drawn = draw_block(loaded, 0)
    first = perf_counter() - began
    began = perf_counter()
    draw_block(loaded, 0)  # the first includes what is reckoned once
    block = perf_counter() - began
    n_blocks = ceil(loaded.base.replicates / BLOCK_SIZE)
    work = block * n_blocks
    if loaded.base.engine == "individuals":
        n_listed = _n_listed(loaded)
        work += n_listed * _seconds_to_list_one(loaded, drawn)
        n_pieces = max(n_blocks, ceil(n_listed / PEOPLE_PER_FILE))
    else:
        n_pieces = n_blocks
    at_once = min(loaded.base.execution.workers, psutil.cpu_count() or 1, n_pieces)
    n_populations = len(loaded.base.all_populations)
    rows = len(loaded.scenarios) * (n_populations + (n_populations > 1))
    tables = rows * (TABLE_SECONDS_PER_POPULATION + TABLE_SECONDS_PER_BLOCK_AND_POPULATION * n_blocks)
    return FIGURES_SECONDS + first - block + work / at_once + tables


def _seconds_to_list_one(loaded: LoadedConfig, drawn: DrawnBlock) -> float:
    """Seconds a person, from the first file of the line list."""
    with tempfile.TemporaryDirectory() as folder:
        files = files_of_block(loaded, Path(folder), 0, BASE, drawn.listed[BASE], drawn.labels[BASE])
        file = next(files, None)
        began = perf_counter()
        n = list_people(file) if file is not None else 0
        return (perf_counter() - began) / max(n, 1)


def _n_listed(loaded: LoadedConfig) -> float:
    """Expected rows of the line list."""
    base = loaded.base
    if base.engine != "individuals":
        return 0.0
    n_replicates = min(base.replicates, base.individuals.replicates or base.replicates)
    if base.individuals.only == "all":
        n = sum(
            int(people(population, loaded.pack).sum())
            for config in loaded.scenarios.values()
            for population in config.all_populations.values()
        )
        return float(n * n_replicates)
    found = 0.0
    for inputs in build_block(loaded, 0).inputs.values():
        share = inputs.values("genotype").mean(axis=0)[:, inputs.members(base.individuals.only)].sum(axis=-1)
        found += float((inputs.values("n_people").sum(axis=(1, 2)) * share).sum())
    return found * n_replicates


def _size(n: float) -> str:
    """Bytes in words."""
    return f"{n / 1e9:,.1f} GB" if n >= 1e9 else f"{n / 1e6:,.0f} MB"
