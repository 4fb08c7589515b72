#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Builds for Windows with MinGW and runs the unit tests, the simulations, the
# fuzz corpora and tests/wine there, by wine.
#
# NOTES.  The peer of tests/wine is the program $ADIT_NATIVE, of this machine.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

needs x86_64-w64-mingw32-gcc wine apt-get make

WINEPREFIX=$work/wine WINEDEBUG=-all
WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
# Schedules of the random simulations: all of them take minutes.
ADIT_SCHEDULES=20
export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES ADIT_SCHEDULES
unset DISPLAY
# MinGW's winnt.h reads gcc's intrinsics, three quarters of all that is compiled
# here, and needs none of them.
CPPFLAGS=-D_X86INTRIN_H_INCLUDED

if ! bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" win64 \
	x86_64-w64-mingw32-gcc x86_64-w64-mingw32-ar 2>"$work/errors"); then
	sed 's/^/# /' "$work/errors"
	echo '1..0 # SKIP no BearSSL for Windows'
	exit 0
fi

check 'configure --host=x86_64-w64-mingw32' "$srcdir/configure" \
	--host=x86_64-w64-mingw32 --with-bearssl="$bearssl" \
	CPPFLAGS="$CPPFLAGS"
check 'make, without a warning' silent make "$jobs"
check 'wine starts' wine wineboot -i
# Access lists are made of the modes of files here, and names of files of
# characters of the locale.
check_by_wine() (
	umask 077
	chmod 600 "$srcdir"/tests/data/tls/*.key
	make "$jobs" check CHECK='unit sim fuzz' \
		EXEC_WRAPPER='env LC_ALL=C.UTF-8 wine'
)
check 'unit tests, simulations and corpora by wine' check_by_wine
check 'adit.exe --version by wine' wine ./adit.exe --version
check 'tests/wine' env EXEEXT=.exe sh "$srcdir/tests/check.sh" "$srcdir" \
	"$srcdir"/tests/wine/test_*.py
check 'no library but those of Windows' sh -c '
	x86_64-w64-mingw32-objdump -p adit.exe | grep "DLL Name" >libraries &&
	! grep -v -i -E "(advapi32|crypt32|kernel32|msvcrt|ws2_32|iphlpapi)\.dll" libraries'
check 'no code on the stack, a place by chance, no time of the build' sh -c '
	x86_64-w64-mingw32-objdump -p adit.exe >headers &&
	grep HIGH_ENTROPY_VA headers && grep DYNAMIC_BASE headers &&
	grep NX_COMPAT headers && grep "Time/Date.*1970" headers'
check 'manifest, version and messages are in the program' sh -c '
	grep -a "<activeCodePage" adit.exe >/dev/null &&
	grep -a "<longPathAware" adit.exe >/dev/null &&
	x86_64-w64-mingw32-objdump -h adit.exe | grep "\.rsrc"'
check 'a second link makes the same program' sh -c "
	cp adit.exe first.exe && rm adit.exe adit.res.o &&
	make Q= >second.log && cmp adit.exe first.exe"

# An old SDK has no WSAPoll(): then select() must do.
check 'configure for Windows XP' within xp "$srcdir/configure" \
	--host=x86_64-w64-mingw32 --with-bearssl="$bearssl" \
	CPPFLAGS="-D_WIN32_WINNT=0x0501 $CPPFLAGS"
check 'which has no poll()' grep 'HAVE_POLL 0' xp/config.h
check 'make for Windows XP' silent within xp make "$jobs"
wineserver -k >/dev/null 2>&1
done_testing
