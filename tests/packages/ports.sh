#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/freebsd and contrib/alpine: what the port and APKBUILD say and do,
# with stand-ins for bsd.port.mk and abuild.
#
# needs: gcc make bmake libbearssl-dev util-linux iproute2

# Commands in single quotes have arguments of their own.
# shellcheck disable=SC2016

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/../portability/tap.sh"
# shellcheck source=tests/packages/init/copied.sh
. "$srcdir/tests/packages/init/copied.sh"
port=$srcdir/contrib/freebsd
: "${whole=1}"

needs gcc make bmake

adit=${ADIT_NATIVE-}
compiled=1
[ -x "$adit" ] || compiled=0
[ "$whole" = 0 ] || compiled=0

# --- The source archive ------------------------------------------------------

check 'configure' within packed "$srcdir/configure" -q
check 'make dist' make -s -C packed dist
tar -xzf packed/adit-*.tar.gz
source=$(echo "$work"/adit-*)
[ -x "$adit" ] || {
	check 'make' make -C packed "$jobs"
	adit=$work/packed/adit
	compiled=1
}

# --- FreeBSD's port ----------------------------------------------------------

# ports TARGET...: of the port, with the stand-in.
ports() {
	bmake -r -m "$srcdir/tests/packages/ports" -m /usr/share/mk \
		-f "$port/Makefile" WRKSRC="$work/freebsd" \
		STAGEDIR="$work/stage" LOCALBASE=/usr WITH_OLDNAMES=yes "$@"
}

# lists_all: whether pkg-plist has all that has been installed, and no more.
lists_all() {
	(cd "$work/stage/usr/local" && find . ! -type d) |
		sed 's,^\./,,; s,^share/man/.*,&.gz,' | sort >installed
	sed '/^@/d; s,%%OLDNAMES%%,,; s,%%DATADIR%%,share/adit,' \
		"$port/pkg-plist" | sort | diff - installed
}

cp -R "$source" freebsd
check 'the port has the version of configure' sh -c '
	grep -x "version=$(bmake -r -m "$1" -m /usr/share/mk -f "$2/Makefile" \
		-V DISTVERSION)" "$3/configure"' \
	sh "$srcdir/tests/packages/ports" "$port" "$srcdir"
check 'configure by the port' ports configure
cp "$adit" freebsd/adit
check 'make install' make -o adit -C freebsd install DESTDIR="$work/stage"
check 'the rest of the installation' ports stage
check 'the folder of configurations' test -d "$work/stage/usr/local/etc/adit"
check 'pkg-plist has all files, and no other' lists_all
check 'pkg-descr has lines of at most 80 letters' sh -c '
	! grep ".\{81\}" "$1/pkg-descr"' sh "$port"

# --- Alpine's APKBUILD -------------------------------------------------------

also=$source
! can_copy 'APKBUILD' ||
	run_copied alpine ports/inside.sh "$source" "$compiled"
done_testing
