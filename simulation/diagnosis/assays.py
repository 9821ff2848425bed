"""Who is found by a test of the serum level, of the genotype, or of one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.errors import nearest

Array = NDArray[np.float64]
How = Literal["series", "parallel", "reflex"]
HOW: tuple[How, ...] = get_args(How)
LEVEL = "level"
SEQUENCING = "sequencing"


@dataclass(frozen=True)
class Algorithm:
    """Which tests are done, and in which order.

    Attributes
    ----------
    first_test : str
        "level", or a test of the genotype.
    then : str or None
        Test of the genotype after, or beside, a level. None: no second test.
    how : {"series", "parallel", "reflex"}
        series: the second test only after a low level. parallel: both tests of everybody. reflex: as series, and
        sequencing where a level below the threshold contradicts the genotype read. Without a second test of no effect.
    cut_off_umol_l : float
        The level is positive below it. [µmol/L]
    """

    first_test: str
    then: str | None
    how: How
    cut_off_umol_l: float


@dataclass(frozen=True)
class Outcome:
    """What becomes of tested people, by true genotype.

    Attributes
    ----------
    found : ndarray (n_replicates, n_genotypes)
        P(a severe genotype is reported): the diagnosis is established. [proportion]
    negative : ndarray (n_replicates, n_genotypes)
        P(the level is not below the cut-off, and no other test is done). [proportion]
    not_confirmed : ndarray (n_replicates, n_genotypes)
        P(the level is below the cut-off, and no test confirms it). [proportion]
    blind : ndarray (n_replicates, n_genotypes)
        P(the genotype is read, and read as not severe). With the three above it sums to 1. [proportion]
    screen_positive : ndarray (n_replicates, n_genotypes)
        P(the first test is positive: a level below the cut-off, or a severe reading; of two parallel tests, either). Not
        part of the sum. [proportion]
    n_tests : mapping of str to ndarray (n_replicates, n_genotypes)
        Expected number of each test that is done at all, per tested person. [tests per person]
    """

    found: Array
    negative: Array
    not_confirmed: Array
    blind: Array
    screen_positive: Array
    n_tests: Mapping[str, Array]


def outcome(
    algorithm: Algorithm,
    below_cut_off: ArrayLike,
    below_threshold: ArrayLike,
    reading: ArrayLike | None,
    reported_severe: ArrayLike,
    reported_low_expected: ArrayLike,
    sequencing_reading: ArrayLike,
) -> Outcome:
    """What an algorithm makes of people of every genotype.

    Parameters
    ----------
    algorithm : Algorithm
        One without `algorithm_mistakes`; the cut-off itself enters through the two arguments that follow.
    below_cut_off : array_like, shape (n_replicates, n_genotypes)
        P(level below the algorithm's cut-off). [proportion]
    below_threshold : array_like, shape (n_replicates, n_genotypes)
        P(level below the cut-off and below the threshold of severe deficiency); at most `below_cut_off`. [proportion]
    reading : array_like, shape (n_genotypes, n_genotypes + 1), or None
        P(reported | true genotype) of the test of the genotype; None if the level is the only test. [proportion]
    reported_severe : array_like of bool, shape (n_genotypes + 1,)
        Which reports are of a severe genotype; the last is "no protein".
    reported_low_expected : array_like of bool, shape (n_genotypes + 1,)
        Which reports explain a level below the threshold: severe and intermediate genotypes.
    sequencing_reading : array_like, shape (n_genotypes, n_genotypes + 1)
        P(reported | true genotype) of sequencing. [proportion]

    Returns
    -------
    Outcome
        Arrays of shape (n_replicates, n_genotypes).

    Raises
    ------
    ValueError
        If the algorithm has mistakes, or a test of the genotype whose `reading` is None.

    Notes
    -----
    With b = P(level below the cut-off), t = P(below the threshold too), s = P(read as severe), e = P(read as not severe,
    but explaining a low level), u = 1 − s − e, and s' of sequencing, all given the true genotype:

    ========  ============  ==============  =============  ========
    how       found         blind           not confirmed  negative
    ========  ============  ==============  =============  ========
    level     0             0               b              1 − b
    genotype  s             1 − s           0              0
    series    b s           b (1 − s)       0              1 − b
    parallel  s             (1 − b)(1 − s)  b (1 − s)      0
    reflex    b s + t u s'  b − found       0              1 − b
    ========  ============  ==============  =============  ========

    The level and the readings are independent given the genotype (A). A level alone never establishes the diagnosis.
    Source: docs/model.md, section 11.

    Examples
    --------
    Of people with ZZ, and with Z/null, 99 % have a level below the cut-off; the test sees Z alone.

    >>> series = Algorithm("level", "sz_genotyping", "series", 21.3)
    >>> reading = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # read as ZZ, as MZ, no protein
    >>> severe = np.array([True, False, True])
    >>> people = outcome(series, [[0.99, 0.99]], [[0.95, 0.95]], reading, severe, severe, np.eye(2, 3))
    >>> people.found, people.blind
    (array([[0.99, 0.  ]]), array([[0.  , 0.99]]))
    >>> people.n_tests["sz_genotyping"]
    array([[0.99, 0.99]])
    """
    mistakes = algorithm_mistakes(algorithm.first_test, algorithm.then, algorithm.how, ())
    if mistakes:
        raise ValueError("\n".join(mistakes))
    b, t = np.broadcast_arrays(np.asarray(below_cut_off, float), np.asarray(below_threshold, float))
    everybody, nobody = np.ones(b.shape), np.zeros(b.shape)
    test = algorithm.then if algorithm.first_test == LEVEL else algorithm.first_test
    if test is None:
        return Outcome(nobody, 1 - b, b.copy(), nobody.copy(), b.copy(), {LEVEL: everybody})

    if reading is None:
        raise ValueError(f"{test} reads the genotype; give what it reads (`reading_probabilities`)")
    read = np.asarray(reading, float)
    is_severe = np.asarray(reported_severe, bool)
    s = read @ is_severe
    not_severe = read @ ~is_severe  # not 1 − s: neither then is ever below 0
    if algorithm.first_test != LEVEL:
        found, blind = s * everybody, not_severe * everybody
        return Outcome(found, nobody, nobody.copy(), blind, found.copy(), {test: everybody})
    if algorithm.how == "parallel":
        low, high = b * not_severe, (1 - b) * not_severe
        return Outcome(s * everybody, nobody, low, high, b + (1 - b) * s, {LEVEL: everybody, test: everybody.copy()})
    if algorithm.how == "series":
        return Outcome(b * s, 1 - b, nobody, b * not_severe, b.copy(), {LEVEL: everybody, test: b.copy()})

    is_explained = np.asarray(reported_low_expected, bool)
    e = read @ (is_explained & ~is_severe)
    u = read @ ~(is_explained | is_severe)
    sequenced = t * u
    sequencing = np.asarray(sequencing_reading, float)
    found = b * s + sequenced * (sequencing @ is_severe)
    blind = b * e + (b - t) * u + sequenced * (sequencing @ ~is_severe)  # b − found, without cancelling
    n_tests = {LEVEL: everybody, test: b.copy()}
    n_tests[SEQUENCING] = n_tests.get(SEQUENCING, nobody) + sequenced  # the second test may be sequencing itself
    return Outcome(found, 1 - b, nobody, blind, b.copy(), n_tests)


def predictive_values(genotype: ArrayLike, positive: ArrayLike, severe: ArrayLike) -> dict[str, Array]:
    """Sensitivity, specificity and predictive values for severe genotypes.

    Parameters
    ----------
    genotype : array_like, shape (..., n_genotypes)
        Share of each genotype among the tested; sums to 1 over the last axis. [proportion]
    positive : array_like, shape (..., n_genotypes)
        P(positive | genotype): `Outcome.found` of an algorithm, `Outcome.screen_positive` of its first test. [proportion]
    severe : array_like of bool, shape (n_genotypes,)
        Which genotypes are severe.

    Returns
    -------
    dict of str to ndarray, shape (...)
        "sensitivity", "specificity", "positive_predictive_value", "negative_predictive_value"; NaN where nobody is severe,
        nobody is not, nobody is positive, or nobody negative. [proportion]

    Notes
    -----
    Bayes' rule: P(severe | positive) = Σ_severe P(g) P(positive | g) / Σ P(g) P(positive | g). Source: docs/model.md,
    section 11.

    Examples
    --------
    A test that finds 99 % of one person in 1,000, and is wrong in 1 % of the others, is right in 9 % of its positives.

    >>> found = predictive_values([0.999, 0.001], [0.01, 0.99], [False, True])
    >>> {name: round(float(value), 4) for name, value in found.items()}
    {'sensitivity': 0.99, 'specificity': 0.99, 'positive_predictive_value': 0.0902, 'negative_predictive_value': 1.0}
    """
    g, p = np.broadcast_arrays(np.asarray(genotype, float), np.asarray(positive, float))
    is_severe = np.asarray(severe, bool)
    true_positive, false_positive = (g * p) @ is_severe, (g * p) @ ~is_severe
    false_negative, true_negative = (g * (1 - p)) @ is_severe, (g * (1 - p)) @ ~is_severe
    return {
        "sensitivity": _share(true_positive, false_negative),
        "specificity": _share(true_negative, false_positive),
        "positive_predictive_value": _share(true_positive, false_positive),
        "negative_predictive_value": _share(true_negative, false_negative),
    }


def _share(part: ArrayLike, rest: ArrayLike) -> Array:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.asarray(part) / (np.asarray(part) + np.asarray(rest)))


def algorithm_mistakes(first_test: str, then: str | None, how: str, known: Sequence[str]) -> list[str]:
    """Everything wrong with an algorithm of one or two tests.

    Parameters
    ----------
    first_test : str
        "level", or a test of the genotype.
    then : str or None
        The second test; None for none.
    how : str
        One of `HOW`.
    known : sequence of str
        Names of the tests there are; empty: names are not checked.

    Returns
    -------
    list of str
        One sentence for each mistake, the key first; empty when all is well.

    Notes
    -----
    Source: docs/model.md, section 11.

    Examples
    --------
    >>> algorithm_mistakes("level", "sz_genotypin", "series", ["level", "sz_genotyping"])
    ['then = "sz_genotypin"; unknown test; did you mean sz_genotyping?']
    >>> algorithm_mistakes("level", None, "series", ["level"])
    []
    """
    mistakes = []
    for key, test in (("first_test", first_test), ("then", then)):
        if test is not None and known and test not in known:
            near = nearest(test, known) or f"; it must be one of {', '.join(known)}"
            mistakes.append(f'{key} = "{test}"; unknown test{near}')
    if how not in HOW:
        near = nearest(how, HOW)
        mistakes.append(f'how = "{how}"; it must be one of {", ".join(HOW)}{near}')
    if then == LEVEL and first_test == LEVEL:
        mistakes.append(
            f'then = "{LEVEL}" after first_test = "{LEVEL}"; the second test must be one of the genotype, or none'
        )
    elif then == LEVEL:
        mistakes.append(
            f'then = "{LEVEL}" after first_test = "{first_test}"; the level comes first: write first_test = "{LEVEL}" and'
            f' then = "{first_test}"'
        )
    elif then is not None and first_test != LEVEL:
        mistakes.append(
            f'then = "{then}" after first_test = "{first_test}"; no second test follows a test of the genotype: give no then,'
            f' or first_test = "{LEVEL}"'
        )
    return mistakes
