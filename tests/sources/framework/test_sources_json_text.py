"""Text in JSON that is none: half of a character, as a server leaves it that cuts a text inside an emoji."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sources.api.failures import parse_json
from tests.sources.golden_pairs import Pair, pairs
from warehouse.model.errors import SpmError

USASPENDING = next(pair for pair in pairs() if pair.name == "usaspending_awards")


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (rb'{"note": "cut \ud83d"}', {"note": "cut \ufffd"}),
        (rb'{"notes": ["\uDE00 cut", 1]}', {"notes": ["\ufffd cut", 1]}),
        (rb'{"\ud83d": 1}', {"\ufffd": 1}),
        (rb'{"note": "\ud83d\ude00"}', {"note": "\U0001f600"}),
        (rb'{"note": "\\ud83d"}', {"note": "\\ud83d"}),
    ],
)
def test_half_a_character_becomes_the_sign_for_one_and_whole_ones_stay(raw: bytes, found: object) -> None:
    assert parse_json(raw) == found


def test_bytes_that_are_no_text_are_no_json() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        parse_json(b'{"note": "\xed\xa0\xbd"}')


def _spoiled(folder: Path, half: bytes) -> Pair:
    """The golden pair with something behind the opening quote of the first text of its first record."""
    golden = shutil.copytree(USASPENDING.file.parent, folder / "golden")
    (file,) = golden.glob("awards*.jsonl")
    before, quote, after = file.read_bytes().partition(b'":"')
    file.write_bytes(before + quote + half + after)
    return replace(USASPENDING, file=golden / USASPENDING.file.name)


def test_a_record_with_half_a_character_is_a_row_like_any_other(tmp_path: Path) -> None:
    good = USASPENDING.read(tmp_path / "good")["awards"]
    spoiled = _spoiled(tmp_path, rb"\ud83d").read(tmp_path / "spoiled")["awards"]
    assert spoiled.rows_in == good.rows_in


def test_a_record_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpmError, match="The line is not JSON") as refused:
        _spoiled(tmp_path, b"\xed\xa0\xbd").read(tmp_path / "spoiled")
    assert refused.value.line == 1
