"""Addresses: what is local, what could be read in two ways, and what nobody may read."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from agent.cli import main
from agent.contract.driver import DriverUnavailable
from agent.settings import UpstreamSettings
from agent.technician.wiring import plugs
from agent.uplink.https import Https
from agent.uplink.mqtt import Mqtt
from agent.uplink.transport import Failure
from config.addresses import parse, without_secrets
from config.build import Chosen
from config.explain import shown
from drivers.camera import CameraSettings
from drivers.vision.capture import Capture

LOCAL = [
    "http://127.0.0.1:8482", "http://localhost:8482/", "http://LocalHost", "mqtt://[::1]:1883",
    "http://127.9.9.9", "mqtt://127.0.0.1", "http://[0:0:0:0:0:0:0:1]/base",
]  # fmt: skip
FOREIGN = [
    "http://localhost.evil.example", "http://127.0.0.1.evil.example/", "http://127.0.0.1:80@evil",
    "http://localhost:80@evil.example/", "http://localhost%2eevil.example", "http://localhost.",
    "http://LOCALHOST.EVIL.example", "http://[::2]/", "http://[fe80::1]/", "http://[::1]@evil/",
    "http://[::1%25eth0]/", "http://127.0.0.1\\@evil/", "http://evil\\@127.0.0.1/",
    "http://evil.example#@127.0.0.1/", "http://evil.example?@localhost/", "http://0/",
    "http://0x7f.1/", "http://2130706433/", "http://1270.0.0.1/", "http://ⓛocalhost/",
    "http://localhost。evil.example/", "http://user:pass@evil.example/", "http://[::1].evil/",
    "mqtt://localhost.evil.example", "mqtt://127.0.0.1:1883@evil.example", "mqtt://[::1]x/",
    "mqtt://evil\\@localhost", "http://localhost\u200b/", "http://@evil/", "http://localhost,evil/",
    "http://127.0.0.1;evil/", "http://127.0.0.1&evil/", "http:///127.0.0.1/", "http://%6cocalhost/",
]  # fmt: skip


@pytest.mark.parametrize("url", LOCAL)
def test_on_this_machine_it_may_be_unencrypted(url: str) -> None:
    """localhost and loopback addresses, in any usual writing."""
    assert UpstreamSettings(url=url).address.on_this_machine


@pytest.mark.parametrize("url", FOREIGN)
def test_anything_else_is_encrypted_or_refused(url: str) -> None:
    """However it begins: the host decides, and what two readers would read differently is none."""
    with pytest.raises(ValueError):
        UpstreamSettings(url=url)


@given(st.text("[]:@/\\?#.%127localhostevil\u200b ", max_size=40))
def test_who_sends_and_who_decides_mean_the_same_host(rest: str) -> None:
    """What we connect to is what was judged, by the parser of the library that connects too."""
    try:
        address = UpstreamSettings(url=f"http://{rest}").address
    except ValueError:
        return
    host = (parse_url(address.base).host or "").strip("[]")
    prepared = requests.Request("GET", f"{address.base}/v1/commands").prepare()
    assert address.on_this_machine
    assert host == address.host
    assert parse_url(prepared.url or "").host in (host, f"[{host}]")


@pytest.mark.parametrize(
    "source",
    [
        "rtsp://admin:hunter2@10.0.0.9/1",
        "rtsp://admin:hun/ter2@10.0.0.9/1",
        "rtsp://admin:hun@ter2@10.0.0.9/1",
        "rtsp://ad/min:h@u/n@t/er2@10.0.0.9:554/stream?profile=1",
        "RTSP://admin:hunter2@10.0.0.9/1",
        "rtsp://hunter2@10.0.0.9/",
        "rtsp://:hunter2@10.0.0.9/",
        "rtsp://admin:hunter2%4010.0.0.9/",
        "rtsp://admin:hunter2＠10.0.0.9/",
        "rtsp:/admin:hunter2@10.0.0.9/1",
        "rtsp:\\\\admin:hunter2@10.0.0.9/1",
        "admin:hunter2@10.0.0.9/1",
        "//admin:hunter2@10.0.0.9/1",
        "http://10.0.0.9/snap.cgi?user=root&pwd=hunter2",
        "http://10.0.0.9/snap.cgi?loginuse=root&loginpas=1&password=hunter2&x=1",
        "http://10.0.0.9/video?auth=hunter2",
        "http://10.0.0.9/video;token=hunter2",
        "https://u:hunter2@10.0.0.9/a?apikey=hunter2",
        "rtsp://admin:hunter2 2@10.0.0.9/1",
        "rtsp://10.0.0.9/user=admin&password=hunter2&channel=1",
        "mqtts://kiosk:hunter2@10.0.0.9",
        "http://10.0.0.9/live#token=hunter2",
        "http://10.0.0.9/a?%74oken=hunter2",
        "http://10.0.0.9/a;jsessionid=hunter2",
        "http://10.0.0.9/a?sid=hunter2&code=hunter2",
        "ws://10.0.0.9/a?ticket=hunter2",
        "http://10.0.0.9/a?u=root&p=hunter2",
        "http://10.0.0.9/a?sig=hunter2&jwt=hunter2",
        "rtsp://admin:hunter2﹫10.0.0.9/",
        "rtsp://10.0.0.9/channel=1_user=admin_password=hunter2_stream=0.sdp",
    ],
)
def test_a_password_in_an_address_is_shown_nowhere(source: str) -> None:
    """Messages, cautions, the wiring, what the camera's driver says of itself."""
    settings = CameraSettings(source=source)
    said = [
        without_secrets(f"cannot open {source}: refused"),
        shown((), source, 200),
        *(text for _, text in plugs({"camera": Chosen("camera", settings)})),
    ]
    if "://" not in source:
        with pytest.raises(DriverUnavailable) as raised:
            Capture(source, 640, 480)
        said.append(str(raised.value))
    for text in said:
        assert "hunter2" not in text and "ter2" not in text and "er2@" not in text
        assert "10.0.0.9" in text or "%40" in source or "＠" in source or "﹫" in source


