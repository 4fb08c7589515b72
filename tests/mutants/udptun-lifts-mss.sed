# promise: udptun changes no packet, as the original (udptun.8)
# file: src/cmd/udptun.c
# test: unit/test_presets
s/left->mss = SETTINGS_OFF;/left->mss = 0;/
