"""Folders that are whole or not there: written beside their place and renamed."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from simulation.errors import ConfigError, DataError

FINGERPRINT = "fingerprint.json"


@contextmanager
def written_beside(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a folder to write into, and put it in its place when all went well.

    Parameters
    ----------
    folder : Path
        Where the finished folder is to be.
    force : bool, default False
        Replace a folder that exists.

    Yields
    ------
    Path
        An empty folder beside it; removed if anything goes wrong, Ctrl-C included.

    Raises
    ------
    DataError
        If the folder exists and force is false, or cannot be written.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with written_beside(Path(home) / "mine") as beside:
    ...         _ = (beside / "a.txt").write_text("whole")
    ...     sorted(path.name for path in Path(home).iterdir())
    ['mine']
    """
    check_place(folder, force=force)
    made = [above for above in folder.absolute().parents if not above.exists()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.partial-", dir=folder.parent))
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror}); choose another folder with --out") from None
    try:
        yield beside
        beside.chmod(0o777 & ~_umask())
        _put_in_place(beside, folder, force=force)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror or error}); nothing was kept") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if not folder.exists():
            for above in made:  # innermost first; one that something else has filled meanwhile stays
                with suppress(OSError):
                    above.rmdir()


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
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with kept_until_finished(Path(home) / "mine", {"seed": 1}) as work:
    ...         _ = (work / "a.txt").write_text("whole")
    ...     sorted(path.name for path in Path(home).rglob("*"))
    ['a.txt', 'fingerprint.json', 'mine']
    """
    from filelock import FileLock, Timeout

    check_place(folder, force=force)
    work = folder.parent / f".{folder.name}.unfinished"
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
        _put_in_place(work, folder, force=force)
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


def _put_in_place(work: Path, folder: Path, *, force: bool) -> None:
    if folder.exists():
        check_place(folder, force=force)
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old-", dir=folder.parent))
        folder.rename(old / folder.name)
        work.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        work.rename(folder)


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
    blocks = len(list((work / "replicates" / "base").glob("block_*.parquet")))
    return max(blocks, int(any((work / "individuals").glob("*/block_*.parquet"))))


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
    n = n_finished(folder.parent / f".{folder.name}.unfinished")
    return f"finished blocks ({n}) are kept, go on with --resume" if n else "nothing was kept"


def check_place(folder: Path, *, force: bool = False) -> None:
    """Make sure that a folder may be written, before any work is done.

    Parameters
    ----------
    folder : Path
        Where the finished folder is to be.
    force : bool, default False
        Whether one that exists may be replaced.

    Raises
    ------
    DataError
        If it exists and may not be replaced, holds something other than results, or cannot be written.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> check_place(Path("somewhere-new"))
    """
    if folder.exists() or folder.is_symlink():
        if not force:
            raise DataError(f"{folder}: exists already; choose another folder with --out, or replace it with --force")
        if not folder.is_dir():
            raise DataError(f"{folder}: is a file, not a folder of results; choose another place with --out")
        if any(folder.iterdir()) and not (folder / "run.json").is_file():
            raise DataError(
                f"{folder}: holds something other than results; it is not replaced; choose another with --out"
            )
    above = existing_parent(folder)
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise DataError(
            f"{folder}: cannot be written ({above} is not a folder you may write to); choose another with --out"
        )


def existing_parent(folder: Path) -> Path:
    """The nearest folder above a place that exists already.

    Parameters
    ----------
    folder : Path
        The place.

    Returns
    -------
    Path
        Absolute.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> existing_parent(Path("nowhere") / "deep") == Path.cwd()
    True
    """
    above = folder.absolute().parent
    while not above.exists():
        above = above.parent
    return above


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
