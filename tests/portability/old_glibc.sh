#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# configure --enable-old-glibc: builds the program, checks that it needs no
# symbol newer than glibc 2.17, and runs a tunnel here and, as root, in the
# chroot that bullseye.sh has made, if it is there: old_glibc.sh [SRCDIR].

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/portability/cache.sh
. "$srcdir/tests/portability/cache.sh"

needs make readelf gcc
cache_folder
root=$cache/bullseye

# old FILE: whether it needs no version after 2.17, nor a loader that knows
# packed relocations.
old() {
	readelf -V "$1" | sed -n 's/.*Name: GLIBC_\([^ ]*\).*/\1/p' >versions
	echo "needs of glibc: $(tr '\n' ' ' <versions)"
	[ -s versions ] && ! grep -v '^2\.\([0-9]\|1[0-7]\)\(\.[0-9]*\)*$' versions
}

# passes COMMAND...: whether the program runs, and reads and writes files.
passes() {
	"$@" --version && "$@" gencert -d pki localhost &&
		"$@" check -c adit.conf
}

# build OPTION...
build() {
	"$srcdir/configure" -q --enable-werror "$@" && make "$jobs" -s
}

# native: with a BearSSL that is linked into it.
native() {
	bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" native gcc ar) &&
		build --enable-old-glibc --with-bearssl="$bearssl"
}

check 'it builds' native || done_testing
check 'it needs glibc 2.17' old ./adit
printf '[tunnel a]\nleft = udp-listen:127.0.0.1:7901\nright = udp:localhost:7\n' \
	>adit.conf
check 'it runs here' passes ./adit
if [ "$(id -u)" = 0 ] && [ -f "$root/.whole" ] &&
	command -v unshare >/dev/null; then
	# inside COMMAND...: there, with this folder as /mnt.
	inside() {
		# shellcheck disable=SC2016
		unshare -m --propagation private sh -c '
			mount --bind "$1" "$0/mnt" && mount --bind /dev "$0/dev" &&
			shift && exec chroot "$0" sh -c "cd /mnt && exec \"\$@\"" \
			sh "$@"' "$root" "$work" "$@"
	}
	rm -rf pki
	check 'it runs in Debian 11' inside ./adit --version
	check 'and reads, writes and checks' passes inside ./adit
else
	skip 'it runs in Debian 11' 'no chroot of it: bullseye.sh makes one'
fi

# The same for 64-bit ARM.
arm() {
	bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" aarch64 \
		aarch64-linux-gnu-gcc aarch64-linux-gnu-ar) &&
		build --enable-old-glibc --host=aarch64-linux-gnu \
			--with-bearssl="$bearssl" && old ./adit
}

if command -v aarch64-linux-gnu-gcc >/dev/null; then
	check '64-bit ARM: it builds, and needs glibc 2.17' within arm arm
else
	skip '64-bit ARM' 'aarch64-linux-gnu-gcc is not installed'
fi
if [ -x arm/adit ] && command -v qemu-aarch64 >/dev/null; then
	rm -rf pki
	check '64-bit ARM: it runs' passes qemu-aarch64 \
		-L /usr/aarch64-linux-gnu arm/adit
fi
done_testing
