#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Debian 11, of 2021: builds the program in a chroot of it, with gcc 10 and
# glibc 2.31, and runs its tests and a tunnel of each carrier there.
#
# NOTES.  Needs root.  The chroot (300 MB) is kept in $ADIT_CACHE.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/portability/cache.sh
. "$srcdir/tests/portability/cache.sh"

suite=bullseye
needs debootstrap chroot unshare tar make

if [ "$(id -u)" != 0 ]; then
	echo '1..0 # SKIP not root'
	exit 0
fi
cache_folder
root=$cache/$suite
if [ ! -f "$root/.whole" ]; then
	rm -rf "$root"
	if ! debootstrap --variant=minbase \
		--include=gcc,libc6-dev,make,python3-pytest,iproute2,procps \
		"$suite" "$root" "$(debian_mirror)" \
		>"$work/debootstrap" 2>&1; then
		tail -n 20 "$work/debootstrap" | sed 's/^/# /'
		echo "1..0 # SKIP no $suite"
		exit 0
	fi
	: >"$root/.whole"
fi

# debootstrap leaves it out, and tests look localhost up.
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"

# inside COMMAND...: there, in the folder /work, with /proc of its own.
inside() {
	# shellcheck disable=SC2016
	unshare -m --propagation private -pf sh -c '
		mount -t proc proc "$0/proc" &&
		mount --bind /dev "$0/dev" &&
		mount -t tmpfs tmpfs "$0/tmp" &&
		exec chroot "$0" sh -c "cd /work/build && exec \"\$@\"" sh "$@"
	' "$root" "$@"
}

rm -rf "$root/work"
mkdir -p "$root/work/build" "$root/work/bearssl" "$root/work/source"
# Any other BearSSL shows that its source is there.
sh "$srcdir/tests/portability/bearssl.sh" "$suite-source" true true \
	>"$work/made" 2>&1
cp -R "$cache/bearssl/." "$root/work/bearssl"
rm -rf "$root/work/bearssl/build"
(cd "$srcdir" && tar -c --exclude='./b*' --exclude=./.git .) |
	tar -x --no-same-owner -C "$root/work/source"

check 'BearSSL' inside make "$jobs" -C ../bearssl lib
check 'configure' inside ../source/configure \
	--with-bearssl=/work/bearssl
check 'make, without a warning' silent inside make "$jobs"
check 'make check' inside make "$jobs" check CHECK='unit sim fuzz'
check 'a tunnel of each carrier' inside env ADIT=/work/build/adit \
	python3 -m pytest -p no:cacheprovider -q ../source/tests/e2e/test_pairs.py
rm -rf "$root/work"
done_testing
