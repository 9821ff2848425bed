"""Configs: layers, scenarios, origins, the schema for editors, and every mistake in one sentence."""

import json
import tomllib
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import simulation
from simulation import ConfigError, load_config
from simulation.assembly.evidence import figures_used
from simulation.config.json_schema import json_schema
from simulation.config.layers import merge, parse_setting
from simulation.config.schema import Config, Model
from simulation.parameters.distributions import parse_distribution

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.toml"))


def mistakes(source, settings=(), **overrides):
    with pytest.raises(ConfigError) as caught:
        load_config(source, settings, **overrides)
    return caught.value.messages


def one_mistake(source, **overrides):
    messages = mistakes(source, **overrides)
    assert len(messages) == 1, messages
    assert "\n" not in messages[0]
    return messages[0]


# --- each mistake: the key, the value, what is allowed, the cure ------------------------------------------------------

WRONG = {
    "unknown key": ({"seeed": 1}, "config: unknown key seeed; did you mean seed?"),
    "unknown nested key": (
        {"smoking": {"pack_yeers": 1}},
        "config: unknown key smoking.pack_yeers",
    ),
    "unknown key of a population": (
        {"population": {"sise": 1}},
        "config: unknown key population.sise; did you mean size?",
    ),
    "wrong type": ({"title": 5}, "config: title = 5; it must be text in quotes"),
    "wrong type, a choice": ({"population": {"size": 2.5}}, "config: population.size = 2.5; it must be a whole number or text"),
    "a table wanted": ({"population": 3}, "config: population = 3; it must be a table"),
    "percent for proportion": (
        {"smoking": {"never": 34, "former": 0.3, "current": 0.3}},
        'config: smoking.never = 34; it must be at least 0 and at most 1 (for 34 % write 0.34 or "34 %")',
    ),
    "zero replicates": ({"replicates": 0}, "config: replicates = 0; it must be at least 1"),
    "negative seed": ({"seed": -1}, "config: seed = -1; it must be at least 0"),
    "unknown engine": ({"engine": "count"}, "it must be 'counts', 'individuals' or 'expected'; did you mean counts?"),
    "nobody": ({"population": {"size": 0}}, "config: population.size = 0; it must be at least 1"),
    "frequencies above 1": (
        {"ancestries": {"mine": {"Z": 0.6, "S": 0.7}}},
        "config: ancestries.mine: frequencies sum to 1.3; together they must be at most 1",
    ),
    "frequency of M": ({"ancestries": {"mine": {"M": 0.9}}}, "M is what the other alleles leave; remove it"),
    "allele not followed": ({"ancestries": {"mine": {"F": 0.01}}}, "this allele is not followed and would count as M"),
    "impossible count": ({"ancestries": {"mine": {"Z": {"count": 5, "of": 3}}}}, "0 <= count <= of"),
    "mixture not 1": (
        {"population": {"ancestry": {"gnomad_nfe": 0.5, "gnomad_fin": 0.2}}},
        "config: population.ancestry: shares must sum to 1; they sum to 0.7",
    ),
    "unknown ancestry": (
        {"population": {"ancestry": {"gnomad_nfee": 1.0}}},
        "unknown ancestry; did you mean gnomad_nfe?",
    ),
    "unknown mixture": ({"population": {"ancestry": "region_europ"}}, "unknown mixture; did you mean region_europe?"),
    "unknown area": ({"population": {"ages": "Swe"}}, 'config: population.ages = "Swe"; unknown area; did you mean SWE?'),
    "unknown size": ({"population": {"size": "Europ"}}, "unknown area or counted population; did you mean europe?"),
    "area and ages": ({"population": {"size": "SWE", "ages": "DNK"}}, "already brings the ages of that area"),
    "unknown births": ({"population": {"births": "XXX"}}, "no births are known for this area"),
    "unknown smoking": ({"smoking": {"source": "eu28"}}, "unknown smoking source; did you mean eu28_2017?"),
    "smoking not 1": ({"smoking": {"never": 0.5, "former": 0.2, "current": 0.1}}, "never + former + current must be 1"),
    "smoking incomplete": ({"smoking": {"current": 1}}, "never, former and current must be given together"),
    "smoking twice": (
        {"smoking": {"source": "eu28_2017", "never": 1, "former": 0, "current": 0}},
        "give either source or never, former and current, not both",
    ),
    "both population and populations": ({"population": {}, "populations": {"a": {}}}, "give either [population] or"),
    "unknown row": (
        {"parameters": {"lung.copd_or.mz_evver.pooled": 2}},
        "unknown parameter; did you mean lung.copd_or.mz_ever.pooled?",
    ),
    "row of no use": ({"parameters": {"lung.copd_or.passive_smoke": 2}}, "would change nothing"),
    "row for a row": ({"parameters": {"lung.copd_or.sz_ever": "lung.copd_or.szz"}}, "unknown row; did you mean lung.copd_or.sz?"),
    "row of another unit": ({"parameters": {"lung.copd_or.sz_ever": "diag.asthma_label_share"}}, "that row is in proportion"),
    "unknown distribution": (
        {"parameters": {"lung.copd_or.sz_ever": {"lognorm": {"low": 1, "high": 2}}}},
        "unknown distribution lognorm; it must be one of lognormal",
    ),
    "three numbers of a lognormal": (
        {"parameters": {"lung.copd_or.sz_ever": {"lognormal": {"low": 1.2, "median": 2, "high": 3}}}},
        "lognormal takes {median, sigma} or {low, high}, and nothing else; low, median, high was given",
    ),
    "odds ratio below 0": ({"parameters": {"lung.copd_or.sz_ever": -1}}, "a ratio must be above 0"),
    "proportion above 1": (
        {"parameters": {"diag.share_diagnosed.zz_ukb": 6.4}},
        "a proportion must be at least 0 and at most 1 (for 6.4 % write 0.064)",
    ),
    "a distribution where none is allowed": (
        {"parameters": {"lung.ukb_mix.age_years": {"normal": {"mean": 57, "sd": 1}}}},
        "this parameter takes a number, not a distribution",
    ),
    "a ramp backwards": ({"parameters": {"lung.onset_ramp.ever.to_age_years": 10}}, "must be above from_age_years"),
    "age limit not of 5": ({"population": {"age_min": 33}}, "it must be a multiple of 5 from 0 to 100"),
    "age limits that leave nobody": ({"population": {"age_min": 90, "age_max": 40}}, "or nobody is left"),
    "ages without people": (
        {"population": {"age_min": 50, "ages": {"male": [1] * 5 + [0] * 16, "female": [1] * 5 + [0] * 16}}},
        "nobody of these ages is left",
    ),
    "F that makes a genotype negative": ({"genetics": {"inbreeding": -0.5}}, "it makes a genotype negative in gnomad_nfe"),
    "F above 1": ({"genetics": {"inbreeding": 2}}, "config: genetics.inbreeding = 2; it must be at most 1"),
    "unknown mating": ({"genetics": {"mating": "randomm"}}, "genetics.mating"),
    "unknown allele": ({"genetics": {"alleles": ["M", "Z", "Q0x"]}}, "unknown allele Q0x"),
    "allele twice": ({"genetics": {"alleles": ["M", "Z", "Z"]}}, "Z is named twice"),
    "allele and its aggregate": ({"genetics": {"alleles": ["M", "rare", "Mmalton"]}}, "Mmalton is part of rare"),
    "M not first": ({"genetics": {"alleles": ["Z", "M"]}}, "M, the remainder, must come first"),
    "unknown set": ({"sets": {"SZ": "sever"}}, "did you mean severe?"),
    "unknown genotype": ({"sets": {"SZZ": "severe"}}, "unknown genotype; did you mean ZZ?"),
    "lln without a row": ({"copd": {"definition": "lln"}}, "it needs copd.prevalence, a row such as lung.copd_base"),
    "recorded without a row": ({"copd": {"definition": "recorded"}}, "it needs copd.prevalence"),
    "row of another definition": (
        {"copd": {"definition": "lln", "prevalence": "lung.copd_base.spain2017.fixed"}},
        "definitions are never mixed",
    ),
    "prevalence without calibrating": (
        {"copd": {"prevalence": "lung.copd_base.spain2017.fixed"}},
        "copd.calibrate_total is false; set it to true, or remove prevalence",
    ),
    "population of another definition": (
        {"populations": {"a": {"copd": {"definition": "lln"}}}},
        "definitions are never mixed: [copd] says fixed_ratio",
    ),
    "a population without its row": (
        {
            "copd": {"definition": "lln"},
            "populations": {"a": {"copd": {"prevalence": "lung.copd_base.spain2017.lln"}}, "b": {}},
        },
        "it needs copd.prevalence",
    ),
    "odds ratios of another definition": (
        {"parameters": {"lung.copd_or.zz_ever": "lung.copd_or.zz_ever.diagnosed"}},
        "that row is recorded and fixed_ratio is needed here",
    ),
    "prevalence ages backwards": (
        {"copd": {"calibrate_total": True, "prevalence": 0.1, "prevalence_age_min": 60, "prevalence_age_max": 50}},
        "it must be above prevalence_age_min",
    ),
    "uptake above 1": ({"recognition": {"uptake": 1.5}}, "a proportion must be at least 0 and at most 1"),
    "dust without odds ratio": ({"exposures": {"dust": {"share": 0.1}}}, "exposures.dust.odds_ratio is missing"),
    "correlation of a stranger": (
        {"correlations": [{"between": ["lung.copd_or.sz_ever", "lung.copd_or.mzz"], "rho": 0.5}]},
        "is no parameter of this run",
    ),
    "scenario changes the seed": ({"scenarios": {"a": {"seed": 3}}}, "a scenario cannot change seed"),
    "scenario mixes definitions": ({"scenarios": {"a": {"copd": {"definition": "lln"}}}}, "never mixed in one comparison"),
    "scenario calibrates": (
        {"scenarios": {"a": {"population": {"copd": {"calibrate_total": True}}}}},
        "calibrated once, on the base",
    ),
    "scenario adds a population": (
        {"populations": {"a": {}}, "scenarios": {"x": {"populations": {"b": {}}}}},
        "a scenario has the populations of the base",
    ),
    "scenario called base": ({"scenarios": {"base": {}}}, "the name base is taken"),
    "extends in a dict": ({"extends": "europe.toml"}, "extends works in files only"),
}  # fmt: skip


