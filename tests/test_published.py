"""What the issue and the literature say of the answer, from published figures and not from our own output."""

import numpy as np
import pytest

import simulation
from simulation.assembly.build import build_inputs


def test_severe_deficiency_in_european_ancestry():
    born = simulation.run({"population": {"age_min": 30}}, replicates=256)
    row = born.select("prevalence", at="birth", genotype="severe").iloc[0]
    assert 1500 < row.one_in < 3500


@pytest.mark.parametrize(
    ("ancestry", "published"),
    [("swe", 1575), ("gbr", 2364), ("east_central_europe", 9110)],
)
def test_zz_at_birth_is_one_over_the_mean_square(ancestry, published):
    # 1/q² of the surveys' own q; E[q²] exceeds (E q)², so 1 in N comes out lower, by at most the relative variance of q
    inputs = [build_inputs({"population": {"ancestry": {ancestry: 1.0}}}, block) for block in range(8)]
    zz = np.concatenate([i.genotype.sel(genotype="ZZ").values[:, 0] for i in inputs])
    assert 0.85 * published < 1 / zz.mean() < 1.02 * published


def test_one_in_331_is_not_severe_deficiency():
    # the collapsed figure of a gene-level list counts S like Z: all deficiency alleles of gnomAD squared
    inputs = build_inputs({"population": {"ancestry": {"gnomad_nfe": 1.0}}})
    g = inputs.genotype.mean("replicate").squeeze()
    collapsed = float(g.values[inputs.members("any_deficiency")].sum())
    severe = float(g.values[inputs.members("severe")].sum())
    assert collapsed > 6 * severe
