from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kraken.dialect.error_table import ROWS, Family
from seawall.kraken.dialect.errors import exception_for, exception_for_http, read_errors, tidy
from seawall.model.errors import (
    AccessDenied,
    ExchangeError,
    OutcomeUnknown,
    RefusedByExchange,
    SeawallError,
    Unavailable,
)

# string, family, advice, what a placement becomes, what a read becomes
TABLE = [
    ("EAPI:Invalid key", Family.DENIED, "give up", RefusedByExchange, AccessDenied),
    ("EAPI:Invalid signature", Family.DENIED, "give up", RefusedByExchange, AccessDenied),
    ("EAPI:Invalid nonce", Family.DENIED, "retry", RefusedByExchange, AccessDenied),
    ("EAPI:Rate limit exceeded", Family.LIMITED, "wait", RefusedByExchange, Unavailable),
    ("EAPI:Invalid token", Family.SESSION, "retry", RefusedByExchange, ExchangeError),
    ("ESession:Invalid session", Family.SESSION, "retry", RefusedByExchange, ExchangeError),
    ("Token(s) not found", Family.SESSION, "retry", RefusedByExchange, ExchangeError),
    ("EAPI:Bad request", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EAPI:Feature disabled", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EGeneral:Invalid arguments", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EGeneral:Invalid arguments:volume", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EGeneral:Invalid arguments:cl_ord_id", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EGeneral:Invalid arguments:cl_ord_id not unique", Family.UNKNOWN, "ask", OutcomeUnknown, ExchangeError),
    ("EGeneral:Invalid arguments:Index unavailable", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EGeneral:Permission denied", Family.DENIED, "give up", RefusedByExchange, AccessDenied),
    ("EGeneral:Temporary lockout", Family.DENIED, "wait", RefusedByExchange, AccessDenied),
    ("EGeneral:Internal error", Family.BUSY, "retry", OutcomeUnknown, Unavailable),
    ("EGeneral:Internal error:37", Family.BUSY, "retry", OutcomeUnknown, Unavailable),
    ("EGeneral:Unknown method", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EGeneral:Too many requests", Family.LIMITED, "wait", RefusedByExchange, Unavailable),
    ("EService:Unavailable", Family.BUSY, "retry", OutcomeUnknown, Unavailable),
    ("EService:Busy", Family.BUSY, "retry", OutcomeUnknown, Unavailable),
    ("EService:Throttled:1741500000", Family.LIMITED, "wait", RefusedByExchange, Unavailable),
    ("EService:Timeout", Family.UNKNOWN, "ask", OutcomeUnknown, ExchangeError),
    ("EService:Deadline elapsed", Family.UNKNOWN, "ask", OutcomeUnknown, ExchangeError),
    ("EService:Market in cancel_only mode", Family.REFUSED, "wait", RefusedByExchange, ExchangeError),
    ("EService:Market in post_only mode", Family.REFUSED, "wait", RefusedByExchange, ExchangeError),
    ("EService:Market in limit_only mode", Family.REFUSED, "wait", RefusedByExchange, ExchangeError),
    ("EQuery:Unknown asset pair", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EQuery:Unknown asset", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EQuery:Invalid asset pair", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Insufficient funds", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Insufficient funds (insufficient user funds)", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Insufficient margin", Family.REFUSED, "wait", RefusedByExchange, ExchangeError),
    ("EOrder:Order minimum not met", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Cost minimum not met", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Tick size check failed", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Invalid price", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Invalid limit price", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Post only order", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Rate limit exceeded", Family.LIMITED, "wait", RefusedByExchange, Unavailable),
    ("EOrder:Domain rate limit exceeded", Family.LIMITED, "wait", RefusedByExchange, Unavailable),
    ("EOrder:Orders limit exceeded", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Scheduled orders limit exceeded", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Positions limit exceeded", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Margin allowance exceeded", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Margin level too low", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Margin position size exceeded", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Cannot open position", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Cannot open opposing position", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Reduce only:No position exists", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Reduce only:Position is closed", Family.UNKNOWN, "ask", OutcomeUnknown, ExchangeError),
    ("EOrder:Reduce only:Non-PC", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Unknown order", Family.GONE, "ask", RefusedByExchange, ExchangeError),
    ("EOrder:Invalid order", Family.GONE, "ask", RefusedByExchange, ExchangeError),
    ("EOrder:No amendable parameters specified", Family.NOTHING_TO_DO, "give up", RefusedByExchange, ExchangeError),
    ("EOrder:Unknown position", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EAuth:Account temporary disabled", Family.DENIED, "give up", RefusedByExchange, AccessDenied),
    ("EAuth:Account unconfirmed", Family.DENIED, "give up", RefusedByExchange, AccessDenied),
    ("ETrade:Locked", Family.DENIED, "give up", RefusedByExchange, AccessDenied),
    ("ETrade:User Locked", Family.DENIED, "give up", RefusedByExchange, AccessDenied),
    ("EAccount:Invalid permissions", Family.DENIED, "give up", RefusedByExchange, AccessDenied),
    ("EAuth:Rate limit exceeded", Family.LIMITED, "wait", RefusedByExchange, Unavailable),
    ("EAuth:Too many requests", Family.LIMITED, "wait", RefusedByExchange, Unavailable),
    ("ETrade:Invalid request", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EBM:limit exceeded:CAL", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EFunding:Unknown reference id", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Currency pair not supported WWW/USD", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Unsupported field: 'params' for the given msg type: ping", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Unsupported event", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Symbol(s) not found", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Cash_order_qty field must be a number_float", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Limit_price field must be a number_float", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Subscription name invalid", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Subscription depth not supported", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Already subscribed", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Malformed request", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("Exceeded msg rate", Family.LIMITED, "wait", RefusedByExchange, Unavailable),
    # Not listed anywhere: judged by their category, and where there is none nothing is concluded.
    ("EOrder:Something new", Family.REFUSED, "give up", RefusedByExchange, ExchangeError),
    ("EAuth:Something new", Family.DENIED, "give up", RefusedByExchange, AccessDenied),
    ("ESession:Something new", Family.SESSION, "retry", RefusedByExchange, ExchangeError),
    ("EService:Something new", Family.BUSY, "retry", OutcomeUnknown, Unavailable),
    ("EGeneral:Something new", Family.UNKNOWN, "ask", OutcomeUnknown, ExchangeError),
    ("ENew:Something new", Family.UNKNOWN, "ask", OutcomeUnknown, ExchangeError),
    ("", Family.UNKNOWN, "ask", OutcomeUnknown, ExchangeError),
]


@pytest.mark.parametrize(("error", "family", "advice", "placing", "asking"), TABLE, ids=lambda value: str(value)[:60])
def test_each_error_asks_for_the_right_thing(
    error: str, family: Family, advice: str, placing: type[SeawallError], asking: type[SeawallError]
) -> None:
    answer = read_errors([error])
    assert (answer.family, answer.advice, answer.failed) == (family, advice, True)
    refusal, failure = exception_for([error], placing=True), exception_for([error], placing=False)
    assert type(refusal) is placing
    assert type(failure) is asking
    assert failure.advice == ("wait" if asking is Unavailable and answer.retry_after_s else advice)
    assert refusal.advice == ("ask" if placing is OutcomeUnknown else advice)
    assert (failure.retry_after_s is not None) == (advice == "wait")


def test_every_row_of_the_table_is_met_by_an_example() -> None:
    examples = [tidy(error) for error, *_ in TABLE]
    assert [row.prefix for row in ROWS if not any(error.startswith(row.prefix) for error in examples)] == []
    assert len({row.prefix for row in ROWS}) == len(ROWS)


SPELLINGS: list[Callable[[str], str]] = [
    str.upper,
    str.lower,
    lambda error: f"  {error}\t",
    lambda error: error.replace(":", " : "),
    lambda error: error.replace(":", ": ").replace(" ", "  "),
    lambda error: f"{error}:and a detail",
    lambda error: f"{error} (and an explanation)",
]


@pytest.mark.parametrize("error", [error for error, *_ in TABLE if error])
def test_no_spelling_changes_what_an_error_means(error: str) -> None:
    wanted = read_errors([error])
    for spelt in SPELLINGS:
        answer = read_errors([spelt(error)])
        assert (answer.family, answer.advice, answer.retry_after_s, answer.doubtful) == (
            wanted.family,
            wanted.advice,
            wanted.retry_after_s,
            wanted.doubtful,
        ), spelt(error)


@pytest.mark.parametrize("error", [error for error, *_ in TABLE if error])
@pytest.mark.parametrize("other", ["EAPI:Invalid key", "EService:Busy", "EOrder:Invalid price", "WGeneral:Note"])
def test_the_order_of_several_errors_does_not_matter(error: str, other: str) -> None:
    one, two = read_errors([error, other]), read_errors([other, error])
    assert (one.family, one.advice, one.retry_after_s, one.doubtful) == (two.family, two.advice, two.retry_after_s, two.doubtful)
    assert one.doubtful or not read_errors([error]).doubtful


def test_of_one_family_the_error_that_forbids_a_repetition_decides() -> None:
    assert read_errors(["EAPI:Invalid nonce", "EAPI:Invalid key"]).advice == "give up"
    answer = read_errors(["EService:Market in post_only mode", "EOrder:Invalid price"])
    assert (answer.advice, answer.retry_after_s) == ("give up", None)


def test_a_busy_exchange_that_also_limits_is_waited_for() -> None:
    answer = read_errors(["EService:Busy", "EAPI:Rate limit exceeded"])
    assert (answer.family, answer.advice, answer.retry_after_s) == (Family.BUSY, "wait", 15.0)


def test_a_throttle_of_another_age_is_no_wait_of_years() -> None:
    assert read_errors(["EService:Throttled:99999999999"], 1_741_499_990_500_000_000).retry_after_s == 5.0
    assert read_errors(["EService:Throttled:1741500000"], now_ns=0).retry_after_s == 5.0


def test_blanks_around_colons_and_case_do_not_matter() -> None:
    assert tidy(" EService: Throttled : 1741500000 ") == "EService:Throttled:1741500000"
    assert read_errors(["EORDER : insufficient FUNDS"]).family is Family.REFUSED
    assert read_errors(["EGeneral: Invalid arguments: cl_ord_id not unique"]).family is Family.UNKNOWN


def test_a_throttle_tells_until_when() -> None:
    now_ns = 1_741_499_990_500_000_000
    for text in ("EService:Throttled:1741500000", "EService: Throttled: 1741500000"):
        assert read_errors([text], now_ns).retry_after_s == 9.5
    assert read_errors(["EService:Throttled:1741500000"], now_ns + 60_000_000_000).retry_after_s == 0.0
    assert read_errors(["EService:Throttled:1741500000"]).retry_after_s == 5.0
    assert exception_for(["EService:Throttled:1741500000"], placing=False, now_ns=now_ns).retry_after_s == 9.5


def test_warnings_alone_are_no_failure() -> None:
    answer = read_errors(["WGeneral:Danger", "WDatabase:No change"])
    assert (answer.failed, answer.warnings) == (False, ("WGeneral:Danger", "WDatabase:No change"))
    assert not read_errors([]).failed


def test_warnings_beside_an_error_are_kept_apart() -> None:
    answer = read_errors(["WGeneral:Danger", "EOrder:Unknown order"])
    assert (answer.failures, answer.warnings) == (("EOrder:Unknown order",), ("WGeneral:Danger",))


def test_of_several_errors_the_gravest_decides() -> None:
    assert read_errors(["EOrder:Invalid price", "EAPI:Invalid key"]).family is Family.DENIED
    assert read_errors(["EOrder:Invalid price", "EService:Busy"]).family is Family.BUSY
    assert read_errors(["EAPI:Rate limit exceeded", "EGeneral:Too many requests"]).retry_after_s == 15.0


def test_one_doubtful_error_among_several_leaves_the_outcome_of_a_placement_open() -> None:
    refusal = exception_for(["EOrder:Invalid price", "EGeneral:Internal error"], placing=True)
    assert isinstance(refusal, OutcomeUnknown)
    assert "EOrder:Invalid price; EGeneral:Internal error" in str(refusal)


def test_the_rule_of_a_refusal_ends_at_the_second_colon() -> None:
    refusal = exception_for(["EGeneral:Invalid arguments:volume"], placing=True)
    assert isinstance(refusal, RefusedByExchange)
    assert refusal.rule == "EGeneral:Invalid arguments"
    assert refusal.detail == "EGeneral:Invalid arguments:volume"


def test_a_failure_without_a_reason_concludes_nothing() -> None:
    assert isinstance(exception_for([], placing=True), OutcomeUnknown)
    assert isinstance(exception_for([], placing=False), ExchangeError)


@pytest.mark.parametrize(
    ("status", "asking"),
    [
        (429, Unavailable),
        (408, Unavailable),
        (425, Unavailable),
        (500, Unavailable),
        (520, Unavailable),
        (403, ExchangeError),
        (302, ExchangeError),
    ],
)
def test_another_http_status_leaves_a_placement_open_and_a_read_failed(status: int, asking: type[SeawallError]) -> None:
    assert isinstance(exception_for_http(status, placing=True), OutcomeUnknown)
    failure = exception_for_http(status, placing=False, retry_after_s=7.0)
    assert type(failure) is asking
    assert str(status) in str(failure)
    assert failure.retry_after_s == (7.0 if asking is Unavailable else None)


@given(st.lists(st.text(max_size=30), max_size=4), st.booleans())
def test_any_strings_become_an_exception_of_ours(errors: list[str], placing: bool) -> None:
    failure = exception_for(errors, placing=placing)
    assert isinstance(failure, SeawallError)
    assert failure.advice in {"retry", "wait", "give up", "ask"}
