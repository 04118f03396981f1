"""`spm doctor`: is everything there that a refresh needs?

Put here: one function per thing looked at, each giving a line with a remedy. Not here: mending anything.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from rich.markup import escape

from assets.home import Home, open_home
from assets.place import Place, find_place
from pipelines.alerts import webhook_address
from pipelines.locking import holder, is_held
from pipelines.terminal import console, print_json
from sources.database_name import shown_database
from sources.transports.arrival import filled
from warehouse.model.agency import ReleaseSettings
from warehouse.model.errors import SpmError

LEAST_FREE_BYTES = 2 * 1024**3
LOCK_FILE = "requirements.lock"


@dataclass(frozen=True)
class Line:
    """One thing that was looked at."""

    state: Literal["ok", "warn", "fail"]
    what: str
    found: str
    remedy: str = ""


def run(*, as_json: bool) -> int:
    """Print every line; exit code 1 if one of them fails."""
    lines = list(examine())
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        out = console()
        colours = {"ok": "green", "warn": "yellow", "fail": "bold red"}
        for line in lines:
            remedy = f" → {line.remedy}" if line.remedy else ""
            mark = f"[{colours[line.state]}]{line.state:<4}[/{colours[line.state]}]"
            out.print(f"{mark}  {line.what}: {escape(line.found)}{escape(remedy)}", soft_wrap=True)
    return 1 if any(line.state == "fail" for line in lines) else 0


def examine() -> Iterator[Line]:
    """Look at everything, as far as one thing does not need another."""
    yield _environment()
    try:
        place = find_place()
        home = open_home()
    except SpmError as problem:
        yield _failed("agency", problem)
        return
    yield Line("ok", "agency", f"{home.agency.settings.name}, {place.agency_folder}")
    looks: tuple[tuple[str, Callable[[], Iterable[Line]]], ...] = (
        ("plan", lambda: [_plan(home)]),
        ("working folder", lambda: [_working_folder(home)]),
        ("disk", lambda: [_disk(home)]),
        ("lock", lambda: [_lock(home)]),
        ("sources", lambda: _sources(home)),
        ("warehouse", lambda: [_warehouse(place)]),
        ("Dagster", lambda: [_dagster(home)]),
        ("alerts", lambda: [_webhook(home)]),
    )
    for what, look in looks:
        try:
            yield from look()
        except SpmError as problem:
            yield _failed(what, problem)


def _failed(what: str, problem: SpmError) -> Line:
    place = f" ({problem.where})" if problem.where else ""
    return Line("fail", what, f"{problem.what}{place}", problem.remedy)


def _environment() -> Line:
    from importlib.metadata import PackageNotFoundError, version

    from warehouse.model.places import PROJECT

    wrong = []
    for line in (PROJECT / LOCK_FILE).read_text(encoding="utf-8").splitlines():
        name, _, wanted = line.partition("==")
        try:
            found = version(name) if wanted else wanted
        except PackageNotFoundError:
            found = "absent"
        if found != wanted:
            wrong.append(f"{name} {found}, not {wanted}")
    python = f"Python {sys.version.split()[0]}"
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return Line(
            "warn", "environment", f"{python}; {', '.join(wrong[:3])}{more}", "Run `make environment`"
        )
    return Line("ok", "environment", f"{python}, packages as in {LOCK_FILE}")


def _plan(home: Home) -> Line:
    from assets.coverage import require_inputs

    require_inputs(home)
    return Line("ok", "plan", f"{home.agency.plan.title}; every measure has an input")


def _working_folder(home: Home) -> Line:
    root = home.root
    if not root.exists():
        parent = next(p for p in root.parents if p.exists())
        if os.access(parent, os.W_OK):
            return Line("ok", "working folder", f"{root} (will be created)")
        return Line(
            "fail", "working folder", f"{root} cannot be created", "Set SPM_HOME to a folder you may write"
        )
    if not os.access(root, os.W_OK | os.X_OK):
        return Line(
            "fail", "working folder", f"{root} is not writable", "Correct its rights, or set SPM_HOME"
        )
    open_ = [p for p in _restricted_folders(home) if p.exists() and p.stat().st_mode & 0o077]
    if open_:
        return Line("fail", "working folder", f"{open_[0]} can be read by others", "chmod -R go= on it")
    return Line("ok", "working folder", str(root))


def _restricted_folders(home: Home) -> Iterator[Path]:
    from assets.core_table import core_node
    from assets.raw import raw_node

    for source_id, source in home.sources.items():
        if source.spec.is_restricted:
            yield home.lake.folder(raw_node(source_id), None).parent
    for name, contract in home.contracts.items():
        if contract.is_restricted:
            yield home.lake.folder(core_node(name), None).parent
    yield from (home.root / "failing_rows").glob("*/*/*")


def _disk(home: Home) -> Line:
    place = next(p for p in (home.root, *home.root.parents) if p.exists())
    free = shutil.disk_usage(place).free
    shown = f"{free / 1024**3:.1f} GiB free"
    if free < LEAST_FREE_BYTES:
        return Line("warn", "disk", shown, "Free some space, or set SPM_HOME to a larger disk")
    return Line("ok", "disk", shown)


def _lock(home: Home) -> Line:
    if home.root.exists() and is_held(home.root):
        return Line(
            "warn", "lock", f"held by {holder(home.root) or 'another run'}", "Wait until it has ended"
        )
    return Line("ok", "lock", "free")


def _sources(home: Home) -> Iterator[Line]:
    """Files below the data root, databases, and the variables that releases need; no system is asked."""
    root = home.require_data_root()
    count = missing = elsewhere = 0
    away: dict[str, list[str]] = {}
    for source_id, release in _releases(home):
        unset = release.only_where_set
        if unset is not None and not home.environment.get(unset):
            away.setdefault(unset, []).append(source_id)
            continue
        yield from _secrets(home, source_id, release)
        local = [pattern for pattern in _patterns(release.files) if "://" not in pattern]
        elsewhere += len(_patterns(release.files)) - len(local) + (release.api is not None)
        for year in release.school_years:
            for pattern in (filled(pattern, root, year) for pattern in local):
                count += 1
                if not any(root.glob(pattern)):
                    missing += 1
                    found = f"{source_id} {year}: {pattern} is not below {root}"
                    yield Line("fail", "source file", found, "Put it there, or correct sources.yml")
        # A login that stands in the environment is the refresh's business, not shown to a look.
        if release.database is not None and "${" not in release.database and not release.secrets:
            yield from _database(source_id, release.database, root)
    for variable, sources in away.items():
        names = ", ".join(dict.fromkeys(sources))
        found = f"{variable} is not set, so these are left as they stand: {names}"
        yield Line("warn", "elsewhere", found, f"Set {variable} where they can be reached")
    more = f"; {elsewhere} addresses elsewhere are not asked" if elsewhere else ""
    files = f"{count - missing} of {count} files below {root}{more}"
    yield Line("ok", "sources", f"{len(home.sources)} switched on; {files}")


def _releases(home: Home) -> Iterator[tuple[str, ReleaseSettings]]:
    for source_id in home.sources:
        for release in home.settings_of(source_id).releases:
            yield source_id, release


def _secrets(home: Home, source_id: str, release: ReleaseSettings) -> Iterator[Line]:
    """Environment variables that hold a release's secrets and are not set here."""
    for name, variable in release.secrets.items():
        if not home.environment.get(variable):
            yield Line("fail", "secret", f"{source_id}: {variable} ({name}) is not set", f"Set {variable}")