@pytest.mark.parametrize(("config", "sentence"), WRONG.values(), ids=WRONG)
def test_each_mistake_is_one_sentence(config, sentence):
    found = mistakes(config)
    assert any(sentence in message for message in found), found
    assert all(message.startswith("config: ") for message in found)
    assert all("Traceback" not in m and "pydantic" not in m and "\n" not in m for m in found)


def test_mistakes_of_every_kind_are_reported_together():
    found = mistakes(
        {
            "replicates": 0,
            "engine": "exact",
            "population": {"ancestry": {"gnomad_nfe": 0.4}, "age_min": 31},
            "smoking": {"source": "nowhere"},
            "parameters": {"lung.copd_or.mz": 2},
            "scenarios": {},
        }
    )
    for part in ("replicates", "engine", "shares must sum to 1", "age_min", "nowhere", "lung.copd_or.mz"):
        assert any(part in message for message in found), part


def test_names_of_files_are_in_the_sentences(tmp_path):
    (tmp_path / "base.toml").write_text('replicates = 0\n[smoking]\nsource = "nowhere"\n', encoding="utf-8")
    (tmp_path / "top.toml").write_text('extends = "base.toml"\nseed = -1\n', encoding="utf-8")
    found = mistakes(tmp_path / "top.toml")
    assert "base.toml: replicates = 0; it must be at least 1" in found
    assert "top.toml: seed = -1; it must be at least 0" in found
    assert any(message.startswith('base.toml: smoking.source = "nowhere"') for message in found)


