#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Whether NAME.tar.gz of the current folder is whole: distcheck.sh NAME MAKE
# [CONFIGURE-ARGUMENT]... builds it out of tree, checks, installs, uninstalls
# and packs it once more.

set -eu

name=$1
make=$2
shift 2
top=$(pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' 0
trap 'exit 1' 1 2 15

fail() {
	echo "distcheck: $*" >&2
	exit 1
}

gzip -d <"$name.tar.gz" | (cd "$work" && tar -xf -)
# Building must not write into the sources.
chmod -R a-w "$work/$name"
mkdir "$work/build" "$work/installed"
cd "$work/build"
"../$name/configure" --quiet --enable-old-names "$@"
$make
$make check
$make install DESTDIR="$work/installed"
"$work/installed/usr/local/bin/adit" --version
$make uninstall DESTDIR="$work/installed"
left=$(find "$work/installed" ! -type d)
[ -z "$left" ] || fail "uninstall left $left"
$make dist
cmp "$name.tar.gz" "$top/$name.tar.gz" ||
	fail "the archive packs another archive"
$make distclean
left=$(find . ! -type d)
[ -z "$left" ] || fail "distclean left $left"
echo "  $name.tar.gz is whole"
