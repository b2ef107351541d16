#!/bin/sh
# Runs README's two commands on a new minimal Debian: `tools/bare-debian.sh [OPTION ...] 12|13|testing`.
#
# The system is debootstrap's minimal variant with the packages named in the errors of tools/setup.sh: no git, no peers.
# An ordinary user runs `make demo` and `make test` on a copy of the tracked files, then, with libmbedtls-dev, `make mbedtls`,
# the backend's own tests and `make test` again. One line for each step gives the result.
#   --without-mbedtls  only the run without libmbedtls-dev
#   --with-mbedtls     only the run with it
#   --matrix           instead of `make test` the tests marked `matrix`; with libmbedtls-dev tests/tls, too
#   --wheels=FOLDER    instead of all that, the demo from the wheels in FOLDER, on a system without a compiler
#   --keep             keep the final system in .cache/bare-VERSION/root, for inspection
#   --fresh            make the base system again; it is otherwise reused from .cache/bare-VERSION
# Exit codes: 0 all passed, 1 a step failed, 2 usage, 3 not run: this machine cannot make a bare Debian.
# The mirror is that of this machine's apt, the package index that of its pip. Every command runs in mount and process namespaces
# of its own, so nothing stays mounted or running when it ends.
set -eu
cd "$(dirname "$0")/.."

usage() {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
not_run() {
    echo "bare-debian: not run: $*" >&2
    exit 3
}

runs="without with" matrix= fresh= keep= version= wheels=
for argument in "$@"; do
    case $argument in
    --without-mbedtls) runs=without ;;
    --with-mbedtls) runs=with ;;
    --matrix) matrix=yes ;;
    --wheels=*) wheels=${argument#*=} ;;
    --keep) keep=yes ;;
    --fresh) fresh=yes ;;
    12 | 13 | testing) [ -z "$version" ] || usage; version=$argument ;;
    *) usage ;;
    esac
done
case $version in
12) suite=bookworm ;;
13) suite=trixie ;;
testing) suite=testing ;;
*) usage ;;
esac

cache=${WSSURE_CACHE:-$PWD/.cache}/bare-$version
base=$cache/base root=$cache/root log=$cache/log certificates=/etc/ssl/certs/ca-certificates.crt

# Runs a command inside $root as a user, in the project's folder. pivot_root instead of chroot: a chroot cannot make
# user namespaces, so the tests that need one would not run.
inside() { # inside USER COMMAND...
    unshare --mount --pid --fork --kill-child sh -euc '
        mount --bind "$1" "$1"
        cd "$1"
        mount -t proc proc proc
        mount --rbind /dev dev
        while read -r from to; do mount --bind "$from" "./$to"; done <shared
        pivot_root . mnt
        shift
        chroot . sh /enter "$@"' inside "$root" "$@"
}

make_base() {
    [ -z "$fresh" ] || rm -rf "$base"
    [ ! -e "$base/.complete" ] || return 0
    rm -rf "$base"
    mkdir -p "$base"
    mirror=$(sh tools/debian-mirror.sh)
    [ -n "$mirror" ] || { apt-get update -qq && mirror=$(sh tools/debian-mirror.sh); } || true
    [ -n "$mirror" ] || not_run "apt knows no Debian mirror here; run apt-get update"
    debootstrap --variant=minbase "$suite" "$base" "$mirror" >"$log" 2>&1 || {
        tail -n 5 "$log" >&2
        not_run "debootstrap failed; its output is in $log"
    }
    echo "deb $mirror $suite main" >"$base/etc/apt/sources.list"
    security=$(sh tools/debian-mirror.sh security)
    [ "$suite" = testing ] || [ -z "$security" ] || echo "deb $security $suite-security main" >>"$base/etc/apt/sources.list"
    touch "$base/.complete"
}

