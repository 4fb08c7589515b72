#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Fetches a source package of Debian and prints the folder with what is in it:
# source.sh PACKAGE.
#
# NOTES.  The source is kept in $ADIT_CACHE.  It is fetched with an APT
# configuration of our own, so that the machine's needs no deb-src lines and is
# not changed.

set -eu

# shellcheck source=tests/portability/cache.sh
. "$(dirname "$0")/cache.sh"

package=$1
cache_folder
source=$cache/$package

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
		apt-get -q source --download-only "$package") >&2
	rm -f "$work/$package"_*.asc
	mkdir "$work/$package"
	tar -x --no-same-owner -C "$work/$package" --strip-components=1 \
		-f "$work/$package"_*.orig.tar.*
	# Somebody else may have been faster.
	mv -T "$work/$package" "$source" 2>/dev/null || [ -d "$source" ]
	rm -rf "$work"
}

[ -d "$source" ] || fetch
printf '%s\n' "$source"
