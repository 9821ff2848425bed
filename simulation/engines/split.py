"""The two ways to split people: by multiplication, or by drawing whole people."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simulation.randomness import generator


class Splitter(Protocol):
    """How an engine divides people among classes."""

    def divide(self, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
        """Divide n (...) among the classes of the last axis of probability (..., k)."""
        ...

    def part(self, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
        """Take the part of n (...) that has something of this probability (...)."""
        ...


class Expected:
    """Multiply: the mean over all people who could be drawn."""

    def divide(self, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
        """Give n · probability."""
        return np.asarray(n)[..., None] * probability

    def part(self, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
        """Give n · probability."""
        return np.asarray(n) * probability


class Drawn:
    """Draw whole people: multinomial and binomial, one stream for each process of a block.

    A stream is used up replicate after replicate, so the numbers do not depend on how many replicates are drawn at once.

    Parameters
    ----------
    seed, block : int
        Key of the streams.
    """

    def __init__(self, seed: int, block: int) -> None:
        self._key = (seed, block)
        self._streams: dict[str, np.random.Generator] = {}

    def _stream(self, process: str) -> np.random.Generator:
        if process not in self._streams:
            self._streams[process] = generator(*self._key, process)
        return self._streams[process]

    def divide(self, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
        """Draw a multinomial; the commonest class must be last, for it takes what rounding leaves."""
        return np.asarray(self._stream(process).multinomial(np.asarray(n, np.int64), probability))

    def part(self, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
        """Draw a binomial."""
        return np.asarray(self._stream(process).binomial(np.asarray(n, np.int64), probability))
