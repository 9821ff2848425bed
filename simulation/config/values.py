"""Values a config may hold that are more than a number: proportions, counts, distributions, names of rows."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from simulation.parameters.distributions import (
    FORMS,
    Beta,
    Distribution,
    Fixed,
    beta_from_count,
    parse_distribution,
)

_NUMBER = r"\d[\d_ ]*(?:\.\d+)?(?:[eE][-+]?\d+)?"
PERCENT = re.compile(rf"^\s*({_NUMBER})\s*%\s*$")
ONE_IN = re.compile(rf"^\s*1\s+in\s+({_NUMBER.replace('_ ', '_, ')})\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class RowName:
    """A value taken from a row of the data pack."""

    name: str


@dataclass(frozen=True)
class Count:
    """An allele count: so many copies among so many chromosomes, with the between-survey correlation if given."""

    count: int
    of: int
    rho: float | None = None

    def distribution(self, rho: float = 0.0) -> Beta:
        """Distribution of the allele frequency.

        Parameters
        ----------
        rho : float, default 0.0
            Between-survey correlation where the count gives none of its own. [dimensionless]

        Returns
        -------
        Beta
            [proportion]
        """
        return beta_from_count(self.count, self.of, rho if self.rho is None else self.rho)


def parse_proportion(value: Any) -> Any:
    """Read a proportion from a number, "2.2 %" or "1 in 46".

    Parameters
    ----------
    value : object
        As written in the config.

    Returns
    -------
    object
        A float between 0 and 1 [proportion]; anything that is neither number nor such a text is given back unread.

    Raises
    ------
    ValueError
        If the number lies outside [0, 1]; the message says how a percentage is written.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> parse_proportion("2.2 %"), parse_proportion("1 in 40")
    (0.022, 0.025)
    """
    if isinstance(value, str):
        if found := PERCENT.match(value):
            value = float(Decimal(_digits(found[1])) / 100)  # 2.2 / 100 in binary is not 0.022
        elif found := ONE_IN.match(value):
            n = float(_digits(found[1]))
            if n < 1:
                raise ValueError("in '1 in N' the N must be at least 1")
            value = 1 / n
        else:
            return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if not (math.isfinite(value) and 0 <= value <= 1):
        hint = f' (for {value:g} % write {value / 100:g} or "{value:g} %")' if 1 < value <= 100 else ""
        raise ValueError(f"it must be at least 0 and at most 1{hint}")
    return float(value)


def parse_value(value: Any) -> Distribution | RowName:
    """Read a parameter: a number, a proportion text, a distribution table or the name of a row.

    Parameters
    ----------
    value : object
        As written in the config.

    Returns
    -------
    Distribution or RowName
        A number becomes a distribution without width.

    Raises
    ------
    ValueError
        If it is none of these; the message says what is allowed.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> parse_value(1.74), parse_value("lung.copd_or.mz.copenhagen")
    (Fixed(value=1.74), RowName(name='lung.copd_or.mz.copenhagen'))
    """
    if isinstance(value, RowName | Fixed):
        return value
    if isinstance(value, bool):
        raise ValueError("it must be a number, a distribution or the name of a row, not true or false")
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise ValueError("it must be a finite number")
        return Fixed(float(value))
    if isinstance(value, str):
        proportion = parse_proportion(value)
        return RowName(value) if isinstance(proportion, str) else Fixed(proportion)
    if isinstance(value, Mapping):
        return parse_distribution(value)
    if hasattr(value, "quantile"):
        return value  # type: ignore[no-any-return]
    raise ValueError(
        "it must be a number, a distribution such as { lognormal = { low = 1.2, high = 2.5 } }, or a row's name"
    )


def parse_frequency(value: Any) -> Distribution | Count:
    """Read an allele frequency: a proportion, a count, or a distribution.

    Parameters
    ----------
    value : object
        As written in the config.

    Returns
    -------
    Distribution or Count
        [proportion]

    Raises
    ------
    ValueError
        If it is none of these; the message says what is allowed.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> parse_frequency("1 in 46"), parse_frequency({"count": 119, "of": 2200})
    (Fixed(value=0.021739130434782608), Count(count=119, of=2200, rho=None))
    """
    if isinstance(value, Count):
        return value
    if isinstance(value, Mapping) and ("count" in value or "of" in value):
        extra = set(value) - {"count", "of", "rho"}
        if extra or not {"count", "of"} <= set(value):
            raise ValueError("a count is written { count = 119, of = 2200 }, with rho if wished, and nothing else")
        count, of, rho = value["count"], value["of"], value.get("rho")
        if any(isinstance(n, bool) or not isinstance(n, int) for n in (count, of)) or not 0 <= count <= of or of < 1:
            raise ValueError("count and of must be whole numbers with 0 <= count <= of and of at least 1")
        if rho is not None and (isinstance(rho, bool) or not isinstance(rho, int | float) or not 0 <= rho < 1):
            raise ValueError("rho must be at least 0 and below 1")
        return Count(count, of, None if rho is None else float(rho))
    if isinstance(value, int | float | str):
        proportion = parse_proportion(value)
        if isinstance(proportion, str):
            raise ValueError('it must be a proportion such as 0.022, "2.2 %" or "1 in 46", a count or a distribution')
    read = parse_value(value)
    if isinstance(read, RowName):
        raise ValueError("it must be a proportion, a count or a distribution")
    return read


def _digits(text: str) -> str:
    return re.sub(r"[_, ]", "", text)


_PROPORTION_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "string", "pattern": r"(%|1 in [\d,_. ]+)\s*$", "examples": ["2.2 %", "1 in 46"]},
    ]
}
_DISTRIBUTION_SCHEMAS: list[dict[str, Any]] = [
    {
        "type": "object",
        "additionalProperties": False,
        "required": [name],
        "properties": {
            name: {
                "anyOf": [
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": list(form),
                        "properties": {key: {"type": "number"} for key in form},
                    }
                    for form in forms
                ]
            }
        },
    }
    for name, forms in FORMS.items()
]
_VALUE_SCHEMA: dict[str, Any] = {"anyOf": [{"type": "number"}, {"type": "string"}, *_DISTRIBUTION_SCHEMAS]}
_COUNT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["count", "of"],
    "properties": {
        "count": {"type": "integer", "minimum": 0},
        "of": {"type": "integer", "minimum": 1},
        "rho": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
    },
}

Proportion = Annotated[float, BeforeValidator(parse_proportion), Field(ge=0, le=1), WithJsonSchema(_PROPORTION_SCHEMA)]
Value = Annotated[Any, BeforeValidator(parse_value), WithJsonSchema(_VALUE_SCHEMA)]
Frequency = Annotated[
    Any,
    BeforeValidator(parse_frequency),
    WithJsonSchema({"anyOf": [*_PROPORTION_SCHEMA["anyOf"], _COUNT_SCHEMA, *_DISTRIBUTION_SCHEMAS]}),
]
