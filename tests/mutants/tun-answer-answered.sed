# promise: the answer to a probe is answered by nothing (NOTES of tunnel/tun_probe.h)
# file: src/tunnel/tun_probe.c
# test: sim/test_tun_silence
s/l->answers = true;/&\
\ttun_probe_ask(dev, l);/
