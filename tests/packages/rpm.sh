#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# contrib/rpm: rpmbuild makes the packages of the source archive, which are
# installed, upgraded and removed in a copy of the machine.
#
# needs if whole: gcc make libbearssl-dev rpm rpmlint
#
# NOTES.  Debian's rpm has no macros of systemd: here they write to /run/units
# what they are about.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/../portability/tap.sh"
# shellcheck source=tests/packages/init/copied.sh
. "$srcdir/tests/packages/init/copied.sh"
spec=$srcdir/contrib/rpm/adit.spec
: "${whole=1}"

version=$(sed -n 's/^version=//p' "$srcdir/configure")

# has_no_errors: by rpmlint, which has no configuration on Debian.
has_no_errors() {
	rpmlint "$spec"
	rpmlint "$spec" 2>&1 | grep ' 0 errors, '
}

# Scriptlets have arguments of their own.
# shellcheck disable=SC2016
# build RELEASE: the packages of the archive, into $work/RELEASE.
build() {
	restarts='echo postun $1 %* >>/run/units'
	sed "s/^Release:.*/Release: $1/" "$spec" >"$work/adit.spec"
	rpmbuild -bb --nodeps --without check \
		--define "_topdir $work/rpm" --define "_sourcedir $work" \
		--define '_unitdir /usr/lib/systemd/system' \
		--define 'systemd_post() echo post $1 %* >>/run/units' \
		--define 'systemd_preun() echo preun $1 %* >>/run/units' \
		--define "systemd_postun_with_restart() $restarts" \
		"$work/adit.spec" || return
	mkdir "$work/$1" && mv "$work"/rpm/RPMS/*/*.rpm "$work/$1/"
}

check 'the spec has the version of configure' grep -x \
	"Version:  *$version" "$spec"
[ "$whole" = 1 ] || done_testing
if ! command -v rpmbuild >/dev/null || ! command -v rpmlint >/dev/null; then
	skip 'packages' 'no rpmbuild, or no rpmlint'
	done_testing
fi

check 'rpmlint has no error' has_no_errors

check 'configure' "$srcdir/configure" -q
check 'make dist' make -s dist
check 'rpmbuild' build 1
check 'and of the next release' build 2

adit=/bin/true
also=$work/packages
mkdir "$also" && mv "$work/1" "$work/2" "$also/"
! can_copy 'installing' || run_copied rpm rpm/inside.sh "$also" "$version"
done_testing
