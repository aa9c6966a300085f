"""Reading the technician's files: every mistake at once, with place, value and remedy."""

from __future__ import annotations

import datetime
import enum
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct

from config.build import Chosen
from config.checks import refers, unique
from config.explain import Mistake
from config.files import with_drop_ins
from config.reader import BadConfiguration, Layer, Loaded, read, understand


class Language(enum.Enum):
    """A small enum."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


class Kiosk(Struct, frozen=True, kw_only=True):
    """One nested table."""

    name: str
    language: Language = Language.CHINESE
    pin: Annotated[int, Meta(ge=0, le=27)] | None = None
    volume: float = 0.5
    camera: str = ""
    token_file: Path = Path("/etc/linli/token")


class Ultrasonic(Struct, frozen=True, kw_only=True):
    """Settings of one type of driver."""

    port: Path
    baud: Literal[9600, 115200] = 9600


class Button(Struct, frozen=True, kw_only=True):
    """Settings of another type of driver."""

    pin: Annotated[int, Meta(ge=0, le=27)]


class Bin(Struct, frozen=True, kw_only=True):
    """One of a list of tables, with a rule of its own."""

    device: str
    full_mm: int = 100
    empty_mm: int = 900

    def __post_init__(self) -> None:
        if self.full_mm >= self.empty_mm:
            raise ValueError(f"full_mm = {self.full_mm} is above empty_mm; swap them")


class Site(Struct, frozen=True, kw_only=True):
    """A whole file."""

    kiosk: Kiosk
    drivers: dict[str, Chosen] = {}
    bin: list[Bin] = []
    spot: tuple[float, float] = (0.0, 0.0)
    words: Annotated[tuple[str, ...], Meta(max_length=2)] = ()
    opens: datetime.time | None = None


REGISTRY: dict[str, type[Struct]] = {"ultrasonic_serial": Ultrasonic, "button": Button}


def bins_have_devices(site: Site) -> Iterator[Mistake]:
    """A cross-check as the daemon has them."""
    for position, bin in enumerate(site.bin):
        yield from refers(("bin", position, "device"), bin.device, site.drivers, "driver")


def pins_are_free(site: Site) -> Iterator[Mistake]:
    """Another cross-check, which looks into chosen settings."""
    yield from unique(
        (("pin", chosen.settings.pin), ("drivers", name, "pin"))
        for name, chosen in site.drivers.items()
        if isinstance(chosen.settings, Button)
    )


def understood(text: str, *more: str) -> Loaded[Site]:
    """The texts read as kiosk.toml and its drop-ins."""
    layers = [Layer("kiosk.toml", text)]
    layers += [Layer(f"kiosk.d/{number}.toml", part) for number, part in enumerate(more)]
    checks = [bins_have_devices, pins_are_free]
    return understand(layers, Site, registry=REGISTRY, checks=checks)


def problems(text: str, *more: str) -> list[str]:
    """What is wrong with the texts, as a technician reads it."""
    return [str(problem) for problem in understood(text, *more).problems]


GOOD = """\
[kiosk]
name = "新泾三村"

[drivers.bin_1]
type = "ultrasonic_serial"
port = "/dev/ttyUSB0"

[[bin]]
device = "bin_1"
"""


def test_a_good_file_becomes_frozen_structs() -> None:
    """Values have the types of the structs, and what is not written its default."""
    site = understood(GOOD).require()
    assert site.kiosk.name == "新泾三村"
    assert site.drivers["bin_1"] == Chosen(
        "ultrasonic_serial", Ultrasonic(port=Path("/dev/ttyUSB0"))
    )
    assert site.bin == [Bin(device="bin_1")]


def test_every_mistake_of_a_file_is_reported_at_once() -> None:
    """Syntax aside, no mistake hides another: values, keys, types, rules and cross-checks."""
    text = """\
