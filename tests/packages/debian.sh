#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# needs: debhelper lintian dpkg-dev libbearssl-dev make gcc shellcheck systemd
# needs if whole: debootstrap systemd-container
#
# contrib/debian: builds the packages from the archive that `make dist` makes,
# has lintian and systemd-analyze judge them, and passes datagrams through the
# program in them.  The whole also builds them a second time elsewhere, for the
# same bytes, and boots a machine (systemd-nspawn) into which they are installed,
# upgraded, removed and purged, and in which each unit is started.
#
# NOTES.  The machine is made by debootstrap and kept in $ADIT_CACHE; what is
# done in it is not.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/../portability/tap.sh"
# shellcheck source=tests/portability/cache.sh
. "$srcdir/tests/portability/cache.sh"

whole=${whole-0}
needs dpkg-buildpackage dh lintian make
version=$(sed -n 's/^version=//p' "$srcdir/configure")
architecture=$(dpkg --print-architecture)
packages="adit_$version-1_$architecture.deb adit-old-names_$version-1_all.deb"

# unpack FOLDER: the archive in it, with debian/, and the .orig beside it.
unpack() {
	mkdir -p "$1" && cp "adit-$version.tar.gz" \
		"$1/adit_$version.orig.tar.gz" &&
		gzip -d <"adit-$version.tar.gz" | tar -x -C "$1" &&
		cp -R "$1/adit-$version/contrib/debian" \
			"$1/adit-$version/debian"
}

# build FOLDER CHECK OPTION...: the packages there, without a warning of the
# compiler; tests are not run with CHECK nocheck.
build() {
	where=$1
	options="parallel=$(getconf _NPROCESSORS_ONLN) $2"
	shift 2
	(cd "$where/adit-$version" && DEB_BUILD_OPTIONS=$options \
		dpkg-buildpackage -us -uc "$@") >"$where.log" 2>&1 || {
		cat "$where.log"
		return 1
	}
	! grep -i 'warning:' "$where.log"
}

check 'make dist' sh "$srcdir/tests/dist.sh" "$srcdir" "adit-$version"
check 'it is unpacked as packagers do' unpack one
[ "$whole" = 1 ] && tested='' || tested=nocheck
check 'dpkg-buildpackage' build one "$tested" || done_testing

# Nothing, but that there is no script for other init systems, which only old
# versions want to hear a reason for.
lint() {
	lintian --allow-root -I --pedantic --suppress-tags \
		package-supports-alternative-init-but-no-init.d-script \
		--fail-on error,warning,info,pedantic \
		"one/adit_$version-1_$architecture.changes"
}
check 'lintian says nothing' lint

for package in $packages; do
	dpkg-deb -x "one/$package" root
done
files() {
	dpkg-deb -c "one/$package" >files
	for file; do
		grep -q " \./\(usr/\)\{0,1\}$file" files || {
			echo "no $file in"
			cat files
			return 1
		}
	done
}
for package in $packages; do
	case $package in
	adit_*)
		set -- usr/bin/adit usr/share/man/man8/adit.8.gz \
			usr/share/man/man5/adit.conf.5.gz \
			lib/systemd/system/adit.service \
			lib/systemd/system/adit@.service \
			usr/lib/sysusers.d/adit.conf usr/lib/tmpfiles.d/adit.conf \
			etc/adit/adit.conf usr/share/doc/adit/README.Debian \
			usr/share/doc/adit/examples/adit.socket
		;;
	*) set -- usr/bin/uotp-server usr/bin/uott usr/bin/udptunnel ;;
	esac
	check "${package%%_*} has its files" files "$@"
done
hardened() {
	readelf -hdlW root/usr/bin/adit >elf && grep -q DYN elf &&
		grep -q BIND_NOW elf && grep -q GNU_RELRO elf
}
check 'the program is hardened' hardened

control() {
	dpkg-deb -e "one/adit_$version-1_$architecture.deb" control &&
		shellcheck -s sh control/postinst control/postrm control/prerm \
		"$srcdir/contrib/debian/tests/tunnel" \
		"$srcdir/contrib/debian/tests/service"
}
if command -v shellcheck >/dev/null; then
	check 'shellcheck of the scripts' control
else
	skip 'shellcheck of the scripts' 'shellcheck is not installed'
fi

