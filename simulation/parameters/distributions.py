"""The distributions a parameter may have, written alike in the data pack and in a config.

    {lognormal = {low = 1.2, high = 2.53}}   or median and sigma
    {normal = {mean = 0.9, sd = 0.1}}        or low and high
    {beta = {alpha = 9, beta = 131}}         or low and high, or count and of
    {uniform = {low = 0.1, high = 0.3}}      {triangular = {low = 1, mode = 2, high = 4}}
    {gamma = {shape = 3.2, scale = 4.4}}

`low` and `high` are the 2.5 and 97.5 % quantiles, but for uniform and triangular the ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]
Z_975 = float(special.ndtri(0.975))


class Distribution(Protocol):
    """What a parameter's uncertainty must offer."""

    @property
    def central(self) -> float:
        """The value used where no chance is wanted: the median, or the mean of a beta or gamma."""
        ...

    @property
    def text(self) -> str:
        """The distribution as it would be written in a config."""
        ...

    def quantile(self, uniform: ArrayLike) -> Array:
        """Values at these probabilities, shape of `uniform`."""
        ...


@dataclass(frozen=True)
class Fixed:
    """A number without uncertainty."""

    value: float

    @property
    def central(self) -> float:
        """The number."""
        return self.value

    @property
    def text(self) -> str:
        """The number as text."""
        return f"{self.value:.6g}"

    def quantile(self, uniform: ArrayLike) -> Array:
        """Give the number for every probability."""
        return np.full(np.shape(uniform), self.value)


@dataclass(frozen=True)
class Normal:
    """Normal distribution."""

    mean: float
    sd: float

    @property
    def central(self) -> float:
        """The mean."""
        return self.mean

    @property
    def text(self) -> str:
        """Config form."""
        return f"{{normal = {{mean = {self.mean:.6g}, sd = {self.sd:.6g}}}}}"

    def quantile(self, uniform: ArrayLike) -> Array:
        """Inverse distribution function."""
        return np.asarray(self.mean + self.sd * special.ndtri(uniform))


@dataclass(frozen=True)
class Lognormal:
    """Lognormal distribution by its median and the standard deviation of its logarithm."""

    median: float
    sigma: float

    @property
    def central(self) -> float:
        """The median."""
        return self.median

    @property
    def text(self) -> str:
        """Config form."""
        return f"{{lognormal = {{median = {self.median:.6g}, sigma = {self.sigma:.6g}}}}}"

    def quantile(self, uniform: ArrayLike) -> Array:
        """Inverse distribution function."""
        return np.asarray(self.median * np.exp(self.sigma * special.ndtri(uniform)))


