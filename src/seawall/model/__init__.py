"""Values, orders and their state table, notices, errors. Pure: no trio, no clock, no I/O."""
