"""A Kraken-speaking exchange on this machine."""
