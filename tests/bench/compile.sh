#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Builds the programs of the benchmark, and says what it runs on; the other
# scripts read this.

: "${build=}" "${srcdir=}"
own=$build/tests/bench

# compile NAME SOURCE...: with the compiler of the build.
compile() {
	program=$1
	shift
	cc=$(sed -n 's/^CC = //p' "$build/Makefile")
	libs=$(sed -n 's/^LIBS = //p' "$build/Makefile")
	sources=''
	for source; do
		sources="$sources $srcdir/tests/bench/$source.c"
	done
	mkdir -p "$own"
	# Lists of words, which may be quoted for make's shell; the folders
	# have no blanks in them, or make would have stumbled.
	eval "$cc -std=c99 -O2 -Wall -Wextra -I$build -I$srcdir/compat \
		-o $own/$program $sources $build/libadit.a $libs" || exit 1
}

compile_bench() {
	compile bench bench load search sink sink_uott process batch
}

# words WORD...: the words as they are typed, each after a blank.
words() {
	for word; do
		case $word in
		*[!A-Za-z0-9_.,/:@%+=-]* | '') printf ' "%s"' "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
}

# heading COMMAND: the line that results begin with.
heading() {
	cpu=$(sed -n 's/^model name[[:blank:]]*: //p' /proc/cpuinfo \
		2>/dev/null | sed 1q)
	printf '# %s; %s; %s; %s x %s; load %s; %s\n' \
		"$(date '+%Y-%m-%d %H:%M')" \
		"$("$build/adit" --version | sed 1q)" "$(uname -sr)" \
		"$(getconf _NPROCESSORS_ONLN)" "${cpu:-$(uname -m)}" \
		"$(uptime | sed 's/.*average[s]*: *//; s/,.*//')" "$1"
}
