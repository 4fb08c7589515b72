#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Builds BearSSL for a different machine from Debian's source package and prints
# the folder for --with-bearssl: bearssl.sh TARGET CC AR [CFLAGS].
#
# NOTES.  Builds are kept in $ADIT_CACHE, as is the source (source.sh).

set -eu

# shellcheck source=tests/portability/cache.sh
. "$(dirname "$0")/cache.sh"

target=$1
cc=$2
ar=$3
cflags=${4--Os}
cache_folder
build=$cache/bearssl-$target

source=$(sh "$(dirname "$0")/source.sh" bearssl)
if [ ! -f "$build/build/libbearssl.a" ]; then
	work=$build.$$
	mkdir -p "$work"
	cp -R "$source/inc" "$work/inc"
	make -s -C "$source" CONF=Unix BUILD="$work/build" CC="$cc" \
		AR="$ar" CFLAGS="$cflags" lib >&2
	mv -T "$work" "$build" 2>/dev/null || rm -rf "$work"
fi
printf '%s\n' "$build"
