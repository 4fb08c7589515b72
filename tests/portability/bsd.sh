#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Compiles and links the program for FreeBSD, NetBSD, OpenBSD and macOS, with
# `zig cc`, which has the headers and the symbols of those systems: with all
# parts, and with none that can be left out.
#
# NOTES.  zig is the program in ZIG, that of zig.sh, or the one in PATH; without
# it the tests are skipped.  The programs that are built cannot be run on this
# machine.  ADIT_BSD names the targets, of which `all` are all that can be
# linked: it takes half an hour.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

usual='x86_64-freebsd x86_64-netbsd x86_64-openbsd aarch64-macos'
# Both byte orders, and longs of 32 and 64 bits, of each.
others='x86-freebsd aarch64-freebsd arm-freebsd-eabihf powerpc64-freebsd
	powerpc64le-freebsd riscv64-freebsd
	x86-netbsd aarch64-netbsd arm-netbsd-eabi arm-netbsd-eabihf
	mips-netbsd-eabi powerpc-netbsd-eabi sparc64-netbsd
	x86-openbsd aarch64-openbsd arm-openbsd-eabi mips64-openbsd
	mips64el-openbsd powerpc-openbsd-eabihf powerpc64-openbsd
	riscv64-openbsd x86_64-macos'
parts='tls dtls tun routes hooks doctor control monitor status systemd'

zig=${ZIG:-$(sh "$srcdir/tests/portability/zig.sh" 2>/dev/null ||
	command -v zig)}
if [ ! -x "$zig" ]; then
	echo '1..0 # SKIP zig is not installed, and ZIG does not name it'
	exit 0
fi
needs make apt-get

# tool NAME ARGUMENT...: makes a program of zig's.
tool() {
	tool=$1
	shift
	printf "#!/bin/sh\nexec '%s' %s \"\$@\"\n" "$zig" "$*" >"$tool"
	chmod 755 "$tool"
}

# build TARGET OPTION...: the program, without a warning.
build() {
	target=$1
	shift
	tool "$work/$target-cc" cc -target "$target" -fno-sanitize=undefined
	tool "$work/$target-ar" ar
	bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" "zig-$target" \
		"$work/$target-cc" "$work/$target-ar") &&
		"$srcdir/configure" -q --enable-werror CC="$work/$target-cc" \
			AR="$work/$target-ar" CFLAGS='-Os -Wall -Wextra' \
			LDFLAGS= --with-bearssl="$bearssl" "$@" &&
		make "$jobs" -s
}

# finds TARGET: whether configure has found the parts of the system that make
# the difference there.
finds() {
	for line in 'HAVE_KQUEUE 1' 'HAVE_POLL 1' 'HAVE_SA_LEN 1'; do
		grep -q "^#define $line" "$1/config.h" || {
			echo "config.h has no $line"
			return 1
		}
	done
	for source in poll_kqueue route_bsd rtsocket tun_bsd; do
		[ -f "$1/src/net/$source.o" ] || {
			echo "$source is not built"
			return 1
		}
	done
}

targets=${ADIT_BSD-$usual}
[ "$targets" != all ] || targets="$usual $others"
none=''
for part in $parts; do
	none="$none --without-$part"
done
for target in $targets; do
	check "$target" within "$target" build "$target"
	check "$target: kqueue, routing socket and TUN devices are in it" \
		finds "$target"
done
# The sources of the parts are the same on each processor.
for target in $targets; do
	case " $usual " in
	*" $target "*)
		# Options, each of them.
		# shellcheck disable=SC2086
		check "$target, without any part" within "$target-none" \
			build "$target" $none
		;;
	esac
done
done_testing
