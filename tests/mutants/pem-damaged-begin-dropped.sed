# promise: a damaged BEGIN line refuses the file, with its line number (wire/pem_text.h, PEM_BAD_BEGIN)
# file: src/wire/pem_text.c
# test: unit/test_tls_pem
/^pem_next_block(/,/^}/ s/if (line_is_bad_begin(line))/if (line.len == 0 \&\& line_is_bad_begin(line))/
