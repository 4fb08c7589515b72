#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The installer and the manifests for Windows (contrib/windows).
# needs: nsis mandoc gcc-mingw-w64-x86-64-win32 gcc-mingw-w64-i686-win32 wine64 wine python3-pytest python3-yaml
#
# NOTES.  Builds adit.exe, makes installers of it, and runs
# tests/wine/test_setup.py in wine, with the program of this machine as peer.
# ADIT_NATIVE and ADIT_EXE name programs that are built already.  What is quick
# takes a small program of Windows in place of adit.exe, and does not run it.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/../portability/tap.sh"

: "${whole=1}"
contrib=$srcdir/contrib/windows
needs makensis mandoc x86_64-w64-mingw32-gcc

# --- The installer is made --------------------------------------------------

# Also the stand-in of netsh, which writes its arguments to a file.
cat >netsh.c <<'TEXT'
#include <stdio.h>
#include <string.h>
#include <windows.h>

int
main(void)
{
	FILE *file = fopen("C:\\netsh.txt", "ab");
	const char *line = strstr(GetCommandLineA(), ".exe");

	line += strcspn(line, " ");
	fprintf(file, "%s\n", line + strspn(line, " "));
	return fclose(file) != 0;
}
TEXT
check 'a small program for x64' x86_64-w64-mingw32-gcc -o netsh.exe netsh.c
build() {
	sh "$contrib/build.sh" "$@"
}
check 'an installer for x64' build -v 0.0.2 netsh.exe one
mv one first
check 'the same again' build -v 0.0.2 netsh.exe one
check 'is the same, byte by byte' cmp first/adit-0.0.2-x64-setup.exe \
	one/adit-0.0.2-x64-setup.exe
check 'and asks for an administrator' grep -a requireAdministrator \
	one/adit-0.0.2-x64-setup.exe
if command -v i686-w64-mingw32-gcc >/dev/null; then
	check 'a small program for x86' i686-w64-mingw32-gcc -o x86.exe netsh.c
	check 'an installer for x86' build -v 0.0.2 x86.exe one
else
	skip 'an installer for x86' 'no compiler for it'
fi
# The kind of machine in the header of a program.
arm64() {
	at=$(od -An -tu4 -j60 -N4 netsh.exe | tr -d ' ')
	cp netsh.exe arm64.exe
	printf '\144\252' | dd of=arm64.exe bs=1 seek=$((at + 4)) conv=notrunc
}
check 'a program that says it is for arm64' arm64
check 'an installer for arm64' build -v 0.0.2 arm64.exe one
refuses() {
	! "$@"
}
# warns VERSION: does build.sh warn of a makensis of that version?
warns() {
	mkdir -p nsis
	# shellcheck disable=SC2016
	printf '#!/bin/sh\n[ "$1" != -VERSION ] || echo %s\n' "$1" \
		>nsis/makensis
	chmod +x nsis/makensis
	(PATH=$work/nsis:$PATH && build -v 0.0.2 netsh.exe unmade) 2>warned
	grep -F "NSIS $1: a release needs 3.11" warned
}
for version in v2.46 v3.0 v3.08-3+deb12u1 v3.10; do
	check "a warning of NSIS $version" warns "$version"
done
for version in v3.11 v3.12-1 v4.0; do
	check "none of NSIS $version" refuses warns "$version"
done
# python_with MODULE: one that has it.
python_with() {
	for candidate in python3 /usr/bin/python3; do
		if "$candidate" -c "import $1" 2>/dev/null; then
			echo "$candidate"
			return
		fi
	done
	echo python3
}
check 'no installer of what is no program' refuses build netsh.c one
check 'nor without a program' refuses build missing.exe one

# --- The manifests ----------------------------------------------------------

