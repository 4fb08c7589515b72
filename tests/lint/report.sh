#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# TAP of lints, which read this, and print "1..$n" at the end.

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

# report_status NAME STATUS: a test that passes with 0, and whose name says all.
report_status() {
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
	fi
}
