# promise: mss=off leaves the MSS of TCP connections alone (adit.8 key mss)
# file: src/tunnel/tun_dev.c
# test: sim/test_tun
s,dev->mss = s->mss;,dev->mss = s->mss == SETTINGS_OFF ? SETTINGS_AUTO : s->mss;,
