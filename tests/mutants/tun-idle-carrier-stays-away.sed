# promise: under a TUN device a connection that was cut comes back at once (pool_rest.h)
# file: src/tunnel/end_pool_dial.c
# test: sim/test_cut_tun
/^dialler_start(/,/^}/ s/^	    end->tunnel->end\[LEFT\]->ops->lasting;/	    false;/
