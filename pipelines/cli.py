"""The command line `spm`.

Put here: commands, their options and exit codes. Not here: what they do (`commands`). Nothing heavy is
imported before a command needs it: `spm --help` and `spm status` answer at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from warehouse.model.errors import SpmError

os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

app = typer.Typer(
    name="spm",
    help="From a state's source files to trusted measures of its strategic plan.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="SPM_AGENCY names the agency folder, SPM_HOME the working folder, SPM_DATA the source files.",
)
plan_app = typer.Typer(help="The strategic plan.", no_args_is_help=True)
app.add_typer(plan_app, name="plan")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]


def _end(work: Callable[[], int]) -> NoReturn:
    """Exit with what the work returns; Typer would end an interruption without a word."""
    try:
        code = work()
    except KeyboardInterrupt as stop:
        words = str(stop) or "stopped"
        _tell(words, {"what": words, "remedy": "Run the command again"})
        code = getattr(stop, "exit_code", 130)
    raise typer.Exit(code)


@app.command()
def demo(
    students: Annotated[int, typer.Option(help="Students of the invented state.")] = 20_000,
) -> None:
    """Generate the invented state Franklin, refresh it, publish, and print its scorecard."""
    from pipelines.commands.demo import run

    _end(lambda: run(students))


@app.command()
def refresh(
    year: Annotated[list[int] | None, typer.Option(help="Only this school year; may be repeated.")] = None,
    select: Annotated[
        list[str] | None, typer.Option(help="Only this source, core table or measure, and what it needs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch, compute and check every school year, publish, and send alerts."""
    from pipelines.commands.run import run_refresh

    _end(lambda: run_refresh(year or None, select or [], as_json=as_json))


@app.command()
def publish(as_json: Json = False) -> None:
    """Publish a release from what was refreshed."""
    from pipelines.commands.run import run_publish

    _end(lambda: run_publish(as_json=as_json))


@app.command()
def status(
    year: Annotated[int | None, typer.Option(help="School year; default the latest with figures.")] = None,
    org: Annotated[str | None, typer.Option(help="Organization id; default the whole plan.")] = None,
    as_json: Json = False,
) -> None:
    """Show the scorecard of the current release, by goal."""
    from pipelines.commands.look import run_status

    _end(lambda: run_status(year, org, as_json=as_json))


@app.command()
def review(
    month: Annotated[str | None, typer.Option(help="Month, such as 2025-03: work and money.")] = None,
    quarter: Annotated[str | None, typer.Option(help="Quarter, such as 2025-Q1: milestones too.")] = None,
    year: Annotated[int | None, typer.Option(help="School year by its spring: goals and next year.")] = None,
    as_json: Json = False,
) -> None:
    """Show what a monthly, quarterly or annual review of the plan looks at."""
    from pipelines.commands.review import run_review

    _end(lambda: run_review(month, quarter, year, as_json=as_json))


@app.command()
def explain(
    measure: Annotated[str, typer.Argument(help="Measure, such as chronic_absence_rate.")],
    org: Annotated[str, typer.Option(help="Organization id, such as a state's two letters.")],
    year: Annotated[int, typer.Option(help="School year, by its spring.")],
    group: Annotated[str | None, typer.Option(help="Student group; default all.")] = None,
    grade: Annotated[str | None, typer.Option(help="Grade; default all.")] = None,
    subject: Annotated[str | None, typer.Option(help="Subject, such as ela.")] = None,
    program: Annotated[str | None, typer.Option(help="Federal program, such as 84.010.")] = None,
    award: Annotated[str | None, typer.Option(help="Award (FAIN).")] = None,
    strategy: Annotated[str | None, typer.Option(help="Strategy of the plan, such as G1.S1.")] = None,
    period: Annotated[str | None, typer.Option(help="Month, as 2025-03, or quarter, as 2025-Q1.")] = None,
    view: Annotated[str | None, typer.Option(help="View of the organization.")] = None,
    as_json: Json = False,
) -> None:
    """Explain a figure: formula, counts, source lines, snapshots, checks, objective, earlier releases."""
    from pipelines.commands.look import run_explain
    from pipelines.explain import Asked

    asked = Asked(measure, org, year, group, grade, subject, program, award, strategy, period, view)
    _end(lambda: run_explain(asked, as_json=as_json))


@app.command()
def diff(
    before: Annotated[int, typer.Argument(help="The earlier release, as `spm releases` numbers it.")],
    after: Annotated[int, typer.Argument(help="The later release.")],
    measure: Annotated[str | None, typer.Option(help="Only this measure.")] = None,
    org: Annotated[str | None, typer.Option(help="Only this organization.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Figures shown of each measure and year.")] = 10,
    as_json: Json = False,
) -> None:
    """Show what differs between two releases, figure by figure, and why."""
    from pipelines.commands.compare import run_diff

    _end(lambda: run_diff(before, after, measure, org, limit, as_json=as_json))


