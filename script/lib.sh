# SPDX-License-Identifier: Apache-2.0
# What the scripts share. Sourced with the repository as the current directory.

export DEBIAN_FRONTEND=noninteractive

say() {
    printf '==> %s\n' "$*"
}

# Runs a command, quiet unless it fails.
quietly() {
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        printf 'failed: %s\n' "$*" >&2
        return 1
    fi
    rm -f "$log"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_missing_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    install_packages "${missing[@]}"
}

# In a subshell, so that its trap cleans up whatever happens.
install_packages() (
    # A package that starts a server on its own would take the standard ports: forbid it, so that
    # installing is all that happens.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod +x "$policy"
    fi
    quietly as_root apt-get update -q &&
        quietly as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -q --no-install-recommends "$@"
)

# libpg_query >= 18.1 and hiredis >= 1.2: the system's where it has them, else the packages of a
# newer Debian suite, from the mirror this machine's own sources name, with apt's signature check
# and apt state of our own, unpacked below build/deps. Nothing is installed over the system.
fetch_newer_libraries() {
    [ ! -e build/deps/complete ] || return 0
    local have_query have_hiredis
    have_query=$(dpkg-query -W -f='${Version}' libpg-query-dev 2>/dev/null || true)
    have_hiredis=$(dpkg-query -W -f='${Version}' libhiredis-dev 2>/dev/null || true)
    local wanted=()
    dpkg --compare-versions "${have_query:-0}" ge 18.1 || wanted+=(libpg-query-dev)
    dpkg --compare-versions "${have_hiredis:-0}" ge 1.2 || wanted+=(libhiredis-dev)
    rm -rf build/deps
    mkdir -p build/deps
    if [ ${#wanted[@]} -gt 0 ]; then
        say "fetching ${wanted[*]} of a newer Debian suite into build/deps"
        unpack_newer_packages "${wanted[@]}"
    fi
    touch build/deps/complete
}

# In a subshell, so that its trap cleans up whatever happens.
unpack_newer_packages() (
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || { echo "no Debian mirror found in this machine's apt sources" >&2; exit 1; }
    state=$(mktemp -d)
    trap 'rm -rf "$state"' EXIT
    mkdir -p "$state"/{parts,lists/partial,cache/archives/partial,debs}
    chmod 755 "$state"
    apt=(-o "Dir::Etc::sourcelist=$state/sources.list" -o "Dir::Etc::sourceparts=$state/parts"
        -o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state/cache"
        -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false)
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s sid main\n' "$mirror" \
        >"$state/sources.list"
    quietly apt-get "${apt[@]}" update -q
    (cd "$state/debs" && quietly apt-get "${apt[@]}" download "$@")
    for deb in "$state"/debs/*.deb; do
        dpkg-deb -x "$deb" build/deps
    done
)

# The first mirror for Debian itself (not for its security suite) that apt's sources name, in
# either format: one that ends in /debian if there is one.
debian_mirror() {
    local mirrors
    mirrors=$(find /etc/apt -name '*.sources' -o -name '*.list' | sort | xargs -r cat |
        sed -n -e 's/^URIs:[[:space:]]*//p' -e 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' |
        tr ' ' '\n' | grep -v security)
    grep -m 1 '/debian/\{0,1\}$' <<<"$mirrors" || head -n 1 <<<"$mirrors"
}

install_python_packages() {
    local stamp=build/venv/installed
    [ "$stamp" -nt tests/requirements.txt ] && return 0
    say "installing the test drivers into build/venv"
    [ -x build/venv/bin/pip ] || quietly python3 -m venv build/venv
    quietly build/venv/bin/pip install -q --disable-pip-version-check -r tests/requirements.txt
    touch "$stamp"
}

# build PRESET [TARGET]: configures a CMake preset and builds all of it, or one target; prints only
# what the compiler complains of.
build() {
    quietly cmake --preset "$1"
    cmake --build --preset "$1" ${2:+--target "$2"} -- --quiet
}

# Every C file of ours, NUL-terminated.
c_files() {
    find fuzz policy protocol proxy tests cmake -name '*.[ch]' -print0
}
