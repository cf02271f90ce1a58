import pytest
from trio.testing import MockClock


@pytest.fixture
def manual() -> MockClock:
    """A clock that stands still until told to jump, for tests without a trio run."""
    return MockClock()


@pytest.fixture
def notices() -> list[object]:
    """What was told: hand `notices.append` as the probe."""
    return []