# Copies the settings for package indexes: apt's, and pip's as one file. A certificate file has its own path, because a
# minimal Debian has no store.
carry_over() {
    apt-config dump | grep -E '^Acquire::(https?|Retries|Check-)' >"$root/etc/apt/apt.conf.d/90machine" || true
    settings=$(python3 -m pip config list 2>/dev/null | sed -nE "s/^(global|:env:)\.([a-z-]+)='(.*)'\$/\2=\3/p" | sed 's/\\n/ /g') || settings=
    own=$(printf '%s\n' "$settings" | sed -n 's/^cert=//p' | tail -n 1)
    [ ! -r "${own:=$certificates}" ] || {
        cp "$own" "$root/etc/machine-ca.pem"
        settings="$settings
cert=/etc/machine-ca.pem"
        echo 'Acquire::https::CaInfo "/etc/machine-ca.pem";' >>"$root/etc/apt/apt.conf.d/90machine"
    }
    # The last value of each name counts; two lines of one name would be an error to pip.
    printf '[global]\n' >"$root/etc/pip.conf"
    printf '%s\n' "$settings" | awk -F= 'NF > 1 {last[$1] = $0} END {for (name in last) print last[name]}' >>"$root/etc/pip.conf"
    # Files and folders among the values are seen inside at the same place; an index in a folder refers to files beside it.
    for word in $(sed 's/^[a-z-]*=//' "$root/etc/pip.conf"); do
        case $word in
        /etc/machine-ca.pem) continue ;;
        file://*) path=${word#file://} path=$(dirname "/${path#*/}") ;;
        /*) path=$word ;;
        *) continue ;;
        esac
        [ -e "$path" ] || continue
        if [ -d "$path" ]; then mkdir -p "$root$path"; else mkdir -p "$root$(dirname "$path")" && touch "$root$path"; fi
        echo "$path $path" >>"$root/shared"
    done
}

make_root() {
    rm -rf "$root"
    cp -a --reflink=auto "$base" "$root"
    mkdir -p "$cache/packages/partial"
    echo "$cache/packages var/cache/apt/archives" >"$root/shared"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    # debootstrap writes no hosts file; the installer and every container runtime do.
    printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"
    carry_over
    cat >"$root/enter" <<'END'
umount -l /mnt
user=$1
shift
cd /srv/user/wssure
env -i HOME=/srv/user USER="$user" LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
    setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups "$@"
END
    mkdir -p "$root/srv/user/wssure"
    git ls-files -z | xargs -0 cp --parents -t "$root/srv/user/wssure"
    inside root useradd --uid 1000 --home-dir /srv/user user
    inside root chown -R user:user /srv/user
    inside root apt-get update -qq
}

failed=
step() { # step NAME COMMAND...
    name=$1 begun=$(date +%s) result=passed
    shift
    "$@" >"$log" 2>&1 </dev/null || result=FAILED failed=yes
    [ "$result" = passed ] || tail -n 60 "$log"
    tally=$(grep -E '^(=+ )?[0-9]+ (passed|failed).* in ' "$log" | tail -n 1) || tally=
    echo "bare-debian $version: $name: $result, $(($(date +%s) - begun)) s${tally:+: $tally}"
}
install() { inside root apt-get install -y -q --no-install-recommends "$@"; }
run_tests() { # run_tests ARGUMENT...
    inside user .venv/bin/python -m pytest -q -n 2 -p no:cacheprovider "$@"
}

what_setup_names() {
    words=$(inside user sh tools/setup.sh 2>&1) && { echo "setup.sh refused nothing on a bare system"; return 1; }
    packages=$(printf '%s\n' "$words" | sed -n 's/^  fix   apt-get install -y //p')
    [ -n "$packages" ] || { printf '%s\n' "$words"; return 1; }
    # shellcheck disable=SC2086
    install $packages
}

readmes_commands() { # readmes_commands WITHOUT-OR-WITH
    if [ "$1" = with ]; then
        step "libmbedtls-dev" install libmbedtls-dev
        step "make mbedtls" inside user make mbedtls
        grep -i "mbed *tls [0-9]" "$log" || true
        step "the backend's own tests" run_tests mbedtls/tests
    fi
    step "$1 Mbed TLS, make demo" inside user make demo MBEDTLS="$([ "$1" = with ] || echo no)"
    if [ -z "$matrix" ]; then
        step "$1 Mbed TLS, make test" inside user make test
        # A newcomer's `make demo` has Mbed TLS without the headers: from Debian's packages, unpacked into the project's cache.
        [ "$1" = with ] || step "make demo, Mbed TLS unpacked" inside user sh -c 'rm .venv/.demo; make demo | tee demo.txt; grep "wssure on Mbed TLS.*answers" demo.txt'
        return
    fi
    step "make setup" inside user make setup build-ext
    step "$1 Mbed TLS, tests marked matrix" run_tests -m matrix tests
    [ "$1" = without ] || step "with Mbed TLS, tests/tls" run_tests tests/tls
}

demo_from_wheels() {
    cp "$wheels"/*.whl "$root/srv/user"
    step "python3-venv, and no compiler" install python3-venv
    step "installation of the wheels" inside user sh -euc 'cd ..
        ! command -v cc gcc
        python3 -m venv venv
        venv/bin/pip install -q "$(ls "$PWD"/wssure-*manylinux*.whl)[demo]" wssure_mbedtls-*.whl'
    step "the demo from the wheels" inside user sh -euc 'cd ..
        venv/bin/wssure demo --color never | tee demo.txt
        grep "wssure on Mbed TLS.*answers" demo.txt
        venv/bin/wssure versions | tee versions.txt
        grep -q "^openssl " versions.txt'
    cat "$log"
}

[ "$(id -u)" = 0 ] || not_run "debootstrap needs root"
for program in debootstrap unshare pivot_root apt-get git; do
    command -v "$program" >/dev/null || not_run "no $program here; apt-get install -y debootstrap util-linux git"
done
unshare --mount --pid --fork --kill-child mount -t tmpfs none /mnt 2>/dev/null || not_run "mounts are not allowed here"

mkdir -p "$cache"
make_base
make_root
if [ -n "$wheels" ]; then
    demo_from_wheels
else
    step "the packages that setup.sh names" what_setup_names
    for run in $runs; do readmes_commands "$run"; done
    inside user .venv/bin/python -c 'import ssl, sys; print("Python", sys.version.split()[0], "with", ssl.OPENSSL_VERSION)'
fi
[ -n "$keep" ] || rm -rf "$root"
[ -z "$failed" ]
