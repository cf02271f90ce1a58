"""The journal on disk: SQLite, one writer thread."""