[kiosk]
langauge = "en"
language = "zn-CN"
pin = 99
[drivers.bin_1]
type = "ultrasonic_serial"
baud = 960
prot = "/dev/ttyUSB0"
[drivers.bin_2]
type = "ultrasonic_seriall"
[drivers.key_1]
type = "button"
pin = 17
[drivers.key_2]
type = "button"
pin = 17
[[bin]]
device = "bin_9"
full_mm = 950
[[bin]]
device = 3
"""
    assert problems(text) == [
        "kiosk.toml:1: kiosk: the key 'name' is missing. Add name = … (a text).",
        "kiosk.toml:2: kiosk.langauge: unknown key 'langauge'. Did you mean 'language'?",
        "kiosk.toml:3: kiosk.language: must be one of 'zh-CN', 'en'; got 'zn-CN'. "
        "Did you mean 'zh-CN'?",
        "kiosk.toml:4: kiosk.pin: must be a whole number from 0 to 27; got 99.",
        "kiosk.toml:5: drivers.bin_1: the key 'port' is missing. "
        "Add port = … (a text that is a path).",
        "kiosk.toml:7: drivers.bin_1.baud: must be one of 9600, 115200; got 960. "
        "Did you mean 9600?",
        "kiosk.toml:8: drivers.bin_1.prot: unknown key 'prot'. Did you mean 'port'?",
        "kiosk.toml:10: drivers.bin_2.type: unknown type; got 'ultrasonic_seriall'. "
        "Did you mean 'ultrasonic_serial'?",
        "kiosk.toml:16: drivers.key_2.pin: taken already by drivers.key_1.pin; got 17. "
        "Give each its own.",
        "kiosk.toml:17: bin[1]: full_mm = 950 is above empty_mm. Swap them.",
        "kiosk.toml:18: bin[1].device: there is no driver of this name; got 'bin_9'. "
        "Did you mean 'bin_2'?",
        "kiosk.toml:21: bin[2].device: must be a text; got 3. Put it in quotes.",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('pin = "7"', "must be a whole number from 0 to 27; got '7'. Remove the quotes."),
        ("pin = true", "must be a whole number from 0 to 27; got true."),
        ("pin = 1.5", "must be a whole number from 0 to 27; got 1.5."),
        (
            r'token_file = "/run/\u0000x"',
            "there is the invisible character U+0000 in it; got '/run/\\x00x'. "
            "Write it anew by hand.",
        ),
        (
            r'camera = "a\u202eb"',
            "there is the invisible character U+202E in it; got 'a\\u202eb'. "
            "Write it anew by hand.",
        ),
        ("volume = nan", "must be a number; got nan."),
        ("volume = []", "must be a number; got []."),
        ("camera = {a = 1}", "must be a text; got a table."),
        ("token_file = 3", "must be a text that is a path; got 3. Put it in quotes."),
        ("language = 1", "must be one of 'zh-CN', 'en'; got 1."),
    ],
)
def test_a_wrong_value_is_said_in_plain_words(line: str, said: str) -> None:
    """What must be there, what was found, and what to do."""
    (problem,) = problems(f'[kiosk]\nname = "x"\n{line}\n')
    assert problem == f"kiosk.toml:3: kiosk.{line.split(' ')[0]}: {said}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("spot = [1.0]", "spot: must be a list of 2 (a number, a number); got [1.0]."),
        ('spot = [1.0, "x"]', "spot[2]: must be a number; got 'x'."),
        ("words = ['a', 2]", "words[2]: must be a text; got 2. Put it in quotes."),
        ("words = 1", "words: must be a list of at most 2 items, each a text; got 1."),
        (
            "words = ['a','b','c']",
            "words: must be a list of at most 2 items, each a text; got ['a', 'b', 'c'].",
        ),
        ("bin = {}", "bin: must be a list, each a table; got a table without keys."),
        ("drivers = 3", "drivers: must be a table; got 3."),
        ("drivers.x = 3", "drivers.x: must be a table with the key 'type'; got 3."),
        ("drivers.x.pin = 3", "drivers.x: the key 'type' is missing. "
         "Add type = … (one of button, ultrasonic_serial)."),
        ("opens = 'noon'", "opens: must be a time of day such as 08:00:00; got 'noon'."),
    ],
)  # fmt: skip
def test_lists_and_tables_are_checked_inside(line: str, said: str) -> None:
    """The very item that is wrong is named."""
    assert problems(f'{line}\n[kiosk]\nname = "x"\n') == [f"kiosk.toml:1: {said}"]


def test_a_struct_with_a_bad_value_is_not_asked_about_its_own_rules() -> None:
    """A rule over values that are wrong anyway would only confuse."""
    assert problems('[kiosk]\nname="x"\n[[bin]]\ndevice="a"\nfull_mm=1000\nempty_mm="x"\n') == [
        "kiosk.toml:4: bin[1].device: there is no driver of this name; got 'a'.",
        "kiosk.toml:6: bin[1].empty_mm: must be a whole number; got 'x'.",
    ]


def test_secrets_are_never_shown() -> None:
    """Neither a token written in place nor a password within an address gets printed."""
    text = """\
