"""What a result says to people.

Put here: the one wording of a failed claim, used by the command line, logs and alerts alike.
Not here: where the message goes (`pipelines`).
"""

from __future__ import annotations

from checks.result import CheckResult


def describe(result: CheckResult) -> str:
    """The result in words: what is wrong, where, how much, which, who, and what to do.

    Holds no value of a restricted table, because a result holds none.
    """
    head = f"{_place(result)}: {result.claim} {_outcome(result)}. {_sentence(result.sentence)}"
    if result.passed:
        return head + (f" {_sentence(result.detail)}" if result.detail else "")
    parts = [head]
    if result.kind == "crash":
        parts.append("The check itself broke, so nothing is known of the data.")
    elif result.failing_rows:
        share = f"{100 * result.failing_share:.2f} %" if result.checked_rows else "none checked"
        parts.append(f"False for {result.failing_rows:,} of {result.checked_rows:,} rows ({share}).")
    if result.detail:
        parts.append(_sentence(result.detail))
    if result.failing_keys:
        more = "" if len(result.failing_keys) >= result.failing_rows else "First of them: "
        parts.append(f"{more}{'; '.join(result.failing_keys)}.")
    parts.append(f"Owner: {result.owner}.")
    parts.append(f"What to do: {_sentence(result.remedy)}")
    if result.failing_rows_file:
        parts.append(f"All failing rows: {result.failing_rows_file}")
    return " ".join(parts)


def _place(result: CheckResult) -> str:
    year = "" if result.school_year is None else f", school year {result.school_year}"
    return f"{result.table}{year}"


def _outcome(result: CheckResult) -> str:
    if result.passed:
        return "holds"
    if result.waived_by:
        return f"FAILED, but is waived by {result.waived_by}"
    if result.kind == "crash":
        return "COULD NOT BE CHECKED (error)"
    return "FAILED (error)" if result.severity == "error" else "failed (warning)"


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
