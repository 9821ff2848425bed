"""A config whose every number is fixed, and the same numbers for the plain reference implementation."""

from simulation.assembly.build import build_inputs
from simulation.config.load import load_config
from simulation.config.slots import used_parameters
from simulation.data.pack import data_pack
from simulation.labels import AGES, SEXES

FREQUENCIES = {
    "north": {"S": 0.031, "Z": 0.022, "rare": 0.0013, "null": 0.0006},
    "south": {"S": 0.094, "Z": 0.008, "rare": 0.0021, "null": 0.0002},
}
OVERRIDES = {
    "lung.fixed_ratio_or.zz.ukb": 4.2,
    "lung.copd_or.zz.ukb": 7.9,
    "lung.copd_or.zz_ratio_ever_never": 3.6,
    "lung.copd_or.ms": 1.08,
    "lung.copd_or.ss": 1.22,
    "lung.copd_or.mz_never": 1.05,
    "lung.copd_or.mz_ever.pooled": 1.66,
    "lung.copd_or.sz_never.siblings": 1.13,
    "lung.copd_or.sz_ever": 2.9,
    "lung.copd_dx.undiagnosed.sweden1996_gold": 0.77,
    "diag.asthma_label_share": 0.27,
    "diag.share_diagnosed.zz_ukb": 0.071,
    "diag.bias.register_identification": 0.46,
    "lung.copd_or.passive_smoke": 1.31,
    "lung.copd_or.family_history": 1.62,
    "liver.transplant_given_cirrhosis": 0.31,
    "lung.fev1pct.zz_never.earco.mean_percent": 71.0,
    "lung.fev1pct.zz_ever.earco.sd_percent": 24.5,
    "tx.iga_deficiency.europe_default": 0.004,
    "tx.willing": 0.83,
}


def fixed_config(**changes):
    """Two populations, two ancestries, five alleles, inbreeding, mixed mating, exposures; nothing uncertain."""
    config = {
        "title": "fixed",
        "seed": 7,
        "replicates": 1,
        "populations": {
            "a": {
                "size": 40_000,
                "ages": "SWE",
                "age_min": 20,
                "age_max": 90,
                "ancestry": {"north": 0.7, "south": 0.3},
            },
            "b": {
                "size": 25_000,
                "ages": "ESP",
                "ancestry": {"south": 1.0},
                "smoking": {"never": 0.45, "former": 0.35, "current": 0.2},
            },
        },
        "ancestries": FREQUENCIES,
        "genetics": {"inbreeding": 0.03, "mating": 0.4},
        "smoking": {"never": 0.55, "former": 0.2, "current": 0.25},
        "exposures": {"passive_smoke": 0.2, "family_history": 0.1, "dust": {"share": 0.15, "odds_ratio": 1.8}},
        **changes,
    }
    pack = data_pack()
    names = used_parameters(load_config(config).base)
    central = {name: pack.parameters[name].value for name in names}
    config["parameters"] = {
        **central,
        **{k: v for k, v in OVERRIDES.items() if k in names},
        **config.get("parameters", {}),
    }
    return config


