"""`linli charts`: a day or a week of records, with a gap wherever nobody knows."""

from __future__ import annotations

import itertools
import re
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main
from agent.configuration import Settings
from agent.core.store.erasing import erase
from agent.records import RecordData
from agent.services.bins.messages import BinEmptied, BinFault, BinLevel
from agent.services.devices.messages import DeviceFound, DeviceLost
from agent.services.piles.messages import PileChanged
from agent.services.taxi.messages import OrderTimed
from agent.technician.charts import ZONE
from agent.technician.past import runs_of
from config.chinese import chinese
from kiosk_ui.charts import Unreadable
from kiosk_ui.plot import Frame, Point, thinned
from tests.agent.estate import PACKAGED, estate
from tests.agent.technician.chronicle import busy_week, figure, sheet, write


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A kiosk in which every service has something to look after."""
    settings = estate(tmp_path_factory.mktemp("estate")).settings
    assert settings is not None
    return settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "linli.db"


def level(percent: int) -> BinLevel:
    """What the north bin's sensor tells."""
    return BinLevel(bin="north", percent=percent, mm=1000)


def lives(path: Path, *records: tuple[float, RecordData], first: float = 200) -> None:
    """One boot, with these records."""
    write(path, {"b": (first, 0, list(records))})


def lines(svg: str) -> list[str]:
    """The stretches that are drawn."""
    return re.findall(r'<path class="line first" d="([^"]*)"', svg)


def test_every_service_has_its_charts(kiosk: Settings, path: Path) -> None:
    """Levels, piles, rooms, devices, taxi times and a household's hours; each with its table."""
    busy_week(path)
    for days in (1, 7):
        shown = sheet(kiosk, path, days)
        for title in (
            "北门",
            "水箱",
            "charging piles",
            "rooms",
            "devices that",
            "taxi",
            "3号楼201",
        ):
            one = figure(shown, title)
            assert one.svg.startswith("<svg") and one.head and one.rows
            assert all(len(row) == len(one.head) for row in one.rows)


def test_a_fault_is_a_gap_and_no_line(kiosk: Settings, path: Path) -> None:
    """While the sensor is not believed, nothing is drawn, and the table has no value."""
    fault = BinFault(bin="north", reason="no echo")
    lives(path, (20, level(10)), (15, fault), (5, level(30)))
    one = figure(sheet(kiosk, path), "北门")
    assert len(lines(one.svg)) == 2
    by_time = {row[0]: row for row in one.rows}
    assert by_time["16:00"][1:] == ("10", "10", "10")
    assert by_time["00:00"][1:] == ("—", "—", "—")
    assert by_time["10:00"][1:] == ("30", "30", "30")
    assert "known for 42% of this time; unit: %" in one.note


def test_a_value_that_is_not_repeated_is_not_believed_for_ever(kiosk: Settings, path: Path) -> None:
    """The level is said again every 12 hours: 15 hours later nothing is known."""
    lives(path, (24, level(10)))
    one = figure(sheet(kiosk, path), "北门")
    assert [row[1] for row in one.rows][-1] == "—"
    assert [row[1] for row in one.rows][5] == "10"


def test_off_is_unknown_for_everything(kiosk: Settings, path: Path) -> None:
    """From the last sign of life of one boot to the first start of the next."""
    write(
        path,
        {
            "b1": (100, 20, [(24, level(10)), (23, PileChanged(pile="p1", state="charging"))]),
            "b2": (8, 0, [(7, level(12))]),
        },
    )
    shown = sheet(kiosk, path)
    assert len(lines(figure(shown, "北门").svg)) == 2
    piles = figure(shown, "charging piles")
    assert piles.rows[0][0] == "1号桩"
    hours = dict(zip(piles.head, piles.rows[0], strict=True))
    # since the start it is what it was; from 23 h to 20 h, and from 8 h on
    assert (hours["charging"], hours["not known"]) == ("11.0 h", "13.0 h")
    assert "the kiosk was switched off" in piles.svg


def test_what_was_erased_is_not_known(kiosk: Settings, path: Path) -> None:
    """No line goes through a record whose content is gone."""
    lives(path, (20, level(10)), (10, level(20)))
    assert erase(path).waiting
    assert len(lines(figure(sheet(kiosk, path), "北门").svg)) == 1


def test_a_bin_that_only_its_crew_saw_empty_has_no_level(kiosk: Settings, path: Path) -> None:
    """The percent of that record is the last one that was known, not one of now."""
    fault = BinFault(bin="north", reason="no echo")
    emptied = BinEmptied(bin="north", name="北", percent=90, task="t", by="crew")
    lives(path, (20, level(90)), (15, fault), (10, emptied))
    assert len(lines(figure(sheet(kiosk, path), "北门").svg)) == 1


