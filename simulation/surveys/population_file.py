"""Write what was fitted as a population file, which a config names with `from`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from simulation.errors import DataError
from simulation.results.store import write_whole
from simulation.surveys.fit import AlleleFrequencyFit


def population_text(fit: AlleleFrequencyFit, label: str, command: str, files: Sequence[str]) -> str:
    """A population file.

    Parameters
    ----------
    fit : AlleleFrequencyFit
        What was fitted.
    label : str
        What the population is called.
    command : str
        Command that fitted it.
    files : sequence of str
        Files it was fitted to.

    Returns
    -------
    str
        TOML: label, fitted_from, rho, notes, and the Beta distribution of each allele but M.

    Notes
    -----
    Source: docs/evidence.md.

    Examples
    --------
    >>> import pandas as pd
    >>> from simulation.surveys.fit import fit_allele_frequencies
    >>> table = pd.DataFrame({"survey": "a", "genotype": ["MM", "MZ", "ZZ"], "n": [960, 39, 1]})
    >>> text = population_text(fit_allele_frequencies(table), "Mine", "aatd fit mine.csv", ["mine.csv"])
    >>> text.splitlines()[-1].split("#")[1]
    ' 41 of 2,000: 0.0205 (0.01401-0.02874)'
    """

    def quoted(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    lines = [
        f"# Allele frequencies, fitted by: {_one_line(command)}",
        '# In a config: [ancestries.mine] from = "this file", then [population.ancestry] mine = 1.0',
        f"label = {quoted(label)}",
        f"fitted_from = {quoted(list(files))}",
        f"surveys = {quoted(list(fit.surveys.names))}",
        "rho = { " + ", ".join(f"{allele} = {rho:.6g}" for allele, rho in fit.rho.items()) + " }",
        f"notes = {quoted(list(fit.notes))}",
        "",
        "[frequencies]",
    ]
    for row in fit.alleles.itertuples():
        if row.allele != "M":
            law = f"{{ beta = {{ alpha = {row.alpha!r}, beta = {row.beta!r} }} }}"
            lines.append(f"{row.allele} = {law}  # {row.n_observed:,} of {row.n_typed:,}: {row.text}")
    return "\n".join(lines) + "\n"


def write_text_whole(path: Path, text: str, force: bool = False) -> None:
    """Write a text file, whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made if need be.
    text : str
        What is written.
    force : bool, default False
        Whether a file that exists is replaced.

    Raises
    ------
    DataError
        If the file exists, or cannot be written.

    Notes
    -----
    Written beside its place and renamed. Source: docs/evidence.md.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text_whole(Path(folder) / "new" / "mine.toml", "rho = 0.0")
    ...     (Path(folder) / "new" / "mine.toml").read_text()
    'rho = 0.0'
    """
    if path.exists() and not force:
        raise DataError(f"{path}: exists already; choose another name, or replace it with --force")
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); choose another place") from None


def _one_line(text: str) -> str:
    return " ".join(text.split())
