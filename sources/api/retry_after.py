"""How long a server asks us to wait: the header Retry-After, in seconds or as a date.

Put here: reading the header. Not here: waiting.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def asked_wait(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait; None where the header is absent or makes no sense."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
