"""Shared by all tests: a seeded generator and configs whose every number is fixed."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")


@pytest.fixture
def rng():
    return np.random.default_rng(20261120)
