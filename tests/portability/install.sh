#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# install puts files into the configured folders, uninstall removes all of them,
# and dist packs the same archive twice, which builds.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

needs make

# What is tested is what the archive holds.
ADIT_SCHEDULES=10
export ADIT_SCHEDULES

# empty FOLDER: whether there are but folders in it.
empty() {
	! find "$1" ! -type d | grep .
}

root="$work/a root"
check 'configure' "$srcdir/configure" -q --prefix='/opt/a b&c' \
	--enable-old-names
check 'make' make "$jobs"
check 'make install' make install DESTDIR="$root"
check 'the program runs where it is' "$root/opt/a b&c/bin/adit" --version
check 'so does an old name' "$root/opt/a b&c/bin/uotp-server" --help
check 'the manual page is there' \
	test -f "$root/opt/a b&c/share/man/man8/adit.8"
check 'completions are where shells look for them' \
	test -f "$root/opt/a b&c/share/bash-completion/completions/adit" -a \
	-f "$root/opt/a b&c/share/zsh/site-functions/_adit" -a \
	-f "$root/opt/a b&c/share/fish/vendor_completions.d/adit.fish"
check 'make uninstall' make uninstall DESTDIR="$root"
check 'nothing is left' empty "$root"
check 'make install-strip' make install-strip DESTDIR="$root"
check 'make uninstall, with bmake if it is there' \
	"$(command -v bmake || echo make)" uninstall DESTDIR="$root"
check 'nothing is left again' empty "$root"

if ! command -v git >/dev/null || ! git -C "$srcdir" log -1 >/dev/null 2>&1
then
	[ -f "$srcdir/MANIFEST" ] || {
		skip 'make dist' 'neither a commit nor a MANIFEST is here'
		done_testing
	}
fi
check 'make dist' make dist
check 'keep it' sh -c 'cp adit-*.tar.gz first'
sleep 1
check 'make dist from elsewhere, later' within else sh -c \
	"'$srcdir/configure' -q && umask 077 && make dist"
check 'the archives are equal' sh -c 'cmp first else/adit-*.tar.gz'
check 'make distcheck' make distcheck CHECK='unit sim fuzz'
check 'make distclean' make distclean
done_testing