@pytest.mark.parametrize(
    "piece",
    ["a:", "a:b@", "//", "x-", "x-key", "token", "/a?t=", ";e{1=y:443/x?token", "u:p@h;x ", "%40",
     "cookie", "bearer ", "=_user", ":@", "((:"],
)  # fmt: skip
def test_what_is_long_costs_nothing(piece: str) -> None:
    """Who writes into the log cannot keep the processor busy: time grows with the length alone."""
    text = f"{piece * 8_000}"
    began = time.process_time()
    without_secrets(text)
    without_secrets(text + "@h")
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2",
        "{'Authorization': 'Basic hunter2=='}",
        "got Bearer hunter2hunter2hunter2",
        '{"token": "hunter2"}',
        "{'X-Api-Key': 'hunter2'}",
        "Set-Cookie: linli=hunter2; Path=/",
        "linli: token=hunter2 is wrong",
        "password='hunter2'",
        "password = 'a hunter2'",
        '{"pass": "hunter2"}',
        "passphrase=hunter2",
        "Authorization: Token hunter2",
        'Authorization: Digest username="a", response="hunter2"',
        "Cookie: a=b; sid=hunter2",
        "Api-Key: hunter2",
        "X-Signature: hunter2",
        "via?to=rtsp%3A%2F%2Fadmin%3Ahunter2%40h/1",
    ],
)
def test_a_secret_in_a_header_or_in_plain_words_is_not_shown(text: str) -> None:
    assert "hunter2" not in without_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "upstream.token_file: no such file; user=linli key=up code=404 sign=3",
        "kiosk.toml:12: upstream.url: must be a text; got 3. Put it in quotes.",
        "rtsp://10.0.0.9:554/stream/1",
        "/dev/video0",
        "key=help pin=17 token_file=/etc/linli/token",
        "12:30 no answer",
    ],
)
def test_what_has_no_secret_is_shown_whole(text: str) -> None:
    assert without_secrets(text) == text


def test_a_login_of_an_encrypted_upstream_goes_on_working_and_is_not_shown() -> None:
    """Kiosks in the field may have one (basic authentication); its failure does not name it."""
    address = parse("https://kiosk:hun%40ter2@upstream.invalid:8443/base/")
    assert address.login == ("kiosk", "hun@ter2")
    assert address.base == "https://upstream.invalid:8443/base"
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://kiosk:hunter2@127.0.0.1:{server.getsockname()[1]}"
        heard: list[bytes] = []

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(4096))

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Failure) as raised:
            Https(UpstreamSettings(url=url, timeout_s=1), "k").poll("", 0, threading.Event())
        thread.join(5)
    assert b"Authorization: Basic a2lvc2s6aHVudGVyMg==" in heard[0]
    assert "hunter2" not in str(raised.value)
    transport = Mqtt(UpstreamSettings(url="mqtts://kiosk:hunter2@upstream.invalid"), "k")
    assert transport._host == "upstream.invalid"


@pytest.mark.parametrize(
    "url", ["http://kiosk:hunter2@upstream.example", "https://kiosk:hunter2@upstream.example:0",
            "https://kiosk:hunter2@upstream.example:port", "https://kiosk:hun\\ter2@upstream/"],
)  # fmt: skip
def test_a_refusal_does_not_name_the_login(url: str) -> None:
    with pytest.raises(ValueError) as raised:
        UpstreamSettings(url=url)
    assert "hunter2" not in str(raised.value) and "ter2" not in str(raised.value)


@pytest.mark.parametrize(
    "line",
    [
        'url = "https://u:hunter1\\nhunter2@evil.example/"',
        'url = """https://u:a\nhunter2@evil.example/"""',
        'url = "https://u:hunter2@evil.example:x/"',
        "url = https://u:hunter2＠evil.example/",
        'url = "https://ｕ:hunter2@evil.example/"',
    ],
)
def test_no_advice_names_a_secret(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither what was found nor what should be written instead, in every command."""
    file = tmp_path / "kiosk.toml"
    file.write_text(f'[kiosk]\nid = "k-1"\n[upstream]\n{line}\n')
    for command in (["check"], ["doctor"], ["wiring"], ["config", "show"]):
        with contextlib.suppress(SystemExit):
            main([*command, "--config", str(file)])
    said = "".join(capsys.readouterr())
    assert "evil.example" in said or "upstream" in said
    assert "hunter2" not in said and "Traceback" not in said
