#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Tests what is in contrib/: see usage().
#
# NOTES.  Each other file here, NAME.sh, is a part: it reads tap.sh of
# tests/portability, writes TAP, and does what takes long only where `whole`
# (below) is 1.  A part that needs what this machine cannot have skips it with
# the reason.

set -u
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
usage: sh tests/packages/run.sh [OPTION]... [PART]...
Builds the packages and runs the scripts of contrib/, each in the system that
it is for or in a stand-in of it; the last lines are a table.

  --list      list the parts
  --ci        only what is quick: stand-ins, lints, one .deb and its units
  --install   install what the parts need (Debian's packages, as root)
  -o DIR      leave the TAP of each part in DIR (default: a temporary folder)
  --help      show this

Exit status 1 if a test failed.
END
}

bad() {
	echo "tests/packages/run.sh: $*; --help shows what there is" >&2
	exit 2
}

here=$(cd "$(dirname "$0")" && pwd) || exit 1

# The parts, by name.
parts() {
	for part in "$here"/*.sh; do
		part=$(basename "$part" .sh)
		[ "$part" = run ] || echo "$part"
	done
}

# whole: 1 for everything, 0 for what is quick.
whole=1 install=0 out='' named=''
while [ $# -gt 0 ]; do
	case $1 in
	--list) parts; exit 0 ;;
	--ci) whole=0 ;;
	--install) install=1 ;;
	-o) [ $# -gt 1 ] || bad '-o needs a folder'; out=$2; shift ;;
	-h | --help) usage; exit 0 ;;
	-*) bad "$1: no such option" ;;
	*)
		parts | grep -x "$1" >/dev/null || bad "$1: no such part"
		named="$named $1"
		;;
	esac
	shift
done
kept=$out
[ -n "$out" ] || out=$(mktemp -d) || exit 1
mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 1
[ -n "$kept" ] || trap 'rm -rf "$out"' 0
trap 'exit 130' 1 2 15
export whole

# packages_of PART: those of its lines "# needs: PACKAGE..." (Debian's names),
# and those of "# needs if whole: PACKAGE...".
packages_of() {
	sed -n 's/^# needs: //p' "$here/$1.sh"
	[ $whole = 0 ] || sed -n 's/^# needs if whole: //p' "$here/$1.sh"
}

[ -n "$named" ] || named=$(parts)
if [ $install = 1 ]; then
	wanted=''
	for part in $named; do
		wanted="$wanted $(packages_of "$part")"
	done
	# A list of words.
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
		-o DPkg::Lock::Timeout=300 --no-install-recommends $wanted >"$out/apt.log" 2>&1 </dev/null ||
		{ tail -n 5 "$out/apt.log" >&2; exit 1; }
fi

# count FILE: passed, failed, skipped, and whether it came to its end.
count() {
	awk '
	/^not ok/ { failed++; n++; next }
	/^ok .*# [Ss][Kk][Ii][Pp]/ { skipped++; n++; next }
	/^ok/ { passed++; n++ }
	/^1\.\.[0-9]/ { plan = substr($1, 4) + 0; planned = 1 }
	/^1\.\.0 / { skipped++ }
	END {
		if (!planned || plan != n)
			failed++
		print passed + 0, failed + 0, skipped + 0
	}' "$1"
}

status=0
: >"$out/table"
for part in $named; do
	at=$(date +%s)
	echo "$part ..."
	sh "$here/$part.sh" >"$out/$part.tap" 2>"$out/$part.err" </dev/null
	# shellcheck disable=SC2046
	set -- $(count "$out/$part.tap")
	printf '%-12s %4s s  %s passed, %s failed, %s skipped\n' "$part" \
		$(($(date +%s) - at)) "$1" "$2" "$3" >>"$out/table"
	if [ "$2" != 0 ]; then
		status=1
		grep -A 40 '^not ok' "$out/$part.tap"
		tail -n 10 "$out/$part.err"
	fi
	grep '# SKIP' "$out/$part.tap" | sed "s/^/$part: /"
done
cat "$out/table"
rm -f "$out/table"
exit $status
