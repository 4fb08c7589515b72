#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Tests keep what they run in a folder that no different user has made or may
# write: tests/portability/cache.sh, by which each script finds it.

srcdir=$(cd "${1:-.}" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' 0
trap 'exit 1' 1 2 15

n=0
# report NAME COMMAND...
report() {
	name=$1
	shift
	n=$((n + 1))
	if "$@" >"$work/words" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/words"
	fi
}

# takes FOLDER: whether cache_folder does.
takes() {
	# shellcheck disable=SC2016
	ADIT_CACHE=$1 sh -c '. "$1" && cache_folder && echo "$cache"' sh \
		"$srcdir/tests/portability/cache.sh" | grep -F -x -e "$1"
}

refuses() {
	! takes "$1"
}

# others: scripts that name the folder by themselves.
others() {
	find "$srcdir/tests" -name '*.sh' ! -name cache.sh -exec \
		grep -n -e '[$]{ADIT_CACHE' -e '/adit-cache' {} /dev/null \; \
		>"$work/others"
	cat "$work/others"
	[ ! -s "$work/others" ]
}

# mode FOLDER MODE
mode() {
	find "$1" -prune -type d -perm "$2" | grep .
}

report 'no script has a folder of its own' others
report 'it is made' takes "$work/a b/cache"
report 'for us alone' mode "$work/a b/cache" 700
report 'it is used again' takes "$work/a b/cache"
chmod 755 "$work/a b/cache"
report 'others may read it' takes "$work/a b/cache"
report 'and it stays like that' mode "$work/a b/cache" 755
chmod 775 "$work/a b/cache"
report 'the group may not write it' refuses "$work/a b/cache"
chmod 1777 "$work/a b/cache"
report 'nor others' refuses "$work/a b/cache"
mkdir -m 700 "$work/other"
ln -s other "$work/link"
report 'it is no link' refuses "$work/link"
if chown 1 "$work/other" 2>/dev/null; then
	report 'it belongs to no different user' refuses "$work/other"
else
	n=$((n + 1))
	echo "ok $n - it belongs to no different user # SKIP not root"
fi
echo "1..$n"
