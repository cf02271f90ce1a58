"""The configuration file, and the composition root."""
