"""Every fault spoils what it says, as often as it says; limits, log and command do as they say."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_franklin import SMALL, digests
from web_client import DATA, KEY, REPORTS, SEARCH, by_offset, edfi_client, search

from simulator.generate import generate
from simulator.settings import SimulatorError
from simulator.web.serve import Systems

PLACE = "/urban/api/v1/school-districts/ccd/directory/2024/"
EVENTS = DATA + "studentSchoolAttendanceEvents"
AUDITS = "/fac/federal_awards"


@pytest.fixture
def client(systems: Systems) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=systems.url, headers={"X-Api-Key": KEY}) as made:
        yield made


def test_errors_come_as_often_as_told_and_then_no_more(client: httpx.Client, systems: Systems) -> None:
    systems.faults({"fault": "error", "status": 503, "times": 2, "path": "/urban", "retry_after": "3"})
    answers = [client.get(PLACE) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "3"
    systems.faults({"fault": "error", "every": 3})
    assert [client.get(PLACE).status_code for _ in range(6)] == [200, 200, 500, 200, 200, 500]


def test_random_errors_are_the_same_in_every_run_of_a_seed(client: httpx.Client, systems: Systems) -> None:
    def run(seed: int) -> list[int]:
        systems.faults({"fault": "error", "chance": 0.5, "seed": seed})
        return [client.get(PLACE).status_code for _ in range(20)]

    first = run(1)
    assert run(1) == first
    assert run(2) != first
    assert 4 < first.count(500) < 16


def test_a_fault_meets_only_the_addresses_it_names(client: httpx.Client, systems: Systems) -> None:
    systems.faults({"fault": "error", "path": "/fac/findings"})
    assert client.get("/fac/findings").status_code == 500
    assert client.get("/fac/general").status_code == 200


def test_429_says_when_to_come_again(client: httpx.Client, systems: Systems) -> None:
    systems.faults({"fault": "too_many_requests", "times": 1, "retry_after": "2"})
    answer = client.get(PLACE)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert client.get(PLACE).status_code == 200


def test_a_slow_page_takes_the_seconds_told(client: httpx.Client, systems: Systems) -> None:
    systems.faults({"fault": "slow", "seconds": 0.15, "times": 1})
    started = time.monotonic()
    client.get(PLACE)
    assert time.monotonic() - started >= 0.15


def test_a_cut_breaks_off_in_the_middle_of_a_body(client: httpx.Client, systems: Systems) -> None:
    systems.faults({"fault": "cut", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(PLACE)
    assert client.get(PLACE).status_code == 200


def test_truncated_json_has_the_right_length_and_cannot_be_read(
    client: httpx.Client, systems: Systems
) -> None:
    whole = client.get(PLACE)
    systems.faults({"fault": "truncated_json", "times": 1})
    part = client.get(PLACE)
    assert part.status_code == 200
    assert whole.content.startswith(part.content) and len(part.content) < len(whole.content)
    with pytest.raises(json.JSONDecodeError):
        part.json()


def test_an_html_page_comes_with_status_200(client: httpx.Client, systems: Systems) -> None:
    systems.faults({"fault": "html_page", "times": 1})
    answer = client.get(PLACE)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_token_expires_in_the_middle(systems: Systems) -> None:
    with edfi_client(systems.url) as client:
        systems.faults({"fault": "token_expired", "every": 2, "times": 1})
        assert [client.get(EVENTS).status_code for _ in range(3)] == [200, 401, 401]


def test_a_total_lies_by_the_amount_told_in_every_system(systems: Systems, client: httpx.Client) -> None:
    def totals() -> list[int]:
        with edfi_client(systems.url) as other:
            events = other.get(EVENTS, params={"totalCount": "true", "limit": 1})
        counted = client.get(AUDITS, headers={"Prefer": "count=exact"})
        return [
            int(events.headers["Total-Count"]),
            int(counted.headers["Content-Range"].split("/")[1]),
            client.get(REPORTS, params={"api_key": KEY}).json()["totalRecords"],
            client.get(PLACE).json()["count"],
            client.post(SEARCH.replace("award/", "award_count/"), json=search()).json()["results"]["grants"],
        ]

    real = totals()
    systems.faults({"fault": "lying_total", "amount": 3})
    assert totals() == [number + 3 for number in real]


def walk(client: httpx.Client, system: str) -> list[str]:
    """All records of a system's pages, by what names them, without trusting a total."""
    rows: list[Any] = []
    page = 0
    while True:
        if system == "edfi":
            part = client.get(EVENTS, params={"limit": 400, "offset": page * 400}).json()
        elif system == "fac":
            part = client.get(AUDITS, params={"limit": 20, "offset": page * 20}).json()
        elif system == "sam":
            params = {"api_key": KEY, "pageSize": 10, "pageNumber": page}
            part = client.get(REPORTS, params=params).json()["data"]
        elif system == "usaspending":
            part = client.post(SEARCH, json=search(limit=8, page=page + 1)).json()["results"]
        else:
            answer = client.get(PLACE, params={"page": page + 1})
            part = answer.json()["results"] if answer.status_code == 200 else []
        if not part:
            return [json.dumps(row, sort_keys=True) for row in rows]
        rows += part
        page += 1


