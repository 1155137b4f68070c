#!/usr/bin/env bash
# Prepares what a verb of the Makefile needs, and returns at once when it stands already.
#
#   tools/setup.sh demo      .venv with locks/demo.txt
#   tools/setup.sh dev       .venv with locks/dev.txt
#   tools/setup.sh test      as dev, and the Debian packages that the tests drive
#   tools/setup.sh firmware  the Debian packages that the board's firmware is built with
#
# demo and test also build the bundles of the pages' charts and of the kiosk's models, where npm is.
#
# Exit code 3 and one sentence when something is missing that only the machine's owner can install.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'kaiguan: %s\n' "$*" >&2; }

give_up() {
    say "$*"
    exit 3
}

# Installs Debian packages where root or a sudo without password allows it, each named before.
install_packages() {
    local as_root=() packages="$*"
    command -v apt-get >/dev/null || give_up "needs $packages: install them with this system's package manager, then try again"
    if [ "$(id -u)" != 0 ]; then
        { command -v sudo >/dev/null && sudo -n true 2>/dev/null; } ||
            give_up "needs Debian packages that only root may install: run 'sudo apt-get install $packages', then try again"
        as_root=(sudo -n)
    fi
    say "installing the Debian packages $packages"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120)
    # A fresh machine has no package lists, an old one has lists of releases that are gone.
    apt-get install --simulate "$@" >/dev/null 2>&1 || "${as_root[@]}" "${apt[@]}" update >&2 </dev/null || true
    "${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "$@" >&2 </dev/null ||
        { "${as_root[@]}" "${apt[@]}" update >&2 </dev/null &&
            "${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "$@" >&2 </dev/null; } ||
        give_up "apt-get could not install $packages: see its words above"
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
makes_environments() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Prints a Python of at least 3.11, one that can make environments if there is any.
find_python() {
    local candidate found=
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        is_new_enough "$candidate" || continue
        if makes_environments "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
        found=${found:-$candidate}
    done
    printf '%s\n' "$found"
}

make_environment() {
    if [ -x .venv/bin/python ] && is_new_enough .venv/bin/python && .venv/bin/python -c 'import pip' 2>/dev/null; then
        return
    fi
    local python
    python=$(find_python)
    [ -n "$python" ] || give_up "needs Python 3.11 or newer, and none is on the path: install one (Debian 12: 'apt-get install python3'), or name it with PYTHON=…"
    if ! makes_environments "$python"; then
        install_packages python3-venv
        makes_environments "$python" || give_up "$python still cannot make environments: install the venv package of that Python"
    fi
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
}

# The stamp of a lock is its hash, written once all of it is installed.
is_installed() {
    local stamp=.venv/.locked-$1
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(sha256sum <"locks/$1.txt")" ]
}

install_lock() {
    is_installed "$1" && return
    # Every pin of the demo is a pin of dev too, so either of them serves the demo.
    [ "$1" = demo ] && is_installed dev && return
    say "installing locks/$1.txt into .venv"
    .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
        --require-hashes -r "locks/$1.txt" >&2 </dev/null
    sha256sum <"locks/$1.txt" >".venv/.locked-$1"
}

has_chinese_font() {
    if command -v dpkg-query >/dev/null; then
        [ "$(dpkg-query -W -f '${db:Status-Status}' fonts-noto-cjk 2>/dev/null)" = installed ]
    else
        fc-list :lang=zh 2>/dev/null | grep -q .
    fi
}

# Either form reads a compose file, and neither needs an engine for that.
has_compose() { command -v docker-compose >/dev/null || docker compose version >/dev/null 2>&1; }

# has_package NAME FILE: whether Debian has installed it; elsewhere, whether a file of it stands.
has_package() {
    if command -v dpkg-query >/dev/null; then
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
    else
        [ -e "$2" ]
    fi
}

# Adds to the caller's `missing` what the firmware of the board is built with.
find_firmware_packages() {
    command -v avr-gcc >/dev/null || missing+=(gcc-avr)
    has_package avr-libc /usr/lib/avr/include/avr/io.h || missing+=(avr-libc)
}

install_firmware_packages() {
    local missing=()
    find_firmware_packages
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

# Finds what the tests drive: a broker, a browser, Chinese letters for its pages, the kiosk's voice,
# docker-compose, what builds the firmware and runs it on a simulated board, and databases of series.
install_test_packages() {
    local missing=() PATH=$PATH:/usr/sbin:/sbin
    command -v mosquitto >/dev/null || missing+=(mosquitto)
    { command -v chromium || command -v chromium-browser; } >/dev/null || missing+=(chromium)
    has_compose || missing+=(docker-compose)
    has_chinese_font || missing+=(fonts-noto-cjk)
    command -v espeak-ng >/dev/null || missing+=(espeak-ng)
    command -v gcc >/dev/null || missing+=(gcc)
    has_package libc6-dev /usr/include/stdio.h || missing+=(libc6-dev)
    find_firmware_packages
    has_package libsimavr-dev /usr/include/simavr/sim_avr.h || missing+=(libsimavr-dev)
    command -v influxd >/dev/null || missing+=(influxdb)
    command -v nginx >/dev/null || missing+=(nginx)
    command -v victoria-metrics >/dev/null || missing+=(victoria-metrics)
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

# build_bundle SOURCE BUILT WHAT WITHOUT: builds what a page loads, where npm is; without it the page
# has something plainer. The stamp is a hash of what it is built from.
build_bundle() {
    local source=$1 built=$2 what=$3 without=$4 now
    local stamp=$source/node_modules/.built
    [ -f "$source/package-lock.json" ] && command -v npm >/dev/null && command -v node >/dev/null || return 0
    now=$(shopt -s nullglob && cat "$source"/package*.json "$source"/*.mjs "$source"/src/* | sha256sum)
    [ -f "$built" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return
    say "building $what with npm"
    if (cd "$source" && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent build) >&2 </dev/null; then
        mkdir -p "$source/node_modules"
        printf '%s\n' "$now" >"$stamp"
    else
        say "$what could not be built: $without"
    fi
}

build_bundles() {
    build_bundle hub/pages/web hub/pages/static/charts/charts.js \
        "the charts' bundle" "pages show the charts that the server draws"
    build_bundle kiosk/web/models kiosk/web/static/dist/models.js \
        "the models' bundle" "the camera's screen shows no models, and all else"
}

case "${1:-}" in
demo)
    make_environment
    install_lock demo
    build_bundles
    ;;
dev)
    make_environment
    install_lock dev
    ;;
test)
    make_environment
    install_test_packages
    install_lock dev
    build_bundles
    ;;
firmware)
    install_firmware_packages
    ;;
*)
    say "say what to prepare: tools/setup.sh demo | dev | test | firmware"
    exit 2
    ;;
esac
