#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Runs clang-tidy, as .clang-tidy says, over all sources that this system
# builds: tidy.sh BUILD SRCDIR, or `make tidy`; takes some minutes.
#
# NOTES.  This is not a test, since each version of clang-tidy has different
# complaints; version 14 has none.  False positives are listed in `known`:
# FILE [CHECK].

build=$(cd "${1:-.}" && pwd) && cd "${2:-.}" || exit 1

# poll_select: FD_ISSET() of a descriptor that it takes to be negative.
# tun_table: an address that is freed has left its owner's list before.
known='src/net/poll_select.c [clang-analyzer-core.UndefinedBinaryOperatorResult]
src/tunnel/tun_table.c [clang-analyzer-unix.Malloc]'

if ! command -v clang-tidy >/dev/null; then
	echo 'tidy: clang-tidy is not installed' >&2
	exit 1
fi
said=$(mktemp) || exit 1
trap 'rm -f "$said"' 0
trap 'exit 1' 1 2 15

flags=$(sed -n 's/^OWN_CPPFLAGS = //p' "$build/Makefile")
# The program of sed and that of the inner shell are quoted on purpose.
# shellcheck disable=SC2016
sed -n 's/^[^ ]*\.o: \$(srcdir)\/\([^ ]*\.c\) .*/\1/p' "$build/Makefile" |
	xargs -n 4 -P "$(getconf _NPROCESSORS_ONLN)" sh -c '
		options=$1
		shift
		clang-tidy -quiet "$@" -- -std=c99 $options 2>/dev/null' tidy \
		"-I$build -Isrc -Icompat $flags" >"$said"
grep -E '(warning|error): ' "$said" | sed "s|^$(pwd)/||" | sort -u |
	while read -r line; do
		file=${line%%:*} check="[${line##*\[}"
		printf '%s\n' "$known" | grep -qxF "$file $check" ||
			printf '%s\n' "$line"
	done >"$said.new"
mv "$said.new" "$said"
cat "$said"
[ ! -s "$said" ]
