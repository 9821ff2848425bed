"""Population files: allele frequencies that `aatd fit` wrote and a config names with `from`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from simulation.config.layers import Origins, leaf_keys
from simulation.config.schema import Genetics
from simulation.data.pack import data_pack
from simulation.errors import nearest

FROM, SAMPLE = "from", "sample"
KEYS = ("label", "fitted_from", "surveys", "rho", "notes", SAMPLE, "frequencies")
PATIENTS = (
    "patients are no population: severe genotypes are far more common among them; estimate what lies behind their yield"
    " with aatd fit --ascertainment, or take a survey of the population"
)


def fill_from_files(data: MutableMapping[str, Any], label: str, origins: Origins) -> tuple[list[str], dict[str, str]]:
    r"""Put the frequencies of population files in the place of `from`.

    Parameters
    ----------
    data : dict
        Merged tables of a config; changed in place. Frequencies given beside `from` come before those of the file.
    label : str
        The config's name, for sentences.
    origins : dict of str to str
        Where each value came from; changed in place.

    Returns
    -------
    mistakes : list of str
        One sentence for each mistake.
    past : dict of str to str
        By ancestry: what its frequencies were fitted to, and what must be known of them.

    Notes
    -----
    What a run used is thereby saved with it. Alleles of the file that the config does not follow count as M, as those of
    the data pack do. Source: docs/evidence.md.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "mine.toml").write_text("[frequencies]\nZ = 0.02\nF = 0.01")
    ...     data = {"ancestries": {"mine": {"from": f"{folder}/mine.toml"}}}
    ...     fill_from_files(data, "config", {}), data
    (([], {'mine': 'Fitted, mine.toml.'}), {'ancestries': {'mine': {'Z': 0.02}}})
    """
    mistakes: list[str] = []
    past: dict[str, str] = {}
    followed = Genetics().alleles
    if isinstance(data.get("genetics"), Mapping):
        followed = data["genetics"].get("alleles", followed)
    for where, ancestries in _tables(data):
        for name, table in ancestries.items():
            if not isinstance(table, Mapping) or not {FROM, SAMPLE} & set(table):
                continue
            key = f"{where}ancestries.{name}"
            own = dict(table)
            source, sample = own.pop(FROM, None), own.pop(SAMPLE, None)
            if sample is not None:
                mistakes += _sample_mistakes(f"{label}: {key}.sample", sample)
            found: dict[str, Any] = {}
            if source is not None:
                found, wrong, past[name] = _read(source, f"{label}: {key}.from", followed)
                mistakes += wrong
            ancestries[name] = {**found, **own}
            origins.pop(f"{key}.{FROM}", None)
            read = {allele: value for allele, value in found.items() if allele not in own}
            origins.update({leaf: Path(str(source)).name for leaf in leaf_keys(read, f"{key}.")})
    return mistakes, past


def _tables(data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tables of ancestries, of the base and of scenarios, made anew so that they can be changed."""
    tables = [("", data)]
    if isinstance(data.get("scenarios"), Mapping):
        tables += [(f"scenarios.{name}.", layer) for name, layer in data["scenarios"].items()]
    for where, table in tables:
        if isinstance(table, MutableMapping) and isinstance(table.get("ancestries"), Mapping):
            table["ancestries"] = dict(table["ancestries"])
            yield where, table["ancestries"]


def _sample_mistakes(where: str, sample: Any) -> list[str]:
    if sample == "population":
        return []
    if sample == "patients":
        return [f'{where} = "patients"; {PATIENTS}']
    return [f'{where} = {sample!r}; it must be "population" or "patients"']


def _read(source: Any, where: str, followed: list[str]) -> tuple[dict[str, Any], list[str], str]:
    """Frequencies of the alleles that a config follows, mistakes, and the file's past in words."""
    if not isinstance(source, str):
        return {}, [f"{where} = {source!r}; it must be the name of a population file in quotes"], ""
    path = Path(source)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        beside = [p.stem for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        near = nearest(path.stem, beside).replace("?", ".toml?")
        return {}, [f'{where} = "{source}"; no such file{near} (aatd fit DATA --out {path.name} writes one)'], ""
    except OSError as error:
        return {}, [f'{where} = "{source}"; cannot be read ({error.strerror})'], ""
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        cure = "" if path.suffix == ".toml" else f" (is it a survey? aatd fit {path.name} --out {path.stem}.toml)"
        return {}, [f"{path.name}: not valid TOML: {error}{cure}"], ""
    mistakes = [f"{path.name}: unknown key {key}{nearest(key, KEYS)}" for key in data if key not in KEYS]
    if SAMPLE in data:
        mistakes += _sample_mistakes(f"{path.name}: sample", data[SAMPLE])
    frequencies = data.get("frequencies")
    if not isinstance(frequencies, Mapping) or not frequencies:
        return (
            {},
            [*mistakes, f"{path.name}: no frequencies; a population file has a table [frequencies] by allele"],
            "",
        )
    alleles = data_pack().alleles
    for allele in frequencies:
        if allele not in alleles and allele not in followed:
            mistakes.append(
                f"{path.name}: frequencies.{allele}: unknown allele{nearest(allele, [*alleles, *followed])}"
            )
        elif allele in alleles and allele not in followed and alleles[allele].part_of in followed:
            mistakes.append(
                f"{path.name}: frequencies.{allele} is part of {alleles[allele].part_of}, which the config follows; fit them"
                " together (aatd fit without --alleles), or follow the parts"
            )
    return {allele: value for allele, value in frequencies.items() if allele in followed}, mistakes, _past(path, data)


def _past(path: Path, data: Mapping[str, Any]) -> str:
    surveys = data.get("surveys", [])
    named = f" to {', '.join(map(str, surveys))}" if surveys else ""
    notes = "".join(f" {str(note)[:1].upper()}{str(note)[1:]}." for note in data.get("notes", []))
    return f"Fitted{named}, {path.name}.{notes}"
