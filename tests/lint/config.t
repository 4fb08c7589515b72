#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# configure answers as tests/expected/config-*.h say, wherever the system is
# the one that they were written on: Debian 12.  `config.t SRCDIR --accept`
# writes them anew.

srcdir=$(cd "${1:-.}" && pwd) || exit 1
accept=${2-}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' 0
trap 'exit 1' 1 2 15

case $(cat /etc/debian_version 2>/dev/null) in
12*) ;;
*)
	echo '1..0 # SKIP the expected answers are those of Debian 12'
	exit 0
	;;
esac

n=0
# expect NAME COMPILER ARGUMENT...
expect() {
	name=$1
	compiler=$2
	shift 2
	n=$((n + 1))
	if ! command -v "$compiler" >/dev/null; then
		echo "ok $n # SKIP $compiler is not installed"
		return
	fi
	mkdir "$work/$name"
	(cd "$work/$name" && unset CC CFLAGS CPPFLAGS LDFLAGS LIBS &&
		"$srcdir/configure" -q "$@") >"$work/out" 2>&1
	[ "$accept" != --accept ] || cp "$work/$name/config.h" \
		"$srcdir/tests/expected/config-$name.h"
	if diff -u "$srcdir/tests/expected/config-$name.h" \
		"$work/$name/config.h" >>"$work/out" 2>&1; then
		echo "ok $n - configure $*"
	else
		echo "not ok $n - configure $*"
		sed 's/^/# /' "$work/out"
	fi
}

# BearSSL need not be there for the other machines to be asked.
expect linux gcc CC=gcc HAVE_BEARSSL=1
expect mips mips-linux-gnu-gcc --host=mips-linux-gnu HAVE_BEARSSL=1
expect mingw x86_64-w64-mingw32-gcc --host=x86_64-w64-mingw32 HAVE_BEARSSL=1

# A BearSSL that lacks an internal member which we use is refused, unless TLS
# is left out.  The macro renames one in our use of it only.
old=$work/old-bearssl
mkdir -p "$old/inc" "$old/build"
printf '#include_next <bearssl.h>\n#define ixa not_there\n' \
	>"$old/inc/bearssl.h"
echo 'INPUT(-lbearssl)' >"$old/build/libbearssl.a"
# configure_old ARGUMENT...: with that one.
configure_old() {
	(cd "$work" && unset CC CFLAGS CPPFLAGS LDFLAGS LIBS &&
		"$srcdir/configure" -q CC=gcc --with-bearssl="$old" "$@") 2>&1
}
n=$((n + 1))
if configure_old | grep -q 'this BearSSL has not all of the internal'; then
	echo "ok $n - a BearSSL without an internal member is refused"
else
	echo "not ok $n - a BearSSL without an internal member is refused"
fi
n=$((n + 1))
if configure_old --without-tls >/dev/null; then
	echo "ok $n - but where TLS is left out"
else
	echo "not ok $n - but where TLS is left out"
fi
echo "1..$n"