def test_a_missing_file_a_directory_and_bytes_that_are_no_text(tmp_path):
    (tmp_path / "europe.toml").write_text("seed = 1")
    assert "no such file; did you mean europe.toml?" in one_mistake(tmp_path / "europa.toml")
    assert "cannot be read" in one_mistake(tmp_path)
    (tmp_path / "latin.toml").write_bytes("title = 'Z\xfcrich'".encode("latin-1"))
    assert "not UTF-8" in one_mistake(tmp_path / "latin.toml")


def test_toml_that_does_not_parse_is_said_with_its_line(tmp_path):
    (tmp_path / "bad.toml").write_text("seed = 1\nreplicates = = 3\n")
    message = one_mistake(tmp_path / "bad.toml")
    assert message.startswith("bad.toml: not valid TOML")
    assert "line 2" in message


def test_extends_in_a_circle_and_to_nowhere(tmp_path):
    (tmp_path / "a.toml").write_text('extends = "b.toml"')
    (tmp_path / "b.toml").write_text('extends = "a.toml"')
    (tmp_path / "c.toml").write_text('extends = "nowhere.toml"')
    (tmp_path / "d.toml").write_text("extends = 3")
    assert "circle (a.toml → b.toml → a.toml)" in one_mistake(tmp_path / "a.toml")
    assert "no such file (extended by c.toml)" in one_mistake(tmp_path / "c.toml")
    assert "must be the name of one TOML file" in one_mistake(tmp_path / "d.toml")


