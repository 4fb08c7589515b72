#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# cppcheck has no complaint but those of cppcheck.suppress.

srcdir=$(cd "${1:-.}" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' 0
trap 'exit 1' 1 2 15
cd "$work" || exit 1

if ! command -v cppcheck >/dev/null; then
	echo '1..0 # SKIP cppcheck is not installed'
	exit 0
fi
if ! "$srcdir/configure" -q >configure.out 2>&1; then
	echo '1..0 # SKIP configure fails here:' "$(sed -n '$p' configure.out)"
	exit 0
fi

# As gcc on Linux, so that it knows which functions do not return.
cppcheck -q --std=c99 --error-exitcode=1 -D__GNUC__=12 -D__linux__=1 \
	-D__x86_64__=1 -D__STDC_VERSION__=199901L \
	--enable=warning,style,performance,portability \
	--suppressions-list="$srcdir/tests/lint/cppcheck.suppress" \
	--template='{file}:{line}: {id}: {message}' \
	-j "$(getconf _NPROCESSORS_ONLN)" -I . -I "$srcdir/src" \
	-I "$srcdir/compat" "$srcdir/src" "$srcdir/compat" >complaints 2>&1
status=$?
if [ $status = 0 ]; then
	echo 'ok 1 - cppcheck has no complaint'
else
	echo 'not ok 1 - cppcheck has no complaint'
	sort -u complaints | sed 's/^/# /'
fi
echo '1..1'
