"""Who does the work: threads, processes or a Dask cluster, all behind `concurrent.futures.Executor`."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from simulation.config.schema import Execution
from simulation.errors import ConfigError, DataError
from simulation.studies.record import package_version

LOOK_EVERY = 0.5  # seconds between looks at whether the workers are still there
PATIENCE = 10.0  # seconds for which a scheduler may be out of reach


@dataclass(frozen=True)
class Call:
    """One piece of work, and what to do with its answer.

    Attributes
    ----------
    function : callable
        Done by a worker; must be importable there.
    arguments : tuple
        Its arguments.
    then : callable
        Called here with the answer; gives further calls.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    then: Callable[[Any], Iterable[Call]]


@dataclass(frozen=True)
class Workers:
    """An executor, how many calls it can work on at a time, and how to see that it is still there.

    Attributes
    ----------
    executor : concurrent.futures.Executor
        Takes the calls.
    n : int
        Workers.
    check : callable
        check(patience) raises DataError when the workers have been gone for so many seconds.
    """

    executor: Executor
    n: int
    check: Callable[[float], None]


@contextmanager
def workers(execution: Execution) -> Iterator[Workers]:
    """Start, or find, the workers that a config asks for.

    Parameters
    ----------
    execution : Execution
        The config's table.

    Yields
    ------
    Workers
        Sent home at the end, however it comes; calls that have not begun are dropped.

    Raises
    ------
    ConfigError
        If Dask is not installed, no scheduler answers, or its workers run another version.

    Notes
    -----
    NumPy lets go of Python's lock while it draws, so threads are the default. Source: docs/architecture.md.

    Examples
    --------
    >>> with workers(Execution(workers=2)) as crew:
    ...     crew.executor.submit(abs, -3).result()
    3
    """
    if execution.scheduler is not None:
        with _cluster(execution.scheduler) as crew:
            yield crew
        return
    executor: Executor
    if execution.executor == "processes":
        spawn = multiprocessing.get_context("spawn")  # a fork would copy the locks of running threads
        executor = ProcessPoolExecutor(execution.workers, spawn, initializer=_watch_parent)
    else:
        executor = ThreadPoolExecutor(execution.workers, "aatd")
    try:
        yield Workers(executor, execution.workers, lambda _patience: None)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def work_off(crew: Workers, calls: Iterable[Call]) -> None:
    """Do all calls and those that follow from them, taking each answer as it comes.

    Parameters
    ----------
    crew : Workers
        Who does them.
    calls : iterable of Call
        Begun in this order, what follows from one before the next; no more are made than can be worked on.

    Raises
    ------
    DataError
        If the workers are gone. What a call raises is raised here.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> found = []
    >>> with workers(Execution(workers=2)) as crew:
    ...     work_off(crew, (Call(abs, (x,), lambda answer: found.append(answer) or []) for x in (-1, -2)))
    >>> sorted(found)
    [1, 2]
    """
    stack = [iter(calls)]
    pending: dict[Any, Call] = {}
    try:
        while stack or pending:
            while stack and len(pending) < crew.n + 1:  # one in hand, so that nobody waits
                call = next(stack[-1], None)
                if call is None:
                    stack.pop()
                else:
                    pending[crew.executor.submit(call.function, *call.arguments)] = call
            done, _ = wait(pending, timeout=LOOK_EVERY, return_when=FIRST_COMPLETED)
            if not done:
                crew.check(PATIENCE)
            for future in done:
                call = pending.pop(future)
                stack.append(iter(call.then(future.result())))
    except BrokenProcessPool:
        raise DataError(
            "a worker process was killed, perhaps for want of memory; take fewer with execution.workers"
        ) from None
    except CancelledError:
        crew.check(0)
        raise DataError("the workers dropped a block; look at the logs of the scheduler") from None
    finally:
        for future in pending:
            future.cancel()


def _watch_parent() -> None:
    """Let the main process answer Ctrl-C, and do not outlive it if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def end() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=end, daemon=True).start()


@contextmanager
def _cluster(address: str) -> Iterator[Workers]:
    try:
        import dask
        from dask.distributed import Client
    except ImportError:
        raise ConfigError(
            f'execution.scheduler = "{address}"; Dask is not installed: pip install "aatd-simulation[cluster]"'
        ) from None
    # people to be listed travel with their calls, some megabytes for each file of a hundred: not a mistake to warn of
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"})
    for name in ("distributed", "distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what they have to say is said here, in one line
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigError(f'execution.scheduler = "{address}"; no scheduler answers there ({reason})') from None
    try:
        _check_workers(client, address)
        since = monotonic()  # when all was last well

        def check(patience: float) -> None:
            nonlocal since
            if client.status == "running" and _n_workers(client):
                since = monotonic()
            elif client.status == "closed" or monotonic() - since >= patience:
                lost = "has no workers left" if client.status == "running" else "is gone"
                raise DataError(f"the scheduler {address} {lost}")

        n = sum(client.nthreads().values())
        # a block that was lost with its worker is done again elsewhere by the scheduler
        yield Workers(_Answering(client.get_executor(pure=False)), n, check)
    finally:
        client.close(timeout=1)


class _Answering(Executor):
    """A Dask executor whose shutdown does not wait for a scheduler that may be gone."""

    def __init__(self, executor: Any) -> None:
        self._executor = executor

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
        """Hand a call to the cluster."""
        return self._executor.submit(function, *arguments, **named)


def _n_workers(client: Any) -> int:
    try:
        return len(client.nthreads())
    except (OSError, TimeoutError):  # the scheduler went away this very moment
        return 0


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
        versions = client.run(package_version, "aatd-simulation")
    except TimeoutError:
        raise ConfigError(
            f'execution.scheduler = "{address}"; it has no workers: start some with dask worker {address}'
        ) from None
    except Exception as error:  # whatever goes wrong when a worker imports this package
        raise ConfigError(
            f'execution.scheduler = "{address}"; a worker cannot import aatd-simulation ({error}); install it there'
        ) from None
    here = package_version("aatd-simulation")
    others = {worker: version for worker, version in versions.items() if version != here}
    if others:
        worker, version = next(iter(others.items()))
        raise ConfigError(
            f'execution.scheduler = "{address}"; worker {worker} has aatd-simulation {version}, this is {here}'
        )
