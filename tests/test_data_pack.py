"""Every row of the data pack: a known source, a valid distribution, a value inside its own interval."""

from itertools import pairwise

import numpy as np
import pytest

from simulation.assembly.parameters import frequency_distribution, inline_table, row_distribution, smoking_distributions
from simulation.config.load import load_config
from simulation.config.slots import GIVEN_OR_SOLVED, used_parameters
from simulation.data.pack import DataPack, data_pack
from simulation.errors import DataError
from simulation.parameters.distributions import parse_distribution

PACK = data_pack()
SOURCED = {
    "parameters": PACK.parameters.values(),
    "alleles": PACK.alleles.values(),
    "allele_frequencies": PACK.allele_frequencies.values(),
    "allele_frequency_checks": PACK.allele_frequency_checks.values(),
    "smoking": [row for rows in PACK.smoking.values() for row in rows],
    "mixtures": [row for rows in PACK.mixtures.values() for row in rows],
    "births": PACK.births.values(),
    "population_sizes": PACK.population_sizes.values(),
    "published_figures": PACK.published_figures.values(),
    "lab_tests": PACK.lab_tests.values(),
    "readings": [row for rows in PACK.readings.values() for row in rows.values()],
    "assumptions": PACK.assumptions.values(),
    "limits": PACK.limits.values(),
    "treatment_rules": PACK.treatment_rules.values(),
    "ages": [area.row for area in PACK.ages.values()],
}


@pytest.mark.parametrize("table", SOURCED)
def test_every_row_has_source_locator_and_verified(table):
    for row in SOURCED[table]:
        assert row.source in PACK.references, row
        assert row.locator.strip(), row
        assert row.verified in ("yes", "derived", "no"), row
        assert row.verified != "no" or row.note.startswith("(A)") or row.source != "model_choice", row


def test_every_reference_is_used():
    used = {row.source for rows in SOURCED.values() for row in rows}
    assert set(PACK.references) == used


@pytest.mark.parametrize("row", PACK.parameters.values(), ids=lambda row: row.name)
def test_parameters(row):
    if row.name in GIVEN_OR_SOLVED:
        assert row.value is None
        return
    assert row.value is not None
    assert row.low is None or row.low <= row.value <= row.high
    distribution = row_distribution(row)
    low, high = (float(x) for x in distribution.quantile([0.025, 0.975]))
    assert low <= row.value <= high, f"{row.name}: {row.value} is outside its distribution, {low:.4g} to {high:.4g}"
    assert np.isclose(distribution.central, row.value, rtol=0.05, atol=1e-12), (
        f"{distribution.central} against {row.value}"
    )
    if row.low is not None and row.distribution:
        assert np.isclose(low, row.low, rtol=0.12, atol=0.004), (
            f"{row.name}: 2.5 % at {low:.4g}, interval from {row.low}"
        )
        assert np.isclose(high, row.high, rtol=0.12, atol=0.004), (
            f"{row.name}: 97.5 % at {high:.4g}, interval to {row.high}"
        )
    if row.unit == "proportion":
        extreme = distribution.quantile([1e-9, 1 - 1e-9])
        assert 0 <= extreme[0] <= extreme[1] <= 1
    assert row.definition in ("", "fixed_ratio", "lln", "recorded")
    assert row.age_max is None or row.age_min < row.age_max


@pytest.mark.parametrize("row", PACK.allele_frequencies.values(), ids=lambda row: f"{row.population}-{row.allele}")
def test_allele_frequencies(row):
    assert 0 <= row.frequency <= 1
    assert row.allele in PACK.alleles
    if row.n_observed is not None:
        assert 0 <= row.n_observed <= row.n_typed
        assert np.isclose(row.frequency, row.n_observed / row.n_typed, rtol=1e-3, atol=1e-9)
    if row.low is not None:
        assert row.low <= row.frequency <= row.high
    if row.distribution:
        parse_distribution(inline_table(row.distribution))
    drawn = frequency_distribution(PACK, row.population, row.allele, 0.0002).quantile([0.001, 0.999])
    assert 0 <= drawn[0] <= drawn[1] <= 1


def test_frequencies_of_an_ancestry_sum_to_at_most_one():
    for ancestry, alleles in PACK.ancestry_alleles.items():
        total = sum(PACK.allele_frequencies[link.population, allele].frequency for allele, link in alleles.items())
        assert 0 < total < 1 or ancestry in ("kor", "npl", "isr_nonjewish"), ancestry
        assert total < 0.5, ancestry


