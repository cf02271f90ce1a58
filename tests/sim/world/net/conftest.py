import pytest
from support.netlab import Lab


@pytest.fixture
def lab() -> Lab:
    """A network of its own."""
    return Lab()
