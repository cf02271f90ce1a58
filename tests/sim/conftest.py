"""The simulated exchange, small enough to follow by hand."""

import pytest
from support.sim import Stage, make_stage


@pytest.fixture
def stage() -> Stage:
    return make_stage()
