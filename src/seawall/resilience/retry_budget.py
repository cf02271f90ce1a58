"""A bound on retries, shared by all calls to one place: when most of them fail, repeating them makes it worse."""

import attrs

from seawall.resilience.checks import above_zero, count

__all__ = ["RetryBudget", "RetryBudgetStatistics"]


@attrs.frozen
class RetryBudgetStatistics:
    """A retry budget at one instant."""

    tokens: float
    max_tokens: int
    allows: bool
    """Whether a failed call may be repeated now."""


# Validated when made, and never again: every call that succeeds sets an attribute.
@attrs.define(eq=False, on_setattr=attrs.setters.NO_OP)
class RetryBudget:
    """Tokens: a failure that could be repeated costs one, a success gives back `per_success`.

    Nothing is repeated while half of them or fewer are left. First attempts are never held back.
    """

    max_tokens: int = attrs.field(default=10, validator=count)
    per_success: float = attrs.field(default=0.1, validator=above_zero)
    tokens: float = attrs.field(init=False)
    """What is left."""

    def __attrs_post_init__(self) -> None:
        self.tokens = float(self.max_tokens)

    @property
    def allows(self) -> bool:
        """Whether a failed call may be repeated now."""
        return self.tokens > self.max_tokens / 2

    def failed(self) -> bool:
        """Count a failure that could be repeated; whether it may be."""
        self.tokens = max(0.0, self.tokens - 1.0)
        return self.allows

    def succeeded(self) -> None:
        """Count a success."""
        self.tokens = min(float(self.max_tokens), self.tokens + self.per_success)

    def statistics(self) -> RetryBudgetStatistics:
        """A snapshot."""
        return RetryBudgetStatistics(self.tokens, self.max_tokens, self.allows)
