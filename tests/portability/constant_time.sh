#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Checking MAC and padding of a CBC record has neither a branch nor an address
# that depends on what was decrypted (Lucky 13), whatever the compiler made of
# it.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

needs valgrind cc
echo '#include <valgrind/memcheck.h>' >header.c
if ! cc -E header.c >/dev/null 2>&1; then
	echo '1..0 # SKIP no headers of valgrind'
	exit 0
fi

check 'configure' "$srcdir/configure"

# build COMPILER FLAG...
build() {
	"$@" -std=gnu99 -gdwarf-4 -I. -I"$srcdir/src" -I"$srcdir/compat" \
		-o constant_time "$srcdir/tests/portability/constant_time.c" \
		"$srcdir/src/wire/dtls_cbc.c" -lbearssl
}

# watched [ARGUMENT]: passes when valgrind has nothing to say.
watched() {
	valgrind -q --error-exitcode=9 ./constant_time "$@"
}

blind() {
	! watched "$@"
}

for compiler in gcc clang; do
	for flag in -O0 -O1 -O2 -Os; do
		if ! command -v $compiler >/dev/null; then
			skip "$compiler $flag" "$compiler is not installed"
			continue
		fi
		check "$compiler $flag builds" build $compiler $flag
		check "$compiler $flag: no byte decides" watched
	done
done
check 'a byte that decides is seen' blind by-a-byte
done_testing
