"""Kraken over real connections: REST on httpx, sockets on trio-websocket."""
