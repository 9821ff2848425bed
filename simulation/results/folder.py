"""Folders that are whole or not there: written beside their place and renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simulation.errors import DataError

OURS = ("run.json", "validation.csv")  # a folder that holds one of these was written by us


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
        put_in_place(beside, folder, force=force)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror or error}); nothing was kept") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if not folder.exists():
            for above in made:  # innermost first; one that something else has filled meanwhile stays
                with suppress(OSError):
                    above.rmdir()


def put_in_place(beside: Path, folder: Path, *, force: bool = False) -> None:
    """Rename a finished folder to its place.

    Parameters
    ----------
    beside : Path
        The finished folder.
    folder : Path
        Its place.
    force : bool, default False
        Replace results that are there.

    Raises
    ------
    DataError
        If something is there and may not be replaced.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     (Path(home) / "a").mkdir()
    ...     put_in_place(Path(home) / "a", Path(home) / "b")
    ...     [path.name for path in Path(home).iterdir()]
    ['b']
    """
    if folder.exists():
        check_place(folder, force=force)
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old-", dir=folder.parent))
        folder.rename(old / folder.name)
        beside.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        beside.rename(folder)


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
        if any(folder.iterdir()) and not any((folder / name).is_file() for name in OURS):
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
