#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Each header compiles after "compat.h" alone, and twice in a row.

srcdir=$(cd "${1:-.}" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' 0
trap 'exit 1' 1 2 15
cd "$work" || exit 1

if ! "$srcdir/configure" -q >configure.out 2>&1; then
	echo '1..0 # SKIP configure fails here:' "$(sed -n '$p' configure.out)"
	exit 0
fi
cc=$(sed -n 's/^CC = //p' Makefile)
flags=$(sed -n 's/^OWN_C[A-Z]*FLAGS = //p' Makefile | tr '\n' ' ')

n=0
for header in "$srcdir"/compat/*.h "$srcdir"/src/*/*.h; do
	name=${header#"$srcdir/"}
	name=${name#compat/}
	name=${name#src/}
	n=$((n + 1))
	cat >probe.c <<-END
		#include "compat.h"
		#include "$name"
		#include "$name"
		extern int probe;
	END
	# Words, both of them.
	# shellcheck disable=SC2086
	if $cc $flags -O1 -Werror -Wno-unused-function -I. -I"$srcdir/src" \
		-I"$srcdir/compat" -c -o probe.o probe.c 2>errors; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' errors
	fi
done
echo "1..$n"
