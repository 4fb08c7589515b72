#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The layers, and what STYLE.md lets an awk see.

cd "${1:-.}" || exit 1

# shellcheck source=tests/lint/report.sh
. tests/lint/report.sh

# headless FILE...: those without SPDX and copyright in their first lines.
headless() {
	for file in "$@"; do
		[ -f "$file" ] || continue
		[ "$(sed 5q "$file" | grep -c -e 'SPDX-License-Identifier: ISC' \
			-e 'Copyright (c) 20.* The Adit authors')" = 2 ] ||
			echo "$file"
	done
}

# too_long FILE...
too_long() {
	for file in "$@"; do
		[ -f "$file" ] || continue
		lines=$(wc -l <"$file")
		[ "$lines" -le 900 ] || echo "$file: $lines lines"
	done
}

for folder in compat src/base src/wire src/net src/tunnel src/daemon \
	src/cmd; do
	report "$folder keeps to its layer and to the style" "$(
		for file in "$folder"/*.[ch]; do
			[ ! -f "$file" ] ||
				awk -f tests/lint/layers.awk "$file"
		done)"
done

report 'no test is longer than 900 lines' "$(
	too_long configure configure.[fos]* tests/*.sh tests/*/*.[cht] \
		tests/*/*.py tests/*/*.sh)"

report 'SPDX and copyright head each script and test' "$(
	headless configure configure.[fos]* Makefile.in tests/*.sh \
		tests/[!e]*/*.[cht] tests/*/*.sh tests/*/*.py contrib/*.sh)"

report 'each source is in a list of configure.sources' "$(
	lists=$(sed '/^# --- The generated lists/q' configure.sources)
	for file in compat/*.c src/*/*.c; do
		stem=${file##*/}
		stem=${stem%.c}
		[ "$stem" = main ] ||
			printf '%s\n' "$lists" | grep -qw "$stem" ||
			echo "$file"
	done)"

echo "1..$n"
