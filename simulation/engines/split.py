"""The two ways to split people: by multiplication, or by drawing whole people."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simulation.errors import ConfigError
from simulation.randomness import generator

NUMPY_LIMIT = 10**9  # people among whom NumPy draws without putting back


class Splitter(Protocol):
    """How an engine divides people among classes."""

    def divide(self, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
        """Divide n (...) among the classes of the last axis of probability (..., k)."""
        ...

    def part(self, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
        """Take the part of n (...) that has something of this probability (...)."""
        ...

    def deal(self, process: str, n: NDArray[Any], taken: NDArray[Any]) -> NDArray[Any]:
        """Take so many (...) of those who are alike in the groups of the last axis of n (..., k)."""
        ...


class Expected:
    """Multiply: the mean over all people who could be drawn."""

    def divide(self, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
        """Give n · probability."""
        return np.asarray(n)[..., None] * probability

    def part(self, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
        """Give n · probability."""
        return np.asarray(n) * probability

    def deal(self, process: str, n: NDArray[Any], taken: NDArray[Any]) -> NDArray[Any]:
        """Give each group its share of those taken."""
        total = np.asarray(n).sum(axis=-1)
        share = np.divide(taken, total, out=np.zeros(total.shape), where=total > 0)
        return np.asarray(np.asarray(n) * share[..., None])


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

    def deal(self, process: str, n: NDArray[Any], taken: NDArray[Any]) -> NDArray[Any]:
        """Draw a multivariate hypergeometric, one group after the other, each from its own stream."""
        n, taken = np.asarray(n, np.int64), np.asarray(taken, np.int64)
        total = n.sum(axis=-1)
        chance = (taken > 0) & (taken < total)  # nobody and everybody need none
        left, others = np.where(chance, taken, 0), np.where(chance, total, 0)
        if n.shape[-1] > 1 and others.max(initial=0) >= NUMPY_LIMIT:
            raise ConfigError(
                f"strategies: {int(others.max()):,} people of one population and genotype are alike in what decides whether"
                " they are tested, and fewer than 1,000,000,000 can be dealt out; lower the population's size or split it"
                " into several"
            )
        found = np.where((taken == total)[..., None], n, 0)
        alike = np.where(chance[..., None], n, 0)
        for k in range(n.shape[-1] - 1):
            others = others - alike[..., k]
            some = self._stream(f"{process} {k}").hypergeometric(alike[..., k], others, left)
            found[..., k] += some
            left = left - some
        found[..., -1] += left
        return found


def divided(split: Splitter, process: str, n: NDArray[Any], probability: NDArray[np.float64]) -> NDArray[Any]:
    """Divide people among classes of which none is the commonest everywhere.

    Parameters
    ----------
    split : Splitter
        How people are divided.
    process : str
        Name of the stream.
    n : ndarray (...)
        [people]
    probability : ndarray (..., class), a shape that broadcasts with n
        Of each class; sums to 1. [proportion]

    Returns
    -------
    ndarray (..., class)
        [people]

    Notes
    -----
    Classes are put in order for the draw, the commonest last: NumPy's multinomial gives it what rounding leaves. Source:
    docs/model.md, section 9.

    Examples
    --------
    >>> divided(Expected(), "any", np.array([10, 10]), np.array([[0.9, 0.1], [0.2, 0.8]])).tolist()
    [[9.0, 1.0], [2.0, 8.0]]
    """
    order = np.argsort(probability, axis=-1)
    drawn = split.divide(process, n, np.take_along_axis(probability, order, axis=-1))
    back = np.argsort(order, axis=-1)
    return np.take_along_axis(drawn, back.reshape((1,) * (drawn.ndim - back.ndim) + back.shape), axis=-1)
