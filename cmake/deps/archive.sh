# shellcheck shell=bash
# A private apt configuration: fetches packages of another Debian suite without root and without touching the
# system's sources. The archive's address is whatever the machine itself uses for Debian; it stands in no file here.
#
# Sourced by botan.sh and catch2.sh. Needs: apt-get, the Debian archive keyring.

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# debian_archive: prints the address of the machine's Debian archive, without credentials being added or removed.
debian_archive() {
    # shellcheck disable=SC2016  # apt's own placeholders
    apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' |
        awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }'
}

# private_apt DIR SUITE COMMAND…: runs apt-get COMMAND… against SUITE, with all state under DIR.
private_apt() {
    local dir=$1 suite=$2
    shift 2
    local archive
    archive=$(debian_archive)
    [ -n "$archive" ] || { echo "error: the machine's apt configuration names no Debian archive" >&2; return 1; }
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/parts"
    printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
        "$archive" "$suite" "$debian_keyring" > "$dir/safeq.sources"
    apt-get -qq \
        -o Dir::Etc::sourcelist="$dir/safeq.sources" -o Dir::Etc::sourceparts="$dir/parts" \
        -o Dir::State::Lists="$dir/lists" -o Dir::Cache="$dir/cache" \
        -o APT::Get::List-Cleanup=0 -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" "$@"
}
