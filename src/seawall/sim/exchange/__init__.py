"""The matching heart: plain, synchronous, told the time."""
