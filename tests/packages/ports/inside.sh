#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Does with contrib/alpine/APKBUILD what abuild does, in a copy of the machine:
# inside.sh SRCDIR SOURCE COMPILED, with the unpacked source archive, and 1 or 0
# for whether it has been compiled before.

# Commands in single quotes have arguments of their own.
# shellcheck disable=SC2016

# shellcheck source=tests/packages/init/inside.sh
. "${0%/*}/../init/inside.sh"
kill "$echo_pid"
trap 'rm -rf "$work"' 0
compiled=$3

# Stand-ins for those of Alpine, with the options that our script uses.
cat >/usr/local/bin/addgroup <<'END'
#!/bin/sh
[ "$#:$1" = 2:-S ] || exit 2
exec groupadd -r "$2"
END
cat >/usr/local/bin/adduser <<'END'
#!/bin/sh
while getopts SDHh:s:G:g: option; do
	case $option in
	S | D | H | g) ;;
	h) home=$OPTARG ;;
	s) shell=$OPTARG ;;
	G) group=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
exec useradd -r -M -d "$home" -s "$shell" -g "$group" "$1"
END
chmod 755 /usr/local/bin/addgroup /usr/local/bin/adduser
PATH=/usr/local/bin:$PATH
export PATH
cp -R "$2/." "$work/source"
cd "$work/source" || exit 1

# What abuild gives to the functions.
CBUILD=$(gcc -dumpmachine) CHOST=$CBUILD
pkgdir=$work/pkg subpkgdir=$work/subpkg
export CBUILD CHOST pkgdir subpkgdir

amove() {
	for path in "$@"; do
		mkdir -p "$subpkgdir/${path%/*}"
		mv "$pkgdir/$path" "$subpkgdir/$path" || return
	done
}

# runs FUNCTION: as abuild does, which ends at the first failure.
runs() {
	(
		set -e
		# shellcheck source=contrib/alpine/APKBUILD
		. ./contrib/alpine/APKBUILD
		[ "$compiled" = 0 ] || fake_make
		"$1"
	)
}

# fake_make: nothing is newer than the program.
fake_make() {
	make() {
		case $* in
		'') cp /usr/bin/adit adit ;;
		*install) command make -o adit "$@" ;;
		esac
	}
}

# rightly_owned: /etc/adit.
rightly_owned() {
	stat -c '%a %U %G' "$pkgdir/etc/adit" | grep -x '750 root adit'
}

check 'the version is that of configure' grep -x \
	"version=$(sed -n 's/^pkgver=//p' contrib/alpine/APKBUILD)" configure
check 'the script before the installation' sh contrib/alpine/adit.pre-install
check 'has made a user' id adit
check 'and may run again' sh contrib/alpine/adit.pre-install
check 'build' runs build
check 'package' runs package
check 'the program runs' "$pkgdir/usr/bin/adit" --version
check '/etc/adit is for root and the group' rightly_owned
check 'the script is there' grep openrc-run "$pkgdir/etc/init.d/adit"
check 'and its settings' test -f "$pkgdir/etc/conf.d/adit"
check 'manual pages, too' test -f "$pkgdir/usr/share/man/man8/adit.8"
check 'the old names are a second package' runs old_names
check 'which has them all' sh -c '
	sed -n "s/^old_names=.\(.*\).$/\1/p" configure | tr " " "\n" |
		sort >wanted && ls "$1/usr/bin" | sort | diff wanted -' \
	sh "$subpkgdir"
check 'the first keeps the program alone' sh -c '
	[ "$(ls "$1/usr/bin")" = adit ]' sh "$pkgdir"
done_testing
