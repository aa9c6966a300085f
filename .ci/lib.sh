# shellcheck shell=bash
# What the scripts in this folder share. They are bash, because they run before .venv exists.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'linli: %s\n' "$*"; }
fail() { printf 'linli: %s\n' "$*" >&2; exit 1; }

# What the kiosk needs of Debian, wherever it runs.
debian_needs=(
    libgl1 libglib2.0-0 # opencv-python is linked with these
    libatomic1          # vosk is, on aarch64
    gcin-voice          # Mandarin, recorded syllable by syllable
    espeak-ng libespeak-ng1 # other languages, and the fallback
    alsa-utils          # aplay makes the sound
    chromium fonts-noto-cjk # the page
)

# Installs the Debian packages that are named and not there yet.
debian_packages() {
    if ! command -v apt-get >/dev/null; then
        say "this is not Debian: please see to it that the like of these is installed: $*"
        return
    fi
    local present missing=() name
    present=$(dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' |
        sed -n 's/^installed //p' | tr ',' '\n' | sed 's/^ *//; s/ .*//')
    for name in "$@"; do
        grep -qxF "$name" <<<"$present" || missing+=("$name")
    done
    ((${#missing[@]})) || return 0

    local by_hand="sudo apt-get install --no-install-recommends ${missing[*]}" as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "Debian packages are missing. As root, run: ${by_hand#sudo }; then make again."
        as_root=(sudo)
        [[ -t 0 ]] || as_root+=(-n) # nobody is there to type a password
        "${as_root[@]}" true || fail "Debian packages are missing. Run: $by_hand; then make again."
    fi
    say "installing Debian packages: ${missing[*]}"
    mkdir -p .linli
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
    # A stale list of one archive need not matter: whether the packages can be had decides.
    "${apt[@]}" update >.linli/apt.log 2>&1 || true
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >>.linli/apt.log 2>&1 || {
        tail -n 5 .linli/apt.log >&2
        fail "apt-get could not install them (all it said: .linli/apt.log). Check the network, then run: $by_hand"
    }
}

# Sees to "$python", 3.11 or newer and able to make virtual environments, and to the Debian
# packages that the kiosk needs; with $@ more of them.
prepare_machine() {
    python=${PYTHON:-python3}
    if command -v "$python" >/dev/null; then
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail \
            "Python 3.11 or newer is needed, but '$python' is $("$python" --version 2>&1)." \
            "Use Debian 12 or newer, or name another Python: make PYTHON=python3.12 …"
    fi
    local needs=("${debian_needs[@]}" "$@")
    "$python" -c 'import ensurepip' 2>/dev/null || needs+=(python3-venv)
    # From Python 3.13 on, lgpio comes as source, and pip compiles it.
    if [[ $(uname -m) == aarch64 ]] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 13))'; then
        needs+=(gcc libc6-dev python3-dev swig)
    fi
    debian_packages "${needs[@]}"
    "$python" -c 'import ensurepip' 2>/dev/null || fail \
        "'$python' cannot make virtual environments: it has no ensurepip." \
        "Use Debian's: make PYTHON=/usr/bin/python3 …"
}

# Makes the virtual environment $1, anew if another Python or place made the one that is there.
virtual_environment() {
    local made_with
    made_with="$("$python" -VV) in $(realpath -m "$1")"
    [[ $(cat "$1/made-with" 2>/dev/null) != "$made_with" ]] || return 0
    say "making $1 with $("$python" --version)"
    "$python" -m venv --clear "$1"
    echo "$made_with" >"$1/made-with"
}

# pip of the virtual environment $1, saying only what went wrong.
quiet_pip() {
    # PYPI=1 makes the source of lgpio bring its C library along; Debian has no package of it.
    PYPI=1 "$1/bin/python" -m pip "${@:2}" -qq --disable-pip-version-check --progress-bar off ||
        fail "pip could not get what pyproject.toml asks for. Check the network and repeat the command."
}

# Fetches the models into folder $2 with the virtual environment $1; fails when one that some
# driver needs is missing.
fetch_models() {
    say "looking after the models in $2"
    "$1/bin/linli" models fetch --models "$2" && return
    say "going on without what is missing above: what needs it says so and stays down." \
        "Once it can be had, repeat the command."
    return 1
}

# Lint, format, types and import contracts; the quick ones first. Ends at the first that fails.
static_checks() {
    say "lint (ruff)"
    ruff check --quiet || fail "ruff found mistakes. Most are mended by: make format"
    say "format (ruff)"
    ruff format --check --quiet || fail "some files are not in ruff's format. Run: make format"
    say "types (mypy --strict)"
    mypy --no-error-summary || fail "mypy found mistakes, see above"
    mkdir -p .linli
    say "import contracts (import-linter)"
    lint-imports --no-logo >.linli/imports.log || {
        sed -n '/^Broken contracts/,$p' .linli/imports.log >&2
        fail "a package imports what it should not: see [tool.importlinter] in pyproject.toml"
    }
}
