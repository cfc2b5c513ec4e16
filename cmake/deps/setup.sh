# shellcheck shell=bash
# Set-up by task: Debian packages by name, then the two libraries that Debian's own release may lack.
# Sourced by ./run. Idempotent: with nothing to do it only asks dpkg.

cache=${SAFEQ_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/safeq}
export SAFEQ_DEPS=$cache
prefixes=

step() { step_name=$1 step_start=$SECONDS; printf '── %s …\n' "$1"; }
done_step() { printf '── %s: done in %d s\n' "$step_name" $((SECONDS - step_start)); }

# quietly LOG COMMAND…: runs it with its output in LOG, shown only when it fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    "$@" > "$log" 2>&1 || { grep -nE 'error|FAILED|Error' "$log" | head -n 40 >&2; tail -n 60 "$log" >&2; echo "error: failed: $* (whole output: $log)" >&2; return 1; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo > /dev/null; then sudo "$@"
    else echo "error: needs root or sudo: $*" >&2; return 1
    fi
}

# The packages of each task. Where Debian 12 and 13 differ, the first that the archive has is taken: a|b. (npm is asked
# for by command: the nodejs of other archives brings it, and conflicts with the package.)
packages_for() {
    case $1 in
    build) echo g++ cmake ninja-build ccache pkg-config python3 make xz-utils bzip2 ca-certificates \
        debian-archive-keyring libfmt-dev libspdlog-dev libcli11-dev nlohmann-json3-dev libsqlite3-dev libqpdf-dev \
        libasio-dev libp11-kit-dev "node-llhttp|libllhttp-dev" ;;
    demo) echo cups-ipp-utils openssl ;;
    test)
        echo cups-ipp-utils curl openssl gnutls-bin softhsm2 dbus avahi-daemon valgrind libcups2-dev sslscan testssl.sh chromium \
        "libboost1.74-dev|libboost1.83-dev"
        command -v npm > /dev/null || echo npm ;;
    bench) echo libargon2-dev libsodium-dev age openssl ;;
    fuzz) echo clang-19 libclang-rt-19-dev libfuzzer-19-dev llvm-19 libcups2-dev "libboost1.74-dev|libboost1.83-dev" ;;
    tidy) echo clang-19 clang-tidy-19 ;;
    docs) echo doxygen python3 ;;
    lint) echo git python3 clang-format-19 shellcheck ;;
    esac
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]; }

# Which of all tasks' packages are here, with their versions.
installed_packages() {
    local task names=()
    for task in build demo test bench fuzz; do
        read -ra names <<< "${names[*]} $(packages_for "$task" | tr '|\n' '  ')"
    done
    dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' "${names[@]}" 2> /dev/null || true
}

# need_packages TASK…: installs what is missing, or on another system says what is.
need_packages() {
    local missing=() spec name task
    for task in "$@"; do
        for spec in $(packages_for "$task"); do
            local have=
            for name in ${spec//|/ }; do installed "$name" && have=1; done
            [ -n "$have" ] || missing+=("$spec")
        done
    done
    [ ${#missing[@]} -eq 0 ] && return
    if ! command -v apt-get > /dev/null || ! grep -qE '^VERSION_ID="(12|13)"' /etc/os-release || ! grep -q '^ID=debian' /etc/os-release; then
        echo "error: set-up is automatic on Debian 12 and 13 only; here, install what these Debian packages hold:" >&2
        printf '  %s\n' "${missing[@]}" >&2
        exit 1
    fi
    step "install ${missing[*]}"
    quietly "$cache/apt-update.log" as_root apt-get update
    local names=()
    for spec in "${missing[@]}"; do
        for name in ${spec//|/ }; do
            if apt-cache show "$name" > /dev/null 2>&1; then names+=("$name"); break; fi
        done
    done
    quietly "$cache/apt-install.log" as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${names[@]}"
    done_step
}

# setup TASK…: packages, Botan and Catch2 (every preset configures the tests); sets `prefixes` for CMAKE_PREFIX_PATH.
setup() {
    mkdir -p "$cache"
    need_packages "$@"
    local botan catch2
    if ! botan=$(cat "$cache/botan-prefix" 2> /dev/null) || [ ! -f "$botan/.complete" ] || [ cmake/deps/botan.sh -nt "$cache/botan-prefix" ]; then
        step "Botan (built once from Debian's source package where the system's is older than 3.13; some minutes)"
        botan=$(cmake/deps/botan.sh)
        printf '%s' "$botan" > "$cache/botan-prefix"
        done_step
    fi
    catch2=$(cmake/deps/catch2.sh)
    # shellcheck disable=SC2034  # read by ./run
    prefixes=$botan${catch2:+;$catch2}
}

# Other people's test vectors: SAFEQ_VECTORS, or none, said loudly.
export_vectors() {
    if [ -z "${SAFEQ_VECTORS:-}" ]; then echo "note: SAFEQ_VECTORS is not set: tests against other projects' vectors are skipped" >&2
    else export SAFEQ_VECTORS; fi
}
