# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# For the scripts of this folder, which read it: TAP, and a folder to work in.
# After it, $srcdir and $work are absolute paths, and the folder is the latter.
#
# shellcheck shell=sh

set -u
LC_ALL=C
export LC_ALL
unset CC CFLAGS CPPFLAGS LDFLAGS LIBS AR STRIP

srcdir=$(cd "${1:-$(dirname "$0")/../..}" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'cd /; chmod -R u+w "$work"; rm -rf "$work"' 0
trap 'exit 1' 1 2 15
cd "$work" || exit 1

tests=0

# check NAME COMMAND...: passes when the command does; else shows its words.
check() {
	name=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$work/words" 2>&1; then
		echo "ok $tests - $name"
		return 0
	fi
	echo "not ok $tests - $name"
	tail -n 40 "$work/words" | sed 's/^/# /'
	return 1
}

# skip NAME WHY
skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

done_testing() {
	echo "1..$tests"
	exit 0
}

# needs TOOL...: skips all of the script when one is missing.
needs() {
	for tool in "$@"; do
		if ! command -v "$tool" >/dev/null 2>&1; then
			echo "1..0 # SKIP $tool is not installed"
			exit 0
		fi
	done
}

# within FOLDER COMMAND...: in that folder, which is made.
within() {
	mkdir -p "$1"
	(cd "$1" && shift && "$@")
}

# silent COMMAND...: whether it also keeps from warning.
silent() {
	"$@" >"$work/said" 2>&1 || {
		cat "$work/said"
		return 1
	}
	! grep -i 'warning' "$work/said"
}

# apart COMMAND...: in a network of its own, where that is allowed, since other
# programs may hold each port of this one.
apart() {
	# shellcheck disable=SC2016
	if unshare -n ip link set lo up 2>/dev/null; then
		unshare -n sh -c 'ip link set lo up && exec "$@"' sh "$@"
	else
		"$@"
	fi
}

jobs=-j$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# debian_mirror: the archive of Debian that this machine installs from.
# shellcheck disable=SC2016
debian_mirror() {
	apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
		grep -v security | sed -n 1p
}
