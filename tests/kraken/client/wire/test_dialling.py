import ssl
from pathlib import Path

import pytest
import trio
import trustme

from seawall.kraken.client.wire.dialling import dial


async def test_tls_is_verified_against_the_authority_given(tmp_path: Path) -> None:
    authority = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_context)
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))

    async def echo(stream: trio.SocketStream) -> None:
        tls = trio.SSLStream(stream, server_context, server_side=True, https_compatible=True)
        try:
            await tls.send_all(await tls.receive_some())
        except trio.BrokenResourceError:
            pass  # the client does not trust us
        finally:
            await trio.aclose_forcefully(stream)

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            listeners = await nursery.start(trio.serve_tcp, echo, 0)
            url = f"wss://127.0.0.1:{listeners[0].socket.getsockname()[1]}/v2"
            stream = await dial(url, ssl.create_default_context(cafile=trusted))
            await stream.send_all(b"hello")
            assert await stream.receive_some() == b"hello"
            await trio.aclose_forcefully(stream)
            with pytest.raises(trio.BrokenResourceError) as broken:
                await dial(url, ssl.create_default_context())
            assert isinstance(broken.value.__cause__, ssl.SSLCertVerificationError)
            nursery.cancel_scope.cancel()
