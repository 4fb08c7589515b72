#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Builds with features left out, -Werror, and passes the unit tests and, with
# --all, the simulations: combinations.sh [--all] [SEED].
#
# NOTES.  With --all each feature alone, all together and twenty random
# combinations; else five random ones, of which none begins after three minutes.
# A seed gives the same ones again.  If none is given it is the date with --all,
# and otherwise always the same: continuous integration judges commits.  The
# features are what `configure --help` lists as --without-NAME.

# Functions are called by name.
# shellcheck disable=SC2317

all=0
seed=20261130
if [ "${1-}" = --all ]; then
	all=1
	seed=$(date +%Y%m%d)
	shift
fi
seed=${1:-$seed}
set --

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

needs make

features=$("$srcdir/configure" --help |
	sed -n 's/^  --without-\([a-z0-9-]*\) .*/\1/p')

# random_ones N: lines of options, each with about half of the features.
random_ones() {
	echo "$features" | awk -v seed="$seed" -v n="$1" '
	{ name[NR] = $1 }
	END {
		srand(seed)
		for (i = 0; i < n; i++) {
			line = ""
			for (j = 1; j <= NR; j++)
				if (rand() < 0.5)
					line = line " --without-" name[j]
			print line
		}
	}'
}

# build OPTION...: the program and its tests.
build() {
	rm -rf one
	within one "$srcdir/configure" -q --enable-werror "$@" &&
		within one silent make "$jobs" all tests CHECK=unit &&
		within one make "$jobs" check CHECK=unit || return
	[ "$all" = 0 ] || within one make "$jobs" check CHECK=sim
}

{
	if [ $all = 1 ]; then
		echo "$features" | sed 's/^/--without-/'
		echo "$features" | sed 's/^/--without-/' | tr '\n' ' '
		echo
		random_ones 20
	else
		random_ones 5
	fi
} >lines

echo "# seed $seed"
began=$(date +%s)
while read -r line; do
	[ $all = 1 ] || [ $(($(date +%s) - began)) -lt 180 ] || break
	# shellcheck disable=SC2086
	check "${line:-all features}" build $line </dev/null
done <lines
done_testing
