#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Who may end the program, how a source begins, and names of static functions.

cd "${1:-.}" || exit 1

# shellcheck source=tests/lint/report.sh
. tests/lint/report.sh

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

# Files of which only one is built may share a name: they count as one.
report 'no two sources have static functions of one name' "$(
	awk '
	FNR == 1 {
		unit = FILENAME
		sub(/_(posix|win32)\.c$/, ".c", unit)
		sub(/tun_(linux|freebsd|netbsd|openbsd|utun|none)\.c$/,
		    "tun.c", unit)
		sub(/sha256_(x86|plain)\.c$/, "sha256.c", unit)
		before = ""
	}
	# The type is on the line before the name.
	match($0, /^[a-z_0-9]+\(/) && before ~ /^(NORETURN )?static / &&
	    before !~ /[;=]/ {
		name = substr($0, 1, RLENGTH - 1)
		if (name in owner && owner[name] != unit)
			print FILENAME ": " name "() is also in " file[name]
		else {
			owner[name] = unit
			file[name] = FILENAME
		}
	}
	{ before = $0 }' compat/*.c src/*/*.c)"

echo "1..$n"