def _patterns(files: tuple[str, ...] | dict[str, tuple[str, ...]]) -> list[str]:
    if isinstance(files, dict):
        return [pattern for patterns in files.values() for pattern in patterns]
    return list(files)


def _database(source_id: str, url: str | None, root: Path) -> Iterator[Line]:
    if url is None:
        return
    import sqlalchemy as sa

    shown = f"{source_id}: {shown_database(url)}"
    try:
        address = sa.make_url(url.replace("{data}", str(root)))
        engine = sa.create_engine(address, hide_parameters=True)
    except (sa.exc.ArgumentError, ImportError, ValueError) as problem:
        # Their words may quote a password.
        found = f"{shown} ({type(problem).__name__})"
        yield Line("fail", "source database", found, "Write dialect+driver://host/database in sources.yml")
        return
    if address.get_backend_name() == "sqlite" and not Path(str(address.database)).exists():
        yield Line(
            "fail", "source database", f"{source_id}: no such file {address.database}", "Correct sources.yml"
        )
        return
    try:
        with engine.connect():
            yield Line("ok", "source database", f"{source_id} answers")
    except sa.exc.SQLAlchemyError as problem:
        found = f"{shown} ({type(problem).__name__})"
        yield Line("fail", "source database", found, "Check address and rights")
    finally:
        engine.dispose()


def _warehouse(place: Place) -> Line:
    from warehouse.read import open_reader

    try:
        with open_reader(place.warehouse_url, agency_id=place.agency_id) as reader:
            release = reader.release()
            return Line("ok", "warehouse", f"{place.warehouse}, release {release['release_id']}")
    except SpmError as problem:
        state: Literal["warn", "fail"] = "fail" if "SPM_WAREHOUSE_URL" in os.environ else "warn"
        return replace(_failed("warehouse", problem), state=state)


def _dagster(home: Home) -> Line:
    folder = home.root / "dagster"
    if not folder.exists():
        return Line("ok", "Dagster", f"{folder} (will be created)")
    if not os.access(folder, os.W_OK):
        return Line("fail", "Dagster", f"{folder} is not writable", "Correct its rights")
    return Line("ok", "Dagster", str(folder))


def _webhook(home: Home) -> Line:
    name = home.agency.settings.alerts.webhook_url_env
    log = home.root / "alerts" / "alerts.jsonl"
    if name is None:
        return Line("ok", "alerts", f"to {log}")
    if webhook_address(home) is None:
        return Line(
            "warn", "alerts", f"only to {log}; {name} is not set", f"Set {name} to the webhook's address"
        )
    return Line("ok", "alerts", f"to {log} and the webhook in {name}")
