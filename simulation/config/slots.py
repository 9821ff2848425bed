"""Which rows of the data pack a config draws from, by the name that [parameters] overrides."""

from __future__ import annotations

from simulation.config.schema import Config, Copd, PopulationCopd
from simulation.config.values import RowName
from simulation.config.ways import ways
from simulation.labels import SEXES

GIVEN_OR_SOLVED = ("lung.copd_or.zz_never", "lung.copd_or.zz_ever")  # solved unless a config gives them
UNDIAGNOSED = {
    "fixed_ratio": "lung.copd_dx.undiagnosed.sweden1996_gold",
    "lln": "lung.copd_dx.undiagnosed_share",
}
MARGINAL_ZZ = {
    "fixed_ratio": "lung.fixed_ratio_or.zz.ukb",
    "lln": "lung.fixed_ratio_or.zz.ukb",
    "recorded": "lung.copd_or.zz.ukb",
}
DIAGNOSED_ZZ = "lung.copd_or.zz.ukb"
MEASURED_GENOTYPES = ("MM", "MS", "SS", "MZ", "SZ", "ZZ")
# Solved or integrated once for all replicates, so they take a number and no distribution.
WITHOUT_CHANCE = (
    "geno.between_survey_rho",
    "smoke.eu28.",
    "smoke.us_nhanes.start_age.",
    "smoke.cigarettes_per_pack",
    "smoke.min_age_years",
    "smoke.age_slope.centre_age_years",
    "lung.copd_base.centre_",
    "lung.copd_base.min_age_years",
    "lung.onset_ramp.",
    "lung.ukb_mix.",
    "liver.adult.min_age_years",
    "diag.trigger.young_copd_years",
    "diag.trigger.few_pack_years",
    "diag.trigger.early_emphysema_years",
)
EXPOSURE_ROWS = ("passive_smoke", "family_history", "child_resp_hosp")


def used_parameters(config: Config) -> list[str]:
    """Names of the parameters that a config uses.

    Parameters
    ----------
    config : Config
        One scenario.

    Returns
    -------
    list of str
        Each the name of its default row in parameters.csv, in the order of the model.

    Notes
    -----
    Source: docs/model.md.

    Examples
    --------
    >>> names = used_parameters(Config())
    >>> "lung.copd_or.mz_ever.pooled" in names, "lung.copd_or.passive_smoke" in names
    (True, False)
    """
    return [
        "geno.between_survey_rho",
        *_serum(config),
        *_smoking(),
        *_copd(config),
        *_recognition(config),
        *_finding(config),
        *_liver_and_treatment(config),
    ]


def _serum(config: Config) -> list[str]:
    standard = config.serum.standard
    names = [
        f"aat.serum.{genotype.lower()}.{standard}.{what}"
        for genotype in MEASURED_GENOTYPES
        for what in ("geometric_mean_umol_l", "log_sd")
    ]
    names += [f"aat.serum.dose_{allele}.{standard}_umol_l" for allele in ("m", "s", "z", "null")]
    in_mg_dl = config.serum.threshold_mg_dl is not None
    names.append("aat.conversion.umol_per_mgdl" if in_mg_dl else "aat.threshold.protective_umol_l")
    if config.serum.inflamed_share > 0:
        names.append("aat.acute_phase.multiplier_inflamed")
    return names


def _smoking() -> list[str]:
    slopes = ("current_linear", "current_quadratic", "never_given_noncurrent")
    return [
        *(f"smoke.age_slope.us_nhanes.{sex}.{slope}" for sex in SEXES for slope in slopes),
        "smoke.age_slope.centre_age_years",
        "smoke.min_age_years",
        "smoke.eu28.cigs_per_day.shape",
        "smoke.eu28.cigs_per_day.scale",
        "smoke.us_nhanes.start_age.log_mean",
        "smoke.us_nhanes.start_age.log_sd",
        "smoke.eu28.age_quit_mean",
        "smoke.eu28.age_quit_sd",
        "smoke.cigarettes_per_pack",
    ]


def _copd(config: Config) -> list[str]:
    base = config.copd.baseline
    names = [f"lung.copd_base.{base}.{sex}.{what}" for sex in SEXES for what in ("intercept", "age", "pack_years")]
    names += [f"lung.copd_base.{what}" for what in ("centre_age_years", "centre_pack_years", "min_age_years")]
    names += [f"lung.onset_ramp.{who}.{end}" for who in ("never", "ever") for end in ("from_age_years", "to_age_years")]
    names += [f"lung.ukb_mix.{what}" for what in ("age_years", "male_share", "ever_share", "pack_years")]
    names += ["lung.copd_or.ms", "lung.copd_or.ss", "lung.copd_or.mz_never"]
    if config.copd.mz_risk == "constant":
        names.append("lung.copd_or.mz_ever.pooled")
    else:
        names += ["lung.copd_or.mz_bergen.linear_main", "lung.copd_or.mz_bergen.linear_interaction"]
    names += ["lung.copd_or.sz_never.siblings", "lung.copd_or.sz_ever"]
    given = [name for name in GIVEN_OR_SOLVED if name in config.parameters]
    if len(given) < 2:
        names.append("lung.copd_or.zz_ratio_ever_never")
    if not given:
        names.append(MARGINAL_ZZ[config.copd.definition])
    names += given
    names += [f"lung.copd_or.{name}" for name in EXPOSURE_ROWS if getattr(config.exposures, name) > 0]
    names += prevalence_rows(config)
    return names


