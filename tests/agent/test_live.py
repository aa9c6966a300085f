"""Changing a running kiosk: what can be applied live is, and what nobody confirms goes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli import main
from agent.configuration import Configuration, keep, load
from agent.contract.clock import BootClock
from agent.live import CONFIRM_S, Change, put_back, unconfirmed
from hw_mocks.workbench import Workbench
from tests.waiting import wait_for

CONFIG = Path(__file__).parents[2] / "config"
WITHIN = 30.0
"""Seconds for what a busy machine may take long to do."""


class MovedClock(BootClock):
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def boot(self) -> float:
        return self.now


class Recorder:
    """A kiosk that notes what it was changed to."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def change(self, configuration: Configuration) -> None:
        assert configuration.settings is not None
        self.ids.append(configuration.settings.kiosk.guard_phone)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A kiosk's configuration, in force and kept."""
    path = tmp_path / "kiosk.toml"
    path.write_bytes((CONFIG / "kiosk.toml").read_bytes())
    keep(load(path), tmp_path / "data")
    return path


def edited(path: Path, old: str, new: str) -> None:
    """One change in the file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def changing(path: Path) -> tuple[Change, Recorder, MovedClock]:
    """A change of a kiosk that runs on what *path* says now."""
    kiosk, clock = Recorder(), MovedClock()
    return Change(kiosk, load(path), lambda: load(path), path.parent / "data", clock), kiosk, clock


def test_the_difference_is_said_and_nothing_is_done(path: Path) -> None:
    """Place, before, after; with the reason where it needs a restart."""
    change, kiosk, _ = changing(path)
    edited(path, 'guard_phone = ""', 'guard_phone = "13812345678"')
    edited(path, 'id = "bxj-demo-01"', 'id = "bxj-demo-02"')
    done, lines = change.request("diff")
    assert done
    assert "kiosk.guard_phone: '' → '13812345678'" in lines
    assert (
        "kiosk.id: 'bxj-demo-01' → 'bxj-demo-02'  "
        "(restart: upstream knows the kiosk and its records by it)"
    ) in lines
    assert kiosk.ids == []


def test_a_confirmed_change_is_the_last_good_set(path: Path) -> None:
    """Applied, confirmed, kept; time has no say any more."""
    change, kiosk, clock = changing(path)
    edited(path, 'guard_phone = ""', 'guard_phone = "13812345678"')
    assert change.request("apply").done
    assert unconfirmed(load(path), path.parent / "data")
    assert change.request("confirm").done
    clock.now += 2 * CONFIRM_S
    change.look()
    assert kiosk.ids == ["13812345678"]
    assert not unconfirmed(load(path), path.parent / "data")
    path.write_text("[")
    kept = load(path, kept=path.parent / "data").settings
    assert kept is not None
    assert kept.kiosk.guard_phone == "13812345678"


def test_what_is_not_confirmed_goes_back(path: Path) -> None:
    """After two minutes, not before; a restart finds it unconfirmed too."""
    change, kiosk, clock = changing(path)
    edited(path, 'guard_phone = ""', 'guard_phone = "13812345678"')
    change.request("apply")
    clock.now += CONFIRM_S - 1
    change.look()
    assert kiosk.ids == ["13812345678"]
    clock.now += 2
    change.look()
    assert kiosk.ids == ["13812345678", ""]
    assert unconfirmed(load(path), path.parent / "data")
    edited(path, "13812345678", "13812345679")  # another set: a start takes it
    assert not unconfirmed(load(path), path.parent / "data")


def test_rollback_goes_back_at_once(path: Path) -> None:
    """And there is nothing to take back twice."""
    change, kiosk, _ = changing(path)
    edited(path, 'guard_phone = ""', 'guard_phone = "13812345678"')
    change.request("apply")
    assert change.request("rollback").done
    assert kiosk.ids == ["13812345678", ""]
    assert not change.request("rollback").done
    assert not change.request("confirm").done


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("port = 8480", "port = 8490", "hold the page's port"),
        ("timeout_s = 8", "timeout_s = 9", "belong to one server"),
        ('language = "zh-CN"', 'language = "en"', "chosen at the start"),
    ],
)
def test_what_needs_a_restart_is_named_and_nothing_is_applied(
    path: Path, old: str, new: str, reason: str
) -> None:
    """No mixture: the other changes wait as well."""
    change, kiosk, _ = changing(path)
    edited(path, 'guard_phone = ""', 'guard_phone = "13812345678"')
    edited(path, old, new)
    done, lines = change.request("apply")
    assert not done
    assert reason in lines[0]
    assert "sudo systemctl restart linli" in lines[-1]
    assert kiosk.ids == []


def test_mistakes_are_said_and_nothing_is_applied(path: Path) -> None:
    """The same sentences as `linli check` has."""
    change, kiosk, _ = changing(path)
    edited(path, "idle_s = 60", "idle_s = 1")
    done, lines = change.request("apply")
    assert not done
    assert "kiosk.idle_s: must be a number from 20 to 600; got 1" in lines[1]
    assert kiosk.ids == []


# -- a kiosk that runs ---------------------------------------------------------------------


def linli(bench: Workbench, *words: str) -> int:
    """Run a command of the technician."""
    return main(["config", *words, "--data", str(bench.folder / "data")])


def test_ten_changes_during_an_order_disturb_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The order goes on, its screen stays, the daemon is the same; the changes are in force."""
    with Workbench(tmp_path) as bench:
        bench.start()
        pid = bench.daemon.pid
        assert bench.page.touch("taxi.call")
        wait_for(lambda: bench.page.touch("taxi.to.tongren"), WITHIN)
        wait_for(lambda: bench.page.touch("taxi.confirm"), WITHIN)
        wait_for(lambda: bench.latest("order"), WITHIN)
        order = bench.latest("order")
        kiosk = bench.folder / "config" / "kiosk.toml"
        places = bench.folder / "config" / "places.toml"
        article = bench.folder / "config" / "articles.toml"
        changes = [
            (kiosk, 'guard_phone = ""', 'guard_phone = "13812345678"'),
            (kiosk, "empty_mm = 1800", "empty_mm = 1700"),
            (kiosk, "raise_percent = 85", "raise_percent = 80"),
            (kiosk, "answer_s = 30", "answer_s = 40"),
            (kiosk, "repeat_s = 30", "repeat_s = 40"),
            (kiosk, "idle_s = 60", "idle_s = 90"),
            (kiosk, "pin = 24", "pin = 25"),
            (kiosk, "patience_s = 1.2", "patience_s = 1.5"),
            (places, 'zh-CN = "市民服务热线"', 'zh-CN = "热线"'),
            (article, 'title = "', 'title = "新'),
        ]
        for file, old, new in changes:
            edited(file, old, new)
            assert linli(bench, "apply") == 0, capsys.readouterr().out
            assert linli(bench, "confirm") == 0, capsys.readouterr().out
        shown = bench.page.snapshot
        assert shown is not None
        assert shown.screen.startswith("taxi.")
        wait_for(
            lambda: (
                bench.page.snapshot
                and "13812345678" in [phone.number for phone in bench.page.snapshot.phones]
            ),
            WITHIN,
        )
        assert bench.latest("order") == order
        assert bench.daemon.pid == pid
        assert linli(bench, "diff") == 0
        assert "what is in force is what the files say" in capsys.readouterr().out


