"""Destinations and telephone numbers."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from config.places import PACKAGED, Place, read_places

PLACE = """\
[[place]]
id = "{id}"
name = "{name}"
kind = "医院"
gcj02 = [121.38614, 31.20715]
wgs84 = [121.38150, 31.20900]
precision = "C"
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with a places.toml."""
    path = tmp_path / "places.toml"
    path.write_text(text, encoding="utf-8")
    return [str(problem).removeprefix(f"{path}:") for problem in read_places(path).problems]


def gcj02(lng: float, lat: float) -> tuple[float, float]:
    """WGS-84 to GCJ-02 by the usual public formula."""
    x, y = lng - 105.0, lat - 35.0
    wave = 20 * math.sin(6 * math.pi * x) + 20 * math.sin(2 * math.pi * x)

    def waves(v: float, *terms: tuple[float, float]) -> float:
        return sum(size * math.sin(v * math.pi / part) for size, part in terms)

    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    d_lat += (wave + waves(y, (20, 1), (40, 3)) + waves(y, (160, 12), (320, 30))) * 2 / 3
    d_lng = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    d_lng += (wave + waves(x, (20, 1), (40, 3)) + waves(x, (150, 12), (300, 30))) * 2 / 3
    axis, ee = 6378245.0, 0.00669342162296594323
    sin = math.sin(math.radians(lat))
    magic = 1 - ee * sin * sin
    meridian = math.radians(axis * (1 - ee) / magic**1.5)
    parallel = math.radians(axis / math.sqrt(magic) * math.cos(math.radians(lat)))
    return lng + d_lng / parallel, lat + d_lat / meridian


def test_the_packaged_places_are_right() -> None:
    """38 destinations, six of them favourites with a hospital first."""
    places = read_places().require()
    assert len(places.place) == 38
    assert [place.name for place in places.favourite_places()] == [
        "上海市同仁医院",
        "北新泾街道社区卫生服务中心",
        "华山医院",
        "北新泾地铁站",
        "百联西郊购物中心",
        "虹桥火车站",
    ]
    assert places.find("nowhere") is None


@pytest.mark.parametrize("place", read_places().require().place, ids=lambda place: place.id)
def test_both_coordinates_of_a_place_are_the_same_spot(place: Place) -> None:
    """The public formula leads from one to the other within three metres."""
    expected = gcj02(*place.wgs84)
    assert place.gcj02 == pytest.approx(expected, abs=3e-5)


def test_emergency_numbers_come_first_and_doubtful_ones_are_marked() -> None:
    """What is certain is verified; taxi numbers wait for somebody to call them."""
    phones = read_places().require().phone
    assert [phone.number for phone in phones[:3]] == ["120", "110", "119"]
    assert {phone.kind for phone in phones[:3]} == {"emergency"}
    assert [phone.number for phone in phones if not phone.verified] == [
        "95128", "62580000", "96822", "96961",
    ]  # fmt: skip


def test_a_label_falls_back_on_chinese() -> None:
    """A language without a label of its own gets the Chinese one."""
    ambulance = read_places().require().phone[0]
    assert (ambulance.label("en"), ambulance.label("ko")) == ("Ambulance", "急救")


def test_a_favourite_must_exist(tmp_path: Path) -> None:
    """A favourite that is no place is reported with the nearest one, a double one too."""
    text = 'favourites = [\n"tongrne",\n"tongren",\n"tongren",\n]\n'
    assert problems(tmp_path, text + PLACE.format(id="tongren", name="同仁医院")) == [
        "2: favourites[1]: there is no place of this name; got 'tongrne'. Did you mean 'tongren'?",
        "4: favourites[3]: taken already by favourites[2]; got 'tongren'. Give each its own.",
    ]


def test_a_name_leads_to_one_place(tmp_path: Path) -> None:
    """Ids, names and aliases belong to one place only, or a voice would not know which."""
    text = 'favourites = ["a"]\n' + PLACE.format(id="a", name="同仁医院")
    text += 'aliases = ["六院"]\n' + PLACE.format(id="a", name="六院")
    assert problems(tmp_path, text) == [
        "11: place[2].id: taken already by place[1].id; got 'a'. Give each its own.",
        "12: place[2].name: taken already by place[1].aliases[1]; got '六院'. Give each its own.",
    ]


def test_mixed_up_coordinates_are_refused(tmp_path: Path) -> None:
    """Latitude first, one system written twice, or two different spots: each is told."""
    good = PLACE.format(id="a", name="甲")
    swapped = good.replace("[121.38614, 31.20715]", "[31.20715, 121.38614]")
    same = good.replace("121.38150, 31.20900", "121.38614, 31.20715")
    apart = good.replace("121.38150", "121.28150")
    text = 'favourites = ["a"]\n'
    assert problems(tmp_path, text + swapped) == [
        "6: place[1].gcj02[1]: must be a longitude from 73 to 136 degrees, written first; "
        "got 31.20715.",
        "6: place[1].gcj02[2]: must be a latitude from 3 to 54 degrees, written second; "
        "got 121.38614.",
    ]
    assert problems(tmp_path, text + same) == [
        "2: place[1]: gcj02 and wgs84 are the same. Convert one of them to the other."
    ]
    assert problems(tmp_path, text + apart) == [
        "2: place[1]: gcj02 and wgs84 are 0.105 degrees apart. They must be the same spot."
    ]


def test_a_phone_needs_a_chinese_label_and_digits(tmp_path: Path) -> None:
    """Numbers are texts of digits; a label in Chinese is always there."""
    text = 'favourites = ["a"]\n' + PLACE.format(id="a", name="甲")
    text += '[[phone]]\nnumber = 110\nkind = "taxi"\nlabels = { zh-CN = "报警" }\n'
    text += '[[phone]]\nnumber = "110"\nkind = "taxi"\nlabels = { en = "Police" }\n'
    assert problems(tmp_path, text) == [
        "10: phone[1].number: must be digits, in quotes; got 110. Put it in quotes.",
        '13: phone[2]: labels has no zh-CN. Add labels = { zh-CN = "…" }.',
    ]


def test_the_packaged_file_is_part_of_the_package() -> None:
    """places.toml lies beside the code that reads it."""
    assert PACKAGED.is_file()