[kiosk]
name = "x"
uplink_token = "hunter2"
password = 5
[kiosk.camera]
secret = "hunter2"
"""
    assert not [problem for problem in problems(text) if "hunter2" in problem]

    class Camera(Struct, frozen=True):
        address: Annotated[str, Meta(max_length=3)]
        api_token: int

    text = 'address = "rtsp://admin:hunter2@10.0.0.9/1"\napi_token = "hunter2"\n'
    loaded = understand([Layer("k.toml", text)], Camera)
    assert [problem.value for problem in loaded.problems] == [
        "'rtsp://(hidden)@10.0.0.9/1'",
        "(hidden)",
    ]


# -- texts that are no TOML ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = “x”", "kiosk.toml:1: column 5: “ is full-width punctuation. Type \" instead."),
        ("a ＝ 1", "kiosk.toml:1: column 3: ＝ is full-width punctuation. Type = instead."),
        ('\na = "x\n', "kiosk.toml:2: column 7: a text is not closed on its line. "
         "Add the closing quote."),
        ("a = [1,\nb = 2\nc = 3\n", "kiosk.toml:2: column 1: a list is not closed. "
         "Add the closing ] and a comma between items."),
        ("[kiosk\nname = 'x'", "kiosk.toml:1: column 7: the heading of a table is not closed. "
         "Add the closing ]."),
        ("[kiosk]\n[kiosk]\n", "kiosk.toml:2: column 7: this table is given twice. "
         "Put all its keys under one heading."),
        ("a = '''", "kiosk.toml:1: column 8: not valid TOML: Expected \"'''\"."),
    ],
)  # fmt: skip
def test_bad_syntax_is_explained_with_line_and_column(text: str, said: str) -> None:
    """Exactly one problem, and nothing is said of keys that could not be read."""
    assert problems(text) == [said]


def test_lines_that_are_wrong_on_their_own_do_not_hide_the_rest() -> None:
    """A text without quotes is reported along with the mistakes before and after it."""
    text = "[kiosk]\nname = 新泾三村\npin = 99\ncamera = /dev/video0\npni = 3\n"
    assert problems(text) == [
        'kiosk.toml:2: column 8: this text is not in quotes. Write name = "新泾三村".',
        "kiosk.toml:3: kiosk.pin: must be a whole number from 0 to 27; got 99.",
        'kiosk.toml:4: column 10: this text is not in quotes. Write camera = "/dev/video0".',
        "kiosk.toml:5: kiosk.pni: unknown key 'pni'. Did you mean 'pin'?",
    ]


def test_a_file_that_is_not_there_or_not_text_is_a_problem(tmp_path: Path) -> None:
    """Reading never raises for what a technician can do wrong."""
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"[kiosk]\nname = '\xff'\n")
    loaded = read([tmp_path / "none.toml", tmp_path, latin], Site)
    assert [str(problem) for problem in loaded.problems] == [
        f"{tmp_path}/none.toml: no such file or directory. Check the path and its rights.",
        f"{tmp_path}: this is a folder. Put a text file there.",
        f"{latin}:2: not UTF-8 text. Save it as UTF-8.",
    ]
    with pytest.raises(BadConfiguration, match="not UTF-8"):
        loaded.require()


def test_a_file_from_windows_is_read(tmp_path: Path) -> None:
    """A byte order mark and Windows line ends are no mistakes."""
    path = tmp_path / "kiosk.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read(path, Site, registry=REGISTRY).problems == ()


# -- layers -------------------------------------------------------------------------------


def test_drop_ins_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    """kiosk.toml first, then every .toml file of kiosk.d by name."""
    for name in ["kiosk.toml", "kiosk.d/90-kiosk.toml", "kiosk.d/10-estate.toml", "kiosk.d/x.bak"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = with_drop_ins(tmp_path / "kiosk.toml")
    assert [path.name for path in found] == ["kiosk.toml", "10-estate.toml", "90-kiosk.toml"]


def test_later_files_overrule_key_by_key_and_say_where() -> None:
    """Tables are merged, other values replaced, and each keeps the file and line it is from."""
    loaded = understood(GOOD, "[kiosk]\npin = 4\n", "[kiosk]\n\npin = 5\nname = 'y'\n")
    assert loaded.require().kiosk == Kiosk(name="y", pin=5)
    assert loaded.origins[("kiosk", "pin")] == ("kiosk.d/1.toml", 3)
    assert loaded.origins[("drivers", "bin_1", "port")] == ("kiosk.toml", 6)


def test_a_problem_names_the_file_that_overruled() -> None:
    """Mistakes of several files are reported together, each with its own file."""
    assert problems("[kiosk]\nname = 'x'\npni = 1\n", "\n[kiosk]\npin = 88\n") == [
        "kiosk.toml:3: kiosk.pni: unknown key 'pni'. Did you mean 'pin'?",
        "kiosk.d/0.toml:3: kiosk.pin: must be a whole number from 0 to 27; got 88.",
    ]


def test_a_list_is_replaced_whole() -> None:
    """The tables of a list are not mixed, and nothing of the old list keeps its line."""
    loaded = understood(
        GOOD + '[[bin]]\ndevice = "bin_1"\n', '[[bin]]\n\ndevice = "bin_1"\nfull_mm = 5\n'
    )
    assert loaded.require().bin == [Bin(device="bin_1", full_mm=5)]
    assert ("bin", 1) not in loaded.origins
    assert loaded.origins[("bin", 0, "device")] == ("kiosk.d/0.toml", 3)


def test_a_table_of_another_type_replaces_the_old_one() -> None:
    """A device that is exchanged for one of another type inherits no settings."""
    loaded = understood(GOOD, '[drivers.bin_1]\ntype = "button"\npin = 3\n')
    assert loaded.require().drivers["bin_1"] == Chosen("button", Button(pin=3))


def test_checks_see_defaults_in_place_of_bad_values() -> None:
    """A check that compares with a value that is wrong goes on with its default."""

    def loud(site: Site) -> Iterator[Mistake]:
        if site.kiosk.volume < 1:
            yield Mistake(("kiosk", "volume"), "hearsay: the default is not what was written")
            yield Mistake(("kiosk", "name"), "too quiet")

    layers = [Layer("k.toml", "[kiosk]\nname = 'x'\nvolume = 'low'\n")]
    assert [str(problem) for problem in understand(layers, Site, checks=[loud]).problems] == [
        "k.toml:2: kiosk.name: too quiet.",
        "k.toml:3: kiosk.volume: must be a number; got 'low'.",
    ]


def test_a_check_that_fails_on_a_sound_file_is_not_hidden() -> None:
    """Only stand-ins for bad values excuse a check; otherwise its error is a bug of ours."""

    def broken(site: Site) -> Iterator[Mistake]:
        raise TypeError("a bug")
        yield

    layers = [Layer("k.toml", "[kiosk]\nname = 'x'\n")]
    with pytest.raises(TypeError, match="a bug"):
        understand(layers, Site, checks=[broken])
    layers = [Layer("k.toml", "[kiosk]\nname = 1\n")]
    assert len(understand(layers, Site, checks=[broken]).problems) == 1


# -- anything -----------------------------------------------------------------------------

texts = st.one_of(
    st.text("ab_.7里 \n'", max_size=4),
    st.sampled_from(["name", "type", "kiosk", "button", "port", "device", "bin_1", "7", "true"]),
)
leaves = st.one_of(
    st.booleans(), st.integers(), st.floats(), texts, st.datetimes(), st.dates(), st.times()
)
anything = st.recursive(
    leaves,
    lambda item: st.lists(item, max_size=3) | st.dictionaries(texts, item, max_size=4),
    max_leaves=8,
)
devices = st.dictionaries(
    st.sampled_from(["type", "port", "baud", "pin", "x"]),
    st.sampled_from(["button", "ultrasonic_serial", 17, 9600]) | anything,
)
sites = st.fixed_dictionaries(
    {},
    optional={
        "kiosk": st.dictionaries(st.sampled_from(Kiosk.__struct_fields__), anything) | anything,
        "drivers": st.dictionaries(texts, devices | anything, max_size=3) | anything,
        "bin": st.lists(
            st.dictionaries(st.sampled_from(Bin.__struct_fields__), anything) | anything, max_size=3
        ),
        "spot": anything,
        "words": anything,
        "opens": anything,
        "other": anything,
    },
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(sites)
def test_any_values_give_settings_or_problems(raw: dict[str, Any]) -> None:
    """Whatever a file holds, reading ends with a struct or with plain sentences about it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tomllib, "loads", lambda text: raw)  # spares writing TOML for every value
        loaded = understand(
            [Layer("k.toml", "")],
            Site,
            registry=REGISTRY,
            checks=[bins_have_devices, pins_are_free],
        )
    assert (loaded.settings is None) == bool(loaded.problems)
    for problem in loaded.problems:
        assert problem.text
        assert str(problem).isprintable()
        assert "msgspec" not in str(problem)
        assert "`" not in problem.text


@given(st.text("[]{}=\"'.,#ab1\n \r\t\\“＝\x00", max_size=60))
def test_any_text_gives_settings_or_problems(text: str) -> None:
    """No text makes the reader raise, and a wrong one always has a file in its problems."""
    loaded = understood(text)
    assert (loaded.settings is None) == bool(loaded.problems)
    assert all(problem.file == "kiosk.toml" for problem in loaded.problems)


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "a = " + "9" * 5000])
def test_texts_that_overwhelm_the_parser_are_problems(text: str) -> None:
    """Brackets without end and numbers without end are refused like any other mistake."""
    assert len(problems(text)) >= 1
