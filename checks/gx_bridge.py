"""The only module that knows Great Expectations.

Put here: a claim as an expectation, and an expectation's verdict. Not here: which claims there are
(`claims`), or failing rows: nothing that Great Expectations saw of a row ever leaves this module.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from checks.claim import Between, Claim, InSet, NotNull, RowCount
from checks.together import FEWEST, failing_of
from warehouse.model.errors import SpmError

# Great Expectations keeps the current context in a module global, so one validation at a time.
_ONE_AT_A_TIME = threading.Lock()
_LONGEST_DETAIL = 300
# What SQLAlchemy's text() would take for a bind parameter (its own pattern, `BIND_PARAMS`).
_BIND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")

_EXCEPTION_TYPE = re.compile(r"\b_?[A-Za-z][A-Za-z_.]*(?:Error|Exception)\b")


@dataclass(frozen=True)
class Verdict:
    """What Great Expectations says of one claim; `crash` is set when it could not say anything."""

    passed: bool
    crash: str | None = None


def evaluate(url: str, table: str, claims: Sequence[Claim], *, restricted: bool) -> dict[str, Verdict]:
    """Ask Great Expectations all claims about one table.

    First as one expectation, since an expectation costs it 5 ms of processor time and a refresh has thousands
    of claims that are true. Only when the answer is not yes is each claim asked as an expectation of its own.
    One claim can then bring the whole validation down, or its neighbours of one bundled query: whatever
    crashed is asked again alone, and only what crashes alone is a crash.

    Args:
        url: SQLAlchemy URL of the `Catalog`.
        table: The table, as `layer.table`.
        claims: Claims about it, names unique.
        restricted: Whether texts of exceptions, which quote cells, must be withheld.

    Returns:
        A verdict for every claim, by name.

    Raises:
        SpmError: Great Expectations cannot be imported.
    """
    gx = import_great_expectations()
    with _ONE_AT_A_TIME, _quiet():
        if len(claims) >= FEWEST and _all_true(gx, url, table, claims):
            return {claim.name: Verdict(passed=True) for claim in claims}
        verdicts = _validate(gx, url, table, claims, restricted)
        crashed = [claim for claim in claims if verdicts[claim.name].crash is not None]
        if len(claims) > 1:
            for claim in crashed:
                verdicts.update(_validate(gx, url, table, [claim], restricted))
    return verdicts


def import_great_expectations() -> Any:
    """The library, imported now (2-8 s the first time) and with its telemetry off.

    Raises:
        SpmError: It is not installed, or its import tried to end Python. With an incomplete pyspark beside
            it, it calls `sys.exit(0)`, which would turn a failed run into a silent success.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    try:
        import great_expectations
        import great_expectations.expectations
    except SystemExit as ending:
        raise SpmError(
            f"Importing great_expectations tried to end Python with exit code {ending.code}; "
            "no check has run",
            remedy="Remove pyspark from this environment, or install its connect dependencies",
        ) from None
    except ImportError as problem:
        raise SpmError(
            f"great_expectations cannot be imported ({problem})",
            remedy="Install the pinned packages again; no check has run",
        ) from None
    return great_expectations


def query_of(claim: Claim) -> str:
    """The claim's SQL as Great Expectations takes it: it finds one row, a count, when some row fails.

    A count, because our dialect reads results in full and because no row may enter its results. Braces are
    doubled (it calls `str.format`) and what looks like a bind parameter is escaped (it calls
    `sqlalchemy.text`). The SQL names its tables itself; `{batch}` stands in a comment because it warns on
    stdout where there is none.
    """
    counted = f"SELECT count(*) AS failing_rows FROM (\n{claim.failing_rows}\n) AS failing"
    return _as_taken(f"SELECT failing_rows FROM ({counted}) AS counted WHERE failing_rows > 0")


def _as_taken(sql: str) -> str:
    return _BIND.sub(r"\\:\1", sql).replace("{", "{{").replace("}", "}}") + " /* about {batch} */"


