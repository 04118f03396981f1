"""Alerts: once per episode, recovery, and delivery that is not lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from assets.core_table import core_node
from assets.home import Home
from assets.lake import Node
from checks.result import CheckResult
from pipelines.alerts import LOG_FILE, alerts_folder, send_alerts
from pipelines.findings import of_release
from tests.pipelines.tiny_agency import WEBHOOK_VARIABLE

RAW = Node("raw", "tiny_absence")


class Receiver:
    """A webhook that answers with `status` and remembers what it was sent."""

    def __init__(self) -> None:
        self.status = 200
        self.received: list[dict[str, object]] = []
        self.keys: list[str | None] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status == 200:
                    receiver.received.append(json.loads(body))
                    receiver.keys.append(self.headers["Idempotency-Key"])
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/secret-path"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def with_webhook(home: Home, receiver: Receiver) -> Home:
    return replace(home, environment={WEBHOOK_VARIABLE: receiver.address})


def failed_result() -> CheckResult:
    return CheckResult(
        claim="key_is_unique", sentence="No two rows share a key", table="core.chronic_absence",
        school_year=2023, data_version="v", severity="error", blocking=True, passed=False, kind="data",
        checked_rows=10, failing_rows=2, failing_keys=("organization_id=990001000001",), owner="student-data",
        remedy="Drop one of them", failing_rows_file=None, seconds=0.1,
    )  # fmt: skip


def logged(home: Home) -> list[dict[str, object]]:
    file = alerts_folder(home.root) / LOG_FILE
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_an_episode_of_failure_is_told_once_and_its_recovery_once(home: Home) -> None:
    home.lake.fail(RAW, 2023, reason="The file is cut off")
    assert [m.kind for m in send_alerts(home).added] == ["failure"]
    home.lake.fail(RAW, 2023, reason="The file is still cut off")
    assert send_alerts(home).added == ()
    home.lake.accept(RAW, 2023, "v1", 2)
    assert [m.kind for m in send_alerts(home).added] == ["recovery"]
    assert send_alerts(home).added == ()
    assert [line["kind"] for line in logged(home)] == ["failure", "recovery"]


def test_a_second_episode_is_told_anew(home: Home) -> None:
    for _ in range(2):
        home.lake.fail(RAW, 2023, reason="gone")
        send_alerts(home)
        home.lake.accept(RAW, 2023, "v1", 2)
        send_alerts(home)
    assert [line["kind"] for line in logged(home)] == ["failure", "recovery"] * 2
    assert len({line["message_id"] for line in logged(home)}) == 4


def test_a_good_year_does_not_end_the_episode_of_another(home: Home) -> None:
    home.lake.fail(RAW, 2023, reason="gone")
    send_alerts(home)
    home.lake.accept(RAW, 2024, "v1", 2)
    assert send_alerts(home).added == ()


def test_a_failed_step_does_not_end_the_episode_of_a_claim(home: Home) -> None:
    result = failed_result()
    node = core_node("chronic_absence")
    home.lake.write_json(node, 2023, "checks", {"version": "v", "checks": "c", "results": [result.to_json()]})
    home.lake.fail(node, 2023, reason="claim", claim=result.claim, version="v")
    assert [m.claim for m in send_alerts(home).added] == [result.claim]
    home.lake.fail(node, 2023, reason="The SQL fails", version="w")
    assert [(m.kind, m.claim) for m in send_alerts(home).added] == [("failure", "refresh")]


def test_a_message_names_owner_measures_and_objectives_at_stake(home: Home) -> None:
    home.lake.fail(RAW, 2024, reason="gone")
    message = send_alerts(home).added[0]
    assert message.owner == "student-data"
    assert "chronic_absence_rate" in message.measures and message.objectives == ["G1"]
    assert "chronic_absence_rate" in message.text and "2024" in message.text


def test_nothing_is_marked_sent_before_the_webhook_accepts_it(home: Home, receiver: Receiver) -> None:
    home = with_webhook(home, receiver)
    receiver.status = 503
    home.lake.fail(RAW, 2023, reason="gone")
    first = send_alerts(home)
    assert first.waiting == 1 and first.last_error == "the webhook answered 503"
    assert len(logged(home)) == 1
    receiver.status = 200
    second = send_alerts(home)
    assert second.waiting == 0 and second.added == ()
    assert [body["table"] for body in receiver.received] == ["raw.tiny_absence"]
    assert receiver.keys == [receiver.received[0]["message_id"]]
    send_alerts(home)
    assert len(receiver.received) == 1 and len(logged(home)) == 1


def test_a_webhook_that_is_not_there_loses_nothing_and_its_address_is_never_told(
    home: Home, receiver: Receiver
) -> None:
    home = with_webhook(home, receiver)
    receiver.server.shutdown()
    receiver.server.server_close()
    home.lake.fail(RAW, 2023, reason="gone")
    report = send_alerts(home)
    assert report.waiting == 1 and "ConnectError" in str(report.last_error)
    kept = "".join(p.read_text() for p in alerts_folder(home.root).glob("*.json*"))
    assert "secret-path" not in kept


def test_a_publication_that_failed_is_told_and_recovers(home: Home) -> None:
    assert [m.kind for m in send_alerts(home, also=[of_release("The audit refused it")]).added] == ["failure"]
    assert send_alerts(home).added == ()
    assert [m.kind for m in send_alerts(home, also=[of_release(None)]).added] == ["recovery"]


def test_what_the_agency_no_longer_declares_is_closed(home: Home) -> None:
    home.lake.fail(Node("raw", "tiny_absence"), 2023, reason="gone")
    send_alerts(home)
    settings = home.agency.settings.model_copy(update={"school_years": (2024,)})
    later = replace(home, agency=replace(home.agency, settings=settings))
    assert [m.kind for m in send_alerts(later).added] == ["recovery"]
