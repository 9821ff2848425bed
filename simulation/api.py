"""The public functions that join the floors: run a config, load what was saved."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulation.config.load import LoadedConfig
from simulation.config.load import load_config as _load_config
from simulation.report.page import write_report
from simulation.results.results import Results, load_folder
from simulation.studies.estimate import refuse_what_does_not_fit
from simulation.studies.run import run_study


def run(config: str | Path | Mapping[str, Any] | LoadedConfig, **overrides: Any) -> Results:
    """Run a config.

    Parameters
    ----------
    config : path, mapping or LoadedConfig
        A TOML file, the same as a dict, or what `load_config` gave.
    **overrides
        Top-level keys that replace those of the config: replicates=100, smoking={"source": "italy_2016"}.

    Returns
    -------
    Results
        Tables, figures and, with `.save(folder)`, the report.

    Raises
    ------
    ConfigError
        With one sentence for each mistake in the config, or if it needs more memory or disk than there is.

    Notes
    -----
    Source: docs/model.md.

    Examples
    --------
    >>> results = run({"population": {"size": 10_000_000}}, replicates=64)
    >>> severe = results.prevalence.query("at == 'birth' and genotype == 'severe'").iloc[0]
    >>> bool(1500 < severe.one_in < 3500)
    True
    """
    loaded = _load_config(config, **overrides)
    refuse_what_does_not_fit(loaded, Path(tempfile.gettempdir()) / "aatd")
    folder = Path(tempfile.mkdtemp(prefix="aatd-"))
    try:
        results = run_study(loaded, folder, write_report=write_report)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(results, shutil.rmtree, folder, ignore_errors=True)  # replicates live as long as the results
    return results


def load_results(folder: str | Path) -> Results:
    """Read results that were saved.

    Parameters
    ----------
    folder : path
        As `aatd run` or `Results.save` wrote it.

    Returns
    -------
    Results
        The same tables and figures.

    Raises
    ------
    DataError
        If the folder does not hold whole results.

    Notes
    -----
    Source: docs/tables.md.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saved = run({"title": "Mine", "replicates": 2}).save(f"{folder}/mine")
    ...     load_results(saved).title
    'Mine'
    """
    return load_folder(folder, write_report)
