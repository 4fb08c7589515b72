#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Each mutant of tests/mutants/ still changes the file that it names.  Whether
# a test misses it is found out by tests/mutants.sh.

cd "${1:-.}" || exit 1

n=0
for file in tests/mutants/*; do
	n=$((n + 1))
	name=${file##*/}
	name=${name%.sed}
	if complaint=$(sh tests/mutants.sh -n "$name" 2>&1); then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		printf '%s\n' "$complaint" | sed 's/^/# /'
	fi
done
echo "1..$n"
