"""Runs that were cut off: a working folder that keeps finished blocks until all is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from simulation.errors import ConfigError, DataError
from simulation.labels import BASE
from simulation.results import line_list, store
from simulation.results.folder import check_place, put_in_place

FINGERPRINT = "fingerprint.json"


@contextmanager
def kept_until_finished(
    folder: Path, fingerprint: Mapping[str, Any], *, force: bool = False, resume: bool = False
) -> Iterator[Path]:
    """Give a folder to work in that outlives an interruption, and put it in its place when all went well.

    Parameters
    ----------
    folder : Path
        Where the finished folder is to be.
    fingerprint : mapping
        What the work depends on, plain values; work is gone on with only where it is the same.
    force : bool, default False
        Replace a folder that exists, and throw unfinished work away.
    resume : bool, default False
        Go on with unfinished work, if there is any.

    Yields
    ------
    Path
        `.NAME.unfinished` beside the folder. It stays if anything goes wrong after the first block was finished.

    Raises
    ------
    DataError
        If the folder exists and force is false, cannot be written, another run is at work on it, or there is unfinished
        work that is neither gone on with nor thrown away.

    Notes
    -----
    A lock of the operating system tells a run that is at work from one that was killed. Source: docs/architecture.md.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with kept_until_finished(Path(home) / "mine", {"seed": 1}) as work:
    ...         _ = (work / "a.txt").write_text("whole")
    ...     sorted(path.name for path in Path(home).rglob("*"))
    ['a.txt', 'fingerprint.json', 'mine']
    """
    from filelock import FileLock, Timeout

    check_place(folder, force=force)
    work = working_folder(folder)
    made = [above for above in folder.absolute().parents if not above.exists()]
    lock = FileLock(work / "lock")
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
        _begin(folder, work, fingerprint, force=force, resume=resume)
    except Timeout:
        raise DataError(f"{folder}: another run is at work on it; wait for it, or choose another with --out") from None
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror}); choose another folder with --out") from None
    except BaseException:
        lock.release()
        raise
    try:
        yield work
        (work / "lock").unlink(missing_ok=True)
        put_in_place(work, folder, force=force)
    except ConfigError:  # going on would meet it again
        shutil.rmtree(work, ignore_errors=True)
        raise
    except DataError as error:
        raise DataError([f"{message}; {kept_sentence(folder)}" for message in error.messages]) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{folder}: cannot be written ({reason}); {kept_sentence(folder)}") from None
    finally:
        lock.release()
        if not n_finished(work):
            shutil.rmtree(work, ignore_errors=True)
            if not folder.exists():
                for above in made:
                    with suppress(OSError):
                        above.rmdir()


def _begin(folder: Path, work: Path, fingerprint: Mapping[str, Any], *, force: bool, resume: bool) -> None:
    """Make the working folder new, or make sure that what is in it belongs to this run."""
    about = work / FINGERPRINT
    before, now = _read_fingerprint(work), json.loads(json.dumps(fingerprint))
    if n_finished(work) and not force:
        if not resume:
            raise DataError(
                f"{folder}: an unfinished run has finished blocks ({n_finished(work)}); go on with --resume, or throw them"
                " away with --force"
            )
        if before != now:
            key, was, is_now = next(_differences(before or {}, now))
            raise DataError(
                f"{folder}: the unfinished run is another: {key} was {was}, is {is_now}; go on with what it was, or throw it"
                " away with --force"
            )
    elif before != now or force:
        for path in work.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
    about.write_text(json.dumps(now), encoding="utf-8")


def _read_fingerprint(folder: Path) -> Any:
    try:
        return json.loads((folder / FINGERPRINT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def is_finished(folder: Path, fingerprint: Mapping[str, Any]) -> bool:
    """Whether a folder holds the finished results of this very run.

    Parameters
    ----------
    folder : Path
        Of results.
    fingerprint : mapping
        What the run depends on.

    Returns
    -------
    bool
        False also where there is no folder.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> is_finished(Path("nowhere"), {})
    False
    """
    return (folder / "run.json").is_file() and bool(_read_fingerprint(folder) == json.loads(json.dumps(fingerprint)))


def _differences(before: Any, now: Any, key: str = "") -> Iterator[tuple[str, str, str]]:
    """Keys whose values differ, in words."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in [*now, *(name for name in before if name not in now)]:
            yield from _differences(before.get(name), now.get(name), f"{key}.{name}".lstrip("."))
    elif before != now:
        yield key.removeprefix("config."), json.dumps(before)[:60], json.dumps(now)[:60]


def n_finished(work: Path) -> int:
    """Blocks that an unfinished run has done.

    Parameters
    ----------
    work : Path
        Its working folder.

    Returns
    -------
    int
        Blocks of the base.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> n_finished(Path("nowhere"))
    0
    """
    blocks = len(list((work / store.FOLDER / BASE).glob("block_*.parquet")))
    return max(blocks, int(any((work / line_list.FOLDER).glob("*/block_*.parquet"))))


def kept_sentence(folder: Path) -> str:
    """Say what is left of an interrupted run.

    Parameters
    ----------
    folder : Path
        Where the finished folder was to be.

    Returns
    -------
    str
        A clause.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> kept_sentence(Path("nowhere"))
    'nothing was kept'
    """
    n = n_finished(working_folder(folder))
    return f"finished blocks ({n}) are kept, go on with --resume" if n else "nothing was kept"


def working_folder(folder: Path) -> Path:
    """Where a run works until it is finished.

    Parameters
    ----------
    folder : Path
        Where the finished folder is to be.

    Returns
    -------
    Path
        Beside it, so that a rename puts it in its place.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> working_folder(Path("results/mine")).name
    '.mine.unfinished'
    """
    return folder.parent / f".{folder.name}.unfinished"
