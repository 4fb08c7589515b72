# promise: of two flows the one that is heard first stays and the other ends (adit.8 TUN DEVICES)
# file: src/tunnel/end_tun_left.c
# test: sim/test_tun_silence
/^left_send(/,/^}/ s/if (e->second != NULL)$/if (e->second != NULL \&\& l == e->leg)/
