# promise: silence ends no flow of a device: a second one is tried beside it (adit.8 TUN DEVICES)
# file: src/tunnel/tun_left_silence.c
# test: sim/test_tun_silence
s/^\t\tleft_try(e);$/\t\tleg_failed(\&e->leg->leg, "nothing came back");/
