"""Questions to the person at the terminal."""

import sys

import trio

__all__ = ["a_person_is_there", "ask", "ask_meanwhile"]


def a_person_is_there() -> bool:
    """Whether a question can be seen and answered."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> bool:
    """Put a question that is answered with yes or no; anything else, and an input that has ended, is a no. Blocks."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


async def ask_meanwhile(question: str) -> bool:
    """As `ask`, in a thread of its own; given up, the answer is read by nobody."""
    return await trio.to_thread.run_sync(ask, question, abandon_on_cancel=True)
