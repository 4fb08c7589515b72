#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Made the files in this folder, once, with OpenSSL 3.0. THEY ARE TEST KEYS,
# known to everybody: never use them for anything but the tests.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
from=20200101000000Z to=21991231235959Z

# ca NAME KEYTYPE SUBJECT: a root
ca() {
	key "$1" "$2"
	cat >"$work/cnf" <<EOF
[ca]
default_ca=d
[d]
database=$work/index
new_certs_dir=$work
rand_serial=yes
default_md=sha256
policy=p
unique_subject=no
[p]
commonName=optional
organizationName=optional
[x]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
EOF
	: >"$work/index"
	openssl req -new -key "$1.key" -subj "$3" -config /dev/null \
		-out "$work/csr" 2>/dev/null || openssl req -new -key "$1.key" \
		-subj "$3" -out "$work/csr"
	openssl ca -batch -notext -selfsign -keyfile "$1.key" -in "$work/csr" \
		-config "$work/cnf" -extensions x -startdate $from \
		-enddate $to -out "$1.pem" 2>/dev/null
}

key() {
	[ -f "$1.key" ] && return
	case $2 in
	rsa*)	openssl genrsa -out "$1.key" "${2#rsa}" 2>/dev/null ;;
	*)	openssl ecparam -genkey -noout -name "$2" |
			openssl pkcs8 -topk8 -nocrypt -out "$1.key" ;;
	esac
}

# leaf NAME KEYTYPE CA SUBJECT EXTENSIONS [FROM TO [DIGEST]]
leaf() {
	key "$1" "$2"
	openssl req -new -key "$1.key" -subj "$4" -out "$work/csr"
	{ sed '/^\[x\]/,$d' "$work/cnf"; echo '[x]'; printf '%b\n' "$5"; } >"$work/cnf2"
	: >"$work/index"
	openssl ca -batch -notext -cert "$3.pem" -keyfile "$3.key" -in "$work/csr" \
		-config "$work/cnf2" -extensions x -startdate "${6-$from}" \
		-enddate "${7-$to}" -md "${8-sha256}" -out "$1.pem" 2>/dev/null
}

ku='keyUsage=critical,digitalSignature'
srv="$ku\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:vpn.example.com,DNS:*.wild.example.com,IP:10.0.0.1,IP:2001:db8::1"
cli="$ku\nextendedKeyUsage=clientAuth"

ca ca prime256v1 '/CN=Test CA/O=Adit tests, keys known to all'
ca ca2 prime256v1 '/CN=Test CA/O=Adit tests, keys known to all'
ca other prime256v1 '/CN=Other CA'
ca rsaca rsa2048 '/CN=Test RSA CA'

leaf p256 prime256v1 ca '/CN=p256' "$srv"
leaf p384 secp384r1 ca '/CN=p384' "$srv"
leaf p521 secp521r1 ca '/CN=p521' "$srv"
leaf rsa2048 rsa2048 rsaca '/CN=rsa2048' "$srv"
leaf rsa4096 rsa4096 ca '/CN=rsa4096' "$srv"
leaf client prime256v1 ca '/CN=client one' "$cli"
leaf client-rsa rsa2048 rsaca '/CN=client two' "$cli"
leaf expired prime256v1 ca '/CN=expired' "$srv" 20190101000000Z 20200101000000Z
leaf later prime256v1 ca '/CN=later' "$srv" 21500101000000Z 21510101000000Z
leaf cn prime256v1 ca '/CN=vpn.example.com' "$ku\nextendedKeyUsage=serverAuth"
leaf plain prime256v1 ca '/CN=plain' 'subjectAltName=DNS:vpn.example.com'
leaf nosign prime256v1 ca '/CN=nosign' 'keyUsage=critical,keyAgreement\nsubjectAltName=DNS:vpn.example.com'
leaf critical prime256v1 ca '/CN=critical' "$ku\nextendedKeyUsage=critical,serverAuth\nsubjectAltName=DNS:vpn.example.com"
leaf unknown prime256v1 ca '/CN=unknown' "$ku\n1.2.3.4=critical,DER:0500\nsubjectAltName=DNS:vpn.example.com"
leaf sha1 prime256v1 ca '/CN=sha1' "$srv" $from $to sha1
leaf weak rsa1024 ca '/CN=weak' "$srv"
leaf notca prime256v1 p256 '/CN=under a leaf' "$srv"
leaf inter prime256v1 ca '/CN=Intermediate' 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign'
leaf deep secp384r1 inter '/CN=deep' "$srv"
# An issuer that expires before the certificate
leaf brief prime256v1 ca '/CN=Brief' 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign' $from 21000101000000Z
leaf outlives prime256v1 brief '/CN=outlives' "$srv"
cat outlives.pem brief.pem >brief-chain.pem
cat deep.pem inter.pem >deep-chain.pem
cat deep.pem p256.pem >deep-broken.pem
cat notca.pem p256.pem >notca-chain.pem
many=$(i=0; while [ $i -lt 300 ]; do printf ',DNS:host-%d.with-a-long-name.example.com' $i; i=$((i + 1)); done)
leaf huge prime256v1 ca '/CN=huge' "subjectAltName=DNS:vpn.example.com$many"

# Self-signed leaf, without the CA flag; and one of version 1
key self prime256v1
openssl req -x509 -new -key self.key -subj '/CN=self' -days 60000 \
	-addext basicConstraints=CA:FALSE -addext subjectAltName=DNS:self.example.com \
	-out self.pem
# The same as `openssl req -x509` makes it when it is told nothing
key selfca prime256v1
openssl req -x509 -new -key selfca.key -subj '/CN=selfca' -days 60000 \
	-addext subjectAltName=DNS:self.example.com -out selfca.pem
# Ed25519: a kind that does not serve
openssl genpkey -algorithm ed25519 -out ed25519.key
openssl req -x509 -new -key ed25519.key -subj '/CN=ed25519' -days 60000 -out ed25519.pem
# Other ways to write a key
openssl ec -in p256.key -out p256-sec1.key 2>/dev/null
openssl ecparam -name prime256v1 >p256-params.key
openssl ec -in p256.key 2>/dev/null >>p256-params.key
openssl rsa -in rsa2048.key -traditional -out rsa2048-pkcs1.key 2>/dev/null
openssl pkcs8 -topk8 -in p256.key -passout pass:x -out p256-encrypted.key
openssl ec -in p256.key -aes128 -passout pass:x -out p256-encrypted-old.key 2>/dev/null
openssl pkey -in p256.key -outform der -out p256-der.key
openssl x509 -in p256.pem -outform der -out p256.der
ssh-keygen -q -t ecdsa -N '' -f "$work/ssh" && cp "$work/ssh" openssh.key
cat p256.key p256.pem >p256-key-first.pem
cat p256.pem p256.key | sed 's/$/\r/' >p256-crlf.pem
rm -f other.key ca2.key weak.key expired.key later.key unknown.key sha1.key huge.key brief.key outlives.key brief.pem outlives.pem
