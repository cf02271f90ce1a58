"""How the simulated exchange says no: with Kraken's own words (docs.kraken.com/api/docs/guides/spot-errors)."""

from seawall.model.errors import SeawallError

__all__ = ["ApiError", "invalid"]


class ApiError(SeawallError):
    """An answer with this error string, word for word as Kraken writes it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def invalid(field: str) -> ApiError:
    """The complaint about one bad field."""
    return ApiError(f"EGeneral:Invalid arguments:{field}")
