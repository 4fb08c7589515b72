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

# The folders that packagers give: variables are for make.
# shellcheck disable=SC2016
placed() {
	"$srcdir/configure" -q --prefix=/opt/adit \
		--sbindir='${exec_prefix}/sbin' --sysconfdir=/opt/etc \
		--runstatedir=/opt/run --localstatedir='${prefix}/var' \
		--with-systemdsystemunitdir='${prefix}/lib/systemd/system'
}
other="$work/other"
# has FILE TEXT: in what is installed.
has() {
	grep -F -e "$2" "$other$1"
}
check 'configure with folders' within placed placed
check 'make' within placed make "$jobs"
check 'make install, with units' within placed make install DESTDIR="$other"
check 'the program is in sbindir' "$other/opt/adit/sbin/adit" --version
check 'units start it there' has /opt/adit/lib/systemd/system/adit.service \
	'ExecStart=/opt/adit/sbin/adit run'
check 'units read sysconfdir' has '/opt/adit/lib/systemd/system/adit@.service' \
	' -c /opt/etc/adit/%i.conf '
check 'pages name sysconfdir' has /opt/adit/share/man/man5/adit.conf.5 \
	'.It Pa /opt/etc/adit/adit.conf'
check 'pages name runstatedir' has /opt/adit/share/man/man8/adit.8 \
	'.Pa /opt/run/adit/tunnel'
check 'pages name localstatedir' has /opt/adit/share/man/man8/adit.8 \
	'.It Pa /opt/adit/var/lib/adit/clock'
check 'the user and the folder are there' test \
	-f "$other/opt/adit/lib/sysusers.d/adit.conf" -a \
	-f "$other/opt/adit/lib/tmpfiles.d/adit.conf"
# says WORDS COMMAND...: what it prints to stderr has the words.
says() {
	words=$1
	shift
	"$@" 2>"$work/said"
	grep -F -e "$words" "$work/said"
}
check 'adit run reads sysconfdir' says /opt/etc/adit/adit.conf \
	placed/adit run
check 'adit status looks in runstatedir' says /opt/run/adit/adit \
	env -u XDG_RUNTIME_DIR -u HOME placed/adit status
check 'make uninstall takes all of it away' within placed \
	make uninstall DESTDIR="$other"
check 'nothing is left of that' empty "$other"
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
