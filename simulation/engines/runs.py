"""Leaves of one replicate as a run-length table: a row for each kind of people, and how many there are of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ORDER = ("population", "genotype", "sex", "age", "smoking", "state", "eligibility", "liver", "panniculitis")
CHUNK = 1 << 20  # people of a line list that are drawn and written together; fixed, for random numbers go by chunk

Streams = Callable[[str], np.random.Generator]
Codes = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Runs:
    """Kinds of people and how many there are of each.

    Attributes
    ----------
    codes : dict of str to ndarray of unsigned int (n_runs,)
        Positions on the axes of `ORDER`, and of others that were split later.
    n : ndarray of int64 (n_runs,)
        [people]
    """

    codes: dict[str, Codes]
    n: NDArray[np.int64]

    @property
    def n_people(self) -> int:
        """People in all."""
        return int(self.n.sum())

    def take(self, rows: NDArray[Any] | slice, n: NDArray[np.int64] | None = None) -> Runs:
        """Keep some rows, perhaps with other numbers of people.

        Parameters
        ----------
        rows : index
            Which.
        n : ndarray of int64, optional
            Their people. [people]

        Returns
        -------
        Runs
            Those rows.
        """
        return Runs({name: code[rows] for name, code in self.codes.items()}, self.n[rows] if n is None else n)

    def marked(self, column: str, value: int | NDArray[Any], rows: NDArray[np.intp], n: NDArray[np.int64]) -> Runs:
        """Give n people of each of some rows another code; a row of which only a part is taken becomes two.

        Parameters
        ----------
        column : str
            Which code.
        value : int or ndarray of int
            The new one, of all these rows or of each.
        rows : ndarray of int
            Rows.
        n : ndarray of int64
            How many people of each. [people]

        Returns
        -------
        Runs
            Without empty rows; new rows last.
        """
        moved = self.take(rows, n)
        moved.codes[column] = np.broadcast_to(value, len(n)).astype(moved.codes[column].dtype)
        left = self.n.copy()
        left[rows] -= n
        both = joined(Runs(self.codes, left), moved)
        return both.take(both.n > 0)

    def in_order(self) -> Runs:
        """Sort rows by population, genotype, sex, age and so on."""
        key = np.zeros(len(self.n), np.int64)
        for name in ORDER:
            code = self.codes[name]
            key = key * (int(code.max(initial=0)) + 1) + code
        return self.take(np.argsort(key, kind="stable"))


def joined(first: Runs, second: Runs) -> Runs:
    """Put one table below another.

    Parameters
    ----------
    first, second : Runs
        With the same codes.

    Returns
    -------
    Runs
        The rows of both.

    Notes
    -----
    Source: docs/model.md, section 10.

    Examples
    --------
    >>> runs = Runs({"sex": np.array([0, 1], np.uint16)}, np.array([3, 4]))
    >>> joined(runs, runs).n.tolist()
    [3, 4, 3, 4]
    """
    codes = {name: np.concatenate([code, second.codes[name]]) for name, code in first.codes.items()}
    return Runs(codes, np.concatenate([first.n, second.n]))


def chunks(runs: Runs) -> Iterator[Runs]:
    """Cut a table into chunks of `CHUNK` people; a row may end in one and go on in the next.

    Parameters
    ----------
    runs : Runs
        A whole replicate.

    Yields
    ------
    Runs
        Each of CHUNK people, the last of what is left.

    Notes
    -----
    Source: docs/model.md, section 10.

    Examples
    --------
    >>> runs = Runs({"sex": np.array([0, 1], np.uint16)}, np.array([CHUNK + 5, 7]))
    >>> [chunk.n.tolist() for chunk in chunks(runs)]
    [[1048576], [5, 7]]
    """
    ends = np.cumsum(runs.n)
    for begin in range(0, runs.n_people, CHUNK):
        end = min(begin + CHUNK, int(ends[-1]))
        rows = slice(int(np.searchsorted(ends, begin, "right")), int(np.searchsorted(ends, end, "left")) + 1)
        n = np.minimum(ends[rows], end) - np.maximum(ends[rows] - runs.n[rows], begin)
        part = runs.take(rows, n)
        yield part.take(part.n > 0)


def shuffled_chunks(runs: Runs, rng: np.random.Generator) -> Iterator[Runs]:
    """Put everybody into one of several chunks at random.

    Parameters
    ----------
    runs : Runs
        A whole replicate.
    rng : numpy.random.Generator
        Source of chance.

    Yields
    ------
    Runs
        About CHUNK people each, still in order: shuffled within, all of them together are a random permutation.

    Notes
    -----
    Everybody goes to each chunk with the same probability, whoever else is in it. Source: docs/model.md, section 10.

    Examples
    --------
    >>> runs = Runs({"sex": np.array([0, 1], np.uint16)}, np.array([CHUNK, CHUNK]))
    >>> parts = list(shuffled_chunks(runs, np.random.default_rng(1)))
    >>> len(parts), sum(part.n_people for part in parts) == 2 * CHUNK
    (2, True)
    """
    n_chunks = -(-runs.n_people // CHUNK)
    left = runs.n
    for still in range(n_chunks, 0, -1):
        n = rng.binomial(left, 1 / still) if still > 1 else left
        left = left - n
        yield runs.take(n > 0, n[n > 0])
