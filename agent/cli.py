"""The command `linli`: what a technician and the service manager call."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agent.core.clock import Clock
from agent.core.logs import configure_logging
from agent.paths import CONFIG, DATA, MODELS

log = logging.getLogger(__name__)


def main(
    argv: Sequence[str] | None = None, pin_factory: Any = None, clock: Clock | None = None
) -> int:
    """Run one command; returns its exit status: 0 well, 1 failed, 2 wrong input.

    Args:
        argv: the words after `linli`; None: those of this process.
        pin_factory: gpiozero pins in place of the machine's own.
        clock: a clock in place of the machine's own.
    """
    words = sys.argv[1:] if argv is None else argv
    try:
        if words[:1] == ["falls"]:  # it has a parser of its own, with heavy libraries behind it
            from drivers.vision.report import main as falls

            return falls(words[1:])
        if words[:1] == ["pack"]:
            from agent.packs.cli import main as pack

            return pack(words[1:])
        if words[:1] == ["card"]:
            from agent.services.card.cli import main as card

            return card(words[1:])
        arguments = _parser().parse_args(words)
        arguments.pin_factory = pin_factory
        arguments.clock = clock or Clock()
        status: int = arguments.command(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `linli records | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="linli", description="邻里: the neighbourhood kiosk.")
    parser.add_argument("--version", action="version", version=version("linli"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=run)
        return sub

    def with_config(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
        sub.add_argument("--config", type=Path, default=CONFIG, help="kiosk.toml [%(default)s]")
        return sub

    def with_lang(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
        sub.add_argument("--lang", choices=("zh", "en"), help="language [that of the locale]")
        return sub

    def with_data(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
        sub.add_argument("--data", type=Path, default=DATA, help="data folder [%(default)s]")
        return sub

    def with_models(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
        sub.add_argument(
            "--models",
            type=Path,
            default=MODELS,
            help="folder of model files [%(default)s]",
        )
        return sub

    run = with_models(with_data(with_config(command("run", _run, "Run the kiosk."))))
    run.add_argument("--verbose", action="store_true", help="log everything")
    check = command("check", _check, "List every mistake in the configuration.")
    with_lang(with_models(with_config(check)))
    with_lang(
        with_config(
            command("show-config", _show_config, "Print what is in force, and from which line.")
        )
    )
    doctor = with_models(
        with_data(with_config(command("doctor", _doctor, "Look at everything and advise.")))
    )
    with_lang(doctor)
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    zones = with_models(
        with_data(with_config(command("zones", _zones, "Draw a camera's zones on a page.")))
    )
    zones.add_argument("--camera", metavar="NAME", help="which of [drivers] [the only camera]")
    zones.add_argument("--port", type=_port, default=8484, help="of the page [%(default)s]")
    zones.add_argument(
        "--write", type=Path, metavar="FILE", help="drop-in that the page may write, in kiosk.d"
    )
    charts = with_data(
        with_config(command("charts", _charts, "Show a day or a week as charts on a page."))
    )
    with_lang(charts)
    charts.add_argument("--port", type=_port, default=8485, help="of the page [%(default)s]")
    config = command("config", _config, "Change a running kiosk: apply, confirm or take back.")
    config.add_argument("action", choices=("diff", "apply", "confirm", "rollback"))
    with_lang(with_data(with_config(config)))
    wiring = command("wiring", _wiring, "Draw the wiring of kiosk.toml as SVG.")
    with_lang(with_config(wiring))
    wiring.add_argument("--out", type=Path, metavar="FILE", help="file to write [standard output]")
    accept = command("accept", _accept, "Try every device with the technician; leave a report.")
    with_lang(with_models(with_data(with_config(accept))))
    accept.add_argument("--only", metavar="NAME", help="this device of [drivers] alone")
    accept.add_argument("--technician", default="", metavar="NAME", help="who stands here")
    accept.add_argument(
        "--report", type=Path, default=Path(), metavar="DIR", help="folder of the report [.]"
    )
    probed = command("probe", _probe, "Show a device's raw bytes and values live; end with Ctrl-C.")
    with_lang(with_models(with_data(with_config(probed))))
    probed.add_argument("device", metavar="DEVICE", help="its name in [drivers]")
    records = with_data(command("records", _records, "List what was recorded for upstream."))
    records.add_argument("--limit", type=int, default=20, help="how many [%(default)s]")
    records.add_argument("--follow", action="store_true", help="go on listing new ones")
    records.add_argument(
        "--dead", action="store_true", help="instead, what could not be handled, and why"
    )
    records.add_argument(
        "--erase", action="store_true", help="erase the content of all that upstream has"
    )
    records.add_argument("--subject", help="erase only what is about this order, fall or bin")
    verify = command("verify", _verify, "Prove that nothing recorded is missing or altered.")
    verify.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="events as upstream has them; linli.db"
    )
    models = with_models(command("models", _models, "List or fetch model files."))
    models.add_argument("action", choices=("list", "fetch"), nargs="?", default="list")
    models.add_argument("names", nargs="*", help="models to fetch [all that are required]")
    models.add_argument("--from", dest="sources", type=Path, action="append", default=[])
    voice = with_models(
        with_data(
            command("voice", _voice, "Render the kiosk's sentences ahead, in a better voice.")
        )
    )
    voice.add_argument("action", choices=("render",))
    voice.add_argument("--voice", default="zm_yunjian", help="voice of Kokoro [%(default)s]")
    voice.add_argument("--into", type=Path, help="folder [rendered in the data's cache]")
    voice.add_argument("--limit", type=int, help="so many sentences at most")
    commands.add_parser("falls", help="Look for falls in video files.")
    commands.add_parser("pack", help="Check, make and take service packs.")
    commands.add_parser("card", help="Make and verify residents' cards.")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    from agent.contract.driver import Site
    from agent.starting import Ready, Start
    from agent.technician.trouble import Obstacle, Trouble

    configure_logging(logging.DEBUG if arguments.verbose else logging.INFO)
    stop = threading.Event()
    ready: Ready | None = None

    def end(number: int, frame: object) -> None:
        stop.set()
        if ready is not None:
            ready.kiosk.wake()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    clock: Clock = arguments.clock
    site = Site(arguments.models, arguments.data / "cache", arguments.pin_factory, clock)
    start = Start(arguments.config, arguments.data, site, clock)
    found = start.attempt()
    ready = Trouble(site, start.attempt).wait(found, stop) if isinstance(found, Obstacle) else found
    if ready is not None:
        with ready.alone:
            ready.kiosk.run(stop)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from agent.configuration import load
    from config.chinese import language, problem_said, said

    spoken = language(arguments.lang)
    configuration = load(arguments.config, models=arguments.models)
    found = (*configuration.problems, *configuration.cautions)
    for problem in (*found, *configuration.kiosk.notes):
        print(problem_said(problem, spoken))
    if configuration.problems:
        return 2
    if configuration.cautions:
        print(said(f"{arguments.config}: the kiosk starts, but look at the above", spoken))
        return 1
    print(said(f"{arguments.config}: all is well", spoken))
    return 0


def _show_config(arguments: argparse.Namespace) -> int:
    from agent.configuration import load
    from config.chinese import language
    from config.commands import show_config

    return show_config(load(arguments.config).kiosk, language=language(arguments.lang))


def _doctor(arguments: argparse.Namespace) -> int:
    from agent.technician.doctor.examine import KEPT, examine
    from agent.technician.doctor.finding import Finding, Machine
    from config.chinese import language, said
    from config.rights import become_service, service_user

    spoken = language(arguments.lang)
    user = service_user()
    findings = []

    def note(finding: Finding) -> None:
        findings.append(finding)
        if not arguments.json:
            print(finding.in_language(spoken), flush=True)

    if os.geteuid() == 0:
        become_service()
    elif os.geteuid() != user.uid:
        text = f"this is not user {user.name}; judge as it: sudo linli doctor"
        note(Finding("look", "doctor", text))
    where = (arguments.config, arguments.data, arguments.models)
    for finding in examine(*where, Machine(user=user), spoken):
        note(finding)
    if arguments.json:
        print(json.dumps([one._asdict() for one in findings], ensure_ascii=False, indent=1))
    else:
        kept = (said(text, spoken) for text in KEPT)
        print(said("Kept of people:", spoken), *kept, sep="\n        ")
    return 1 if any(one.verdict == "broken" for one in findings) else 0


def _port(text: str) -> int:
    port = int(text)
    if not 1024 <= port <= 65535:
        raise argparse.ArgumentTypeError("must be from 1024 to 65535")
    return port


def _zones(arguments: argparse.Namespace) -> int:
    from agent.contract.driver import Site
    from agent.technician.zones import draw_zones

    site = Site(arguments.models, arguments.data / "cache", arguments.pin_factory)
    return draw_zones(arguments.config, arguments.camera, site, arguments.port, arguments.write)


def _charts(arguments: argparse.Namespace) -> int:
    from agent.technician.charts import serve_charts
    from config.chinese import language
    from config.rights import become_service

    settings = _settings_or_mistakes(arguments)
    if settings is None:
        return 2
    if os.geteuid() == 0:
        become_service()
    spoken = language(arguments.lang)
    return serve_charts(settings, arguments.data, spoken, arguments.clock.wall, arguments.port)


def _config(arguments: argparse.Namespace) -> int:
    from agent.control import NAME, ask
    from config.chinese import language, said

    spoken = language(arguments.lang)
    try:
        done, lines = ask(arguments.data / NAME, arguments.action)
    except OSError as error:
        text = f"no kiosk answers at {arguments.data}: {error.strerror or error}"
        remedy = "is it running, and are you root? systemctl status linli"
        print(said(f"{text}; {remedy}", spoken), file=sys.stderr)
        return 2
    for line in lines:
        print(said(line, spoken))
    if arguments.action == "rollback":
        done = _put_back(arguments, spoken) or done
    return 0 if done else 1


def _put_back(arguments: argparse.Namespace, spoken: str) -> bool:
    """Put the files of the last good set back; what they replace stays beside them."""
    from agent.live import put_back
    from config.chinese import said

    try:
        changed = put_back(arguments.config, arguments.data)
    except OSError as error:
        print(said(f"files not put back: {error}", spoken), file=sys.stderr)
        return False
    for path in changed:
        print(said(f"{path}: put back; your version is {path}.rejected", spoken))
    return bool(changed)


def _wiring(arguments: argparse.Namespace) -> int:
    from agent.technician.wiring import draw_wiring

    settings = _settings_or_mistakes(arguments)
    if settings is None:
        return 2
    picture = draw_wiring(settings.kiosk.id, settings.drivers, settings.key_lamps, settings.buses)
    if arguments.out is None:
        print(picture, end="")
    else:
        arguments.out.write_text(picture, encoding="utf-8")
    return 0


def _settings_or_mistakes(arguments: argparse.Namespace) -> Any:
    """What is in force; None, with the mistakes on standard error, where nothing is."""
    from agent.configuration import load
    from config.chinese import language, problem_said

    configuration = load(arguments.config)
    for problem in configuration.problems:
        print(problem_said(problem, language(arguments.lang)), file=sys.stderr)
    return configuration.settings


def _is_device(name: str, settings: Any) -> bool:
    known = ", ".join(settings.drivers)
    if name not in settings.drivers:
        print(f"There is no device '{name}'. Known: {known}.", file=sys.stderr)
    return name in settings.drivers


def _site(arguments: argparse.Namespace, settings: Any) -> Any:
    from agent.contract.driver import Site
    from drivers.bus.owner import all_of

    cache = arguments.data / "cache"
    buses = all_of(settings.buses)
    return Site(arguments.models, cache, arguments.pin_factory, arguments.clock, buses)


def _probe(arguments: argparse.Namespace) -> int:
    from agent.technician.probe import probe

    settings = _settings_or_mistakes(arguments)
    if settings is None or not _is_device(arguments.device, settings):
        return 2
    chosen = settings.drivers[arguments.device]
    site = _site(arguments, settings)
    probe(arguments.device, chosen, site, lambda text: print(text, flush=True), threading.Event())
    return 0


def _accept(arguments: argparse.Namespace) -> int:
    from agent.configuration import load
    from agent.technician.accept import Acceptance, report, write_report
    from agent.uplink.credentials import Credentials
    from agent.uplink.transport import Misconfigured

    settings = _settings_or_mistakes(arguments)
    if settings is None:
        return 2
    if arguments.only is not None and not _is_device(arguments.only, settings):
        return 2
    try:
        token = Credentials(settings.upstream).token()
    except Misconfigured as error:
        print(error, file=sys.stderr)
        token = ""
    site = _site(arguments, settings)
    walk = Acceptance(site, input, lambda text: print(text, flush=True))
    steps = []
    for step in walk.walk(settings.drivers, arguments.only):
        print(f"  {step.result}  {step.seen}", flush=True)
        steps.append(step)
    when = datetime.now()
    reports = report(load(arguments.config), steps, arguments.technician, when, token)
    name = f"accept-{settings.kiosk.id}-{when:%Y%m%d-%H%M%S}"
    for path in write_report(arguments.report, name, *reports):
        print(path)
    return 0 if all(step.result == "well" for step in steps) else 1


def _records(arguments: argparse.Namespace) -> int:
    from agent.technician.records import erase_records, list_records

    if arguments.dead:
        return _dead(arguments.data, arguments.limit)
    if arguments.erase:
        return erase_records(arguments.data, arguments.subject)
    return list_records(arguments.data, arguments.limit, arguments.follow)


def _verify(arguments: argparse.Namespace) -> int:
    from agent.core.store.verify import verify

    return verify(arguments.files)


def _dead(data: Path, limit: int) -> int:
    from agent.core.dead_letters import read

    for letter in read(data)[-limit:]:
        when = datetime.fromtimestamp(letter.wall).isoformat(" ", "seconds")
        print(
            f"{when} {letter.part} failed at {letter.signal}: {letter.cause}\n    {letter.content}"
        )
    return 0


def _models(arguments: argparse.Namespace) -> int:
    from config.commands import fetch_models, list_models

    folder = arguments.models
    if arguments.action == "list":
        return list_models(folder)
    return fetch_models(arguments.names, folder, arguments.sources)


def _voice(arguments: argparse.Namespace) -> int:
    from agent.technician.sentences import packaged
    from drivers.voice.render import render

    into = arguments.into or arguments.data / "cache/rendered"
    return render(packaged(), arguments.models, into, arguments.voice, arguments.limit)


if __name__ == "__main__":
    sys.exit(main())
