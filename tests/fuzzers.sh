#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Builds the fuzzers with clang's libFuzzer into fuzz/ of the current folder:
# fuzzers.sh SRCDIR MAKE [CONFIGURE-ARGUMENT]...

set -eu

srcdir=$(cd "$1" && pwd)
make=$2
shift 2
: "${FUZZ_CC=clang}"
sanitizers=-fsanitize=address,undefined

# variable NAME: out of the Makefile there.
variable() {
	sed -n "s/^$1 = //p" Makefile
}

mkdir -p fuzz
cd fuzz
[ -f Makefile ] || "$srcdir/configure" --quiet CC="$FUZZ_CC" \
	CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link \
$sanitizers" LDFLAGS="$sanitizers" "$@"
$make libadit.a
for source in "$srcdir"/tests/fuzz/fuzz_*.c; do
	name=${source##*/}
	name=${name%.c}
	echo "  cc fuzz/$name"
	eval "$FUZZ_CC -std=c99 -O1 -g -fsanitize=fuzzer $sanitizers \
		-I. -I'$srcdir/src' -I'$srcdir/compat' \
		$(variable OWN_CPPFLAGS) -o $name '$source' libadit.a \
		$(variable LIBS)"
done
echo "run: fuzz/fuzz_NAME CORPUS tests/fuzz/corpus/NAME"
