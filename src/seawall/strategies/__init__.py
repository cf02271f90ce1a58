"""Strategies that are ready to run, and to be read: written against the public face alone, as anybody's would be.

`quote_the_touch` makes a market at the touch, `Grid` buys below and sells above, `cross` follows moving averages. They
show how the market's verbs go together; none of them is known to earn anything.
"""

from seawall.strategies.crossing import cross
from seawall.strategies.grid import Grid
from seawall.strategies.touch import quote_the_touch

__all__ = ["Grid", "cross", "quote_the_touch"]
