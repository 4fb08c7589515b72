#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Builds BearSSL for a different machine from Debian's source package and prints
# the folder for --with-bearssl: bearssl.sh TARGET CC AR [CFLAGS].
#
# NOTES.  Source and builds are kept in $ADIT_CACHE.  The source is fetched with
# an APT configuration of our own, so that the machine's needs no deb-src lines
# and is not changed.

set -eu

target=$1
cc=$2
ar=$3
cflags=${4--Os}
cache=${ADIT_CACHE:-${TMPDIR:-/tmp}/adit-cache}
source=$cache/bearssl
build=$cache/bearssl-$target

# fetch: the source package, unpacked as $source.
fetch() {
	work=$cache/fetch.$$
	mkdir -p "$work/lists/partial" "$work/sources.d"
	# The suites of this machine, as sources.
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$file" ] ||
			sed -n 's/^deb /deb-src /p' "$file"
	done >"$work/sources.list"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" \
			>"$work/sources.d/${file##*/}"
	done
	cat >"$work/apt.conf" <<END
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "$work/sources.d";
Dir::State::Lists "$work/lists";
Dir::Cache::srcpkgcache "";
Dir::Cache::pkgcache "";
APT::Sandbox::User "";
END
	APT_CONFIG=$work/apt.conf
	export APT_CONFIG
	(cd "$work" && apt-get -q update &&
		apt-get -q source --download-only bearssl) >&2
	mkdir "$work/bearssl"
	tar -x --no-same-owner -C "$work/bearssl" --strip-components=1 \
		-f "$work"/bearssl_*.orig.tar.*
	# Somebody else may have been faster.
	mv -T "$work/bearssl" "$source" 2>/dev/null || [ -d "$source" ]
	rm -rf "$work"
}

mkdir -p "$cache"
[ -d "$source" ] || fetch
if [ ! -f "$build/build/libbearssl.a" ]; then
	work=$build.$$
	mkdir -p "$work"
	cp -R "$source/inc" "$work/inc"
	make -s -C "$source" CONF=Unix BUILD="$work/build" CC="$cc" \
		AR="$ar" CFLAGS="$cflags" lib >&2
	mv -T "$work" "$build" 2>/dev/null || rm -rf "$work"
fi
printf '%s\n' "$build"
