"""A plain client of Franklin's web systems: it shares nothing with the product's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

KEY, SECRET = "franklin-demo", "franklin-demo-secret"
DATA = "/edfi/data/v3/ed-fi/"
SEARCH = "/usaspending/api/v2/search/spending_by_award/"
REPORTS = "/sam/assistance/v1/subawards/search"


def token(client: httpx.Client) -> dict[str, str]:
    answer = client.post("/edfi/oauth/token", auth=(KEY, SECRET), data={"grant_type": "client_credentials"})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@contextmanager
def edfi_client(url: str) -> Iterator[httpx.Client]:
    """A client with a token."""
    with httpx.Client(base_url=url) as client:
        client.headers.update(token(client))
        yield client


def by_offset(client: httpx.Client, address: str, limit: int = 500, **more: Any) -> list[dict[str, Any]]:
    """All records, page by page until one is not full."""
    rows: list[dict[str, Any]] = []
    while True:
        answer = client.get(address, params={"limit": limit, "offset": len(rows), **more})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rows += page
        if len(page) < limit:
            return rows


def by_cursor(
    client: httpx.Client, address: str, token: str | None, size: int = 500
) -> Iterator[dict[str, Any]]:
    params: dict[str, Any] = {"pageSize": size} | ({"pageToken": token} if token else {})
    while True:
        answer = client.get(address, params=params)
        assert answer.status_code == 200, answer.text
        yield from answer.json()
        following = answer.headers.get("Next-Page-Token")
        if following is None:
            return
        params["pageToken"] = following


def search(**more: Any) -> dict[str, Any]:
    """A search as a state agency sends it."""
    filters = {
        "award_type_codes": ["02", "03", "04", "05"],
        "recipient_locations": [{"country": "USA", "state": "FK"}],
        "agencies": [{"type": "awarding", "tier": "toptier", "name": "Department of Education"}],
        **more.pop("filters", {}),
    }
    body = {
        "fields": ["Award ID", "Award Amount", "CFDA Number"],
        "sort": "Award Amount",
        "limit": 100,
        "page": 1,
    }
    return {"filters": filters, **body, **more}


SUBAWARDS = {
    "subawards": True,
    "fields": ["Sub-Award ID", "Sub-Award Amount", "Prime Award ID", "Sub-Recipient UEI"],
    "sort": "Sub-Award Amount",
}