# --- layers ----------------------------------------------------------------------------------------------------------


def test_every_value_knows_where_it_came_from(tmp_path):
    (tmp_path / "base.toml").write_text('replicates = 9\nseed = 5\n[smoking]\nsource = "italy_2016"\n')
    (tmp_path / "top.toml").write_text('extends = "base.toml"\nseed = 6\n')
    loaded = load_config(tmp_path / "top.toml", ["replicates=11"], title="mine")
    assert (loaded.base.seed, loaded.base.replicates, loaded.base.title) == (6, 11, "mine")
    wanted = {
        "seed": "top.toml",
        "replicates": "--set",
        "smoking.source": "base.toml",
        "title": "argument",
        "engine": "default",
    }
    assert {key: loaded.origins[key] for key in wanted} == wanted


def test_shares_replace_a_source_and_a_source_replaces_shares():
    shares = {"never": 0.5, "former": 0.2, "current": 0.3}
    assert merge({"smoking": {"source": "x"}}, {"smoking": shares}) == {"smoking": shares}
    assert merge({"smoking": shares}, {"smoking": {"source": "x"}}) == {"smoking": {"source": "x"}}


def test_a_mixture_is_replaced_whole():
    over = merge({"population": {"ancestry": {"a": 1.0}, "size": 5}}, {"population": {"ancestry": {"b": 1.0}}})
    assert over == {"population": {"ancestry": {"b": 1.0}, "size": 5}}


def test_one_allele_of_an_ancestry_can_be_changed():
    over = merge(
        {"ancestries": {"mine": {"S": 0.05, "Z": {"count": 1, "of": 9}}}}, {"ancestries": {"mine": {"Z": 0.03}}}
    )
    assert over == {"ancestries": {"mine": {"S": 0.05, "Z": 0.03}}}


def test_parameter_names_need_no_quotes():
    a = load_config({"parameters": {"lung": {"copd_or": {"sz_ever": 2}}}})
    b = load_config({"parameters": {"lung.copd_or.sz_ever": 2}})
    assert a.base.parameters == b.base.parameters
    assert parse_setting("parameters.lung.copd_or.sz_ever=2") == {"parameters": {"lung.copd_or.sz_ever": 2}}
    with pytest.raises(ConfigError, match="must be KEY=VALUE"):
        parse_setting("replicates")


def test_a_resolved_config_runs_again_to_the_same_numbers():
    first = simulation.run(CONFIGS[0].parent / "smoking_scenarios.toml", replicates=3)
    again = simulation.run(first.record["config"])
    for name in ("prevalence", "copd", "differences"):
        np.testing.assert_array_equal(
            first.tables[name].select_dtypes("number").to_numpy(), again.tables[name].select_dtypes("number").to_numpy()
        )


