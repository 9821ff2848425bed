"""Chance: one stream for each (seed, block of replicates, process), the same on any number of workers."""

from __future__ import annotations

import zlib

import numpy as np

BLOCK_SIZE = 64  # replicates; fixed, so that a longer run begins with the same replicates as a shorter one


def generator(seed: int, block: int, process: str) -> np.random.Generator:
    """Random numbers of one process in one block of replicates.

    Parameters
    ----------
    seed : int
        The config's seed, at least 0.
    block : int
        Number of the block, at least 0.
    process : str
        Name of the process or parameter: "genotype", "copd", "lung.copd_or.sz_ever", ...

    Returns
    -------
    numpy.random.Generator
        Independent of every other (seed, block, process).

    Notes
    -----
    SFC64 keyed by SeedSequence(seed, spawn_key=(block, crc32(process))). A new process or parameter therefore
    disturbs no other, and two scenarios share their random numbers.

    Examples
    --------
    >>> generator(1, 0, "copd").random() == generator(1, 0, "copd").random()
    True
    >>> generator(1, 0, "copd").random() == generator(1, 0, "genotype").random()
    False
    """
    key = zlib.crc32(process.encode())  # not hash(): Python salts it per process, so workers would disagree
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(block, key))))
