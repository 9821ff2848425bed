"""Shared by all tests: a seeded generator and configs whose every number is fixed."""

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import settings

mpl.use("Agg")
settings.register_profile("here", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("here")


@pytest.fixture
def rng():
    return np.random.default_rng(20261120)
