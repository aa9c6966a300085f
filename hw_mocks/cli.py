"""The command `linli-sim`: scenarios, and a bench to play on."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hw_mocks import scenario_run, words
from hw_mocks.bench.server import BenchServer
from hw_mocks.daemon_process import NotReady
from hw_mocks.desk import Desk
from hw_mocks.dispatcher import Dispatcher
from hw_mocks.scenario import BadScenario, Scenario, load
from hw_mocks.workbench import CONFIG, Workbench, is_free, packaged

CHECKOUT = Path(__file__).resolve().parents[1]
MODELS = CHECKOUT / ".linli" / "models"
PORT = 8480
"""Of the kiosk page; the bench page has the next one, upstream the one after."""
FOLDER = CHECKOUT / ".linli" / "bench"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 all well, 1 a step failed, 2 a file is wrong."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    # Whoever ends us ends the daemon and the devices with us
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    try:
        status: int = arguments.command(arguments)
    except KeyboardInterrupt:
        return 130
    except (NotReady, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linli-sim", description="The real kiosk on simulated hardware."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--models", type=Path, default=MODELS, help="folder of model files [%(default)s]"
    )

    text = "Play scenarios, each on a kiosk fresh from its box; stop at the first step that fails."
    run = commands.add_parser("run", parents=[shared], help=text, description=text)
    run.add_argument("files", type=Path, nargs="+", metavar="FILE.toml")
    run.add_argument("--check", action="store_true", help="only look for mistakes in the files")
    run.add_argument("--keep", type=Path, metavar="DIR", help="leave log, data and speech there")
    run.set_defaults(command=_run)

    text = "Start a kiosk, its upstream and a page to play with all devices."
    bench = commands.add_parser("bench", parents=[shared], help=text, description=text)
    bench.add_argument("--pack", type=Path, metavar="DIR", help="show this pack, too")
    bench.add_argument("--fresh", action="store_true", help="forget what this kiosk has stored")
    bench.add_argument(
        "--port", type=int, default=PORT, help="kiosk page; bench and upstream follow [%(default)s]"
    )
    bench.set_defaults(command=_bench)

    text = "Print every word that a scenario may use, with an example."
    commands.add_parser("words", help=text, description=text).set_defaults(command=_words)
    return parser


def clips() -> Path | None:
    """The folder of films: falls/ in LINLI_DATA, or in ../shared/data beside the checkout."""
    data = Path(os.environ.get("LINLI_DATA", CHECKOUT.parent / "shared" / "data"))
    return data / "falls" if (data / "falls").is_dir() else None


def _run(arguments: argparse.Namespace) -> int:
    scenarios: list[Scenario] = []
    mistakes = False
    for path in arguments.files:
        try:
            scenarios.append(load(path, packaged(), clips()))
        except BadScenario as error:
            print(error, file=sys.stderr)
            mistakes = True
    if mistakes:
        return 2
    for scenario in scenarios if not arguments.check else []:
        with tempfile.TemporaryDirectory(prefix="linli-") as temporary:
            folder = arguments.keep / scenario.path.stem if arguments.keep else Path(temporary)
            shutil.rmtree(folder / "data", ignore_errors=True)
            if not scenario_run.play(scenario, folder, arguments.models, _say):
                return 1
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _bench(arguments: argparse.Namespace) -> int:
    page, own, upstream = range(arguments.port, arguments.port + 3)
    if taken := [port for port in (page, own, upstream) if not is_free(port)]:
        ports = " and ".join(f"127.0.0.1:{port}" for port in taken)
        remedy = "End the program that uses it (another bench?), or choose others with --port."
        print(f"{ports}: in use. {remedy}", file=sys.stderr)
        return 1
    if arguments.fresh:
        shutil.rmtree(FOLDER / "data", ignore_errors=True)
    bench = Workbench(
        FOLDER,
        camera=True,
        page_port=page,
        upstream_port=upstream,
        models=arguments.models,
        pack=arguments.pack,
    )
    with bench, Dispatcher(bench.upstream, "accept") as dispatcher, Desk(bench.upstream):
        bench.start()
        _say(f"kiosk page     {bench.page_url}")
        _say(f"bench page     http://127.0.0.1:{own}")
        _say(f"upstream       {bench.upstream.url}")
        _say(f"log and data   {FOLDER}")
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
            BenchServer(bench, dispatcher, own, clips()).server.run()
    return 0


def _words(arguments: argparse.Namespace) -> int:
    devices = {name: str(table["type"]) for name, table in packaged()["drivers"].items()}
    for line in words.printed(devices, CONFIG / "places.toml"):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
