"""The two errors a user can meet: each is a list of sentences saying where, what, what is allowed and the cure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches


class AATDError(Exception):
    """One or more mistakes, all reported together.

    Attributes
    ----------
    messages : tuple of str
        One sentence for each mistake.
    """

    def __init__(self, messages: str | Iterable[str]) -> None:
        self.messages: tuple[str, ...] = (messages,) if isinstance(messages, str) else tuple(messages)
        super().__init__("\n".join(self.messages))

    def __reduce__(self) -> tuple[type[AATDError], tuple[tuple[str, ...]]]:
        """Pickle by the messages, so that an error crosses a process border whole."""
        return (type(self), (self.messages,))


class ConfigError(AATDError):
    """A config that cannot be run as it stands."""


class DataError(AATDError):
    """A data table or a results folder that cannot be read."""


def nearest(name: str, known: Sequence[str], labels: Mapping[str, str] | None = None) -> str:
    """Say which known name was probably meant.

    Parameters
    ----------
    name : str
        What was written.
    known : sequence of str
        What exists.
    labels : mapping of str to str, optional
        What some of these are called in words; a user may have written that.

    Returns
    -------
    str
        A clause that begins with a semicolon, or an empty string when nothing is near.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> nearest("pack_yeers", ["pack_years", "former"])
    '; did you mean pack_years?'
    >>> nearest("zebra", ["pack_years"])
    ''
    >>> nearest("Ireland", ["IRL", "IRN"], {"IRL": "Ireland", "IRN": "Iran"})
    '; did you mean IRL?'
    >>> nearest("mz_ever", ["mz_never", "mz_ever.pooled"])
    '; did you mean mz_ever.pooled?'
    """
    named = {label.casefold(): key for key, label in (labels or {}).items()}
    called = get_close_matches(name.casefold(), named, n=1, cutoff=0.8)
    if called:
        return f"; did you mean {named[called[0]]}?"
    longer = [other for other in known if other.startswith(f"{name}.")]
    if longer:
        return f"; did you mean {longer[0]}?"
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if not close:
        folded = {other.casefold(): other for other in known}
        close = [folded[name.casefold()]] if name.casefold() in folded else []
    return f"; did you mean {close[0]}?" if close else ""
