"""A trading engine for Kraken spot on trio."""
