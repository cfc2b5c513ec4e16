#!/usr/bin/env bash
# Botan ≥ 3.13.0: the system's when it is new enough, else built once from Debian's source package into the
# dependency cache. Prints the prefix to use. Older versions are refused: 3.7 to 3.11.0 let a TLS 1.3 client skip
# certificate authentication (CVE-2026-34582), and later fixes reach up to 3.13.0.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=archive.sh
. "$here/archive.sh"

minimum=3.13.0
known_good_version=3.13.0
known_good_sha256=a9252842d2cf38a3392ec540e134730051b544452c6922da20803ae3fd507992
cache=${SAFEQ_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/safeq}
# A fuzzing service's compiler and flags, where they are given: what its targets link is built, and instrumented, as they are.
cxx=${SAFEQ_BOTAN_CXX:-} cxxflags=${SAFEQ_BOTAN_CXXFLAGS:-}

# What the library uses, and the fast path of each; configure.py stops at a name that it doesn't know.
modules=(
    aead gcm aes aes_ni aes_vaes aes_vperm ghash ghash_cpu ghash_vperm ghash_avx512_clmul ctr ctr_simd32 ctr_avx2
    cbc nist_keywrap hkdf hmac sha2_32 sha2_32_x86 sha2_32_simd sha2_32_avx2
    sha2_64 sha2_64_x86 sha2_64_avx2 sha2_64_avx512 sha1 sha1_x86 sha1_avx2 sha1_simd
    sha3 shake shake_xof keccak_perm_bmi2 keccak_perm_avx512
    argon2 argon2_avx2 argon2_avx512 argon2_simd64 blake2 blake2mac pbkdf2 bcrypt base64 hex pem
    ed25519 x25519 ml_kem ecdh ecdsa rsa eme_pkcs1 emsa_pkcs1 emsa_pssr emsa_raw
    pcurves_secp256r1 pcurves_secp384r1 pcurves_secp521r1
    x509 pkcs12 pbes2 certstor_flatfile certstor_system
    tls12 tls13 tls13_pqc tls_cbc chacha20poly1305 chacha chacha_simd32 chacha_avx2 chacha_avx512 poly1305_avx2 poly1305_avx512
    auto_rng system_rng hmac_drbg processor_rng thread_utils locking_allocator os_utils
)

new_enough() { printf '%s\n%s\n' "$minimum" "$1" | sort -V -C; }

system_version=$(pkg-config --modversion botan-3 2>/dev/null || true)
if [ -z "$cxx" ] && [ -n "$system_version" ] && new_enough "$system_version"; then
    pkg-config --variable=prefix botan-3
    exit 0
fi

fingerprint=$(printf '%s\n' "${modules[@]}" ${cxx:+"$("$cxx" --version) $cxxflags"} | sha256sum | cut -c1-12)
prefix=$cache/botan-$fingerprint
if [ -f "$prefix/.complete" ]; then
    echo "$prefix"
    exit 0
fi

[ -z "$cxx" ] && [ -n "$system_version" ] &&
    echo "botan: the system has $system_version, older than $minimum (CVE-2026-34582 and later): building our own" >&2
work=$cache/build-botan
rm -rf "$work" && mkdir -p "$work/source" "$prefix"
private_apt "$cache/apt-testing" testing update >&2
(cd "$work/source" && private_apt "$cache/apt-testing" testing source --tar-only --download-only botan3 >&2)
tarball=$(find "$work/source" -name 'botan3_*.orig.tar.*' ! -name '*.asc' | sort -V | tail -n 1)
[ -n "$tarball" ] || { echo "error: Debian's source package botan3 could not be fetched" >&2; exit 1; }
version=$(basename "$tarball" | sed -E 's/^botan3_([0-9.]+).*/\1/')
new_enough "$version" || { echo "error: Debian's botan3 is $version; safeq needs $minimum or newer" >&2; exit 1; }
sum=$(sha256sum "$tarball" | cut -d' ' -f1)
if [ "$version" = "$known_good_version" ]; then
    [ "$sum" = "$known_good_sha256" ] || { echo "error: $(basename "$tarball") has SHA-256 $sum, expected $known_good_sha256" >&2; exit 1; }
else
    echo "botan: notice: taking $version (signed by Debian); the version tested here is $known_good_version" >&2
fi
tar -xf "$tarball" -C "$work"
cd "$(find "$work" -maxdepth 1 -mindepth 1 -type d ! -name source | head -n 1)"
command -v ccache > /dev/null && launcher=ccache || launcher=
if [ -z "$cxx" ]; then
    cc=gcc cxx=g++ cxxflags='-fstack-protector-strong -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS'
else
    "$cxx" --version | grep -q clang && cc=clang || cc=gcc
fi
python3 configure.py --prefix="$prefix" --minimized-build --enable-modules="$(IFS=,; echo "${modules[*]}")" \
    --disable-shared-library --build-targets=static --without-documentation --cc="$cc" --cc-bin="${launcher:+ccache }$cxx" \
    --extra-cxxflags="-fPIC $cxxflags" > "$work/configure.log" 2>&1 ||
    { tail -n 20 "$work/configure.log" >&2; exit 1; }
make -j"$(nproc)" > "$work/make.log" 2>&1 || { tail -n 40 "$work/make.log" >&2; exit 1; }
make install > "$work/install.log" 2>&1 || { tail -n 20 "$work/install.log" >&2; exit 1; }
touch "$prefix/.complete"
cd / && rm -rf "$work"
echo "$prefix"
