# promise: df=yes sets "don't fragment" (doc/adit.8)
# file: src/net/udp.c
# test: sim/test_df
s/options->df == UDP_DF_YES)/options->df == UDP_DF_NO)/
