#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Installs the packages in a copy of the machine:
# inside.sh SRCDIR FOLDER VERSION, where FOLDER/1 and FOLDER/2 have them with
# releases 1 and 2.  /run/units has what systemd is told (../rpm.sh).

# shellcheck source=tests/packages/init/inside.sh
. "${0%/*}/../init/inside.sh"
kill "$echo_pid"
trap 'rm -rf "$work"' 0
packages=$2
version=$3

# These are for a system that has rpm and not dpkg.
package() {
	rpm --force-debian --nodeps "$@"
}

# files_gone LIST: whether none of these is there, but folders of all.
files_gone() {
	while read -r path; do
		[ -d "$path" ] || [ ! -e "$path" ] || {
			echo "$path is still there"
			return 1
		}
	done <"$1"
}

refused() {
	! "$@"
}

rm -rf /etc/adit /usr/bin/adit /usr/local/bin/adit
rm -f /usr/bin/systemctl
cat >/usr/bin/systemctl <<'END'
#!/bin/sh
echo systemctl "$@" >>/run/units
END
chmod 755 /usr/bin/systemctl
mkdir -p /var/lib/rpm
check 'installed' package -i "$packages/1/adit-$version"-*.rpm
check 'the program runs' /usr/bin/adit --version
check 'there is a user' id adit
check '/etc/adit is for root and the group' sh -c '
	stat -c "%a %U %G" /etc/adit | grep -x "750 root adit"'
check 'the unit starts the program where it is' \
	grep '^ExecStart=/usr/bin/adit ' /usr/lib/systemd/system/adit.service
good_conf adit $port
check 'a configuration is written' adit check -c /etc/adit/adit.conf
check 'the old names are a second package' \
	package -i "$packages/1/adit-old-names-$version"-*.rpm
check 'they run' uotp-client --version
check 'upgraded' package -U "$packages/2"/*.rpm
check 'instances of the template are started again, too' grep -F -x \
	'postun 1 adit.service adit@*.service' /run/units
check 'and nothing is stopped' refused grep -e 'systemctl' /run/units
check 'the upgrade runs' uotp-client --version
check 'and keeps the configuration' test -s /etc/adit/adit.conf
check 'the database has the upgrade alone' sh -c '
	rpm -q adit | grep -c . | grep -x 1 && rpm -q adit | grep -e "-2"'
check 'nothing that was installed has changed' package -V adit
rpm -ql adit adit-old-names >"$work/files"
check 'removed' package -e adit-old-names adit
check 'instances are disabled' grep -x 'preun 0 .* adit@\.service' /run/units
check 'and stopped' grep -F -x 'systemctl stop adit@*.service' /run/units
check 'no file is left' files_gone "$work/files"
check 'but the configuration' test -s /etc/adit/adit.conf
done_testing
