#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Builds musl from Debian's source package, static and for size, and prints the
# path of its compiler: musl.sh TARGET CC AR HEADERS CFLAGS.  TARGET is as musl
# names it (mips-linux-musl); HEADERS is the folder that has the kernel's
# headers: /usr/mips-linux-gnu/include.
#
# NOTES.  Builds are kept in $ADIT_CACHE.  The compiler is gcc's wrapper, which
# needs no other libc of that machine.

set -eu

# shellcheck source=tests/portability/cache.sh
. "$(dirname "$0")/cache.sh"

target=$1
cc=$2
ar=$3
headers=$4
cflags=$5
cache_folder
build=$cache/$target

# build_musl: into $build, which is in the wrapper's own texts.
build_musl() {
	work=$build.$$
	mkdir -p "$work"
	cd "$work"
	"$source/configure" --target="$target" --prefix="$build" CC="$cc" \
		AR="$ar" RANLIB="${ar%ar}ranlib" CFLAGS="$cflags" \
		--disable-shared --enable-wrapper=gcc
	make -s -j2
	make -s install
	for folder in linux asm asm-generic; do
		from=$headers
		[ -d "$from/$folder" ] || from=/usr/include
		cp -RL "$from/$folder" "$build/include/"
	done
	cd /
	rm -rf "$work"
	: >"$build/done"
}

source=$(sh "$(dirname "$0")/source.sh" musl)
[ -f "$build/done" ] || build_musl >&2
printf '%s\n' "$build/bin/musl-gcc"
