# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The part of ../openwrt.sh about the object of ubus, with processes of adit.
#
# shellcheck shell=sh disable=SC2154

# ADIT_INIT is one that says what it was asked for, and fails to stop.
# shellcheck disable=SC2016
printf '#!/bin/sh\necho "$*" >>%s/asked\n[ "$1" != stop ]\n' "$work" \
	>"$work/init.d"
chmod 755 "$work/init.d"
ADIT_INIT=$work/init.d
ADIT_ROOT=$root ADIT_PROG=$ADIT STUBS=$stubs ADIT_KEYS=$work/keys
# The path of a socket is short.
ADIT_SOCKETS=$(mktemp -d)
export ADIT_INIT ADIT_ROOT ADIT_PROG ADIT_SOCKETS ADIT_KEYS STUBS
mkdir "$ADIT_KEYS"

# answers NAME METHOD INPUT EXPRESSION
answers() {
	check "ubus: $1" python3 "$stubs/ubus.py" "$root/usr/libexec/rpcd/adit" \
		"$2" "$3" "$4"
}

# run_adit NAME TUNNEL PORT: in the background, when it listens.
run_adit() {
	cat >"$work/$1.conf" <<-END
	[daemon]
	control = $ADIT_SOCKETS/$1
	[tunnel $2]
	left = udp-listen:127.0.0.1:0
	right = udp:127.0.0.1:9
	END
	"$ADIT" run -c "$work/$1.conf" -d --pidfile "$work/$1.pid" \
		--logfile "$work/$1.log"
}

answers 'what there is' list '' 'set(it) >= {"status", "genpsk", "drop"}'
answers 'nothing runs' status '{}' \
	'it["daemon"] is None and it["interfaces"] == {} and it["version"]'
check 'ubus: a daemon' run_adit adit one
check 'ubus: that of an interface' run_adit if-vpn vpn
answers 'two processes run' status '{}' \
	'(it["daemon"]["tunnels"][0]["name"] == "one" and
	it["interfaces"]["vpn"]["tunnels"][0]["state"] == "running")'
answers 'reload' reload '{}' 'it["code"] == 0 and it["text"]'
answers 'reconnect all' reconnect '{}' 'it["code"] == 0'
answers 'reconnect one' reconnect '{"tunnel": "vpn"}' 'it["code"] == 0'
answers 'reconnect nothing' reconnect '{"tunnel": "three"}' 'it["code"] != 0'
answers 'drop nobody' drop '{"tunnel": "one", "peer": "nobody"}' \
	'it["code"] == 1 and it["text"].startswith("there is no such peer")'
answers 'drop without a name' drop '{"tunnel": "one"}' 'it["code"] == 2'
for of in adit if-vpn; do
	kill "$(cat "$work/$of.pid")"
	while [ -f "$work/$of.pid" ] && kill -0 "$(cat "$work/$of.pid")"; do
		sleep 0.1
	done 2>/dev/null
done
answers 'nothing runs any more' status '{}' \
	'it["daemon"] is None and not any(it["interfaces"].values())'

for action in start restart reload enable disable; do
	answers "service: $action" service "{\"action\": \"$action\"}" \
		'it == {"code": 0, "text": ""}'
done
answers 'service: a stop that fails' service '{"action": "stop"}' \
	'it["code"] == 1 and it["text"].startswith("stop: failed")'
for action in boot running check start_service 'start stop' '-x' '*' \
	'start;id' ' start' '../adit'; do
	answers "service: no action: $action" service \
		"{\"action\": \"$action\"}" 'it["code"] == 2'
done
answers 'service: without an action' service '{}' 'it["code"] == 2'
answers 'service: of a different name' service \
	'{"name": "dropbear", "action": "start"}' 'it["code"] == 0'
was_asked() {
	[ "$(tr '\n' ' ' <"$work/asked")" = \
		'start restart reload enable disable stop start ' ]
}
check 'ubus: the init script was asked for these alone' was_asked

answers 'a key' genpsk '{"identity": "alice"}' \
	'it["code"] == 0 and __import__("re").match(
	"alice:[0-9a-f]{32}$", it["text"])'
answers 'a key for all' genpsk '{}' \
	'it["code"] == 0 and len(it["text"]) == 32'
for word in 'a b' '-x' 'a;b' 'a>b' '../a' ''; do
	[ -z "$word" ] || answers "no identity: $word" genpsk "{\"identity\": \"$word\"}" \
		'it["code"] == 2'
	# Two words are two names.
	[ "$word" = 'a b' ] || answers "no client: $word" gencert \
		"{\"clients\": [\"$word\"]}" \
		'it["code"] == 2 and "are missing, or" in it["text"]'
done
answers 'certificates' gencert '{"names": ["vpn.example.com", "192.0.2.7"]}' \
	'it["code"] == 0'
answers 'a client' gencert '{"clients": ["alice"]}' 'it["code"] == 0'
check 'ubus: the files are there' ls "$ADIT_KEYS/ca.pem" \
	"$ADIT_KEYS/server.key" "$ADIT_KEYS/alice.pem"
answers 'not a second time' gencert '{"clients": ["alice"]}' 'it["code"] != 0'
answers 'no names' gencert '{}' 'it["code"] == 2'
rm -rf "$ADIT_SOCKETS"
