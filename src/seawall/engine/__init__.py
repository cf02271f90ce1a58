"""The task tree: desk, market, monitors, strategies, shutdown."""