def test_nobody_to_ask_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 and a sentence where no kiosk runs."""
    assert main(["config", "diff", "--data", str(tmp_path)]) == 2
    assert "no kiosk answers at" in capsys.readouterr().err


def test_files_are_put_back_with_what_replaced_them_beside(path: Path) -> None:
    """Changed, added and removed ones; what the technician wrote is not lost."""
    places = path.with_name("places.toml")
    places.write_bytes((CONFIG / "places.toml").read_bytes())
    keep(load(path), path.parent / "data")
    good = path.read_bytes()
    edited(path, "idle_s = 60", "idle_s = 90")
    places.unlink()
    added = path.parent / "kiosk.d" / "10-site.toml"
    added.parent.mkdir()
    added.write_text("[taxi]\n")
    assert set(put_back(path, path.parent / "data")) == {path, places, added}
    assert put_back(path, path.parent / "data") == []
    assert path.read_bytes() == good
    assert "idle_s = 90" in path.with_name("kiosk.toml.rejected").read_text()
    assert places.read_bytes() == (CONFIG / "places.toml").read_bytes()
    assert not added.exists()
    assert added.with_name("10-site.toml.rejected").exists()


def test_there_must_be_a_set_to_put_back(tmp_path: Path) -> None:
    """Before the first good start there is none."""
    with pytest.raises(FileNotFoundError, match="no last good set"):
        put_back(tmp_path / "kiosk.toml", tmp_path)
