"""The one error that people see.

Put here: the shape of a message. Not here: the messages themselves, which live where the failure is known.
"""

from __future__ import annotations

from pathlib import Path


class SpmError(Exception):
    """Something is wrong with what we were given; says what, where, and what to do next.

    Args:
        what: What happened, in one sentence without a final full stop.
        remedy: What to do next, as an instruction.
        file: The file concerned, as the user knows it (never an absolute machine path if avoidable).
        line: Physical line in a text file, row in a sheet.
        column: Column, header or YAML field.
        value: The offending value. Never given for restricted (student-level) data.
    """

    def __init__(
        self,
        what: str,
        *,
        remedy: str,
        file: Path | str | None = None,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
    ) -> None:
        self.what = what.rstrip(".")
        self.remedy = remedy.rstrip(".")
        self.file = None if file is None else str(file)
        self.line = line
        self.column = column
        self.value = value
        super().__init__(self.what)

    @property
    def where(self) -> str:
        """The place, such as `plan.yml, line 12, column targets, value '12'`; empty when unknown."""
        parts: list[str] = []
        if self.file is not None:
            parts.append(self.file)
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        if self.value is not None:
            parts.append(f"value {self.value!r}")
        return ", ".join(parts)

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.what}{place}. {self.remedy}."
