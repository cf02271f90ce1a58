import pytest
from support.bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