def _expectation(gx: Any, claim: Claim) -> Any:
    kinds, rule = gx.expectations, claim.rule
    settings = {
        "meta": {"claim": claim.name},
        "severity": "critical" if claim.severity == "error" else "warning",
    }
    if isinstance(rule, NotNull):
        return kinds.ExpectColumnValuesToNotBeNull(column=rule.column, **settings)
    if isinstance(rule, InSet):
        return kinds.ExpectColumnValuesToBeInSet(column=rule.column, value_set=list(rule.values), **settings)
    if isinstance(rule, Between):
        return kinds.ExpectColumnValuesToBeBetween(
            column=rule.column, min_value=rule.minimum, max_value=rule.maximum, **settings
        )
    if isinstance(rule, RowCount):
        return kinds.ExpectTableRowCountToBeBetween(
            min_value=rule.minimum, max_value=rule.maximum, **settings
        )
    return kinds.UnexpectedRowsExpectation(unexpected_rows_query=query_of(claim), **settings)


def _all_true(gx: Any, url: str, table: str, claims: Sequence[Claim]) -> bool:
    """Whether one expectation about all claims holds; if it cannot be evaluated, it does not."""
    together = gx.expectations.UnexpectedRowsExpectation(
        unexpected_rows_query=_as_taken(failing_of(claims, table)), meta={"claim": table}
    )
    try:
        results = _results(gx, url, table, [together])
    except Exception:
        # What crashed is told of the claim that did it, when each is asked alone.
        return False
    return [bool(r.success) and _exception(r.exception_info) is None for r in results] == [True]


def _validate(gx: Any, url: str, table: str, claims: Sequence[Claim], restricted: bool) -> dict[str, Verdict]:
    try:
        results = _results(gx, url, table, [_expectation(gx, claim) for claim in claims])
        return _verdicts(results, claims, restricted)
    except Exception as problem:
        # One claim can take the whole validation down with it (a value that is not JSON did).
        crash = _described(f"{type(problem).__module__}.{type(problem).__name__}: {problem}", restricted)
        return {claim.name: Verdict(passed=False, crash=crash) for claim in claims}


def _results(gx: Any, url: str, table: str, expectations: list[Any]) -> Sequence[Any]:
    source: Any = None
    try:
        # A context of its own for each validation costs 3 ms and keeps nothing of the last one.
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_sql("catalog", connection_string=url)
        schema, _, name = table.partition(".")
        asset = source.add_table_asset("table", table_name=name, schema_name=schema)
        suite = gx.ExpectationSuite(name=table, expectations=expectations)
        # A batch asks and keeps nothing; a validation definition would store the suite and the answers.
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        results: Sequence[Any] = batch.validate(suite, result_format="BOOLEAN_ONLY").results
        return results
    finally:
        if source is not None:
            source.get_engine().dispose()


def _verdicts(results: Sequence[Any], claims: Sequence[Claim], restricted: bool) -> dict[str, Verdict]:
    verdicts = {
        claim.name: Verdict(passed=False, crash="Great Expectations gave no result") for claim in claims
    }
    for result in results:
        text = _exception(result.exception_info)
        verdicts[result.expectation_config.meta["claim"]] = Verdict(
            passed=bool(result.success) and text is None,
            crash=None if text is None else _described(text, restricted),
        )
    return verdicts


def _exception(info: Any) -> str | None:
    """The exception in a result, which is success=False with either one record or one record per metric."""
    records = [info] if "raised_exception" in info else list(info.values())
    for record in records:
        if isinstance(record, dict) and record.get("raised_exception"):
            return str(record.get("exception_message") or record.get("exception_traceback") or "exception")
    return None


def _described(text: str, restricted: bool) -> str:
    """The exception in one line; of a restricted table only its type, since messages quote cells."""
    if restricted:
        kind = _EXCEPTION_TYPE.search(text)
        return kind.group(0).lstrip("_") if kind else "exception"
    return " ".join(text.split())[:_LONGEST_DETAIL]


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing of Great Expectations in the log: it logs exceptions with the cells they quote.

    Its modules set levels of their own, so the records are stopped on their way up, at its topmost logger.
    """
    logger = logging.getLogger("great_expectations")
    before, handlers = logger.propagate, logger.handlers
    logger.propagate, logger.handlers = False, [logging.NullHandler()]
    try:
        yield
    finally:
        logger.propagate, logger.handlers = before, handlers
