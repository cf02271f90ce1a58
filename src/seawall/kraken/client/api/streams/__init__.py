"""What the sockets tell, as the caller asks for it: every message to a callback, or the newest to a waiting task."""
