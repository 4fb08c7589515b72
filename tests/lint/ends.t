#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Who may end the program, and how a source begins.

cd "${1:-.}" || exit 1

n=0
# report NAME COMPLAINTS: a test that passes when there are none.
report() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

# Left of cmd/ a failure is a struct fault.  log.c has the two functions;
# alloc.c ends a program that has no memory as it starts.
report 'only cmd/ ends the program' "$(
	for file in src/*/*.[ch]; do
		case $file in
		src/cmd/* | src/base/log.[ch] | src/base/alloc.c) ;;
		*) grep -Hn 'die_\(usage\|system\)(' "$file" ;;
		esac
	done)"

report 'each source opens with a sentence on what it is for' "$(
	for file in compat/*.c src/*/*.c; do
		awk '
		NR == 4 && $0 != "/*" { bad = 1 }
		NR > 4 && !ended && /^ \* NOTES|^ \*\/|^ \*$/ {
			ended = 1
			if (text !~ /\.$/)
				bad = 1
		}
		NR > 4 && !ended { text = text " " $0 }
		END {
			if (bad || !ended)
				print FILENAME ": no comment of a sentence"
		}' "$file"
	done)"

echo "1..$n"
