#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Public functions that nobody calls.

cd "${1:-.}" || exit 1

# In no other place of src/ and compat/ than their declaration and definition,
# and why they are there.
exceptions='
	plan_compare		a reload will compare plans by it
	plan_read_line		reads what plan_print() writes: tests compare
				both
'

# A declaration at the left edge of a header names its function before the
# first parenthesis.
found=$(awk -v exceptions="$exceptions" '
BEGIN {
	n = split(exceptions, word)
	for (i = 1; i <= n; i++)
		excepted[word[i]] = 1
}
{
	header = FILENAME ~ /\.h$/
	line = $0
	sub(/\/\*.*/, "", line)
}
header && line ~ /^[a-zA-Z].*\(/ && line !~ /^(static|typedef)/ {
	name = line
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
	if (name != "")
		declared[name] = FILENAME
}
!header && $0 !~ /^ ?\*|^#include/ {
	# A definition begins a line by its name.
	if (match(line, /^[a-z_0-9]+\(/)) {
		name = substr(line, 1, RLENGTH - 1)
		line = substr(line, RLENGTH)
		file[name] = FILENAME
	}
	while (match(line, /[a-z_][a-zA-Z_0-9]*/)) {
		used[substr(line, RSTART, RLENGTH)] = 1
		line = substr(line, RSTART + RLENGTH)
	}
}
header && /^#define|^\t/ {
	# What an inline function or a macro uses.
	while (match(line, /[a-z_][a-zA-Z_0-9]*/)) {
		used[substr(line, RSTART, RLENGTH)] = 1
		line = substr(line, RSTART + RLENGTH)
	}
}
END {
	for (name in declared) {
		if (!(name in used) && !(name in excepted))
			print declared[name] ": nobody calls " name "()"
		if (name in used && name in excepted)
			print declared[name] ": " name \
			    "() is called: it is no exception any more"
	}
}' compat/*.[ch] src/*/*.[ch] | sort)

if [ -z "$found" ]; then
	echo 'ok 1 - each public function has a caller'
else
	echo 'not ok 1 - each public function has a caller'
	printf '%s\n' "$found" | sed 's/^/# /'
fi
echo '1..1'
