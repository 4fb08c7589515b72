# promise: the TCP checksum stays right when the MSS is lowered, wherever the option stands (ip_clamp_mss() in wire/ip.h; adit.8 key mss)
# file: src/wire/ip.c
# test: unit/test_ip
/^mss_lower(/,/^}/ s/if (mss % 2 == 0)/if (mss > 0)/
