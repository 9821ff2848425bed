"""What is written down of a run, so that it can be known, repeated and gone on with."""

from __future__ import annotations

import platform
import sys
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from simulation.config.load import LoadedConfig

PACKAGES = ("numpy", "scipy", "pandas", "xarray", "pyarrow", "matplotlib", "pydantic")


def run_record(loaded: LoadedConfig, began: datetime, seconds: float, command: str | None) -> dict[str, Any]:
    """What is needed to know and to repeat a run.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.
    began : datetime
        When.
    seconds : float
        How long. [seconds]
    command : str, optional
        How it was started.

    Returns
    -------
    dict
        Plain values for JSON.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> from datetime import UTC
    >>> from simulation.config.load import load_config
    >>> record = run_record(load_config({}), datetime(2026, 1, 1, tzinfo=UTC), 1.0, None)
    >>> record["origins"]["seed"], len(record["data_hash"])
    ('default', 64)
    """
    return {
        "name": loaded.name,
        "config": loaded.resolved,
        "origins": loaded.origins,
        "seed": loaded.base.seed,
        "replicates": loaded.base.replicates,
        "engine": loaded.base.engine,
        "scenarios": list(loaded.scenarios),
        "versions": versions(),
        "data_hash": loaded.pack.hash,
        "began": began.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "command": command if command is not None else "simulation.run",
        "platform": f"{platform.system()} {platform.machine()}, {sys.byteorder}-endian",
    }


def fingerprint(loaded: LoadedConfig) -> dict[str, Any]:
    """Everything that the blocks of a run depend on.

    Parameters
    ----------
    loaded : LoadedConfig
        Config with its scenarios.

    Returns
    -------
    dict
        Plain values for JSON: the config without its title and its workers, the data pack's hash, versions.

    Notes
    -----
    Source: docs/architecture.md.

    Examples
    --------
    >>> from simulation.config.load import load_config
    >>> one, two = (load_config({}, execution={"workers": n}) for n in (1, 2))
    >>> fingerprint(one) == fingerprint(two), fingerprint(one) == fingerprint(load_config({}, seed=1))
    (True, False)
    """
    config = {key: value for key, value in loaded.resolved.items() if key not in ("title", "execution")}
    needed = ("simulation", "numpy", "scipy")
    return {
        "config": config,
        "data_hash": loaded.pack.hash,
        "versions": {package: found for package, found in versions().items() if package in needed},
    }


def versions() -> dict[str, str]:
    """Versions of this package, Python and what the numbers rest on.

    Returns
    -------
    dict of str to str
        By name.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> sorted(versions())[:2]
    ['matplotlib', 'numpy']
    """
    found = {package: package_version(package) for package in PACKAGES}
    return {"simulation": package_version("aatd-simulation"), "python": platform.python_version(), **found}


def package_version(package: str) -> str:
    """Version of an installed distribution.

    Parameters
    ----------
    package : str
        Its name.

    Returns
    -------
    str
        "not installed" where there is none: a checkout runs without.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> package_version("no-such-package")
    'not installed'
    """
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
