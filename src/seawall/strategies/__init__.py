"""Ready-made strategies, written against the public API only."""