def reference_settings(config):
    """The same numbers in the words of tests/reference.py; pack-years classes are the one thing taken over."""
    value = config["parameters"]
    pack_years = build_inputs(config).pack_years
    base = "lung.copd_base.epic_canada"
    centre_age, centre_pack = value["lung.copd_base.centre_age_years"], value["lung.copd_base.centre_pack_years"]
    by_sex = {}
    for sex in SEXES:
        slope, per_pack = value[f"{base}.{sex}.age"], value[f"{base}.{sex}.pack_years"]
        intercept = value[f"{base}.{sex}.intercept"] + slope * centre_age + per_pack * centre_pack
        by_sex[sex] = {"intercept": intercept, "age": slope, "pack_years": per_pack}
    ramp = {
        who: tuple(value[f"lung.onset_ramp.{who}.{end}"] for end in ("from_age_years", "to_age_years"))
        for who in ("never", "ever")
    }
    slopes = {
        sex: {
            slope: value[f"smoke.age_slope.us_nhanes.{sex}.{slope}"]
            for slope in ("current_linear", "current_quadratic", "never_given_noncurrent")
        }
        for sex in SEXES
    }
    classes = {
        age: {status: [float(x) for h, x in zip(pack_years.history.values, row, strict=True) if h.startswith(status)]
              for status in ("former", "current")}
        for age, row in zip(AGES, pack_years.values, strict=True)
    }  # fmt: skip
    same = {
        "MS": ("ms", "ms"),
        "SS": ("ss", "ss"),
        "MZ": ("mz_never", "mz_ever.pooled"),
        "SZ": ("sz_never.siblings", "sz_ever"),
    }
    exposures = config.get("exposures", {})
    named = [
        (exposures[k], value[f"lung.copd_or.{k}"]) for k in ("passive_smoke", "family_history") if exposures.get(k)
    ]
    dust = [(exposures["dust"]["share"], exposures["dust"]["odds_ratio"])] if "dust" in exposures else []
    populations = {}
    inputs = build_inputs(config)
    for number, (name, population) in enumerate(config["populations"].items()):
        shares = population.get("smoking", config["smoking"])
        margin = {**shares, "age_min": 15, "age_max": None}
        people = inputs.n_people.values[number]
        structure = data_pack().ages[population["ages"]]
        populations[name] = {
            "people": {s: {a: int(people[i, j]) for j, a in enumerate(AGES)} for i, s in enumerate(SEXES)},
            "ancestry_share": population["ancestry"],
            "allele_frequency": {a: config["ancestries"][a] for a in population["ancestry"]},
            "inbreeding": config["genetics"]["inbreeding"],
            "mating": config["genetics"]["mating"],
            "smoking": {sex: {"margin": margin} for sex in SEXES},
            "structure": {sex: dict(zip(AGES, structure[sex], strict=True)) for sex in SEXES},
        }
    return {
        "alleles": ["M", "S", "Z", "rare", "null"],
        "like": {"M": "M", "S": "S", "Z": "Z", "rare": "Z", "null": "null"},
        "odds_ratios": {
            row: {"never": value[f"lung.copd_or.{never}"], "ever": value[f"lung.copd_or.{ever}"]}
            for row, (never, ever) in same.items()
        },
        "severe": {
            "marginal": value.get("lung.fixed_ratio_or.zz.ukb"),
            "ratio": value.get("lung.copd_or.zz_ratio_ever_never"),
            "marginal_diagnosed": value.get("lung.copd_or.zz.ukb"),
        },
        "mix": {
            "age": value["lung.ukb_mix.age_years"],
            "sex_share": {"male": value["lung.ukb_mix.male_share"], "female": 1 - value["lung.ukb_mix.male_share"]},
            "share_ever": value["lung.ukb_mix.ever_share"],
            "pack_years_ever": value["lung.ukb_mix.pack_years"],
        },
        "baseline": {
            "by_sex": by_sex,
            "centre_age": centre_age,
            "centre_pack_years": centre_pack,
            "min_age": value["lung.copd_base.min_age_years"],
            "ramp": ramp,
        },
        "exposures": named + dust,
        "diagnosed_share": {"other": 1 - value["lung.copd_dx.undiagnosed.sweden1996_gold"]},
        "asthma_label_share": value["diag.asthma_label_share"],
        "recognised": {
            "share": value["diag.share_diagnosed.zz_ukb"],
            "through_lung": value["diag.bias.register_identification"],
        },
        "smoking": {
            "centre_age": value["smoke.age_slope.centre_age_years"],
            "min_age": value["smoke.min_age_years"],
            "slopes": slopes,
        },
        "pack_years": {sex: classes for sex in SEXES},
        "populations": populations,
    }


def reference_care(config):
    """What tests/reference.py asks about liver and treatment; the level of each genotype is the one thing taken over."""
    value, pack = config["parameters"], data_pack()
    inputs = build_inputs(config)
    alleles = ["M", "S", "Z", "rare", "null"]
    pairs = [(alleles[i], alleles[j]) for i in range(5) for j in range(i, 5)]
    fev1 = {
        who: tuple(value[f"lung.fev1pct.zz_{who}.earco.{what}_percent"] for what in ("mean", "sd"))
        for who in ("never", "ever")
    }
    cirrhosis = ("cirrhosis.lifetime", "onset_age.mean_years", "onset_age.sd_years")
    return {
        "cirrhosis": tuple(value[f"liver.adult.{what}"] for what in cirrhosis),
        "transplant": value["liver.transplant_given_cirrhosis"],
        "polymerises": {"M": False, "S": False, "Z": True, "rare": True, "null": False},
        "low": {pair: float(p) for pair, p in zip(pairs, inputs.low_level.values[0], strict=True)},
        "normal_airflow": config.get("care", {}).get("treated_with_normal_airflow", 0.0),
        "fev1": fev1,
        "iga_deficiency": value["tx.iga_deficiency.europe_default"],
        "willing": value["tx.willing"],
        "rules": {
            name: {
                "age": (rule.age_min_years, rule.age_max_years),
                "fev1": (rule.fev1_min_percent, rule.fev1_max_percent),
                "asks_iga": rule.asks_iga == "yes",
            }
            for name, rule in pack.treatment_rules.items()
        },
    }
