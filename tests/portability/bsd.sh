#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Compiles and links the program for FreeBSD, NetBSD, OpenBSD and macOS, with
# `zig cc`, which has the headers and the symbols of those systems.
#
# NOTES.  zig is the program in ZIG, or the one in PATH; without it the tests
# are skipped.  The programs that are built cannot be run on this machine.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

zig=${ZIG:-$(command -v zig)}
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

# build TARGET: the program.
build() {
	tool "$work/$1-cc" cc -target "$1" -fno-sanitize=undefined
	tool "$work/$1-ar" ar
	bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" "zig-$1" \
		"$work/$1-cc" "$work/$1-ar") &&
		"$srcdir/configure" -q --enable-werror CC="$work/$1-cc" \
			AR="$work/$1-ar" CFLAGS=-Os LDFLAGS= \
			--with-bearssl="$bearssl" &&
		make "$jobs" -s
}

for target in x86_64-freebsd x86_64-netbsd x86_64-openbsd aarch64-macos; do
	check "$target" within "$target" build "$target"
done
done_testing
