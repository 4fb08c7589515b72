#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Makes the installer of adit.nsi: see usage().
#
# NOTES.  The same program gives the same installer, byte by byte, with the same
# makensis and mandoc.

set -eu
LC_ALL=C
export LC_ALL

usage() {
	cat <<'TEXT'
usage: sh contrib/windows/build.sh [-v VERSION] PROGRAM FOLDER
Makes FOLDER/adit-VERSION-ARCH-setup.exe from PROGRAM, an adit.exe for x64, x86
or arm64, and prints its name.  Needs makensis (NSIS 3; a release needs 3.11 or
later) and mandoc.
TEXT
}

bad() {
	echo "build.sh: $*; --help shows what there is" >&2
	exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
version=$(sed -n 's/^version=//p' "$root/configure")
while [ $# -gt 0 ]; do
	case $1 in
	-v) [ $# -gt 1 ] || bad '-v needs a version'; version=$2; shift ;;
	-h | --help) usage; exit 0 ;;
	-*) bad "$1: no such option" ;;
	*) break ;;
	esac
	shift
done
[ $# = 2 ] || bad 'a program and a folder are expected'
[ -f "$1" ] || bad "$1: there is no such file"
for tool in makensis mandoc; do
	command -v "$tool" >/dev/null || bad "$tool is not installed"
done
nsis=$(makensis -VERSION)
# Those before let a user replace the plug-ins of an installer that SYSTEM runs
# (CVE-2025-43715).  v3.08-3 is major 3, minor 08.
minor=${nsis#v3.}
case $nsis in
v3.*) minor=${minor%%[!0-9]*} ;;
v[4-9]*) minor=99 ;;
*) minor=0 ;;
esac
[ "${minor:-0}" -ge 11 ] ||
	echo "build.sh: NSIS $nsis: a release needs 3.11 or later" \
		"(CVE-2025-43715)" >&2

# bytes OFFSET COUNT: of the program, as decimal numbers.
bytes() {
	od -An -v -tu1 -j "$1" -N "$2" "$program" | tr -s ' \n' '  '
}

program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
# Where the header is, little endian; its word 2 is the kind of machine.
# shellcheck disable=SC2046
set -- "$2" $(bytes 60 4)
[ $# = 5 ] || bad "$program: no program of Windows"
header=$(($2 + 256 * $3 + 65536 * $4))
case $(bytes "$header" 6) in
' 80 69 0 0 100 134 ' | ' 80 69 0 0 100 134') arch=x64 ;;
' 80 69 0 0 76 1 ' | ' 80 69 0 0 76 1') arch=x86 ;;
' 80 69 0 0 100 170 ' | ' 80 69 0 0 100 170') arch=arm64 ;;
*) bad "$program: no program of Windows for x64, x86 or arm64" ;;
esac

# Four numbers, as Windows has them: 0.1 is 0.1.0.0.
numbers=$(printf '%s.0.0.0\n' "$version" | tr -c '0-9.\n' '.' |
	sed 's/\.\.*/./g' | cut -d. -f1-4)

mkdir -p "$1"
out=$(cd "$1" && pwd)/adit-$version-$arch-setup.exe
data=$(mktemp -d)
trap 'rm -rf "$data"' 0
trap 'exit 1' 1 2 15

# with_cr FILE: for the editors of old Windows.
with_cr() {
	awk '{ sub(/\r$/, ""); printf "%s\r\n", $0 }' "$1"
}
with_cr "$root/COPYING" >"$data/COPYING.txt"
with_cr "$here/README" >"$data/README.txt"
with_cr "$here/adit.conf" >"$data/adit.conf"
mkdir "$data/doc"
for page in "$root"/doc/*.[578]; do
	# With links to the other pages.
	mandoc -T html -O 'man=%N.%S.html' "$page" \
		>"$data/doc/$(basename "$page").html"
done

rm -f "$out"
makensis -V2 -NOCD -INPUTCHARSET UTF8 "-DARCH=$arch" "-DVERSION=$version" \
	"-DNUMBERS=$numbers" "-DEXE=$program" "-DDATA=$data" "-DOUTPUT=$out" \
	"$here/adit.nsi" >&2
printf '%s\n' "$out"
