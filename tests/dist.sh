#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Packs the sources into the current folder: dist.sh SRCDIR NAME makes
# NAME.tar.gz.  The same sources give the same bytes on every machine.
#
# NOTES.  The files are those that git knows or, in an unpacked archive, those
# of its MANIFEST.  Their time is SOURCE_DATE_EPOCH, else that of the last
# commit, else that of the MANIFEST.

set -eu
LC_ALL=C TZ=UTC0
export LC_ALL TZ

srcdir=$1
name=$2
stage=$(mktemp -d)
trap 'rm -rf "$stage"' 0
trap 'exit 1' 1 2 15

if [ -e "$srcdir/.git" ]; then
	files=$(git -C "$srcdir" ls-files)
	time=$(git -C "$srcdir" log -1 --format=%ct)
else
	files=$(grep -v '^MANIFEST$' "$srcdir/MANIFEST")
	time=$(date -r "$srcdir/MANIFEST" +%s)
fi
time=${SOURCE_DATE_EPOCH:-$time}
if [ -z "$files" ]; then
	echo "dist: git knows no files here" >&2
	exit 1
fi

mkdir "$stage/$name"
printf '%s\nMANIFEST\n' "$files" | sort >"$stage/$name/MANIFEST"
printf '%s\n' "$files" | tar -c -C "$srcdir" -f - -T - |
	tar -x -C "$stage/$name" -f -
chmod -R u=rwX,go=rX "$stage/$name"
tar -c -C "$stage" --format=ustar --sort=name --mtime="@$time" \
	--owner=0 --group=0 --numeric-owner -f "$stage/tar" "$name"
gzip -9 -n <"$stage/tar" >"$name.tar.gz"
echo "  dist $name.tar.gz"
