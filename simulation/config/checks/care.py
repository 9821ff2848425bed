"""Who may have augmentation therapy: a rule that the data pack knows."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.config.schema import Config
from simulation.data.pack import DataPack
from simulation.errors import nearest


def check_care(config: Config, pack: DataPack) -> Iterator[str]:
    """The rule of augmentation therapy.

    Parameters
    ----------
    config : Config
        Valid by the schema.
    pack : DataPack
        The rules it names.

    Yields
    ------
    str
        One sentence for each mistake.

    Notes
    -----
    Source: docs/config.md.

    Examples
    --------
    >>> from simulation.data.pack import data_pack
    >>> list(check_care(Config(care={"rule": "cts"}), data_pack()))
    ['care.rule = "cts"; unknown rule; did you mean cts2012? (general, cts2012, rapid)']
    """
    rules = list(pack.treatment_rules)
    if config.care.rule not in rules:
        yield f'care.rule = "{config.care.rule}"; unknown rule{nearest(config.care.rule, rules)} ({", ".join(rules)})'
