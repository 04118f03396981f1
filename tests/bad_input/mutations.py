"""Kinds of damage that any file may suffer, each saying whether a reader can see it.

Put here: damage to bytes and lines. Not here: damage to cells and headers (`cell_mutations`).

A mutation answers with the damaged bytes and whether the damage is detectable, or with None where it does not
apply. Detectable is what must be refused, set aside or read exactly; anything else is listed in
docs/bad_input.md with what makes it rare.
"""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
from wellformed import GoodFile

Broken = tuple[bytes, bool] | None
Kind = Callable[[GoodFile, random.Random], Broken]
KINDS: dict[str, Kind] = {}


def kind(damage: Kind) -> Kind:
    KINDS[damage.__name__] = damage
    return damage


def is_lined(file: GoodFile) -> bool:
    """Whether each line of the file is a record or part of one."""
    return file.shape == "text" or file.reader == "json_records"


# ---- of the file as a whole


@kind
def empty(file: GoodFile, chance: random.Random) -> Broken:
    # An API that has no record gives a file without a line.
    return b"", file.reader != "json_records"


@kind
def blank_lines_only(file: GoodFile, chance: random.Random) -> Broken:
    return file.with_content(b"\r\n\r\n\r\n"), file.reader != "json_records"


@kind
def web_page_instead(file: GoodFile, chance: random.Random) -> Broken:
    return b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body>Sign in</body></html>\n", True


@kind
def other_archive_instead(file: GoodFile, chance: random.Random) -> Broken:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.md", "nothing of it\n" * 20)
    return out.getvalue(), True


@kind
def other_parquet_instead(file: GoodFile, chance: random.Random) -> Broken:
    out = io.BytesIO()
    pq.write_table(pa.table({"x": [1, 2, 3]}), out)
    return out.getvalue(), True


@kind
def noise_instead(file: GoodFile, chance: random.Random) -> Broken:
    return chance.randbytes(max(64, len(file.packed))), True


@kind
def zeros_at_the_end(file: GoodFile, chance: random.Random) -> Broken:
    """A disk that was full when the file was copied: the right size, and zeros for its end."""
    half = len(file.packed) // 2
    return file.packed[:half] + bytes(len(file.packed) - half), True


@kind
def cut_in_bytes(file: GoodFile, chance: random.Random) -> Broken:
    place = chance.randrange(1, len(file.packed))
    if not is_lined(file) or file.is_archive:
        # What follows the last closing bracket or the end of a container may be missing without loss.
        return file.packed[:place], len(file.packed) - place > 64 or file.shape == "json"
    if file.packed[place - 1 : place] in (b"\n", b"\r") or file.packed[place : place + 1] in (b"\n", b"\r"):
        return None
    return file.packed[:place], not file.spec.open_end


@kind
def cut_at_a_line_end(file: GoodFile, chance: random.Random) -> Broken:
    if not is_lined(file):
        return None
    lines = file.content.splitlines(keepends=True)
    if len(lines) < 3:
        return None
    return file.with_content(b"".join(lines[: chance.randrange(1, len(lines))])), False


@kind
def bytes_flipped(file: GoodFile, chance: random.Random) -> Broken:
    changed = bytearray(file.packed)
    for _ in range(3):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed), False


@kind
def piece_lost(file: GoodFile, chance: random.Random) -> Broken:
    """Some bytes in the middle did not come; of a container this shows, of text it may not."""
    start = chance.randrange(len(file.packed))
    lost = chance.randrange(1, 40)
    is_container = file.is_archive or file.shape in ("xlsx", "ole", "parquet")
    return file.packed[:start] + file.packed[start + lost :], is_container and 200 < start < len(
        file.packed
    ) // 2


@kind
def piece_twice(file: GoodFile, chance: random.Random) -> Broken:
    start = chance.randrange(len(file.packed))
    piece = file.packed[start : start + chance.randrange(1, 40)]
    return file.packed[:start] + piece + file.packed[start:], False


# ---- of text


def _text(file: GoodFile) -> str | None:
    if file.shape not in ("text", "json"):
        return None
    try:
        return file.content.decode("utf-8-sig" if file.spec.encoding == "utf-8" else file.spec.encoding)
    except UnicodeDecodeError:
        return None


def _encoded(file: GoodFile, text: str) -> bytes:
    return file.with_content(text.encode(file.spec.encoding, errors="replace"))


@kind
def saved_as_utf_16(file: GoodFile, chance: random.Random) -> Broken:
    text = _text(file)
    return None if text is None else (file.with_content(text.encode("utf-16")), True)


@kind
def saved_as_utf_16_without_mark(file: GoodFile, chance: random.Random) -> Broken:
    text = _text(file)
    return None if text is None else (file.with_content(text.encode("utf-16-be")), True)