def test_a_scenario_of_smoking_reaches_every_population():
    config = {
        "populations": {"a": {"smoking": {"source": "italy_2016"}}, "b": {}},
        "scenarios": {"nobody": {"smoking": {"never": 1, "former": 0, "current": 0}}},
    }
    scenario = load_config(config).scenarios["nobody"]
    assert all(
        (p.smoking or scenario.smoking).shares == {"never": 1, "former": 0, "current": 0}
        for p in scenario.all_populations.values()
    )


def test_ways_to_write_a_number():
    config = load_config(
        {
            "ancestries": {
                "mine": {
                    "Z": "1 in 46",
                    "S": "5.4 %",
                    "rare": {"count": 2, "of": 4000, "rho": 0},
                    "null": {"beta": {"low": 1e-4, "high": 1e-3}},
                }
            },
            "population": {"ancestry": {"mine": "100 %"}},
            "parameters": {
                "lung.copd_or.mz_ever.pooled": {"lognormal": {"median": 1.74, "sigma": 0.19}},
                "lung.copd_or.sz_ever": "lung.copd_or.sz",
                "diag.share_diagnosed.zz_ukb": "6.4 %",
                "lung.copd_or.ss": 1,
            },
        }
    ).base
    assert config.ancestries["mine"]["Z"].central == 1 / 46
    assert config.ancestries["mine"]["S"].central == 0.054
    assert config.population.ancestry == {"mine": 1.0}
    assert config.parameters["diag.share_diagnosed.zz_ukb"].central == 0.064
    assert parse_distribution({"beta": {"count": 9, "of": 140}}).central == 9.5 / 141


# --- schema ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_are_valid_by_the_schema_their_first_line_names(path):
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == "#:schema aatd.schema.json"
    schema = json.loads((path.parent / "aatd.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(tomllib.loads(text), schema)


def test_the_schema_in_the_repository_is_the_schema_of_the_code():
    on_disk = json.loads((CONFIGS[0].parent / "aatd.schema.json").read_text(encoding="utf-8"))
    assert on_disk == json.loads(json.dumps(json_schema())), "run: aatd schema > configs/aatd.schema.json"


@pytest.mark.parametrize(
    "wrong", [{"seeed": 1}, {"replicates": 0}, {"population": {"size": 0}}, {"scenarios": {"a": {"seed": 1}}}]
)
def test_the_schema_refuses_what_the_command_refuses(wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json_schema())
    assert mistakes(wrong)


def models(model=Config, seen=None):
    seen = seen if seen is not None else {}
    seen[model.__name__] = model
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, Model) and part.__name__ not in seen:
                models(part, seen)
    return seen


def _parts(annotation):
    from typing import get_args

    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


@pytest.mark.parametrize("model", models().values(), ids=models())
def test_every_key_says_what_it_means(model):
    for name, field in model.model_fields.items():
        assert field.description, f"{model.__name__}.{name} has no description"
        assert field.description.endswith((".", "]")), name


def test_the_reference_of_the_config_is_that_of_the_schema():
    import runpy

    docs = Path(__file__).parent.parent / "docs"
    written = runpy.run_path(str(docs / "write_config_reference.py"))["config_reference"]()
    assert (docs / "config.md").read_text(encoding="utf-8") == written, "run: python docs/write_config_reference.py"


@pytest.mark.parametrize("where", ["population", "populations.a"])
def test_smoking_of_one_population_is_set_by_the_config_that_gives_it(where):
    own = {"smoking": {"never": 0.5, "former": 0.3, "current": 0.2}}
    loaded = load_config({"population": own} if where == "population" else {"populations": {"a": own}})
    assert {row["set_by"] for row in figures_used(loaded) if row["kind"] == "smoking"} == {"config"}


def test_ages_of_a_populations_own_prevalence_are_named_by_their_own_key():
    own = {"prevalence": 0.1, "prevalence_age_min": 60, "prevalence_age_max": 50, "calibrate_total": True}
    with pytest.raises(ConfigError, match=r"population\.copd\.prevalence_age_max = 50; it must be above"):
        load_config({"population": {"copd": own}})
