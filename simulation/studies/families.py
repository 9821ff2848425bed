"""Families by the names of genotypes: children, relatives, couples at risk, negative carrier tests, PED files."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from simulation.data.pack import data_pack
from simulation.errors import DataError
from simulation.genetics import carrier_tests, couples, pedigrees
from simulation.genetics.genotype_names import parse_genotype
from simulation.genetics.hardy_weinberg import genotype_frequencies, with_m_as_remainder
from simulation.genetics.relatives import relation_named, relative_probabilities
from simulation.genetics.transmission import genotype_codes, offspring_probabilities
from simulation.labels import SEXES, genotypes
from simulation.randomness import generator
from simulation.results.store import write_whole
from simulation.results.summary import one_in
from simulation.studies.given_frequencies import Frequencies, frequencies_by_allele, ordered_alleles, readings_of

Array = NDArray[np.float64]
SEVERE_LIKE = ("Z", "null")  # what the alleles of a severe genotype behave like
NO_PROTEIN = "none"  # how readings.csv writes that a test of the protein finds nothing
SEX_CODE = {sex: code for code, sex in enumerate(SEXES, start=1)}


def offspring_genotypes(mother: str, father: str) -> dict[str, float]:
    """Genotypes of the children of two parents.

    Parameters
    ----------
    mother, father : str
        Genotypes as people write them: MZ, PI*SZ, Z/null, SMmalton.

    Returns
    -------
    dict of str to float
        Those that are possible. [proportion]

    Raises
    ------
    DataError
        If a genotype cannot be read.

    Notes
    -----
    Source: docs/model.md, section 13.

    Examples
    --------
    >>> offspring_genotypes("MZ", "MZ")
    {'MM': 0.25, 'MZ': 0.5, 'ZZ': 0.25}
    """
    one, other = _pair(mother), _pair(father)
    names = ordered_alleles({*one, *other})
    table = offspring_probabilities(len(names))
    return _possible(names, table[_code(one, names), _code(other, names)])


def relative_genotypes(genotype: str, relation: str, allele_frequency: Frequencies) -> dict[str, float]:
    """Genotypes of a relative of somebody whose genotype is known.

    Parameters
    ----------
    genotype : str
        Of the index person.
    relation : str
        What the relative is to the index person: parent, child, sibling, half_sibling, first_cousin, ...
    allele_frequency : float, mapping or str
        Of Z, where the genotype has only M and Z; by allele, M being the remainder; or an ancestry of the data pack, at
        its central frequencies. [proportion]

    Returns
    -------
    dict of str to float
        Those that are possible. [proportion]

    Raises
    ------
    DataError
        If the genotype, the relation or the frequencies cannot be used.

    Notes
    -----
    Mating at random, nobody inbred. Source: Li and Sacks 1954, doi 10.2307/3001590.

    Examples
    --------
    >>> {name: round(p, 4) for name, p in relative_genotypes("ZZ", "sibling", 0.02).items()}
    {'MM': 0.2401, 'MZ': 0.4998, 'ZZ': 0.2601}
    """
    pair = _pair(genotype)
    try:
        relation_named(relation)
    except ValueError as error:
        raise DataError(str(error)) from None
    names, (q,) = _pools([allele_frequency], pair)
    return _possible(names, relative_probabilities(q, relation)[_code(pair, names)])


def at_risk_couples(
    allele_frequency: Frequencies,
    partner: Frequencies | None = None,
    births: float | None = None,
    inbreeding: float = 0.0,
) -> pd.DataFrame:
    """How many couples can have a child with a severe genotype, and what awaits them.

    Parameters
    ----------
    allele_frequency : float, mapping or str
        Of Z; by allele; or an ancestry of the data pack. [proportion]
    partner : float, mapping or str, optional
        The same of the other partner, where the two come from different populations.
    births : float, optional
        Births a year. [people]
    inbreeding : float, default 0
        Wright's F of the children, in [0, 1/4]: partners are related as often as makes it. [dimensionless]

    Returns
    -------
    pandas.DataFrame
        couples: both_carry (any allele but M), zz_possible (both carry Z), severe_possible (both carry an allele like Z or
        null); proportion of couples, one_in, affected_child (probability that a child is severe), affected_births_per_year
        if births are given, next_child_risk (after one severe child). [proportion, people]

    Raises
    ------
    DataError
        If frequencies, births or inbreeding are impossible, or inbreeding is given for two populations.

    Notes
    -----
    Source: docs/model.md, section 2; Li and Sacks 1954, doi 10.2307/3001590.

    Examples
    --------
    >>> at_risk_couples(0.02).set_index("couples")["affected_child"].round(5).to_dict()
    {'both_carry': 0.25508, 'zz_possible': 0.25508, 'severe_possible': 0.25508}
    """
    names, pools = _pools([allele_frequency] if partner is None else [allele_frequency, partner])
    n = len(names)
    if births is not None and not 0 <= births < np.inf:
        raise DataError(f"births = {births:g}; it must be a number of births a year, at least 0")
    if partner is None:
        try:
            couple = couples.related_couples(pools[0], inbreeding)
        except ValueError as error:
            raise DataError(str(error)) from None
    elif inbreeding == 0:
        couple = np.outer(*(genotype_frequencies(q) for q in pools))
    else:
        raise DataError(f"inbreeding = {inbreeding:g}; partners of two populations are not related: leave it away")
    severe = _severe(names)
    affected = couples.made_of(severe, n)
    p = couples.child_probability(n, affected)
    rows = []
    for label, alleles in {
        "both_carry": range(1, n),
        "zz_possible": [names.index("Z")],
        "severe_possible": severe,
    }.items():
        kind = couple * couples.both_carry(couples.carries(alleles, n))
        common, born = float(kind.sum()), float((kind * p).sum())
        row = {"couples": label, "proportion": common, "one_in": float(one_in(common))}
        row["affected_child"] = born / common if common > 0 else np.nan
        if births is not None:
            row["affected_births_per_year"] = births * born
        rows.append(row | {"next_child_risk": float(couples.next_child_risk(kind, n, affected))})
    return pd.DataFrame(rows)


def residual_risk(allele_frequency: Frequencies, panel: str | Mapping[str, float]) -> dict[str, float]:
    """Probability that somebody carries a deficiency allele, before a carrier test and after a negative one.

    Parameters
    ----------
    allele_frequency : float, mapping or str
        Of Z; by allele; or an ancestry of the data pack. [proportion]
    panel : str or mapping of str to float
        A test of the data pack, such as sz_genotyping; or by allele the probability that a copy is seen. An allele left
        out, or which the test reads as M, is never seen. [proportion]

    Returns
    -------
    dict of str to float
        before, after, one_in_before, one_in_after; share_missed, of carriers. [proportion, people]

    Raises
    ------
    DataError
        If frequencies, the test or its sensitivities are unknown or impossible.

    Notes
    -----
    Bayes' rule; a carrier has at least one allele that is not M. Source: docs/model.md, section 13.

    Examples
    --------
    >>> {name: round(value, 4) for name, value in residual_risk(0.02, {"Z": 0.99}).items()}
    {'before': 0.0396, 'after': 0.0004, 'one_in_before': 25.2525, 'one_in_after': 2450.75, 'share_missed': 0.0099}
    """
    names, (q,) = _pools([allele_frequency])
    read = readings_of(panel)
    # a test may name rare alleles one by one or pooled; what it does not name it reads as M
    rows = [read.get(name, read.get(data_pack().alleles[name].part_of, ("M", 0.0))) for name in names]
    seen = [0.0 if read_as == "M" else sensitivity for read_as, sensitivity in rows]
    genotype = genotype_frequencies(q)
    missed = carrier_tests.p_negative(seen, [read_as == NO_PROTEIN for read_as, _ in rows])
    carrier = couples.carries(range(1, len(names)), len(names))
    before, after = (float(x) for x in carrier_tests.residual_risk(genotype, missed, carrier))
    return {
        "before": before,
        "after": after,
        "one_in_before": float(one_in(before)),
        "one_in_after": float(one_in(after)),
        "share_missed": float((genotype * missed)[carrier].sum() / before) if before > 0 else np.nan,
    }


def draw_families(
    genotype: str | Sequence[str],
    n: int,
    allele_frequency: Frequencies,
    n_siblings: ArrayLike,
    n_children: ArrayLike,
    seed: int,
    inbreeding: float = 0.0,
) -> pd.DataFrame:
    """Draw parents, siblings, a spouse and children of index persons.

    Parameters
    ----------
    genotype : str or sequence of n str
        Of the index persons; one for all, or one each.
    n : int
        Index persons, at least 1. [people]
    allele_frequency : float, mapping or str
        As for `relative_genotypes`. [proportion]
    n_siblings, n_children : int or n of them
        At least 0. Who has children has one spouse. [people]
    seed : int
        Of all chance, at least 0.
    inbreeding : float, default 0
        Wright's F of parents and spouses, in [0, 1]. [dimensionless]

    Returns
    -------
    pandas.DataFrame
        A person a row: family (from 1), person (from 1 in each family), relation, father and mother (their person number;
        0 for none in the family), sex, genotype.

    Raises
    ------
    DataError
        If something given is impossible; the message says what is allowed.

    Notes
    -----
    See `simulation.genetics.pedigrees.draw_families`. Source: Li and Sacks 1954, doi 10.2307/3001590.

    Examples
    --------
    >>> drawn = draw_families("ZZ", 1, {"Z": 0.02}, n_siblings=1, n_children=0, seed=1)
    >>> drawn[["family", "person", "relation", "father", "mother"]].to_numpy().tolist()
    [[1, 1, 'index', 2, 3], [1, 2, 'father', 0, 0], [1, 3, 'mother', 0, 0], [1, 4, 'sibling', 2, 3]]
    """
    written = [genotype] if isinstance(genotype, str) else list(genotype)
    if n < 1 or seed < 0:
        raise DataError(f"n = {n}, seed = {seed}; n must be at least 1 and seed at least 0")
    if not isinstance(genotype, str) and len(written) != n:
        raise DataError(f"genotype names {len(written)} people, n = {n}; give one genotype for all, or one for each")
    pairs = {text: _pair(text) for text in dict.fromkeys(written)}
    names, (q,) = _pools([allele_frequency], {allele for pair in pairs.values() for allele in pair})
    index = np.broadcast_to([_code(pairs[text], names) for text in written], n)
    try:
        found = pedigrees.draw_families(generator(seed, 0, "families"), index, q, n_siblings, n_children, inbreeding)
    except ValueError as error:
        raise DataError(str(error)) from None
    return pd.DataFrame(
        {
            "family": found.family + 1,
            "person": found.person,
            "relation": pd.Categorical.from_codes(found.relation, list(pedigrees.MEMBERS)),
            "father": found.father,
            "mother": found.mother,
            "sex": pd.Categorical.from_codes(found.sex - 1, list(SEXES)),
            "genotype": pd.Categorical.from_codes(found.genotype, list(genotypes(names))),
        }
    )


def write_ped(families: pd.DataFrame, path: str | Path) -> None:
    r"""Write families as a PED file.

    Parameters
    ----------
    families : pandas.DataFrame
        As `draw_families` returns it. A column `severe` says whom to count as severe; without it the genotype does.
    path : str or Path
        The file; it is whole or not there.

    Raises
    ------
    DataError
        If a column is missing, or a genotype cannot be read.

    Notes
    -----
    No header, six columns set apart by tabs: family, person, father, mother (0 for none), sex (1 male, 2 female, 0 not known),
    phenotype (2 a severe genotype, 1 any other, 0 not known). Source: docs/tables.md.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_ped(draw_families("ZZ", 1, 0.0, 0, 0, seed=1).assign(sex="male"), Path(folder) / "a.ped")
    ...     (Path(folder) / "a.ped").read_text(encoding="utf-8").splitlines()[0].split("\t")
    ['1', '1', '2', '3', '1', '2']
    """
    import pyarrow as pa
    from pyarrow import csv

    columns = ["family", "person", "father", "mother"]
    missing = [name for name in [*columns, "sex", "genotype"] if name not in families]
    if missing:
        raise DataError(f"families have no column {', '.join(missing)}; give the table of draw_families")
    content = {name: pa.array(families[name].to_numpy()) for name in columns}
    content["sex"] = pa.array(families["sex"].map(SEX_CODE).astype(float).fillna(0).to_numpy(np.int8))
    if "severe" in families:
        content["phenotype"] = pa.array(1 + families["severe"].to_numpy(np.int8))
    else:
        phenotype = {name: _phenotype(name) for name in families["genotype"].dropna().unique()}
        content["phenotype"] = pa.array(families["genotype"].map(phenotype).astype(float).fillna(0).to_numpy(np.int8))
    file = io.BytesIO()
    options = csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    csv.write_csv(pa.table(content), file, options)
    write_whole(Path(path), file.getvalue())


def _phenotype(genotype: str) -> int:
    """PED phenotype of a genotype: 2 severe, 1 any other, 0 not known."""
    pair = _pair(genotype, missing=True)
    return 0 if not pair else 1 + all(data_pack().alleles[allele].like in SEVERE_LIKE for allele in pair)


def _pair(genotype: str, missing: bool = False) -> tuple[str, ...]:
    """The two alleles of a genotype; none where it is missing and may be."""
    try:
        pair = parse_genotype(genotype, list(data_pack().alleles))
    except ValueError as error:
        raise DataError(f"genotype {genotype} {error}") from None
    if pair is None and not missing:
        raise DataError(f"genotype {genotype!r} is a missing one; write two alleles, such as MZ")
    return pair or ()


def _code(pair: Sequence[str], names: Sequence[str]) -> int:
    return int(genotype_codes(len(names))[names.index(pair[0]), names.index(pair[1])])


def _severe(names: Sequence[str]) -> list[int]:
    return [k for k, name in enumerate(names) if data_pack().alleles[name].like in SEVERE_LIKE]


def _possible(names: Sequence[str], probability: Iterable[float]) -> dict[str, float]:
    return {name: float(p) for name, p in zip(genotypes(names), probability, strict=True) if p > 0}


def _pools(given: Sequence[Frequencies], needed: Collection[str] = ()) -> tuple[list[str], list[Array]]:
    """Alleles, M first, and their frequencies in each population; refused where one that is needed has none."""
    tables = [frequencies_by_allele(table, needed) for table in given]
    names = ordered_alleles({"M", "Z", *(name for table in tables for name in table)})
    return names, [with_m_as_remainder([table.get(name, 0.0) for name in names[1:]]) for table in tables]