# The units as packed, which start a program that is there.
mkdir units
for unit in root/lib/systemd/system/* root/usr/lib/systemd/system/*; do
	[ -f "$unit" ] || continue
	sed "s|/usr/bin/adit|$work/root/usr/bin/adit|" "$unit" \
		>"units/${unit##*/}"
done
# verify UNIT: without a word about it.
verify() {
	systemd-analyze verify --man=no "$1" 2>&1 | grep -F "${1##*/}"
	[ $? = 1 ]
}
for unit in units/*; do
	named=${unit##*/}
	if ! command -v systemd-analyze >/dev/null; then
		skip "$named" 'systemd-analyze is not installed'
		continue
	fi
	instance=$(echo "$unit" | sed 's/@\./@one./')
	[ "$instance" = "$unit" ] || cp "$unit" "$instance"
	check "systemd-analyze verify $named" verify "$work/$instance"
	check "systemd-analyze security $named, 2.0 at most" systemd-analyze \
		security --offline=yes --threshold=20 "$unit"
done

mkdir passed
check 'its own test: a tunnel of each kind, also under old names' apart env \
	PATH="$work/root/usr/bin:$PATH" \
	AUTOPKGTEST_TMP="$work/passed" "$srcdir/contrib/debian/tests/tunnel"

[ "$whole" = 1 ] || done_testing

# --- The same bytes ----------------------------------------------------------

# A folder, time, mask, language and user name that differ.
check 'unpacked elsewhere' unpack elsewhere/two
again() {
	umask 027
	TZ=Asia/Kathmandu LANG=C.UTF-8 USER=other HOME=/nonexistent
	export TZ LANG USER HOME
	build elsewhere/two nocheck -b
}
check 'dpkg-buildpackage again, elsewhere' again
for package in $packages; do
	check "$package is the same" cmp "one/$package" "elsewhere/two/$package"
done

# --- A machine ---------------------------------------------------------------

suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
cache_folder
machine=$cache/$suite-systemd
why=''
for tool in debootstrap systemd-nspawn; do
	command -v "$tool" >/dev/null || why="$tool is not installed"
done
[ "$(id -u)" = 0 ] || why='not root'
if [ -z "$why" ] && [ ! -f "$machine/.whole" ]; then
	rm -rf "$machine"
	if debootstrap --variant=minbase \
		--include=systemd,systemd-sysv,dbus,iproute2,libbearssl0,procps \
		"$suite" "$machine" "$(debian_mirror)" >said 2>&1; then
		: >"$machine/.whole"
	else
		tail -n 20 said | sed 's/^/# /'
		why="debootstrap of $suite has failed"
	fi
fi
if [ -n "$why" ]; then
	skip 'installed into a machine' "$why"
	done_testing
fi

# The version before: the same, but for its number.
mkdir host
for package in $packages; do
	cp "one/$package" host
	dpkg-deb -R "one/$package" old
	sed -i "s/$version-1/0.0.9-1/g" \
		old/DEBIAN/control
	dpkg-deb --root-owner-group -b old "host/old-${package%%_*}.deb" >repack
	rm -rf old
done
cp -R "$srcdir/contrib/debian/tests" host
cp "$srcdir/tests/packages/debian_machine" host
# A device that all may open, as udev makes it.
set --
if [ -c /dev/net/tun ] && mknod host/tun c 10 200; then
	chmod 666 host/tun
	set -- --bind="$work/host/tun:/dev/net/tun"
fi
cat >host/test.service <<'END'
[Unit]
Description=The test
After=multi-user.target dbus.socket
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'exec sh /host/debian_machine >/host/tap 2>&1'
END

# boots: until it has powered itself off.
boots() {
	systemd-nspawn --quiet --boot --directory="$machine" --volatile=overlay \
		--private-network --register=no --keep-unit --machine="adit$$" \
		--capability=CAP_NET_ADMIN --bind="$work/host:/host" \
		--bind-ro="$work/host/test.service:/etc/systemd/system/test.service" \
		"$@" -- --unit=test.service </dev/null >boot 2>&1
	[ -s host/tap ] || {
		tail -n 30 boot
		return 1
	}
}
check 'a machine boots' boots "$@" || done_testing
while read -r result name; do
	case $result in
	passed:) check "$name" true ;;
	skipped:) skip "${name%%: *}" "${name#*: }" ;;
	esac
done <host/tap
ended() {
	tail -n 100 host/tap
	[ "$(tail -n 1 host/tap)" = 'the end' ]
}
check 'the machine has come to its end' ended
done_testing
