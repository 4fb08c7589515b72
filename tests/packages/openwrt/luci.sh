# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The part of ../openwrt.sh about the LuCI application.
#
# NOTES.  LUCI is a folder with LuCI's sources (modules/luci-base,
# themes/luci-theme-bootstrap), which are not here; PYTHON one with pytest, of
# which tests/e2e needs a part.  Where ADIT_PICTURES is 1 the pictures in doc/
# are made anew.
#
# shellcheck shell=sh disable=SC2154

app=$package/luci-app-adit

# parses FILE: as LuCI runs it, in a function.
parses() {
	{
		echo '(function(view, rpc) {'
		cat "$1"
		echo '})'
	} >"$work/view.js" && node --check "$work/view.js"
}

if command -v node >/dev/null; then
	for script in "$app"/htdocs/luci-static/resources/*/*.js \
		"$app"/htdocs/luci-static/resources/*/*/*.js; do
		check "LuCI: ${script##*resources/} parses" parses "$script"
	done
else
	skip 'LuCI: scripts parse' 'node is not installed'
fi
if command -v python3 >/dev/null; then
	check 'LuCI: no words of strangers become markup' \
		python3 "$stubs/views.py" "$app"
	for json in "$app"/root/usr/share/*/*/*.json; do
		check "LuCI: ${json##*share/} is JSON" \
			python3 -m json.tool "$json"
	done
	check 'LuCI: accounts have the rights of their pages, no others' \
		python3 "$stubs/acl.py" "$app" "$package/adit/files/adit.rpcd"
	python3 "$stubs/pot.py" "$app" >"$work/adit.pot"
	check 'LuCI: the template has all strings' \
		diff "$app/po/templates/adit.pot" "$work/adit.pot"
fi
if [ "$whole" = 0 ]; then
	echo '# LuCI: views in a browser: not with --ci'
elif [ -z "${LUCI-}" ]; then
	skip 'LuCI: views in a browser' \
		'LUCI does not name a folder with its sources'
elif ! command -v chromium-headless-shell >/dev/null; then
	skip 'LuCI: views in a browser' 'no Chromium is installed'
else
	for view in status forms mini protocol; do
		picture=$work/$view.png
		case ${ADIT_PICTURES-}$view in
		1status | 1forms) picture=$srcdir/doc/openwrt-$view.png ;;
		esac
		check "LuCI: $view in a browser" "${PYTHON:-python3}" -B \
			"$stubs/luci.py" "$LUCI" $view "$picture"
	done
fi
