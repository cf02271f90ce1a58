"""Bytes and requests: HTTP, WebSockets, and the doors they come through."""
