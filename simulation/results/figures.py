"""The figures that some results have, each by its name, and how they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from simulation.labels import BASE
from simulation.results import finding_plots, plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Tables(Protocol):
    """What figures are drawn from: `simulation.results.results.Results`, of which this module need not know more."""

    differences: pd.DataFrame

    @property
    def populations(self) -> list[str]:
        """Names of the populations, the total last where there are several."""

    @property
    def whole(self) -> str:
        """The population that stands for all."""

    def select(self, table: str, **equal: str | None) -> pd.DataFrame:
        """Rows of a table, of the base and all people together unless another scenario or population is named."""


class Plots:
    """Figures of some results, of the base and all people together unless another is named.

    Parameters
    ----------
    results : Tables
        Their tables.
    """

    def __init__(self, results: Tables) -> None:
        self._results = results

    def _rows(self, name: str, scenario: str | None, population: str | None) -> pd.DataFrame:
        return self._results.select(name, scenario=scenario, population=population or self._results.whole)

    def prevalence(self, ax: Axes | None = None, *, scenario: str = BASE, at: str = "living") -> Axes:
        """Share of people with each genotype and set; see `plots.plot_prevalence`."""
        return plots.plot_prevalence(self._results.select("prevalence", scenario=scenario, population=None, at=at), ax)

    def couples(self, ax: Axes | None = None, *, scenario: str = BASE, population: str | None = None) -> Axes:
        """Couples at risk; see `finding_plots.plot_couples`."""
        return finding_plots.plot_couples(self._rows("couples", scenario, population), ax)

    def copd(self, ax: Axes | None = None, *, scenario: str = BASE, population: str | None = None) -> Axes:
        """COPD prevalence by genotype and smoking; see `plots.plot_copd`."""
        return plots.plot_copd(self._rows("copd", scenario, population), ax)

    def copd_by_age(self, ax: Axes | None = None, *, scenario: str = BASE, population: str | None = None) -> Axes:
        """COPD prevalence by age; see `plots.plot_copd_by_age`."""
        return plots.plot_copd_by_age(self._rows("copd_by_age", scenario, population), ax)

    def recognition(self, ax: Axes | None = None, *, scenario: str = BASE, population: str | None = None) -> Axes:
        """The ladder down to the recognised; see `plots.plot_recognition`."""
        return plots.plot_recognition(self._rows("recognition", scenario, population), ax)

    def testing(self, ax: Axes | None = None, *, scenario: str = BASE, population: str | None = None) -> Axes:
        """The funnel of today's practice; see `finding_plots.plot_testing`."""
        return finding_plots.plot_testing(self._rows("testing", scenario, population), ax)

    def strategies(self, ax: Axes | None = None, *, scenario: str = BASE, population: str | None = None) -> Axes:
        """What strategies take and find; see `finding_plots.plot_strategies`."""
        return finding_plots.plot_strategies(self._rows("strategies", scenario, population), ax)

    def missed(self, ax: Axes | None = None, *, scenario: str = BASE, population: str | None = None) -> Axes:
        """Who is missed by each strategy and why; see `finding_plots.plot_missed`."""
        return finding_plots.plot_missed(self._rows("strategy_genotypes", scenario, population), ax)

    def treatment(self, ax: Axes | None = None, *, scenario: str = BASE, population: str | None = None) -> Axes:
        """The funnel to augmentation therapy; see `plots.plot_treatment`."""
        return plots.plot_treatment(self._rows("treatment", scenario, population), ax)

    def differences(self, ax: Axes | None = None, *, population: str | None = None) -> Axes:
        """Scenarios against the base; see `plots.plot_differences`."""
        return plots.plot_differences(self._rows("differences", None, population), ax)

    @property
    def _differ(self) -> bool:
        """Whether a scenario changes any headline."""
        table = self._results.differences
        return bool(((table["difference_low"] != 0) | (table["difference_high"] != 0)).any())

    @property
    def names(self) -> list[str]:
        """Figures that these results have."""
        compared = len(self._rows("strategies", BASE, None)) > 1  # with anything but today's practice
        return [
            *("prevalence", "couples", "copd", "copd_by_age", "recognition", "testing"),
            *(("strategies", "missed") if compared else ()),
            "treatment",
            *(("differences",) if self._differ else ()),
        ]

    def save_all(self, folder: Path) -> None:
        """Draw every figure into a folder, as SVG and PNG.

        Parameters
        ----------
        folder : Path
            Made if missing.
        """
        import matplotlib as mpl
        from matplotlib.figure import Figure

        folder.mkdir(exist_ok=True)
        # the same figure is the same bytes: no dates, no random ids; letters as paths look alike everywhere
        with mpl.rc_context({"svg.hashsalt": "aatd", "svg.fonttype": "path", "font.size": 10}):
            for name in self.names:
                figure = Figure(figsize=_size(name, self._results), layout="constrained")
                getattr(self, name)(figure.add_subplot())
                figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
                figure.savefig(folder / f"{name}.png", dpi=160, metadata={"Software": None})


def _size(name: str, results: Tables) -> tuple[float, float]:
    heights = {
        "prevalence": 5.2,
        "couples": 3.9,
        "copd": 4.4,
        "copd_by_age": 4.2,
        "recognition": 2.7,
        "testing": 3.6,
        "treatment": 4.6,
    }
    if name == "prevalence" and len(results.populations) > 1:
        return 8, 7.5
    if name in ("strategies", "missed"):
        n = len(results.select("strategies"))
        return (8, 4.6 + 0.1 * n) if name == "strategies" else (8, 1.7 + 0.38 * n)
    return 8, heights.get(name, 1.6 + 0.38 * max(results.differences["headline"].nunique(), 4))
