"""Kraken spot: the dialect (pure) and its clients."""
