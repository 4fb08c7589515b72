#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Fills in the manifests for winget, Scoop and Chocolatey: see usage().

set -eu
LC_ALL=C
export LC_ALL

usage() {
	cat <<'TEXT'
usage: sh contrib/windows/manifests.sh -u URL [-p PUBLISHER] -o FOLDER FILE...
Writes FOLDER/winget, FOLDER/scoop and FOLDER/chocolatey for files of a release,
which people will find at URL/NAME: adit-VERSION-ARCH-setup.exe for winget and
Chocolatey, adit-VERSION-ARCH.zip with adit.exe for Scoop; ARCH is x64, x86 or
arm64.  PUBLISHER begins the identifier of winget (default: Adit).
TEXT
}

bad() {
	echo "manifests.sh: $*; --help shows what there is" >&2
	exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
url='' publisher=Adit out=''
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	-u | -p | -o)
		[ $# -gt 1 ] || bad "$1 needs a word"
		case $1 in
		-u) url=${2%/} ;;
		-p) publisher=$2 ;;
		-o) out=$2 ;;
		esac
		shift
		;;
	-*) bad "$1: no such option" ;;
	*) break ;;
	esac
	shift
done
if [ -z "$url" ] || [ -z "$out" ] || [ $# = 0 ]; then
	bad '-u, -o and files are expected'
fi
case $url in
https://?*) ;;
*) bad "$url: must begin with https://" ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' 0
trap 'exit 1' 1 2 15
for part in winget scoop choco; do
	: >"$work/$part"
done
version=''
for file; do
	name=${file##*/}
	[ -f "$file" ] || bad "$file: there is no such file"
	rest=${name#adit-}
	case $rest in
	*-setup.exe) kind=setup rest=${rest%-setup.exe} ;;
	*.zip) kind=zip rest=${rest%.zip} ;;
	*) rest=- kind='' ;;
	esac
	arch=${rest##*-}
	case $kind$arch in
	*x64 | *x86 | *arm64) ;;
	*) bad "$name: is no file of a release" ;;
	esac
	[ -z "$version" ] || [ "$version" = "${rest%-*}" ] ||
		bad "$name: has a version of its own"
	version=${rest%-*}
	sum=$(sha256sum <"$file")
	sum=${sum%% *}
	if [ $kind = zip ]; then
		case $arch in
		x64) key=64bit ;;
		x86) key=32bit ;;
		arm64) key=arm64 ;;
		esac
		[ ! -s "$work/scoop" ] || echo ',' >>"$work/scoop"
		printf '        "%s": {\n            "url": "%s",\n' "$key" \
			"$url/$name" >>"$work/scoop"
		printf '            "hash": "%s"\n        }' "$sum" \
			>>"$work/scoop"
		continue
	fi
	{
		printf -- '- Architecture: %s\n  InstallerUrl: %s\n' "$arch" \
			"$url/$name"
		printf '  InstallerSha256: %s\n' \
			"$(printf '%s' "$sum" | tr a-f A-F)"
	} >>"$work/winget"
	case $arch in
	x64) suffix=64bit key=64 ;;
	x86) suffix='' key='' ;;
	*) continue ;;	# Chocolatey knows the two
	esac
	{
		printf "    url%-11s = '%s'\n" "$suffix" "$url/$name"
		printf "    checksum%-6s = '%s'\n" "$key" "$sum"
		printf "    checksumType%-2s = 'sha256'\n" "$key"
	} >>"$work/choco"
done
[ ! -s "$work/scoop" ] || echo >>"$work/scoop"

# fill TEMPLATE FILE PART: with the text of that file for a line that is a word
# between two @.
fill() {
	mkdir -p "$(dirname "$2")"
	sed -e "s|@VERSION@|$version|g" -e "s|@URL@|$url|g" \
		-e "s|@PUBLISHER@|$publisher|g" -e '/^@[A-Z]*@$/{' \
		-e "r $work/$3" -e 'd' -e '}' "$here/$1" >"$2"
}
if [ -s "$work/winget" ]; then
	for part in installer.yaml locale.en-US.yaml yaml; do
		fill "winget/adit.$part.in" \
			"$out/winget/$publisher.Adit.$part" winget
	done
	fill chocolatey/adit.nuspec.in "$out/chocolatey/adit.nuspec" choco
	for part in Install Uninstall; do
		fill "chocolatey/tools/chocolatey$part.ps1.in" \
			"$out/chocolatey/tools/chocolatey$part.ps1" choco
	done
fi
[ ! -s "$work/scoop" ] ||
	fill scoop/adit.json.in "$out/scoop/adit.json" scoop
