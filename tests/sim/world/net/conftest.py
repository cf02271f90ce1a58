import pytest
from support.netlab import Lab
from trio.testing import MockClock


@pytest.fixture
def lab() -> Lab:
    """A network of its own."""
    return Lab()


@pytest.fixture
def mock_lab() -> Lab:
    """One under trio's own clock for tests, which the checks of trio's need: they wait until all tasks are blocked."""
    return Lab(clock=MockClock(autojump_threshold=0.0))