@app.command()
def change(
    measure: Annotated[str, typer.Argument(help="A rate with counts, such as chronic_absence_rate.")],
    org: Annotated[str, typer.Option(help="Organization id, such as a state's two letters.")],
    by: Annotated[
        str, typer.Option(help="school, lea, grade, race_ethnicity, sex, federal_program_code ...")
    ],
    from_year: Annotated[int, typer.Option("--from", help="The earlier school year.")],
    to_year: Annotated[int, typer.Option("--to", help="The later school year.")],
    from_release: Annotated[
        int | None, typer.Option(help="Release of the first; default the current.")
    ] = None,
    to_release: Annotated[
        int | None, typer.Option(help="Release of the second; default the current.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Student group; default all.")] = None,
    grade: Annotated[str | None, typer.Option(help="Grade; default all.")] = None,
    subject: Annotated[str | None, typer.Option(help="Subject, such as ela.")] = None,
    program: Annotated[str | None, typer.Option(help="Federal program, such as 84.010.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Parts shown.")] = 15,
    as_json: Json = False,
) -> None:
    """Take the change of a rate apart: what changed within its parts, and what changed in their mix."""
    from pipelines.commands.compare import run_change

    given = {"student_group": group, "grade": grade, "subject": subject, "federal_program_code": program}
    years, releases = (from_year, to_year), (from_release, to_release)
    _end(lambda: run_change(measure, org, by, years, releases, given, limit, as_json=as_json))


@plan_app.command("check")
def plan_check(as_json: Json = False) -> None:
    """Read the plan strictly, refuse measures without input, and print what each input can give."""
    from pipelines.commands.plan import run_check

    _end(lambda: run_check(as_json=as_json))


@plan_app.command("workbook")
def plan_workbook(
    file: Annotated[Path, typer.Argument(help="The .xlsx file to write, or with --check to read.")],
    unit: Annotated[str | None, typer.Option(help="Only what this unit leads or helps with.")] = None,
    year: Annotated[int | None, typer.Option(help="Only milestones of this school year.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Tell what to mend in a filled workbook.")] = False,
    as_json: Json = False,
) -> None:
    """Write the workbook in which units report how milestones and actions stand."""
    from pipelines.commands.plan import run_workbook

    _end(lambda: run_workbook(file, unit, year, check=check, as_json=as_json))


@app.command()
def measures(as_json: Json = False) -> None:
    """Show which measures the agency's inputs can give, by school year and grain."""
    from pipelines.commands.plan import run_measures

    _end(lambda: run_measures(as_json=as_json))


@app.command()
def dictionary(
    folder: Annotated[Path | None, typer.Argument(help="Default: reports/dictionary of the home.")] = None,
) -> None:
    """Write the data dictionary: a page for each table, measure and source, from their declarations."""
    from pipelines.commands.dictionary import run

    _end(lambda: run(folder))


@app.command()
def releases(as_json: Json = False) -> None:
    """List the releases that can be read."""
    from pipelines.commands.look import run_releases

    _end(lambda: run_releases(as_json=as_json))


@app.command()
def rollback(release: Annotated[int, typer.Argument(help="Release to make current again.")]) -> None:
    """Make an earlier release current again."""
    from pipelines.commands.run import run_rollback

    _end(lambda: run_rollback(release))


@app.command()
def sources(
    source: Annotated[str | None, typer.Argument(help="Only this source, with files and fetches.")] = None,
    year: Annotated[int | None, typer.Option(help="Only this school year of the source.")] = None,
    as_json: Json = False,
) -> None:
    """Show how each source stands: last outcome, age, rows, quarantined, owner."""
    from pipelines.commands.sources import run_sources

    _end(lambda: run_sources(source, year, as_json=as_json))


@app.command()
def quarantine(
    source: Annotated[str | None, typer.Argument(help="Only this source; default all.")] = None,
    year: Annotated[int | None, typer.Option(help="Only this school year; default all.")] = None,
    export: Annotated[Path | None, typer.Option(help="Write all rows to this .csv or .parquet file.")] = None,
    as_json: Json = False,
) -> None:
    """List the rows that could not be read: file, line, column, value, reason."""
    from pipelines.commands.sources import run_quarantine

    _end(lambda: run_quarantine(source, year, export, as_json=as_json))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look whether everything that a refresh needs is there."""
    from pipelines.commands.doctor import run

    _end(lambda: run(as_json=as_json))


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port of the web page.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Start Dagster's web page and daemon for this agency."""
    from pipelines.commands.develop import run

    run(host, port)


def main() -> None:
    """Run `spm`; a known problem is one paragraph on standard error and exit code 1, wrong use 2.

    With `--json`, standard output says it too: whoever reads it gets one document whatever happens.
    """
    try:
        app(prog_name="spm")
    except SpmError as problem:
        from pipelines.wrong_use import WrongUse

        names = ("what", "where", "file", "line", "column", "value", "remedy")
        _tell(str(problem), {name: getattr(problem, name) for name in names})
        sys.exit(2 if isinstance(problem, WrongUse) else 1)


def _tell(words: str, facts: dict[str, Any]) -> None:
    if "--json" in sys.argv[1:]:
        from pipelines.terminal import print_json

        print_json({"error": facts})
    print(f"spm: {words}", file=sys.stderr)


if __name__ == "__main__":
    main()
