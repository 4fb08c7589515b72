#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# mandoc has no complaint about the manual pages.

cd "${1:-.}" || exit 1

if ! command -v mandoc >/dev/null; then
	echo '1..0 # SKIP mandoc is not installed'
	exit 0
fi

# shellcheck source=tests/lint/report.sh
. tests/lint/report.sh

for page in doc/*.[578]; do
	[ -f "$page" ] || continue
	# What is not installed here cannot be found by a reference to it.
	complaints=$(mandoc -T lint -W style "$page" 2>/dev/null |
		grep -v 'referenced manual not found')
	report "$page" "$complaints"
done
[ $n != 0 ] || echo 'ok 1 # SKIP there are no manual pages yet'
[ $n != 0 ] || n=1
echo "1..$n"
