"""Two thousand broken files: each is read exactly, set aside row by row, or refused in one clear sentence."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cell_mutations  # registers its kinds
import pytest
from invented_files import invented_files
from mutations import KINDS
from wellformed import GoodFile, golden_files, rows_of

from sources.readers.choice import READERS
from warehouse.model.errors import SpmError

assert cell_mutations
PROJECT = Path(__file__).resolve().parents[2]
# Enough of each kind, however many sources there are; the order of files and chances is always the same.
LEAST, MOST = 2000, 2300
TRIES = {
    "cut_in_bytes": 6,
    "bytes_flipped": 6,
    "piece_lost": 4,
    "piece_twice": 3,
    "letter_of_another_encoding": 2,
}


@dataclass(frozen=True)
class Case:
    """One broken file."""

    file: GoodFile
    kind: str
    attempt: int
    content: bytes
    detectable: bool

    def __str__(self) -> str:
        return f"{self.kind} {self.attempt} of {self.file.name}"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[GoodFile]:
    found = [
        *invented_files(tmp_path_factory.mktemp("invented")),
        *golden_files(tmp_path_factory.mktemp("golden")),
    ]
    return [file for file in found if file.good.rows_in]


@pytest.fixture(scope="module")
def cases(files: list[GoodFile]) -> list[Case]:
    """All kinds on the invented files; then on golden ones in turn, so that each has its share."""
    invented = [file for file in files if file.source.id.startswith("invented_")]
    found = [case for file in invented for case in _of_file(file, all_tries=True)]
    waiting = [_of_file(file, all_tries=False) for file in files if file not in invented]
    while waiting and len(found) < MOST:
        taken = [(cases, case) for cases in waiting if (case := next(cases, None)) is not None]
        found += [case for _, case in taken]
        waiting = [cases for cases, _ in taken]
    return found[:MOST]


def _of_file(file: GoodFile, *, all_tries: bool) -> Iterator[Case]:
    """The kinds that apply to a file, in an order of its own that is always the same."""
    kinds = sorted(KINDS)
    random.Random(file.name).shuffle(kinds)
    for kind in kinds:
        tries = TRIES.get(kind, 2)
        for attempt in range(tries if all_tries else max(1, tries // 2)):
            broken = KINDS[kind](file, random.Random(f"{file.name} {kind} {attempt}"))
            if broken is not None:
                yield Case(file, kind, attempt, *broken)


@dataclass(frozen=True)
class Outcome:
    """What became of a broken file; `wrong` says why it must not be."""

    case: Case
    what: str
    wrong: str = ""


def run(case: Case, path: Path) -> Outcome:
    path.write_bytes(case.content)
    try:
        result = case.file.read(path)
    except SpmError as problem:
        lacks = [part for part in ("file", "remedy", "what") if not getattr(problem, part)]
        return Outcome(case, "refused", f"the refusal lacks its {lacks}: {problem}" if lacks else "")
    except BaseException as problem:
        if isinstance(problem, KeyboardInterrupt):
            raise
        return Outcome(case, "crashed", f"{type(problem).__name__}: {problem}")
    if result.rows_in != result.rows_out + result.rows_quarantined:
        return Outcome(case, "lost", "rows in are not rows out and rows set aside")
    rows, good = rows_of(result), case.file.good_rows
    missing, aside = good - rows, result.rows_quarantined - case.file.good.rows_quarantined
    if rows == good:
        return Outcome(case, "exact" if aside == 0 else "set aside")
    if not rows - good and 0 < missing.total() <= aside:
        return Outcome(case, "set aside")
    changed = f"{missing.total()} good rows are missing, {(rows - good).total()} others are there"
    return Outcome(case, "changed", changed if case.detectable else "")


@pytest.fixture(scope="module")
def outcomes(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    path = tmp_path_factory.mktemp("broken") / "file"
    found = []
    for case in cases:
        suffix = Path(case.file.snapshot.address).suffix
        found.append(run(case, path.with_suffix(suffix)))
    return found


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_broken_file_is_read_exactly_or_set_aside_or_refused(outcomes: list[Outcome], kind: str):
    of_kind = [outcome for outcome in outcomes if outcome.case.kind == kind]
    assert of_kind, "no file is broken this way: the kind applies to nothing"
    assert [f"{o.case}: {o.what}, {o.wrong}" for o in of_kind if o.wrong] == []


def test_two_thousand_files_were_broken_over_all_readers(outcomes: list[Outcome]):
    assert LEAST <= len(outcomes) <= MOST
    readers = {outcome.case.file.reader for outcome in outcomes}
    assert readers == {*READERS, "custom"}
    counts = Counter(outcome.what for outcome in outcomes)
    # Most damage is told; the rest is what no reader can see, or what is no damage.
    assert counts["refused"] > LEAST * 0.6
    assert counts["exact"] > 20 and counts["set aside"] > 5


def test_what_no_reader_can_see_is_listed_in_the_documents(cases: list[Case]):
    told = (PROJECT / "docs" / "bad_input.md").read_text(encoding="utf-8")
    undetectable = {case.kind for case in cases if not case.detectable}
    assert [kind for kind in sorted(undetectable) if f"`{kind}`" not in told] == []


def test_a_row_floor_refuses_what_is_cut_at_a_line_end(files: list[GoodFile], tmp_path: Path):
    tried = 0
    for file in files:
        broken = KINDS["cut_at_a_line_end"](file, random.Random(file.name))
        if broken is None or file.spec.unpivot is not None:
            continue
        path = (tmp_path / "cut").with_suffix(Path(file.snapshot.address).suffix)
        path.write_bytes(broken[0])
        whole = file.read().rows_in
        try:
            rows = file.read(path).rows_in
        except SpmError:
            continue
        if rows < whole and not file.others and file.spec.pivot is None:
            tried += 1
            with pytest.raises(SpmError, match="rows where at least"):
                file.read(path, minimum=whole)
    assert tried >= 5
