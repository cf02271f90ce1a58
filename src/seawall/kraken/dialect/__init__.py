"""Kraken's wire dialect, sans-I/O: frames, signing, names, books, errors."""
