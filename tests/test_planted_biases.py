"""A mutation test: biases of 2 % planted in eleven links and two kinds of draw are each caught by a test of this folder.

Every row names the link, how it is bent, and a test that passes without the bias and fails with it.
"""

import sys
from dataclasses import replace

import numpy as np
import pytest

import simulation
from simulation.assembly import finding
from simulation.diagnosis.delay import years_since_first_symptom
from simulation.diagnosis.programme import FUNNEL
from simulation.diagnosis.readings import reading_probabilities
from simulation.diagnosis.strategies import uptake_after_offers
from simulation.disease.fev1 import fev1_band_probability
from simulation.engines.block import run_block
from simulation.engines.split import Drawn
from simulation.genetics.carrier_tests import p_negative
from simulation.genetics.couples import couple_probabilities
from simulation.genetics.relatives import relative_probabilities
from simulation.genetics.transmission import gametes
from simulation.physiology.serum_aat import low_level_probability
from simulation.results.summary import z_score
from tests import test_assays, test_couples, test_delay, test_families, test_finding_reference, test_treatment
from tests.chance import assert_z_scores

BIAS = 1.02


def more(p):
    """2 % more of everything, as far as there can be more."""
    return np.minimum(np.asarray(p, float) * BIAS, 1.0)


def less(p):
    return np.asarray(p, float) / BIAS


def tilted(p):
    """A distribution whose last class is 2 % commoner and its others rarer."""
    p = np.array(p, float)
    last = more(p[..., -1:])
    rest = 1 - p[..., -1:]
    others = np.divide(p[..., :-1] * (1 - last), rest, out=p[..., :-1].copy(), where=rest > 0)
    return np.concatenate([others, last], axis=-1)


def flattened(p):
    """The same of couples, whose last two axes are one distribution: two MM are 2 % commoner."""
    p = np.asarray(p)
    return tilted(p.reshape(*p.shape[:-2], -1)[..., ::-1])[..., ::-1].reshape(p.shape)


def misread(p):
    """One report in fifty is of the first genotype, whatever the true one."""
    p = np.array(p, float) * (2 - BIAS)
    p[..., 0] += BIAS - 1
    return p


def check_drawn_testing():
    """Of people with diagnosed COPD whom nobody has recognised, a binomial number is tested today.

    64 replicates of some 260,000 people each: a right program fails once in 500,000 runs, a bias of 2 % is 25 standard errors.
    """
    inputs = simulation.build_inputs({"population": {"size": 100_000_000, "ages": "europe"}})
    sums = run_block(inputs, "counts", 5, 0)
    mm = sums.axes.groups.index("MM")
    steps = {name: sums.drawn["testing"][:, 0, mm, i].astype(float) for i, name in enumerate(FUNNEL)}
    p = inputs.programme.tested_today[:, 0, mm]
    asked = steps["copd_diagnosed"] - steps["recognised"]
    drawn = steps["tested"] - steps["recognised"]
    z = [z_score(drawn[i : i + 1], (asked * p)[i : i + 1], (asked * p * (1 - p))[i : i + 1]) for i in range(64)]
    assert_z_scores(z, alpha=1e-6)
    assert abs(z_score(drawn, asked * p, asked * p * (1 - p))) < 5


def check_level():
    """P(level below 11 µmol/L) of SZ is that of the normal law of its logarithm."""
    from scipy.stats import norm

    inputs = simulation.build_inputs({"population": {"size": 1000}})
    sz = inputs.genotypes.index("SZ")
    mean, sd = (inputs.values(name)[0, sz] for name in ("serum_geometric_mean", "serum_log_sd"))
    np.testing.assert_allclose(inputs.values("low_level")[0, sz], norm.cdf(np.log(11 / mean) / sd), rtol=1e-12)


def with_more_relatives(f):
    def biased(*args):
        law = f(*args)
        return replace(law, relations=tuple(replace(r, tested=more(r.tested)) for r in law.relations))

    return biased


# link: the function, how it is bent, a test that notices
FUNCTIONS = {
    "a gamete": (
        gametes,
        lambda f: lambda *a: tilted(f(*a)),
        test_families.test_children_of_all_parents_of_five_alleles_are_mendels,
    ),
    "a relative": (
        relative_probabilities,
        lambda f: lambda *a: tilted(f(*a)),
        test_families.test_relatives_equal_enumeration,
    ),
    "a couple": (
        couple_probabilities,
        lambda f: lambda *a: flattened(f(*a)),
        test_couples.test_couples_of_one_ancestry_have_their_closed_form,
    ),
    "a negative carrier test": (
        p_negative,
        lambda f: lambda *a: less(f(*a)),
        test_families.test_residual_risk_equals_bayes_by_enumeration,
    ),
    "a reading": (
        reading_probabilities,
        lambda f: lambda *a: misread(f(*a)),
        test_assays.test_genotyping_of_s_and_z_reads_everything_else_as_m,
    ),
    "a serum level": (
        low_level_probability,
        lambda f: lambda mean, *a: f(np.asarray(mean) * BIAS, *a),
        check_level,
    ),
    "an uptake": (
        uptake_after_offers,
        lambda f: lambda *a: less(f(*a)),
        test_finding_reference.test_strategies_equal_the_plain_loops,
    ),
    "who is tested today": (
        finding._today,
        lambda f: lambda *a: (more(f(*a)[0]), f(*a)[1]),
        lambda: test_finding_reference.test_todays_practice_equals_the_plain_loops({"first_test": "sz_genotyping"}),
    ),
    "who of the relatives is tested": (
        finding._cascade,
        with_more_relatives,
        lambda: test_finding_reference.test_todays_practice_equals_the_plain_loops({"first_test": "sz_genotyping"}),
    ),
    "FEV1 of a patient": (
        fev1_band_probability,
        lambda f: lambda *a: tilted(f(*a)),
        lambda: test_treatment.test_each_step_has_its_closed_form("cts2012"),
    ),
    "years since the first symptom": (
        years_since_first_symptom,
        lambda f: lambda *a: (f(*a)[0], f(*a)[1] * BIAS),
        test_delay.test_long_after_the_first_symptom_the_years_are_a_difference_of_means,
    ),
}
# the same for chance itself: every part drawn, or every division, goes wrong by 2 %
DRAWS = {
    "a part that is drawn": ("part", lambda n, p: (n, more(p)), check_drawn_testing),
    "a division that is drawn": (
        "divide",
        lambda n, p: (n, tilted(p)),
        test_couples.test_drawn_couples_agree_with_the_closed_form,
    ),
}


def plant(monkeypatch, function, changed):
    """Put another function in the place of one, in every module that knows it."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("simulation", "tests")):
            for attribute, value in list(vars(module).items()):
                if value is function:
                    monkeypatch.setattr(module, attribute, changed)


@pytest.mark.parametrize("link", FUNCTIONS)
def test_a_bias_of_two_percent_in_a_link_is_caught(link, monkeypatch):
    """The test passes; with the bias it fails."""
    function, bend, check = FUNCTIONS[link]
    check()
    plant(monkeypatch, function, bend(function))
    with pytest.raises(AssertionError):
        check()


@pytest.mark.parametrize("link", DRAWS)
def test_a_bias_of_two_percent_in_chance_is_caught(link, monkeypatch):
    """The drawn numbers pass; drawn with the bias they do not."""
    method, bend, check = DRAWS[link]
    check()
    drawn = getattr(Drawn, method)
    monkeypatch.setattr(Drawn, method, lambda self, process, n, p: drawn(self, process, *bend(n, p)))
    with pytest.raises(AssertionError):
        check()
