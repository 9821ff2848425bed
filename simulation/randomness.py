"""Chance: one stream for each (seed, block of replicates, process), the same on any number of workers."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

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


def fill_standard_normal(rng: np.random.Generator, out: NDArray[np.float32]) -> None:
    """Fill an array with standard normal numbers.

    Parameters
    ----------
    rng : numpy.random.Generator
        Gives one uniform number for each of the out.size numbers, and one more if they are odd.
    out : ndarray of float32, one axis
        Filled in place.

    Notes
    -----
    Box and Muller's transform: √(−2 ln u) cos 2πv and √(−2 ln u) sin 2πv. NumPy works on whole arrays of float32 at
    several numbers an instruction, so this takes half the time of `Generator.standard_normal`. With u a multiple of 2⁻²⁴
    no number is beyond ±5.77. Source: Box and Muller 1958, doi 10.1214/aoms/1177706645.

    Examples
    --------
    >>> z = np.empty(100_000, np.float32)
    >>> fill_standard_normal(generator(1, 0, "serum"), z)
    >>> bool(abs(z.mean()) < 0.02), bool(abs(z.std() - 1) < 0.02)
    (True, True)
    """
    half = (out.size + 1) // 2
    radius, angle = np.split(rng.random(2 * half, dtype=np.float32), 2)
    np.subtract(np.float32(1), radius, out=radius)  # in (0, 1]: its logarithm is finite
    np.log(radius, out=radius)
    np.multiply(radius, np.float32(-2), out=radius)
    np.sqrt(radius, out=radius)
    np.multiply(angle, np.float32(2 * np.pi), out=angle)
    first, second = out[:half], out[half:]
    np.multiply(np.cos(angle), radius, out=first)
    np.multiply(np.sin(angle), radius, out=angle)
    second[:] = angle[: second.size]