def test_groups_agree_with_the_sum_of_all_pathogenic_alleles():
    for ancestry, check in PACK.allele_frequency_checks.items():
        rows = {a: (link.population, a) for a, link in PACK.ancestry_alleles.get(ancestry, {}).items()}
        rows = rows or {a: (p, a) for p, a in PACK.allele_frequencies if p == ancestry}  # all samples are no ancestry
        total = sum(PACK.allele_frequencies[row].frequency for a, row in rows.items() if a != "F")
        assert 0.75 <= total / check.any_pathogenic <= 1.25, f"{ancestry}: {total:.5f} against {check.any_pathogenic}"


def test_ancestries_are_complete():
    groups = [row for row in PACK.ancestries.values() if row.kind == "group"]
    countries = {row.area for row in PACK.ancestries.values() if row.kind == "country"}
    assert len(groups) == 13
    assert len(countries) >= 40
    assert set(PACK.ancestry_alleles) == set(PACK.ancestries)
    for row in PACK.ancestries.values():
        assert not row.proxy or row.proxy in PACK.ancestries
    for ancestry, alleles in PACK.ancestry_alleles.items():
        for allele, link in alleles.items():
            assert (link.population, allele) in PACK.allele_frequencies
            assert link.proxy in ("yes", "no"), (ancestry, allele)
            own = PACK.ancestries[ancestry].proxy == ""
            assert own or link.proxy == "yes", f"{ancestry} is a proxy and does not say so for {allele}"


def test_every_frequency_row_can_be_reached_by_a_config_or_by_reconcile():
    used = {(link.population, a) for alleles in PACK.ancestry_alleles.values() for a, link in alleles.items()}
    used |= {(population, a) for population, a in PACK.allele_frequencies if population == "gnomad_v4_all"}
    assert set(PACK.allele_frequencies) == used


def test_alleles():
    for row in PACK.alleles.values():
        assert row.like in ("M", "S", "Z", "null")
        assert row.part_of in ("", "rare", "null")
        assert row.polymerises in ("yes", "no")
        if row.grch38_position:
            assert (
                row.grch38_position - row.grch37_position == 94378610 - 94844947
            )  # one gene, one shift between builds


@pytest.mark.parametrize("source", PACK.smoking)
def test_smoking(source):
    rows = PACK.smoking[source]
    for sex in ("male", "female"):
        mine = [row for row in rows if row.sex in (sex, "both")]
        assert mine, f"{source} has no row for {sex}"
        for a, b in pairwise(mine):
            assert a.age_max == b.age_min
    for row in rows:
        assert abs(row.never + row.former + row.current - 1) <= 0.02
        assert row.effective_n > 0
    for distribution in smoking_distributions(source, PACK).values():
        low, high = distribution.quantile([0.001, 0.999])
        assert 0 <= low <= high <= 1


def test_mixtures_sum_to_one():
    for mixture, rows in PACK.mixtures.items():
        assert abs(sum(row.share for row in rows) - 1) < 1e-9, mixture
        assert {row.ancestry for row in rows} <= set(PACK.ancestries)


def test_regions_are_the_world():
    regions = ("europe", "northern_america", "latin_america_caribbean", "africa", "asia", "oceania")
    total = sum(sum(map(sum, PACK.ages[name].values())) for name in regions)
    world = sum(map(sum, PACK.ages["world"].values()))
    assert abs(total / world - 1) < 1e-5
    assert 7.7e9 < world < 7.9e9


def test_every_parameter_the_model_draws_has_a_row():
    for config in ({}, {"serum": {"standard": "purified", "inflamed_share": 0.1, "threshold_mg_dl": 57.0}},
                   {"copd": {"baseline": "epic_us", "mz_risk": "falls_with_pack_years"}},
                   {"liver": {"baseline_cirrhosis": 0.01}, "exposures": {"passive_smoke": 0.1}}):  # fmt: skip
        for name in used_parameters(load_config(config).base):
            assert name in PACK.parameters, name


def test_a_damaged_table_is_said_with_its_line(tmp_path):
    for path in PACK.folder.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / "births.csv").read_text(encoding="utf-8").splitlines()
    text[3] = text[3].replace(",2021,", ",twenty,")
    (tmp_path / "births.csv").write_text("\n".join(text), encoding="utf-8")
    with pytest.raises(DataError, match=r"births\.csv line 4: year = 'twenty'"):
        _ = DataPack(tmp_path).births
    (tmp_path / "births.csv").unlink()
    with pytest.raises(DataError, match=r"births\.csv: cannot be read"):
        _ = DataPack(tmp_path).births


def test_tables_for_pandas_keep_the_allele_null():
    assert "null" in set(PACK.table("alleles")["allele"])
    with pytest.raises(DataError, match="unknown table genes"):
        PACK.table("genes")