def prevalence_rows(config: Config) -> list[str]:
    """Rows that the total of COPD is calibrated to.

    Parameters
    ----------
    config : Config
        One scenario.

    Returns
    -------
    list of str
        Row names, each once.

    Notes
    -----
    Source: docs/model.md, section 5.

    Examples
    --------
    >>> prevalence_rows(Config())
    []
    """
    values = [config.copd.prevalence] + [p.copd.prevalence for p in config.all_populations.values() if p.copd]
    return list(dict.fromkeys(value.name for value in values if isinstance(value, RowName)))


def _recognition(config: Config) -> list[str]:
    names = []
    if config.copd.definition != "recorded":
        names += [UNDIAGNOSED[config.copd.definition], "diag.asthma_label_share"]
        if config.recognition.severe_diagnosis == "solved":
            names.append(DIAGNOSED_ZZ)
    names += ["diag.share_diagnosed.zz_ukb", "diag.bias.register_identification"]
    return [*names, "diag.copd_tested.recommended"]


def _finding(config: Config) -> list[str]:
    """Delay, cut-offs, triggers and relatives."""
    found = ways(config)
    names = [f"diag.first_symptom_age.{who}.{what}_years" for who in ("never", "ever") for what in ("mean", "sd")]
    names += ["diag.delay.mean_years", "diag.delay.sd_years", "diag.n_doctors.mean", "diag.n_doctors.sd"]
    levels = [way for way in found if way.measures_level and way.cut_off_umol_l is None]
    if any(way.cut_off_mg_dl is None for way in levels):
        names.append("diag.cutoff.optimal_mg_dl")
    if levels and config.serum.threshold_mg_dl is None:
        names.append("aat.conversion.umol_per_mgdl")
    asked, triggers = {way.who for way in found}, {name for way in found for name in way.triggers}
    if "copd_under_65_or_20_pack_years" in asked:
        names += ["diag.trigger.young_copd_years", "diag.trigger.few_pack_years"]
    if "emphysema_before_45" in triggers:
        names.append("diag.trigger.early_emphysema_years")
    if "liver_disease" in triggers and config.liver.baseline_cirrhosis is None:
        names.append("liver.adult.min_age_years")
    if "basal_emphysema" in triggers:
        names += ["diag.trigger.basal_emphysema.severe", "diag.trigger.basal_emphysema.others"]
    if any(way.settings.cascade for way in found):
        names += ["cascade.parents_alive", "cascade.n_siblings", "cascade.n_children", "cascade.n_second_degree"]
        for degree in ("first", "second"):
            if getattr(config.cascade, f"uptake_{degree}_degree") is None:
                names.append(f"cascade.uptake_{degree}_degree")
    return names


def _liver_and_treatment(config: Config) -> list[str]:
    names = [
        "liver.infant.cholestasis_zz",
        "liver.adult.cirrhosis.lifetime",
        "liver.adult.onset_age.mean_years",
        "liver.adult.onset_age.sd_years",
        "liver.adult.hcc_given_cirrhosis",
        "liver.transplant_given_cirrhosis",
        "panniculitis.prevalence_zz",
    ]
    if config.liver.baseline_cirrhosis is not None:
        names += [f"liver.or.fibrosis_cirrhosis.{genotype}" for genotype in ("mz", "sz", "ss")]
        names.append("liver.adult.min_age_years")
    names += [f"lung.bronchiectasis.baseline.{sex}" for sex in SEXES]
    names += [f"lung.bronchiectasis_or.{genotype}" for genotype in ("ms", "ss", "mz", "sz", "zz")]
    names += ["vasculitis.gpa_or.mz_ms", "vasculitis.gpa_or.zz_ss_sz"]
    names += [*fev1_rows(ever=False), *fev1_rows(ever=True)]
    return [*names, "tx.iga_deficiency.europe_default", "tx.willing"]


def fev1_rows(ever: bool) -> tuple[str, str]:
    """Rows of the mean and the standard deviation of FEV1 of severe people with COPD.

    Parameters
    ----------
    ever : bool
        Of those who ever smoked, or of never smokers.

    Returns
    -------
    tuple of (str, str)
        Names of the two rows.

    Notes
    -----
    Source: docs/model.md, section 8.

    Examples
    --------
    >>> fev1_rows(ever=True)[0]
    'lung.fev1pct.zz_ever.earco.mean_percent'
    """
    stem = f"lung.fev1pct.zz_{'ever' if ever else 'never'}.earco"
    return f"{stem}.mean_percent", f"{stem}.sd_percent"


def prevalence_name(copd: Copd | PopulationCopd) -> str:
    """Name under which the prevalence to be met is drawn.

    Parameters
    ----------
    copd : Copd
        With a prevalence.

    Returns
    -------
    str
        The row's name; for a number or distribution a name made of it, so that populations that give the same one share it.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> prevalence_name(Copd(prevalence=0.1))
    'copd.prevalence 0.1'
    """
    if isinstance(copd.prevalence, RowName):
        return copd.prevalence.name
    return f"copd.prevalence {copd.prevalence.text}" if copd.prevalence is not None else ""
