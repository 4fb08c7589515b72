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

n=0
for page in doc/*.[578]; do
	[ -f "$page" ] || continue
	n=$((n + 1))
	# What is not installed here cannot be found by a reference to it.
	complaints=$(mandoc -T lint -W style "$page" 2>/dev/null |
		grep -v 'referenced manual not found')
	if [ -z "$complaints" ]; then
		echo "ok $n - $page"
	else
		echo "not ok $n - $page"
		printf '%s\n' "$complaints" | sed 's/^/# /'
	fi
done
[ $n != 0 ] || echo 'ok 1 # SKIP there are no manual pages yet'
[ $n != 0 ] || n=1
echo "1..$n"
