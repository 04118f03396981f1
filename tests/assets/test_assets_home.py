"""A home belongs to one agency, and the environment says where everything is."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest
from small_state import AGENCY, littleland, write_files

from assets.home import claim_home, open_home
from warehouse.model.errors import SpmError
from warehouse.model.places import PROJECT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "littleland", AGENCY)


def test_the_environment_names_agency_home_data_and_warehouse(tmp_path: Path, folder: Path) -> None:
    home = open_home(
        {"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h"), "SPM_DATA": str(tmp_path / "d"),
         "SPM_WAREHOUSE_URL": "postgresql://x/y"}
    )  # fmt: skip
    assert home.agency.settings.agency_id == "littleland"
    assert (home.root, home.data_root) == (tmp_path / "h", tmp_path / "d")
    assert home.warehouse_url == "postgresql://x/y"


def test_without_an_environment_it_is_franklin_in_the_checkout() -> None:
    home = open_home({})
    assert home.agency.settings.agency_id == "franklin"
    assert home.root == PROJECT / ".spm" / "franklin"
    assert home.data_root == home.root / "data"
    assert home.warehouse_url == f"sqlite:///{home.root}/warehouse/internal.db"


def test_an_agency_may_be_named_as_in_the_checkout_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_home({"SPM_AGENCY": "agencies/maine"}).agency.settings.agency_id == "maine"


def test_a_data_root_of_the_agency_lies_below_the_home_and_spm_data_overrules_it(
    tmp_path: Path, folder: Path
) -> None:
    with (folder / "agency.yml").open("a", encoding="utf-8") as handle:
        handle.write("data_root: files\n")
    env = {"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h")}
    assert open_home(env).data_root == tmp_path / "h" / "files"
    assert open_home({**env, "SPM_DATA": str(tmp_path)}).data_root == tmp_path


def test_a_home_without_a_data_root_says_to_set_one(tmp_path: Path, folder: Path) -> None:
    env = {"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h")}
    with pytest.raises(SpmError, match="has no data root") as caught:
        open_home(env).require_data_root()
    assert "SPM_DATA" in caught.value.remedy


def test_a_data_root_that_points_nowhere_is_named(tmp_path: Path, folder: Path) -> None:
    env = {"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h"), "SPM_DATA": str(tmp_path / "nowhere")}
    with pytest.raises(SpmError, match="does not exist") as caught:
        open_home(env).require_data_root()
    assert caught.value.file == str(tmp_path / "nowhere")


def test_a_home_of_another_agency_is_refused(tmp_path: Path, folder: Path) -> None:
    env = {"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h")}
    claim_home(open_home(env))
    assert open_home(env).root == tmp_path / "h"  # its own agency is welcome again
    with pytest.raises(SpmError, match="belongs to 'littleland'") as caught:
        open_home({"SPM_AGENCY": "agencies/maine", "SPM_HOME": str(tmp_path / "h")})
    assert "SPM_HOME" in caught.value.remedy


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("before", [None, 0o755, 0o750, 0o777])
def test_a_home_is_closed_to_everybody_else(tmp_path: Path, folder: Path, before: int | None) -> None:
    root = tmp_path / "h"
    if before is not None:
        root.mkdir()
        root.chmod(before)
    claim_home(open_home({"SPM_AGENCY": str(folder), "SPM_HOME": str(root)}))
    assert mode(root) == 0o700


def test_a_folder_of_everybody_is_refused_as_a_home_and_left_as_it_is(tmp_path: Path, folder: Path) -> None:
    root = tmp_path / "like_tmp"
    root.mkdir()
    root.chmod(0o1777)
    with pytest.raises(SpmError, match="shared with others") as caught:
        claim_home(open_home({"SPM_AGENCY": str(folder), "SPM_HOME": str(root)}))
    assert "SPM_HOME" in caught.value.remedy
    assert (mode(root), list(root.iterdir())) == (0o1777, [])


def test_the_mark_of_a_home_is_written_once(tmp_path: Path, folder: Path) -> None:
    env = {"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h")}
    claim_home(open_home(env))
    mark = tmp_path / "h" / "agency"
    before = mark.stat()
    claim_home(open_home(env))
    assert (mark.stat().st_mtime_ns, mark.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert [f.name for f in mark.parent.iterdir()] == ["agency"]


def test_a_run_that_dies_while_it_marks_the_home_locks_nobody_out(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    env = {"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h")}
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            claim_home(open_home(env))
    assert list((tmp_path / "h").iterdir()) == []
    claim_home(open_home(env))
    assert (tmp_path / "h" / "agency").read_text() == "littleland\n"


@pytest.mark.parametrize(
    ("content", "how"), [(b"", "is empty"), (b"\n", "is empty"), (b"\xff", "is not text")]
)
def test_a_mark_that_does_not_say_whose_the_home_is_says_what_to_do(
    tmp_path: Path, folder: Path, content: bytes, how: str
) -> None:
    env = {"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h")}
    mark = tmp_path / "h" / "agency"
    mark.parent.mkdir()
    mark.write_bytes(content)
    with pytest.raises(SpmError, match=how) as caught:
        open_home(env)
    assert caught.value.file == str(mark) and "remove that file" in caught.value.remedy
    mark.unlink()
    claim_home(open_home(env))  # the remedy helps
    assert mark.read_text() == "littleland\n"


def test_a_home_that_may_not_be_read_says_so(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "h" / "agency").mkdir(parents=True)  # unreadable as a file, for root too
    with pytest.raises(SpmError, match="cannot be read") as caught:
        open_home({"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h")})
    assert "SPM_HOME" in caught.value.remedy


def test_a_home_that_another_agency_took_meanwhile_is_not_marked_over(tmp_path: Path, folder: Path) -> None:
    late = open_home({"SPM_AGENCY": "agencies/maine", "SPM_HOME": str(tmp_path / "h")})
    claim_home(open_home({"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h")}))
    with pytest.raises(SpmError, match="belongs to 'littleland'"):
        claim_home(late)
    assert (tmp_path / "h" / "agency").read_text() == "littleland\n"


def test_opening_a_home_writes_nothing(tmp_path: Path, folder: Path) -> None:
    open_home({"SPM_AGENCY": str(folder), "SPM_HOME": str(tmp_path / "h")})
    assert not (tmp_path / "h").exists()


def test_a_source_that_does_not_exist_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    sources = AGENCY["sources.yml"].replace("little_absence", "little_absense")
    home = littleland(tmp_path, agency={"sources.yml": sources})
    with pytest.raises(SpmError, match="No such source") as caught:
        _ = home.sources
    assert caught.value.value == "little_absense"
    assert "little_absence" in caught.value.remedy


def test_a_publication_speaks_for_the_day_of_the_settings_else_for_today(tmp_path: Path) -> None:
    assert littleland(tmp_path / "a").as_of == date(2024, 12, 31)
    text = AGENCY["agency.yml"].replace("as_of: 2024-12-31\n", "")
    assert littleland(tmp_path / "b", agency={"agency.yml": text}).as_of == date(2025, 1, 15)