@kind
def letter_of_another_encoding(file: GoodFile, chance: random.Random) -> Broken:
    """A name with an accent, saved in the other encoding; a file of one byte a letter cannot show it."""
    text = _text(file)
    letters = [] if text is None else [m.start() for m in re.finditer(r"[a-zA-Z]", text)]
    if text is None or not letters:
        return None
    place = chance.choice(letters)
    content = text[:place].encode(file.spec.encoding, errors="replace") + b"\xe9"
    content += text[place + 1 :].encode(file.spec.encoding, errors="replace")
    return file.with_content(content), file.spec.encoding == "utf-8"


@kind
def byte_order_mark(file: GoodFile, chance: random.Random) -> Broken:
    text = _text(file)
    return None if text is None else (file.with_content(b"\xef\xbb\xbf" + file.content), True)


@kind
def returns_for_line_ends(file: GoodFile, chance: random.Random) -> Broken:
    text = _text(file)
    return None if text is None else (_encoded(file, text.replace("\r\n", "\n").replace("\n", "\r")), True)


@kind
def line_feeds_for_line_ends(file: GoodFile, chance: random.Random) -> Broken:
    text = _text(file)
    return None if text is None else (_encoded(file, text.replace("\r\n", "\n")), True)


@kind
def pairs_for_line_ends(file: GoodFile, chance: random.Random) -> Broken:
    text = _text(file)
    if text is None:
        return None
    return _encoded(file, text.replace("\r\n", "\n").replace("\n", "\r\n")), True


@kind
def zero_byte_inside(file: GoodFile, chance: random.Random) -> Broken:
    text = _text(file)
    if text is None:
        return None
    place = chance.randrange(len(text) - 2)
    return _encoded(file, text[:place] + "\0" + text[place:]), True


@kind
def line_broken_in_two(file: GoodFile, chance: random.Random) -> Broken:
    """A line end where there is none; inside quotes or beside blanks it may be harmless."""
    if not is_lined(file) or (text := _text(file)) is None or file.spec.header == "none":
        return None
    lines = text.splitlines(keepends=True)
    at = chance.randrange(1, len(lines))
    plain = [m.start() for m in re.finditer(r"[a-z0-9](?=[a-z0-9])", lines[at], re.IGNORECASE)]
    if not plain or '"' in lines[at] or file.spec.delimiter not in lines[at]:
        return None
    place = chance.choice(plain) + 1
    lines[at] = lines[at][:place] + "\n" + lines[at][place:]
    return _encoded(file, "".join(lines)), at >= file.spec.header_row


@kind
def two_lines_joined(file: GoodFile, chance: random.Random) -> Broken:
    if not is_lined(file) or (text := _text(file)) is None or '"' in text:
        return None
    lines = text.splitlines(keepends=True)
    low = file.spec.header_row
    if len(lines) - low < 2:
        return None
    at = chance.randrange(low, len(lines) - 1)
    if not lines[at].strip() or not lines[at + 1].strip():
        return None
    lines[at] = lines[at].rstrip("\r\n")
    return _encoded(file, "".join(lines)), file.spec.delimiter in lines[at]


@kind
def footnote_at_the_end(file: GoodFile, chance: random.Random) -> Broken:
    if not is_lined(file) or (text := _text(file)) is None:
        return None
    is_wide = file.spec.delimiter in text.splitlines()[-1] or file.reader != "delimited"
    return _encoded(file, text + "* Provisional; see the notes of the release\r\n"), is_wide


@kind
def quote_that_stays_open(file: GoodFile, chance: random.Random) -> Broken:
    if file.reader != "delimited" or (text := _text(file)) is None or '"' in text:
        return None
    cells = [m.end() for m in re.finditer(re.escape(file.spec.delimiter), text)]
    place = chance.choice(cells) if cells else 0
    return _encoded(file, text[:place] + '"' + text[place:]), True


@kind
def another_delimiter(file: GoodFile, chance: random.Random) -> Broken:
    if file.reader != "delimited" or (text := _text(file)) is None:
        return None
    if file.spec.delimiter not in text or file.spec.header == "none":
        return None
    return _encoded(file, text.replace(file.spec.delimiter, "|")), True


@kind
def brackets_without_end(file: GoodFile, chance: random.Random) -> Broken:
    if file.shape != "json":
        return None
    return file.with_content(b"[" * 200_000 + b"\n"), True


@kind
def json_value_of_another_kind(file: GoodFile, chance: random.Random) -> Broken:
    if file.shape != "json":
        return None
    return file.with_content(
        chance.choice([b"null\n", b"3\n", b'"text"\n', b"[1, 2]\n", b'{"a": [{"b": 1}]}\n'])
    ), True
