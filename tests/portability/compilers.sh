#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Each compiler builds without a warning, and the result passes the unit tests;
# so do builds with parts left out.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

needs make

kinds='unit sim fuzz'

# build ARGUMENT...: all programs without a warning, and the unit tests.
build() {
	"$srcdir/configure" -q "$@" &&
		silent make "$jobs" all tests CHECK="$kinds" &&
		make check-unit
}

# is_smaller PROGRAM PROGRAM: is the first, without symbols?
is_smaller() {
	strip -o first "$1" && strip -o second "$2" &&
		[ "$(wc -c <first)" -lt "$(wc -c <second)" ]
}

# is_whole FOLDER: does the archive have a member for each object, though some
# have one name?
is_whole() {
	objects=$(grep -c '^[a-z].*\.o: .*\.c config\.h' "$1/Makefile")
	# All but main.o.
	[ "$(ar t "$1/libadit.a" | wc -l)" = $((objects - 1)) ]
}

for compiler in gcc clang tcc; do
	if command -v $compiler >/dev/null; then
		check "$compiler" within $compiler build CC=$compiler
	else
		skip "$compiler" 'it is not installed'
	fi
done

# What options change is seen by the unit tests.
kinds=unit
check 'no object is left out of the archive' is_whole gcc
check '--enable-debug' within debug build --enable-debug --enable-werror
check '--enable-small' within small build --enable-small --enable-werror
check 'which is smaller' is_smaller small/adit gcc/adit
check '--enable-static' within static build --enable-static LDFLAGS=-Wl,-w
check '--without-tls' within no-tls build --without-tls --enable-werror
done_testing
