"""References as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_PERSON = re.compile(r"^[^\W\d_][\w'’ -]* [A-Z]{1,3}$")
_SPECIAL = {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}"}


def bibtex(references: Iterable[Mapping[str, str]]) -> str:
    r"""Write references as BibTeX.

    Parameters
    ----------
    references : iterable of mapping
        Keys: source, authors, title, journal, year, doi, pmid, url, note; empty texts are left out.

    Returns
    -------
    str
        One entry for each reference, in the given order.

    Notes
    -----
    Source: docs/data.md.

    Examples
    --------
    >>> print(bibtex([{"source": "smith2020", "authors": "Smith A", "title": "Z & S", "year": "2020"}]))
    @misc{smith2020,
      author = {Smith, A},
      title = {Z \& S},
      year = {2020},
    }
    <BLANKLINE>
    """
    fields = {
        "authors": "author",
        "title": "title",
        "journal": "journal",
        "year": "year",
        "doi": "doi",
        "pmid": "pmid",
        "url": "url",
        "note": "note",
    }
    entries = []
    for reference in references:
        kind = "article" if reference.get("journal") else "misc"
        lines = [f"@{kind}{{{reference['source']},"]
        for key, name in fields.items():
            text = str(reference.get(key, "") or "")
            if text:
                text = _authors(text) if key == "authors" else text
                value = text if key in ("doi", "url") else "".join(_SPECIAL.get(c, c) for c in text)
                value = f"{{{value}}}" if key == "authors" and " and " not in text and ", " not in text else value
                lines.append(f"  {name} = {{{value}}},")
        entries.append("\n".join([*lines, "}\n"]))
    return "\n".join(entries)


def _authors(text: str) -> str:
    """People as BibTeX wants them; what is no list of "Name Initials" stays one name."""
    people = [part.strip().rstrip(".") for part in text.split(",")]
    named = [person for person in people if person not in ("et al", "")]
    if not all(_PERSON.match(person) for person in named):
        return text.replace(",", ";").replace(" and ", " & ")
    written = [", ".join(person.rsplit(" ", 1)) for person in named]
    return " and ".join(written + (["others"] if len(named) < len(people) else []))
