# promise: an inner address belongs to the name of the longest prefix that it lies in, to nobody else (adit.8 Files of inner addresses, NOTES of tunnel/tun_inner.h)
# file: src/tunnel/tun_inner.c
# test: unit/test_tun_inner
/^tun_inner_find(/,/^}/ s/for (;; bits--) {/for (bits = 0;; bits++) {/
/^tun_inner_find(/,/^}/ s/if (bits == 0)/if (bits == (a->family == 4 ? 32u : 128u))/
