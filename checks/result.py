"""What one claim's evaluation came to.

Put here: the record of a check, and its JSON. Not here: how it is evaluated (`run`), how it reads to people
(`message`), or how it is stored (`warehouse`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from warehouse.model.errors import SpmError

ResultSeverity = Literal["error", "warn"]
Kind = Literal["data", "crash"]


@dataclass(frozen=True)
class CheckResult:
    """One claim about one table, school year and data version.

    `blocking` says what a failure of this kind does, whether or not it failed; `stops` says whether it does
    now. `failing_keys` (at most five) and `detail` never hold values of restricted tables. `kind` is `crash`
    when the claim could not be evaluated at all: such a result never passes and cannot be waived.
    """

    claim: str
    sentence: str
    table: str
    school_year: int | None
    data_version: str
    severity: ResultSeverity
    blocking: bool
    passed: bool
    kind: Kind
    checked_rows: int
    failing_rows: int
    failing_keys: tuple[str, ...]
    owner: str
    remedy: str
    failing_rows_file: str | None
    seconds: float
    waived_by: str | None = None
    detail: str | None = None

    @property
    def stops(self) -> bool:
        """Whether nothing that depends on this table and year may be published."""
        return self.blocking and not self.passed and self.waived_by is None

    @property
    def failing_share(self) -> float:
        """Failing rows among checked rows, 0 to 1; 0 for an empty table."""
        return self.failing_rows / self.checked_rows if self.checked_rows else 0.0

    def to_json(self) -> str:
        """The result as one JSON object, keys in a fixed order."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> CheckResult:
        """The result that `to_json` wrote.

        Raises:
            SpmError: The text is not such an object.
        """
        try:
            fields: dict[str, Any] = json.loads(text)
            fields["failing_keys"] = tuple(fields["failing_keys"])
            return cls(**fields)
        except (ValueError, KeyError, TypeError) as problem:
            raise SpmError(
                f"A stored check result cannot be read ({type(problem).__name__})",
                remedy="Run the checks of this table and year again",
            ) from None