@dataclass(frozen=True)
class Beta:
    """Beta distribution."""

    alpha: float
    beta: float

    @property
    def central(self) -> float:
        """The mean."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def text(self) -> str:
        """Config form."""
        return f"{{beta = {{alpha = {self.alpha:.6g}, beta = {self.beta:.6g}}}}}"

    def quantile(self, uniform: ArrayLike) -> Array:
        """Inverse distribution function."""
        return np.asarray(special.betaincinv(self.alpha, self.beta, uniform))


@dataclass(frozen=True)
class Uniform:
    """Uniform distribution between two ends."""

    low: float
    high: float

    @property
    def central(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    @property
    def text(self) -> str:
        """Config form."""
        return f"{{uniform = {{low = {self.low:.6g}, high = {self.high:.6g}}}}}"

    def quantile(self, uniform: ArrayLike) -> Array:
        """Inverse distribution function."""
        return np.asarray(self.low + (self.high - self.low) * np.asarray(uniform, float))


@dataclass(frozen=True)
class Triangular:
    """Triangular distribution."""

    low: float
    mode: float
    high: float

    @property
    def central(self) -> float:
        """The median."""
        return float(self.quantile(0.5))

    @property
    def text(self) -> str:
        """Config form."""
        return f"{{triangular = {{low = {self.low:.6g}, mode = {self.mode:.6g}, high = {self.high:.6g}}}}}"

    def quantile(self, uniform: ArrayLike) -> Array:
        """Inverse distribution function."""
        u = np.asarray(uniform, float)
        width, left = self.high - self.low, self.mode - self.low
        rising = self.low + np.sqrt(u * width * left)
        falling = self.high - np.sqrt((1 - u) * width * (width - left))
        return np.asarray(np.where(u * width < left, rising, falling))


@dataclass(frozen=True)
class Gamma:
    """Gamma distribution by shape and scale."""

    shape: float
    scale: float

    @property
    def central(self) -> float:
        """The mean."""
        return self.shape * self.scale

    @property
    def text(self) -> str:
        """Config form."""
        return f"{{gamma = {{shape = {self.shape:.6g}, scale = {self.scale:.6g}}}}}"

    def quantile(self, uniform: ArrayLike) -> Array:
        """Inverse distribution function."""
        return np.asarray(self.scale * special.gammaincinv(self.shape, uniform))


# For each distribution the sets of keys that define it; one set must be given whole, and nothing else.
FORMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "lognormal": (("median", "sigma"), ("low", "high")),
    "normal": (("mean", "sd"), ("low", "high")),
    "beta": (("alpha", "beta"), ("low", "high"), ("count", "of")),
    "uniform": (("low", "high"),),
    "triangular": (("low", "mode", "high"),),
    "gamma": (("shape", "scale"),),
}


def parse_distribution(spec: Mapping[str, object]) -> Distribution:
    """Build a distribution from its config form.

    Parameters
    ----------
    spec : mapping
        One key, the distribution's name, whose value is a table of numbers as in the module's heading.

    Returns
    -------
    Distribution
        In the unit of the parameter.

    Raises
    ------
    ValueError
        If the name is unknown, or the keys are not one of the allowed sets, or a number is impossible. The message
        says what is allowed.

    Notes
    -----
    `low` and `high` are read as the 2.5 and 97.5 % quantiles: a lognormal then has median √(low·high) and
    sigma ln(high/low)/3.92. Source: docs/model.md, section 9.

    Examples
    --------
    >>> odds_ratio = parse_distribution({"lognormal": {"low": 1.2, "high": 2.53}})
    >>> odds_ratio.quantile([0.025, 0.975]).round(9)
    array([1.2 , 2.53])
    """
    if len(spec) != 1:
        raise ValueError(f"a distribution has one name, one of {', '.join(FORMS)}; {sorted(spec)} was given")
    name, table = next(iter(spec.items()))
    if name not in FORMS:
        raise ValueError(f"unknown distribution {name}; it must be one of {', '.join(FORMS)}")
    allowed = " or ".join("{" + ", ".join(form) + "}" for form in FORMS[name])
    if not isinstance(table, Mapping) or set(table) not in [set(form) for form in FORMS[name]]:
        given = ", ".join(map(str, table)) if isinstance(table, Mapping) else repr(table)
        raise ValueError(f"{name} takes {allowed}, and nothing else; {given or 'nothing'} was given")
    numbers = {key: _number(name, key, value) for key, value in table.items()}
    return _build(name, numbers)


def beta_from_count(count: float, of: float, between_survey_rho: float = 0.0) -> Beta:
    """Beta distribution of a proportion that was counted.

    Parameters
    ----------
    count, of : float
        Counted and looked at; 0 <= count <= of, of > 0. [chromosomes or people]
    between_survey_rho : float, default 0
        Correlation of two draws of one survey, at least 0 and below 1. [dimensionless]

    Returns
    -------
    Beta
        Jeffreys posterior Beta(x + ½, n − x + ½), both parameters multiplied by e = 1/(1 + (n − 1)ρ), with ρ as
        `limited_rho` leaves it.

    Raises
    ------
    ValueError
        If count is not between 0 and of, or rho not in [0, 1).

    Notes
    -----
    The prior's ½ is shrunk with the data, so that ρ widens the distribution and leaves its mean alone. Adding ½ after
    shrinking would give every allele of a large survey 1e-4 more than was counted, a half more of the rare ones.
    Source: docs/model.md, section 2.

    Examples
    --------
    >>> beta_from_count(0, 100)
    Beta(alpha=0.5, beta=100.5)
    >>> wide = beta_from_count(4641, 126702, 0.0002)
    >>> round(wide.central, 6), round(wide.alpha, 1)
    (0.036633, 176.2)
    """
    if not (of > 0 and 0 <= count <= of):
        raise ValueError(f"a count must lie between 0 and what it is counted of; {count:g} of {of:g} was given")
    if not 0 <= between_survey_rho < 1:
        raise ValueError(f"the between-survey correlation must be at least 0 and below 1, not {between_survey_rho:g}")
    e = float(1 / (1 + max(of - 1, 0) * limited_rho(between_survey_rho, count, of)))
    return Beta((count + 0.5) * e, (of - count + 0.5) * e)


def limited_rho(rho: ArrayLike, count: ArrayLike, of: ArrayLike) -> Array:
    """Between-survey correlation, no more than a rare allele can have.

    Parameters
    ----------
    rho : array_like
        Correlation of two draws of one survey, in [0, 1). [dimensionless]
    count, of : array_like
        Counted and looked at. [chromosomes or people]

    Returns
    -------
    ndarray
        At most (x + ½)/(n + 1). [dimensionless]

    Notes
    -----
    ρ makes the standard deviation between surveys √(ρ/q) of the frequency: 10 % at q = 0.02 and ρ = 0.0002, but three times
    the frequency at q = 0.00002. There a survey would say next to nothing, and the upper end of an allele that nobody had
    would fall to nothing, too. So it is never more than the frequency itself. Source: docs/model.md, section 2.

    Examples
    --------
    >>> limited_rho(0.0002, 4641, 126_702), limited_rho(0.0002, 0, 999_999)
    (array(0.0002), array(5.e-07))
    """
    x, n = np.asarray(count, float), np.asarray(of, float)
    return np.asarray(np.minimum(rho, (x + 0.5) / (n + 1)))


@lru_cache(maxsize=512)
def beta_from_interval(low: float, high: float) -> Beta:
    """Beta distribution with these 2.5 and 97.5 % quantiles.

    Parameters
    ----------
    low, high : float
        0 < low < high < 1. [proportion]

    Returns
    -------
    Beta
        Both quantiles met to 1e-9 relative.

    Raises
    ------
    ValueError
        If the interval is not inside (0, 1).

    Notes
    -----
    Solved for ln α and ln β by SciPy's hybrid root finder. Source: docs/model.md, section 2.

    Examples
    --------
    >>> found = beta_from_interval(0.01654, 0.02122)
    >>> found.quantile([0.025, 0.975]).round(5)
    array([0.01654, 0.02122])
    """
    from scipy.optimize import root

    if not 0 < low < high < 1:
        raise ValueError(f"a beta needs 0 < low < high < 1; low = {low:g}, high = {high:g} was given")
    logit_low, logit_high = special.logit(low), special.logit(high)
    mean = special.expit((logit_low + logit_high) / 2)
    sd = (high - low) / (2 * Z_975)
    size = max(mean * (1 - mean) / sd**2 - 1, 0.5)

    def miss(log_parameters: Array) -> Array:
        alpha, beta = np.exp(np.clip(log_parameters, -20, 60))
        # on the probability side: quantiles of a very skewed beta underflow, probabilities do not
        return np.array(
            [special.betainc(alpha, beta, low) / 0.025 - 1, special.betaincc(alpha, beta, high) / 0.025 - 1]
        )

    found = root(miss, np.log([mean * size, (1 - mean) * size]), tol=1e-13)
    if np.abs(miss(found.x)).max() > 1e-8:
        raise ValueError(f"no beta distribution has the 95 % interval {low:g} to {high:g}; write uniform instead")
    alpha, beta = np.exp(found.x)
    return Beta(float(alpha), float(beta))


def _number(name: str, key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name}.{key} must be a number, not {value!r}")
    return float(value)


def _build(name: str, n: dict[str, float]) -> Distribution:
    if "low" in n and not n["low"] < n["high"]:
        raise ValueError(f"{name} needs low < high; low = {n['low']:g}, high = {n['high']:g} was given")
    for key in ("sigma", "sd", "alpha", "beta", "shape", "scale", "median"):
        if key in n and not n[key] > 0:
            raise ValueError(f"{name}.{key} must be above 0, not {n[key]:g}")
    if name == "lognormal":
        if "median" in n:
            return Lognormal(n["median"], n["sigma"])
        if not n["low"] > 0:
            raise ValueError(f"lognormal.low must be above 0, not {n['low']:g}")
        return Lognormal(math.sqrt(n["low"] * n["high"]), math.log(n["high"] / n["low"]) / (2 * Z_975))
    if name == "normal":
        if "mean" in n:
            return Normal(n["mean"], n["sd"])
        return Normal((n["low"] + n["high"]) / 2, (n["high"] - n["low"]) / (2 * Z_975))
    if name == "beta":
        if "alpha" in n:
            return Beta(n["alpha"], n["beta"])
        return beta_from_count(n["count"], n["of"]) if "count" in n else beta_from_interval(n["low"], n["high"])
    if name == "triangular":
        if not n["low"] <= n["mode"] <= n["high"]:
            raise ValueError(f"triangular needs low <= mode <= high; mode = {n['mode']:g} was given")
        return Triangular(n["low"], n["mode"], n["high"])
    return Uniform(n["low"], n["high"]) if name == "uniform" else Gamma(n["shape"], n["scale"])
