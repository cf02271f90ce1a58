from seawall.kraken.client.session.answers import Answers
from seawall.kraken.dialect.socket.private_frames import Response


def test_answers_find_who_waits_and_late_ones_find_nobody() -> None:
    answers = Answers()
    first, second = answers.expect("add_order"), answers.expect("add_order")
    assert answers.take(Response(method="add_order", req_id=second.req_id), 1.0) is second
    assert second.done.is_set()
    assert not first.done.is_set()
    answers.forget(first)
    assert answers.take(Response(method="add_order", req_id=first.req_id), 1.0) is None
    assert answers.take(Response(method="add_order"), 1.0) is None
    assert answers.unexpected == 2


def test_a_lost_connection_wakes_everybody_with_the_reason() -> None:
    answers = Answers()
    waiting = [answers.expect("cancel_order", 2) for _ in range(2)]
    answers.lose("gone")
    assert [(each.lost, each.done.is_set()) for each in waiting] == [("gone", True)] * 2
    assert len(answers) == 0
