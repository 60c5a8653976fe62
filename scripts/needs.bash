# Sourced by the other scripts: finds what is missing on this machine and
# installs that and nothing else. Nothing missing, no network.

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 78; }

has_command() { command -v "$1" >/dev/null; }
has_library() { has_command pkg-config && pkg-config --exists "$1"; }
compiles() {    # COMPILER FLAG... < source
    local folder compiler=$1 works=0
    has_command "$compiler" || return 1
    shift
    folder=$(mktemp -d)
    # Libraries behind the source that needs them.
    "$compiler" -x c - -o "$folder/program" "$@" 2>/dev/null || works=1
    rm -rf "$folder"
    return $works
}

# need PACKAGE REASON TEST...: asks for the package unless the test holds.
missing=()
need() {
    local package=$1 reason=$2
    shift 2
    "$@" && return
    missing+=("$package")
    say "missing: $package ($reason)"
}

needs_of_building() {
    need gcc "C17 compiler" has_command gcc
    need libc6-dev "the C library's headers" \
        compiles gcc <<<'#include <stdlib.h>
int main(void) { return 0; }'
    need cmake "build" has_command cmake
    need ninja-build "build" has_command ninja
    need pkg-config "finds the libraries" has_command pkg-config
    need libzstd-dev "decompression" has_library libzstd
    need zlib1g-dev "reads gzip and zip" has_library zlib
    need libbz2-dev "reads bzip2" compiles gcc -lbz2 <<<'#include <bzlib.h>
int main(void) { return BZ2_bzlibVersion() == 0; }'
    need liburing-dev "reading" has_library liburing
    need libhwloc-dev "cores and memory nodes" has_library hwloc
    need libjansson-dev "writes ledger and manifest" has_library jansson
    need libxxhash-dev "hashing" has_library libxxhash
    need libsodium-dev "pseudonyms" has_library libsodium
    need libsqlite3-dev "SQLite output" has_library sqlite3
    need libutf8proc-dev "normalises text" has_library libutf8proc
    need tzdata "time zones" test -e /usr/share/zoneinfo/UTC
    need python3 "shows the result, and runs tests" has_command python3
}

needs_of_testing() {
    need libcmocka-dev "unit tests" has_library cmocka
    need libsimde-dev "tests AVX-512 kernels where there is no AVX-512" \
        compiles gcc <<<'#include <simde/x86/avx512.h>
int main(void) { return 0; }'
    need zstd "the reference for frames" has_command zstd
    need spin "explores models of what threads do" has_command spin
    need strace "refuses system calls in tests" has_command strace
    need clang "second compiler" has_command clang
    need libclang-rt-14-dev "clang's sanitizers" \
        compiles clang -fsanitize=address,undefined \
        <<<'int main(void) { return 0; }'
}

install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    has_command apt-get || fail "please install: ${missing[*]}" \
        "(names as in Debian 12; there is no apt-get here)"
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        has_command sudo || fail "not root, and no sudo; please run:" \
            "apt-get install ${missing[*]}"
        root=(sudo)
    fi
    say "installing with apt-get${root[0]:+, through sudo}: ${missing[*]}"
    "${root[@]}" apt-get update -q
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy \
        --no-install-recommends "${missing[@]}"
    missing=()
}
