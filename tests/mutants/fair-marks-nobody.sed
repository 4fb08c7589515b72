# promise: a packet whose sender takes marks is marked, not dropped (adit(8); tunnel/fair.h)
# file: src/tunnel/fair.c
# test: unit/test_fair
/^flow_judge(/,/^}/ s/if (ip_ecn_mark(data, len))/if (len == 0)/
