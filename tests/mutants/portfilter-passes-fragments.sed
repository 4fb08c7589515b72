# promise: the port filter drops fragments after the first, which have no ports (NOTES of wire/portfilter.h; adit.8 --allowed-ports)
# file: src/wire/portfilter.c
# test: unit/test_portfilter
/^portfilter_pass(/,/^}/ {
/if (!ip->ports)/ {
n
s/return false;/return ip->fragment;/
}
}
