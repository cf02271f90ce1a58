import pytest
from support.wire import Authority


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Contexts for both sides of TLS."""
    return Authority()