@pytest.mark.parametrize("system", ["edfi", "fac", "sam", "usaspending", "urban"])
def test_rows_repeat_or_move_under_paging_as_told(systems: Systems, system: str) -> None:
    systems.limits(urban_page=4)
    with edfi_client(systems.url) as client:
        client.headers["X-Api-Key"] = KEY
        real = Counter(walk(client, system))
        systems.faults({"fault": "moving_row", "path": f"/{system}"})
        moved = Counter(walk(client, system))
        assert moved.total() == real.total()
        assert sum((real - moved).values()) == sum((moved - real).values()) == 1
        if system != "urban":  # whose pages end where the count ends
            systems.faults({"fault": "repeated_rows", "amount": 2, "path": f"/{system}"})
            repeated = Counter(walk(client, system))
            assert not real - repeated
            assert (repeated - real).total() == 2


def test_a_cursor_does_not_mind_rows_that_move(systems: Systems) -> None:
    with edfi_client(systems.url) as client:
        rows = {row["id"] for row in by_offset(client, EVENTS)}
        systems.faults("moving_row", "repeated_rows")
        seen: list[str] = []
        params: dict[str, Any] = {"pageSize": 500}
        while True:
            answer = client.get(EVENTS, params=params)
            seen += [row["id"] for row in answer.json()]
            if "Next-Page-Token" not in answer.headers:
                break
            params["pageToken"] = answer.headers["Next-Page-Token"]
        assert len(seen) == len(set(seen))
        assert set(seen) == rows


def test_faults_and_limits_are_told_and_changed_over_http(client: httpx.Client, systems: Systems) -> None:
    told = client.post("/__faults", json=[{"fault": "error", "times": 1}]).json()
    assert (told[0]["fault"], told[0]["times"], told[0]["status"]) == ("error", 1, 500)
    assert client.get(PLACE).status_code == 500
    assert client.get("/__faults").json()[0]["times"] == 0
    assert client.post("/__limits", json={"fac_rows": 3}).json()["fac_rows"] == 3
    assert len(client.get(AUDITS).json()) == 3
    for address, wrong in (
        ("/__faults", [{"fault": "gremlins"}]),
        ("/__faults", [{"fault": "error", "colour": "red"}]),
        ("/__faults", {"fault": "error"}),
        ("/__limits", {"fac_rows": "many"}),
        ("/__limits", {"colour": 1}),
    ):
        answer = client.post(address, json=wrong)
        assert answer.status_code == 400
        assert "Traceback" not in answer.text
    with pytest.raises(SimulatorError, match="gremlins"):
        systems.faults("gremlins")


def test_the_log_counts_requests_and_keeps_no_key_and_no_token(systems: Systems) -> None:
    with edfi_client(systems.url) as client:
        client.get(EVENTS)
        client.get(REPORTS, params={"api_key": KEY})
        told = client.get("/__requests").json()
        assert told["paths"] == {"/edfi/oauth/token": 1, EVENTS: 1, REPORTS: 1}
        assert told["total"] == 3
        assert [line["status"] for line in told["requests"]] == [200, 200, 200]
        text = json.dumps(told)
        assert KEY not in text
        assert client.headers["Authorization"].split()[1] not in text
        client.delete("/__requests")
        assert client.get("/__requests").json()["total"] == 0


def test_systems_answer_many_at_once(systems: Systems) -> None:
    from concurrent.futures import ThreadPoolExecutor

    systems.faults({"fault": "slow", "seconds": 0.2})
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: httpx.get(systems.url + PLACE).status_code, range(8)))
    assert codes == [200] * 8
    assert time.monotonic() - started < 1.2


def test_the_command_tells_its_address_and_ends_when_interrupted(folder: Path) -> None:
    command = [sys.executable, "-m", "simulator", "serve", "--folder", str(folder), "--faults", "error"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert httpx.get(told["url"] + PLACE).status_code == 500
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
            assert process.stderr is not None and process.stderr.read() == ""
        finally:
            process.kill()


def test_the_command_refuses_what_it_cannot_serve(tmp_path: Path, folder: Path) -> None:
    for arguments in (["--folder", str(tmp_path)], ["--folder", str(folder), "--faults", "gremlins"]):
        command = [sys.executable, "-m", "simulator", "serve", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert done.stderr.startswith("simulator: ")
        assert "Traceback" not in done.stderr


def test_what_the_systems_hold_is_the_same_for_the_same_seed(folder: Path, tmp_path: Path) -> None:
    again = generate(SMALL, tmp_path / "again").folder
    ours = {name: digest for name, digest in digests(folder / "web").items()}
    assert digests(again / "web") == ours
    assert (again / "truth" / "web.json").read_bytes() == (folder / "truth" / "web.json").read_bytes()