def test_devices_are_listed_when_they_failed(kiosk: Settings, path: Path) -> None:
    """Before it failed it worked, since the daemon's start; one that works has no row."""
    lost, found = DeviceLost(device="camera", reason="-"), DeviceFound(device="camera")
    old = DeviceLost(device="bin_1", reason="-"), DeviceFound(device="bin_1")
    lives(path, (6, lost), (4, found), (90, old[0]), (80, old[1]))
    [row] = figure(sheet(kiosk, path), "devices").rows
    assert row == ("camera", "22.0 h", "2.0 h", "0.0 h")
    assert figure(sheet(kiosk, path, 1, 1), "devices").note == "None in this time."
    assert len(figure(sheet(kiosk, path, 7), "devices").rows) == 2


def test_taxi_times_stand_beside_the_aim(kiosk: Settings, path: Path) -> None:
    """Median, 95th percentile and how many were within five minutes."""
    took = [OrderTimed(outcome="completed", to_car_s=float(n * 10)) for n in range(1, 41)]
    lives(path, *((n / 2, one) for n, one in enumerate(took, 1)))
    one = figure(sheet(kiosk, path), "taxi")
    assert "median 205 s, 95th percentile 380 s, 30 of 40 within 300 s" in one.note
    assert one.svg.count("<circle") == 40
    assert 'class="dots second"' not in one.svg


def test_records_without_a_trusted_time_are_counted_and_left_out(
    kiosk: Settings, path: Path
) -> None:
    """Nobody knows when they were."""
    write(path, {"b": (20, 0, [(19, level(10)), (2, level(20))])}, trusted=False)
    shown = sheet(kiosk, path)
    told = "3 records have no time that can be trusted; they are left out"
    assert list(shown.notes) == [told]
    assert not figure(shown, "北门").svg


def test_a_damaged_record_is_a_gap(kiosk: Settings, path: Path) -> None:
    """One bad row costs itself."""
    lives(path, (20, level(10)), (10, level(20)), (5, level(30)))
    db = sqlite3.connect(path)
    db.execute("UPDATE records SET data = 'spoiled' WHERE data LIKE '%\"percent\":20%'")
    db.commit()
    db.close()
    assert len(lines(figure(sheet(kiosk, path), "北门").svg)) == 2


def test_everything_is_said_in_chinese(kiosk: Settings, path: Path) -> None:
    """No English word is left on the page."""
    busy_week(path)
    for days in (1, 7):
        shown = sheet(kiosk, path, days, lang="zh")
        texts = [shown.heading, *shown.labels, *(words for _, words in shown.legend)]
        for one in shown.figures:
            texts += [one.title, one.note, *one.head, *re.findall(r">([^<>]+)<", one.svg)]
        names = r"bxj-demo|camera|bin_\d"
        assert [t for t in texts if re.search(r"[A-Za-z]{3,}", re.sub(names, "", t))] == []
    assert chinese("3 records have no time that can be trusted; they are left out")
    assert chinese("3 records are later than this machine's clock; look at its time")


def test_names_are_no_markup(path: Path, tmp_path: Path) -> None:
    """What kiosk.toml and devices are called is text, in the picture too."""
    settings = estate(tmp_path).settings
    assert settings is not None
    lives(path, (6, DeviceLost(device='<script>&"', reason="-")))
    svg = figure(sheet(settings, path), "devices").svg
    assert "<script>" not in svg and "&lt;script&gt;" in svg


def test_no_store_is_one_sentence(
    kiosk: Settings, path: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nothing there, or nothing that is a store."""
    with pytest.raises(Unreadable, match="cannot be read"):
        sheet(kiosk, path)
    config = tmp_path / "kiosk.toml"
    config.write_text(PACKAGED.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["charts", "--config", str(config), "--data", str(tmp_path), "--lang", "en"]) == 1
    assert "linli.db cannot be read" in capsys.readouterr().err


FRAME = Frame(1000.0, 2000.0, ZONE)
TOLD = st.lists(
    st.tuples(st.floats(0, 3000), st.one_of(st.none(), st.floats(-50, 50))), max_size=30
).map(lambda told: sorted(told, key=lambda one: one[0]))


@given(told=TOLD, holds=st.floats(1, 500), off=st.floats(0, 2500))
def test_no_run_says_more_than_was_told(
    told: list[tuple[float, float | None]], holds: float, off: float
) -> None:
    """Within the frame, in order, never through a gap, a silence or a switched-off kiosk; and
    each value that was told within the frame is there."""
    runs = runs_of(told, holds, [(off, off + 100)], FRAME)
    for run in runs:
        times = [at for at, _ in run]
        assert times == sorted(times) and FRAME.start <= times[0] and times[-1] <= FRAME.end
        for (at, value), (end, _) in itertools.pairwise(run):
            before = [one for one in told if one[0] <= at]
            assert before and value in [one[1] for one in before if one[0] == before[-1][0]]
            assert end - before[-1][0] <= holds + 1e-6
            assert not (at < off < end - 1e-9)


@given(run=st.lists(st.tuples(st.floats(0, 1e6), st.floats(-1e3, 1e3)), min_size=1, max_size=3000))
def test_few_points_keep_the_extremes(run: list[Point]) -> None:
    """A few hundred at the most; the least and the most of all are among them."""
    few = thinned(sorted(run))
    assert len(few) <= 320
    values = [value for _, value in run]
    kept = [value for _, value in few]
    assert (min(kept), max(kept)) == (min(values), max(values))