cp one/adit-0.0.2-x64-setup.exe adit-0.0.2-x64.zip
check 'manifests for winget, Scoop and Chocolatey' \
	sh "$contrib/manifests.sh" -u https://example.com/adit -o manifests \
	one/*-setup.exe adit-0.0.2-x64.zip
check 'which have what each of these wants' \
	"$(python_with yaml)" "$srcdir/tests/packages/manifests.py" manifests
check 'no manifest of files of two versions' refuses \
	sh "$contrib/manifests.sh" -u https://example.com/adit -o two \
	one/adit-0.0.2-x64-setup.exe adit-0.0.3-x64.zip
check 'the scripts for PowerShell are right' \
	python3 "$srcdir/tests/packages/powershell.py" "$contrib/install.ps1" \
	manifests/chocolatey/tools/*.ps1

if [ "$whole" = 0 ]; then
	done_testing
fi
if npm install --ignore-scripts --no-audit --no-fund --prefix grammar \
	web-tree-sitter tree-sitter-powershell >npm.log 2>&1; then
	check 'and by their grammar' env "ADIT_GRAMMAR=$work/grammar" \
		python3 "$srcdir/tests/packages/powershell.py" \
		"$contrib/install.ps1" manifests/chocolatey/tools/*.ps1
else
	skip 'and by their grammar' 'npm cannot install it'
fi

# --- It is run ----------------------------------------------------------------

if ! command -v wine >/dev/null; then
	skip 'install, upgrade, remove' 'wine is not installed'
	done_testing
fi

if [ -z "${ADIT_EXE-}" ]; then
	bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" win64 \
		x86_64-w64-mingw32-gcc x86_64-w64-mingw32-ar 2>"$work/errors") ||
		{ sed 's/^/# /' "$work/errors"; bearssl=missing; }
	check 'configure --host=x86_64-w64-mingw32' within win64 \
		"$srcdir/configure" --host=x86_64-w64-mingw32 \
		--with-bearssl="$bearssl"
	check 'make adit.exe' within win64 make "$jobs"
	x86_64-w64-mingw32-strip win64/adit.exe
	ADIT_EXE=$work/win64/adit.exe
	bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" win32 \
		i686-w64-mingw32-gcc i686-w64-mingw32-ar 2>"$work/errors") ||
		{ sed 's/^/# /' "$work/errors"; bearssl=missing; }
	check 'configure --host=i686-w64-mingw32' within win32 \
		"$srcdir/configure" --host=i686-w64-mingw32 \
		--with-bearssl="$bearssl"
	check 'make adit.exe for x86' within win32 make "$jobs"
	check 'the installer for x86' build win32/adit.exe win32/setup
fi
if [ -z "${ADIT_NATIVE-}" ]; then
	check 'configure' within native "$srcdir/configure"
	check 'make' within native make "$jobs"
	ADIT_NATIVE=$work/native/adit
fi

# Two versions of one program, known by their last bytes.
for version in 0.0.1 0.0.2; do
	mkdir -p "$version"
	{ cat "$ADIT_EXE" && printf %s "$version"; } >"$version/adit.exe"
	check "the installer of $version" build -v "$version" \
		"$version/adit.exe" setup
done
mv setup/adit-0.0.1-x64-setup.exe setup/old.exe
mv setup/adit-0.0.2-x64-setup.exe setup/new.exe
cp netsh.exe setup/netsh.exe

WINEPREFIX=$work/wine WINEDEBUG=-all
WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
ADIT_SETUP=$work/setup
export ADIT_NATIVE ADIT_SETUP WINEPREFIX WINEDEBUG WINEDLLOVERRIDES
unset DISPLAY
mkdir run
cp "$ADIT_EXE" run/adit.exe
# The tests make the prefix, and wait until its first programs have ended.
check 'install, upgrade, remove' within run env EXEEXT=.exe \
	sh "$srcdir/tests/check.sh" "$srcdir" "$srcdir/tests/wine/test_setup.py"
wineserver -k >/dev/null 2>&1
done_testing
