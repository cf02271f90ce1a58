from collections.abc import AsyncGenerator

import pytest
from support.kraken_server import Stage, open_kraken_server


@pytest.fixture
async def stage() -> AsyncGenerator[Stage, None]:
    """A scripted exchange on memory streams, and somebody who listens."""
    async with open_kraken_server() as server:
        yield Stage(server)


@pytest.fixture
def rest_only(stage: Stage) -> Stage:
    """A stage whose sockets are never reached, so that everything goes by REST."""
    stage.server.refuse_dials = 10**6
    return stage
