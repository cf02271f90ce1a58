"""WebSocket v2: frames read, requests written."""
